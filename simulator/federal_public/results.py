"""Assessment counts as the federal government publishes them: by unit, student group and grade.

Put here: who counts in which group and grade of the public files.
Not here: how the files look (`assessments`, `express`) or what they hide (`blurring`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from simulator.organizations import Ints, State
from simulator.outcomes import TEST_DAY, Tested
from simulator.people import Flags, Spells, Students
from simulator.vocabulary import TESTED_GRADES

# The public files' names of groups; Asian and Pacific Islander students are one group in them.
GROUPS: dict[str, tuple[str, ...]] = {
    "ALL": ("all",),
    "MAM": ("american_indian_or_alaska_native",),
    "MAS": ("asian", "native_hawaiian_or_other_pacific_islander"),
    "MBL": ("black_or_african_american",),
    "MHI": ("hispanic_or_latino",),
    "MTR": ("two_or_more_races",),
    "MWH": ("white",),
    "F": ("female",),
    "M": ("male",),
    "CWD": ("children_with_disabilities",),
    "ECD": ("economically_disadvantaged",),
    "FCS": ("foster",),
    "LEP": ("english_learner",),
    "HOM": ("homeless",),
    "MIG": ("migrant",),
    "MIL": ("military_connected",),
}
GRADES = ("00", "03", "04", "05", "06", "07", "08", "HS")
_PLACE = {grade: place for place, grade in enumerate(TESTED_GRADES, start=1)}
SMALLEST_NEIGHBOUR = 6


@dataclass(frozen=True)
class Unit:
    """A school, or an LEA with the schools it reports; `position` is its row in the counts."""

    position: int
    lea: int
    school: int | None


@dataclass(frozen=True)
class Results:
    """Counts by [unit, group, grade] in the orders of GROUPS and GRADES, for one level."""

    year: int
    level: str  # sch or lea
    units: tuple[Unit, ...]
    enrolled: Ints
    participating: Ints
    scored: Ints
    proficient: Ints
    guarded: frozenset[int]  # units whose whole percent would tell of a tiny neighbour


def count_results(state: State, students: Students, spells: Spells, tested: Tested, level: str) -> Results:
    """Count everybody who was there on the day of the test, and everybody who took it, for one level."""
    there = np.flatnonzero((spells.first_day <= TEST_DAY) & (spells.last_day > TEST_DAY))
    there = there[np.isin(students.grade[spells.student[there]], TESTED_GRADES)]
    size = len(state.schools) if level == "sch" else len(state.leas)

    def counted(who: Ints, school: Ints) -> Ints:
        unit = school if level == "sch" else state.reporters[school]
        return _by_group_and_grade(students, who, unit, size)

    scored = counted(tested.student, tested.school)
    enrolled = counted(spells.student[there], spells.school[there])
    units = tuple(unit for unit in _units(state, level) if enrolled[unit.position, 0, 0])
    return Results(
        year=students.year,
        level=level,
        units=units,
        enrolled=enrolled,
        participating=scored,
        scored=scored,
        proficient=counted(tested.student[tested.proficient], tested.school[tested.proficient]),
        guarded=_guarded(units, scored) if level == "sch" else frozenset(),
    )


def _by_group_and_grade(students: Students, who: Ints, unit: Ints, size: int) -> Ints:
    counts = np.zeros((size, len(GROUPS), len(GRADES)), dtype=np.int64)
    grade = np.array([_PLACE.get(number, 0) for number in range(13)])[students.grade[who]]
    for place, names in enumerate(GROUPS.values()):
        inside: npt.NDArray[np.bool_] = _members(students, names)[who]
        flat = np.bincount(unit[inside] * len(GRADES) + grade[inside], minlength=size * len(GRADES))
        counts[:, place, :] = flat.reshape(size, len(GRADES))
    counts[:, :, 0] = counts[:, :, 1:].sum(axis=2)
    return counts


def _members(students: Students, names: tuple[str, ...]) -> Flags:
    flags = [students.group(name) for name in names]
    return np.asarray(np.logical_or.reduce(flags))


def _units(state: State, level: str) -> list[Unit]:
    if level == "lea":
        return [Unit(lea.position, lea.position, None) for lea in state.leas]
    return [Unit(s.position, s.reporting, s.position) for s in state.schools]


def _guarded(units: tuple[Unit, ...], scored: Ints) -> frozenset[int]:
    """The larger school of a district of two, when the other has hardly anybody."""
    by_lea: dict[int, list[int]] = {}
    for unit in units:
        by_lea.setdefault(unit.lea, []).append(unit.position)
    found = set()
    for pair in (positions for positions in by_lea.values() if len(positions) == 2):
        small, large = sorted(pair, key=lambda position: int(scored[position, 0, 0]))
        if scored[small, 0, 0] <= SMALLEST_NEIGHBOUR:
            found.add(large)
    return frozenset(found)
