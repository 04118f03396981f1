"""Ranges keep their ends, sums of ranges are bounds that hold the truth, and gaps take both sides."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_pass import (
    ASH,
    BIRCH,
    CEDAR,
    DOGWOOD,
    MEASURES,
    NORTH,
    SCHOOLS,
    SOUTH,
    STATE,
    none_of,
    one,
    run_pass,
)

from warehouse.model.measure import Measure

FEW = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def cohort(organization: str, students: int | None, **more: Any) -> dict[str, Any]:
    return {"organization_id": organization, "cohort_students": students, **more}


def exact(organization: str, graduates: int, students: int) -> dict[str, Any]:
    return cohort(organization, students, graduates=graduates)


def whole(organization: str, students: int | None, percent: float) -> dict[str, Any]:
    return cohort(organization, students, rate_percent=percent)


def ranged(organization: str, students: int, low: float, high: float) -> dict[str, Any]:
    return cohort(organization, students, rate_percent_low=low, rate_percent_high=high)


def hidden(organization: str, students: int | None) -> dict[str, Any]:
    return cohort(organization, students, suppression="suppressed_at_source")


def four_years(rows: list[dict[str, Any]], measures: list[Measure] | None = None) -> list[dict[str, Any]]:
    return run_pass("graduation_cohorts", rows, measures or [MEASURES["graduation_rate_4yr"]])


def state_of(*rows: dict[str, Any]) -> dict[str, Any]:
    return one(four_years(rows), STATE)


def test_a_ranged_figure_keeps_its_ends_and_has_no_middle() -> None:
    row = one(four_years([ranged(ASH, 40, 21, 39)]), ASH)
    assert (row["value"], row["value_low"], row["value_high"]) == (None, 21.0, 39.0)
    assert (row["is_ranged"], row["null_reason"], row["suppression"]) == (True, "ranged", None)
    assert (row["numerator"], row["denominator"], row["n"]) == (None, None, 40)
    assert row["is_partial_coverage"] is False
    assert (row["interval_low"], row["interval_high"]) == (None, None)


def test_a_whole_percent_is_shown_as_published_without_counts() -> None:
    row = one(four_years([whole(ASH, 200, 87)]), ASH)
    assert (row["value"], row["numerator"], row["denominator"], row["n"]) == (87.0, None, None, 200)
    assert row["is_ranged"] is False


@pytest.mark.parametrize("row", [whole(ASH, 0, 0), ranged(ASH, 0, 0, 50), whole(ASH, 0, 100)])
def test_a_percentage_or_range_of_an_empty_cohort_is_null_with_a_reason(row: dict[str, Any]) -> None:
    found = one(four_years([row]), ASH)
    assert (found["value"], found["value_low"], found["value_high"]) == (None, None, None)
    assert (found["null_reason"], found["suppression"]) == ("denominator_is_zero", None)


def test_exact_counts_give_a_sum_and_no_bound() -> None:
    row = state_of(exact(ASH, 80, 100), exact(BIRCH, 45, 50))
    assert (row["numerator"], row["denominator"], row["is_partial_coverage"]) == (125, 150, False)
    assert (row["value_low"], row["value_high"]) == (None, None)


def test_a_sum_of_ranges_and_whole_percents_is_a_bound_worked_by_hand() -> None:
    # Ash: 80 of 100.  Birch: 87 percent of 200 is 86.5 to 87.5, so 173 to 175.
    # Cedar: 21 to 39 percent of 40, so 8.4 to 15.6: 9 to 15.  Dogwood: hidden, 0 to 7 of 7.
    row = state_of(exact(ASH, 80, 100), whole(BIRCH, 200, 87), ranged(CEDAR, 40, 21, 39), hidden(DOGWOOD, 7))
    assert row["n"] == 347
    assert row["value_low"] == pytest.approx(100 * 262 / 347)  # 80 + 173 + 9 + 0
    assert row["value_high"] == pytest.approx(100 * 277 / 347)  # 80 + 175 + 15 + 7
    assert (row["value"], row["numerator"], row["denominator"]) == (None, None, None)
    assert (row["is_ranged"], row["is_partial_coverage"], row["null_reason"]) == (True, True, "ranged")
    assert row["suppression"] is None


def test_a_whole_percent_stands_for_half_a_point_on_either_side() -> None:
    row = state_of(whole(ASH, 1000, 50))
    assert (row["value_low"], row["value_high"]) == (49.5, 50.5)


@pytest.mark.parametrize(("percent", "low", "high"), [(0, 0.0, 0.5), (100, 99.5, 100.0)])
def test_half_a_point_never_leaves_zero_to_a_hundred(percent: int, low: float, high: float) -> None:
    row = state_of(whole(ASH, 1000, percent))
    assert (row["value_low"], row["value_high"]) == (low, high)


def test_hidden_units_lie_between_none_and_all() -> None:
    row = state_of(exact(ASH, 90, 90), hidden(BIRCH, 10))
    assert (row["value_low"], row["value_high"]) == (90.0, 100.0)


def test_a_unit_with_a_figure_and_no_count_leaves_no_bound() -> None:
    row = state_of(exact(ASH, 90, 100), whole(BIRCH, None, 87))
    assert (row["value"], row["value_low"], row["value_high"], row["n"]) == (None, None, None, None)
    assert (row["suppression"], row["is_partial_coverage"]) == ("not_reported", True)


def test_a_hidden_unit_without_a_count_leaves_no_bound() -> None:
    row = state_of(exact(ASH, 90, 100), hidden(BIRCH, None))
    assert (row["value"], row["value_low"], row["value_high"], row["n"]) == (None, None, None, None)
    assert row["is_partial_coverage"] is True
    assert row["null_reason"] == "suppressed"


def test_a_bound_never_stands_beside_a_published_figure() -> None:
    found = run_pass(
        "graduation_cohorts", [ranged(ASH, 40, 21, 39), exact(NORTH, 60, 100), whole(STATE, 900, 87)]
    )
    assert one(found, NORTH)["value"] == 60.0
    assert one(found, STATE)["value"] == 87.0
    assert one(found, STATE)["is_partial_coverage"] is False


def test_only_the_four_year_cohort_is_counted() -> None:
    rows = [exact(ASH, 80, 100), {**exact(ASH, 90, 100), "cohort_length": 5}]
    assert state_of(*rows)["value"] == 80.0


counts = st.tuples(st.integers(0, 400), st.integers(0, 400)).map(lambda pair: (min(pair), max(pair)))
# How a unit's true count is shown: whole, as a range around it, hidden, or as it is.
shown = st.sampled_from(["exact", "whole", "ranged", "hidden"])


def publish(organization: str, graduates: int, students: int, how: str) -> dict[str, Any]:
    if how == "exact" or students == 0:
        return exact(organization, graduates, students)
    percent = 100 * graduates / students
    if how == "whole":
        return whole(organization, students, math.floor(percent + 0.5))
    if how == "ranged":
        low = 5 * math.floor(percent / 5)
        return ranged(organization, students, low, min(low + 5, 100))
    return hidden(organization, students)


@FEW
@given(st.lists(st.tuples(counts, shown), min_size=4, max_size=4))
def test_the_truth_lies_within_the_bound(units: list[tuple[tuple[int, int], str]]) -> None:
    rows = [publish(school, *pair, how) for school, (pair, how) in zip(SCHOOLS, units, strict=True)]
    graduates, students = (sum(pair[i] for pair, _ in units) for i in (0, 1))
    row = state_of(*rows)
    if row["is_partial_coverage"]:
        assert row["n"] == students
        assert row["value_low"] - 1e-9 <= 100 * graduates / students <= row["value_high"] + 1e-9
        assert row["value"] is None
    else:
        assert (row["numerator"], row["denominator"]) == (graduates, students)


@FEW
@given(st.lists(counts, min_size=4, max_size=4))
def test_a_sum_of_complete_counts_is_the_plain_sum(units: list[tuple[int, int]]) -> None:
    rows = [
        {"organization_id": i, "chronically_absent_students": a, "eligible_students": e}
        for i, (a, e) in zip(SCHOOLS, units, strict=True)
    ]
    found = [r for r in run_pass("chronic_absence", rows) if r["measure_id"] == "chronic_absence_rate"]
    absent, eligible = (sum(pair[i] for pair in units) for i in (0, 1))
    state = one(found, STATE)
    assert (state["numerator"], state["denominator"]) == (absent, eligible)
    if eligible:
        assert state["value"] == 100 * absent / eligible
        assert state["interval_low"] - 1e-9 <= state["value"] <= state["interval_high"] + 1e-9
    else:
        assert (state["value"], state["null_reason"]) == (None, "denominator_is_zero")
    for view in ("authorizer", "reporting_lea"):
        assert sum(r["denominator"] for r in found if r["organization_view"] == view) == eligible


def group(
    organization: str, name: str, absent: int | None, eligible: int | None, **more: Any
) -> dict[str, Any]:
    return {
        "organization_id": organization, "student_group": name, "chronically_absent_students": absent,
        "eligible_students": eligible, **more,
    }  # fmt: skip


def gaps(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [r for r in run_pass("chronic_absence", rows) if r["measure_id"] == "chronic_absence_gap"]


def test_a_gap_is_the_groups_figure_minus_that_of_all() -> None:
    row = one(gaps([group(NORTH, "all", 20, 100), group(NORTH, "homeless", 6, 12)]), NORTH)
    assert (row["student_group"], row["value"], row["unit"]) == ("homeless", 30.0, "percentage_points")
    assert (row["basis"], row["n"], row["core_rows"]) == ("derived", 12, 2)
    assert (row["numerator"], row["denominator"], row["interval_low"], row["null_reason"]) == (
        None, None, None, None,
    )  # fmt: skip


def test_a_gap_is_taken_in_one_view_and_grade() -> None:
    rows = [group(s, g, *c) for s in (ASH, DOGWOOD) for g, c in (("all", (10, 100)), ("homeless", (3, 10)))]
    rows.append(group(ASH, "homeless", 5, 5, grade="kg"))
    found = gaps(rows)
    assert one(found, NORTH, organization_view="authorizer")["n"] == 20
    assert one(found, NORTH, organization_view="reporting_lea")["n"] == 10
    assert none_of(found, NORTH, grade="kg")  # there is no figure of all students of that grade
    assert none_of(found, ASH)  # the measure has no school grain


@pytest.mark.parametrize("side", ["homeless", "all"])
def test_a_gap_with_a_hidden_side_is_hidden(side: str) -> None:
    shown_rows = {"all": (20, 100), "homeless": (6, 12)}
    rows = [
        group(NORTH, name, None, None, suppression="suppressed_at_source") if name == side
        else group(NORTH, name, *figures)
        for name, figures in shown_rows.items()
    ]  # fmt: skip
    row = one(gaps(rows), NORTH)
    assert (row["value"], row["value_low"], row["value_high"]) == (None, None, None)
    assert (row["suppression"], row["null_reason"]) == ("suppressed_at_source", "suppressed")


def test_a_gap_to_nobody_is_null_with_a_reason() -> None:
    row = one(gaps([group(NORTH, "all", 20, 100), group(NORTH, "homeless", 0, 0)]), NORTH)
    assert (row["value"], row["null_reason"], row["suppression"]) == (None, "denominator_is_zero", None)


def test_a_gap_without_the_reference_group_does_not_exist() -> None:
    assert gaps([group(NORTH, "homeless", 6, 12)]) == []


@pytest.fixture
def graduation_gap(tmp_path: Any) -> Any:
    from warehouse.model.measure import load_measures
    from warehouse.model.places import MEASURES

    name = "graduation_rate_4yr"
    rate = (MEASURES / f"{name}.yml").read_text(encoding="utf-8")
    (tmp_path / f"{name}.yml").write_text(rate, encoding="utf-8")
    gap = (MEASURES / "chronic_absence_gap.yml").read_text(encoding="utf-8")
    gap = gap.replace("chronic_absence_gap", "graduation_gap").replace("chronic_absence_rate", name)
    gap = gap.replace("from: chronic_absence", "from: graduation_cohorts").replace(", grade]", "]")
    (tmp_path / "graduation_gap.yml").write_text(gap, encoding="utf-8")
    return list(load_measures(tmp_path).values())


@pytest.mark.parametrize(
    ("group_row", "all_row", "low", "high"),
    [
        (ranged(SOUTH, 40, 60, 80), exact(SOUTH, 90, 100), -30.0, -10.0),
        (exact(SOUTH, 70, 100), ranged(SOUTH, 400, 85, 90), -20.0, -15.0),
        (ranged(SOUTH, 40, 60, 80), ranged(SOUTH, 400, 85, 90), -30.0, -5.0),
    ],
)
def test_a_gap_of_ranges_is_a_range_from_the_far_ends(
    graduation_gap: Any, group_row: dict[str, Any], all_row: dict[str, Any], low: float, high: float
) -> None:
    rows = [{**group_row, "student_group": "homeless"}, all_row]
    found = four_years(rows, graduation_gap)
    row = one(found, SOUTH, measure_id="graduation_gap")
    assert (row["value"], row["value_low"], row["value_high"]) == (None, low, high)
    assert (row["is_ranged"], row["null_reason"], row["suppression"]) == (True, "ranged", None)


def test_a_gap_of_a_range_to_a_hidden_side_is_hidden(graduation_gap: Any) -> None:
    rows = [{**ranged(SOUTH, 40, 60, 80), "student_group": "homeless"}, hidden(SOUTH, 400)]
    row = one(four_years(rows, graduation_gap), SOUTH, measure_id="graduation_gap")
    assert (row["value_low"], row["value_high"], row["is_ranged"]) == (None, None, False)
    assert (row["suppression"], row["null_reason"]) == ("suppressed_at_source", "suppressed")


def test_a_gap_from_bounds_of_incomplete_files_is_marked(graduation_gap: Any) -> None:
    rows = [{**ranged(CEDAR, 40, 60, 80), "student_group": "homeless"}, exact(CEDAR, 90, 100)]
    row = one(four_years(rows, graduation_gap), STATE, measure_id="graduation_gap")
    assert (row["value_low"], row["value_high"], row["is_partial_coverage"]) == (-30.0, -10.0, True)


def test_an_lea_without_revenue_makes_the_states_share_incomplete() -> None:
    whole_row = {"membership_students": 100, "total_expenditure_usd": 1000, "total_revenue_usd": 1000}
    lacking = {"membership_students": 1000, "total_expenditure_usd": None, "total_revenue_usd": None}
    found = run_pass(
        "lea_finance",
        [
            {"organization_id": NORTH, **whole_row, "federal_revenue_usd": 100, "is_additive": True},
            {"organization_id": SOUTH, **lacking, "federal_revenue_usd": None, "is_additive": True},
        ],
    )
    for measure in ("federal_revenue_share", "total_expenditure_per_pupil"):
        row = one([r for r in found if r["measure_id"] == measure], STATE)
        assert row["value"] is None and row["is_partial_coverage"] is True
