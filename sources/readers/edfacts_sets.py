"""Category sets of EDFacts files: which rows are details and which totals, so that no sum has both.

Put here: recognising a row's set, and holding totals against their details. Not here: the records themselves
(`edfacts_submission`), what a code means (columns.csv).

A file holds rows of many sets, and every set counts the same students again. A row's set follows from its
table type and the category columns that are filled; `category_sets.csv` of the source names the sets where a
list of them was available. Where none was, the set is the crossing itself, such as `GenderID x LEPStatusID`.
A row without categories is the total of its organization, `TOT`.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from sources.readers.layout import Layout
from sources.readers.remarks import RefusedRow
from warehouse.model.errors import SpmError
from warehouse.model.places import shown

HEADER = ("table_type", "category_set", "total_indicator", "columns")
TABLE_TYPE, TOTAL, SET = "TableTypeAbbrv", "TotalIndicator", "<category_set>"
WHOLE = "TOT"

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class CategorySet:
    """A set of a table type, by the columns its rows fill."""

    table_type: str
    name: str
    is_total: bool
    columns: frozenset[str]


@dataclass(frozen=True)
class Recognised:
    """The set of every row, as a small number into `names`, and the rows that belong to none.

    `totals` says of each number whether it is a total; `columns`, which categories its rows fill.
    """

    numbers: Ints
    names: list[str]
    totals: list[bool]
    columns: list[frozenset[str]]
    table_types: list[str]
    refused: list[RefusedRow]


@lru_cache(maxsize=64)
def load_category_sets(path: Path) -> dict[tuple[str, frozenset[str]], CategorySet]:
    """The sets of a source by table type and filled columns; nothing where it has no category_sets.csv.

    Raises:
        SpmError: A line does not make sense, or two sets of a table type fill the same columns.
    """
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.reader(handle))
    sets: dict[tuple[str, frozenset[str]], CategorySet] = {}
    for number, row in enumerate(rows, start=1):
        if number == 1 and tuple(row) == HEADER:
            continue
        if number == 1 or len(row) != len(HEADER) or row[2] not in ("Y", "N"):
            raise SpmError(
                "Not a line of category sets",
                file=shown(path),
                line=number,
                remedy=f"Write {','.join(HEADER)}; the indicator is Y or N, columns are separated by blanks",
            )
        columns = frozenset(row[3].split())
        if (row[0], columns) in sets:
            raise SpmError(
                "Two category sets of a table fill the same columns",
                file=shown(path),
                line=number,
                value=row[1],
                remedy="Remove one of them; a row could be of either",
            )
        sets[row[0], columns] = CategorySet(row[0], row[1], row[2] == "Y", columns)
    return sets


def categories_of(layout: Layout) -> tuple[str, ...]:
    """The category columns of a record: what stands between its table type and its explanation."""
    names = [f.column for f in layout.fields if not f.is_filler]
    if TABLE_TYPE not in names or "Explanation" not in names:
        return ()
    between = names[names.index(TABLE_TYPE) + 1 : names.index("Explanation")]
    return tuple(name for name in between if name not in (TOTAL, "Amount"))


def recognise(
    cells: Mapping[str, pa.Array],
    categories: tuple[str, ...],
    sets: Mapping[tuple[str, frozenset[str]], CategorySet],
) -> Recognised:
    """Say of every row which category set it is of.

    A row is refused where its table type has a list of sets and none fills its columns, or where its total
    indicator is not that of its set. Without a list, rows are refused whose indicator is another than that of
    most rows of their crossing.
    """
    types = pc.dictionary_encode(cells[TABLE_TYPE])
    masks = np.zeros(len(types), dtype=np.int64)
    for place, column in enumerate(categories):
        masks |= _where(pc.not_equal(cells[column], "")) << place
    said_total = _where(pc.equal(cells[TOTAL], "Y")) if TOTAL in cells else None
    kinds = types.indices.to_numpy(zero_copy_only=False).astype(np.int64) << len(categories) | masks
    found, numbers = np.unique(kinds, return_inverse=True)
    result = Recognised(numbers.astype(np.int64), [], [], [], [], [])
    words = types.dictionary.to_pylist()
    listed = {key[0] for key in sets}
    for number, kind in enumerate(found.tolist()):
        table_type = words[kind >> len(categories)]
        columns = frozenset(c for place, c in enumerate(categories) if kind >> place & 1)
        rows = np.flatnonzero(result.numbers == number)
        known = sets.get((table_type, columns))
        crossing = " x ".join(c for c in categories if c in columns)
        is_total = _is_total(known, said_total, rows)
        result.names.append(known.name if known else crossing or WHOLE)
        result.totals.append(is_total)
        result.columns.append(columns)
        result.table_types.append(table_type)
        if known is None and table_type in listed:
            reason = f"no category set of {table_type} is by {crossing or 'no category'}"
            result.refused.extend(RefusedRow(int(r), SET, crossing, reason) for r in rows)
        elif said_total is not None:
            wrong = rows[said_total[rows] != is_total]
            result.refused.extend(_wrong_indicator(result.names[-1], is_total, wrong))
    return result


def _where(flags: Any) -> Ints:
    return np.asarray(flags.to_numpy(zero_copy_only=False), dtype=np.int64)


def _is_total(known: CategorySet | None, said: Ints | None, rows: Ints) -> bool:
    if known is not None:
        return known.is_total
    return said is not None and 2 * int(said[rows].sum()) > len(rows)


def _wrong_indicator(name: str, is_total: bool, rows: Ints) -> list[RefusedRow]:
    kind, given = ("total", "N") if is_total else ("detail", "Y")
    reason = f"rows of {name} are {kind}s, so the indicator must be {'Y' if is_total else 'N'}"
    return [RefusedRow(int(row), TOTAL, given, reason) for row in rows]


def low_totals(
    cells: Mapping[str, pa.Array], units: tuple[str, ...], found: Recognised, lines: list[int]
) -> list[str]:
    """A sentence for every total set that is below the sum of a detail set over the same categories."""
    amounts = _amounts(cells["Amount"])
    keys = {c: _codes(cells[c]) for c in {*units, *(c for columns in found.columns for c in columns)}}
    said = []
    for total in (i for i, is_total in enumerate(found.totals) if is_total):
        for detail, columns in enumerate(found.columns):
            same_table = found.table_types[detail] == found.table_types[total]
            if found.totals[detail] or not same_table or not found.columns[total] < columns:
                continue
            by = [*units, *sorted(found.columns[total])]
            text = _low(found, total, detail, amounts, [keys[c] for c in by], lines)
            said += [text] if text else []
    return said


def _low(
    found: Recognised, total: int, detail: int, amounts: Ints, keys: list[tuple[Ints, int]], lines: list[int]
) -> str | None:
    """One sentence where totals of a set are below the sum of their details."""
    joint = np.zeros(len(amounts), dtype=np.int64)
    for codes, size in keys:
        joint = np.unique(joint * size + codes, return_inverse=True)[1].astype(np.int64)
    of_detail = (found.numbers == detail) & (amounts >= 0)
    sums = np.bincount(joint[of_detail], weights=amounts[of_detail], minlength=int(joint.max(initial=0)) + 1)
    totals = np.flatnonzero((found.numbers == total) & (amounts >= 0))
    low = totals[amounts[totals] < sums[joint[totals]].astype(np.int64)]
    if not len(low):
        return None
    first = int(low[0])
    words = ("total", "is", "its") if len(low) == 1 else ("totals", "are", "their")
    return (
        f"{len(low)} {words[0]} of {found.names[total]} {words[1]} below the sum of {words[2]} details of "
        f"{found.names[detail]}, first in line {lines[first]}: {_shown(amounts[first])} where the details "
        f"add up to {_shown(sums[joint[first]])}"
    )


def _shown(hundredths: float) -> str:
    return f"{hundredths / 100:g}" if hundredths % 100 else f"{hundredths // 100:.0f}"


def _codes(column: pa.Array) -> tuple[Ints, int]:
    encoded = pc.dictionary_encode(column)
    return encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64), max(1, len(encoded.dictionary))


def _amounts(column: pa.Array) -> Ints:
    """Amounts in hundredths; -1 where the cell is no plain number (its type refuses it)."""
    encoded = pc.dictionary_encode(column)
    values = [_hundredths(str(text)) for text in encoded.dictionary.to_pylist()]
    by_row: Ints = np.array(values or [0], dtype=np.int64)[encoded.indices.to_numpy(zero_copy_only=False)]
    return by_row


def _hundredths(text: str) -> int:
    whole, _, rest = text.partition(".")
    if not whole.isdecimal() or (rest and not rest.isdecimal()) or len(whole) > 15:
        return -1
    return int(whole) * 100 + int((rest + "00")[:2])
