"""The true answers about programs, from growth to career education.

Put here: rates of schools that add up, and of districts that report their own. Not here: draws (`programs`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from simulator.edfacts.population import on_day
from simulator.edfacts.students import fifth_year
from simulator.organizations import Ints
from simulator.people import Flags
from simulator.programs import community_learning, special_education
from simulator.programs.growth import GRADES
from simulator.programs.judged import Judged, counts
from simulator.programs.language import Progress
from simulator.programs.migrant import Migratory
from simulator.school_year import Year
from simulator.settings import STATE_CODE
from simulator.truth.answers import LEA, SEA, Place, Truth
from simulator.truth.assessments import GRADE_WORDS, SUBJECT_WORDS, by_grade

STATE = Place(STATE_CODE, SEA, "none")
OWN = "as_published"  # view of an LEA that reports its own figure
# A learner with a disability is in both groups.
LEARNER_GROUPS = ("english_learner", "english_learner_with_disabilities")
LEAVES_SCHOOL = (
    special_education.GRADUATED,
    special_education.ALTERNATE,
    special_education.CERTIFICATE,
    special_education.MAXIMUM_AGE,
    special_education.DROPPED_OUT,
)


def tell_programs(truth: Truth, happened: Year) -> None:
    """Tell what the programs of a year report."""
    programs, year = happened.programs, happened.number
    _tell_growth(truth, year, programs.growth)
    _tell_progress(truth, year, programs.progress)
    _tell_long_term(truth, happened)
    _tell_migratory(truth, year, programs.migratory)
    _tell_exits(truth, year, programs.exits)
    evaluated = programs.evaluations
    _tell_own(truth, "idea_evaluation_on_time_rate", year, evaluated.on_time, evaluated.consents)
    _tell_centers(truth, year, programs.centers)
    _tell_concentrators(truth, year, programs.concentrators)


def _tell_own(
    truth: Truth, measure: str, year: int, numerators: Ints, denominators: Ints, **dimensions: str
) -> None:
    """Figures that districts report themselves, by position, and their sum for the state."""
    for lea in truth.state.leas:
        numerator, denominator = int(numerators[lea.position]), int(denominators[lea.position])
        if denominator:
            truth.ratio(measure, Place(lea.nces_id, LEA, OWN), year, numerator, denominator, **dimensions)
    if denominators.sum():
        truth.ratio(measure, STATE, year, int(numerators.sum()), int(denominators.sum()), **dimensions)


def _tell_growth(truth: Truth, year: int, growth: Mapping[str, Judged]) -> None:
    words = ("all", *(f"{grade:02d}" for grade in GRADES))
    for name, judged in growth.items():
        people = judged.people
        grade = people.students.grade[people.who]
        for group, inside in judged.groups():
            met = by_grade(truth, people.school, grade, inside & judged.good)
            both = by_grade(truth, people.school, grade, inside)
            for word in words:
                place = GRADE_WORDS.index(word)
                sums = (met[place], both[place])
                dimensions = {"group": group, "grade": word, "subject": SUBJECT_WORDS[name]}
                truth.percentages("growth_target_rate", year, sums, sums[1] > 0, dimensions)


def _tell_progress(truth: Truth, year: int, progress: Progress) -> None:
    """Who is on track among those with two tests; a school where nobody has two has no figure."""
    at, school = truth.places, progress.people.school
    for group, inside in zip(LEARNER_GROUPS, progress.kinds().values(), strict=True):
        on_track, both = (
            at.sums(np.bincount(school[inside & flags], minlength=at.schools))
            for flags in (progress.on_track, progress.two_years)
        )
        truth.percentages("el_progress_rate", year, (on_track, both), both > 0, {"group": group})


def _tell_long_term(truth: Truth, happened: Year) -> None:
    """Learners in their fifth year who are not proficient, among all of the fall."""
    fall = on_day(happened.state, happened.students, happened.spells)
    learners = fall.where(fall.has("english_learner"))
    fifth, status = fifth_year(fall)
    still = fifth.school[status.index == status.codes.index("PROF5YRSNO")]
    reporters, size = truth.state.reporters, len(truth.state.leas)
    _tell_own(
        truth,
        "long_term_el_rate",
        happened.number,
        np.bincount(reporters[still], minlength=size),
        np.bincount(reporters[learners.school], minlength=size),
    )


def _tell_migratory(truth: Truth, year: int, found: Migratory) -> None:
    _tell_own(truth, "migrant_priority_served_rate", year, found.served, found.priority)


def _tell_exits(truth: Truth, year: int, exits: special_education.Exits) -> None:
    """Regular diplomas among those who left school; who moved on or needs no more of it is not counted."""
    district = truth.state.reporters[exits.people.school]
    left: Flags = np.isin(exits.basis, LEAVES_SCHOOL)
    regular, everybody = counts(
        district, len(truth.state.leas), exits.basis == special_education.GRADUATED, left
    )
    _tell_own(truth, "idea_regular_diploma_rate", year, regular, everybody)


def _tell_centers(truth: Truth, year: int, centers: Iterable[community_learning.Center]) -> None:
    """Whose attendance got better: of each grantee, whatever it is, and of all of them."""
    sums: dict[Place, list[int]] = {}
    for center in centers:
        for place in (_grantee(truth, center.grantee), STATE):
            cell = sums.setdefault(place, [0, 0])
            cell[0] += center.improved
            cell[1] += center.low
    for place, (improved, low) in sums.items():
        if low:
            truth.ratio("cclc_attendance_gain_rate", place, year, improved, low)


def _grantee(truth: Truth, grantee: community_learning.Grantee) -> Place:
    if grantee.kind == community_learning.LEA_GRANTEE:
        return Place(truth.state.leas[grantee.districts[0]].nces_id, LEA, OWN)
    return Place(f"{STATE_CODE}-cbo.{grantee.code}", "CBO", "none")


def _tell_concentrators(truth: Truth, year: int, judged: Judged) -> None:
    district, size = truth.state.reporters[judged.people.school], len(truth.state.leas)
    for group, inside in judged.groups():
        met, everybody = counts(district, size, inside & judged.good, inside)
        _tell_own(truth, "perkins_program_quality_rate", year, met, everybody, group=group)
