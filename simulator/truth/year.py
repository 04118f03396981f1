"""The true answers of a school year about its students.

Put here: which answers a year gives. Not here: how they are counted (the other modules).
"""

from __future__ import annotations

from simulator.school_year import Year
from simulator.truth.absence import tell_absence
from simulator.truth.answers import Truth
from simulator.truth.assessments import tell_tests
from simulator.truth.graduation import tell_five_years, tell_graduation


def tell_year(truth: Truth, happened: Year) -> None:
    """Tell everything about the students of a year."""
    students = happened.students
    tell_absence(truth, students, happened.spells, happened.absent.total)
    tell_tests(truth, students, happened.tested)
    tell_graduation(truth, students, happened.cohort)
    tell_five_years(truth, happened.number, *happened.five_years)
