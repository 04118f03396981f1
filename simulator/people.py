"""The students of Franklin and where each is enrolled in a school year.

Put here: who exists, in which groups, and the spells (student, school, first day, last day) of a year.
Not here: which days they came (see `attendance`), tests and diplomas (see `outcomes`).

A student belongs to the cohort that entered kindergarten in one year and keeps sex, race and home from year
to year, whichever years are generated: cohort draws depend on the seed and the cohort alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from simulator.organizations import CHARTER_SHARE, LEVEL_GRADES, Floats, Ints, State
from simulator.school_calendar import INSTRUCTIONAL_DAYS
from simulator.settings import Settings
from simulator.vocabulary import GROUPS, RACES, SECTION_504, SEXES, STATUSES

Flags = npt.NDArray[np.bool_]

GRADE_COUNT = 13
MOVER_SHARE, LATE_SHARE, LEAVER_SHARE, BRIEF_SHARE = 0.04, 0.02, 0.02, 0.004


@dataclass(frozen=True)
class Students:
    """One school year's students, ordered by grade."""

    year: int
    number: Ints  # the digits of the student id
    grade: Ints  # 0 is kindergarten
    home: Ints  # position of the home LEA
    school: Ints  # position of the assigned school
    sex: Ints
    race: Ints
    statuses: dict[str, Flags]  # by STATUSES and SECTION_504
    leaning: Floats  # lasting propensity to be absent
    ability: Floats

    def group(self, name: str) -> Flags:
        """Say of each student whether they are in a student group."""
        if name == "all":
            return np.ones(len(self.number), dtype=np.bool_)
        if name in SEXES:
            return np.asarray(self.sex == SEXES.index(name))
        if name in STATUSES:
            return self.statuses[name]
        return np.asarray(self.race == [race.group for race in RACES].index(name))

    def groups(self) -> dict[str, Flags]:
        """Membership of every group of the truth."""
        return {name: self.group(name) for name in GROUPS}


@dataclass(frozen=True)
class Spells:
    """Enrolments of one school year, ordered by school then student; `last_day` is exclusive."""

    student: Ints  # position in Students
    school: Ints
    first_day: Ints
    last_day: Ints

    @property
    def days(self) -> Ints:
        """Days enrolled."""
        return self.last_day - self.first_day

    def __len__(self) -> int:
        return len(self.student)


@dataclass(frozen=True)
class _Cohort:
    number: Ints
    home: Ints
    sex: Ints
    race: Ints
    uniforms: dict[str, Floats]
    leaning: Floats
    ability: Floats


def enrolled_students(settings: Settings, state: State, year: int) -> Students:
    """Everybody enrolled in a school year: the thirteen cohorts that are in it."""
    cohorts = [_cohort(settings, state, year - grade) for grade in range(GRADE_COUNT)]
    sizes = [len(cohort.number) for cohort in cohorts]
    grade = np.repeat(np.arange(GRADE_COUNT), sizes)
    home = np.concatenate([cohort.home for cohort in cohorts])
    race = np.concatenate([cohort.race for cohort in cohorts])
    names = cohorts[0].uniforms
    uniforms = {name: np.concatenate([cohort.uniforms[name] for cohort in cohorts]) for name in names}
    return Students(
        year=year,
        number=np.concatenate([cohort.number for cohort in cohorts]),
        grade=grade,
        home=home,
        school=_assigned_schools(state, grade, home, uniforms),
        sex=np.concatenate([cohort.sex for cohort in cohorts]),
        race=race,
        statuses=_statuses(state, grade, home, race, uniforms),
        leaning=np.concatenate([cohort.leaning for cohort in cohorts]),
        ability=np.concatenate([cohort.ability for cohort in cohorts]),
    )


def _cohort(settings: Settings, state: State, entered: int) -> _Cohort:
    # Any thirteen neighbouring cohorts add up to the number asked for.
    whole, rest = divmod(settings.students, GRADE_COUNT)
    size = whole + (1 if entered % GRADE_COUNT < rest else 0)
    draw = settings.generator(2, entered)
    shares = np.array([lea.share for lea in state.regular])
    home = np.searchsorted(np.cumsum(shares), draw.random(size), side="right").clip(0, len(shares) - 1)
    mix = _race_mix(settings, len(shares)).cumsum(axis=1)
    race = (draw.random(size)[:, None] > mix[home]).sum(axis=1).clip(0, len(RACES) - 1)
    purposes = (*STATUSES, SECTION_504, "exit_grade", "charter", "school")
    return _Cohort(
        number=(entered % 100) * 10_000_000 + draw.permutation(size),
        home=home,
        sex=(draw.random(size) < 0.512).astype(np.int64),
        race=race,
        uniforms={purpose: draw.random(size) for purpose in purposes},
        leaning=draw.standard_normal(size),
        ability=draw.standard_normal(size),
    )


def _race_mix(settings: Settings, leas: int) -> Floats:
    """Each LEA's mix of races: around the state's, no two alike."""
    shares = np.array([race.share for race in RACES])
    return settings.generator(3).dirichlet(shares * 18, leas)


def _statuses(
    state: State, grade: Ints, home: Ints, race: Ints, uniforms: dict[str, Floats]
) -> dict[str, Flags]:
    poverty = np.array([lea.poverty for lea in state.regular])[home]
    poor = uniforms["economically_disadvantaged"] < poverty
    english = np.array([0.02, 0.22, 0.03, 0.30, 0.10, 0.02, 0.01])[race]
    # English learners leave the status: each has a grade after which they no longer have it.
    learning = (uniforms["english_learner"] < english) & (grade <= 2 + uniforms["exit_grade"] * 11)
    disabled = uniforms["children_with_disabilities"] < 0.13 + 0.04 * poor
    garrison = np.where(home % 7 == 3, 0.14, 0.015)  # every seventh LEA has a military base
    return {
        "children_with_disabilities": disabled,
        "english_learner": learning,
        "economically_disadvantaged": poor,
        "homeless": uniforms["homeless"] < np.where(poor, 0.06, 0.004),
        "migrant": uniforms["migrant"] < np.where(poor, 0.012, 0.001),
        "foster": uniforms["foster"] < 0.006,
        "military_connected": uniforms["military_connected"] < garrison,
        SECTION_504: (uniforms[SECTION_504] < 0.035) & ~disabled,
    }


def _assigned_schools(state: State, grade: Ints, home: Ints, uniforms: dict[str, Floats]) -> Ints:
    level = np.searchsorted([high for _, high in LEVEL_GRADES], grade)
    count = state.school_count[home, level]
    school = state.first_school[home, level] + np.floor(uniforms["school"] * count).astype(np.int64)
    for charter in (school for school in state.schools if school.is_charter):
        eligible = (grade >= charter.low_grade) & (grade <= charter.high_grade) & (home == charter.authorizer)
        school = np.where(eligible & (uniforms["charter"] < CHARTER_SHARE), charter.position, school)
    return np.asarray(school)


def enrolment_spells(settings: Settings, students: Students) -> Spells:
    """Where each student was enrolled on which days, movers at two schools."""
    draw = settings.generator(4, students.year)
    count = len(students.number)
    last = np.full(count, INSTRUCTIONAL_DAYS)
    first = np.zeros(count, dtype=np.int64)
    kind = draw.random(count)
    bounds = np.cumsum([MOVER_SHARE, LATE_SHARE, LEAVER_SHARE, BRIEF_SHARE])
    moves = kind < bounds[0]
    late = (kind >= bounds[0]) & (kind < bounds[1])
    leaves = (kind >= bounds[1]) & (kind < bounds[2])
    brief = (kind >= bounds[2]) & (kind < bounds[3])
    first[late] = draw.integers(1, 120, late.sum())
    last[leaves] = draw.integers(10, INSTRUCTIONAL_DAYS, leaves.sum())
    last[brief] = draw.integers(1, 10, brief.sum())  # under the ten days that make a student count
    target = _other_school(draw, students)
    moves &= target != students.school
    movers = np.flatnonzero(moves)
    day = _moving_days(draw, len(movers))
    last[movers] = day
    everybody = np.arange(count)
    spells = (
        np.concatenate([everybody, movers]),
        np.concatenate([students.school, target[movers]]),
        np.concatenate([first, day]),
        np.concatenate([last, np.full(len(movers), INSTRUCTIONAL_DAYS)]),
    )
    order = np.lexsort((spells[0], spells[1]))
    return Spells(*(column[order] for column in spells))


def _moving_days(draw: np.random.Generator, count: int) -> Ints:
    """Days on which movers change school; some so early or late that one of the two spells does not count."""
    day = draw.integers(10, INSTRUCTIONAL_DAYS - 10, count)
    edge = draw.random(count)
    day = np.where(edge < 0.06, draw.integers(1, 10, count), day)
    return np.where(edge > 0.94, INSTRUCTIONAL_DAYS - draw.integers(1, 10, count), day)


def _other_school(draw: np.random.Generator, students: Students) -> Ints:
    """The school of some other student of the same grade, so that it surely has the grade."""
    sizes = np.bincount(students.grade, minlength=GRADE_COUNT)
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    partner = starts[students.grade] + np.floor(
        draw.random(len(students.grade)) * sizes[students.grade]
    ).astype(int)
    return np.asarray(students.school[partner])
