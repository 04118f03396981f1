"""Claims written by hand: strict files, and each of ours catches what it is for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from checks.claim import Claim
from checks.result import CheckResult
from checks.run import all_claims, project_contracts
from checks.suites import load_suites, tables_read
from warehouse.model.errors import SpmError

Check = Callable[..., dict[str, CheckResult]]

GOOD = """
suite: example
title: An example
claims:
  - claim: rows_are_welcome
    table: core.absence
    sentence: Nothing fails
    failing_rows: SELECT organization_id FROM core.absence WHERE false
    shown: [organization_id]
    owner: someone
    remedy: Nothing
"""


def write(folder: Path, text: str) -> Path:
    (folder / "example.yml").write_text(text, encoding="utf-8")
    return folder


def test_a_suite_is_one_file_and_no_registration(tmp_path: Path, check: Check) -> None:
    claims = load_suites(write(tmp_path, GOOD))
    assert check(suites=claims)["rows_are_welcome"].passed


def test_a_suite_applies_only_where_all_its_tables_are_present(tmp_path: Path, check: Check) -> None:
    text = GOOD.replace("WHERE false", "WHERE organization_id IN (SELECT x FROM core.elsewhere)")
    claims = load_suites(write(tmp_path, text))
    assert "rows_are_welcome" not in check(suites=claims)


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("SELECT organization_id FROM", "SELEC organization_id FROM", 8, "SQL"),
        ("WHERE false", "WHERE false; DROP TABLE x", 8, "one SELECT"),
        ("table: core.absence", "table: core.other", 6, "does not read it"),
        ("remedy: Nothing", "remedy: Nothing\n    colour: red", 12, "Unknown key 'colour'"),
        ("suite: example", "suite: another", 2, "file name differ"),
    ],
)
def test_a_wrong_suite_names_file_and_line(tmp_path: Path, old: str, new: str, line: int, says: str) -> None:
    with pytest.raises(SpmError, match=says) as caught:
        load_suites(write(tmp_path, GOOD.replace(old, new)))
    assert (str(caught.value.file).endswith("example.yml"), caught.value.line) == (True, line)


def test_the_placeholder_of_contracts_is_refused_with_the_table_to_write(tmp_path: Path) -> None:
    with pytest.raises(SpmError, match=r"A suite names its tables; write core\.absence") as caught:
        load_suites(write(tmp_path, GOOD.replace("FROM core.absence", "FROM {table}")))
    assert (caught.value.line, caught.value.value) == (8, "{table}")


def test_the_keys_that_a_claim_lacks_are_named_all_at_once(tmp_path: Path) -> None:
    lacking = GOOD.replace("    shown: [organization_id]\n    owner: someone\n", "")
    with pytest.raises(SpmError, match="Required keys 'shown', 'owner' are missing"):
        load_suites(write(tmp_path, lacking))


def test_one_claim_stands_once_per_table(tmp_path: Path) -> None:
    claim = GOOD[GOOD.index("  - claim") :]
    with pytest.raises(SpmError, match="stands twice"):
        load_suites(write(tmp_path, GOOD + claim))


def test_the_tables_of_a_query_are_read_from_its_sql() -> None:
    sql = """
        WITH own AS (SELECT * FROM core.a) SELECT * FROM own
        WHERE EXISTS (SELECT 1 FROM published.b AS b) AND x IN (SELECT y FROM core.c, own)
    """
    assert tables_read(sql) == {"core.a", "published.b", "core.c"}


def test_no_suite_repeats_a_claim_of_a_contract() -> None:
    known = project_contracts()
    for contract in known.values():
        all_claims(contract, load_suites(), known)  # raises on a repeated name
    assert {claim.table for claim in load_suites()} <= set(known)


def failing(name: str, tables: dict[str, list[dict[str, Any]]]) -> list[tuple[Any, ...]]:
    """The failing rows of one of our suites' claims over invented rows; columns not given are null."""
    claim: Claim = next(c for c in load_suites() if c.name == name)
    known = project_contracts()
    with duckdb.connect() as connection:
        for table in claim.needs:
            schema, _, short = table.partition(".")
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
            arrow = known[table].arrow_schema()
            rows = tables.get(table, [])
            import pyarrow as pa

            columns = {f.name: pa.array([r.get(f.name) for r in rows], type=f.type) for f in arrow}
            connection.register("given", pa.table(columns))
            connection.execute(f"CREATE TABLE {table} AS SELECT * FROM given")
            assert short
        return connection.execute(claim.failing_rows).fetchall()


def test_a_finding_that_names_no_award_of_its_report_is_found() -> None:
    awards = [{"report_id": "R", "award_reference": "AWARD-0001"}]
    good = [{"report_id": "R", "reference_number": "2022-001", "award_references": "AWARD-0001"}]
    bad = [{"report_id": "R", "reference_number": "2022-002", "award_references": "AWARD-0001, AWARD-0009"}]
    tables = {"core.audit_awards": awards}
    name = "findings_name_awards_of_their_report"
    assert failing(name, {**tables, "core.audit_findings": good}) == []
    assert failing(name, {**tables, "core.audit_findings": bad}) == [("R", "2022-002", "AWARD-0009")]


def test_a_schedule_that_counts_other_findings_is_found() -> None:
    awards = [
        {"report_id": "R", "award_reference": "AWARD-0001", "findings_count": 1},
        {"report_id": "R", "award_reference": "AWARD-0002", "findings_count": 2},
    ]
    named = [{"report_id": "R", "reference_number": "2022-001", "award_references": "AWARD-0001,AWARD-0002"}]
    found = failing(
        "findings_count_of_the_schedule_is_met", {"core.audit_awards": awards, "core.audit_findings": named}
    )
    assert found == [("R", "AWARD-0002", 2, 1)]


def test_a_school_that_counts_more_students_than_attend_is_found() -> None:
    students = [{"student_id": s, "organization_id": "A", "school_year": 2021} for s in ("1", "2")]

    def counts(eligible: int) -> list[dict[str, Any]]:
        key = {"organization_id": "A", "school_year": 2021, "grade": "all", "student_group": "all"}
        return [{**key, "eligible_students": eligible}]

    name = "schools_count_no_more_eligible_students_than_attend"
    for eligible, rows in ((2, 0), (3, 1)):
        tables = {"core.student_attendance": students, "core.chronic_absence": counts(eligible)}
        assert len(failing(name, tables)) == rows


@pytest.mark.parametrize(
    ("name", "table", "bad_type", "good_type"),
    [
        ("finance_is_about_districts_and_states", "core.lea_finance", "SCHOOL", "LEA"),
        ("requests_are_made_by_districts", "core.reimbursement_requests", "SEA", "LEA"),
    ],
)
def test_a_figure_about_the_wrong_kind_of_organization_is_found(
    name: str, table: str, bad_type: str, good_type: str
) -> None:
    row = {"organization_id": "A", "school_year": 2021, "request_id": "Q"}
    for kind, rows in ((good_type, 0), (bad_type, 1)):
        organizations = [{**row, "organization_type": kind}]
        assert len(failing(name, {table: [row], "core.organizations": organizations})) == rows


def test_a_status_that_judges_another_value_is_found() -> None:
    key = {
        "measure_id": "m", "organization_id": "A", "organization_view": "none", "school_year": 2021,
        "student_group": "all", "grade": "all", "subject": "none", "federal_program_code": "none",
        "award_id": "none",
    }  # fmt: skip
    value = [{**key, "period": "annual", "value": 12.5}]
    for actual, rows in ((12.5, 0), (None, 0), (12.4, 1)):
        status = [{**key, "plan_measure_id": "p", "actual": actual}]
        tables = {"published.measure_status": status, "published.measure_value": value}
        assert len(failing("statuses_judge_the_published_values", tables)) == rows
