"""The status engine: every branch in the order of its questions, the path between targets, trend and gap."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.expectation import Actual, Question, expected_value
from assets.status import judge
from warehouse.model.agency import Condition
from warehouse.model.measure import Measure, load_measures
from warehouse.model.plan import Baseline, PlanMeasure, Scope, Target

MEASURES = load_measures()
LOWER, HIGHER = MEASURES["chronic_absence_rate"], MEASURES["ela_proficiency_rate"]
CONTEXT = MEASURES["federal_revenue_share"]
YEAR = 2025
DUE = date(2025, 6, 30) + timedelta(days=270)
PANDEMIC = Condition(measures=(LOWER.id,), school_years=(YEAR,), kind="pandemic", note="Schools were closed.")
# 30 in 2023, on a straight way to 20 in 2027: 25 is expected in 2025.
FALLING = (Target(school_year=2027, value=20.0),)


def question(measure: Measure = LOWER, **changed: Any) -> Question:
    plan = {
        "targets": FALLING, "baseline": Baseline(school_year=2023), "tolerance": 1.0, "path": "linear",
        **{k: changed.pop(k) for k in ("targets", "tolerance", "path") if k in changed},
    }  # fmt: skip
    if "baseline_year" in changed:
        year = changed.pop("baseline_year")
        plan["baseline"] = None if year is None else Baseline(school_year=year)
    given: dict[str, Any] = {
        "school_year": YEAR, "baseline": 30.0, "condition": None, "previous": None,
        "previous_condition": None, "as_of": DUE + timedelta(days=1), "dead_band": 0.5, **changed,
    }  # fmt: skip
    item = PlanMeasure(measure=measure.id, role="goal", scope=Scope(organization="FK"), **plan)
    return Question(measure=measure, plan=item, **given)


def at(value: float, **more: Any) -> Actual:
    return Actual(value=value, **more)


def between(low: float, high: float) -> Actual:
    return Actual(value=None, low=low, high=high, null_reason="ranged")


HIDDEN = Actual(value=None, suppression="suppressed_at_source", null_reason="suppressed")
NOBODY = Actual(value=None, null_reason="denominator_is_zero")
# Rising: 30 in 2023 to 50 in 2027, so 40 in 2025.
RISING: dict[str, Any] = {"measure": HIGHER, "targets": (Target(school_year=2027, value=50.0),)}

CASES: list[tuple[str, Any, Actual | None, str | None]] = [
    # In the order in which they are asked; each later question would answer otherwise.
    ("a bound is not judged", {}, at(10.0, is_partial_coverage=True), None),
    ("hidden", {}, HIDDEN, "SUPPRESSED"),
    ("hidden in a special year", {"condition": PANDEMIC}, HIDDEN, "SUPPRESSED"),
    ("hidden before it is due", {"as_of": date(2025, 7, 1)}, HIDDEN, "SUPPRESSED"),
    ("hidden without a target", {"targets": ()}, HIDDEN, "SUPPRESSED"),
    ("nobody", {}, NOBODY, "NOT_APPLICABLE"),
    ("nobody in a special year", {"condition": PANDEMIC}, NOBODY, "NOT_APPLICABLE"),
    ("special year, target met", {"condition": PANDEMIC}, at(10.0), "BASELINE_ONLY"),
    ("special year without figure", {"condition": PANDEMIC}, None, "BASELINE_ONLY"),
    ("no figure on the last day", {"as_of": DUE}, None, "NOT_DUE"),
    ("no figure after the last day", {"as_of": DUE + timedelta(days=1)}, None, "OVERDUE_DATA"),
    ("no figure and no target, early", {"targets": (), "as_of": DUE}, None, "NOT_DUE"),
    ("no figure and no target, late", {"targets": ()}, None, "OVERDUE_DATA"),
    ("no target", {"targets": ()}, at(10.0), "BASELINE_ONLY"),
    ("informational", {"measure": CONTEXT, "targets": ()}, at(10.0), "BASELINE_ONLY"),
    ("before the baseline", {"baseline_year": 2026}, at(10.0), "BASELINE_ONLY"),
    ("the baseline year", {"baseline_year": YEAR}, at(19.0), "BASELINE_ONLY"),
    ("no baseline and first target later", {"baseline_year": None, "baseline": None}, at(19.0),
     "BASELINE_ONLY"),
    ("a range on both sides", {}, between(24.9, 25.1), "INDETERMINATE"),
    ("a range that ends at what is expected, lower being better", {}, between(24.9, 25.0), "ON_TRACK"),
    ("a range on both sides that meets the target at its good end", {}, between(15.0, 26.0), "INDETERMINATE"),
    ("a range just ahead", {}, between(24.0, 24.9), "ON_TRACK"),
    ("a range that begins at what is expected", {}, between(25.0, 25.9), "INDETERMINATE"),
    ("a range that may be within the tolerance", {}, between(25.5, 30.0), "AT_RISK"),
    ("a range far behind", {}, between(30.0, 35.0), "OFF_TRACK"),
    ("a range beyond the target", {}, between(15.0, 20.0), "MET"),
    ("the target, before its year", {}, at(20.0), "MET"),
    ("beyond the target", {}, at(5.0), "MET"),
    ("exactly as expected", {}, at(25.0), "ON_TRACK"),
    ("ahead", {}, at(22.0), "ON_TRACK"),
    ("behind by the tolerance", {}, at(26.0), "AT_RISK"),
    ("behind by more", {}, at(26.01), "OFF_TRACK"),
    ("behind, but the interval reaches", {}, at(28.0, interval_low=25.0, interval_high=31.0), "AT_RISK"),
    ("behind, and the interval does not", {}, at(28.0, interval_low=25.1, interval_high=31.0), "OFF_TRACK"),
    ("ahead, though the interval is on both sides", {}, at(24.0, interval_low=20.0, interval_high=28.0),
     "ON_TRACK"),
    ("no tolerance", {"tolerance": 0.0}, at(25.01), "OFF_TRACK"),
    ("a wide tolerance", {"tolerance": 5.0}, at(30.0), "AT_RISK"),
    ("rising: met", RISING, at(50.0), "MET"),
    ("rising: on track", RISING, at(40.0), "ON_TRACK"),
    ("rising: at risk", RISING, at(39.0), "AT_RISK"),
    ("rising: off track", RISING, at(38.9), "OFF_TRACK"),
    ("rising: interval reaches up", RISING, at(35.0, interval_low=30.0, interval_high=40.0), "AT_RISK"),
    ("rising: interval reaches only down", RISING, at(35.0, interval_low=30.0, interval_high=39.9),
     "OFF_TRACK"),
    ("rising: range on both sides", RISING, between(39.0, 40.0), "INDETERMINATE"),
    ("rising: range from what is expected", RISING, between(40.0, 45.0), "ON_TRACK"),
    ("rising: range beyond the target", RISING, between(50.0, 60.0), "MET"),
    ("rising: range behind", RISING, between(30.0, 38.0), "OFF_TRACK"),
    ("rising: range that may be within the tolerance", RISING, between(30.0, 39.0), "AT_RISK"),
    ("rising: range that begins at what is expected", RISING, between(40.0, 45.0), "ON_TRACK"),
    ("no figure and no reason", {}, Actual(value=None), None),
    ("last year of the plan, not reached", {"school_year": 2027, "as_of": date(2028, 12, 31)}, at(20.5),
     "AT_RISK"),
    ("after the plan, target holds", {"school_year": 2029, "as_of": date(2030, 12, 31)}, at(22.0),
     "OFF_TRACK"),
]  # fmt: skip


@pytest.mark.parametrize(("changed", "actual", "status"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_a_figure_is_judged_by_the_first_question_that_answers(
    changed: dict[str, Any], actual: Actual | None, status: str | None
) -> None:
    judgement = judge(question(**changed), actual)
    assert judgement.status == status
    assert judgement.reason


def test_every_status_of_the_contract_is_reached() -> None:
    from warehouse.model.contract import load_contracts

    codes = load_contracts()["measure_status"].field("status").codes
    assert {c[3] for c in CASES} - {None} == set(codes or ())


@pytest.mark.parametrize(
    ("year", "linear", "stepped"),
    # 30 in 2023, 26 due in 2025, 20 due in 2028.
    [(2022, None, None), (2023, 30.0, 30.0), (2024, 28.0, 30.0), (2025, 26.0, 26.0), (2026, 24.0, 26.0),
     (2027, 22.0, 26.0), (2028, 20.0, 20.0), (2031, 20.0, 20.0)],
)  # fmt: skip
def test_the_expected_value_lies_on_the_path_between_targets(
    year: int, linear: float | None, stepped: float | None
) -> None:
    targets = (Target(school_year=2025, value=26.0), Target(school_year=2028, value=20.0))
    for path, expected in (("linear", linear), ("stepped", stepped)):
        found = expected_value(question(school_year=year, targets=targets, path=path))
        assert found == (None if expected is None else pytest.approx(expected))


def test_without_a_known_baseline_the_path_begins_at_the_first_target() -> None:
    targets = (Target(school_year=2025, value=26.0), Target(school_year=2027, value=20.0))
    assert [
        expected_value(question(school_year=year, targets=targets, baseline=None))
        for year in (2024, 2025, 2026)
    ] == [None, 26.0, 23.0]


@given(st.floats(0, 100), st.floats(0, 100), st.integers(2023, 2033))
def test_the_path_never_leaves_the_span_of_baseline_and_target(start: float, end: float, year: int) -> None:
    found = expected_value(
        question(school_year=year, baseline=start, targets=(Target(school_year=2030, value=end),))
    )
    assert found is not None
    assert min(start, end) - 1e-9 <= found <= max(start, end) + 1e-9


@given(st.floats(0, 100), st.floats(0, 100))
def test_a_better_figure_is_never_judged_worse(one: float, other: float) -> None:
    order = ["OFF_TRACK", "AT_RISK", "ON_TRACK", "MET"]
    worse, better = max(one, other), min(one, other)
    ranks = [order.index(judge(question(), at(v)).status or "") for v in (worse, better)]
    assert ranks[0] <= ranks[1]


@pytest.mark.parametrize(
    ("before", "now", "trend"),
    [(25.0, 24.0, "IMPROVING"), (25.0, 26.0, "DECLINING"), (25.0, 24.5, "FLAT"), (25.0, 25.5, "FLAT"),
     (25.0, 24.49, "IMPROVING"), (25.0, 25.0, "FLAT")],
)  # fmt: skip
def test_a_trend_within_the_dead_band_is_flat(before: float, now: float, trend: str) -> None:
    assert judge(question(previous=at(before)), at(now)).trend == trend


def test_a_rise_improves_where_higher_is_better() -> None:
    assert judge(question(**RISING, previous=at(38.0)), at(39.0)).trend == "IMPROVING"
    assert judge(question(**RISING, previous=at(39.0)), at(38.0)).trend == "DECLINING"


@pytest.mark.parametrize(
    ("changed", "actual"),
    [
        ({}, at(20.0)),
        ({"previous": None}, None),
        ({"previous": HIDDEN}, at(20.0)),
        ({"previous": between(20.0, 30.0)}, at(20.0)),
        ({"previous": at(30.0, is_partial_coverage=True)}, at(20.0)),
        ({"previous": at(30.0)}, at(20.0, is_partial_coverage=True)),
        ({"previous": at(30.0)}, between(20.0, 22.0)),
        ({"previous": at(30.0)}, HIDDEN),
        ({"previous": at(30.0)}, None),
        ({"previous": at(30.0), "condition": PANDEMIC}, at(20.0)),
        ({"previous": at(30.0), "previous_condition": PANDEMIC}, at(20.0)),
        ({"previous": at(30.0), "measure": CONTEXT, "targets": ()}, at(20.0)),
        ({"previous": at(30.0), "measure": LOWER.model_copy(update={"comparability_breaks": (YEAR,)})},
         at(20.0)),
    ],
)  # fmt: skip
def test_there_is_no_trend_between_figures_that_do_not_compare(
    changed: dict[str, Any], actual: Actual | None
) -> None:
    assert judge(question(**changed), actual).trend is None


def test_a_break_in_another_year_does_not_block_the_trend() -> None:
    measure = LOWER.model_copy(update={"comparability_breaks": (YEAR - 1, YEAR + 1)})
    assert judge(question(measure=measure, previous=at(30.0)), at(20.0)).trend == "IMPROVING"


@pytest.mark.parametrize(
    ("value", "share"), [(30.0, 0.0), (25.0, 0.5), (20.0, 1.0), (15.0, 1.5), (35.0, -0.5)]
)
def test_the_gap_closed_is_the_share_of_the_way_from_baseline_to_target(value: float, share: float) -> None:
    assert judge(question(), at(value)).gap_closed == pytest.approx(share)


@pytest.mark.parametrize(
    ("changed", "actual"),
    [
        ({"baseline": 20.0}, at(20.0)),  # the target is the baseline: there is no way to go
        ({"baseline": None}, at(20.0)),
        ({"targets": ()}, at(20.0)),
        ({"condition": PANDEMIC}, at(20.0)),
        ({"baseline_condition": PANDEMIC}, at(20.0)),  # no later year is compared with a special one
        ({}, between(20.0, 22.0)),
        ({}, HIDDEN),
        ({}, None),
    ],
)
def test_there_is_no_gap_closed_without_both_ends(changed: dict[str, Any], actual: Actual | None) -> None:
    assert judge(question(**changed), actual).gap_closed is None


def test_a_judgement_names_what_it_rests_on() -> None:
    judgement = judge(question(previous=at(27.0)), at(26.0))
    assert (judgement.baseline, judgement.expected, judgement.target, judgement.target_school_year) == (
        30.0, 25.0, 20.0, 2027,
    )  # fmt: skip
    assert judgement.reason == "Behind the expected 25.00 by no more than 1"
    special = judge(question(condition=PANDEMIC), at(26.0)).reason
    assert special == "Special year (pandemic): Schools were closed."
