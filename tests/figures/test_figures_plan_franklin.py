"""Franklin's plan in a release: work, milestones, reviews and money, against what its units wrote."""

from __future__ import annotations

import csv
import sqlite3
from collections import Counter
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any

import pytest
from openpyxl import load_workbook
from refreshed import Refreshed

from pipelines.review import period, review
from pipelines.scorecard import scorecard
from warehouse.model.errors import SpmError
from warehouse.read import open_reader


def reports(data: Path, year: int) -> list[tuple[str, str, date, int]]:
    """Every filled row of the units' workbooks: code, status, day, percent."""
    found = []
    for file in sorted((data / "plan" / str(year)).glob("status_*.xlsx")):
        for row in load_workbook(file)["Status"].iter_rows(min_row=5, values_only=True):
            if row[3]:
                found.append((row[0], row[3].upper().replace(" ", "_"), row[4].date(), row[5]))
    return found


def decisions(data: Path) -> list[dict[str, str]]:
    with (data / "plan" / "review_decisions.csv").open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


@pytest.mark.parametrize("year", [2024, 2025])
def test_at_each_month_end_a_milestone_stands_as_last_reported(small_franklin: Refreshed, year: int) -> None:
    written = reports(small_franklin.data, year)
    rows = small_franklin.select(
        "SELECT node_id, as_of_date, status, percent_complete, reported_on FROM current_plan_status "
        "WHERE school_year = ?", year,
    )  # fmt: skip
    assert len({row[1] for row in rows}) == 12
    for node_id, as_of, status, percent, reported_on in rows:
        before = [r for r in written if r[0] == node_id and r[2].isoformat() <= as_of]
        last = max(before, key=lambda r: r[2]) if before else (node_id, None, None, None)
        day = None if last[2] is None else last[2].isoformat()
        assert (status, percent, reported_on) == (last[1], last[3], day), (node_id, as_of)


def test_a_judgement_stands_beside_what_was_reported_and_changes_nothing(small_franklin: Refreshed) -> None:
    words = {"Met": "MET", "Partial": "PARTIAL", "Not met": "NOT_MET", "Carried forward": "CARRIED_FORWARD"}
    judged = {
        row["NodeId"]: words[row["Decision"]]
        for row in decisions(small_franklin.data)
        if row["ReviewType"] == "Annual" and row["Period"] == "2025"
    }
    rows = small_franklin.select(
        "SELECT node_id, judgement, status FROM current_plan_status "
        "WHERE as_of_date = '2025-06-30' AND node_type = 'milestone' AND node_id LIKE 'G%'"
    )
    assert {row[0]: row[1] for row in rows} == judged
    assert {"PARTIAL", "NOT_MET", "CARRIED_FORWARD", "MET"} == set(judged.values())
    assert {row[2] for row in rows if row[1] == "PARTIAL"} == {"IN_PROGRESS"}


def test_milestones_are_met_on_time_by_their_day(small_franklin: Refreshed) -> None:
    # By hand from the units' own dates: in 2025 only G2.S1.M2 was met by its day, G1.S1.M2 was met late.
    rates = small_franklin.select(
        "SELECT organization_id, numerator, denominator FROM current_measure_value "
        "WHERE measure_id = 'milestones_on_time_rate' AND school_year = 2025 AND period = 'annual'"
    )
    assert {row[0]: (row[1], row[2]) for row in rows_of_units(rates)} == {
        "FK": (1, 6), "FK-unit.attendance": (0, 1), "FK-unit.audit": (0, 1), "FK-unit.federal": (0, 2),
        "FK-unit.grants": (0, 1), "FK-unit.learning": (1, 2), "FK-unit.literacy": (1, 1),
        "FK-unit.pathways": (0, 1), "FK-unit.support": (0, 2),
    }  # fmt: skip
    met = small_franklin.select(
        "SELECT met_on FROM current_milestone_outcome WHERE node_id = 'G1.S1.M2' AND organization_id = 'FK'"
    )
    assert met == [("2025-05-14",)]


def rows_of_units(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return [row for row in rows if row[0] == "FK" or "-unit." in row[0]]


def test_a_unit_that_never_reports_is_named(small_franklin: Refreshed) -> None:
    silent = small_franklin.select(
        "SELECT unit_id FROM current_unit_report WHERE school_year = 2025 "
        "GROUP BY unit_id HAVING max(last_reported_on) IS NULL"
    )
    assert silent == [("audit",)]


def test_narratives_stay_inside(small_franklin: Refreshed) -> None:
    public = sqlite3.connect(f"file:{small_franklin.root / 'warehouse' / 'public.db'}?mode=ro", uri=True)
    try:
        assert public.execute("SELECT count(*) FROM current_status_event").fetchone() == (0,)
        assert public.execute("SELECT count(*) FROM current_plan_status").fetchone() != (0,)
        columns = {row[1] for row in public.execute("PRAGMA table_info(current_plan_status)")}
    finally:
        public.close()
    assert not {"narrative", "barrier"} & columns


def test_a_node_is_never_better_than_its_worst_required_measure(small_franklin: Refreshed) -> None:
    order = ("OFF_TRACK", "OVERDUE_DATA", "AT_RISK", "INDETERMINATE", "ON_TRACK", "MET")
    nodes = small_franklin.select(
        "SELECT node_id, school_year, status, inputs FROM current_node_status WHERE rule = 'worst_required-1'"
    )
    assert len(nodes) > 10
    for _, _, status, inputs in nodes:
        said = [part.split("=")[1].split(" (")[0] for part in inputs.split("; ")]
        worst = min((s for s in said if s in order), key=order.index, default=None)
        assert worst is None or status == worst


def test_a_district_s_plan_is_judged_beside_the_state_s(small_franklin: Refreshed) -> None:
    found = small_franklin.select(
        "SELECT n.node_id, n.aligned_to_node_id, n.plan_id, s.organization_id FROM current_plan_node AS n "
        "JOIN current_measure_status AS s ON s.node_id = n.node_id AND s.school_year = 2025 "
        "WHERE n.node_type = 'goal' AND n.node_id LIKE 'L%' ORDER BY 1"
    )
    assert found == [
        ("L8800010.G1", "G1", "alder-falls-2024-2027", "8800010"),
        ("L8800010.G2", "G2", "alder-falls-2024-2027", "880001000001"),
    ]


def test_what_the_second_version_of_the_plan_changed_is_listed(small_franklin: Refreshed) -> None:
    versions = small_franklin.select(
        "SELECT plan_version, is_current, effective_to, changes FROM current_plan_version "
        "WHERE plan_id = 'franklin-2023-2028' ORDER BY 1"
    )
    changes = small_franklin.select("SELECT what, change, count(*) FROM current_plan_change GROUP BY 1, 2")
    assert versions[0] == (1, 0, "2024-06-30", 0)
    assert versions[1] == (2, 1, None, sum(row[2] for row in changes))
    assert {row[0] for row in changes} == {"node", "measure", "target"}


def test_the_months_of_a_measure_are_judged_one_by_one(small_franklin: Refreshed) -> None:
    rows = small_franklin.select(
        "SELECT period, expected, status FROM current_measure_status "
        "WHERE plan_measure_id = 'G1.S1/chronic_absence_rate_to_date/FK/all/by-month' AND school_year = 2025 "
        "ORDER BY 1"
    )
    assert ("2024-12", 26.0) in [row[:2] for row in rows]
    # School ends in May, one month before the target of 24: a sixth of the way from December is left.
    assert rows[-1][0] == "2025-05"
    assert rows[-1][1] == pytest.approx(24.0 + 2.0 / 6, abs=1e-12)
    assert len(rows) >= 9


def test_dollars_of_a_strategy_are_those_of_the_ledger(small_franklin: Refreshed) -> None:
    ledger = sqlite3.connect(small_franklin.data / "ledger" / "ledger.db")
    try:
        (cents,) = ledger.execute(
            "SELECT sum(amount_cents) FROM entry WHERE entry_type = 'expenditure' "
            "AND posted_on BETWEEN '2024-07-01' AND '2025-06-30' "
            "AND account_code IN ('210-2213-330-8436723', '210-2213-330-8436724')"
        ).fetchone()
    finally:
        ledger.close()
    (row,) = small_franklin.select(
        "SELECT planned_usd, planned_to_date_usd, awards_known, expended_usd, money_reason "
        "FROM current_strategy_money WHERE node_id = 'G2.S1' AND school_year = 2025"
    )
    assert row == (12_000.0, 17_000.0, 2, cents / 100, None)


def test_quadrants_stand_around_the_median_of_peers(small_franklin: Refreshed) -> None:
    rows = small_franklin.select(
        "SELECT spending, outcome, median_spending, median_outcome, quadrant, quadrant_reason "
        "FROM current_spend_outcome WHERE school_year = 2023"
    )
    known = [row for row in rows if row[0] is not None and row[1] is not None]
    assert len(known) >= 5
    for row in known:
        assert row[2:4] == (median(r[0] for r in known), median(r[1] for r in known))
        words = ["high" if row[0] >= row[2] else "low", "high" if row[1] >= row[3] else "low"]
        assert row[4] == f"{words[0]}_spending_{words[1]}_outcome"
    assert all(row[5] is not None for row in rows if row not in known)


def test_submissions_are_there_once_their_file_is_read(small_franklin: Refreshed) -> None:
    found = dict(
        small_franklin.select(
            "SELECT submission_id, is_submitted FROM current_submission_register WHERE school_year = 2025"
        )
    )
    assert (found["FS195"], found["FS059"], found["CSPR-I"]) == (1, None, None)


@pytest.fixture(scope="module")
def reviews(small_franklin: Refreshed) -> dict[str, dict[str, Any]]:
    with open_reader(small_franklin.home.warehouse_url) as reader:
        return {
            "month": review(reader, period("2025-03", None, None)),
            "quarter": review(reader, period(None, "2025-Q1", None)),
            "year": review(reader, period(None, None, 2025)),
        }


def test_a_monthly_review_has_money_that_adds_up(reviews: dict[str, dict[str, Any]]) -> None:
    money = reviews["month"]["money"]
    assert len(money) > 10
    for row in money:
        left = round(row["authorized_usd"] - row["drawn_usd"], 2)
        assert left == pytest.approx(row["available_usd"], abs=0.005)
        assert (row["unexplained_usd"] != 0) <= (row["unexplained_days"] is not None) or row[
            "unexplained_usd"
        ]
    assert {row["node_id"] for row in reviews["month"]["actions"]} >= {"G1.S1.M2.A1", "G3.S2.M2.A1"}
    assert [row["unit_id"] for row in reviews["month"]["silent_units"]] == ["audit"]


def test_open_requests_of_a_review_are_those_of_the_measure(
    small_franklin: Refreshed, reviews: dict[str, dict[str, Any]]
) -> None:
    rows = small_franklin.select(
        "SELECT federal_program_code, value FROM current_measure_value WHERE measure_id = 'open_requests' "
        "AND organization_id = 'FK' AND period = '2025-03' AND federal_program_code <> 'none' AND value > 0"
    )
    found = {row["federal_program_code"]: row["requests"] for row in reviews["month"]["open_requests"]}
    assert found == dict(rows)


def test_a_quarterly_review_looks_at_milestones_and_the_measures_of_strategies(
    reviews: dict[str, dict[str, Any]],
) -> None:
    quarter = reviews["quarter"]
    assert {row["node_type"] for row in quarter["milestones"]} == {"milestone"}
    assert all(".S" in row["node_id"] for row in quarter["measures"])
    months = {row["period"] for row in quarter["measures"]} - {"annual"}
    assert months == {"2025-03"}


def test_an_annual_review_sets_anew_what_was_not_met(reviews: dict[str, dict[str, Any]]) -> None:
    year = reviews["year"]
    reset = {row["node_id"] for row in year["to_be_reset"] if not row["node_id"].startswith("L")}
    assert reset == {"G1.S2.M2", "G2.S2.M1", "G3.S1.M2", "G3.S2.M2"}
    assert [row["node_id"] for row in year["next_milestones"]] == ["G1.S1.M3"]
    assert "G1.S1" not in {row["node_id"] for row in year["strategies_without_milestone"]}
    assert {row["school_year"] for row in year["next_targets"]} == {2026}
    assert {row["node_id"] for row in year["strategy_money"]} == {"G1.S1", "G2.S1"}
    peers = sum(row["organizations"] for row in year["quadrants"] if not row["quadrant"].startswith("none"))
    assert peers >= 5


def test_a_review_after_the_year_lists_what_is_decided_and_not_done(
    small_franklin: Refreshed, reviews: dict[str, dict[str, Any]]
) -> None:
    written = [row for row in decisions(small_franklin.data) if "2025-01-01" <= row["HeldOn"] <= "2025-03-31"]
    found = {(row["review_id"], row["node_id"], row["decision"]) for row in reviews["quarter"]["decisions"]}
    assert found >= {(row["ReviewId"], row["NodeId"], row["Decision"]) for row in written}
    open_before = {
        (row["ReviewId"], row["NodeId"], row["Decision"])
        for row in decisions(small_franklin.data)
        if row["HeldOn"] < "2025-01-01"
        and row["DueOn"]
        and (not row["DoneOn"] or row["DoneOn"] > "2025-03-31")
    }
    assert found == open_before | {(row["ReviewId"], row["NodeId"], row["Decision"]) for row in written}


@pytest.mark.parametrize(
    ("month", "quarter", "year"),
    [(None, None, None), ("2025-03", "2025-Q1", None), ("2025-13", None, None), (None, "2025-Q5", None)],
)
def test_a_review_is_of_one_period(month: str | None, quarter: str | None, year: int | None) -> None:
    with pytest.raises(SpmError) as caught:
        period(month, quarter, year)
    assert caught.value.remedy


def test_periods_know_their_school_year_and_months() -> None:
    autumn = period(None, "2024-Q3", None)
    assert (autumn.school_year, autumn.months) == (2025, ("2024-07", "2024-08", "2024-09"))
    assert len(period(None, None, 2025).months) == 12
    assert period("2024-02", None, None).last == date(2024, 2, 29)


def test_the_scorecard_tells_how_goals_stand_and_how_work_goes_on(small_franklin: Refreshed) -> None:
    with open_reader(small_franklin.home.warehouse_url) as reader:
        goals = {g["node_id"]: g for g in scorecard(reader, year=None, organization=None)["goals"]}
    assert set(goals) == {"G1", "G2", "G3", "L8800010.G1", "L8800010.G2"}
    assert goals["G2"]["status"]["rule"] == "weighted-1"
    stand = Counter(row["judgement"] for row in goals["G3"]["milestones"])
    assert stand == {"CARRIED_FORWARD": 1, "NOT_MET": 1}
