"""What the Ed-Fi ODS says, counted by hand, is what the rest of Franklin says of the same schools.

No assertion compares frames of students, so that a failure prints no student's value.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest
from web_client import DATA, by_offset, edfi_client

from simulator.web.serve import Systems

YEAR = 2025


@pytest.fixture(scope="module")
def ods(served: Systems) -> dict[str, list[dict[str, Any]]]:
    names = (
        "schools", "studentSchoolAssociations", "studentEducationOrganizationAssociations",
        "studentSchoolAttendanceEvents", "studentAssessments",
    )  # fmt: skip
    served.faults()
    with edfi_client(served.url) as client:
        return {name: by_offset(client, DATA + name) for name in names}


@pytest.fixture(scope="module")
def nces(ods: dict[str, list[dict[str, Any]]]) -> dict[int, str]:
    """NCES id by the school id of the ODS."""
    return {
        school["schoolId"]: code["identificationCode"]
        for school in ods["schools"]
        for code in school["educationOrganizationIdentificationCodes"]
        if code["educationOrganizationIdentificationSystemDescriptor"].endswith("#NCES")
    }


def answers(
    folder: Path, measure: str, group: str, grade: str, schools: set[str]
) -> dict[str, tuple[int, int]]:
    rows = pq.read_table(folder / "truth" / "truth.parquet").to_pandas()
    keep = (rows["measure_id"] == measure) & (rows["school_year"] == YEAR) & (rows["grade"] == grade)
    keep &= (rows["student_group"] == group) & rows["organization_id"].isin(schools)
    return {row.organization_id: (row.numerator, row.denominator) for row in rows[keep].itertuples()}


def student_of(record: dict[str, Any]) -> str:
    return str(record["studentReference"]["studentUniqueId"])


def school_of(record: dict[str, Any]) -> int:
    return int(record["schoolReference"]["schoolId"])


def members(ods: dict[str, list[dict[str, Any]]], group: str) -> set[str]:
    told = ods["studentEducationOrganizationAssociations"]
    if group == "all":
        return {student_of(row) for row in told}
    if group == "english_learner":
        return {
            student_of(row) for row in told if row["limitedEnglishProficiencyDescriptor"].endswith("#Limited")
        }
    if group == "children_with_disabilities":
        return {student_of(row) for row in told if row["disabilities"]}
    if group == "hispanic_or_latino":
        return {student_of(row) for row in told if row["hispanicLatinoEthnicity"]}
    assert group == "migrant"
    return {
        student_of(row)
        for row in told
        if any(
            c["studentCharacteristicDescriptor"].endswith("#Migrant") for c in row["studentCharacteristics"]
        )
    }


GROUPS = ("all", "english_learner", "children_with_disabilities", "hispanic_or_latino", "migrant")


@pytest.mark.parametrize("group", GROUPS)
def test_enrolments_and_events_give_the_true_chronic_absence_of_every_school(
    ods: dict[str, list[dict[str, Any]]], nces: dict[int, str], folder: Path, group: str
) -> None:
    days = pq.read_table(folder / "sis" / f"attendance_{YEAR}.parquet", columns=["date"])["date"]
    calendar = pd.Index(sorted({day.isoformat() for day in days.unique().to_pylist()}))
    inside = members(ods, group)
    absent = Counter(
        (student_of(row), school_of(row), row["eventDate"])
        for row in ods["studentSchoolAttendanceEvents"]
        if not row["attendanceEventCategoryDescriptor"].endswith(("#Tardy", "#T"))
    )
    assert max(absent.values()) == 1
    absences = Counter((student, school) for student, school, _ in absent)
    counted: dict[str, list[int]] = {}
    for row in ods["studentSchoolAssociations"]:
        if student_of(row) not in inside:
            continue
        first = calendar.searchsorted(row["entryDate"])
        last = calendar.searchsorted(row.get("exitWithdrawDate", calendar[-1]), side="right")
        enrolled = int(last - first)
        if enrolled >= 10:
            cell = counted.setdefault(nces[school_of(row)], [0, 0])
            cell[0] += absences[student_of(row), school_of(row)] * 10 >= enrolled
            cell[1] += 1
    expected = answers(folder, "chronic_absence_rate", group, "all", set(nces.values()))
    assert {school: tuple(cell) for school, cell in counted.items()} == expected
    assert len(expected) > 3


@pytest.mark.parametrize("group", GROUPS)
def test_assessments_give_the_true_proficiency_of_every_school(
    ods: dict[str, list[dict[str, Any]]], nces: dict[int, str], folder: Path, group: str
) -> None:
    inside = members(ods, group)
    counted: dict[str, list[int]] = {}
    untested = 0
    for row in ods["studentAssessments"]:
        if "reasonNotTestedDescriptor" in row:
            assert "scoreResults" not in row
            untested += 1
        elif student_of(row) in inside:
            cell = counted.setdefault(nces[row["reportedSchoolReference"]["schoolId"]], [0, 0])
            cell[0] += row["performanceLevels"][0]["performanceLevelMet"]
            cell[1] += 1
    expected = answers(folder, "ela_proficiency_rate", group, "all", set(nces.values()))
    assert {school: tuple(cell) for school, cell in counted.items()} == expected
    assert untested > 0


def test_every_event_and_result_belongs_to_an_enrolment(ods: dict[str, list[dict[str, Any]]]) -> None:
    spells: dict[tuple[str, int], list[tuple[str, str]]] = {}
    for row in ods["studentSchoolAssociations"]:
        span = (row["entryDate"], row.get("exitWithdrawDate", "9999"))
        spells.setdefault((student_of(row), school_of(row)), []).append(span)
    strays = sum(
        not any(first <= row["eventDate"] <= last for first, last in spells[student_of(row), school_of(row)])
        for row in ods["studentSchoolAttendanceEvents"]
    )
    assert strays == 0
    for row in ods["studentAssessments"]:
        assert (student_of(row), row["reportedSchoolReference"]["schoolId"]) in spells
    movers = Counter(student_of(row) for row in ods["studentSchoolAssociations"])
    assert max(movers.values()) == 2
