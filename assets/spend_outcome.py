"""Spending beside outcome: each organization of a type against the median of its peers.

Put here: the quadrants of the two measures the plan chooses. Not here: figures (`measures`), the cost of
an outcome (a measure of its own).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from assets.expectation import ANNUAL
from warehouse.model.agency import Agency
from warehouse.model.contract import Contract
from warehouse.model.measure import DIMENSIONS
from warehouse.model.plan import SpendingOutcome

# Below this many organizations a median says nothing, and could tell one of them.
FEWEST_PEERS = 5
Figures = dict[str, dict[str, Any]]


def spend_outcome_tables(
    agency: Agency, values: Mapping[str, pa.Table], contract: Contract, years: Sequence[int]
) -> dict[int, pa.Table]:
    """Rows of `spend_outcome` by school year, from the figures of one face; none where the plan asks none."""
    chosen = agency.plan.spending_outcome
    if chosen is None:
        return {}
    group = {name: getattr(chosen, name, None) for name in DIMENSIONS}
    tables = {}
    for year in years:
        spending = _figures(agency, values.get(chosen.spending), chosen, {}, year)
        outcome = _figures(agency, values.get(chosen.outcome), chosen, group, year)
        if spending and outcome:
            rows = _rows(agency, chosen, spending, outcome, year)
            tables[year] = pa.Table.from_pylist(rows, schema=contract.arrow_schema())
    return tables


def _figures(
    agency: Agency,
    values: pa.Table | None,
    chosen: SpendingOutcome,
    group: Mapping[str, str | None],
    year: int,
) -> Figures:
    """The figure of each organization, of the view that is preferred as everywhere."""
    if values is None or not values.num_rows:
        return {}
    wanted = {
        "school_year": year,
        "period": ANNUAL,
        "organization_type": chosen.organization_type,
        **{name: group.get(name) or "none" for name in DIMENSIONS},
    }
    mask = pc.equal(values["school_year"], year)
    for name, value in wanted.items():
        mask = pc.and_(mask, pc.equal(values[name], value))
    views = ("none", "as_published", agency.settings.default_lea_view)
    found: Figures = {}
    for row in values.filter(mask).to_pylist():
        if row["organization_view"] in views:
            before = found.get(row["organization_id"])
            if before is None or _is_preferred(views, row, before):
                found[row["organization_id"]] = row
    return found


def _is_preferred(views: Sequence[str], row: Mapping[str, Any], before: Mapping[str, Any]) -> bool:
    return views.index(row["organization_view"]) < views.index(before["organization_view"])


def _rows(
    agency: Agency, chosen: SpendingOutcome, spending: Figures, outcome: Figures, year: int
) -> list[dict[str, Any]]:
    peers = [o for o in spending.keys() & outcome.keys() if _known(spending[o]) and _known(outcome[o])]
    middle = (
        (median(spending[o]["value"] for o in peers), median(outcome[o]["value"] for o in peers))
        if peers
        else (None, None)
    )
    direction = -1 if agency.measures[chosen.outcome].polarity == "lower" else 1
    rows = []
    for organization in sorted(spending.keys() | outcome.keys()):
        pair = (spending.get(organization), outcome.get(organization))
        quadrant, reason = _quadrant(pair, middle, len(peers), direction)
        named = pair[0] or pair[1] or {}
        rows.append(
            {
                "organization_id": organization,
                "school_year": year,
                "organization_name": named["organization_name"],
                "spending_measure_id": chosen.spending,
                "outcome_measure_id": chosen.outcome,
                "spending": None if pair[0] is None else pair[0]["value"],
                "outcome": None if pair[1] is None else pair[1]["value"],
                "peers": len(peers),
                "median_spending": middle[0],
                "median_outcome": middle[1],
                "quadrant": quadrant,
                "quadrant_reason": reason,
            }
        )
    return rows


def _known(row: Mapping[str, Any] | None) -> bool:
    return row is not None and row["value"] is not None and not row["is_partial_coverage"]


def _quadrant(
    pair: tuple[Mapping[str, Any] | None, Mapping[str, Any] | None],
    middle: tuple[float | None, float | None],
    peers: int,
    direction: int,
) -> tuple[str | None, str | None]:
    """The quadrant, or why there is none."""
    spends, achieves = pair
    if any(row is not None and row["suppression"] is not None for row in pair):
        return None, "hidden"
    if spends is None or achieves is None or not (_known(spends) and _known(achieves)):
        return None, "no_figure"
    if peers < FEWEST_PEERS or middle[0] is None or middle[1] is None:
        return None, "too_few_peers"
    much = "high" if spends["value"] >= middle[0] else "low"
    well = "high" if direction * (achieves["value"] - middle[1]) >= 0 else "low"
    return f"{much}_spending_{well}_outcome", None
