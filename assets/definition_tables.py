"""Definitions as tables: measures, and student groups with their codes.

Put here: declarations shared by all plans turned into rows. Not here: the plan's own tables (`plan_tables`).
"""

from __future__ import annotations

import csv

import pyarrow as pa

from assets.plan_tables import typed
from warehouse.model.agency import Agency
from warehouse.model.contract import Contract
from warehouse.model.places import CODES


def measure_rows(agency: Agency, contract: Contract) -> pa.Table:
    """The definition of every measure the agency's plan or sources use."""
    return typed(
        [
            {
                "measure_id": m.id,
                "title": m.title,
                "definition": m.definition,
                "limits": m.limits,
                "kind": m.kind,
                "formula": m.formula,
                "core_table": m.core_table,
                "unit": m.unit,
                "decimals": m.decimals,
                "polarity": m.polarity,
                "range_low": None if m.range is None else m.range.low,
                "range_high": None if m.range is None else m.range.high,
                "counts_people": m.counts_people,
                "minimum_n_rule": m.minimum_n_rule,
                "cadence": m.cadence,
                "expected_lag_days": m.expected_lag_days,
                "owner": m.owner,
                "federal_reference": m.federal_reference,
                "measure_version": m.version,
            }
            for m in agency.measures.values()
        ],
        contract,
    )


def student_group_rows(contract: Contract) -> pa.Table:
    """The student groups and their codes, from `warehouse/codes/student_groups.csv`."""
    with (CODES / "student_groups.csv").open(encoding="utf-8", newline="") as handle:
        rows = [{k: v or None for k, v in row.items()} for row in csv.DictReader(handle)]
    return typed(rows, contract)
