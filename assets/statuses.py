"""Status rows of a release: every measure of the plan, for every organization and year it is judged for.

Put here: which figure answers which measure of the plan, and its baseline and predecessor.
Not here: the judgement itself (`status`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from assets.home import Home
from assets.status import STATUS_RULE, Actual, Judgement, Question, judge
from warehouse.model.contract import Contract
from warehouse.model.measure import DIMENSIONS, Measure
from warehouse.model.plan import PlacedMeasure, PlanMeasure, placed_measures

# The figures of one organization and view by school year, with the row they came from.
Series = dict[int, dict[str, Any]]


def status_tables(
    home: Home, values: Mapping[str, pa.Table], contract: Contract, years: Sequence[int]
) -> dict[tuple[str, int], pa.Table]:
    """Status rows by measure and school year.

    Args:
        home: The agency and the day the publication speaks for.
        values: All `measure_value` rows of the release, by measure.
        contract: The contract `measure_status`.
        years: The school years whose organizations the release describes.
    """
    rows: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for placed in placed_measures(home.agency.plan):
        for row in _rows_of(home, placed, values.get(placed.item.measure), years):
            rows.setdefault((placed.item.measure, row["school_year"]), []).append(row)
    schema = contract.arrow_schema()
    return {key: pa.Table.from_pylist(found, schema=schema) for key, found in sorted(rows.items())}


def _rows_of(
    home: Home, placed: PlacedMeasure, values: pa.Table | None, years: Sequence[int]
) -> Iterator[dict[str, Any]]:
    measure = home.agency.measures[placed.item.measure]
    for organization, series in _series(home, placed.item, values).items():
        baseline = _baseline(placed.item, series)
        for year in _years(placed.item, series, years):
            question = _question(home, measure, placed.item, year, baseline, series)
            figure = _actual(series.get(year))
            yield _row(placed, question, series, organization, figure, judge(question, figure))


def _series(home: Home, item: PlanMeasure, values: pa.Table | None) -> dict[str, Series]:
    """The figures that answer a plan measure, by organization; the scoped one is there even without any."""
    found: dict[str, Series] = {}
    scope = item.scope
    if scope.organization is not None:
        found[scope.organization] = {}
    if values is None or values.num_rows == 0:
        return found
    mask = pc.equal(values["period"], "annual")
    if scope.organization is not None:
        mask = pc.and_(mask, pc.equal(values["organization_id"], scope.organization))
    else:
        mask = pc.and_(mask, pc.equal(values["organization_type"], scope.organization_type))
    for name in DIMENSIONS:
        mask = pc.and_(mask, pc.equal(values[name], item.dimension(name)))
    views = ("none", "as_published", home.agency.settings.default_lea_view)
    for row in values.filter(mask).to_pylist():
        if row["organization_view"] not in views:
            continue
        series = found.setdefault(row["organization_id"], {})
        before = series.get(row["school_year"])
        # A figure as published comes before one summed from schools.
        if before is None or views.index(row["organization_view"]) < views.index(before["organization_view"]):
            series[row["school_year"]] = row
    return found


def _years(item: PlanMeasure, series: Series, years: Sequence[int]) -> list[int]:
    """The years with a figure; for an organization that a measure names, every year from its baseline.

    Of all organizations of a type some open and close, so a year without a figure is not overdue by itself.
    """
    first = 0 if item.baseline is None else item.baseline.school_year
    if item.baseline is None or item.scope.organization is None:
        return [year for year in years if year in series and year >= first]
    return [year for year in years if year >= first]


def _baseline(item: PlanMeasure, series: Series) -> float | None:
    if item.baseline is None:
        return None
    if item.baseline.value is not None:
        return item.baseline.value
    figure = _actual(series.get(item.baseline.school_year))
    return None if figure is None or figure.is_partial_coverage else figure.value


def _question(
    home: Home, measure: Measure, item: PlanMeasure, year: int, baseline: float | None, series: Series
) -> Question:
    agency = home.agency
    return Question(
        measure=measure,
        plan=item,
        school_year=year,
        baseline=baseline,
        condition=agency.condition(measure.id, year),
        previous=_actual(series.get(year - 1)),
        previous_condition=agency.condition(measure.id, year - 1),
        as_of=home.as_of,
        dead_band=agency.settings.thresholds.trend_dead_band,
        baseline_condition=None
        if item.baseline is None
        else agency.condition(measure.id, item.baseline.school_year),
    )


def _actual(row: dict[str, Any] | None) -> Actual | None:
    if row is None:
        return None
    return Actual(
        value=row["value"],
        low=row["value_low"],
        high=row["value_high"],
        interval_low=row["interval_low"],
        interval_high=row["interval_high"],
        suppression=row["suppression"],
        null_reason=row["null_reason"],
        is_partial_coverage=row["is_partial_coverage"],
    )


def _row(
    placed: PlacedMeasure,
    question: Question,
    series: Series,
    organization: str,
    figure: Actual | None,
    judgement: Judgement,
) -> dict[str, Any]:
    year = question.school_year
    source = series.get(year) or next(iter(series.values()), {})
    return {
        "plan_measure_id": placed.plan_measure_id,
        "organization_id": organization,
        "organization_view": source.get("organization_view", "none"),
        "school_year": year,
        "period": "annual",
        "node_id": placed.node_id,
        "measure_id": placed.item.measure,
        **{name: placed.item.dimension(name) for name in DIMENSIONS},
        "organization_name": source.get("organization_name", organization),
        "actual": None if figure is None else figure.value,
        "actual_low": None if figure is None else figure.low,
        "actual_high": None if figure is None else figure.high,
        "baseline": judgement.baseline,
        "expected": judgement.expected,
        "target": judgement.target,
        "target_school_year": judgement.target_school_year,
        "status": judgement.status,
        "status_reason": judgement.reason,
        "trend": judgement.trend,
        "gap_closed": judgement.gap_closed,
        "due_on": question.due_on,
        "status_rule": STATUS_RULE,
    }
