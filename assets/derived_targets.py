"""The share of the plan's targets that were reached, per organization.

Put here: which targets count, and the count. Not here: whether one is reached (`status`), which figure
answers which measure of the plan (`statuses`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa

from assets.figures import Figures, Made, Row, answers, blank_row, data_status
from assets.statuses import status_tables
from warehouse.model.measure import DIMENSIONS, Measure, TargetsMet
from warehouse.model.plan import PlacedMeasure, placed_measures

REACHED, MISSED = frozenset({"MET", "ON_TRACK"}), frozenset({"AT_RISK", "OFF_TRACK"})


def targets_met(figures: Figures, measure: Measure, way: TargetsMet) -> None:
    """For every organization: measures and groups at or ahead of the plan's expectation, of those judged.

    A figure that is hidden, known only as a range on both sides of the expected value, or of a special year
    is not judged and counts in neither number. The state has a row even where nothing was judged.
    """
    placed = [p for p in placed_measures(figures.home.agency.plan) if p.item.measure in way.of]
    judged = _judged(figures, [p for p in placed if p.item.targets and p.item.period == "annual"])
    if "SEA" in measure.grains:
        judged.setdefault(figures.state, {})
    made = Made()
    for organization_id, targets in sorted(judged.items()):
        organization = figures.organizations.get(organization_id)
        if organization is None or organization["organization_type"] not in measure.grains:
            continue
        judged_rows = [row for _, rows, _ in targets.values() for row in rows]
        baselines = [row for _, _, rows in targets.values() for row in rows]
        reached = sum(1 for is_reached, _, _ in targets.values() if is_reached)
        made.add(
            blank_row(
                figures,
                measure,
                organization,
                numerator=Decimal(reached),
                denominator=Decimal(len(targets)),
                value=100.0 * reached / len(targets) if targets else None,
                null_reason=None if targets else "denominator_is_zero",
                n=len(targets),
                data_status=data_status(judged_rows),
                core_rows=len(judged_rows),
            ),
            # What is expected may start from a figure hidden from the public, which the answer would tell of.
            [*judged_rows, *baselines],
            figures.key,
        )
    figures.keep(made)


def _judged(
    figures: Figures, placed: Sequence[PlacedMeasure]
) -> dict[str, dict[tuple[str, ...], tuple[bool, list[Row], list[Row]]]]:
    """By organization and target: whether it is reached, the figures that say so, and those it started from.

    Where the plan sets two targets for one measure and group, both have to be reached.
    """
    values = _figures_of(figures, placed)
    kept = {p.plan_measure_id: p for p in placed}
    by_key = {_place(row): row for table in values.values() for row in table.to_pylist()}
    found: dict[str, dict[tuple[str, ...], tuple[bool, list[Row], list[Row]]]] = {}
    for status in _statuses(figures, values):
        item = kept.get(status["plan_measure_id"])
        if item is None or status["status"] not in REACHED | MISSED:
            continue
        target = (item.item.measure, *(item.item.dimension(d) for d in DIMENSIONS))
        of_organization = found.setdefault(status["organization_id"], {})
        before, rows, starts = of_organization.get(target, (True, [], []))
        figure = by_key[status["organization_id"], status["school_year"], *target]
        baseline, start = item.item.baseline, None
        if baseline is not None and baseline.value is None:
            start = by_key.get((status["organization_id"], baseline.school_year, *target))
        is_reached = before and status["status"] in REACHED
        of_organization[target] = (is_reached, [*rows, figure], starts if start is None else [*starts, start])
    return found


def _figures_of(figures: Figures, placed: Sequence[PlacedMeasure]) -> dict[str, pa.Table]:
    """The figures of this and earlier years that answer some measures of the plan, by measure."""
    found: dict[str, list[pa.Table]] = {}
    seen: set[tuple[Any, ...]] = set()
    for item in placed:
        where, values = answers(item.item)
        if (where, *values) not in seen:
            seen.add((where, *values))
            found.setdefault(item.item.measure, []).append(figures.table(where, values))
    return {name: pa.concat_tables(tables) for name, tables in found.items()}


def _statuses(figures: Figures, values: dict[str, pa.Table]) -> Iterator[Row]:
    contract = figures.home.contracts["measure_status"]
    for (_, year), rows in status_tables(figures.home, values, contract, [figures.year]).items():
        if year == figures.year:
            yield from rows.to_pylist()


def _place(row: Row) -> tuple[Any, ...]:
    dimensions = (row[d] for d in DIMENSIONS)
    return (row["organization_id"], row["school_year"], row["measure_id"], *dimensions)
