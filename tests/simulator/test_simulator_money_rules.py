"""The truth about what the law asks of awards and LEAs, recounted from databases, reports and csv files."""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from statistics import median

import pyarrow.parquet as pq
import pytest
from money_answers import YEARS, Cell, Key, close, month, rates, read_truth, rows, sy, table


@pytest.fixture(scope="module")
def told(folder: Path) -> dict[str, dict[Key, Cell]]:
    return read_truth(folder)


def test_carryover_is_measured_against_its_cap(folder: Path, told: dict[str, dict[Key, Cell]]) -> None:
    query = """
        SELECT nces_lea_id, measured_on, allocation_cents, carryover_cents, has_waiver
        FROM carryover JOIN lea USING (lea_id) WHERE fain LIKE 'S010A%'
    """
    shares: dict[Key, list[int]] = defaultdict(lambda: [0, 0])
    excess: dict[Key, list[int]] = defaultdict(list)
    for lea, measured, allocated, carried, waived in rows(folder, query):
        for organization in (lea, "FK"):
            key = (organization, sy(date.fromisoformat(measured)), "annual", "none", "none")
            shares[key][0] += carried
            shares[key][1] += allocated
            if allocated >= 50_000_00:
                excess[key].append(0 if waived else max(0, carried - int(Decimal(allocated) * 15 / 100)))
    close(told["title_i_carryover_rate"], rates(shares, 100))
    close(
        told["excess_carryover_usd"],
        {k: (None, Decimal(len(v)), sum(v) / 100) for k, v in excess.items()},
    )
    close(
        told["leas_over_carryover_cap"],
        {
            k: (None, Decimal(len(v)), float(sum(part > 0 for part in v)))
            for k, v in excess.items()
            if k[0] == "FK"
        },
    )


def test_papers_of_an_award_are_in_time(folder: Path, told: dict[str, dict[Key, Cell]]) -> None:
    final = rows(
        folder,
        """
        SELECT a.fain, v.issued_on, julianday(v.issued_on) - julianday(a.awarded_on)
        FROM award a JOIN allocation_version v USING (fain) WHERE v.version_kind = 'final'
        """,
    )
    days: dict[Key, list[float]] = defaultdict(list)
    for fain, issued, took in final:
        for award in (fain, "none"):
            days["FK", sy(date.fromisoformat(issued)), "annual", "none", award].append(took)
    close(
        told["days_to_final_allocation"],
        {key: (None, Decimal(len(took)), float(median(took))) for key, took in days.items()},
    )
    counts: dict[Key, list[int]] = defaultdict(lambda: [0, 0])
    query = (
        "SELECT assistance_listing, federal_fiscal_year, approved_on FROM application JOIN award USING (fain)"
    )
    for listing, year, approved in rows(folder, query):
        for program in (listing, "none"):
            cell = counts["FK", year + 1, "annual", program, "none"]
            cell[0] += approved <= f"{year}-07-01"
            cell[1] += 1
    close(told["applications_approved_on_time_rate"], rates(counts))


def test_subawards_are_reported_by_the_end_of_the_month_after(
    folder: Path, told: dict[str, dict[Key, Cell]]
) -> None:
    with gzip.open(folder / "web" / "sam" / "reports.jsonl.gz", "rt", encoding="utf-8") as file:
        reports = [json.loads(line) for line in file]
    counts: dict[Key, list[int]] = defaultdict(lambda: [0, 0])
    for report in reports:
        if report["status"] != "Published" or Decimal(report["subAwardAmount"]) < 30_000:
            continue
        action, submitted = (date.fromisoformat(report[name]) for name in ("subAwardDate", "submittedDate"))
        due = date(action.year + (action.month + 1) // 12, (action.month + 1) % 12 + 1, 1) - timedelta(days=1)
        for award in (report["fain"], "none"):
            for period in (month(submitted), "annual"):
                cell = counts["FK", sy(submitted), period, "none", award]
                cell[0] += submitted <= due
                cell[1] += 1
    close(told["subawards_reported_on_time_rate"], rates(counts))


def test_school_improvement_is_reserved_and_passed_on(folder: Path, told: dict[str, dict[Key, Cell]]) -> None:
    query = """
        SELECT a.fain, a.federal_fiscal_year + 1,
            (SELECT sum(amount_cents) FROM award_modification m
                WHERE m.fain = a.fain AND action_on <= (a.federal_fiscal_year + 1) || '-06-30'),
            r.amount_cents, (SELECT sum(amount_cents) FROM reservation_subgrant s
                WHERE (s.fain, s.version, s.reservation) = (r.fain, r.version, r.reservation))
        FROM award a JOIN reservation r USING (fain)
        WHERE r.reservation = 'school_improvement' AND r.version = (SELECT max(version)
            FROM allocation_version v
            WHERE v.fain = a.fain AND issued_on <= (a.federal_fiscal_year + 1) || '-06-30')
    """
    reserved, passed = {}, {}
    for fain, year, granted, kept, given in rows(folder, query):
        key = ("FK", year, "annual", "none", fain)
        reserved[key], passed[key] = [kept, granted], [given, kept]
    close(told["school_improvement_reservation_rate"], rates(reserved, 100))
    found = told["school_improvement_pass_through_rate"]
    close(found, rates(passed, 100))
    assert {cell[2] >= 95 for cell in found.values()} == {True, False}


def nces_ids(folder: Path) -> dict[str, str]:
    return dict(rows(folder, "SELECT lea_id, nces_lea_id FROM lea"))


def test_an_lea_fails_maintenance_of_effort_only_by_both_ways_of_counting(
    folder: Path, told: dict[str, dict[Key, Cell]]
) -> None:
    counts: dict[Key, list[int]] = defaultdict(lambda: [0, 0])
    ways = set()
    for year in YEARS:
        of: dict[str, dict[int, tuple[Decimal, int]]] = defaultdict(dict)
        for row in table(folder, f"finance/maintenance_of_effort_{year}.csv"):
            of[row["DistrictCode"]][int(row["FiscalYear"])] = (
                Decimal(row["FiscalEffort"]),
                int(row["Membership"]),
            )
        for code, efforts in of.items():
            (now, pupils), (before, pupils_before) = efforts[year - 1], efforts[year - 2]
            in_all = now / before < Decimal("0.9")
            a_pupil = Fraction(now) / pupils < Fraction(9, 10) * Fraction(before) / pupils_before
            ways.add((in_all, a_pupil))
            for organization in (nces_ids(folder)[code], "FK"):
                cell = counts[organization, year, "annual", "none", "none"]
                cell[0] += in_all and a_pupil
                cell[1] += 1
    assert {(True, True), (True, False), (False, False)} <= ways
    close(told["maintenance_of_effort_failure_rate"], rates(counts))


def test_corrective_actions_count_in_the_quarter_they_are_due(
    folder: Path, told: dict[str, dict[Key, Cell]]
) -> None:
    counts: dict[Key, list[int]] = defaultdict(lambda: [0, 0])
    for row in table(folder, "monitoring/corrective_actions.csv"):
        due = date.fromisoformat(row["DueOn"])
        for organization in (nces_ids(folder)[row["DistrictCode"]], "FK"):
            for period in (f"{due.year}-Q{-(-due.month // 3)}", "annual"):
                cell = counts[organization, sy(due), period, "none", "none"]
                cell[0] += "" < row["ClosedOn"] <= row["DueOn"]
                cell[1] += 1
    close(told["corrective_actions_on_time_rate"], rates(counts))


COLUMNS = {
    "current": ("FederalPersonnel", "FederalNonpersonnel", "StateLocalPersonnel", "StateLocalNonpersonnel"),
    "federal": ("FederalPersonnel", "FederalNonpersonnel"),
    "state_local": ("StateLocalPersonnel", "StateLocalNonpersonnel"),
    "personnel": ("FederalPersonnel", "StateLocalPersonnel"),
    "nonpersonnel": ("FederalNonpersonnel", "StateLocalNonpersonnel"),
}


@pytest.mark.parametrize("kind", COLUMNS)
def test_current_expenditure_a_pupil_leaves_capital_and_debt_out(folder: Path, kind: str) -> None:
    directory = {
        row["State School ID"].split("-")[2]: row
        for row in table(folder, "directory/franklin_public_schools.csv")
    }
    owners = dict(
        pq.read_table(
            folder / "sis" / "schools_2025.parquet",
            columns=["school_identifier_sea", "lea_identifier_nces"],
        )
        .to_pandas()
        .itertuples(index=False, name=None)
    )
    sums: dict[tuple[str, str, int], list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    for year in YEARS:
        for row in table(folder, f"finance/school_expenditures_{year}.csv"):
            school = directory[row["SchoolCode"]]
            for organization, view in (
                (school["NCES School ID"], "none"),
                (owners[row["SchoolCode"]], "authorizer"),
                (school["NCES District ID"], "reporting_lea"),
                ("FK", "none"),
            ):
                sums[organization, view, year][0] += sum(Decimal(row[name]) for name in COLUMNS[kind])
                sums[organization, view, year][1] += int(row["Membership"])
    answers = pq.read_table(
        folder / "truth" / "truth.parquet", filters=[("measure_id", "=", f"{kind}_expenditure_per_pupil")]
    ).to_pylist()
    found = {(r["organization_id"], r["organization_view"], r["school_year"]): r for r in answers}
    assert {key: [row["numerator"], row["denominator"]] for key, row in found.items()} == sums
    assert {key: row["value"] for key, row in found.items()} == pytest.approx(
        {key: float(spent / pupils) for key, (spent, pupils) in sums.items()}, rel=1e-12
    )
