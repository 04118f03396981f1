"""School costs, maintenance of effort, monitoring and the plan's reports: what their files hold."""

from __future__ import annotations

import csv
from collections import defaultdict
from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from money_answers import rows, table
from openpyxl import load_workbook

from simulator.agency_systems import write_oversight
from simulator.maintenance_of_effort import make_effort
from simulator.organizations import build_state
from simulator.settings import Settings

AS_OF = "2025-09-30"


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The agency's systems of a state of 200,000 students; they need no student."""
    folder = tmp_path_factory.mktemp("oversight")
    settings = Settings(students=200_000)
    write_oversight(settings, build_state(settings), folder)
    return folder


def test_what_schools_of_an_lea_spend_adds_up_to_its_expenditure(folder: Path) -> None:
    with (folder / "finance" / "2025" / "district_data_full.csv").open(newline="") as file:
        whole = {row["LEAID"]: row for row in csv.DictReader(file) if row["FIPST"] == "88"}
    nces = dict(rows(folder, "SELECT lea_id, nces_lea_id FROM lea"))
    spent: dict[str, Decimal] = defaultdict(Decimal)
    pupils: dict[str, int] = defaultdict(int)
    for row in table(folder, "finance/school_expenditures_2025.csv"):
        assert row["SchoolYear"] == "2024-2025"
        spent[nces[row["DistrictCode"]]] += sum(Decimal(row[name]) for name in list(row)[4:])
        pupils[nces[row["DistrictCode"]]] += int(row["Membership"])
    assert spent == {lea: Decimal(row["TOTALEXP"]) for lea, row in whole.items()}
    assert pupils == {lea: int(row["MEMBERSCH"]) for lea, row in whole.items()}


def test_every_school_has_a_row_and_spends_in_every_column(folder: Path) -> None:
    costs = table(folder, "finance/school_expenditures_2025.csv")
    directory = table(folder, "directory/franklin_public_schools.csv")
    codes = {row["State School ID"].split("-")[2] for row in directory}
    assert sorted(row["SchoolCode"] for row in costs) == sorted(codes)
    assert all(Decimal(row[name]) > 0 for row in costs for name in list(row)[3:])


def test_a_fiscal_year_has_one_effort_in_both_of_its_determinations(large: Path) -> None:
    seen: dict[tuple[str, str], set[tuple[str, str]]] = defaultdict(set)
    times: dict[tuple[str, str], int] = defaultdict(int)
    for year in (2023, 2024, 2025):
        for row in table(large, f"finance/maintenance_of_effort_{year}.csv"):
            assert int(row["FiscalYear"]) in (year - 1, year - 2)
            seen[row["DistrictCode"], row["FiscalYear"]].add((row["FiscalEffort"], row["Membership"]))
            times[row["DistrictCode"], row["FiscalYear"]] += 1
    assert {len(figures) for figures in seen.values()} == {1}
    assert {year: times[code, year] for code, year in times} == {"2021": 1, "2022": 2, "2023": 2, "2024": 1}


def test_about_three_leas_in_a_hundred_let_their_effort_fall(large: Path) -> None:
    for year in (2023, 2024, 2025):
        of: dict[str, dict[str, tuple[Decimal, Decimal]]] = defaultdict(dict)
        for row in table(large, f"finance/maintenance_of_effort_{year}.csv"):
            of[row["DistrictCode"]][row["FiscalYear"]] = (
                Decimal(row["FiscalEffort"]),
                Decimal(row["FiscalEffort"]) / int(row["Membership"]),
            )
        ratios = [
            max(now / before for now, before in zip(e[str(year - 1)], e[str(year - 2)], strict=True))
            for e in of.values()
        ]
        assert 0.02 < sum(ratio < Decimal("0.9") for ratio in ratios) / len(ratios) < 0.04


def test_effort_does_not_depend_on_the_years_asked_for() -> None:
    settings = Settings(students=2_000)
    one = Settings(students=2_000, years=(2025,))
    assert (
        make_effort(settings, build_state(settings)).cents == make_effort(one, build_state(one)).cents
    ).all()


@pytest.mark.parametrize("size", ["small", "large"])
def test_monitoring_has_reviews_not_done_and_actions_late_and_open(
    request: pytest.FixtureRequest, size: str
) -> None:
    base = request.getfixturevalue("folder" if size == "small" else "large")
    reviews = {row["ReviewId"]: row for row in table(base, "monitoring/reviews.csv")}
    actions = table(base, "monitoring/corrective_actions.csv")
    assert {row["RiskLevel"] for row in reviews.values()} == {"High", "Moderate", "Low"}
    assert len({row["ActionId"] for row in actions}) == len(actions)
    late = [row for row in actions if row["ClosedOn"] > row["DueOn"]]
    overdue = [row for row in actions if not row["ClosedOn"] and row["DueOn"] < AS_OF]
    assert late
    assert overdue
    assert len(late) + len(overdue) < len(actions) / 2
    for row in actions:
        review = reviews[row["ReviewId"]]
        assert review["CompletedOn"] and review["CompletedOn"] < row["DueOn"]
        assert review["DistrictCode"] == row["DistrictCode"]
    days = [row[name] for row in reviews.values() for name in ("PlannedOn", "CompletedOn")]
    assert max(*days, *(row["ClosedOn"] for row in actions)) <= AS_OF
    if size == "large":
        assert any(not row["CompletedOn"] for row in reviews.values())


def milestone_reports(folder: Path) -> dict[str, list[tuple[date, str, int]]]:
    found: dict[str, list[tuple[date, str, int]]] = defaultdict(list)
    for path in sorted((folder / "plan").glob("*/status_*.xlsx")):
        sheet = load_workbook(path)["Status"]
        for code, _, _, status, as_of, percent, *_ in sheet.iter_rows(min_row=5, values_only=True):
            if status is not None and str(code).count(".") == 2:
                found[str(code)].append((as_of.date(), str(status), int(percent)))
    return found


def test_milestones_end_in_every_way(folder: Path) -> None:
    reports = milestone_reports(folder)
    done = {code: min((day for day, status, _ in r if status == "Complete"), default=None)
            for code, r in reports.items()}  # fmt: skip
    assert done["G1.S2.M1"] == date(2023, 12, 8)  # due on 15 December
    assert done["G1.S1.M2"] == date(2025, 5, 14)  # due on 28 February
    assert {code for code, day in done.items() if day is None} == {
        "G1.S2.M2", "G2.S1.M1", "G2.S2.M1", "G3.S1.M2",
    }  # fmt: skip
    assert reports["G1.S2.M2"][-1] == (date(2025, 6, 30), "In progress", 70)
    assert "G3.S2.M2" not in reports  # its unit does not report
    judged = {row["NodeId"]: row["Decision"] for row in table(folder, "plan/review_decisions.csv")
              if row["ReviewType"] == "Annual"}  # fmt: skip
    assert judged.keys() == reports.keys() | {"G3.S2.M2"}
    assert {judged[code] for code, day in done.items() if day} == {"Met"}
    assert set(judged.values()) == {"Met", "Partial", "Not met", "Carried forward"}


def test_a_review_is_held_after_its_period_and_before_what_it_decided_is_due(folder: Path) -> None:
    decisions = table(folder, "plan/review_decisions.csv")
    assert len({(row["ReviewId"], row["NodeId"]) for row in decisions}) == len(decisions)
    for row in decisions:
        year, _, quarter = row["Period"].partition("-Q")
        end = date(int(year), int(quarter) * 3 if quarter else 6, 30).isoformat()
        assert end < row["HeldOn"] <= AS_OF
        assert not row["DueOn"] or row["HeldOn"] < row["DueOn"]
        assert bool(row["DueOn"]) == (row["Decision"] not in ("Continue", "Met"))
        assert not row["DoneOn"] or row["HeldOn"] <= row["DoneOn"] <= AS_OF
    asked = [row for row in decisions if row["DueOn"]]
    assert {(bool(r["DoneOn"]), r["DoneOn"] > r["DueOn"]) for r in asked} == {
        (True, True), (True, False), (False, False),
    }  # fmt: skip


def test_a_milestone_counts_for_its_unit_its_division_and_the_agency(folder: Path) -> None:
    rows_told = pq.read_table(
        folder / "truth" / "truth.parquet", filters=[("measure_id", "=", "milestones_on_time_rate")]
    ).to_pylist()
    told = {
        (row["organization_id"], row["period"]): (int(row["numerator"]), int(row["denominator"]))
        for row in rows_told
        if row["school_year"] == 2025
    }
    assert told["FK", "annual"] == (1, 6)  # of six only G2.S1.M2 was met by its day
    assert told["FK-unit.literacy", "2025-05"] == told["FK-unit.learning", "2025-05"] == (1, 1)
    assert told["FK-unit.learning", "annual"] == (1, 2)
    assert told["FK-unit.audit", "2025-03"] == (0, 1)  # nobody reported on it
    assert told["FK-unit.support", "annual"] == (0, 2)  # its own one, in part, and the late one of its unit
    kinds = {(row["organization_id"], row["organization_type"]) for row in rows_told}
    assert {organization for organization, kind in kinds if kind == "DIVISION"} == {
        "FK-unit.federal", "FK-unit.learning", "FK-unit.support",
    }  # fmt: skip
