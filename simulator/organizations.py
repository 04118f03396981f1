"""The LEAs and schools of Franklin.

Put here: which organizations exist, their ids in both numberings, which LEA authorizes or reports a school.
Not here: the directory files that list them (see `directory`).

Ids hang on the position of an organization, not on the seed, so that a crosswalk kept in the agency folder
fits every run. State ids have leading zeros on purpose.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import numpy.typing as npt

from simulator.place_names import COUNTIES, FIRST_NAMES, LAST_NAMES
from simulator.settings import STATE_ANSI_CODE, STATE_CODE, Settings

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


ELEMENTARY, MIDDLE, HIGH = 0, 1, 2
LEVEL_GRADES = ((0, 5), (6, 8), (9, 12))
LEVEL_WORDS = ("Elementary", "Middle", "High")
STUDENTS_PER_SCHOOL = (330, 600, 1200)
# Below this many students one school holds all grades; its groups are small enough to be hidden in public.
ONE_SCHOOL_BELOW = 180
CLOSED_ON = date(2022, 7, 1)
# Sizes have a heavy tail; with few LEAs a lighter one, or the largest would be most of the state.
FEW_LEAS, FEW_LEAS_SPREAD, MANY_LEAS_SPREAD = 60, 0.8, 1.2
RENUMBERED = 4  # position of the LEA that had another state id before `CLOSED_ON`
CHARTER_SHARE = 0.12  # of the authorizer's students in the charter's grades


@dataclass(frozen=True)
class Lea:
    """A local education agency. A charter LEA reports itself and has an authorizer."""

    position: int
    nces_id: str
    state_id: str
    uei: str
    name: str
    county: str
    share: float  # of the state's students at home in it; 0 for a charter LEA
    poverty: float
    authorizer: int | None = None  # position of the authorizing LEA
    closed_on: date | None = None
    merged_into: int | None = None  # position of the LEA that took over a closed one
    prior_state_id: str | None = None

    @property
    def is_charter(self) -> bool:
        """Whether the LEA is one charter school that reports itself."""
        return self.authorizer is not None


@dataclass(frozen=True)
class School:
    """A school, the LEA that reports it to NCES and the LEA that authorizes it."""

    position: int
    nces_id: str
    state_id: str
    name: str
    reporting: int
    authorizer: int
    low_grade: int
    high_grade: int
    is_charter: bool


@dataclass(frozen=True)
class State:
    """All organizations, and for each home LEA and level the run of its schools."""

    leas: tuple[Lea, ...]
    schools: tuple[School, ...]
    first_school: Ints  # [home LEA, level]
    school_count: Ints  # [home LEA, level]

    @property
    def regular(self) -> tuple[Lea, ...]:
        """The LEAs students live in."""
        return tuple(lea for lea in self.leas if not lea.is_charter and lea.closed_on is None)

    @property
    def operating(self) -> tuple[Lea, ...]:
        """The LEAs that are open in the years with students."""
        return tuple(lea for lea in self.leas if lea.closed_on is None)

    @property
    def authorizers(self) -> Ints:
        """Position of the authorizing LEA, by school."""
        return np.array([school.authorizer for school in self.schools])

    @property
    def reporters(self) -> Ints:
        """Position of the reporting LEA, by school."""
        return np.array([school.reporting for school in self.schools])


def build_state(settings: Settings) -> State:
    """Lay out LEAs and schools for the number of students."""
    regular = _regular_leas(settings)
    charters = [_charter_lea(regular, 0), _charter_lea(regular, 1)]
    # Closed LEAs come last: they have no students any more, only money of their last award.
    leas = [*regular, *charters, *_closed_leas(regular, len(regular) + len(charters))]
    schools, first, count = _regular_schools(settings, regular)
    for charter, (low, high) in zip(charters, ((0, 8), (9, 12)), strict=True):
        schools.append(_school(len(schools), charter, charter.authorizer or 0, low, high, charter.name, True))
    return State(leas=tuple(leas), schools=tuple(schools), first_school=first, school_count=count)


def _regular_leas(settings: Settings) -> list[Lea]:
    number = int(np.clip(round(settings.students / 1_100), 6, 1_500))
    draw = settings.generator(1)
    spread = FEW_LEAS_SPREAD if number <= FEW_LEAS else MANY_LEAS_SPREAD
    weights = np.sort(draw.lognormal(0.0, spread, number))[::-1]
    shares = weights / weights.sum()
    poverty = np.clip(draw.beta(3.0, 4.0, number), 0.12, 0.85)
    leas = [_lea(i, _place(i) + " Unified", float(shares[i]), float(poverty[i])) for i in range(number)]
    # No number of today ends so: ids count in elevens from 60,011.
    leas[RENUMBERED] = replace(leas[RENUMBERED], prior_state_id=f"{leas[RENUMBERED].state_id[:2]}40001")
    return leas


def _place(position: int) -> str:
    return f"{FIRST_NAMES[position % 40]} {LAST_NAMES[(position + position // 40) % 40]}"


def _lea(position: int, name: str, share: float, poverty: float, authorizer: int | None = None) -> Lea:
    county = (authorizer if authorizer is not None else position) % len(COUNTIES)
    return Lea(
        position=position,
        nces_id=f"{STATE_ANSI_CODE}{(position + 1) * 10:05d}",
        state_id=f"{county + 1:02d}{60_000 + (position + 1) * 11:05d}",
        uei=f"{STATE_CODE}LEA{position + 1:06d}Z",
        name=name,
        county=f"{COUNTIES[county]} County",
        share=share,
        poverty=poverty,
        authorizer=authorizer,
    )


def _charter_lea(regular: list[Lea], which: int) -> Lea:
    words = ("Lantern Academy", "Meridian Early College")
    authorizer = regular[which]
    return _lea(len(regular) + which, words[which], 0.0, authorizer.poverty, authorizer.position)


def _closed_leas(regular: list[Lea], start: int) -> list[Lea]:
    """One LEA that merged into a neighbour and one that was dissolved, before the first year of students."""
    merged = _lea(start, _place(start) + " Unified", 0.0, regular[2].poverty)
    dissolved = _lea(start + 1, _place(start + 1) + " Unified", 0.0, regular[3].poverty)
    return [replace(merged, closed_on=CLOSED_ON, merged_into=2), replace(dissolved, closed_on=CLOSED_ON)]


def _regular_schools(settings: Settings, regular: list[Lea]) -> tuple[list[School], Ints, Ints]:
    schools: list[School] = []
    first = np.zeros((len(regular), 3), dtype=np.int64)
    count = np.ones((len(regular), 3), dtype=np.int64)
    for lea in regular:
        students = lea.share * settings.students
        if students < ONE_SCHOOL_BELOW:
            first[lea.position, :] = len(schools)
            name = f"{_place(lea.position)} School"
            schools.append(_school(len(schools), lea, lea.position, 0, 12, name, False))
            continue
        for level, (low, high) in enumerate(LEVEL_GRADES):
            expected = students * (high - low + 1) / 13
            first[lea.position, level] = len(schools)
            count[lea.position, level] = max(1, round(expected / STUDENTS_PER_SCHOOL[level]))
            for number in range(int(count[lea.position, level])):
                name = _school_name(lea.position, level, number)
                schools.append(_school(len(schools), lea, lea.position, low, high, name, False))
    return schools, first, count


def _school_name(lea: int, level: int, number: int) -> str:
    stem = _place(lea) if number == 0 else f"{_place(lea)} {FIRST_NAMES[(number * 7 + lea) % 40]}"
    suffix = "" if number < 40 else f" {number}"
    return f"{stem} {LEVEL_WORDS[level]}{suffix}"


def _school(
    position: int, lea: Lea, authorizer: int, low: int, high: int, name: str, is_charter: bool
) -> School:
    return School(
        position=position,
        nces_id=f"{lea.nces_id}{position + 1:05d}",
        state_id=f"{100_101 + position * 7:07d}",
        name=name,
        reporting=lea.position,
        authorizer=authorizer,
        low_grade=low,
        high_grade=high,
        is_charter=is_charter,
    )
