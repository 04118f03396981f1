"""Federal programs: what the codes file says, what it may not say, and the tables made of it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from assets.program_tables import federal_program_rows, federal_program_rule_rows
from warehouse.model.contract import published_contracts
from warehouse.model.errors import SpmError
from warehouse.model.federal_program import load_federal_programs

PROGRAM = """\
liquidation: {days: 120, reference: 2 CFR 200.344}
programs:
  - federal_program_code: "84.901"
    title: Invented grants
    short_title: Invented
    statute: Invented act
    reference: section 1
    funding_path: formula_subgrants
    availability: {first_months: 15, all_months: 27, reference: section 2}
    rules:
      - {rule: cap, title: Cap, kind: carryover_cap, bound: at_most, applies_to: LEA,
         percent: 15.0, base: all, reference: section 3}
"""


def load(tmp_path: Path, old: str = "", new: str = "") -> None:
    assert old in PROGRAM
    file = tmp_path / "federal_programs.yml"
    file.write_text(PROGRAM.replace(old, new, 1) if old else PROGRAM, encoding="utf-8")
    load_federal_programs.cache_clear()
    load_federal_programs(file)


def test_a_plain_program_is_read(tmp_path: Path) -> None:
    load(tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "says", "column"),
    [
        ('"84.901"', "84.901", "must be text in quotes", "federal_program_code"),
        ('"84.901"', '"8490"', "should match pattern", "federal_program_code"),
        ("first_months: 15", "first_months: 30", "fewer than the first 30", "availability"),
        ("percent: 15.0", "percent: 150.0", "less than or equal to 100", "percent"),
        ("percent: 15.0, base: all, ", "", "exactly when it is bounded", "bound"),
        ("bound: at_most", "bound: required", "exactly when it is bounded", "bound"),
        ("base: all, ", "", "A percent of what", "percent"),
        ("kind: carryover_cap", "kind: carry_over", "Input should be", "kind"),
        (", reference: section 3}", "}", "reference", "reference"),
        ("title: Cap", "titel: Cap", "Unknown key 'titel'", "titel"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_line_and_field(
    tmp_path: Path, old: str, new: str, says: str, column: str
) -> None:
    with pytest.raises(SpmError, match=says) as refused:
        load(tmp_path, old, new)
    assert column in str(refused.value.column or "") + str(refused.value)
    assert refused.value.line is not None
    assert refused.value.remedy


def test_a_program_or_rule_that_stands_twice_is_refused(tmp_path: Path) -> None:
    program = PROGRAM.split("programs:\n")[1]
    rule = PROGRAM.split("    rules:\n")[1]
    for text, says in (
        (PROGRAM + program, "The program stands twice"),
        (PROGRAM + rule, "The rule stands twice"),
        (PROGRAM + rule.replace("rule: cap", "rule: other"), "A second carryover_cap for the LEA"),
    ):
        file = tmp_path / f"{len(says)}.yml"
        file.write_text(text, encoding="utf-8")
        with pytest.raises(SpmError, match=says):
            load_federal_programs(file)


def test_the_facts_that_measures_rest_on() -> None:
    """Of title I part A and IDEA, as the law is known to stand."""
    programs = {p.federal_program_code: p for p in load_federal_programs().programs}
    title_one = programs["84.010"]
    assert title_one.availability is not None
    months = (title_one.availability.first_months, title_one.availability.all_months)
    assert (*months, title_one.availability.evidence) == (15, 27, "cited")
    numbers = {r.rule: (r.bound, r.percent, r.threshold_usd, r.evidence) for r in title_one.rules}
    assert numbers["carryover_cap"] == ("at_most", 15.0, 50_000, "cited")
    assert numbers["maintenance_of_effort"] == ("at_least", 90.0, None, "cited")
    assert numbers["school_improvement"] == ("at_least", 7.0, None, "cited")
    assert numbers["family_engagement"] == ("at_least", 1.0, 500_000, "unverified")
    idea = {(r.rule, r.applies_to): r.percent for r in programs["84.027"].rules}
    assert idea[("maintenance_of_effort", "LEA")] == 100.0
    assert idea[("coordinated_early_intervening", "LEA")] == 15.0


def test_nothing_is_called_verified_without_a_document() -> None:
    for program in load_federal_programs().programs:
        for rule in program.rules:
            assert (rule.evidence == "cited") == bool(rule.seen_in)
            assert any(word in rule.reference for word in ("section", "U.S.C.", "CFR", "Public Law"))


def test_the_tables_have_every_program_and_rule_and_fit_their_contracts() -> None:
    known, contracts = load_federal_programs(), published_contracts()
    programs = federal_program_rows(contracts["federal_program"])
    rules = federal_program_rule_rows(contracts["federal_program_rule"])
    assert programs.num_rows == len(known.programs) >= 15
    assert rules.num_rows == sum(len(p.rules) for p in known.programs) >= 60
    assert programs.schema == contracts["federal_program"].arrow_schema()
    assert rules.schema == contracts["federal_program_rule"].arrow_schema()
    title_one = next(r for r in programs.to_pylist() if r["federal_program_code"] == "84.010")
    assert title_one["carryover_cap_percent"] == Decimal(15)
    assert title_one["lea_maintenance_of_effort_percent"] == Decimal(90)
    assert (title_one["availability_months"], title_one["liquidation_days"]) == (27, 120)
    for table, name in ((programs, "federal_program"), (rules, "federal_program_rule")):
        for spec in contracts[name].fields:
            values = table[spec.name].to_pylist()
            assert spec.nullable or None not in values, spec.name
            assert spec.codes is None or set(values) - {None} <= set(spec.codes), spec.name
