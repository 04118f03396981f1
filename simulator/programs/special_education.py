"""Special education: who left it and why (EDFacts FS009), and which evaluations were done in time.

Put here: the draws of exits and evaluations, FS009's categories, the file of evaluations.
Not here: who graduated (`outcomes`), children now served (`edfacts.students`).

A member of the graduation cohort with a disability leaves by the diploma the cohort tells; the rest of them
drop out, get a certificate, reach the maximum age, or stay. FS009 counts exits at ages 14 to 21; its codes
are those of Generate.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from simulator.edfacts.counting import TOTAL, Category, CategorySet, Counted, units_of
from simulator.edfacts.population import People
from simulator.edfacts.students import DISABILITIES
from simulator.organizations import Ints, State
from simulator.outcomes import ALTERNATE_DIPLOMA, REGULAR_DIPLOMA, GraduationCohort
from simulator.people import Spells, Students
from simulator.programs.files import numbers, same, words, write_columns
from simulator.school_calendar import INSTRUCTIONAL_DAYS
from simulator.settings import Settings

BASES = ("GHS", "GRADALTDPL", "RC", "RMA", "DROPOUT", "MKC", "TRAN", "D")
GRADUATED, ALTERNATE, CERTIFICATE, MAXIMUM_AGE, DROPPED_OUT, MOVED, TRANSFERRED, DIED = range(len(BASES))
STAYS = -1
AGES = tuple(str(age) for age in range(14, 22))
LEAVES_WITHOUT_DIPLOMA = (0.55, 0.18, 0.09)  # drops out, certificate, maximum age; the rest stays
CONSENTS_PER_STUDENT = 0.022
ON_TIME = {2023: 0.90, 2024: 0.925, 2025: 0.95}


@dataclass(frozen=True)
class Exits:
    """Who left special education, and why: positions in BASES."""

    people: People
    basis: Ints
    age: Ints


@dataclass(frozen=True)
class Evaluations:
    """Counts by position of the district."""

    consents: Ints
    on_time: Ints


def draw_exits(
    settings: Settings, state: State, students: Students, spells: Spells, cohort: GraduationCohort
) -> Exits:
    """Draw the year's exits: of the cohort, and of younger students who move away or need no more of it."""
    draw = settings.generator(605, students.year)
    disabled = students.statuses["children_with_disabilities"]
    members = np.flatnonzero(disabled[cohort.student])
    of_cohort = _basis_of_cohort(draw, cohort.outcome[members])
    young = np.isin(students.grade[spells.student], (9, 10, 11)) & disabled[spells.student]
    leaves = np.flatnonzero(young)
    of_young = _basis_of_young(draw, spells.last_day[leaves] < INSTRUCTIONAL_DAYS)
    who = np.concatenate([cohort.student[members], spells.student[leaves]])
    school = np.concatenate([cohort.school[members], spells.school[leaves]])
    basis = np.concatenate([of_cohort, of_young])
    age = students.grade[who] - 9 + (draw.random(len(who)) < 0.4)
    age = np.where(basis == MAXIMUM_AGE, len(AGES) - 1, age)
    gone = basis != STAYS
    return Exits(People(state, students, who[gone], school[gone]), basis[gone], age[gone])


def _basis_of_cohort(draw: np.random.Generator, outcome: Ints) -> Ints:
    bounds = np.cumsum(LEAVES_WITHOUT_DIPLOMA)
    others = np.array([DROPPED_OUT, CERTIFICATE, MAXIMUM_AGE, STAYS])
    basis = others[np.searchsorted(bounds, draw.random(len(outcome)), side="right")]
    basis = np.where(outcome == REGULAR_DIPLOMA, GRADUATED, basis)
    return np.where(outcome == ALTERNATE_DIPLOMA, ALTERNATE, basis)


def _basis_of_young(draw: np.random.Generator, has_left: np.ndarray) -> Ints:
    """Whoever left a school moved on, in most cases; of the others some need special education no more."""
    level = draw.random(len(has_left))
    left = np.where(level < 0.85, MOVED, DROPPED_OUT)
    stayed = np.select([level < 0.06, level < 0.075, level < 0.0755], [TRANSFERRED, DROPPED_OUT, DIED], STAYS)
    return np.where(has_left, left, stayed)


def exiting(exits: Exits) -> list[Counted]:
    """FS009, by LEA and state: every basis by age and disability, race, sex and learner status."""
    people = exits.people
    basis, age = Category("BasisofExitID", BASES, exits.basis), Category("AgeID", AGES, exits.age)
    disability, race, sex = people.drawn("DisabilityCategoryID", 1, DISABILITIES), people.race(), people.sex()
    learner = Category("LEPStatusID", ("NLEP", "LEP"), people.has("english_learner").astype(np.int64))
    others = (age, race, sex, learner, disability)
    sets = (
        CategorySet((disability.column, age.column, basis.column)),
        *(CategorySet((one.column, basis.column)) for one in (race, sex, learner)),
        *(CategorySet((one.column,), is_total=True) for one in (basis, *others)),
        TOTAL,
    )
    return [Counted("IDEAEXITSPED", units_of(people.state, people.school), (basis, *others), sets)]


def draw_evaluations(settings: Settings, state: State, students: Students, spells: Spells) -> Evaluations:
    """Draw how many families consented to a first evaluation, and how many were done within sixty days."""
    draw = settings.generator(606, students.year)
    enrolled = np.bincount(state.reporters[spells.school], minlength=len(state.leas))
    consents = draw.poisson(CONSENTS_PER_STUDENT * enrolled)
    share = np.clip(ON_TIME[students.year] + draw.normal(0.0, 0.05, len(consents)), 0.4, 1.0)
    return Evaluations(consents, draw.binomial(consents, share))


def write_evaluations(evaluations: Evaluations, state: State, year: int, folder: Path) -> None:
    """Write a row for every district that is open, also where nobody consented."""
    kept = np.array([lea.position for lea in state.operating])
    write_columns(
        folder / "programs" / f"idea_evaluations_{year}.csv",
        {
            "SchoolYear": same(year, len(kept)),
            "DistrictCode": words([lea.state_id for lea in state.leas], kept),
            "ConsentsReceived": numbers(evaluations.consents[kept]),
            "EvaluatedOnTime": numbers(evaluations.on_time[kept]),
        },
    )
