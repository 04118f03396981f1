"""The share of the plan's required measures that have a current figure and somebody who answers for it.

Put here: what is due of whom, and what is current. Not here: the figures themselves, or who leads a node.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from assets.figures import Figures, Made, answers, blank_row
from warehouse.model.measure import FROM_MEASURES, Measure
from warehouse.model.plan import Milestone, Node, PlacedMeasure, Plan, nodes, placed_measures


@dataclass(frozen=True)
class _Due:
    """A measure that a unit of the plan owes for the year, and whether it is there."""

    unit: str | None
    is_fresh: bool


def fresh(figures: Figures, measure: Measure, current: Collection[str]) -> None:
    """One figure for the state and for each unit that leads a node with a required measure.

    A measure is owed once its data are due, or when they have come before that. It is fresh when the year's
    figure was computed from good sources (`current` names those core tables), and its owner is known.
    """
    agency = figures.home.agency
    leads = leads_of(agency.plan)
    owed = [
        due
        for placed in required(agency.plan, figures.year)
        if (due := _due(figures, placed, leads, current))
    ]
    prefix = f"{figures.state}-unit."
    own = {f"{prefix}{due.unit}" for due in owed} | {f"{prefix}{unit}" for unit in leads.values()}
    made = Made()
    for organization_id, organization in sorted(figures.organizations.items()):
        kind = organization["organization_type"]
        if kind not in measure.grains or (kind != "SEA" and organization_id not in own):
            continue
        units = _units_of(agency.plan, organization_id.removeprefix(prefix))
        mine = [due for due in owed if kind == "SEA" or due.unit in units]
        there = sum(due.is_fresh for due in mine)
        made.add(
            blank_row(
                figures,
                measure,
                organization,
                numerator=Decimal(there),
                denominator=Decimal(len(mine)),
                value=100.0 * there / len(mine) if mine else None,
                null_reason=None if mine else "not_yet_known",
                n=len(mine),
                core_rows=len(mine),
            ),
            (),
            figures.key,
        )
    figures.keep(made)


def required(plan: Plan, year: int) -> list[PlacedMeasure]:
    """The measures that the plan asks for in a school year, but for its own freshness."""
    by_id = {node.node_id: node.item for node in nodes(plan)}
    found = []
    for placed in placed_measures(plan):
        node, baseline = by_id[placed.node_id], placed.item.baseline
        first = baseline.school_year if baseline is not None else school_year_of(plan.effective_from)
        of_year = not isinstance(node, Milestone) or node.school_year == year
        if placed.item.required and year >= first and of_year:
            found.append(placed)
    return found


def school_year_of(day: date) -> int:
    """The school year a day lies in, named by the year it ends."""
    return day.year + (day.month >= 7)


def leads_of(plan: Plan) -> dict[str, str]:
    """The unit that answers for each node: its own lead, else that of the nearest node above."""
    found: dict[str, str] = {}
    by_id: dict[str, Node] = {node.node_id: node for node in nodes(plan)}
    for node_id, node in by_id.items():
        above: Node | None = node
        while above is not None and above.lead_unit is None:
            above = by_id.get(above.parent_id or "")
        if above is not None and above.lead_unit is not None:
            found[node_id] = above.lead_unit
    return found


def kinds_of_leads(plan: Plan) -> set[str]:
    """The organization types of the units that lead something in the plan."""
    leads = set(leads_of(plan).values())
    kinds = {u.unit_type for u in plan.units if u.unit_id in leads and u.unit_type != "agency"}
    return {"DIVISION" if kind == "division" else "UNIT" for kind in kinds}


def _due(
    figures: Figures, placed: PlacedMeasure, leads: Mapping[str, str], current: Collection[str]
) -> _Due | None:
    home, measure = figures.home, figures.home.agency.measures[placed.item.measure]
    if measure.derived is not None and measure.derived.fresh is not None:
        return None
    where, values = answers(placed.item)
    row = figures.connection.execute(
        f"SELECT count(*) FROM measures.figures WHERE {where} AND school_year = {figures.year} "
        "AND (value IS NOT NULL OR null_reason IN ('ranged', 'suppressed', 'denominator_is_zero'))",
        values,
    ).fetchone()
    is_there = row is not None and row[0] > 0
    is_current = is_there and (measure.core_table == FROM_MEASURES or measure.core_table in current)
    due_on = date(figures.year, 6, 30) + timedelta(days=measure.expected_lag_days)
    if due_on >= home.as_of and not is_current:
        return None
    return _Due(leads.get(placed.node_id), is_current and measure.owner in home.agency.settings.owners)


def _units_of(plan: Plan, unit_id: str) -> set[str]:
    """A unit and all that are part of it."""
    found = {unit_id}
    while more := {u.unit_id for u in plan.units if u.parent in found and u.unit_id not in found}:
        found |= more
    return found
