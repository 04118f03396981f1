"""English learners on their way: the yearly test of English, who is on track and who is proficient.

Put here: the draws of the test and the file of progress by school. Not here: who is a learner (`people`),
what EDFacts asks about learners (`edfacts.students`).

A school whose learners all took the test for the first time has a row in which nobody has two years.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from simulator.edfacts.population import People, on_day
from simulator.organizations import State
from simulator.people import Flags, Spells, Students
from simulator.programs.files import numbers, same, words, write_columns
from simulator.programs.judged import chance, counts
from simulator.settings import Settings

TEST_OF_ENGLISH = 105  # instructional day of the test
TAKES_PART, HAS_EARLIER_TEST = 0.97, 0.88
YEAR_GAIN = {2023: -0.1, 2024: 0.0, 2025: 0.1}
ALL_LEARNERS, WITH_DISABILITIES = "LEP", "LEP_WDIS"


@dataclass(frozen=True)
class Progress:
    """Learners who took the test of English, and what came of it."""

    people: People
    two_years: Flags
    on_track: Flags  # of those with two years
    proficient: Flags

    def kinds(self) -> dict[str, Flags]:
        """The two groups the state reports, by their codes."""
        everybody = np.ones(len(self.people.who), dtype=np.bool_)
        return {ALL_LEARNERS: everybody, WITH_DISABILITIES: self.people.has("children_with_disabilities")}


def draw_progress(settings: Settings, state: State, students: Students, spells: Spells) -> Progress:
    """Draw the year's test of English."""
    draw = settings.generator(603, students.year)
    there = on_day(state, students, spells, TEST_OF_ENGLISH)
    learners = there.where(there.has("english_learner"))
    people = learners.where(np.asarray(draw.random(len(learners.who)) < TAKES_PART))
    grade, ability = students.grade[people.who], students.ability[people.who]
    disabled = people.has("children_with_disabilities")
    two_years = np.asarray((grade > 0) & (draw.random(len(grade)) < HAS_EARLIER_TEST))
    gain = YEAR_GAIN[students.year]
    track = gain + 0.3 * ability - 0.8 * disabled + 0.35 * (grade <= 3) - 0.2 * (grade >= 9)
    english = gain - 2.1 + 0.4 * ability - 1.0 * disabled + 0.1 * grade
    return Progress(
        people,
        two_years,
        np.asarray(two_years & (draw.random(len(grade)) < chance(track))),
        np.asarray(draw.random(len(grade)) < chance(english)),
    )


def write_progress(progress: Progress, state: State, year: int, folder: Path) -> None:
    """Write a row for each school and group that has somebody."""
    size, kinds = len(state.schools), progress.kinds()
    cells = np.stack(
        [
            counts(
                progress.people.school,
                size,
                inside,
                inside & progress.two_years,
                inside & progress.on_track,
                inside & progress.proficient,
            )
            for inside in kinds.values()
        ],
        axis=-1,
    )  # figure, school, group
    school, group = np.nonzero(cells[0])
    leas = [state.leas[one.reporting].state_id for one in state.schools]
    names = ("StudentsTested", "StudentsTestedTwoYears", "StudentsOnTrack", "StudentsProficient")
    write_columns(
        folder / "elp" / f"elp_progress_{year}.csv",
        {
            "SchoolYear": same(year, len(school)),
            "DistrictCode": words(leas, school),
            "SchoolCode": words([one.state_id for one in state.schools], school),
            "StudentGroup": words(tuple(kinds), group),
            **{name: numbers(cell[school, group]) for name, cell in zip(names, cells, strict=True)},
        },
    )
