"""A release while it is gathered: its slices, what is carried forward, what is absent, and why.

Put here: what the parts of a publication add to. Not here: the parts themselves (`publication`,
`published_tables`, `published_values`).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import pyarrow as pa

from assets.health import Health
from warehouse.publication import FACES, AbsentSlice, CarryForward, Face, SliceData, SliceKey

PUBLIC_REASON = "Its sources or checks of this school year failed; the last good figure stays"
NO_SOURCE = "No source is declared for the school year"
NO_ROWS = "The sources of the school year hold no rows for it"


@dataclass(frozen=True)
class Failing:
    """A measure's year that could not be renewed: carried forward, or absent with nothing to carry."""

    measure_id: str
    school_year: int
    reason: str
    claim: str | None


@dataclass
class Draft:
    """Slices gathered so far.

    `values` holds the figures of each face by measure; `described_years` the years whose organizations the
    release describes, since a judgement is about an organization of its year.
    """

    slices: list[SliceData] = field(default_factory=list)
    carried: list[CarryForward] = field(default_factory=list)
    absent: list[AbsentSlice] = field(default_factory=list)
    failing: list[Failing] = field(default_factory=list)
    described_years: set[int] = field(default_factory=set)
    values: dict[Face, dict[str, list[pa.Table]]] = field(
        default_factory=lambda: {face: {} for face in FACES}
    )


def add_everywhere(draft: Draft, table: str, year: int | None, rows: pa.Table) -> None:
    """Rows about organizations and plans are the same in both faces."""
    for face in FACES:
        draft.slices.append(SliceData(SliceKey(face, table, year), rows))


def carried_slice(key: SliceKey, health: Health) -> CarryForward:
    """The mark of a slice that could not be renewed.

    Messages may tell counts of a few students, so the public face learns only which claim failed.
    """
    if key.face == "internal":
        return CarryForward(key, health.reason or "not refreshed", health.claim)
    return CarryForward(key, PUBLIC_REASON, health.claim)
