"""The true answers about graduation.

Put here: rates of cohorts by group. Not here: who graduated (`outcomes`).
"""

from __future__ import annotations

import numpy as np

from simulator.organizations import Ints
from simulator.outcomes import DID_NOT_GRADUATE, GraduationCohort
from simulator.people import Flags, Students
from simulator.truth.answers import LEA, SEA, Truth
from simulator.vocabulary import GROUPS, SEXES

# No system of Franklin tells graduation by sex, migrant or military status: FS151 has no such columns.
GRADUATION_GROUPS = tuple(name for name in GROUPS if name not in (*SEXES, "migrant", "military_connected"))


def tell_graduation(truth: Truth, students: Students, cohort: GraduationCohort) -> None:
    """Four-year graduation by group: regular and alternate diplomas over the adjusted cohort."""
    _tell_rates(truth, "graduation_rate_4yr", students.year, students, cohort)


def tell_homeless(truth: Truth, students: Students, cohort: GraduationCohort) -> None:
    """Four-year graduation of homeless students, of LEAs and the state, as a measure of its own."""
    sums = _sums(truth, students.group("homeless"), cohort)
    there = (sums[1] > 0) & truth.places.of(LEA, SEA)
    truth.percentages("homeless_graduation_rate", students.year, sums, there, {})


def tell_five_years(truth: Truth, year: int, students: Students, cohort: GraduationCohort) -> None:
    """Five-year graduation: of the cohort of the year before, with the groups they had then."""
    _tell_rates(truth, "graduation_rate_5yr", year, students, cohort)


def _tell_rates(truth: Truth, measure: str, year: int, students: Students, cohort: GraduationCohort) -> None:
    for group in GRADUATION_GROUPS:
        sums = _sums(truth, students.group(group), cohort)
        truth.percentages(measure, year, sums, sums[1] > 0, {"group": group})


def _sums(truth: Truth, group: Flags, cohort: GraduationCohort) -> tuple[Ints, Ints]:
    """Graduates and members of a group by place."""
    at, inside = truth.places, group[cohort.student]
    graduated = np.asarray(cohort.outcome != DID_NOT_GRADUATE)
    return (
        at.sums(np.bincount(cohort.school[graduated & inside], minlength=at.schools)),
        at.sums(np.bincount(cohort.school[inside], minlength=at.schools)),
    )
