"""Status rows of a release: every measure of the plan, for every organization and year it is judged for.

Put here: which figure answers which measure of the plan, and its baseline and predecessor.
Not here: the judgement itself (`status`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from assets.expectation import ANNUAL, Actual, Question
from assets.home import Home
from assets.status import STATUS_RULE, Judgement, judge
from warehouse.model.contract import Contract
from warehouse.model.measure import DIMENSIONS, Measure
from warehouse.model.plan import PlacedMeasure, PlanMeasure, placed_measures

# A school year, and the month of it where months are judged.
Moment = tuple[int, str]
# The figures of one organization and view by school year and period, as rows of `measure_value`.
Series = dict[Moment, dict[str, Any]]


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
    for plan in home.agency.plans:
        for placed in placed_measures(plan):
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
        for moment in _moments(placed.item, series, years):
            question = _question(home, measure, placed.item, moment, baseline, series)
            figure = _actual(series.get(moment))
            yield _row(placed, question, series, organization, figure, judge(question, figure))


def _series(home: Home, item: PlanMeasure, values: pa.Table | None) -> dict[str, Series]:
    """The figures that answer a plan measure, by organization; the scoped one is there even without any."""
    found: dict[str, Series] = {}
    scope = item.scope
    if scope.organization is not None:
        found[scope.organization] = {}
    if values is None or values.num_rows == 0:
        return found
    mask = pc.equal(values["period"], ANNUAL)
    if item.period == "month":
        # The year as a whole answers too, for a baseline that names no month.
        mask = pc.or_(mask, pc.match_substring_regex(values["period"], r"^[0-9]{4}-[0-9]{2}$"))
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
        moment = (row["school_year"], row["period"])
        before = series.get(moment)
        # A figure as published comes before one summed from schools.
        if before is None or views.index(row["organization_view"]) < views.index(before["organization_view"]):
            series[moment] = row
    return found


def _moments(item: PlanMeasure, series: Series, years: Sequence[int]) -> list[Moment]:
    """The years or months with a figure; for an organization that is named, every year from its baseline.

    Of all organizations of a type some open and close, so a year without a figure is not overdue by itself;
    nor is a month, since some measures have no figure in the summer, unless the plan sets a target for it.
    """
    first = 0 if item.baseline is None else item.baseline.school_year
    if item.period == "month":
        found = {m for m in series if m[1] != ANNUAL}
        if item.scope.organization is not None:
            found |= {(t.school_year, t.period) for t in item.targets if t.period is not None}
        return sorted(m for m in found if m[0] in years and m[0] >= first)
    if item.baseline is None or item.scope.organization is None:
        return [(year, ANNUAL) for year in years if (year, ANNUAL) in series and year >= first]
    return [(year, ANNUAL) for year in years if year >= first]


def _baseline(item: PlanMeasure, series: Series) -> float | None:
    """The value set in the plan, else the figure of the baseline's year, or of its last month."""
    if item.baseline is None:
        return None
    if item.baseline.value is not None:
        return item.baseline.value
    year, month = item.baseline.school_year, item.baseline.period
    if item.period == "month" and month is None:
        # Some measures have no figure in the summer: the last month that has one ends the year.
        month = max((p for y, p in series if y == year and p != ANNUAL), default=None)
    figure = _actual(series.get((year, month or ANNUAL)))
    return None if figure is None or figure.is_partial_coverage else figure.value


def _year_before(moment: Moment) -> Moment:
    """The same part of the school year before: many figures have seasons."""
    year, period = moment
    return year - 1, period if period == ANNUAL else f"{int(period[:4]) - 1}{period[4:]}"


def _question(
    home: Home, measure: Measure, item: PlanMeasure, moment: Moment, baseline: float | None, series: Series
) -> Question:
    agency, year = home.agency, moment[0]
    return Question(
        measure=measure,
        plan=item,
        school_year=year,
        baseline=baseline,
        condition=agency.condition(measure.id, year),
        previous=_actual(series.get(_year_before(moment))),
        previous_condition=agency.condition(measure.id, year - 1),
        as_of=home.as_of,
        dead_band=agency.settings.thresholds.trend_dead_band,
        period=moment[1],
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
    source = series.get((year, question.period)) or next(iter(series.values()), {})
    return {
        "plan_measure_id": placed.plan_measure_id,
        "organization_id": organization,
        "organization_view": source.get("organization_view", "none"),
        "school_year": year,
        "period": question.period,
        "node_id": placed.node_id,
        "measure_id": placed.item.measure,
        **{name: placed.item.dimension(name) for name in DIMENSIONS},
        "organization_name": source.get("organization_name", organization),
        "actual": None if figure is None else figure.value,
        "actual_low": None if figure is None else figure.low,
        "actual_high": None if figure is None else figure.high,
        "baseline": judgement.baseline,
        "expected": judgement.expected,
        "expected_low": judgement.expected_low,
        "expected_high": judgement.expected_high,
        "target": judgement.target,
        "target_school_year": judgement.target_school_year,
        "status": judgement.status,
        "status_reason": judgement.reason,
        "trend": judgement.trend,
        "gap_closed": judgement.gap_closed,
        "due_on": question.due_on,
        "status_rule": STATUS_RULE,
    }
