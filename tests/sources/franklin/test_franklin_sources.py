"""The sources only Franklin has: read whole, mapped to the simulator's truth, and refused when damaged.

No assertion holds a student's row: frames of students are reduced to counts before they are compared.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from franklin_reading import OWN_SOURCES, figures, read_source

from simulator import defects
from sources.read import ReadResult
from warehouse.model.agency import Agency
from warehouse.model.errors import SpmError

SCHOOL = {"organization_type": "SCHOOL"}


def true_figures(
    truth: pd.DataFrame, measure: str, keys: list[str], **where: str
) -> dict[tuple[str, ...], tuple[int, int]]:
    rows = truth[(truth["measure_id"] == measure) & (truth["period"] == "annual")]
    for column, value in where.items():
        rows = rows[rows[column] == value]
    return figures(rows, keys, "numerator", "denominator")


@pytest.mark.parametrize("source", OWN_SOURCES)
def test_every_row_is_read_or_accounted_for(readings: dict[str, dict[str, ReadResult]], source: str) -> None:
    for result in readings[source].values():
        assert result.rows_in == result.rows_out > 0
        assert result.rows_quarantined == 0


def test_every_school_has_both_ids_and_both_leas(core: duckdb.DuckDBPyConnection) -> None:
    schools = core.execute(
        "SELECT school_identifier_nces, school_identifier_sea, authorizer_lea_id, reporting_lea_id "
        "FROM core.organizations WHERE organization_type = 'SCHOOL'"
    ).df()
    assert len(schools) > 10
    assert not schools.isna().any().any()
    # Only the SIS says who authorizes a charter that reports itself.
    assert (schools["authorizer_lea_id"] != schools["reporting_lea_id"]).sum() == 2


def test_student_records_count_to_the_true_chronic_absence(
    core: duckdb.DuckDBPyConnection, truth: pd.DataFrame
) -> None:
    counted = core.execute("SELECT * FROM core.chronic_absence WHERE source_id = 'core'").df()
    keys = ["organization_id", "student_group", "grade"]
    found = figures(counted, keys, "chronically_absent_students", "eligible_students")
    assert found == true_figures(truth, "chronic_absence_rate", keys, **SCHOOL)


def test_the_submission_agrees_with_the_student_records(core: duckdb.DuckDBPyConnection) -> None:
    pairs = core.execute(
        """
        SELECT count(*) AS pairs,
            count(*) FILTER (WHERE m.chronically_absent_students <> c.chronically_absent_students) AS apart
        FROM mapped.chronic_absence AS m
        JOIN core.chronic_absence AS c USING (organization_id, school_year, student_group, grade)
        """
    ).fetchone()
    submitted = core.execute("SELECT count(*) FROM mapped.chronic_absence").fetchone()
    assert pairs is not None and submitted is not None
    assert pairs == (submitted[0], 0)
    assert submitted[0] > 50


def test_the_submission_stands_where_there_are_no_student_records(
    core: duckdb.DuckDBPyConnection, project: Path
) -> None:
    sql = (project / "assets" / "core" / "chronic_absence.sql").read_text(encoding="utf-8")
    core.execute("BEGIN")
    try:
        core.execute("DELETE FROM core.student_attendance")
        rows = core.execute(f"SELECT source_id, eligible_students FROM ({sql})").df()
    finally:
        core.execute("ROLLBACK")
    assert set(rows["source_id"]) == {"edfacts_fs195_chronic_absence"}
    assert rows["eligible_students"].isna().all()  # FS195 gives no rate


def test_cohorts_and_graduates_are_the_true_ones(
    core: duckdb.DuckDBPyConnection, truth: pd.DataFrame
) -> None:
    keys = ["organization_id", "student_group"]
    found = figures(
        core.execute("SELECT * FROM core.graduation_cohorts WHERE cohort_length = 4").df(),
        keys,
        "graduates",
        "cohort_students",
    )
    assert found == true_figures(truth, "graduation_rate_4yr", keys, **SCHOOL)


def test_cohorts_of_five_years_stand_beside_those_of_four(
    core: duckdb.DuckDBPyConnection, truth: pd.DataFrame
) -> None:
    keys = ["organization_id", "student_group"]
    rows = core.execute("SELECT * FROM core.graduation_cohorts WHERE cohort_length = 5").df()
    found = figures(rows, keys, "graduates", "cohort_students")
    assert len(found) > 10
    assert found == true_figures(truth, "graduation_rate_5yr", keys, **SCHOOL)


def test_proficient_and_scored_students_are_the_true_ones(
    core: duckdb.DuckDBPyConnection, truth: pd.DataFrame
) -> None:
    keys = ["organization_id", "student_group", "grade"]
    rows = core.execute("SELECT * FROM core.assessment_results WHERE subject = 'ela' AND has_results").df()
    found = figures(rows, keys, "proficient_students", "scored_students")
    assert found == true_figures(truth, "ela_proficiency_rate", keys, **SCHOOL)


def test_requests_in_time_and_due_are_the_true_ones(
    core: duckdb.DuckDBPyConnection, truth: pd.DataFrame
) -> None:
    rows = core.execute(
        "SELECT organization_id, federal_program_code,"
        " count(*) FILTER (WHERE is_paid_within_limit) AS in_time,"
        " count(*) AS due FROM core.reimbursement_requests WHERE is_due GROUP BY ALL"
    ).df()
    keys = ["organization_id", "federal_program_code"]
    expected = true_figures(truth, "reimbursed_within_30_days", keys, organization_type="LEA")
    assert figures(rows, keys, "in_time", "due") == {k: v for k, v in expected.items() if k[1] != "none"}


def test_a_request_is_told_as_it_stood_at_the_end_of_its_year(core: duckdb.DuckDBPyConnection) -> None:
    rows = core.execute(
        "SELECT request_status, is_due, is_open_at_end, counted_on, returned_days"
        " FROM core.reimbursement_requests"
        " WHERE proper_on = DATE '2025-06-23' AND submitted_on = DATE '2025-06-21' AND paid_on IS NULL"
    ).fetchall()
    # Returned in July, and some of them back in September: nobody knew that on 30 June.
    assert len(rows) >= 6
    assert set(rows) == {("open", False, True, None, 0)}


def test_amounts_keep_their_cents(
    core: duckdb.DuckDBPyConnection, readings: dict[str, dict[str, ReadResult]]
) -> None:
    whole = core.execute(
        "SELECT CAST(sum(amount_usd) * 100 AS BIGINT), count(*) FROM core.reimbursement_requests WHERE is_due"
    ).fetchone()
    counted = core.execute("SELECT request_id FROM core.reimbursement_requests WHERE is_due").df()
    requests = readings["state_grants_management"]["requests"].table.to_pandas()
    of_the_year = requests["request_id"].isin(counted["request_id"])
    assert whole == (int(requests[of_the_year]["amount_cents"].sum()), of_the_year.sum())
    assert 0 < of_the_year.sum() < len(requests)


REFUSED = {
    "letter_in_submission_count": "edfacts_fs151_graduation_cohorts",
    "header_record_count_wrong": "edfacts_fs178_rla_achievement",
    "file_cut_in_half": "edfacts_fs178_rla_achievement",
    "duplicated_student_day": "sis_attendance",
    "unknown_grade": "sis_attendance",
}


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_a_damaged_file_is_refused_by_name_and_line(
    name: str, agency: Agency, data: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "data"
    shutil.copytree(data, copy)
    planted = defects.plant(name, copy, 2025)
    with pytest.raises(SpmError) as caught:
        read_source(agency, REFUSED[name], copy, tmp_path / "home")
    assert caught.value.file == planted.file
    assert caught.value.line is not None
    assert caught.value.remedy
    if name not in ("file_cut_in_half", "duplicated_student_day"):
        assert caught.value.line == planted.line
    if REFUSED[name] == "sis_attendance":
        assert caught.value.value is None  # no student's value in an error


def test_a_lost_zero_in_a_submission_leaves_a_school_nobody_knows(
    agency: Agency, data: Path, tmp_path: Path, readings: dict[str, dict[str, ReadResult]], project: Path
) -> None:
    from franklin_reading import map_all

    copy = tmp_path / "data"
    shutil.copytree(data, copy)
    planted = defects.plant("lost_leading_zero_in_submission", copy, 2025)
    source = "edfacts_fs151_graduation_cohorts"
    damaged = {**readings, source: read_source(agency, source, copy, tmp_path / "home")}
    strangers = (
        map_all(agency, damaged, project)
        .execute(
            "SELECT DISTINCT organization_id FROM core.graduation_cohorts "
            "WHERE organization_id NOT IN (SELECT organization_id FROM core.organizations)"
        )
        .fetchall()
    )
    assert strangers == [(f"FK-{planted.value}",)]  # kept and named, so that the contract refuses it
