"""Figures of a pass against sums worked by hand on four schools."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from small_pass import (
    ASH,
    BIRCH,
    CEDAR,
    CHARTER,
    DOGWOOD,
    MEASURES,
    NORTH,
    SOUTH,
    STATE,
    none_of,
    one,
    run_pass,
)

RATE = "chronic_absence_rate"


def absence(organization: str, absent: int | None, eligible: int | None, **more: Any) -> dict[str, Any]:
    return {
        "organization_id": organization, "chronically_absent_students": absent, "eligible_students": eligible,
        **more,
    }  # fmt: skip


# Ash 10 of 100, Birch 90 of 300, Cedar 0 of 50, Dogwood 5 of 50.
SCHOOLS = [absence(ASH, 10, 100), absence(BIRCH, 90, 300), absence(CEDAR, 0, 50), absence(DOGWOOD, 5, 50)]


def rates(rows: list[dict[str, Any]], **more: Any) -> list[dict[str, Any]]:
    return [r for r in run_pass("chronic_absence", rows, **more) if r["measure_id"] == RATE]


def test_a_schools_rate_is_its_own_count_over_its_own_count() -> None:
    row = one(rates(SCHOOLS), BIRCH)
    assert (row["numerator"], row["denominator"], row["n"]) == (Decimal("90.00"), Decimal("300.00"), 300)
    assert row["value"] == 30.0
    assert (row["basis"], row["organization_view"], row["organization_name"]) == (
        "published",
        "none",
        "Birch",
    )
    assert (row["null_reason"], row["suppression"], row["is_ranged"], row["is_partial_coverage"]) == (
        None, None, False, False,
    )  # fmt: skip


def test_a_roll_up_is_the_ratio_of_sums_and_not_the_mean_of_percentages() -> None:
    found = rates(SCHOOLS)
    state = one(found, STATE)
    assert state["value"] == 21.0  # 105 / 500; the mean of 10, 30, 0 and 10 percent is 12.5
    assert (state["numerator"], state["denominator"]) == (105, 500)
    assert (state["basis"], state["core_rows"]) == ("sum_of_schools", 4)


def test_a_charter_counts_with_its_authorizer_in_one_view_and_alone_in_the_other() -> None:
    found = rates(SCHOOLS)
    assert one(found, NORTH, organization_view="authorizer")["value"] == pytest.approx(100 * 105 / 450)
    assert one(found, NORTH, organization_view="reporting_lea")["value"] == 25.0  # 100 / 400
    assert one(found, CHARTER, organization_view="reporting_lea")["value"] == 10.0
    assert none_of(found, CHARTER, organization_view="authorizer")
    for view in ("authorizer", "reporting_lea"):  # each view counts every student once
        views = [r for r in found if r["organization_view"] == view]
        assert sum(r["denominator"] for r in views) == 500


def test_a_published_figure_of_an_lea_stands_instead_of_the_sum_of_its_schools() -> None:
    found = rates([*SCHOOLS, absence(NORTH, 80, 390)])
    assert one(found, NORTH)["basis"] == "published"
    assert one(found, NORTH)["organization_view"] == "as_published"
    assert one(found, NORTH)["numerator"] == 80
    assert one(found, SOUTH, organization_view="authorizer")["basis"] == "sum_of_schools"
    assert one(found, STATE)["numerator"] == 105  # an LEA's row is not added to its schools'


def test_a_published_figure_that_is_hidden_is_not_replaced_by_a_sum() -> None:
    row = one(rates([*SCHOOLS, absence(STATE, None, None, suppression="suppressed_at_source")]), STATE)
    assert (row["basis"], row["value"], row["suppression"]) == ("published", None, "suppressed_at_source")


def test_a_published_figure_of_one_group_leaves_the_sums_of_others() -> None:
    rows = [*SCHOOLS, *({**r, "student_group": "female"} for r in SCHOOLS), absence(STATE, 100, 480)]
    found = rates(rows)
    assert one(found, STATE, student_group="all")["basis"] == "published"
    assert one(found, STATE, student_group="female")["basis"] == "sum_of_schools"


def test_zero_of_zero_is_null_with_a_reason() -> None:
    found = rates([absence(CEDAR, 0, 0)])
    for organization in (CEDAR, STATE):
        row = one(found, organization)
        assert (row["value"], row["null_reason"], row["suppression"]) == (None, "denominator_is_zero", None)
        assert (row["interval_low"], row["interval_high"]) == (None, None)


def test_a_printed_zero_percent_of_nobody_is_null_with_a_reason() -> None:
    row = one(rates([absence(CEDAR, 0, 0, rate_percent=0)]), CEDAR)
    assert (row["value"], row["null_reason"]) == (None, "denominator_is_zero")


@pytest.mark.parametrize("reason", ["suppressed_at_source", "not_reported", "not_tested"])
def test_a_hidden_input_is_hidden_and_never_zero(reason: str) -> None:
    found = rates([*SCHOOLS[:2], absence(CEDAR, None, None, suppression=reason)])
    row = one(found, CEDAR)
    assert (row["numerator"], row["denominator"], row["value"], row["n"]) == (None, None, None, None)
    assert (row["suppression"], row["null_reason"]) == (reason, "suppressed")


def test_a_sum_with_a_hidden_part_is_hidden_too_and_not_too_small() -> None:
    found = rates([*SCHOOLS[:3], absence(DOGWOOD, None, 50, suppression="suppressed_at_source")])
    state = one(found, STATE)
    assert (state["value"], state["numerator"], state["denominator"]) == (None, None, None)
    assert (state["suppression"], state["is_partial_coverage"]) == ("suppressed_at_source", True)
    assert one(found, SOUTH, organization_view="authorizer")["value"] == 0.0


def test_an_input_without_counts_or_reason_is_not_reported() -> None:
    row = one(rates([absence(ASH, None, 100)]), ASH)
    assert (row["value"], row["suppression"], row["null_reason"]) == (None, "not_reported", "suppressed")


def test_what_is_published_only_as_a_percentage_has_no_counts_no_roll_up_and_no_interval() -> None:
    found = rates([absence(i, None, None, rate_percent=12.5, is_additive=False) for i in (ASH, BIRCH)])
    row = one(found, ASH)
    assert (row["value"], row["numerator"], row["denominator"], row["n"]) == (12.5, None, None, None)
    assert (row["interval_low"], row["interval_high"], row["null_reason"]) == (None, None, None)
    assert {r["organization_id"] for r in found} == {ASH, BIRCH}


def test_percentages_of_additive_units_are_never_averaged() -> None:
    state = one(rates([absence(i, None, None, rate_percent=12.5) for i in (ASH, BIRCH)]), STATE)
    assert (state["value"], state["value_low"], state["n"]) == (None, None, None)
    assert (state["suppression"], state["is_partial_coverage"]) == ("not_reported", True)


def test_rows_that_may_not_be_summed_count_only_for_themselves() -> None:
    found = rates([*SCHOOLS[:3], absence(DOGWOOD, 5, 50, is_additive=False)])
    assert one(found, DOGWOOD)["value"] == 10.0
    assert one(found, STATE)["denominator"] == 450


def test_groups_and_grades_are_kept_apart() -> None:
    rows = [
        absence(ASH, 6, 60, student_group="female"), absence(ASH, 4, 40, student_group="male"),
        absence(ASH, 1, 10, student_group="female", grade="kg"),
    ]  # fmt: skip
    found = rates(rows)
    assert one(found, STATE, student_group="female", grade="all")["value"] == 10.0
    assert one(found, STATE, student_group="female", grade="kg")["denominator"] == 10
    assert none_of(found, STATE, student_group="all")


@pytest.mark.parametrize(
    ("confidence", "low", "high"),
    # The two x for which (0.1 - x)^2 = z^2 * x * (1 - x) / 100, solved by hand; z = 1.6449, 1.9600, 2.5758.
    [(90, 6.0719, 16.0355), (95, 5.5229, 17.4366), (99, 4.6026, 20.3751)],
)
def test_a_rate_has_a_wilson_interval(confidence: int, low: float, high: float) -> None:
    row = one(rates(SCHOOLS, confidence=confidence), ASH)
    assert row["interval_low"] == pytest.approx(low, abs=5e-4)
    assert row["interval_high"] == pytest.approx(high, abs=5e-4)


def test_the_interval_of_none_and_of_all_stays_between_zero_and_a_hundred() -> None:
    found = rates([absence(ASH, 0, 10), absence(BIRCH, 10, 10)])
    # 3.8416 / (10 + 3.8416) = 27.75 percent
    assert one(found, ASH)["interval_low"] == 0.0
    assert one(found, ASH)["interval_high"] == pytest.approx(27.7533, abs=5e-4)
    assert one(found, BIRCH)["interval_low"] == pytest.approx(72.2467, abs=5e-4)
    assert one(found, BIRCH)["interval_high"] == pytest.approx(100.0)


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        (("final", "final"), "final"),
        (("final", "revised"), "revised"),
        (("revised", "preliminary"), "preliminary"),
        (("preliminary", "final"), "preliminary"),
    ],
)
def test_a_sum_is_no_firmer_than_its_least_firm_part(statuses: tuple[str, str], expected: str) -> None:
    rows = [absence(i, 1, 10, data_status=s) for i, s in zip((ASH, BIRCH), statuses, strict=True)]
    assert one(rates(rows), STATE)["data_status"] == expected


def test_a_condition_of_a_measure_leaves_other_rows_out() -> None:
    rows = [
        {"organization_id": ASH, "subject": s, "proficient_students": p, "scored_students": 10}
        for s, p in (("ela", 4), ("math", 9))
    ]
    found = run_pass("assessment_results", rows, [MEASURES["ela_proficiency_rate"]])
    assert {r["subject"] for r in found} == {"ela"}
    assert one(found, STATE)["value"] == 40.0


def test_money_is_exact_to_the_cent() -> None:
    rows = [
        {"organization_id": i, "membership_students": n, "total_expenditure_usd": usd}
        for i, n, usd in ((NORTH, 300, "4000000000.07"), (SOUTH, 7, "0.13"))
    ]
    found = run_pass("lea_finance", rows)
    spent = [r for r in found if r["measure_id"] == "total_expenditure_per_pupil"]
    state = one(spent, STATE)
    assert state["numerator"] == Decimal("4000000000.20")
    assert state["denominator"] == 307
    assert (state["basis"], state["unit"], state["interval_low"]) == ("sum_of_leas", "usd", None)
    assert state["value"] == pytest.approx(4000000000.20 / 307)


def test_a_measure_counts_only_the_rows_that_it_needs() -> None:
    rows: list[dict[str, Any]] = [
        {"organization_id": NORTH, "membership_students": 10, "total_expenditure_usd": 100,
         "total_revenue_usd": 200, "federal_revenue_usd": 20},
        {"organization_id": SOUTH, "membership_students": 0, "total_expenditure_usd": 50,
         "total_revenue_usd": 100, "federal_revenue_usd": 40},
        {"organization_id": CHARTER, "federal_revenue_percent": 12, "is_additive": False},
    ]  # fmt: skip
    found = run_pass("lea_finance", rows)
    spent = [r for r in found if r["measure_id"] == "total_expenditure_per_pupil"]
    assert one(spent, STATE)["value"] == 10.0
    assert none_of(spent, SOUTH)
    share = [r for r in found if r["measure_id"] == "federal_revenue_share"]
    assert one(share, STATE)["value"] == 20.0
    assert one(share, STATE)["n"] == 2
    assert one(share, CHARTER)["value"] == 12.0
    assert one(share, CHARTER)["numerator"] is None


def request(organization: str, program: str, days: int | None, number: int, **more: Any) -> dict[str, Any]:
    return {
        "organization_id": organization, "request_id": str(number), "federal_program_code": program,
        "days_to_reimburse": days, "is_due": True, "is_paid_within_limit": days is not None and days <= 30,
        "is_paid_in_year": days is not None, **more,
    }  # fmt: skip


REQUESTS = [
    request(NORTH, "84.010", 10, 1), request(NORTH, "84.010", 20, 2), request(NORTH, "84.010", 60, 3),
    request(NORTH, "84.027", 40, 4),
    request(SOUTH, "84.010", 5, 5), request(SOUTH, "84.010", None, 6),
    request(SOUTH, "84.027", None, 7, is_due=False),
]  # fmt: skip


def test_a_median_is_recomputed_from_requests_and_not_from_medians() -> None:
    days = run_pass("reimbursement_requests", REQUESTS, [MEASURES["median_days_to_reimburse"]])
    days = [r for r in days if r["period"] == "annual"]
    assert one(days, NORTH, federal_program_code="84.010")["value"] == 20.0
    assert one(days, SOUTH, federal_program_code="84.010")["value"] == 5.0
    # 5, 10, 20, 60: 15; the median of the two LEAs' medians would be 12.5
    assert one(days, STATE, federal_program_code="84.010")["value"] == 15.0
    assert one(days, STATE, federal_program_code="84.010")["n"] == 4
    assert one(days, STATE, federal_program_code="none")["value"] == 20.0  # 5, 10, 20, 40, 60
    assert one(days, STATE, federal_program_code="none")["numerator"] is None


def test_a_total_over_programs_counts_every_request_once() -> None:
    share = run_pass("reimbursement_requests", REQUESTS, [MEASURES["reimbursed_within_30_days"]])
    share = [r for r in share if r["period"] == "annual"]
    north = one(share, NORTH, federal_program_code="none")
    assert (north["numerator"], north["denominator"], north["value"]) == (2, 4, 50.0)
    state = one(share, STATE, federal_program_code="none")
    assert (state["numerator"], state["denominator"], state["value"]) == (3, 6, 50.0)
    for program in ("84.010", "84.027"):
        assert one(share, STATE, federal_program_code=program)["basis"] == "sum_of_leas"
    assert none_of(share, SOUTH, federal_program_code="84.027")  # its only request is not due


def test_a_finding_counts_where_the_condition_holds() -> None:
    rows = [
        {
            "organization_id": STATE,
            "report_id": "r",
            "reference_number": str(n),
            "is_education_program": education,
            "is_repeat_finding": repeat,
        }
        for n, education, repeat in ((1, True, True), (2, True, False), (3, False, True), (4, True, True))
    ]
    row = one(run_pass("audit_findings", rows), STATE)
    assert (row["numerator"], row["denominator"]) == (2, 3)
