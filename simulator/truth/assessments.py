"""The true answers about tests: proficiency, participation, alternate assessments, gaps.

Put here: counts of tested students by school, group and grade. Not here: who was tested (`outcomes`,
`edfacts.assessments`), what accountability makes of it (`truth.accountability`).
"""

from __future__ import annotations

import numpy as np

from simulator.organizations import Ints
from simulator.outcomes import Tested
from simulator.people import Flags, Students
from simulator.truth.answers import Truth
from simulator.vocabulary import TRUTH_TESTED_GRADES


def tell_tests(truth: Truth, students: Students, tested: Tested) -> None:
    """English language arts proficiency by group, grade by grade and all together."""
    grade = students.grade[tested.student]
    for group, flag in students.groups().items():
        inside = flag[tested.student]
        sums = (
            by_grade(truth, tested.school, grade, tested.proficient & inside),
            by_grade(truth, tested.school, grade, inside),
        )
        for place, word in enumerate(GRADE_WORDS):
            counts = (sums[0][place], sums[1][place])
            # A submission file has no row for nobody, so an organization without such students has no figure.
            dimensions = {"group": group, "grade": word, "subject": "ela"}
            truth.percentages("ela_proficiency_rate", students.year, counts, counts[1] > 0, dimensions)


GRADE_WORDS = ("all", *TRUTH_TESTED_GRADES.values())
GRADE_PLACES = np.full(13, -1)
GRADE_PLACES[list(TRUTH_TESTED_GRADES)] = np.arange(len(TRUTH_TESTED_GRADES))


def by_grade(truth: Truth, school: Ints, grade: Ints, who: Flags) -> Ints:
    """Count by place: all grades together first, then each tested grade."""
    grades, schools = len(TRUTH_TESTED_GRADES), truth.places.schools
    flat = GRADE_PLACES[grade[who]] * schools + school[who]
    counts = np.bincount(flat, minlength=grades * schools).reshape(grades, schools)
    return truth.places.sums(np.concatenate([counts.sum(axis=0, keepdims=True), counts]))
