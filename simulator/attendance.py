"""The student information system: who came to school on which day, and who the students are.

Put here: the draws of absence and the three SIS extracts (attendance, students, schools).
Not here: what counts as chronically absent (see `truth`).

A year of 20,000 students is 3.6 million student-days, so days are drawn and written in chunks of spells:
memory stays level at any number of students. Each chunk has its own random stream.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from simulator.organizations import Floats, Ints, State
from simulator.people import Flags, Spells, Students
from simulator.school_calendar import instructional_days, month_ends
from simulator.settings import Settings
from simulator.vocabulary import RACES, SECTION_504, SEX_CODES, SIS_GRADES, STATUSES

ROWS_PER_CHUNK = 1_000_000
STATUS_WORDS = ("present", "absent_excused", "absent_unexcused")
YEAR_FACTOR = {2022: 1.35, 2023: 1.22, 2024: 1.06, 2025: 0.93}  # absence recedes after the pandemic
SIS_TEXT = pa.dictionary(pa.int32(), pa.string())

ATTENDANCE_SCHEMA = pa.schema(
    [
        ("student_id", SIS_TEXT),
        ("school_identifier_sea", SIS_TEXT),
        ("school_year", pa.int16()),
        ("date", pa.date32()),
        ("attendance_status", SIS_TEXT),
        ("grade", SIS_TEXT),
    ]
)


def absence_propensity(settings: Settings, state: State, students: Students) -> Floats:
    """The chance of each student to be absent on a day of this year."""
    draw = settings.generator(5, students.year)
    lea_effect = settings.generator(6).normal(0.0, 0.18, len(state.regular))[students.home]
    by_grade = np.array([0.35, 0.2, 0.05, 0, 0, 0, 0, 0.05, 0.1, 0.3, 0.25, 0.3, 0.45])[students.grade]
    score = (
        0.62 * students.leaning
        + 0.30 * draw.standard_normal(len(students.number))
        + lea_effect
        + by_grade
        + 0.38 * students.statuses["economically_disadvantaged"]
        + 0.22 * students.statuses["children_with_disabilities"]
        + 0.55 * students.statuses["homeless"]
        + 0.30 * students.statuses["foster"]
        - 0.10 * students.statuses["english_learner"]
        - 0.25 * (students.race == 1)
        + 0.25 * (students.race == 0)
    )
    return np.asarray(np.clip(0.036 * YEAR_FACTOR[students.year] * np.exp(score), 0.001, 0.9))


def student_ids(students: Students) -> pa.Array:
    """The state's student ids: nine digits, text."""
    return pc.utf8_lpad(pc.cast(pa.array(students.number), pa.string()), 9, "0")


@dataclass(frozen=True)
class Absences:
    """Days absent of each spell: of the year, and up to the end of each month."""

    total: Ints
    to_date: npt.NDArray[np.int16]  # [month, spell]; a year has 180 days


def write_attendance(
    settings: Settings, state: State, students: Students, spells: Spells, path: Path
) -> Absences:
    """Draw and write a year's student-days; give the days absent of each spell."""
    ids = student_ids(students)
    schools = pa.array([school.state_id for school in state.schools])
    calendar = np.array(instructional_days(students.year), dtype="datetime64[D]")
    ends = np.array([days for _, days in month_ends(students.year)])
    absent = Absences(
        np.zeros(len(spells), dtype=np.int64), np.zeros((len(ends), len(spells)), dtype=np.int16)
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    with pq.ParquetWriter(path, ATTENDANCE_SCHEMA, compression="zstd", compression_level=1) as writer:
        for start, stop, part, status in _drawn(settings, state, students, spells):
            summed = np.concatenate([[0], np.cumsum(status > 0)])
            starts = np.cumsum(part.days) - part.days
            absent.total[start:stop] = summed[starts + part.days] - summed[starts]
            reached = starts + np.clip(ends[:, None] - part.first_day, 0, part.days)
            absent.to_date[:, start:stop] = summed[reached] - summed[starts]
            writer.write_table(
                _day_table(students, part, status, ids, schools, calendar), row_group_size=len(status)
            )
    return absent


def days_absent(settings: Settings, state: State, students: Students, spells: Spells) -> Ints:
    """The days absent of each spell of a year that is not written: the same as if it were."""
    absent = np.zeros(len(spells), dtype=np.int64)
    for start, stop, part, status in _drawn(settings, state, students, spells):
        starts = np.cumsum(part.days) - part.days
        absent[start:stop] = np.add.reduceat((status > 0).astype(np.int64), starts)
    return absent


def _drawn(
    settings: Settings, state: State, students: Students, spells: Spells
) -> Iterator[tuple[int, int, Spells, npt.NDArray[np.int8]]]:
    """Each chunk of spells, from which to which, and the status of each of its days."""
    chance = absence_propensity(settings, state, students)
    for number, (start, stop) in enumerate(_chunks(spells)):
        draw = settings.generator(7, students.year, number)
        part = Spells(
            *(c[start:stop] for c in (spells.student, spells.school, spells.first_day, spells.last_day))
        )
        yield start, stop, part, _statuses_of_days(draw, part, chance[part.student])


def _chunks(spells: Spells) -> list[tuple[int, int]]:
    """Cut the spells into runs of about a million student-days."""
    ends = np.cumsum(spells.days)
    cuts = np.searchsorted(ends, np.arange(ROWS_PER_CHUNK, ends[-1], ROWS_PER_CHUNK), side="left") + 1
    bounds = [0, *sorted({int(cut) for cut in cuts if cut < len(spells)}), len(spells)]
    return list(pairwise(bounds))


def _statuses_of_days(draw: np.random.Generator, spells: Spells, chance: Floats) -> npt.NDArray[np.int8]:
    """Present, absent with or without an excuse: one entry a student-day."""
    rows = int(spells.days.sum())
    odds = np.repeat(chance.astype(np.float32), spells.days)
    level = draw.random(rows, dtype=np.float32)
    # One draw decides both: the lower three fifths of the absent range are excused.
    return (level < odds).astype(np.int8) + (level < odds * np.float32(0.4)).astype(np.int8)


def _day_table(
    students: Students,
    spells: Spells,
    status: npt.NDArray[np.int8],
    ids: pa.Array,
    schools: pa.Array,
    calendar: object,
) -> pa.Table:
    days = spells.days
    starts = np.cumsum(days) - days
    offset = np.arange(len(status)) - np.repeat(starts - spells.first_day, days)
    # A dictionary must not repeat a word: pyarrow 26 then pads the dictionary page with what was in memory,
    # and the same table gives other bytes each time. A mover has two spells, so students are made unique.
    pupils, pupil_index = np.unique(spells.student, return_inverse=True)
    used, school_index = np.unique(spells.school, return_inverse=True)

    def coded(index: npt.NDArray[np.signedinteger], words: pa.Array) -> pa.Array:
        return pa.DictionaryArray.from_arrays(pa.array(index.astype(np.int32)), words)

    dates = np.asarray(calendar)[offset]
    columns = [
        coded(np.repeat(pupil_index, days), ids.take(pa.array(pupils))),
        coded(np.repeat(school_index, days), schools.take(pa.array(used))),
        pa.array(np.full(len(status), students.year, dtype=np.int16)),
        pa.array(dates),
        coded(status.astype(np.int64), pa.array(STATUS_WORDS)),
        coded(np.repeat(students.grade[spells.student], days), pa.array(SIS_GRADES)),
    ]
    return pa.Table.from_arrays(columns, schema=ATTENDANCE_SCHEMA)


def write_students(students: Students, path: Path) -> None:
    """Write the students extract: one row a student of the year."""

    def words(index: Ints, spelling: list[str]) -> pa.Array:
        return pa.array(spelling).take(pa.array(index))

    def flag(values: Flags) -> pa.Array:
        return pa.array(values)

    table = pa.table(
        {
            "student_id": student_ids(students),
            "school_year": pa.array(np.full(len(students.number), students.year, dtype=np.int16)),
            "grade": words(students.grade, list(SIS_GRADES)),
            "sex": words(students.sex, list(SEX_CODES)),
            "race_ethnicity": words(students.race, [race.ceds for race in RACES]),
            **{name: flag(students.statuses[name]) for name in (*STATUSES, SECTION_504)},
        }
    )
    order = pc.sort_indices(table, sort_keys=[("student_id", "ascending")])
    pq.write_table(table.take(order), path, compression="zstd")


def write_schools(state: State, year: int, path: Path) -> None:
    """Write the SIS's own school list: the authorizing district of each school, and both numberings."""
    table = pa.table(
        {
            "school_identifier_sea": [school.state_id for school in state.schools],
            "school_year": pa.array([year] * len(state.schools), pa.int16()),
            "school_identifier_nces": [school.nces_id for school in state.schools],
            "school_name": [school.name for school in state.schools],
            "lea_identifier_sea": [state.leas[school.authorizer].state_id for school in state.schools],
            "lea_identifier_nces": [state.leas[school.authorizer].nces_id for school in state.schools],
            "is_charter": [school.is_charter for school in state.schools],
        }
    )
    pq.write_table(table, path, compression="zstd")
