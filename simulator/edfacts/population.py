"""Who is counted: people on a day or over the year, with the codes EDFacts has for them.

Put here: selections of enrolments, categories of people, lasting draws per student. Not here: which files
count them in which sets (other modules).

Two code styles occur: membership tables write races AM7, assessment and graduation tables write MAN.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulator.edfacts.counting import Category, flag
from simulator.finance import COUNT_DAY
from simulator.organizations import Floats, Ints, State
from simulator.people import Flags, Spells, Students
from simulator.vocabulary import RACES, SECTION_504, SEX_CODES, SIS_GRADES

CODES = {
    "children_with_disabilities": ("DisabilityStatusID", "WDIS"),
    "english_learner": ("LEPStatusID", "LEP"),
    "economically_disadvantaged": ("EconDisadvantagedStatusID", "ECODIS"),
    "homeless": ("HomelessServedID", "HOMELSENRL"),
    "migrant": ("MigrantStatusID", "MS"),
    "foster": ("FosterCareStatusID", "FCS"),
    "military_connected": ("MilitaryConnectedStudentStatusID", "MILCNCTD"),
    SECTION_504: ("DisabilityStatus504ID", "SECTION504"),  # our own code
}


@dataclass(frozen=True)
class People:
    """Students at schools: one element each, `who` a position in `students`."""

    state: State
    students: Students
    who: Ints
    school: Ints

    def where(self, flags: Flags) -> People:
        """Those of whom it is true."""
        return People(self.state, self.students, self.who[flags], self.school[flags])

    def has(self, status: str) -> Flags:
        """Who has a status."""
        return self.students.statuses[status][self.who]

    def status(self, name: str, column: str = "", code: str = "") -> Category:
        """The category of a status, under its usual column and code where none are given."""
        usual_column, usual_code = CODES[name]
        return flag(column or usual_column, code or usual_code, self.has(name))

    def race(self, *, major: bool = False) -> Category:
        """Race and ethnicity in the codes of membership tables, or of assessment tables."""
        codes = tuple(race.major_code if major else race.membership_code for race in RACES)
        return Category("RaceEthnicityID", codes, self.students.race[self.who])

    def sex(self) -> Category:
        """Sex."""
        return Category("GenderID", SEX_CODES, self.students.sex[self.who])

    def grade(self, column: str = "GradeLevelID") -> Category:
        """Grade, kindergarten to twelve."""
        return Category(column, SIS_GRADES, self.students.grade[self.who])

    def lasting(self, salt: int) -> Floats:
        """A number from 0 to 1 per element that a student keeps from year to year."""
        return lasting(self.students.number[self.who], salt)

    def drawn(self, column: str, salt: int, shares: dict[str, float]) -> Category:
        """A category of lasting draws, each code with its share."""
        bounds = np.cumsum(list(shares.values()))
        index = np.searchsorted(bounds / bounds[-1], self.lasting(salt), side="right")
        return Category(column, tuple(shares), index.clip(0, len(shares) - 1))


def lasting(numbers: Ints, salt: int) -> Floats:
    """Numbers from 0 to 1 that depend on a student's number and a purpose alone (SplitMix64)."""
    with np.errstate(over="ignore"):
        mixed = numbers.astype(np.uint64) + np.uint64(salt + 1) * np.uint64(0x9E3779B97F4A7C15)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray((mixed ^ (mixed >> np.uint64(31))) / np.float64(2**64))


def everybody(state: State, students: Students, spells: Spells) -> People:
    """Every enrolment of the year; a mover is there twice."""
    return People(state, students, spells.student, spells.school)


def on_day(state: State, students: Students, spells: Spells, day: int = COUNT_DAY) -> People:
    """Who is enrolled on an instructional day; the usual one is that of fall membership."""
    there = (spells.first_day <= day) & (spells.last_day > day)
    return everybody(state, students, spells).where(np.asarray(there))


def poverty_share(people: People) -> Floats:
    """Share of economically disadvantaged students, by school."""
    size = len(people.state.schools)
    poor = np.bincount(people.school[people.has("economically_disadvantaged")], minlength=size)
    return np.asarray(poor / np.maximum(1, np.bincount(people.school, minlength=size)))
