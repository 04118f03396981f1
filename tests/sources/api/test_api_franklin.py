"""Our sources read Franklin's web systems to the truth: calm, under faults, and as they change."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from api_bench import written_anywhere

from assets.core_table import CORE_SQL
from assets.engine import empty_rows, view_settings
from simulator.generate import generate
from simulator.settings import Settings
from simulator.web.limits import DEMO_KEY, DEMO_SECRET, Limits
from simulator.web.serve import Systems
from sources.acquire import FetchResult, acquire, remember
from sources.read import ReadResult, read
from sources.registry import discover
from sources.snapshot import SnapshotStore
from warehouse.model.agency import Agency, load_agency
from warehouse.model.contract import load_contracts
from warehouse.model.measure import load_measures

FIRST, NEWEST = 2024, 2025
SOURCES = ("edfi_ods", "usaspending_awards", "fac_api", "sam_subawards", "urban_education_data")
FEW = {"edfi_page": 500, "usaspending_page": 100, "fac_rows": 7, "urban_page": 4}


@dataclass
class Reader:
    """Acquires and reads through Franklin's own sources.yml."""

    agency: Agency
    url: str
    home: Path

    @property
    def store(self) -> SnapshotStore:
        return SnapshotStore(self.home / "snapshots")

    def fetch(self, source_id: str, year: int) -> FetchResult:
        release = self.agency.sources[source_id].for_year(year)
        assert release is not None
        return acquire(
            discover()[source_id],
            release,
            year,
            store=self.store,
            data_root=self.home,
            today=date(2026, 9, 1),
            environment={
                "FRANKLIN_SYSTEMS_URL": self.url,
                "FRANKLIN_SYSTEMS_KEY": DEMO_KEY,
                "FRANKLIN_SYSTEMS_SECRET": DEMO_SECRET,
            },
        )

    def read(self, source_id: str, year: int) -> tuple[FetchResult, dict[str, ReadResult]]:
        fetch = self.fetch(source_id, year)
        assert fetch.error is None, fetch.error
        source, release = discover()[source_id], self.agency.sources[source_id].for_year(year)
        assert release is not None
        results = read(source, fetch, release)
        remember(source, release, year, fetch.snapshots, store=self.store)
        return fetch, results


@pytest.fixture(scope="module")
def franklin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("franklin_web") / "data"
    return generate(Settings(students=2_000, seed=7, years=(FIRST, NEWEST)), folder).folder


@pytest.fixture(scope="module")
def truth(franklin: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((franklin / "truth" / "web.json").read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="module")
def running(franklin: Path) -> Iterator[Systems]:
    with Systems(franklin) as systems:
        yield systems


@pytest.fixture
def systems(running: Systems) -> Iterator[Systems]:
    running.faults()
    running.limits(**Limits().told())
    running.forget()
    yield running
    running.faults()
    running.limits(**Limits().told())


@pytest.fixture
def reader(systems: Systems, project: Path, tmp_path: Path) -> Reader:
    return Reader(load_agency(project / "agencies" / "franklin"), systems.url, tmp_path)


def held(folder: Path, system: str, name: str) -> list[dict[str, Any]]:
    """What a system was written with, read by hand."""
    with gzip.open(folder / "web" / system / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


@pytest.mark.parametrize("year", [FIRST, NEWEST])
def test_the_ods_is_read_to_the_last_record(year: int, reader: Reader, truth: dict[str, Any]) -> None:
    _, results = reader.read("edfi_ods", year)
    counts = truth["edfi"][str(year)]["counts_after_batch"][0]
    assert {name: (r.rows_out, r.rows_quarantined) for name, r in results.items()} == {
        "local_education_agencies": (counts["localEducationAgencies"], 0),
        "schools": (counts["schools"], 0),
        "student_school_associations": (counts["studentSchoolAssociations"], 0),
        "student_education_organization_associations": (
            counts["studentEducationOrganizationAssociations"],
            0,
        ),
        "student_school_attendance_events": (counts["studentSchoolAttendanceEvents"], 0),
        "student_assessments": (counts["studentAssessments"], 0),
    }
    events = results["student_school_attendance_events"].table["attendance_category"]
    absent = pc.sum(pc.starts_with(events, "absent_")).as_py()
    assert absent == truth["edfi"][str(year)]["absent_days"]
    levels = results["student_assessments"].table["performance_level"].to_pylist()
    assert sum(level in ("level_3", "level_4") for level in levels) == truth["edfi"][str(year)]["proficient"]


def test_the_ods_is_followed_through_all_its_changes(
    franklin: Path, truth: dict[str, Any], project: Path, tmp_path: Path
) -> None:
    counts = truth["edfi"][str(NEWEST)]["counts_after_batch"]
    assert len(counts) == 4
    with Systems(franklin) as own:
        reader = Reader(load_agency(project / "agencies" / "franklin"), own.url, tmp_path)
        for batch, expected in enumerate(counts):
            assert batch == 0 or own.advance()
            fetch, results = reader.read("edfi_ods", NEWEST)
            for table, resource in (
                ("student_school_associations", "studentSchoolAssociations"),
                ("student_school_attendance_events", "studentSchoolAttendanceEvents"),
                ("student_assessments", "studentAssessments"),
            ):
                assert results[table].rows_out == expected[resource], (batch, table)
            methods = {s.detail["method"] for s in fetch.snapshots}
            assert methods == ({"cursor"} if batch == 0 else {"changes"})
            assert all("fetched_twice" not in s.detail for s in fetch.snapshots)
        whole = Reader(reader.agency, own.url, tmp_path / "afresh")
        afresh, _ = whole.read("edfi_ods", NEWEST)
        followed, _ = reader.read("edfi_ods", NEWEST)
        assert {s.table: s.sha256 for s in afresh.snapshots} == {
            s.table: s.sha256 for s in followed.snapshots
        }


@pytest.mark.parametrize("year", [FIRST, NEWEST])
def test_audits_are_those_of_the_state_alone(year: int, reader: Reader, truth: dict[str, Any]) -> None:
    _, results = reader.read("fac_api", year)
    expected = truth["fac"][str(year)]
    assert {name: r.rows_out for name, r in results.items()} == {
        name: expected[name] for name in ("general", "federal_awards", "findings")
    }
    spent: Counter[str] = Counter()
    for row in results["federal_awards"].table.to_pylist():
        spent[f"{row['federal_agency_prefix']}.{row['federal_award_extension']}"] += int(
            row["amount_expended_usd"]
        )
    assert dict(spent) == expected["amount_expended_by_listing"]


def test_subaward_reports_are_told_apart_by_status(
    franklin: Path, reader: Reader, truth: dict[str, Any]
) -> None:
    wanted = [
        record
        for record in held(franklin, "sam", "reports")
        if "2024-07-01" <= record["submittedDate"] <= "2025-06-30"
    ]
    _, results = reader.read("sam_subawards", NEWEST)
    table = results["reports"].table
    assert Counter(table["report_status"].to_pylist()) == Counter(r["status"].lower() for r in wanted)
    assert sum(table["subaward_usd"].to_pylist()) * 100 == sum(
        round(float(r["subAwardAmount"]) * 100) for r in wanted
    )


def test_subawards_reported_on_time_are_those_of_the_truth(franklin: Path, reader: Reader) -> None:
    """Every report that stands and had to be made, on time by the end of the month after the subaward."""
    answers = pq.read_table(
        franklin / "truth" / "truth.parquet",
        filters=[("measure_id", "=", "subawards_reported_on_time_rate"), ("school_year", "=", NEWEST)],
    ).to_pylist()
    _, results = reader.read("sam_subawards", NEWEST)
    measure = load_measures()["subawards_reported_on_time_rate"]
    with duckdb.connect() as connection:
        for schema in ("raw", "core", "mapped", "agency"):
            connection.execute(f"CREATE SCHEMA {schema}")
        view_settings(connection, {"school_year": ("SMALLINT", NEWEST), "as_of": ("DATE", "2025-09-30"),
                                   "state_abbreviation_code": ("VARCHAR", "FK"),
                                   "subaward_report_floor_usd": ("DECIMAL(18,2)", 30_000)})  # fmt: skip
        connection.execute(
            f"CREATE TABLE core.organizations AS {empty_rows(load_contracts()['organizations'])}"
        )
        connection.register("incoming", results["reports"].table)
        connection.execute("CREATE TABLE raw.sam_subawards__reports AS SELECT * FROM incoming")
        mapping = discover()["sam_subawards"].core_mappings["subaward_reports"].read_text(encoding="utf-8")
        empty = empty_rows(load_contracts()["subaward_reports"])
        connection.execute(f"CREATE VIEW mapped.subaward_reports AS {empty} UNION ALL BY NAME ({mapping})")
        core = (CORE_SQL / "subaward_reports.sql").read_text(encoding="utf-8")
        for period in ("'annual'", "strftime(reported_on, '%Y-%m')"):
            for award in ("'none'", "award_id"):
                found = connection.execute(
                    f"SELECT {period} AS period, {award} AS award, {measure.numerator}, "
                    f"{measure.denominator} "
                    f"FROM ({core}) WHERE {measure.where} GROUP BY ALL"
                ).fetchall()
                wanted = {
                    (a["period"], a["award_id"], int(a["numerator"]), int(a["denominator"]))
                    for a in answers
                    if (a["period"] == "annual") == (period == "'annual'")
                    and (a["award_id"] == "none") == (award == "'none'")
                }
                assert set(found) == wanted != set()


def test_awards_and_subawards_are_those_of_the_state_and_the_year(franklin: Path, reader: Reader) -> None:
    _, results = reader.read("usaspending_awards", NEWEST)
    awards = [
        r
        for r in held(franklin, "usaspending", "awards")
        if r["Recipient Location"]["state_code"] == "FK"
        and r["Base Obligation Date"] <= "2025-06-30"
        and r["Last Modified Date"] >= "2024-07-01"
    ]
    subawards = [
        r
        for r in held(franklin, "usaspending", "subawards")
        if "2024-07-01" <= r["Sub-Award Date"] <= "2025-06-30"
    ]
    assert (results["awards"].rows_out, results["subawards"].rows_out) == (len(awards), len(subawards))
    assert awards and subawards
    cents = sum(results["subawards"].table["subaward_usd"].to_pylist()) * 100
    assert cents == sum(round(r["Sub-Award Amount"] * 100) for r in subawards)


def test_the_portal_gives_the_state_and_the_fall_of_the_year(
    franklin: Path, reader: Reader, truth: dict[str, Any]
) -> None:
    _, results = reader.read("urban_education_data", NEWEST)
    expected = truth["urban"][str(NEWEST - 1)]
    poverty = results["poverty"]
    assert poverty.rows_out == expected["saipe_rows"]
    assert (
        sum(poverty.table["children_5_17_in_poverty"].to_pylist()) == expected["est_population_5_17_poverty"]
    )
    assert set(results["districts"].table["state_fips"].to_pylist()) == {88}


@pytest.mark.parametrize("source_id", SOURCES)
def test_small_pages_and_passing_troubles_change_nothing(
    source_id: str, systems: Systems, reader: Reader, tmp_path: Path
) -> None:
    calm, _ = reader.read(source_id, FIRST)
    systems.limits(**FEW)
    systems.faults(
        {"fault": "error", "every": 5, "times": 3, "status": 503, "retry_after": "0"},
        {"fault": "too_many_requests", "every": 7, "times": 2, "retry_after": "0"},
        {"fault": "cut", "every": 4, "times": 2},
        {"fault": "slow", "every": 3, "times": 2, "seconds": 0.05},
        {"fault": "token_expired", "every": 6, "times": 2},
    )
    again = Reader(reader.agency, reader.url, tmp_path / "again").fetch(source_id, FIRST)
    assert again.error is None, again.error
    assert {s.table: s.sha256 for s in again.snapshots} == {s.table: s.sha256 for s in calm.snapshots}


@pytest.mark.parametrize("source_id", SOURCES)
@pytest.mark.parametrize("fault", ["lying_total", "repeated_rows", "html_page"])
def test_an_answer_that_is_not_the_truth_never_becomes_a_snapshot(
    source_id: str, fault: str, systems: Systems, reader: Reader
) -> None:
    """Either refused, or what comes is as it would be without the fault."""
    calm, _ = reader.read(source_id, FIRST)
    systems.limits(fac_rows=7, urban_page=4)
    systems.faults({"fault": fault, "path": f"/{prefix_of(source_id)}", "amount": 2})
    spoiled = Reader(reader.agency, reader.url, reader.home / "spoiled").fetch(source_id, FIRST)
    if spoiled.error is None:
        assert fault in ("lying_total", "repeated_rows"), "HTML and torn JSON cannot pass"
        assert {s.table: s.sha256 for s in spoiled.snapshots} == {s.table: s.sha256 for s in calm.snapshots}
    else:
        assert spoiled.outcome == "failed"


def prefix_of(source_id: str) -> str:
    api = {"edfi_ods": "edfi", "usaspending_awards": "usaspending", "fac_api": "fac", "sam_subawards": "sam"}
    return api.get(source_id, "urban")


def test_what_did_not_change_costs_the_ods_one_question(systems: Systems, reader: Reader) -> None:
    reader.read("edfi_ods", FIRST)
    systems.forget()
    assert reader.fetch("edfi_ods", FIRST).outcome == "unchanged"
    assert systems.requests["total"] == 3


def test_no_key_and_no_student_leaves_the_restricted_files(reader: Reader) -> None:
    for source_id in SOURCES:
        reader.read(source_id, FIRST)
    assert written_anywhere(reader.home, DEMO_SECRET) == []
    assert written_anywhere(reader.home, DEMO_KEY) == []
    folder = reader.store.root / "edfi_ods"
    assert folder.stat().st_mode & 0o077 == 0
    assert all(path.stat().st_mode & 0o077 == 0 for path in folder.glob("*.jsonl"))
