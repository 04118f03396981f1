"""Which figure answers a measure of the plan, for which organizations and years."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from small_state import AGENCY, LEA, OAK, STATE, littleland

from assets.definition_tables import measure_rows, student_group_rows
from assets.home import Home
from assets.plan_tables import plan_table
from assets.statuses import status_tables
from warehouse.model.contract import load_contracts, published_contracts
from warehouse.model.plan import placed_measures

RATE = "chronic_absence_rate"
VALUE = load_contracts()["measure_value"]
STATUS = load_contracts()["measure_status"]
CONTRACTS = published_contracts()


def figure(organization: str, year: int, value: float | None, **more: Any) -> dict[str, Any]:
    kind = {2: "SEA", 7: "LEA"}.get(len(organization), "SCHOOL")
    return {
        "measure_id": RATE, "organization_id": organization, "organization_view": "none", "school_year": year,
        "period": "annual", "student_group": "all", "grade": "all", "subject": "none",
        "federal_program_code": "none", "award_id": "none", "strategy_id": "none", "organization_type": kind,
        "organization_name": organization, "unit": "percent", "basis": "published", "value": value,
        "is_ranged": False, "is_partial_coverage": False, "data_status": "final", "measure_version": 1,
        "core_rows": 1, **more,
    }  # fmt: skip


def statuses(
    home: Home, rows: Sequence[dict[str, Any]], years: Sequence[int] = (2023, 2024)
) -> list[dict[str, Any]]:
    values = {RATE: pa.Table.from_pylist(rows, schema=VALUE.arrow_schema())} if rows else {}
    tables = status_tables(home, values, STATUS, years)
    return [row for table in tables.values() for row in table.to_pylist()]


def with_plan(tmp_path: Path, old: str, new: str) -> Home:
    assert old in AGENCY["plan.yml"]
    return littleland(tmp_path, agency={"plan.yml": AGENCY["plan.yml"].replace(old, new)})


def answers(rows: Sequence[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [(r["organization_id"], r["school_year"], r["actual"], r["status"]) for r in rows]


def test_an_organization_that_the_plan_names_is_judged_every_year_from_its_baseline(tmp_path: Path) -> None:
    found = statuses(littleland(tmp_path), [figure(STATE, 2023, 20.0)], (2022, 2023, 2024))
    assert answers(found) == [(STATE, 2023, 20.0, "BASELINE_ONLY"), (STATE, 2024, None, "NOT_DUE")]


def test_a_named_organization_without_any_figure_is_overdue_and_not_forgotten(tmp_path: Path) -> None:
    found = statuses(littleland(tmp_path), [])
    assert answers(found) == [(STATE, 2023, None, "OVERDUE_DATA"), (STATE, 2024, None, "NOT_DUE")]


def test_of_every_organization_of_a_type_those_with_a_figure_are_judged(tmp_path: Path) -> None:
    home = with_plan(tmp_path, 'scope: {organization: "LL"}', "scope: {organization_type: SCHOOL}")
    rows = [figure(STATE, 2024, 1.0), figure(OAK, 2023, 20.0), figure(OAK, 2024, 19.0)]
    rows.append(figure("990000100009", 2024, 30.0))  # opened this year: it has no baseline of its own
    assert [(r["organization_id"], r["school_year"], r["baseline"]) for r in statuses(home, rows)] == [
        (OAK, 2023, 20.0), (OAK, 2024, 20.0), ("990000100009", 2024, None),
    ]  # fmt: skip


def test_figures_of_other_groups_grades_and_periods_do_not_answer(tmp_path: Path) -> None:
    rows = [
        figure(STATE, 2024, 1.0, student_group="female"), figure(STATE, 2024, 2.0, grade="kg"),
        figure(STATE, 2024, 3.0, period="q1"),
    ]  # fmt: skip
    assert answers(statuses(littleland(tmp_path), rows))[1] == (STATE, 2024, None, "NOT_DUE")


@pytest.mark.parametrize(
    ("views", "answer"),
    [
        ({"authorizer": 10.0, "reporting_lea": 15.0}, ("authorizer", 10.0)),
        ({"reporting_lea": 15.0}, None),
        ({"authorizer": 10.0, "as_published": 12.0}, ("as_published", 12.0)),
        ({"as_published": 12.0, "authorizer": 10.0}, ("as_published", 12.0)),
    ],
)
def test_one_view_of_an_lea_answers(
    tmp_path: Path, views: dict[str, float], answer: tuple[str, float] | None
) -> None:
    home = with_plan(tmp_path, 'scope: {organization: "LL"}', "scope: {organization_type: LEA}")
    rows = [figure(LEA, 2024, value, organization_view=view) for view, value in views.items()]
    found = [(r["organization_view"], r["actual"]) for r in statuses(home, rows)]
    assert found == ([] if answer is None else [answer])


def test_the_agency_chooses_the_view_that_answers(tmp_path: Path) -> None:
    home = with_plan(tmp_path, 'scope: {organization: "LL"}', "scope: {organization_type: LEA}")
    settings = home.agency.settings.model_copy(update={"default_lea_view": "reporting_lea"})
    home = replace(home, agency=replace(home.agency, settings=settings))
    rows = [
        figure(LEA, 2024, v, organization_view=o) for o, v in (("authorizer", 1.0), ("reporting_lea", 2.0))
    ]
    assert [r["actual"] for r in statuses(home, rows)] == [2.0]


def test_a_baseline_with_a_value_is_that_value(tmp_path: Path) -> None:
    home = with_plan(tmp_path, "baseline: {school_year: 2023}", "baseline: {school_year: 2023, value: 25.0}")
    found = statuses(home, [figure(STATE, 2023, 20.0), figure(STATE, 2024, 17.0)])
    assert [r["baseline"] for r in found] == [25.0, 25.0]


@pytest.mark.parametrize(
    "row",
    [
        figure(STATE, 2023, None, suppression="not_reported", null_reason="suppressed"),
        figure(STATE, 2023, 20.0, is_partial_coverage=True),
        figure(STATE, 2023, None, value_low=10.0, value_high=20.0, is_ranged=True, null_reason="ranged"),
    ],
)
def test_a_baseline_that_is_not_one_firm_figure_is_unknown(tmp_path: Path, row: dict[str, Any]) -> None:
    found = statuses(littleland(tmp_path), [row, figure(STATE, 2024, 17.0)])
    assert [(r["baseline"], r["gap_closed"]) for r in found] == [(None, None), (None, None)]


def test_a_special_year_blocks_status_and_trend_of_itself_and_trend_after_it(tmp_path: Path) -> None:
    conditions = (
        f"conditions:\n  - {{measures: [{RATE}], school_years: [2024], kind: pandemic, note: Closed.}}\n"
    )
    settings = (
        AGENCY["agency.yml"].replace("[2023, 2024]", "[2023, 2024, 2025]").replace("2024-12", "2026-12")
    )
    home = littleland(tmp_path, agency={"conditions.yml": conditions, "agency.yml": settings})
    rows = [figure(STATE, year, value) for year, value in ((2023, 20.0), (2024, 5.0), (2025, 15.0))]
    found = statuses(home, rows, (2023, 2024, 2025))
    assert [(r["status"], r["trend"]) for r in found] == [
        ("BASELINE_ONLY", None), ("BASELINE_ONLY", None), ("ON_TRACK", None),
    ]  # fmt: skip
    assert "Closed." in found[1]["status_reason"]


def test_a_bound_is_shown_without_a_status(tmp_path: Path) -> None:
    row = figure(
        STATE, 2024, None, value_low=10.0, value_high=20.0, is_ranged=True, is_partial_coverage=True,
        null_reason="ranged",
    )  # fmt: skip
    found = statuses(littleland(tmp_path), [figure(STATE, 2023, 20.0), row])
    assert (found[1]["status"], found[1]["actual_low"], found[1]["actual_high"]) == (None, 10.0, 20.0)


def test_the_plan_as_tables_has_every_node_measure_and_target(tmp_path: Path) -> None:
    agency = littleland(tmp_path).agency
    assert plan_table(agency, "plan_nodes", CONTRACTS["plan_node"]).to_pylist()[0]["node_type"] == "goal"
    (measure,) = plan_table(agency, "plan_measures", CONTRACTS["plan_measure"]).to_pylist()
    assert (measure["plan_measure_id"], measure["organization_type"]) == (f"G1/{RATE}/LL/all/all", "SEA")
    targets = plan_table(agency, "targets", CONTRACTS["target"]).to_pylist()
    assert [(t["school_year"], t["target_value"], t["target_kind"]) for t in targets] == [
        (2024, 18.0, "interim"), (2026, 14.0, "annual"),
    ]  # fmt: skip
    assert measure_rows(agency, CONTRACTS["measure"]).num_rows == len(agency.measures)
    groups = student_group_rows(CONTRACTS["student_group"]).to_pylist()
    assert "all" in {g["student_group"] for g in groups}


def test_each_month_of_a_measure_judged_by_month_has_a_row_of_its_own(tmp_path: Path) -> None:
    home = littleland(tmp_path)
    (placed,) = [p for p in placed_measures(home.agency.plan) if p.item.measure == RATE]
    monthly = placed.item.model_copy(update={"period": "month"})
    goal = home.agency.plan.goals[0].model_copy(update={"measures": (monthly,)})
    plan = home.agency.plan.model_copy(update={"goals": (goal,)})
    home = replace(home, agency=replace(home.agency, plan=plan))
    rows = [figure(STATE, 2023, 15.0), figure(STATE, 2024, 18.0)]
    months = {"2023-04": 26.0, "2023-05": 20.0, "2023-09": 30.0, "2024-06": 17.0}
    rows += [figure(STATE, 2023 + (m > "2023-06"), value, period=m) for m, value in months.items()]
    found = statuses(home, rows)
    assert [(r["period"], r["baseline"], r["actual"], r["status"]) for r in found] == [
        ("2023-04", 20.0, 26.0, "BASELINE_ONLY"), ("2023-05", 20.0, 20.0, "BASELINE_ONLY"),
        ("2023-09", 20.0, 30.0, "OFF_TRACK"), ("2024-06", 20.0, 17.0, "ON_TRACK"),
    ]  # fmt: skip
    lag = timedelta(days=home.agency.measures[RATE].expected_lag_days)
    assert [r["due_on"] for r in found[2:]] == [date(2023, 9, 30) + lag, date(2024, 6, 30) + lag]
