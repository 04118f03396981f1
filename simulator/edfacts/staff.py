"""What a state submits about teachers and about Title I money.

Put here: FS193, FS203. Not here: allocations themselves (`money`).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa

from simulator.edfacts.counting import (
    TOTAL,
    Category,
    CategorySet,
    Counted,
    Submitted,
    organizations,
    units_of,
)
from simulator.edfacts.files import file_types, write_file
from simulator.edfacts.population import People, poverty_share
from simulator.money.allocations import TITLE_I
from simulator.money.world import Money

STUDENTS_PER_TEACHER = 15
ALLOCATED = "TITLEIALLOC"  # our own table type


def teachers(people: People) -> list[Counted]:
    """FS203: full-time equivalents; schools in poverty have more inexperienced teachers and out of field."""
    size = len(people.state.schools)
    hundredths = np.bincount(people.school, minlength=size) * 100 // STUDENTS_PER_TEACHER
    poverty = poverty_share(people)
    shares = np.stack([0.10 + 0.15 * poverty, 0.02 + 0.06 * poverty, 0.04 + 0.10 * poverty])
    combinations = np.array([[a, b, c] for a in (0, 1) for b in (0, 1) for c in (0, 1)])
    weights = np.ones((size, 8))
    for place in range(3):
        share = shares[place][:, None]
        weights *= np.where(combinations[:, place], share, 1 - share)
    parts = np.floor(weights * hundredths[:, None]).astype(np.int64)
    parts[:, 0] += hundredths - parts.sum(axis=1)
    school = np.repeat(np.arange(size), 8)
    which = np.tile(combinations, (size, 1))
    columns = (
        Category("InexperiencedStatusID", ("TCHEXPRNCD", "TCHINEXPRNCD"), which[:, 0]),
        Category("ProvCredentialStatusID", ("TCHWOEMRPRVCRD", "TCHWEMRPRVCRD"), which[:, 1]),
        Category("OutOfFieldID", ("TCHINFLD", "TCHOUTFLD"), which[:, 2]),
    )
    sets = (*(CategorySet((column.column,)) for column in columns), TOTAL)
    unit = units_of(people.state, school)
    return [Counted("TEACHER", unit, columns, sets, weight=parts.ravel())]


def write_allocations(federal: Money, year: int, folder: Path) -> list[Submitted]:
    """FS193: each LEA's Title I Part A allocation, of the award that begins in the school year's July."""
    award = next(a for a in federal.awards if a.key == (TITLE_I, year - 1))
    version = federal.versions[award.fain][-1]
    order = np.argsort(version.positions)
    amounts = version.amounts[order]
    columns = organizations(federal.state, "LEA", version.positions[order])
    columns["TableTypeAbbrv"] = pa.array([ALLOCATED] * len(order), pa.string())
    columns["TotalIndicator"] = pa.array(["N"] * len(order), pa.string())
    columns["Amount"] = pa.array([str(cents // 100) for cents in amounts.tolist()], pa.string())
    write_file(folder, file_types()["FS193", "LEA"], year, columns)
    return [Submitted("FS193", year, "LEA", ALLOCATED, (), int((amounts // 100).sum()))]
