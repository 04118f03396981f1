"""Franklin: every published figure is the simulator's own answer, and every answer is published."""

from __future__ import annotations

import math
from fractions import Fraction

import pyarrow.parquet as pq
import pytest

KEY = (
    "measure_id", "organization_id", "organization_view", "school_year", "student_group", "grade", "subject",
    "federal_program_code",
)  # fmt: skip
MEASURES = {
    "child_poverty_rate",
    "chronic_absence_gap",
    "chronic_absence_rate",
    "ela_proficiency_rate",
    "federal_revenue_share",
    "graduation_rate_4yr",
    "median_days_to_reimburse",
    "reimbursed_within_30_days",
    "repeat_finding_rate",
    "total_expenditure_per_pupil",
}
WITHOUT_COUNTS = {"chronic_absence_gap", "median_days_to_reimburse"}


@pytest.fixture(scope="module")
def truth(small_franklin):
    """The simulator's answers by key; gaps are published for LEAs and the state only (their grains)."""
    rows = pq.read_table(small_franklin.data / "truth" / "truth.parquet").to_pylist()
    kept = [
        row
        for row in rows
        if not (row["measure_id"] == "chronic_absence_gap" and row["organization_type"] == "SCHOOL")
    ]
    answers = {tuple(row[name] for name in KEY): row for row in kept}
    assert len(answers) == len(kept)
    return answers


@pytest.fixture(scope="module")
def published(small_franklin):
    names = (*KEY, "organization_type", "numerator", "denominator", "value", "n", "is_ranged", "suppression")
    rows = small_franklin.select(f"SELECT {', '.join(names)} FROM current_measure_value")
    figures = [dict(zip(names, row, strict=True)) for row in rows]
    by_key = {tuple(figure[name] for name in KEY): figure for figure in figures}
    assert len(by_key) == len(figures)
    return by_key


def test_the_refresh_failed_nowhere(small_franklin):
    assert list(small_franklin.report.failures) == []
    assert not small_franklin.report.failed


def test_all_ten_measures_have_figures_in_all_years(published):
    assert {(key[0], key[3]) for key in published} == {
        (m, year) for m in MEASURES for year in (2023, 2024, 2025)
    }


def test_no_answer_is_missing_and_no_figure_is_made_up(truth, published):
    assert (sorted(truth.keys() - published.keys())[:3], sorted(published.keys() - truth.keys())[:3]) == (
        [],
        [],
    )


def test_every_count_and_dollar_is_exact(truth, published):
    wrong = [
        key
        for key, answer in truth.items()
        if answer["measure_id"] not in WITHOUT_COUNTS
        and (published[key]["numerator"], published[key]["denominator"])
        != (answer["numerator"], answer["denominator"])
    ]
    assert wrong[:3] == []


def test_every_ratio_is_the_quotient_of_its_true_counts_money_to_the_cent(truth, published):
    wrong = []
    for key, answer in truth.items():
        if answer["measure_id"] in WITHOUT_COUNTS:
            continue
        factor = 1 if answer["measure_id"] == "total_expenditure_per_pupil" else 100
        exact = Fraction(factor * answer["numerator"], answer["denominator"])
        found = Fraction(published[key]["value"])
        if abs(found - exact) > Fraction(1, 10**9) or round(found, 2) != round(exact, 2):
            wrong.append(key)
    assert wrong[:3] == []


def test_every_value_is_the_true_value(truth, published):
    wrong = [
        key
        for key, answer in truth.items()
        if not math.isclose(published[key]["value"], answer["value"], rel_tol=1e-12, abs_tol=1e-9)
    ]
    assert wrong[:3] == []


def test_every_gap_and_median_rests_on_the_true_number(truth, published):
    wrong = [
        key
        for key, answer in truth.items()
        if answer["measure_id"] in WITHOUT_COUNTS and published[key]["n"] != answer["denominator"]
    ]
    assert wrong[:3] == []


def test_nothing_is_hidden_ranged_or_of_another_kind_of_organization(truth, published):
    assert {(f["is_ranged"], f["suppression"]) for f in published.values()} == {(0, None)}
    assert all(published[key]["organization_type"] == truth[key]["organization_type"] for key in truth)
