"""What a state submits about its students: membership, programs, homeless children, learners, absence.

Put here: FS002, FS033, FS037, FS052, FS118, FS134, FS141, FS194, FS195, FS210, FS211. Not here: tests and
diplomas (`assessments`, `graduation`).
"""

from __future__ import annotations

import numpy as np

from simulator.edfacts.counting import TOTAL, Category, CategorySet, Counted, flag, units_of
from simulator.edfacts.population import People, poverty_share
from simulator.organizations import Ints
from simulator.people import Flags
from simulator.settings import Settings
from simulator.vocabulary import SECTION_504

RACE, SEX, GRADE, AGE = "RaceEthnicityID", "GenderID", "GradeLevelID", "AgeGradeID"
SCHOOLWIDE, TARGETED = 0.40, 0.20  # shares of poverty from which a school has such a program
DISABILITIES = {"SLD": 0.34, "SLI": 0.19, "OHI": 0.15, "AUT": 0.12, "DD": 0.06, "ID": 0.06, "EMN": 0.05,
                "MD": 0.015, "HI": 0.008, "OI": 0.004, "VI": 0.002, "TBI": 0.001}  # fmt: skip
ENVIRONMENTS = {
    "RC80": 0.66,
    "RC79TO40": 0.16,
    "RC39": 0.13,
    "SS": 0.03,
    "RF": 0.005,
    "HH": 0.005,
    "PPPS": 0.01,
}
LANGUAGES = {
    "spa": 0.74,
    "vie": 0.05,
    "ara": 0.05,
    "chi": 0.04,
    "som": 0.04,
    "rus": 0.03,
    "hmn": 0.03,
    "por": 0.02,
}
RESIDENCES = {"D": 0.76, "STH": 0.11, "HM": 0.08, "U": 0.05}
YOUNG_AGES = ("UNDER3", "3TO5NOTK")
YOUNG_SHARE = 0.35  # of an LEA's homeless students, how many homeless children too young for school it serves


def one(*columns: str) -> CategorySet:
    """A set of details."""
    return CategorySet(columns)


def total(*columns: str) -> CategorySet:
    """A set of totals."""
    return CategorySet(columns, is_total=True)


def membership(people: People) -> list[Counted]:
    """FS052, as of the day in fall."""
    sets = (
        one(GRADE, RACE, SEX),
        total(GRADE, RACE),
        total(GRADE, SEX),
        total(RACE, SEX),
        total(GRADE),
        TOTAL,
    )
    columns = (people.grade(), people.race(), people.sex())
    return [Counted("MEMBER", units_of(people.state, people.school), columns, sets)]


def children_with_disabilities(people: People) -> list[Counted]:
    """FS002, on the same day; five-year-olds in kindergarten are of school age."""
    served = people.where(people.has("children_with_disabilities"))
    category, place, age, learner = "DisabilityCategoryID", "EdEnvironmentID", "AgeID", "LEPStatusID"
    ages = ("AGE05K", *(str(grade + 5) for grade in range(1, 13)))
    columns = (
        served.race(), served.sex(), served.drawn(category, 1, DISABILITIES),
        Category(age, ages, served.students.grade[served.who]), served.drawn(place, 2, ENVIRONMENTS),
        Category(learner, ("NLEP", "LEP"), served.has("english_learner").astype(np.int64)),
    )  # fmt: skip
    sets = (
        one(category, RACE, SEX), one(age, category, place), one(place, RACE), one(category, place, SEX),
        one(category, place, learner, SEX), total(SEX), total(age), total(category), total(RACE),
        total(learner), total(place), total(age, place), TOTAL,
    )  # fmt: skip
    return [Counted("IDEADISAB", units_of(served.state, served.school), columns, sets)]


def school_lunch(people: People) -> list[Counted]:
    """FS033: who qualifies for free and reduced-price lunch; and who was certified without an application."""
    poor = people.where(people.has("economically_disadvantaged"))
    certified = poor.where(np.asarray(poor.lasting(4) < 0.6))
    columns = (poor.drawn("LunchProgramStatusID", 3, {"FL": 0.86, "RPL": 0.14}),)
    lunch = Counted(
        "LUNCHFREERED", units_of(poor.state, poor.school), columns, (one("LunchProgramStatusID"), TOTAL)
    )
    return [lunch, Counted("DIRECTCERT", units_of(poor.state, certified.school), (), (TOTAL,))]


def _in_title_i(people: People) -> tuple[People, Ints]:
    """Who takes part in Title I, and whether in a schoolwide (0) or targeted (1) program."""
    share = poverty_share(people)[people.school]
    targeted = (share >= TARGETED) & (share < SCHOOLWIDE) & people.has("economically_disadvantaged")
    inside = (share >= SCHOOLWIDE) | targeted
    return people.where(np.asarray(inside)), targeted[inside].astype(np.int64)


def title_i_participation(people: People) -> list[Counted]:
    """FS037, by LEA and state."""
    inside, _ = _in_title_i(people)
    columns = (
        inside.race(), inside.status("children_with_disabilities"), inside.status("english_learner"),
        inside.status("migrant"), inside.status("homeless", "HomelessStatusID", "H"),
    )  # fmt: skip
    sets = (*(one(column.column) for column in columns), TOTAL)
    return [Counted("TITLEIPART", units_of(inside.state, inside.school), columns, sets)]


def title_i_programs(people: People) -> list[Counted]:
    """FS134, by LEA and state; its table type and program codes are our own."""
    inside, program = _in_title_i(people)
    columns = (Category("TitleIProgramTypeID", ("SWP", "TAS"), program), inside.grade(AGE))
    sets = (one("TitleIProgramTypeID", AGE), total("TitleIProgramTypeID"), TOTAL)
    return [Counted("TITLEIPROG", units_of(inside.state, inside.school), columns, sets)]


def homeless_enrolled(people: People) -> list[Counted]:
    """FS118: whoever was homeless and enrolled at any time, once in each LEA and once in the state."""
    homeless = people.where(people.has("homeless"))
    units = units_of(people.state, homeless.school)
    once = {level: _first_times(homeless, units[level]) for level in ("LEA", "SEA")}
    columns = (
        homeless.grade(AGE), homeless.drawn("PrimeNightResidenceID", 5, RESIDENCES),
        homeless.status("children_with_disabilities"), homeless.status("english_learner"),
        homeless.status("migrant"), flag("HomelessStatusID", "UY", np.asarray(homeless.lasting(6) < 0.09)),
        homeless.race(),
    )  # fmt: skip
    alone_where = one("HomelessStatusID", "PrimeNightResidenceID")
    sets = (*(one(column.column) for column in columns[:-1]), alone_where, one(RACE), TOTAL)
    return [Counted("HOMLESENROLCNT", units, columns, sets, only=once)]


def _first_times(people: People, unit: Ints) -> Flags:
    """The first time each student is at a unit: a mover within it counts once."""
    _, first = np.unique(unit * (len(people.students.number) + 1) + people.who, return_index=True)
    once = np.zeros(len(unit), dtype=np.bool_)
    once[first] = True
    return once


def young_homeless(settings: Settings, people: People) -> list[Counted]:
    """FS194: homeless children too young for kindergarten; they are in no student record."""
    draw = settings.generator(21, people.students.year)
    lea = people.state.reporters[people.school[people.has("homeless")]]
    homeless = np.bincount(lea, minlength=len(people.state.leas))
    served = np.repeat(np.arange(len(homeless)), draw.binomial(homeless, YOUNG_SHARE))
    age = Category("AgeID", YOUNG_AGES, (draw.random(len(served)) < 0.7).astype(np.int64))
    unit = {"LEA": served, "SEA": np.zeros(len(served), dtype=np.int64)}
    return [Counted("HOMEMVENTOPKS", unit, (age,), (one("AgeID"),))]


def english_learners(people: People) -> list[Counted]:
    """FS141."""
    learners = people.where(people.has("english_learner"))
    columns = (
        learners.grade(), learners.drawn("HomeLanguageID", 7, LANGUAGES), learners.race(),
        learners.status("children_with_disabilities"),
    )  # fmt: skip
    sets = (*(one(column.column) for column in columns), TOTAL)
    return [Counted("LEPENROLLED", units_of(learners.state, learners.school), columns, sets)]


def fifth_year(people: People) -> tuple[People, Category]:
    """Learners whose fifth year it is, and whether they became proficient."""
    fifth = people.where(np.asarray(people.has("english_learner") & (people.lasting(8) < 0.18)))
    return fifth, fifth.drawn("ELProf5YrStatusID", 9, {"PROF5YRSYES": 0.55, "PROF5YRSNO": 0.45})


def five_year_proficiency(people: People) -> list[Counted]:
    """FS210: learners in their fifth year by whether they are proficient."""
    fifth, status = fifth_year(people)
    sets = (one("ELProf5YrStatusID"), TOTAL)
    return [Counted("TTL3EL5YRS", units_of(fifth.state, fifth.school), (status,), sets)]


def exited(people: People) -> list[Counted]:
    """FS211: learners by whether they exited."""
    learners = people.where(people.has("english_learner"))
    status = learners.drawn("ELExitStatusID", 10, {"EXTDYES": 0.13, "EXTDNO": 0.87})
    sets = (one("ELExitStatusID"), TOTAL)
    return [Counted("TTL3ELEXIT", units_of(learners.state, learners.school), (status,), sets)]


def chronic_absence(people: People, chronic: Flags) -> list[Counted]:
    """FS195: every set is by sex, and every school reports a total."""
    absent = people.where(chronic)
    names = ("children_with_disabilities", SECTION_504, "english_learner", "homeless")
    columns = (absent.sex(), absent.race(), *(absent.status(name) for name in names))
    sets = (*(one(column.column, SEX) for column in columns[1:]), TOTAL)
    everywhere = {"SCH": np.arange(len(people.state.schools))}
    unit = units_of(absent.state, absent.school)
    return [Counted("CHRONABSENT", unit, columns, sets, everywhere=everywhere)]
