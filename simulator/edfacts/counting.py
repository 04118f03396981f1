"""Counting people into category sets: every set counts the same people again, each in its own crossing.

Put here: elements, categories and sets to rows. Not here: which people, categories and sets (other modules),
how rows are written (`files`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from simulator.edfacts.files import file_types, write_file
from simulator.organizations import Ints, State
from simulator.people import Flags

LEVELS = ("SCH", "LEA", "SEA")


@dataclass(frozen=True)
class Category:
    """A category column: the code of each element counted as a position in `codes`, -1 for none of them."""

    column: str
    codes: tuple[str, ...]
    index: Ints


@dataclass(frozen=True)
class CategorySet:
    """The columns that rows of a set fill, and whether they are totals."""

    columns: tuple[str, ...]
    is_total: bool = False


TOTAL = CategorySet((), is_total=True)


@dataclass(frozen=True)
class Counted:
    """One table of a file: who is counted, where, by what.

    Attributes:
        table: Its abbreviation.
        unit: By level, the position of the organization each element is counted at.
        categories: By column.
        sets: In the order of their rows.
        weight: What each element adds, in hundredths, where it is not one.
        everywhere: Units that report a total even of nobody, by level.
        only: Which elements count, by level, where not all do.
    """

    table: str
    unit: Mapping[str, Ints]
    categories: tuple[Category, ...]
    sets: tuple[CategorySet, ...]
    weight: Ints | None = None
    everywhere: Mapping[str, Ints] = field(default_factory=dict)
    only: Mapping[str, Flags] = field(default_factory=dict)

    def counting(self, level: str) -> Flags:
        """Which elements count at a level."""
        return self.only.get(level, np.ones(len(self.unit[level]), dtype=np.bool_))


@dataclass(frozen=True)
class Submitted:
    """What a file must add up to, from the people themselves: one table of a level in a year.

    `columns` are those of the smallest total set (or of the only set), over which rows add up to the amount.
    """

    specification: str
    year: int
    level: str
    table: str
    columns: tuple[str, ...]
    amount: float


def units_of(state: State, school: Ints) -> dict[str, Ints]:
    """Where elements at schools count: school, reporting LEA, state."""
    return {"SCH": school, "LEA": state.reporters[school], "SEA": np.zeros(len(school), dtype=np.int64)}


def flag(column: str, code: str, who: Flags) -> Category:
    """A category with one code, of those who have it."""
    return Category(column, (code,), np.where(who, 0, -1))


def write_counts(
    folder: Path, state: State, specification: str, year: int, tables: Sequence[Counted]
) -> list[Submitted]:
    """Write the files of a specification, one per level it has."""
    totals = []
    for level in LEVELS:
        kind = file_types().get((specification, level))
        if kind is None:
            continue
        parts = [pa.table(_rows(state, level, table)) for table in tables]
        whole = pa.concat_tables(parts, promote_options="default").combine_chunks()
        columns = {name: pc.fill_null(whole[name], "").combine_chunks() for name in whole.column_names}
        write_file(folder, kind, year, columns)
        totals += [_total(specification, year, level, table) for table in tables]
    return totals


def _total(specification: str, year: int, level: str, table: Counted) -> Submitted:
    """What the table's widest set adds up to, straight from its elements."""
    widest = min((s for s in table.sets if s.is_total), key=lambda s: len(s.columns), default=table.sets[0])
    amount = int(table.counting(level).sum()) if table.weight is None else int(table.weight.sum()) / 100
    return Submitted(specification, year, level, table.table, widest.columns, amount)


def _rows(state: State, level: str, table: Counted) -> dict[str, pa.Array]:
    """The rows of a table as columns of text, ordered by organization, then set, then codes."""
    found = [_count(level, table, one) for one in table.sets]
    unit = np.concatenate([f[0] for f in found])
    order = np.argsort(unit, kind="stable")
    columns: dict[str, pa.Array] = {}
    for category in table.categories:
        places = np.concatenate([f[1].get(category.column, np.full(len(f[0]), -1)) for f in found])[order]
        columns[category.column] = _words((*category.codes, ""), places)
    amounts = np.concatenate([f[2] for f in found])[order]
    totals = np.concatenate([np.full(len(f[0]), s.is_total) for f, s in zip(found, table.sets, strict=True)])
    text = amounts.tolist() if table.weight is None else [f"{a / 100:.2f}" for a in amounts.tolist()]
    return {
        **organizations(state, level, unit[order]),
        "TableTypeAbbrv": _words((table.table,), np.zeros(len(unit), dtype=np.int64)),
        **columns,
        "TotalIndicator": _words(("N", "Y"), totals[order].astype(np.int64)),
        "Amount": pa.array([str(amount) for amount in text], pa.string()),
    }


def _count(level: str, table: Counted, one: CategorySet) -> tuple[Ints, dict[str, Ints], Ints]:
    """The units, code positions and amounts of one set; nobody makes no row."""
    by_name = {category.column: category for category in table.categories}
    used = [by_name[column] for column in one.columns]
    unit = table.unit[level]
    inside = table.counting(level)
    for category in used:
        inside = inside & (category.index >= 0)
    flat = unit[inside]
    for category in used:
        flat = flat * len(category.codes) + category.index[inside]
    weight = None if table.weight is None else table.weight[inside]
    amounts = np.bincount(flat, weights=weight).astype(np.int64)
    kept = np.flatnonzero(amounts)
    if not used and level in table.everywhere:
        kept = np.union1d(kept, table.everywhere[level])
        amounts = np.concatenate(
            [amounts, np.zeros(max(0, int(kept.max(initial=0)) + 1 - len(amounts)), int)]
        )
    places: dict[str, Ints] = {}
    rest = kept
    for category in reversed(used):
        rest, places[category.column] = np.divmod(rest, len(category.codes))
    return rest, places, amounts[kept]


def organizations(state: State, level: str, unit: Ints) -> dict[str, pa.Array]:
    """The ids of the organizations of rows, as the state numbers them."""
    if level == "SEA":
        return {}
    leas = [lea.state_id for lea in state.leas]
    if level == "LEA":
        return {"StateLEAIDNumber": _words(leas, unit)}
    schools = [school.state_id for school in state.schools]
    return {
        "StateLEAIDNumber": _words(leas, state.reporters[unit]),
        "StateSchoolIDNumber": _words(schools, unit),
    }


def _words(words: Sequence[str], places: Ints) -> pa.Array:
    """A text per place; -1 is the last word."""
    return pa.array(list(words), pa.string()).take(pa.array(np.where(places < 0, len(words) - 1, places)))
