"""The true answers about chronic absence: of the year, its gap, and of the year so far at each month's end.

Put here: who can be judged, who is chronically absent. Not here: the days themselves (`attendance`).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from simulator.organizations import Ints
from simulator.people import Flags, Spells, Students
from simulator.school_calendar import month_ends
from simulator.truth.answers import LEA, SEA, Truth

MINIMUM_DAYS_ENROLLED = 10


def eligible_spells(spells: Spells) -> Flags:
    """Students enrolled at the school on at least ten days."""
    return np.asarray(spells.days >= MINIMUM_DAYS_ENROLLED)


def chronic_spells(spells: Spells, absent: Ints) -> Flags:
    """Students chronically absent at the school: absent on a tenth of the days enrolled there, or more."""
    return np.asarray(eligible_spells(spells) & (absent * 10 >= spells.days))


def tell_absence(truth: Truth, students: Students, spells: Spells, absent: Ints) -> None:
    """Chronic absence by group and its gap to all students; a mover counts at each school."""
    eligible, chronic = eligible_spells(spells), chronic_spells(spells, absent)
    at = truth.places
    overall: np.ndarray | None = None
    for group, flag in students.groups().items():
        inside = flag[spells.student]
        numerator, denominator = (
            at.sums(np.bincount(spells.school[who & inside], minlength=at.schools))
            for who in (chronic, eligible)
        )
        there = denominator > 0
        dimensions = {"group": group, "grade": "all"}
        truth.percentages("chronic_absence_rate", students.year, (numerator, denominator), there, dimensions)
        share = numerator / np.maximum(denominator, 1)
        if overall is None:
            overall = share
        else:
            points = 100 * (share - overall)
            # The rate has a figure for schools too; the gap is told for LEAs and the state.
            wanted = there & at.of(LEA, SEA)
            truth.values("chronic_absence_gap", students.year, denominator, points, wanted, dimensions)


def tell_absence_to_date(
    truth: Truth, students: Students, spells: Spells, to_date: npt.NDArray[np.int16]
) -> None:
    """Chronic absence from the first day to the end of each month, by group; who has left counts, too.

    Args:
        truth: Where it is told.
        students: The year's students.
        spells: Their enrolments.
        to_date: Days absent of each spell by the end of each month.
    """
    at = truth.places
    for (month, end), absent in zip(month_ends(students.year), to_date, strict=True):
        days = np.clip(end - spells.first_day, 0, spells.days)
        eligible = days >= MINIMUM_DAYS_ENROLLED
        chronic = eligible & (absent.astype(np.int64) * 10 >= days)
        for group, flag in students.groups().items():
            inside = flag[spells.student]
            numerator, denominator = (
                at.sums(np.bincount(spells.school[who & inside], minlength=at.schools))
                for who in (chronic, eligible)
            )
            dimensions = {"group": group, "period": month}
            truth.percentages(
                "chronic_absence_rate_to_date",
                students.year,
                (numerator, denominator),
                denominator > 0,
                dimensions,
            )
