"""Federal programs and their rules as tables.

Put here: the codes file of federal programs turned into rows of their contracts.
Not here: what the codes may be (`warehouse.model.federal_program`).
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pyarrow as pa

from warehouse.model.contract import Contract
from warehouse.model.federal_program import FederalPrograms, Rule, load_federal_programs


def federal_program_rows(contract: Contract, programs: FederalPrograms | None = None) -> pa.Table:
    """Every program, with the rules that have one number each beside it."""
    known = programs or load_federal_programs()
    rows: list[dict[str, Any]] = []
    for program in known.programs:
        available = program.availability
        rows.append(
            {
                "federal_program_code": program.federal_program_code,
                "title": program.title,
                "short_title": program.short_title,
                "statute": program.statute,
                "reference": program.reference,
                "funding_path": program.funding_path,
                "first_months": None if available is None else available.first_months,
                "availability_months": None if available is None else available.all_months,
                "availability_reference": None if available is None else available.reference,
                "availability_evidence": None if available is None else available.evidence,
                "liquidation_days": known.liquidation.days,
                "carryover_cap_percent": _percent(program.rule("carryover_cap", "LEA")),
                "lea_maintenance_of_effort_percent": _percent(program.rule("maintenance_of_effort", "LEA")),
                "is_supplement_not_supplant": any(
                    rule.kind == "supplement_not_supplant" for rule in program.rules
                ),
                "note": program.note,
            }
        )
    return pa.Table.from_pylist(rows, schema=contract.arrow_schema())


def federal_program_rule_rows(contract: Contract, programs: FederalPrograms | None = None) -> pa.Table:
    """Every rule of every program."""
    rows = [
        {
            "federal_program_code": program.federal_program_code,
            "rule": rule.rule,
            "title": rule.title,
            "kind": rule.kind,
            "bound": rule.bound,
            "applies_to": rule.applies_to,
            "rule_percent": _percent(rule),
            "rule_amount_usd": _usd(rule.amount_usd),
            "base": rule.base,
            "threshold_usd": _usd(rule.threshold_usd),
            "condition": rule.condition,
            "reference": rule.reference,
            "evidence": rule.evidence,
            "seen_in": rule.seen_in,
        }
        for program in (programs or load_federal_programs()).programs
        for rule in program.rules
    ]
    return pa.Table.from_pylist(rows, schema=contract.arrow_schema())


def _percent(rule: Rule | None) -> Decimal | None:
    return None if rule is None or rule.percent is None else Decimal(str(rule.percent))


def _usd(amount: int | None) -> Decimal | None:
    return None if amount is None else Decimal(amount)
