"""What of the school improvement reservation goes to LEAs (ESEA 1003: 95 percent of it, at least).

Put here: the LEAs with subgrants and their amounts, version by version.
Not here: how much is reserved (see `allocations`), how it is spent (see `flows`).

LEAs with the largest share of poor children get them. Of one award less than 95 percent is passed through.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from simulator.money.allocations import TITLE_I, Version
from simulator.money.awards import FederalAward
from simulator.money.cents import apportion
from simulator.organizations import Lea, State
from simulator.settings import Settings

PURPOSE = 324
RESERVATION = "school_improvement"
SHORT = (TITLE_I, 2023)
PASSED, PASSED_SHORT = (0.952, 0.985), 0.931
PART_OF_LEAS = 0.3


@dataclass(frozen=True)
class Subgrant:
    """A part of a reservation that goes to an LEA."""

    fain: str
    version: int
    reservation: str
    lea: Lea
    cents: int


def make_subgrants(
    settings: Settings, state: State, award: FederalAward, versions: Sequence[Version]
) -> list[Subgrant]:
    """The subgrants of every version but an estimate; the LEAs and their shares stay."""
    if award.listing != TITLE_I or len(versions) < 2:
        return []
    draw = settings.generator(PURPOSE, award.fiscal_year)
    share = PASSED_SHORT if award.key == SHORT else float(draw.uniform(*PASSED))
    open_leas = [
        lea for lea in (state.leas[p] for p in versions[1].positions.tolist()) if lea.closed_on is None
    ]
    poorest = sorted(open_leas, key=lambda lea: (-lea.poverty, lea.position))
    chosen = sorted(poorest[: max(2, round(PART_OF_LEAS * len(poorest)))], key=lambda lea: lea.position)
    weights = np.array([1 + lea.share * lea.poverty * 50 for lea in chosen]) * draw.uniform(
        0.7, 1.3, len(chosen)
    )
    made = []
    for version in versions[1:]:
        cents = int(version.reservations[RESERVATION] * share)
        parts = apportion(cents, weights).tolist()
        made += [
            Subgrant(award.fain, version.number, RESERVATION, lea, part)
            for lea, part in zip(chosen, parts, strict=True)
        ]
    return made


def passed_through(subgrants: Sequence[Subgrant]) -> Mapping[tuple[str, int], int]:
    """Cents by award and version."""
    sums: dict[tuple[str, int], int] = {}
    for item in subgrants:
        sums[item.fain, item.version] = sums.get((item.fain, item.version), 0) + item.cents
    return sums
