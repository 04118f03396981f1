"""The true answers about money of LEAs, child poverty and audits.

Put here: what the finance survey, SAIPE and audits give. Not here: federal awards (`money`).
"""

from __future__ import annotations

from collections.abc import Iterable

from simulator.audits import Audit
from simulator.finance import Finance, Poverty
from simulator.settings import STATE_CODE
from simulator.truth.answers import Place, Truth


def tell_finance(truth: Truth, year: int, finance: list[Finance], poverty: list[Poverty]) -> None:
    """Expenditure per pupil, federal share and child poverty of LEAs and the state."""
    own = [(Place(item.lea.nces_id, "LEA", "as_published"), [item]) for item in finance]
    for place, items in [*own, (Place(STATE_CODE, "SEA", "none"), finance)]:
        # A per-pupil figure counts only LEAs with pupils.
        pupils = sum(item.membership for item in items)
        spent = sum(item.expenditure for item in items if item.membership)
        if pupils:
            truth.add("total_expenditure_per_pupil", place, year, spent, pupils, spent / pupils)
        federal, revenue = sum(item.federal for item in items), sum(item.revenue for item in items)
        truth.ratio("federal_revenue_share", place, year, federal, revenue)
    people = [(Place(item.lea.nces_id, "LEA", "as_published"), [item]) for item in poverty]
    for place, districts in [*people, (Place(STATE_CODE, "SEA", "none"), poverty)]:
        poor, children = sum(item.poor for item in districts), sum(item.children for item in districts)
        truth.ratio("child_poverty_rate", place, year, poor, children)


def tell_audits(truth: Truth, audits: Iterable[Audit]) -> None:
    """Repeat findings among those of education, once a report. No roll-up: an audit is its auditee's."""
    for audit in audits:
        findings = audit.education_findings()
        is_state = audit.organization_id == STATE_CODE
        place = Place(
            audit.organization_id, "SEA" if is_state else "LEA", "none" if is_state else "as_published"
        )
        repeats = sum(finding.repeats is not None for finding in findings)
        if findings:
            truth.ratio("repeat_finding_rate", place, audit.year, repeats, len(findings))
