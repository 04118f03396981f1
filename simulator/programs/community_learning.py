"""Community learning centers: who holds a grant, and whose attendance got better.

Put here: the draws of grantees and their participants, and the file of them.
Not here: attendance itself (`attendance`); participants are not told apart in the student system.

Grantees are districts or community organizations. An organization works in one district, some in two, each
with a row of its own. Grantees keep their number from year to year; not each has a grant in each year.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from simulator.organizations import Ints, State
from simulator.people import Spells, Students
from simulator.place_names import LAST_NAMES
from simulator.programs.files import numbers, same, words, write_columns
from simulator.settings import Settings

LEA_GRANTEE, COMMUNITY_GRANTEE = "LEA", "CBO"
KINDS = ("Youth Alliance", "Family Center", "Boys and Girls Club", "Learning Commons")
HAS_GRANT = 0.88  # in a year
PARTICIPANTS = 0.014  # whose attendance was low, for each student of the district
IMPROVED = {2023: 0.55, 2024: 0.60, 2025: 0.64}


@dataclass(frozen=True)
class Grantee:
    """Who holds a grant: a district by its position, or an organization by its code."""

    code: str
    name: str
    kind: str
    districts: tuple[int, ...]  # positions


@dataclass(frozen=True)
class Center:
    """A year of a grantee in one district."""

    grantee: Grantee
    district: int
    low: int
    improved: int


def grantees(settings: Settings, state: State) -> list[Grantee]:
    """Lay out the grantees; districts in poverty are more often among them."""
    draw = settings.generator(607)
    regular = state.regular
    poverty = np.array([lea.poverty for lea in regular])
    holds = draw.random(len(regular)) < 0.15 + 0.5 * poverty
    found = [
        Grantee(lea.state_id, lea.name, LEA_GRANTEE, (lea.position,))
        for lea, has in zip(regular, holds, strict=True)
        if has
    ]
    number = max(2, round(0.3 * len(regular)))
    homes = draw.choice(len(regular), size=(number, 2), p=poverty / poverty.sum())
    for place, (first, second) in enumerate(homes.tolist()):
        both = place % 4 == 0 and first != second
        found.append(
            Grantee(
                f"C{1_001 + place * 7:04d}",
                f"{LAST_NAMES[place % len(LAST_NAMES)]} {KINDS[place // len(LAST_NAMES) % len(KINDS)]}",
                COMMUNITY_GRANTEE,
                (regular[first].position, regular[second].position) if both else (regular[first].position,),
            )
        )
    return found


def draw_centers(settings: Settings, state: State, students: Students, spells: Spells) -> list[Center]:
    """Draw a year of all grantees that have a grant in it."""
    draw = settings.generator(608, students.year)
    enrolled: Ints = np.bincount(state.reporters[spells.school], minlength=len(state.leas))
    centers = []
    for grantee in grantees(settings, state):
        has_grant = draw.random() < HAS_GRANT
        for district in grantee.districts:
            low = int(draw.poisson(PARTICIPANTS * enrolled[district] * draw.uniform(0.5, 1.5)))
            share = float(np.clip(IMPROVED[students.year] + draw.normal(0.0, 0.08), 0.1, 0.95))
            improved = int(draw.binomial(low, share))
            if has_grant:
                centers.append(Center(grantee, district, low, improved))
    return centers


def write_centers(centers: list[Center], state: State, year: int, folder: Path) -> None:
    """Write a row for each grantee and district."""
    count = np.arange(len(centers))
    districts = [state.leas[one.district].state_id for one in centers]
    write_columns(
        folder / "programs" / f"cclc_{year}.csv",
        {
            "SchoolYear": same(year, len(centers)),
            "GranteeCode": words([one.grantee.code for one in centers], count),
            "GranteeName": words([one.grantee.name for one in centers], count),
            "GranteeType": words([one.grantee.kind for one in centers], count),
            "DistrictCode": words(districts, count),
            "PriorAttendanceLow": numbers(np.array([one.low for one in centers], dtype=np.int64)),
            "AttendanceImproved": numbers(np.array([one.improved for one in centers], dtype=np.int64)),
        },
    )
