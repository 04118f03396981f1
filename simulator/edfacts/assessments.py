"""What a state submits about tests: achievement and participation in three subjects.

Put here: FS175, FS178, FS179, FS185, FS188, FS189. Not here: who was tested in reading/language arts
(`outcomes`).

Mathematics and science are drawn here: a student's result leans on the one in reading/language arts.
Table types of FS188 are our own; all others are Generate's or a state's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulator.edfacts.counting import Category, CategorySet, Counted, units_of
from simulator.edfacts.population import CODES, People
from simulator.organizations import Ints
from simulator.outcomes import Tested
from simulator.people import Flags
from simulator.settings import Settings
from simulator.vocabulary import STATUSES, TESTED_GRADES

HIGH_SCHOOL_GRADE = 11
SCIENCE_GRADES = (5, 8, 11)
GRADE, ASSESSMENT, PROFICIENCY = "GradeLevelID", "AssessAdministeredID", "ProficiencyStatusID"
PARTICIPATION = "TestingStatusID"
NOT_TESTED, EXEMPT = 3, 4
ASSESSMENTS = ("REGASSWOACC", "REGASSWACC", "ALTASSALTACH")
HIGH_SCHOOL_ASSESSMENTS = ("HSREGASMTIWOACC", "HSREGASMTIWACC", "ALTASSALTACH")
TOOK_PART = ("REGPARTWOACC", "REGPARTWACC", "ALTPARTALTACH", "NPART", "MEDEXEMPT")
HIGH_SCHOOL_TOOK_PART = ("PHSRGASMIWOACC", "PHSRGASMIWACC", "ALTPARTALTACH", "NPART", "MEDEXEMPT")
GROUPS = ("RaceEthnicityID", "GenderID", *(CODES[name][0] for name in STATUSES))


@dataclass(frozen=True)
class Subject:
    """Whoever was to be tested: how (an assessment, or not at all), and with what result."""

    people: People
    how: Ints  # 0 to 2: the assessment; NOT_TESTED or EXEMPT
    proficient: Flags

    @property
    def is_high_school(self) -> Flags:
        """Who took the high school test."""
        return np.asarray(self.people.students.grade[self.people.who] == HIGH_SCHOOL_GRADE)

    def where(self, flags: Flags) -> Subject:
        """Those of whom it is true."""
        return Subject(self.people.where(flags), self.how[flags], self.proficient[flags])


def reading(enrolled: People, tested: Tested) -> Subject:
    """Reading/language arts: `enrolled` are those there on the test day, of whom `tested` have a score."""
    grades = np.isin(enrolled.students.grade[enrolled.who], TESTED_GRADES)
    people = enrolled.where(np.asarray(grades))
    size = len(people.students.number)
    keys, scored = people.school * size + people.who, tested.school * size + tested.student
    order = np.argsort(scored)
    place = np.searchsorted(scored[order], keys).clip(0, max(0, len(scored) - 1))
    has_score = scored[order][place] == keys
    missed = np.where(people.lasting(11) < 0.04, EXEMPT, NOT_TESTED)
    how = np.where(has_score, tested.assessment[order][place], missed)
    return Subject(people, how, np.asarray(has_score & tested.proficient[order][place]))


def other_subject(settings: Settings, of: Subject, purpose: int, harder: float) -> Subject:
    """Another subject of the same students: most have the same result, fewer of the rest are proficient."""
    draw = settings.generator(purpose, of.people.students.year)
    count = len(of.how)
    again = draw.random(count) < 0.35
    proficient = np.where(again, draw.random(count) < 0.45 - harder, of.proficient)
    sick = (draw.random(count) < 0.01) & (of.how < NOT_TESTED)
    how = np.where(sick, NOT_TESTED, of.how)
    return Subject(of.people, how, np.asarray(proficient & (how < NOT_TESTED)))


def science(settings: Settings, of: Subject) -> Subject:
    """Science is tested in three grades."""
    tested = of.where(np.asarray(np.isin(of.people.students.grade[of.people.who], SCIENCE_GRADES)))
    return other_subject(settings, tested, 23, 0.08)


def of_all_subjects(settings: Settings, enrolled: People, tested: Tested) -> dict[str, Subject]:
    """The three subjects, by the testing vendor's words; `enrolled` are those there on the test day."""
    of_reading = reading(enrolled, tested)
    return {
        "RLA": of_reading,
        "MTH": other_subject(settings, of_reading, 22, 0.03),
        "SCI": science(settings, of_reading),
    }


def achievement(subject: Subject, lower: str, high: str) -> list[Counted]:
    """FS175, FS178, FS179: who has a valid score, in two tables, lower grades and high school."""
    scored = subject.where(np.asarray(subject.how < NOT_TESTED))
    tables = []
    for table, of, words in (
        (lower, ~scored.is_high_school, ASSESSMENTS),
        (high, scored.is_high_school, HIGH_SCHOOL_ASSESSMENTS),
    ):
        part = scored.where(of)
        base = (
            _grade(part.people),
            Category(ASSESSMENT, words, part.how),
            Category(PROFICIENCY, ("NOTPROFICIENT", "PROFICIENT"), part.proficient.astype(np.int64)),
        )
        tables.append(_by_group(table, part.people, base))
    return tables


def participation(subject: Subject, lower: str, high: str) -> list[Counted]:
    """FS185, FS188: all who were to be tested, in two tables, and race crossed with disability."""
    tables = []
    for table, of, words in (
        (lower, ~subject.is_high_school, TOOK_PART),
        (high, subject.is_high_school, HIGH_SCHOOL_TOOK_PART),
    ):
        part = subject.where(of)
        base = (_grade(part.people), Category(PARTICIPATION, words, part.how))
        crossed = CategorySet(("RaceEthnicityID", "DisabilityStatusID", GRADE, PARTICIPATION))
        tables.append(_by_group(table, part.people, base, crossed))
    return tables


def science_participation(subject: Subject) -> list[Counted]:
    """FS189: one table for all grades."""
    base = (_grade(subject.people), Category(PARTICIPATION, TOOK_PART, subject.how))
    return [_by_group("STUPARTSCI", subject.people, base)]


def _by_group(table: str, people: People, base: tuple[Category, ...], *more: CategorySet) -> Counted:
    """The base categories crossed with one group at a time, and their total."""
    names = tuple(category.column for category in base)
    groups = (people.race(major=True), people.sex(), *(people.status(name) for name in STATUSES))
    sets = (*(CategorySet((group, *names)) for group in GROUPS), *more, CategorySet(names, is_total=True))
    return Counted(table, units_of(people.state, people.school), (*base, *groups), sets)


def _grade(people: People) -> Category:
    codes = tuple("HS" if grade == HIGH_SCHOOL_GRADE else f"{grade:02d}" for grade in TESTED_GRADES)
    return Category(GRADE, codes, np.searchsorted(TESTED_GRADES, people.students.grade[people.who]))
