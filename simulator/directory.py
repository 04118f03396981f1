"""The NCES directory files: districts and public schools, as the NCES search tool gives them.

Put here: the two csv files with NCES's headers, and the state's own LEA ids behind `FK-`.
Not here: who authorizes a charter school; NCES does not say it, the SIS does (`attendance.write_schools`).
"""

from __future__ import annotations

import csv
from operator import itemgetter
from pathlib import Path

import numpy as np

from simulator.organizations import Lea, School, State
from simulator.people import Students
from simulator.settings import STATE_CODE
from simulator.vocabulary import SIS_GRADES

DISTRICT_HEADER = (
    "NCES District ID", "State District ID", "District Name", "County Name*", "Street Address", "City",
    "State", "ZIP", "ZIP 4-digit", "Phone", "Students*", "Teachers*", "Schools", "Locale Code*", "Locale*",
    "Student Teacher Ratio*", "Type", "Status",
)  # fmt: skip
SCHOOL_HEADER = (
    "NCES School ID", "State School ID", "NCES District ID", "State District ID", "Low Grade*", "High Grade*",
    "School Name", "District", "County Name*", "Street Address", "City", "State", "ZIP", "ZIP 4-digit",
    "Phone", "Locale Code*", "Locale*", "Charter", "Students*", "Teachers*", "Student Teacher Ratio*",
    "Free Lunch*", "Reduced Lunch*", "Directly Certified*", "Type", "Status",
)  # fmt: skip
LOCALES = (("11", "City: Large"), ("21", "Suburb: Large"), ("32", "Town: Distant"), ("42", "Rural: Distant"))


def write_directory(state: State, students: Students, folder: Path) -> None:
    """Write both files; enrolment is that of the given year."""
    folder.mkdir(parents=True, exist_ok=True)
    enrolled = np.bincount(students.school, minlength=len(state.schools))
    poor = np.bincount(
        students.school[students.statuses["economically_disadvantaged"]], minlength=len(state.schools)
    )
    schools = [_school_row(state, school, int(enrolled[school.position]), int(poor[school.position]))
               for school in state.schools]  # fmt: skip
    by_lea = np.bincount(state.reporters, weights=enrolled, minlength=len(state.leas))
    count = np.bincount(state.reporters, minlength=len(state.leas))
    districts = [
        _district_row(lea, int(by_lea[lea.position]), int(count[lea.position])) for lea in state.leas
    ]
    _write(folder / "franklin_districts.csv", DISTRICT_HEADER, districts, 2)
    _write(folder / "franklin_public_schools.csv", SCHOOL_HEADER, schools, 6)


def _write(path: Path, header: tuple[str, ...], rows: list[list[str]], name: int) -> None:
    """Write rows in the order of the names in column `name`, as NCES does."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow(header)
        for row in sorted(rows, key=itemgetter(name)):
            writer.writerow(row)


def _address(lea: Lea, number: int) -> list[str]:
    city = lea.name.replace(" Unified", "")
    zip_code = f"{90_000 + lea.position * 3:05d}"
    return [
        f"{100 + number} Main St.",
        city,
        STATE_CODE,
        zip_code,
        "",
        f"(555)01{number % 10}-{number % 10_000:04d}",
    ]


def _per_teacher(students: int) -> tuple[str, str]:
    teachers = max(1.0, round(students / 15.5, 2))
    return f"{teachers:.5f}", f"{students / teachers:.8f}"


def _district_row(lea: Lea, students: int, schools: int) -> list[str]:
    code, locale = LOCALES[lea.position % len(LOCALES)]
    teachers, ratio = _per_teacher(students)
    kind = "Charter" if lea.is_charter else "Regular Local"
    if lea.closed_on is not None:  # the directory keeps it, without counts
        return [
            lea.nces_id, f"{STATE_CODE}-{lea.state_id}", lea.name, lea.county, *_address(lea, lea.position),
            "–", "–", f"{0:.5f}", code, locale, "–", kind, "Closed",
        ]  # fmt: skip
    return [
        lea.nces_id, f"{STATE_CODE}-{lea.state_id}", lea.name, lea.county, *_address(lea, lea.position),
        f"{students:.5f}", teachers, f"{schools:.5f}", code, locale, ratio, kind, "Open",
    ]  # fmt: skip


def _school_row(state: State, school: School, students: int, poor: int) -> list[str]:
    lea = state.leas[school.reporting]
    code, locale = LOCALES[lea.position % len(LOCALES)]
    teachers, ratio = _per_teacher(students)
    lunches = [f"{int(poor * 0.85):.5f}", f"{poor - int(poor * 0.85):.5f}", f"{int(poor * 0.6):.5f}"]
    # NCES prints an en dash where a count does not apply.
    counts = [f"{students:.5f}", teachers, ratio, *lunches] if students else ["–"] * 6
    state_id = f"{STATE_CODE}-{lea.state_id}"
    return [
        school.nces_id, f"{state_id}-{school.state_id}", lea.nces_id, state_id,
        SIS_GRADES[school.low_grade], SIS_GRADES[school.high_grade], school.name, lea.name, lea.county,
        *_address(lea, school.position), code, locale, "Yes" if school.is_charter else "No", *counts,
        "Regular", "Open",
    ]  # fmt: skip
