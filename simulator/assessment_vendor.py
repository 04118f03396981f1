"""The testing vendor's file of a year: a fixed-width record a student and subject, and what it adds up to.

Put here: scores of single students in reading/language arts, mathematics and science, and their records.
Not here: who was tested with what result (`outcomes`, `edfacts.assessments`), the state's own counts.

The results are those that the state submits to EDFacts, student by student. Scores are drawn within the range
of the performance level; names and birth dates are made from the student's number and mean nothing.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from simulator.attendance import student_ids
from simulator.edfacts.assessments import EXEMPT, NOT_TESTED, Subject
from simulator.organizations import Ints, State
from simulator.school_year import Year
from simulator.settings import Settings

ROWS_PER_PART = 250_000
# Columns of a record and their widths, in order; trailing blanks belong to it.
WIDTHS = {
    "school_year": 4,
    "subject": 3,
    "lea": 7,
    "school": 7,
    "student": 9,
    "last_name": 15,
    "first_name": 12,
    "birth_date": 8,
    "grade": 2,
    "form": 1,
    "reason_not_tested": 1,
    "scale_score": 4,
    "performance_level": 1,
    "filler": 25,
    "end": 1,
}
FORMS = ("R", "A", "T")  # regular, with accommodations, alternate
LEVEL_WIDTH = 150  # points of a performance level; each grade begins 50 points above the one before
LAST_NAMES = ("Alder", "Aspen", "Beech", "Birch", "Cedar", "Elm", "Fir", "Hazel", "Juniper", "Larch", "Maple",
              "Rowan", "Spruce", "Willow")  # fmt: skip
FIRST_NAMES = ("Ash", "Brook", "Clay", "Dale", "Fern", "Glen", "Heath", "Lake", "Reed", "River", "Robin")


def write_results(settings: Settings, happened: Year, folder: Path) -> None:
    """Write the year's records, and beside the truth how many were to be tested, scored and proficient."""
    subjects = happened.subjects
    year = happened.students.year
    path = folder / "assessment" / f"summative_{year}.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="ascii", newline="") as handle:
        for number, (word, subject) in enumerate(subjects.items()):
            draw = settings.generator(41, year, number)
            for record in _records(happened.state, word, subject, draw):
                handle.write(record)
    _tell(subjects, year, folder / "truth" / f"assessment_results_{year}.csv")


def _records(state: State, word: str, subject: Subject, draw: np.random.Generator) -> Iterator[str]:
    """The records of a subject as text, a part at a time."""
    ids = student_ids(subject.people.students)
    for start in range(0, len(subject.how), ROWS_PER_PART):
        part = np.zeros(len(subject.how), dtype=np.bool_)
        part[start : start + ROWS_PER_PART] = True
        lines = _lines(state, word, subject.where(part), ids, draw)
        yield "".join(f"{line}\n" for line in lines.to_pylist())


def _lines(state: State, word: str, subject: Subject, ids: pa.Array, draw: np.random.Generator) -> pa.Array:
    people, count = subject.people, len(subject.how)
    students = people.students
    number, grade = students.number[people.who], students.grade[people.who]
    level, score = _scores(subject, grade, draw)
    has_score = subject.how < NOT_TESTED
    reason = np.where(subject.how == EXEMPT, "M", np.where(has_score, "", "N"))
    authorizers = [state.leas[school.authorizer].state_id for school in state.schools]
    cells = {
        "school_year": _words((str(students.year),), np.zeros(count, dtype=np.int64)),
        "subject": _words((word,), np.zeros(count, dtype=np.int64)),
        "lea": _words(authorizers, people.school),
        "school": _words([school.state_id for school in state.schools], people.school),
        "student": ids.take(pa.array(people.who)),
        "last_name": _words(LAST_NAMES, number % len(LAST_NAMES)),
        "first_name": _words(FIRST_NAMES, number % len(FIRST_NAMES)),
        "birth_date": _birth_dates(number, students.year - 6 - grade),
        "grade": pa.array([f"{g:02d}" for g in range(13)]).take(pa.array(grade)),
        "form": _words((*FORMS, ""), np.where(has_score, subject.how, len(FORMS))),
        "reason_not_tested": pa.array(reason),
        "scale_score": _shown(score, has_score),
        "performance_level": _shown(level, has_score),
        "filler": _words(("",), np.zeros(count, dtype=np.int64)),
        "end": _words((".",), np.zeros(count, dtype=np.int64)),
    }
    padded = [pc.utf8_rpad(cells[name], width) for name, width in WIDTHS.items()]
    return pc.binary_join_element_wise(*padded, "")


def _scores(subject: Subject, grade: Ints, draw: np.random.Generator) -> tuple[Ints, Ints]:
    """Performance level 1 to 4, proficient from 3, and a score within its range."""
    above = draw.random(len(grade)) < np.where(subject.proficient, 0.3, 0.6)
    level = np.where(subject.proficient, 3, 1) + above
    score = 2000 + 50 * grade + LEVEL_WIDTH * (level - 1) + draw.integers(0, LEVEL_WIDTH, len(grade))
    return level, score


def _birth_dates(number: Ints, year: Ints) -> pa.Array:
    """Month, day and year, eight digits."""
    date = (number % 12 + 1) * 1_000_000 + (number % 28 + 1) * 10_000 + year
    return pc.utf8_lpad(pc.cast(pa.array(date), pa.string()), 8, "0")


def _words(words: list[str] | tuple[str, ...], index: Ints) -> pa.Array:
    return pa.array(list(words), pa.string()).take(pa.array(index))


def _shown(figures: Ints, where: np.ndarray) -> pa.Array:
    """Figures as text; blank where there are none."""
    return pc.if_else(pa.array(where), pc.cast(pa.array(figures), pa.string()), "")


def _tell(subjects: Mapping[str, Subject], year: int, path: Path) -> None:
    """How many of each subject and grade were to be tested, have a score, and are proficient."""
    path.parent.mkdir(exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(
            ("school_year", "subject", "grade", "students", "scored_students", "proficient_students")
        )
        for word, subject in subjects.items():
            grade = subject.people.students.grade[subject.people.who]
            for one in np.unique(grade):
                of = grade == one
                scored = of & (subject.how < NOT_TESTED)
                counts = (int(of.sum()), int(scored.sum()), int((subject.proficient & of).sum()))
                writer.writerow((year, word, f"{one:02d}", *counts))
