"""EDFacts submission files: header record, detail and total rows, no names of columns.

Put here: the layouts and category sets of FS195, FS151 and FS178, and how their files are written.
Not here: what the counts mean as rates (see `truth`).

Layouts follow CEDS-Collaborative-Exchange/Generate (SY2020-21, the latest it declares for FS151 and FS195).
It has no code lists for FS151, FS178 and FS195 in SY2022-23. The codes below are those of neighbouring
tables (FS179, FS141, FS118); table types and cohort statuses stand in Generate's reference data, and that
every FS195 set is by sex in a state's public code. Our own, for want of the specifications: the FS151 table
type `ADJCOHORT` and file abbreviation `GRADCOHRT`, and the Section 504 code.
Values are joined plainly, as Generate writes them: no quoting.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from simulator.organizations import Ints, State
from simulator.outcomes import GraduationCohort, Tested
from simulator.people import Flags, Spells, Students
from simulator.settings import AGENCY_NUMBER, STATE_ANSI_CODE, STATE_CODE, school_year_title
from simulator.vocabulary import RACES, SECTION_504, SEX_CODES, STATUSES

STATUS_CODES = {
    "children_with_disabilities": "WDIS",
    "english_learner": "LEP",
    "economically_disadvantaged": "ECODIS",
    "homeless": "HOMELSENRL",
    "migrant": "MS",
    "foster": "FCS",
    "military_connected": "MILCNCTD",
    SECTION_504: "SECTION504",
}
COHORT_CODES = ("COHNO", "COHYES", "COHALTDPL")
ASSESSMENT_CODES = ("REGASSWOACC", "REGASSWACC", "ALTASSALTACH")
HIGH_SCHOOL_ASSESSMENT_CODES = ("HSREGASMTIWOACC", "HSREGASMTIWACC", "ALTASSALTACH")
HIGH_SCHOOL_GRADE = 11


@dataclass(frozen=True)
class Layout:
    """One file type: its names, and the category columns between TableTypeAbbrv and TotalIndicator."""

    spec: str
    title: str
    abbreviation: str
    columns: tuple[str, ...]


CHRONIC_ABSENCE = Layout(
    "FS195", "SCH CHRON ABSENT", "CHRONABSE",
    ("sex", "race", "children_with_disabilities", SECTION_504, "english_learner", "homeless", "filler"),
)  # fmt: skip
GRADUATION = Layout(
    "FS151", "GRADUATION COHORTS", "GRADCOHRT",
    ("race", "children_with_disabilities", "english_learner", "economically_disadvantaged", "homeless",
     "foster", "cohort_status"),
)  # fmt: skip
ACHIEVEMENT = Layout(
    "FS178", "STUDENT PERFORMANCE READING LANGUAGE ARTS", "STUPERRLA",
    ("grade", "race", "sex", "children_with_disabilities", "english_learner", "migrant",
     "economically_disadvantaged", "homeless", "assessment", "filler", "proficiency", "foster",
     "military_connected"),
)  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One count: LEA and school as the state numbers them, table, category codes by column, total or not."""

    lea: str
    school: str
    table: str
    codes: dict[str, str]
    is_total: bool
    amount: int


def file_name(layout: Layout, level: str) -> str:
    """Name a submission file: state, level, abbreviation, version; at most 25 characters."""
    return f"{STATE_CODE}{level}{layout.abbreviation}v000001.csv"


def write_submission(folder: Path, layout: Layout, level: str, year: int, rows: Iterator[Row]) -> Path:
    """Write one file: the header record counts the records that follow it."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / file_name(layout, level)
    lines = []
    for number, row in enumerate(rows, start=1):
        codes = (row.codes.get(column, "") for column in layout.columns)
        total = "Y" if row.is_total else "N"
        lead = (str(number), STATE_ANSI_CODE, AGENCY_NUMBER, row.lea, row.school, row.table)
        lines.append(",".join((*lead, *codes, total, "", str(row.amount))))
    words = {"SCH": "SCHOOL", "LEA": "LEA", "SEA": "SEA"}[level]
    title = layout.title if layout.title.startswith(level) else f"{words} {layout.title}"
    identifier = f"{layout.spec}-{year}0930-0900"
    header = ",".join((title, str(len(lines)), path.name, identifier, school_year_title(year)))
    path.write_bytes(("\r\n".join([header, *lines]) + "\r\n").encode("utf-8"))
    return path


def tally(index: Sequence[npt.NDArray[np.integer]], sizes: Sequence[int]) -> Ints:
    """Count combinations of coded columns."""
    if not len(index[0]):
        return np.zeros(tuple(sizes), dtype=np.int64)
    flat = np.ravel_multi_index([np.asarray(column, dtype=np.int64) for column in index], tuple(sizes))
    return np.bincount(flat, minlength=int(np.prod(sizes))).reshape(tuple(sizes))


def nonzero(counts: Ints) -> Iterator[tuple[tuple[int, ...], int]]:
    """Walk the counts that are not zero, in order."""
    for place in np.argwhere(counts):
        key = tuple(int(part) for part in place)
        yield key, int(counts[key])


def chronic_absence_rows(state: State, students: Students, spells: Spells, chronic: Flags) -> Iterator[Row]:
    """FS195: chronically absent students by school, every category set by sex, and the school's total."""
    who, school = spells.student[chronic], spells.school[chronic]
    sex, race = students.sex[who], students.race[who]
    size = len(state.schools)
    races = tally((school, race, sex), (size, len(RACES), 2))
    sets = {
        name: tally((school[flag], sex[flag]), (size, 2))
        for name in ("children_with_disabilities", SECTION_504, "english_learner", "homeless")
        for flag in (students.statuses[name][who],)
    }
    totals = np.bincount(school, minlength=size)
    for place in state.schools:
        lea = state.leas[place.reporting].state_id
        head = (lea, place.state_id, "CHRONABSENT")
        for (one, two), amount in nonzero(races[place.position]):
            yield Row(*head, {"race": RACES[one].membership_code, "sex": SEX_CODES[two]}, False, amount)
        for name, counts in sets.items():
            for (two,), amount in nonzero(counts[place.position]):
                yield Row(*head, {name: STATUS_CODES[name], "sex": SEX_CODES[two]}, False, amount)
        yield Row(*head, {}, True, int(totals[place.position]))


def graduation_rows(state: State, students: Students, cohort: GraduationCohort, level: str) -> Iterator[Row]:
    """FS151: cohort members by outcome and group, for schools or for the LEAs that report them."""
    unit = cohort.school if level == "SCH" else state.reporters[cohort.school]
    size = len(state.schools) if level == "SCH" else len(state.leas)
    races = tally((unit, students.race[cohort.student], cohort.outcome), (size, len(RACES), 3))
    groups = {}
    for name in GRADUATION.columns[1:-1]:
        flag = students.statuses[name][cohort.student]
        groups[name] = tally((unit[flag], cohort.outcome[flag]), (size, 3))
    totals = tally((unit, cohort.outcome), (size, 3))
    for position in np.flatnonzero(totals.sum(axis=1)):
        head = (*_unit_ids(state, int(position), level), "ADJCOHORT")
        for (one, two), amount in nonzero(races[position]):
            yield Row(
                *head, {"race": RACES[one].major_code, "cohort_status": COHORT_CODES[two]}, False, amount
            )
        for name, counts in groups.items():
            for (two,), amount in nonzero(counts[position]):
                yield Row(
                    *head, {name: STATUS_CODES[name], "cohort_status": COHORT_CODES[two]}, False, amount
                )
        for (two,), amount in nonzero(totals[position]):
            yield Row(*head, {"cohort_status": COHORT_CODES[two]}, True, amount)
        yield Row(*head, {}, True, int(totals[position].sum()))


def _unit_ids(state: State, position: int, level: str) -> tuple[str, str]:
    if level == "LEA":
        return state.leas[position].state_id, ""
    school = state.schools[position]
    return state.leas[school.reporting].state_id, school.state_id


def achievement_rows(state: State, students: Students, tested: Tested) -> Iterator[Row]:
    """FS178: students with a valid score by school, grade, assessment, proficiency and one group."""
    grade = students.grade[tested.student]
    proficient = tested.proficient.astype(np.int64)
    base = (tested.school, grade, tested.assessment, proficient)
    sizes = (len(state.schools), 13, 3, 2)
    groups: list[tuple[str, str, Ints]] = []
    for position, race in enumerate(RACES):
        groups.append(
            ("race", race.major_code, _counts(base, sizes, students.race[tested.student] == position))
        )
    for position, code in enumerate(SEX_CODES):
        groups.append(("sex", code, _counts(base, sizes, students.sex[tested.student] == position)))
    for name in STATUSES:
        groups.append(
            (name, STATUS_CODES[name], _counts(base, sizes, students.statuses[name][tested.student]))
        )
    totals = tally(base, sizes)
    for position in np.flatnonzero(totals.reshape(sizes[0], -1).sum(axis=1)).tolist():
        ids = _unit_ids(state, position, "SCH")
        for column, code, counts in [*groups, ("", "", totals)]:
            for key, amount in nonzero(counts[position]):
                table, codes = _achievement_codes(*key)
                if column:
                    codes[column] = code
                yield Row(*ids, table, codes, not column, amount)


def _counts(base: tuple[npt.NDArray[np.int64], ...], sizes: tuple[int, ...], flag: Flags) -> Ints:
    return tally([column[flag] for column in base], sizes)


def _achievement_codes(grade: int, assessment: int, proficient: int) -> tuple[str, dict[str, str]]:
    is_high = grade == HIGH_SCHOOL_GRADE
    words = HIGH_SCHOOL_ASSESSMENT_CODES if is_high else ASSESSMENT_CODES
    codes = {
        "grade": "HS" if is_high else f"{grade:02d}",
        "assessment": words[assessment],
        "proficiency": ("NOTPROFICIENT", "PROFICIENT")[proficient],
    }
    return ("STUDPERFRLAHS" if is_high else "STUDPERFRLALG"), codes
