"""Which LEAs take part in the Ed-Fi pilot, and what of a school year they send.

Put here: the choice of LEAs, and their part of the arrays everything else is written from.
Not here: Ed-Fi's records (see `hold_edfi`).

An agency begins with few LEAs. So does Franklin: at most three, of at most about 5,000 students together,
at any size of the state.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from simulator.attendance import STATUS_WORDS
from simulator.organizations import Ints, Lea, School, State
from simulator.outcomes import TEST_DAY, Tested
from simulator.people import Flags, Spells, Students
from simulator.settings import Settings
from simulator.vocabulary import TESTED_GRADES

MOST_LEAS, MOST_STUDENTS = 3, 5_000
ROOM_FOR_ONE = 0.6  # of what is left: one large LEA is no pilot


@dataclass(frozen=True)
class Pilot:
    """The LEAs and schools that send data."""

    leas: tuple[Lea, ...]
    schools: tuple[School, ...]
    reporters: dict[int, int]  # LEA position, by school position

    def uses_local(self, lea: int) -> bool:
        """Whether an LEA's system sends the codes of its vendor: every second one's does."""
        return [item.position for item in self.leas].index(lea) % 2 == 1


@dataclass(frozen=True)
class Year:
    """What the pilot's LEAs know of one school year."""

    pilot: Pilot
    students: Students
    spells: Spells  # at the pilot's schools only
    absences: int  # days, as drawn
    events: pa.Table  # student number, school state id, date, excused
    tested: Tested
    untested: Spells


def choose(settings: Settings, state: State) -> Pilot:
    """Take the largest LEAs that fit, and the charter LEAs they authorize."""
    room, chosen = float(MOST_STUDENTS), set[int]()
    for lea in sorted(state.regular, key=lambda lea: (-lea.share, lea.position)):
        students = lea.share * settings.students
        if len(chosen) < MOST_LEAS and students <= room * ROOM_FOR_ONE:
            chosen.add(lea.position)
            room -= students
    schools = tuple(s for s in state.schools if s.reporting in chosen or s.authorizer in chosen)
    members = {school.reporting for school in schools}
    leas = tuple(lea for lea in state.leas if lea.position in members)
    return Pilot(leas, schools, {school.position: school.reporting for school in schools})


def year_of(
    pilot: Pilot, students: Students, spells: Spells, absent: Ints, tested: Tested, attendance: Path
) -> Year:
    """Cut the pilot's part out of a school year."""
    positions = np.array([school.position for school in pilot.schools])
    here = np.isin(spells.school, positions)
    part = _some(spells, here)
    at_test = np.isin(tested.school, positions)
    own_tested = Tested(
        *(getattr(tested, n)[at_test] for n in ("student", "school", "assessment", "proficient"))
    )
    present = (part.first_day <= TEST_DAY) & (part.last_day > TEST_DAY)
    present &= np.isin(students.grade[part.student], TESTED_GRADES)
    untested = _some(part, present & ~np.isin(part.student, own_tested.student))
    ids = [school.state_id for school in pilot.schools]
    return Year(
        pilot, students, part, int(absent[here].sum()), _absences(attendance, ids), own_tested, untested
    )


def _some(spells: Spells, flag: Flags) -> Spells:
    return Spells(
        *(column[flag] for column in (spells.student, spells.school, spells.first_day, spells.last_day))
    )


def _absences(path: Path, schools: list[str]) -> pa.Table:
    """Take the days of absence out of the SIS extract; its rows lie by school, so most are passed over."""
    file = pq.ParquetFile(path)
    column = file.schema_arrow.get_field_index("school_identifier_sea")
    groups = []
    for number in range(file.num_row_groups):
        told = file.metadata.row_group(number).column(column).statistics
        if told is None or any(told.min <= school <= told.max for school in schools):
            groups.append(number)
    tables = []
    wanted = pa.array(schools)
    for number in groups:
        table = file.read_row_group(
            number, ["student_id", "school_identifier_sea", "date", "attendance_status"]
        )
        plain = pa.table(
            {name: table[name].cast(pa.string()) for name in table.column_names if name != "date"}
        )
        plain = plain.append_column("date", table["date"])
        keep = (ds.field("attendance_status") != STATUS_WORDS[0]) & ds.field("school_identifier_sea").isin(
            wanted
        )
        tables.append(plain.filter(keep))
    return pa.concat_tables(tables).sort_by([("date", "ascending"), ("student_id", "ascending")])
