"""Students whom a program judges, and how they are counted by student group.

Put here: the groups that programs report, with their codes; counts by unit and group.
Not here: who is judged (the other modules).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from simulator.edfacts.population import CODES, People
from simulator.organizations import Floats, Ints
from simulator.people import Flags
from simulator.vocabulary import RACES

# Group of the truth and its code in a program's file: EDFacts' codes of assessments, and ALL.
GROUP_CODES = {
    "all": "ALL",
    **{race.group: race.major_code for race in RACES},
    **{
        name: CODES[name][1]
        for name in ("children_with_disabilities", "english_learner", "economically_disadvantaged")
    },
}


@dataclass(frozen=True)
class Judged:
    """Students, and of whom it is true."""

    people: People
    good: Flags

    def groups(self) -> Iterator[tuple[str, Flags]]:
        """Who is in each group that programs report."""
        for name in GROUP_CODES:
            yield name, self.people.students.group(name)[self.people.who]


def counts(unit: Ints, size: int, *of: Flags) -> Ints:
    """Count elements of each kind by unit."""
    return np.stack([np.bincount(unit[flags], minlength=size) for flags in of])


def chance(score: Floats) -> Floats:
    """A score as a chance."""
    return np.asarray(1 / (1 + np.exp(-score)))
