"""Franklin's schools, teachers, programs and grantees in core, recounted from its files with plain csv."""

from __future__ import annotations

import csv
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from franklin_reading import YEAR


def lines(path: Path) -> list[list[str]]:
    """The records of a submission without its header, or the rows of a csv file without its own."""
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.reader(handle))[1:]


@pytest.fixture(scope="module")
def submitted(data: Path) -> Path:
    return data / "edfacts" / str(YEAR)


@pytest.fixture(scope="module")
def ids(core: duckdb.DuckDBPyConnection) -> dict[str, str]:
    rows = core.execute(
        "SELECT coalesce(school_identifier_sea, lea_identifier_sea), organization_id FROM core.organizations"
        " WHERE organization_type IN ('SCHOOL', 'LEA')"
    ).fetchall()
    return {str(sea): str(nces) for sea, nces in rows}


def test_a_closed_lea_says_when_it_closed_and_who_took_over(core: duckdb.DuckDBPyConnection) -> None:
    found = core.execute(
        "SELECT organization_id, merged_into_organization_id, CAST(closed_on AS VARCHAR), operational_status"
        " FROM core.organizations WHERE closed_on IS NOT NULL ORDER BY 1"
    ).fetchall()
    assert found == [
        ("8800090", "8800030", "2022-07-01", "Closed"),
        ("8800100", None, "2022-07-01", "Closed"),
    ]


def test_every_school_lea_grantee_division_and_unit_is_part_of_something(
    core: duckdb.DuckDBPyConnection,
) -> None:
    found = core.execute(
        "SELECT o.organization_type, p.organization_type, count(*) FROM core.organizations AS o"
        " LEFT JOIN core.organizations AS p ON p.organization_id = o.parent_organization_id"
        " GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    above = {kind: parent for kind, parent, _ in found}
    assert len(found) == len(above)
    assert above == {
        "CBO": "SEA", "DIVISION": "SEA", "LEA": "SEA", "SCHOOL": "LEA", "SEA": None, "UNIT": "DIVISION",
    }  # fmt: skip


def test_every_student_is_enrolled_once_by_group_and_by_grade(
    core: duckdb.DuckDBPyConnection, submitted: Path, ids: dict[str, str]
) -> None:
    wanted: dict[tuple[str, str, str], int] = defaultdict(int)
    sexes = {"F": "female", "M": "male"}
    for record in lines(submitted / "FKSCHMEMBERv000001.csv"):
        school, grade, race, sex = record[4], record[6], record[7], record[8]
        if grade and race and sex:  # the full cross, which has everybody once
            for kept in ("all", grade.lower()):
                wanted[ids[school], "all", kept] += int(record[-1])
                wanted[ids[school], sexes[sex], kept] += int(record[-1])
    found = core.execute(
        "SELECT organization_id, student_group, grade, enrolled_students FROM core.enrollment"
        " WHERE student_group IN ('all', 'female', 'male')"
    ).fetchall()
    assert {(o, g, k): n for o, g, k, n in found} == {key: n for key, n in wanted.items() if n}


def test_schools_in_support_are_those_submitted_and_say_why(
    core: duckdb.DuckDBPyConnection, submitted: Path, ids: dict[str, str]
) -> None:
    text = (submitted / "FKSCHCSITSISCHv000001.txt").read_text(encoding="ascii").splitlines()[1:]
    comprehensive = {ids[r[28:48].strip()] for r in text if r[48:63].strip() == "CSI"}
    targeted = {ids[r[28:48].strip()] for r in text if r[63:78].strip() == "TSI"}
    title_i = {
        ids[r[4]]
        for r in lines(submitted / "FKSCHCCDSCHOOLv000001.csv")
        if r[6] in ("SWELIGSWPROG", "TGELGBTGPROG")
    }
    rows = core.execute(
        "SELECT organization_id, is_comprehensive_support, is_targeted_support, is_title_i,"
        " comprehensive_support_reasons, was_comprehensive_support FROM core.school_identifications"
    ).fetchall()
    assert len(rows) == len(text)
    assert {r[0] for r in rows if r[1]} == comprehensive
    assert comprehensive
    assert {r[0] for r in rows if r[2]} == targeted
    assert {r[0] for r in rows if r[3]} == title_i
    assert {r[0] for r in rows if r[4]} == comprehensive
    assert {r[5] for r in rows} == {None}  # nobody knows of the year before


def test_teachers_stand_beside_their_schools_quarter_by_poverty(
    core: duckdb.DuckDBPyConnection, submitted: Path, ids: dict[str, str]
) -> None:
    wanted: dict[str, dict[str, Any]] = defaultdict(dict)
    words = {"HIGHQUART": "high", "LOWQUART": "low", "NEITHER": "between"}
    for record in lines(submitted / "FKSCHTEACHERv000001.csv"):
        names = ("TCHINEXPRNCD", "TCHWEMRPRVCRD", "TCHOUTFLD")
        what = next((n for n in names if n in record), "all" if record[11] == "Y" else None)
        if what is not None:
            wanted[ids[record[4]]][what] = Decimal(record[12])
    for record in lines(submitted / "FKSCHSTATPOVv000001.csv"):
        wanted[ids[record[4]]]["quarter"] = words[record[9]]
    rows = core.execute(
        "SELECT organization_id, teachers_fte, inexperienced_fte, emergency_fte, out_of_field_fte,"
        " poverty_quartile FROM core.educator_quality"
    ).fetchall()
    order = ("all", "TCHINEXPRNCD", "TCHWEMRPRVCRD", "TCHOUTFLD", "quarter")
    assert {r[0]: list(r[1:]) for r in rows} == {
        o: [k[n] for n in order] for o, k in wanted.items() if "all" in k
    }


def test_youth_with_disabilities_who_left_are_counted_once(
    core: duckdb.DuckDBPyConnection, submitted: Path, ids: dict[str, str]
) -> None:
    wanted: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for record in lines(submitted / "FKLEAIDEAEXITSv000001.csv"):
        basis, age, disability = record[21], record[16], record[15]
        if age and disability and basis in ("GHS", "GRADALTDPL", "RC", "RMA", "DROPOUT"):
            wanted[ids[record[3]]][0] += int(record[-1])
            wanted[ids[record[3]]][1] += int(record[-1]) * (basis == "GHS")
    assert _participants(core, "idea_regular_diploma") == {k: tuple(v) for k, v in wanted.items()}
    assert wanted


@pytest.mark.parametrize(
    ("file", "indicator", "counted", "met"),
    [
        ("migrant_services", "migrant_priority_served", 3, 4),
        ("idea_evaluations", "idea_evaluation_on_time", 2, 3),
    ],
)
def test_a_programs_participants_are_those_of_its_file(
    core: duckdb.DuckDBPyConnection,
    data: Path,
    ids: dict[str, str],
    file: str,
    indicator: str,
    counted: int,
    met: int,
) -> None:
    rows = lines(data / "programs" / f"{file}_{YEAR}.csv")
    assert _participants(core, indicator) == {ids[r[1]]: (int(r[counted]), int(r[met])) for r in rows}


def test_a_grantee_has_the_participants_of_all_its_districts_and_the_state_those_of_all_grantees(
    core: duckdb.DuckDBPyConnection, data: Path, ids: dict[str, str]
) -> None:
    wanted: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for _, code, _, kind, _, low, improved in lines(data / "programs" / f"cclc_{YEAR}.csv"):
        for grantee in (ids[code] if kind == "LEA" else f"FK-cbo.{code}", "FK"):
            wanted[grantee][0] += int(low)
            wanted[grantee][1] += int(improved)
    assert _participants(core, "cclc_attendance_improved") == {k: tuple(v) for k, v in wanted.items()}
    assert len(wanted) > 2


def _participants(core: duckdb.DuckDBPyConnection, indicator: str) -> dict[str, tuple[int, int]]:
    rows = core.execute(
        "SELECT organization_id, counted_participants, met_participants FROM core.program_participation"
        " WHERE indicator = ? AND student_group = 'all'",
        [indicator],
    ).fetchall()
    return {organization: (counted, met) for organization, counted, met in rows}
