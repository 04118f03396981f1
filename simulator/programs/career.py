"""Career and technical education: concentrators, and who of them meets the state's measure of quality.

Put here: the draws of concentrators and the file of districts. Not here: diplomas (`outcomes`).

Not every district has programs; one without has no row. Charter high schools have them.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from simulator.edfacts.population import everybody
from simulator.organizations import State
from simulator.people import Spells, Students
from simulator.programs.files import numbers, same, words, write_columns
from simulator.programs.judged import GROUP_CODES, Judged, chance, counts
from simulator.school_calendar import INSTRUCTIONAL_DAYS
from simulator.settings import Settings

HAS_PROGRAMS = 0.8  # of districts
CONCENTRATES = 0.34  # of twelfth graders there
YEAR_GAIN = {2023: 0.0, 2024: 0.08, 2025: 0.16}
SALT = 31  # of the lasting draw who concentrates


def draw_concentrators(settings: Settings, state: State, students: Students, spells: Spells) -> Judged:
    """Twelfth graders at the end of the year who concentrated on a program, and who met the measure."""
    draw = settings.generator(609, students.year)
    offers = settings.generator(610).random(len(state.leas)) < HAS_PROGRAMS
    people = everybody(state, students, spells)
    at_end = (spells.last_day == INSTRUCTIONAL_DAYS) & (students.grade[spells.student] == 12)
    there = at_end & offers[state.reporters[spells.school]] & (people.lasting(SALT) < CONCENTRATES)
    concentrators = people.where(np.asarray(there))
    score = (
        YEAR_GAIN[students.year] + 0.35 * students.ability[concentrators.who]
        - 0.3 * concentrators.has("economically_disadvantaged")
        - 0.45 * concentrators.has("children_with_disabilities") - 0.25 * concentrators.has("english_learner")
    )  # fmt: skip
    return Judged(concentrators, np.asarray(draw.random(len(score)) < chance(score)))


def write_concentrators(judged: Judged, state: State, year: int, folder: Path) -> None:
    """Write a row for each district and group that has somebody."""
    size = len(state.leas)
    district = state.reporters[judged.people.school]
    cells = np.stack(
        [counts(district, size, inside, inside & judged.good) for _, inside in judged.groups()], axis=-1
    )
    lea, group = np.nonzero(cells[0])
    write_columns(
        folder / "programs" / f"perkins_{year}.csv",
        {
            "SchoolYear": same(year, len(lea)),
            "DistrictCode": words([one.state_id for one in state.leas], lea),
            "StudentGroup": words(tuple(GROUP_CODES.values()), group),
            "Concentrators": numbers(cells[0][lea, group]),
            "MetProgramQuality": numbers(cells[1][lea, group]),
        },
    )
