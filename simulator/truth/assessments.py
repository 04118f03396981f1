"""The true answers about tests: proficiency, participation, alternate assessments, gaps.

Put here: counts of tested students by school, group and grade. Not here: who was tested (`outcomes`,
`edfacts.assessments`), what accountability makes of it (`truth.accountability`).

Whoever had a medical emergency does not count as enrolled where taking part is asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from simulator.edfacts.assessments import EXEMPT, NOT_TESTED, Subject
from simulator.organizations import Ints
from simulator.outcomes import ALTERNATE, Tested
from simulator.people import Flags, Students
from simulator.truth.answers import LEA, SEA, Truth
from simulator.vocabulary import TRUTH_TESTED_GRADES

SUBJECT_WORDS = {"RLA": "ela", "MTH": "math", "SCI": "science"}
GRADE_WORDS = ("all", *TRUTH_TESTED_GRADES.values())
GRADE_PLACES = np.full(13, -1)
GRADE_PLACES[list(TRUTH_TESTED_GRADES)] = np.arange(len(TRUTH_TESTED_GRADES))
Sums = tuple[Ints, Ints]


def tell_tests(truth: Truth, students: Students, tested: Tested) -> None:
    """English language arts proficiency by group, grade by grade and all together, and its gaps."""
    for_all: dict[str, Sums] = {}
    for group, grade, sums in _cells(
        truth, students, tested.student, tested.school, tested.proficient, np.ones_like(tested.proficient)
    ):
        dimensions = {"group": group, "grade": grade, "subject": "ela"}
        truth.percentages("ela_proficiency_rate", students.year, sums, sums[1] > 0, dimensions)
        if group == "all":
            for_all[grade] = sums
        else:
            _tell_gap(truth, students.year, for_all[grade], sums, dimensions)


def _tell_gap(truth: Truth, year: int, everybody: Sums, group: Sums, dimensions: Mapping[str, str]) -> None:
    """How many points more of all others are proficient; no value where there is nobody to compare with."""
    others = (everybody[0] - group[0], everybody[1] - group[1])
    points = 100 * (others[0] / np.maximum(others[1], 1) - group[0] / np.maximum(group[1], 1))
    values = np.where(others[1] > 0, points, np.nan)
    there = (group[1] > 0) & truth.places.of(LEA, SEA)
    truth.values("ela_proficiency_gap", year, group[1], values, there, dimensions)


def tell_subjects(truth: Truth, subjects: Mapping[str, Subject]) -> None:
    """Proficiency in mathematics and science, participation, and the share of alternate assessments."""
    for name, measure in (("MTH", "math_proficiency_rate"), ("SCI", "science_proficiency_rate")):
        subject = subjects[name]
        scored = np.asarray(subject.how < NOT_TESTED)
        _tell(truth, measure, name, subject, scored & subject.proficient, scored)
    for name, measure in (("RLA", "ela_participation_rate"), ("MTH", "math_participation_rate")):
        subject = subjects[name]
        scored, enrolled = np.asarray(subject.how < NOT_TESTED), np.asarray(subject.how != EXEMPT)
        _tell(truth, measure, name, subject, scored, enrolled)
    for name, subject in subjects.items():
        _tell_alternate(truth, name, subject)


def _tell(truth: Truth, measure: str, name: str, subject: Subject, good: Flags, counted: Flags) -> None:
    people = subject.people
    for group, grade, sums in _cells(truth, people.students, people.who, people.school, good, counted):
        dimensions = {"group": group, "grade": grade, "subject": SUBJECT_WORDS[name]}
        truth.percentages(measure, people.students.year, sums, sums[1] > 0, dimensions)


def _tell_alternate(truth: Truth, name: str, subject: Subject) -> None:
    """Alternate assessments among all tests taken in a subject."""
    at, school = truth.places, subject.people.school
    counts = [
        at.sums(np.bincount(school[flags], minlength=at.schools))
        for flags in (subject.how == ALTERNATE, subject.how < NOT_TESTED)
    ]
    there = (counts[1] > 0) & at.of(LEA, SEA)
    dimensions = {"subject": SUBJECT_WORDS[name]}
    truth.percentages(
        "alternate_assessment_rate", subject.people.students.year, (counts[0], counts[1]), there, dimensions
    )


def _cells(
    truth: Truth, students: Students, who: Ints, school: Ints, good: Flags, counted: Flags
) -> Iterator[tuple[str, str, Sums]]:
    """Group, grade, and who is good and who counts by place; all students and all grades come first.

    A submission file has no row for nobody, so an organization without such students has no figure.
    """
    grade = students.grade[who]
    for group, flag in students.groups().items():
        inside = flag[who] & counted
        numerators = by_grade(truth, school, grade, inside & good)
        denominators = by_grade(truth, school, grade, inside)
        for place, word in enumerate(GRADE_WORDS):
            yield group, word, (numerators[place], denominators[place])


def by_grade(truth: Truth, school: Ints, grade: Ints, who: Flags) -> Ints:
    """Count by place: all grades together first, then each tested grade."""
    grades, schools = len(TRUTH_TESTED_GRADES), truth.places.schools
    flat = GRADE_PLACES[grade[who]] * schools + school[who]
    counts = np.bincount(flat, minlength=grades * schools).reshape(grades, schools)
    return truth.places.sums(np.concatenate([counts.sum(axis=0, keepdims=True), counts]))
