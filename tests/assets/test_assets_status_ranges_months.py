"""Figures that are good within a range, figures judged by month, and breaks of comparability."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from assets.expectation import Actual, Question, expected_value
from assets.status import judge
from warehouse.model.measure import Measure, Periods, Range, load_measures
from warehouse.model.plan import Baseline, PlanMeasure, Scope, Target

_LOWER = load_measures()["chronic_absence_rate"]
# 95 to 100 is good; a target may narrow it.
RANGED = _LOWER.model_copy(update={"polarity": "in_range", "range": Range(low=95.0, high=100.0)})
MONTHLY = _LOWER.model_copy(
    update={"periods": Periods(date="d", every="month"), "expected_lag_days": 30, "cadence": "monthly"}
)


def question(measure: Measure, item: dict[str, Any] | None = None, **changed: Any) -> Question:
    plan = PlanMeasure(measure=measure.id, role="goal", scope=Scope(organization="FK"), **(item or {}))
    given: dict[str, Any] = {
        "school_year": 2025, "baseline": None, "condition": None, "previous": None,
        "previous_condition": None, "as_of": date(2026, 6, 30), "dead_band": 0.5, **changed,
    }  # fmt: skip
    return Question(measure=measure, plan=plan, **given)


@pytest.mark.parametrize(
    ("low", "high", "status"),
    [
        (95.0, 95.0, "MET"), (100.0, 100.0, "MET"), (97.0, 97.0, "MET"), (94.0, 94.0, "AT_RISK"),
        (93.9, 93.9, "OFF_TRACK"), (101.0, 101.0, "AT_RISK"), (101.1, 101.1, "OFF_TRACK"),
        (95.0, 99.0, "MET"), (94.0, 96.0, "INDETERMINATE"), (100.0, 101.0, "INDETERMINATE"),
        (80.0, 94.5, "AT_RISK"), (80.0, 90.0, "OFF_TRACK"), (90.0, 110.0, "INDETERMINATE"),
    ],
)  # fmt: skip
def test_a_figure_is_judged_by_the_nearer_end_of_its_range(low: float, high: float, status: str) -> None:
    actual = Actual(value=low) if low == high else Actual(value=None, low=low, high=high)
    assert judge(question(RANGED), actual).status == status


def test_a_range_needs_no_target_and_is_told() -> None:
    judgement = judge(question(RANGED), Actual(value=80.0))
    assert (judgement.expected_low, judgement.expected_high, judgement.expected) == (95.0, 100.0, None)
    assert judgement.reason == "Outside the range 95 to 100 by 15.00"
    assert (judgement.target, judgement.gap_closed) == (None, None)


@pytest.mark.parametrize(("year", "status"), [(2024, "MET"), (2025, "AT_RISK"), (2026, "AT_RISK")])
def test_a_target_narrows_the_range_from_its_year_on(year: int, status: str) -> None:
    item = {"targets": (Target(school_year=2025, low=98.0),)}
    judgement = judge(question(RANGED, item, school_year=year), Actual(value=97.0))
    assert judgement.status == status
    assert judgement.expected_high == 100.0


def test_an_interval_that_reaches_into_the_range_softens() -> None:
    actual = Actual(value=90.0, interval_low=85.0, interval_high=95.0)
    assert judge(question(RANGED), actual).status == "AT_RISK"
    away = Actual(value=90.0, interval_low=85.0, interval_high=94.9)
    assert judge(question(RANGED), away).status == "OFF_TRACK"


@pytest.mark.parametrize(
    ("before", "now", "trend"),
    [(90.0, 93.0, "IMPROVING"), (103.0, 101.0, "IMPROVING"), (95.0, 99.0, "FLAT"), (99.0, 90.0, "DECLINING")],
)
def test_the_trend_of_a_range_is_towards_it(before: float, now: float, trend: str) -> None:
    asked = question(RANGED, previous=Actual(value=before))
    assert judge(asked, Actual(value=now)).trend == trend


def test_the_baseline_year_of_a_range_is_not_judged() -> None:
    item = {"baseline": Baseline(school_year=2025)}
    assert judge(question(RANGED, item), Actual(value=97.0)).status == "BASELINE_ONLY"


def monthly(period: str, **changed: Any) -> Question:
    """30 at the end of June 2024, 24 a year later: half a point a month."""
    item = {
        "baseline": Baseline(school_year=2024),
        "targets": (Target(school_year=2025, value=24.0),),
        "period": "month",
    }
    return question(MONTHLY, item, period=period, **{"baseline": 30.0, **changed})


@pytest.mark.parametrize(("period", "expected"), [("2024-07", 29.5), ("2024-12", 27.0), ("2025-06", 24.0)])
def test_each_month_has_its_own_place_on_the_path(period: str, expected: float) -> None:
    assert expected_value(monthly(period)) == pytest.approx(expected, abs=1e-12)


def test_a_month_is_due_after_its_own_end() -> None:
    assert monthly("2024-09").due_on == date(2024, 9, 30) + timedelta(days=30)
    assert judge(monthly("2024-09", as_of=date(2024, 10, 30)), None).status == "NOT_DUE"
    assert judge(monthly("2024-09", as_of=date(2024, 10, 31)), None).status == "OVERDUE_DATA"


def test_the_last_month_of_the_baseline_year_is_the_baseline() -> None:
    asked = monthly("2024-06", school_year=2024)
    assert judge(asked, Actual(value=20.0)).reason == "The baseline month"
    earlier = monthly("2024-05", school_year=2024)
    assert judge(earlier, Actual(value=20.0)).status == "BASELINE_ONLY"


def test_a_target_of_a_month_holds_in_that_month() -> None:
    targets = (Target(school_year=2025, value=26.0, period="2024-12"), Target(school_year=2025, value=24.0))
    item = {"baseline": Baseline(school_year=2024), "targets": targets, "period": "month", "path": "stepped"}
    found = [
        expected_value(question(MONTHLY, item, period=period, baseline=30.0))
        for period in ("2024-11", "2024-12", "2025-05", "2025-06")
    ]
    assert found == [30.0, 26.0, 26.0, 24.0]


def test_nothing_is_compared_across_a_break() -> None:
    broken = _LOWER.model_copy(update={"comparability_breaks": (2025,)})
    item = {"baseline": Baseline(school_year=2023), "targets": (Target(school_year=2027, value=20.0),)}
    before, inside, after = (
        judge(
            question(broken, item, school_year=year, baseline=30.0, previous=Actual(value=29.0)),
            Actual(value=21.0),
        )
        for year in (2024, 2025, 2026)
    )
    assert (before.status, before.trend, before.gap_closed) == ("ON_TRACK", "IMPROVING", 0.9)
    assert (inside.status, inside.trend, inside.gap_closed) == ("BASELINE_ONLY", None, None)
    # The target was set after the break and holds; the way to it is not known, nor how much of it is done.
    assert (after.status, after.expected, after.trend, after.gap_closed) == (
        "BASELINE_ONLY", None, "IMPROVING", None,
    )  # fmt: skip


def test_a_target_before_a_break_is_none_after_it() -> None:
    broken = _LOWER.model_copy(update={"comparability_breaks": (2025,)})
    item = {"targets": (Target(school_year=2024, value=20.0),)}
    judgement = judge(question(broken, item, school_year=2026), Actual(value=10.0))
    assert (judgement.status, judgement.reason) == (
        "BASELINE_ONLY", "No target was set since the measure changed",
    )  # fmt: skip
