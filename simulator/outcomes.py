"""Tests and diplomas: the draws behind the assessment and graduation figures.

Put here: who was tested in reading/language arts with what result, who is in a cohort and who graduated, in
four years or in five.
Not here: the submission files that count them (see `edfacts`), and the rates (see `truth`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulator.attendance import days_absent
from simulator.organizations import Ints, State
from simulator.people import Flags, Spells, Students, enrolled_students, enrolment_spells
from simulator.school_calendar import INSTRUCTIONAL_DAYS
from simulator.settings import Settings
from simulator.vocabulary import TESTED_GRADES

TEST_DAY = 150  # a student is tested where enrolled on this day
PARTICIPATION = 0.97
YEAR_GAIN = {2022: -0.06, 2023: 0.0, 2024: 0.09, 2025: 0.15}

WITHOUT_ACCOMMODATION, WITH_ACCOMMODATION, ALTERNATE = 0, 1, 2
DID_NOT_GRADUATE, REGULAR_DIPLOMA, ALTERNATE_DIPLOMA = 0, 1, 2


@dataclass(frozen=True)
class Tested:
    """Students with a valid score in reading/language arts."""

    student: Ints
    school: Ints
    assessment: Ints
    proficient: Flags


FIFTH_YEAR, FIFTH_YEAR_WITH_DISABILITY = 0.28, 0.42  # of those without a diploma, who gets one a year later
LEFT_COHORT = 0.1  # of those still without one, who moves to another state or country


@dataclass(frozen=True)
class GraduationCohort:
    """Members of an adjusted cohort; `student` says whose sex, race and statuses they have."""

    student: Ints
    school: Ints
    outcome: Ints


def take_tests(settings: Settings, students: Students, spells: Spells, absent: Ints) -> Tested:
    """Draw who took the test and who is proficient; absence costs learning."""
    draw = settings.generator(8, students.year)
    here = np.flatnonzero((spells.first_day <= TEST_DAY) & (spells.last_day > TEST_DAY))
    here = here[np.isin(students.grade[spells.student[here]], TESTED_GRADES)]
    here = here[draw.random(len(here)) < PARTICIPATION]
    who = spells.student[here]
    missed = absent[here] / spells.days[here]
    poor, disabled, learning = (
        students.statuses[name][who]
        for name in ("economically_disadvantaged", "children_with_disabilities", "english_learner")
    )
    score = (
        0.35 + YEAR_GAIN[students.year] + 0.9 * students.ability[who] - 0.85 * poor - 1.1 * disabled
        - 1.0 * learning - 3.0 * missed + 0.5 * (students.race[who] == 1)
    )  # fmt: skip
    kind = draw.random(len(who))
    assessment = np.where(disabled & (kind < 0.35), WITH_ACCOMMODATION, WITHOUT_ACCOMMODATION)
    assessment = np.where(disabled & (kind > 0.92), ALTERNATE, assessment)
    proficient = draw.random(len(who)) < 1 / (1 + np.exp(-score))
    return Tested(student=who, school=spells.school[here], assessment=assessment, proficient=proficient)


def graduate(
    settings: Settings, state: State, students: Students, spells: Spells, absent: Ints
) -> GraduationCohort:
    """Draw the cohort of a year: the twelfth graders at its end, and those who dropped out on the way."""
    draw = settings.generator(9, students.year)
    last = np.flatnonzero((spells.last_day == INSTRUCTIONAL_DAYS) & (students.grade[spells.student] == 12))
    who, school = spells.student[last], spells.school[last]
    missed = absent[last] / spells.days[last]
    poor, disabled = (
        students.statuses[name][who] for name in ("economically_disadvantaged", "children_with_disabilities")
    )
    score = (
        3.2
        + YEAR_GAIN[students.year]
        + 0.6 * students.ability[who]
        - 0.7 * poor
        - 0.8 * disabled
        - 4.0 * missed
    )
    graduated = draw.random(len(who)) < 1 / (1 + np.exp(-score))
    alternate = graduated & disabled & (draw.random(len(who)) < 0.06)
    outcome = np.where(alternate, ALTERNATE_DIPLOMA, np.where(graduated, REGULAR_DIPLOMA, DID_NOT_GRADUATE))
    # Dropouts are not enrolled any more: like some member of the cohort, who in poverty twice as likely.
    weight = np.where(poor, 2.0, 1.0)
    gone = draw.choice(len(who), size=max(1, round(0.05 * len(who))), p=weight / weight.sum())
    return GraduationCohort(
        student=np.concatenate([who, who[gone]]),
        school=np.concatenate([school, school[gone]]),
        outcome=np.concatenate([outcome, np.full(len(gone), DID_NOT_GRADUATE)]),
    )


def cohort_of(settings: Settings, state: State, year: int) -> tuple[Students, GraduationCohort]:
    """The four-year cohort of a school year that is not written: the same as if it were."""
    students = enrolled_students(settings, state, year)
    spells = enrolment_spells(settings, students)
    return students, graduate(
        settings, state, students, spells, days_absent(settings, state, students, spells)
    )


def a_year_later(settings: Settings, students: Students, cohort: GraduationCohort) -> GraduationCohort:
    """The same cohort after a fifth year: some have a diploma now, a few left the cohort."""
    draw = settings.generator(611, students.year)
    disabled = students.statuses["children_with_disabilities"][cohort.student]
    without = cohort.outcome == DID_NOT_GRADUATE
    odds = np.where(disabled, FIFTH_YEAR_WITH_DISABILITY, FIFTH_YEAR)
    late = without & (draw.random(len(odds)) < odds)
    diploma = np.where(disabled & (draw.random(len(odds)) < 0.1), ALTERNATE_DIPLOMA, REGULAR_DIPLOMA)
    stays = ~(without & ~late & (draw.random(len(odds)) < LEFT_COHORT))
    outcome = np.where(late, diploma, cohort.outcome)
    return GraduationCohort(cohort.student[stays], cohort.school[stays], outcome[stays])
