"""Migratory children of a year: whom districts found, whose need comes first, and who of them was served.

Put here: the draws and the file of districts. Not here: who is migratory in the student system (`people`).

Children who are in no school count too: younger ones, and youth who work. A district that found nobody has no
row; one in which nobody's need came first has a row with a nought.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from simulator.edfacts.population import everybody
from simulator.organizations import Ints, State
from simulator.people import Spells, Students
from simulator.programs.files import numbers, same, words, write_columns
from simulator.settings import Settings

NOT_IN_SCHOOL = 0.4  # for each migratory student
PRIORITY = 0.36
SERVED = {2023: 0.76, 2024: 0.80, 2025: 0.83}


@dataclass(frozen=True)
class Migratory:
    """Counts by position of the district that reports."""

    eligible: Ints
    priority: Ints
    served: Ints


def draw_migratory(settings: Settings, state: State, students: Students, spells: Spells) -> Migratory:
    """Draw the year's children; a student in two districts counts in both."""
    draw = settings.generator(604, students.year)
    anytime = everybody(state, students, spells)
    found = anytime.where(anytime.has("migrant"))
    district = state.reporters[found.school]
    once = np.unique(district * len(students.number) + found.who) // len(students.number)
    enrolled = np.bincount(once, minlength=len(state.leas))
    eligible = enrolled + draw.binomial(enrolled, NOT_IN_SCHOOL)
    priority = draw.binomial(eligible, PRIORITY)
    effort = np.clip(SERVED[students.year] + draw.normal(0.0, 0.07, len(eligible)), 0.3, 0.99)
    return Migratory(eligible, priority, draw.binomial(priority, effort))


def write_migratory(found: Migratory, state: State, year: int, folder: Path) -> None:
    """Write a row for each district that found somebody."""
    kept = np.flatnonzero(found.eligible)
    write_columns(
        folder / "programs" / f"migrant_services_{year}.csv",
        {
            "SchoolYear": same(year, len(kept)),
            "DistrictCode": words([lea.state_id for lea in state.leas], kept),
            "EligibleChildren": numbers(found.eligible[kept]),
            "PriorityForServices": numbers(found.priority[kept]),
            "PriorityServed": numbers(found.served[kept]),
        },
    )
