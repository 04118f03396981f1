"""ED Data Express: zipped long files, a data group and level each.

Put here: the layout of these files. Not here: the counts (`results`).

The zip's member bears a fixed time, so that the same run gives the same bytes.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from simulator.federal_public.assessments import is_reported, percent_of
from simulator.federal_public.blurring import LARGEST_SUPPRESSED, in_words_of_express
from simulator.federal_public.results import GRADES, GROUPS, Results
from simulator.organizations import State
from simulator.people import Students
from simulator.settings import STATE_NAME, school_year_title

HEADER = (
    "School Year", "State", "NCES LEA ID", "LEA", "School", "NCES SCH ID", "Data Group", "Data Description",
    "Value", "Numerator", "Denominator", "Population", "Subgroup", "Characteristics", "Age/Grade",
    "Academic Subject", "Outcome", "Program Type",
)  # fmt: skip
SUBGROUPS = {
    "ALL": "All Students", "MAM": "American Indian or Alaska Native", "MAS": "Asian/Pacific Islander",
    "MBL": "Black (not Hispanic) African American", "MHI": "Hispanic/Latino", "MTR": "Two or More Races",
    "MWH": "White or Caucasian (not Hispanic)", "F": "Female", "M": "Male",
    "CWD": "Children with disabilities", "ECD": "Economically disadvantaged", "FCS": "Foster care",
    "LEP": "English learner", "HOM": "Homeless", "MIG": "Migratory", "MIL": "Military connected",
}  # fmt: skip
TITLES = {"00": "All Grades", "HS": "High School"} | {f"{n:02d}": f"Grade {n}" for n in range(3, 9)}
ACHIEVEMENT = ("178", "584", "Academic achievement in reading/language arts")
HOMELESS = ("118", "655", "Homeless students enrolled")


def write_achievement(state: State, results: Results, folder: Path) -> None:
    """Write the percents proficient of one level."""
    _write(folder, results.year, ACHIEVEMENT, results.level.upper(), _achievement(state, results))


def _achievement(state: State, results: Results) -> Iterable[list[str]]:
    for unit in results.units:
        lea = state.leas[unit.lea]
        school = None if unit.school is None else state.schools[unit.school]
        where = [lea.nces_id, lea.name, school.name if school else "", school.nces_id if school else ""]
        for group, name in enumerate(GROUPS):
            for grade, title in enumerate(GRADES):
                if not is_reported(results, unit, group, grade):
                    continue
                text = percent_of(results, unit, results.scored, results.proficient, group, grade)
                tail = [SUBGROUPS[name], "", TITLES[title], "Reading/Language Arts", "Proficient", ""]
                scored = str(results.scored[unit.position, group, grade])
                value = in_words_of_express(text)
                yield [*where, *ACHIEVEMENT[1:], value, "", scored, "All Students", *tail]


def write_homeless(state: State, students: Students, folder: Path) -> None:
    """Write how many homeless students each LEA's schools have; one to five are hidden."""
    flag = students.statuses["homeless"]
    counts = np.bincount(state.reporters[students.school[flag]], minlength=len(state.leas))
    rows = []
    for lea in state.operating:
        count = int(counts[lea.position])
        value = "S" if 0 < count <= LARGEST_SUPPRESSED else f"{count:,}"
        tail = ["All Students", "", "", "", "", ""]
        rows.append([lea.nces_id, lea.name, "", "", *HOMELESS[1:], value, "", "", "All Students", *tail])
    _write(folder, students.year, HOMELESS, "LEA", rows)


def _write(
    folder: Path, year: int, what: tuple[str, str, str], level: str, rows: Iterable[Sequence[str]]
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    stem = f"SY{(year - 1) % 100:02d}{year % 100:02d}_FS{what[0]}_DG{what[1]}_{level}"
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(HEADER)
    # A state has one row for no organization at all.
    school = ["Not Applicable", "Not Applicable"] if level == "SCH" else ["", ""]
    nobody = ["Not Applicable", "Not Applicable", *school, *what[1:], "MISSING", "", ""]
    for row in [*rows, [*nobody, "All Students", "Missing", "", "", "", "", ""]]:
        writer.writerow([school_year_title(year), STATE_NAME, *row])
    member = zipfile.ZipInfo(f"{stem}_data_files.csv", (year + 1, 9, 1, 12, 0, 0))
    member.compress_type = zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(folder / f"{stem}_data_files.zip", "w") as archive:
        archive.writestr(member, text.getvalue().encode("utf-8"))
