"""A school year as it happened: the people, and everything drawn about them.

Put here: the order in which outcomes are drawn. Not here: the draws themselves (`outcomes`,
`edfacts.assessments`, `programs`), files, the truth.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from simulator import outcomes
from simulator.attendance import Absences
from simulator.edfacts.assessments import Subject, of_all_subjects
from simulator.edfacts.population import on_day
from simulator.organizations import State
from simulator.outcomes import TEST_DAY, GraduationCohort, Tested
from simulator.people import Flags, Spells, Students
from simulator.programs.year import Programs, draw_programs
from simulator.settings import Settings
from simulator.truth.absence import chronic_spells, eligible_spells

Cohort = tuple[Students, GraduationCohort]


@dataclass(frozen=True)
class Year:
    """What happened in a school year."""

    state: State
    students: Students
    spells: Spells
    absent: Absences
    chronic: Flags
    eligible: Flags
    tested: Tested
    subjects: Mapping[str, Subject]  # RLA, MTH, SCI: whoever was to be tested
    cohort: GraduationCohort
    five_years: Cohort  # the cohort of the year before, after a fifth year
    programs: Programs

    @property
    def number(self) -> int:
        """The school year."""
        return self.students.year


def draw_year(
    settings: Settings,
    state: State,
    students: Students,
    spells: Spells,
    absent: Absences,
    earlier: Cohort | None,
) -> Year:
    """Draw the outcomes of a year; `earlier` is the cohort of the year before, where it was drawn already."""
    tested = outcomes.take_tests(settings, students, spells, absent.total)
    cohort = outcomes.graduate(settings, state, students, spells, absent.total)
    before, members = earlier or outcomes.cohort_of(settings, state, students.year - 1)
    subjects = of_all_subjects(settings, on_day(state, students, spells, TEST_DAY), tested)
    return Year(
        state=state,
        students=students,
        spells=spells,
        absent=absent,
        chronic=chronic_spells(spells, absent.total),
        eligible=eligible_spells(spells),
        tested=tested,
        subjects=subjects,
        cohort=cohort,
        five_years=(before, outcomes.a_year_later(settings, before, members)),
        programs=draw_programs(settings, state, students, spells, subjects, cohort),
    )
