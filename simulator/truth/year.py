"""The true answers of a school year about its students and schools.

Put here: which answers a year gives, and what is kept of it for the next. Not here: how they are counted (the
other modules).
"""

from __future__ import annotations

from simulator.school_year import Year
from simulator.truth.absence import tell_absence, tell_absence_to_date
from simulator.truth.accountability import (
    Support,
    support,
    tell_full_year_students,
    tell_support,
    tell_teachers,
)
from simulator.truth.answers import Truth
from simulator.truth.assessments import tell_subjects, tell_tests
from simulator.truth.graduation import tell_five_years, tell_graduation, tell_homeless
from simulator.truth.programs import tell_programs


def tell_year(truth: Truth, happened: Year, supports: dict[int, Support]) -> None:
    """Tell everything about the students and schools of a year.

    Args:
        truth: Where it is told.
        happened: The year.
        supports: Schools of the years told before, by year; this one is added.
    """
    year, students, spells = happened.number, happened.students, happened.spells
    tell_absence(truth, students, spells, happened.absent.total)
    tell_absence_to_date(truth, students, spells, happened.absent.to_date)
    tell_tests(truth, students, happened.tested)
    tell_subjects(truth, happened.subjects)
    tell_full_year_students(truth, happened)
    tell_graduation(truth, students, happened.cohort)
    tell_homeless(truth, students, happened.cohort)
    tell_five_years(truth, year, *happened.five_years)
    tell_programs(truth, happened)
    tell_teachers(truth, happened)
    supports[year] = support(happened)
    if year - 1 in supports:
        tell_support(truth, year, supports[year], supports[year - 1])
