"""Whether LEAs keep up their own spending: the file of maintenance of effort (ESEA 8521).

Put here: fiscal effort and membership of LEAs by fiscal year, and the file of a determination.
Not here: who fails (see `truth.money_measures`).

Effort is what an LEA spends of state and local money without capital outlay and debt. A fiscal year stands in
two determinations and has one figure, so all of them are made at once, whichever years a run asks for. About
three LEAs in a hundred let their effort fall below nine tenths by both ways of counting; some fall by one way
only, which is no failure.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from simulator.grants import MONEY_YEARS
from simulator.organizations import CHARTER_SHARE, Ints, Lea, State
from simulator.school_costs import dollars
from simulator.settings import Settings

HEADER = ("DeterminationYear", "DistrictCode", "FiscalYear", "FiscalEffort", "Membership")
PURPOSE = 321
FISCAL_YEARS = (MONEY_YEARS[0] - 1, *MONEY_YEARS[:-1])  # the second year before the first determination on
FAILING_SHARE, SHRINKING_SHARE = 0.03, 0.03
EFFORT_PER_PUPIL = 11_200


@dataclass(frozen=True)
class Effort:
    """Fiscal effort in cents and membership, [fiscal year, LEA] in the order of FISCAL_YEARS and `leas`."""

    leas: tuple[Lea, ...]
    cents: Ints
    membership: Ints

    def of(self, fiscal_year: int) -> tuple[Ints, Ints]:
        """Effort and membership of a year, by place in `leas`."""
        row = FISCAL_YEARS.index(fiscal_year)
        return self.cents[row], self.membership[row]


def make_effort(settings: Settings, state: State) -> Effort:
    """Draw every year; from the second on some LEAs fall, each of them once."""
    leas = state.operating
    draw = settings.generator(PURPOSE)
    count, years = len(leas), len(FISCAL_YEARS)
    shares = np.array(
        [lea.share or CHARTER_SHARE * state.leas[lea.authorizer or 0].share / 2 for lea in leas]
    )
    pupils = np.maximum(shares * settings.students, 15)
    base = pupils * EFFORT_PER_PUPIL * draw.uniform(0.9, 1.1, count)
    effort = base * 1.02 ** np.arange(years)[:, None] * draw.uniform(0.985, 1.025, (years, count))
    membership = pupils * draw.uniform(0.985, 1.015, (years, count))
    _let_fall(draw, effort, membership)
    return Effort(leas, np.floor(effort * 100).astype(np.int64), np.rint(membership).astype(np.int64))


def _let_fall(draw: np.random.Generator, effort: np.ndarray, membership: np.ndarray) -> None:
    """In each year some LEAs spend less, and others spend less on far fewer pupils; the level stays."""
    years, count = effort.shape
    order = draw.permutation(count)
    failing, shrinking = (max(1, round(share * count)) for share in (FAILING_SHARE, SHRINKING_SHARE))
    step = failing + shrinking
    for year in range(1, years):
        chosen = order[np.arange((year - 1) * step, year * step) % count]
        fall = draw.uniform(0.78, 0.86, step)
        for place, part in zip(chosen[:failing], fall[:failing], strict=True):
            effort[year:, place] *= part
        for place, part in zip(chosen[failing:], fall[failing:], strict=True):
            effort[year:, place] *= part
            membership[year:, place] *= part


def write_determination(effort: Effort, year: int, path: Path) -> None:
    """Write the file of a determination: of each LEA the year before and the second year before."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEADER)
        for place, lea in enumerate(effort.leas):
            for fiscal_year in (year - 1, year - 2):
                cents, membership = effort.of(fiscal_year)
                spent = dollars(int(cents[place]))
                writer.writerow([year, lea.state_id, fiscal_year, spent, int(membership[place])])
