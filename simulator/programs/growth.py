"""Growth of a year: who has a score in two years, and who grew as much as was asked.

Put here: the draws of growth in reading/language arts and mathematics, and the file of them.
Not here: the scores of this year (`edfacts.assessments`).

The alternate assessment has no growth. A student has a score of the year before in most cases: who came from
elsewhere or missed that test has none. Grade 3 has no earlier test.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from simulator.edfacts.assessments import NOT_TESTED, Subject
from simulator.organizations import Ints, State
from simulator.outcomes import ALTERNATE
from simulator.programs.files import numbers, same, words, write_columns
from simulator.programs.judged import GROUP_CODES, Judged, chance
from simulator.settings import Settings

GRADES = (4, 5, 6, 7, 8)
GRADE_CODES = ("ALL", *(f"{grade:02d}" for grade in GRADES))
SUBJECTS = ("RLA", "MTH")
HAS_EARLIER_SCORE = 0.93
YEAR_GAIN = {2023: -0.15, 2024: 0.0, 2025: 0.12}


def draw_growth(settings: Settings, subjects: Mapping[str, Subject], schools: int) -> dict[str, Judged]:
    """Whoever has two scores, by subject, and who met the growth target; some schools teach better."""
    taught = settings.generator(601).normal(0.0, 0.3, schools)
    drawn = {}
    for number, name in enumerate(SUBJECTS):
        subject = subjects[name]
        year = subject.people.students.year
        draw = settings.generator(602, year, number)
        grades = np.isin(subject.people.students.grade[subject.people.who], GRADES)
        again = draw.random(len(subject.how)) < HAS_EARLIER_SCORE
        both = subject.where(
            np.asarray(grades & again & (subject.how < NOT_TESTED) & (subject.how != ALTERNATE))
        )
        people = both.people
        score = (
            YEAR_GAIN[year] + taught[people.school] + 0.25 * people.students.ability[people.who]
            + 0.5 * both.proficient - 0.3 * people.has("economically_disadvantaged")
            - 0.35 * people.has("children_with_disabilities") + 0.1 * people.has("english_learner")
        )  # fmt: skip
        drawn[name] = Judged(people, np.asarray(draw.random(len(score)) < chance(score)))
    return drawn


def write_growth(growth: Mapping[str, Judged], state: State, year: int, folder: Path) -> None:
    """Write a cell for each school, subject, grade and group that has somebody."""
    size = len(state.schools)
    shape = (size, len(SUBJECTS), len(GRADE_CODES), len(GROUP_CODES))
    both, met = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
    for number, name in enumerate(SUBJECTS):
        judged = growth[name]
        for place, (_, inside) in enumerate(judged.groups()):
            both[:, number, :, place] = _by_grade(judged, inside, size)
            met[:, number, :, place] = _by_grade(judged, inside & judged.good, size)
    school, subject, grade, group = np.nonzero(both)
    kept = (school, subject, grade, group)
    leas = [state.leas[one.reporting].state_id for one in state.schools]
    write_columns(
        folder / "growth" / f"growth_{year}.csv",
        {
            "SchoolYear": same(year, len(school)),
            "DistrictCode": words(leas, school),
            "SchoolCode": words([one.state_id for one in state.schools], school),
            "Subject": words(SUBJECTS, subject),
            "Grade": words(GRADE_CODES, grade),
            "StudentGroup": words(tuple(GROUP_CODES.values()), group),
            "StudentsWithTwoScores": numbers(both[kept]),
            "StudentsMeetingGrowth": numbers(met[kept]),
        },
    )


def _by_grade(judged: Judged, inside: np.ndarray, size: int) -> Ints:
    """Schools by grades, all grades first."""
    grade = judged.people.students.grade[judged.people.who[inside]] - GRADES[0]
    flat = judged.people.school[inside] * len(GRADES) + grade
    cells = np.bincount(flat, minlength=size * len(GRADES)).reshape(size, len(GRADES))
    return np.concatenate([cells.sum(axis=1, keepdims=True), cells], axis=1)
