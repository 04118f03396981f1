"""Common Core of Data: directory (029) and membership (052) of Franklin's LEAs and schools, zipped.

Put here: the layouts of both files and the five sets in which a student stands. Not here: who is enrolled.

Membership is of the count day. Missing is a blank count with its flag, never nought.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from simulator.finance import COUNT_DAY
from simulator.organizations import Ints, Lea, School, State
from simulator.people import GRADE_COUNT, Spells, Students
from simulator.settings import AGENCY_NUMBER, STATE_ANSI_CODE, STATE_CODE, STATE_NAME, school_year_title
from simulator.vocabulary import RACES, SIS_GRADES

SETS = {
    "detail": "Category Set A - By Race/Ethnicity; Sex; Grade",
    "race_sex": "Derived - Subtotal by Race/Ethnicity and Sex minus Adult Education Count",
    "grade": "Subtotal 4 - By Grade",
    "total": "Education Unit Total",
    "total_without_adult": "Derived - Education Unit Total minus Adult Education Count",
}
RACE_WORDS = (
    "American Indian or Alaska Native", "Asian", "Black or African American", "Hispanic/Latino",
    "Native Hawaiian or Other Pacific Islander", "Two or more races", "White",
)  # fmt: skip
SEX_WORDS = ("Female", "Male")
GRADE_WORDS = ("Kindergarten", *(f"Grade {number}" for number in range(1, GRADE_COUNT)))
NONE = "No Category Codes"
_LEVELS = {(6, 8): "Middle", (9, 12): "High", (0, 12): "Other"}
_OFFERED = ("PK", "KG", *(str(number) for number in range(1, 14)), "UG", "AE")


def write_common_core(state: State, students: Students, spells: Spells, folder: Path) -> None:
    """Write both files of both levels for one school year."""
    folder.mkdir(parents=True, exist_ok=True)
    year = students.year
    _write(folder, "lea_029", "w_1a", year, *_lea_directory(state, year))
    _write(folder, "sch_029", "w_1a", year, *_school_directory(state, year))
    there = (spells.first_day <= COUNT_DAY) & (spells.last_day > COUNT_DAY)
    who, school = spells.student[there], spells.school[there]
    for level, unit, size in (
        ("lea", state.reporters[school], len(state.leas)),
        ("sch", school, len(state.schools)),
    ):
        counts = _count(students, who, unit, size)
        header = [*_head_names(level), "GRADE", "RACE_ETHNICITY", "SEX", "STUDENT_COUNT"]
        header += ["TOTAL_INDICATOR", "DMS_FLAG"]
        _write(folder, f"{level}_052", "l_1a", year, header, _membership(state, year, level, counts))


def _write(
    folder: Path, name: str, kind: str, year: int, header: Sequence[str], rows: Iterable[Sequence[str]]
) -> None:
    stem = f"ccd_{name}_{(year - 1) % 100:02d}{year % 100:02d}_{kind}_0901{year % 100:02d}"
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(rows)
    member = zipfile.ZipInfo(f"{stem}.csv", (year, 9, 1, 12, 0, 0))
    member.compress_type = zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(folder / f"{stem}.zip", "w") as archive:
        archive.writestr(member, text.getvalue().encode("cp1252"))


def _count(students: Students, who: Ints, unit: Ints, size: int) -> Ints:
    """Students by [unit, grade, race, sex]."""
    shape = (size, GRADE_COUNT, len(RACES), len(SEX_WORDS))
    flat = np.ravel_multi_index((unit, students.grade[who], students.race[who], students.sex[who]), shape)
    return np.bincount(flat, minlength=int(np.prod(shape))).reshape(shape)


def _membership(state: State, year: int, level: str, counts: Ints) -> Iterable[list[str]]:
    for position, lea, school in _units(state, level):
        own = counts[position]
        head = _head(year, lea, school)
        grades = [g for g in range(GRADE_COUNT) if school is None or _offers(school, g)]
        for grade in grades:
            for race, race_word in enumerate(RACE_WORDS):
                for sex, sex_word in enumerate(SEX_WORDS):
                    row = [GRADE_WORDS[grade], race_word, sex_word, str(own[grade, race, sex])]
                    yield [*head, *row, SETS["detail"], "Reported"]
        for race, race_word in enumerate(RACE_WORDS):
            for sex, sex_word in enumerate(SEX_WORDS):
                row = [NONE, race_word, sex_word, str(own[:, race, sex].sum())]
                yield [*head, *row, SETS["race_sex"], "Derived"]
        for grade in grades:
            yield [*head, GRADE_WORDS[grade], NONE, NONE, str(own[grade].sum()), SETS["grade"], "Reported"]
        # Nobody of Franklin is in adult education; the file has a row for those who did not say.
        yield [*head, "Not Specified", "Not Specified", "Not Specified", "", SETS["detail"], "Missing"]
        for name, flag in (("total", "Reported"), ("total_without_adult", "Derived")):
            yield [*head, NONE, NONE, NONE, str(own.sum()), SETS[name], flag]


def _offers(school: School, grade: int) -> bool:
    return school.low_grade <= grade <= school.high_grade


def _units(state: State, level: str) -> Iterable[tuple[int, Lea, School | None]]:
    if level == "lea":
        return [(lea.position, lea, None) for lea in state.operating]
    return [(s.position, state.leas[s.reporting], s) for s in state.schools]


def _head_names(level: str) -> list[str]:
    school = ["SCH_NAME"] if level == "sch" else []
    ids = ["ST_SCHID", "NCESSCH", "SCHID"] if level == "sch" else []
    lead = ["SCHOOL_YEAR", "FIPST", "STATENAME", "ST", *school, "LEA_NAME"]
    return [*lead, "STATE_AGENCY_NO", "UNION", "ST_LEAID", "LEAID", *ids]


def _head(year: int, lea: Lea, school: School | None) -> list[str]:
    lead = [school_year_title(year), STATE_ANSI_CODE, STATE_NAME, STATE_CODE]
    ids = [AGENCY_NUMBER, "", f"{STATE_CODE}-{lea.state_id}", lea.nces_id]
    if school is None:
        return [*lead, lea.name, *ids]
    own = [
        f"{STATE_CODE}-{lea.state_id}-{school.state_id}",
        school.nces_id,
        STATE_ANSI_CODE + school.nces_id[7:],
    ]
    return [*lead, school.name, lea.name, *ids, *own]


def _address_names() -> list[str]:
    parts = ("STREET1", "STREET2", "STREET3", "CITY", "STATE", "ZIP", "ZIP4")
    return [letter + part for letter in "ML" for part in parts]


def _address(lea: Lea) -> list[str]:
    own = [
        "100 Main St.",
        "",
        "",
        lea.name.replace(" Unified", ""),
        STATE_CODE,
        f"{90_000 + lea.position:05d}",
        "",
    ]
    return [*own, *own, "(555)010-0100", ""]


_STATUS_NAMES = [
    "PHONE", "WEBSITE", "SY_STATUS", "SY_STATUS_TEXT", "UPDATED_STATUS", "UPDATED_STATUS_TEXT",
    "EFFECTIVE_DATE",
]  # fmt: skip
_GRADE_NAMES = [
    "NOGRADES",
    *(f"G_{grade}_OFFERED" for grade in _OFFERED),
    "GSLO",
    "GSHI",
    "LEVEL",
    "IGOFFERED",
]


def _grades(low: int, high: int) -> list[str]:
    level = _LEVELS.get((low, high), "Elementary")
    # PK, UG, AE and grade 13 are not offered in Franklin.
    offered = [
        "Yes" if 1 <= place <= 13 and low <= place - 1 <= high else "No" for place in range(len(_OFFERED))
    ]
    return ["No", *offered, SIS_GRADES[low], SIS_GRADES[high], level, "As reported"]


def _lea_directory(state: State, year: int) -> tuple[list[str], list[list[str]]]:
    header = [*_head_names("lea"), *_address_names(), *_STATUS_NAMES, "LEA_TYPE", "LEA_TYPE_TEXT"]
    header += ["OUT_OF_STATE_FLAG", "CHARTER_LEA", "CHARTER_LEA_TEXT", *_GRADE_NAMES, "OPERATIONAL_SCHOOLS"]
    schools = np.bincount(state.reporters, minlength=len(state.leas))
    rows = []
    for lea in state.leas:
        status = ["1", "Open"] if lea.closed_on is None else ["2", "Closed"]
        kind = (
            ["7", "Independent charter district"]
            if lea.is_charter
            else ["1", "Regular public school district"]
        )
        charter = (
            ["CHRTIDEAESEA", "All associated schools are charter schools"]
            if lea.is_charter
            else ["NOTCHR", "Not a charter district"]
        )
        rows.append(
            [
                *_head(year, lea, None),
                *_address(lea),
                *status,
                *status,
                f"07/01/{year - 1}",
                *kind,
                "No",
                *charter,
                *_grades(0, 12),
                str(schools[lea.position]),
            ]
        )
    return header, rows


def _school_directory(state: State, year: int) -> tuple[list[str], list[list[str]]]:
    header = [*_head_names("sch"), *_address_names(), *_STATUS_NAMES, "SCH_TYPE_TEXT", "SCH_TYPE"]
    header += ["RECON_STATUS", "OUT_OF_STATE_FLAG", "CHARTER_TEXT"]
    header += ["CHARTAUTH1", "CHARTAUTHN1", "CHARTAUTH2", "CHARTAUTHN2", *_GRADE_NAMES]
    rows = []
    for school in state.schools:
        lea, owner = state.leas[school.reporting], state.leas[school.authorizer]
        authorizer = [owner.state_id, owner.name] if school.is_charter else ["", ""]
        rows.append(
            [
                *_head(year, lea, school),
                *_address(lea),
                "1",
                "Open",
                "1",
                "Open",
                f"07/01/{year - 1}",
                "Regular School",
                "1",
                "No",
                "No",
                "Yes" if school.is_charter else "No",
                *authorizer,
                "",
                "",
                *_grades(school.low_grade, school.high_grade),
            ]
        )
    return header, rows
