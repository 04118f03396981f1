"""The true answers about schools as the state holds them to account.

Put here: proficiency by the rule of the 95 percent, schools in comprehensive support, teachers of schools in
poverty. Not here: which schools are in support (`edfacts.statuses`), plain rates (`truth.assessments`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulator.edfacts import statuses
from simulator.edfacts.assessments import EXEMPT, NOT_TESTED
from simulator.edfacts.graduation import cohort_people
from simulator.edfacts.population import People, on_day, poverty_share
from simulator.edfacts.staff import teachers
from simulator.edfacts.students import TARGETED
from simulator.organizations import Floats
from simulator.outcomes import DID_NOT_GRADUATE
from simulator.people import Flags
from simulator.school_year import Year
from simulator.settings import STATE_CODE
from simulator.truth.answers import SCHOOL, SEA, Place, Truth

FULL_ACADEMIC_YEAR = 150  # days at the school
STATE = Place(STATE_CODE, SEA, "none")


def tell_full_year_students(truth: Truth, happened: Year) -> None:
    """Reading proficiency of who was at the school all year, of at least 95 percent of those enrolled."""
    subject = happened.subjects["RLA"]
    people = subject.people
    counted = (_days_there(happened, people) >= FULL_ACADEMIC_YEAR) & (subject.how != EXEMPT)
    at, tested = truth.places, subject.how < NOT_TESTED
    for group, flag in happened.students.groups().items():
        inside = counted & flag[people.who]
        proficient, took, enrolled = (
            at.sums(np.bincount(people.school[inside & flags], minlength=at.schools))
            for flags in (subject.proficient, tested, np.ones_like(tested))
        )
        # In hundredths: 95 percent of a whole number has two decimals.
        denominator = np.maximum(100 * took, 95 * enrolled)
        there = (enrolled > 0) & at.of(SCHOOL, SEA)
        truth.percentages(
            "accountability_ela_proficiency_rate",
            happened.number,
            (100 * proficient, denominator),
            there,
            {"group": group, "subject": "ela"},
            hundredths=True,
        )


def _days_there(happened: Year, people: People) -> np.ndarray:
    """How many days each was enrolled at the school in question; spells are ordered by school and student."""
    spells, size = happened.spells, len(happened.students.number)
    place = np.searchsorted(spells.school * size + spells.student, people.school * size + people.who)
    return np.asarray(spells.days[place])


@dataclass(frozen=True)
class Support:
    """The schools of a year: in comprehensive support, with a Title I program, proficient by subject."""

    comprehensive: Flags
    title_i: Flags
    rates: Floats  # [subject, school]; not a number where nobody has a score


def support(happened: Year) -> Support:
    """What a year says about its schools."""
    state, size = happened.state, len(happened.state.schools)
    tested = happened.tested
    reading = statuses.Rate(
        People(state, happened.students, tested.student, tested.school), tested.proficient
    )
    graduated = np.asarray(happened.cohort.outcome != DID_NOT_GRADUATE)
    cohort = statuses.Rate(cohort_people(state, happened.students, happened.cohort), graduated)
    comprehensive = np.zeros(size, dtype=np.bool_)
    comprehensive[list(statuses.comprehensive(state, reading, cohort))] = True
    rates = np.full((2, size), np.nan)
    for row, name in enumerate(("RLA", "MTH")):
        subject = happened.subjects[name]
        scored = np.bincount(subject.people.school[subject.how < NOT_TESTED], minlength=size)
        good = np.bincount(subject.people.school[subject.proficient], minlength=size)
        rates[row, scored > 0] = 100 * good[scored > 0] / scored[scored > 0]
    poverty = poverty_share(on_day(state, happened.students, happened.spells))
    return Support(comprehensive, np.asarray(poverty >= TARGETED), rates)


def tell_support(truth: Truth, year: int, now: Support, before: Support) -> None:
    """Schools that left comprehensive support since the year before, and how schools in it changed."""
    left = before.comprehensive & ~now.comprehensive
    if before.comprehensive.any():
        truth.ratio("csi_exit_rate", STATE, year, int(left.sum()), int(before.comprehensive.sum()))
    change = now.rates - before.rates
    known = (~np.isnan(change)).sum(axis=0)
    mean = np.where(known > 0, np.nansum(change, axis=0) / np.maximum(known, 1), np.nan)
    supported, title_i = mean[now.comprehensive & (known > 0)], mean[now.title_i & (known > 0)]
    compared = len(supported) > 0 and len(title_i) > 0
    gain = float(supported.mean() - title_i.mean()) if compared else None
    truth.add("csi_proficiency_gain", STATE, year, None, len(supported), gain)


def tell_teachers(truth: Truth, happened: Year) -> None:
    """How many points more of teachers in the poorest schools are inexperienced, or out of their field."""
    fall = on_day(happened.state, happened.students, happened.spells)
    poorest, richest = statuses.poverty_quartiles(poverty_share(fall))
    (table,) = teachers(fall)
    school, hundredths = table.unit["SCH"], table.weight
    if hundredths is None:
        raise AssertionError("teachers are weighted by their time")
    columns = {category.column: category.index == 1 for category in table.categories}
    for measure, column in (
        ("inexperienced_teacher_gap", "InexperiencedStatusID"),
        ("out_of_field_teacher_gap", "OutOfFieldID"),
    ):
        shares = [
            hundredths[kind[school] & columns[column]].sum() / max(1, hundredths[kind[school]].sum())
            for kind in (poorest, richest)
        ]
        points = float(100 * (shares[0] - shares[1]))
        truth.add(measure, STATE, happened.number, None, int((poorest | richest).sum()), points)
