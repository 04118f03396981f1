"""Cells to values: strict, and each distinct text of a column is parsed once.

Put here: a column's cells as arrays of its type, and what is refused of them.
Not here: what texts a type accepts (`cell_parsers`), ranges and marks (`ranges`), what happens to a row whose
cell is refused (`rows`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from sources.cell_parsers import PARSERS
from sources.coded import encoded, narrowed
from sources.columns import MARKABLE, ColumnType
from sources.plain_cells import plain_cells, positions
from sources.ranges import RATE_MARKERS, Unit, meaning, parse_figure, suspicion

PERCENT = pa.decimal128(9, 4)
MIDPOINT_OF_COUNTS = pa.decimal128(21, 1)
# Types that may be a range, and have its ends beside the value.
FIGURES = {"rate", "ranged"}
ARROW: dict[str, pa.DataType] = {
    "text": pa.string(),
    "id": pa.string(),
    "code": pa.string(),
    "descriptor": pa.string(),
    "count": pa.int64(),
    "integer": pa.int64(),
    "decimal": pa.decimal128(18, 6),
    "estimate": pa.float64(),
    "percent": PERCENT,
    "money": pa.decimal128(18, 2),
    "date": pa.date32(),
    "boolean": pa.bool_(),
}


@dataclass(frozen=True)
class Parsed:
    """A column's values and, by row, why a cell was refused.

    Attributes:
        codes: For each row which of the values it has.
        values: By suffix ("" for the value itself) the values, as many for each.
        errors: By row.
    """

    codes: pa.Array
    values: dict[str, pa.Array]
    errors: dict[int, str]

    @property
    def columns(self) -> dict[str, pa.Array]:
        """By suffix, an array as long as the input."""
        return {suffix: values.take(self.codes) for suffix, values in self.values.items()}


def parse_column(
    cells: pa.ChunkedArray,
    kind: ColumnType,
    *,
    markers: Mapping[str, str],
    is_required: bool,
) -> Parsed:
    """Parse a column of text (or of Parquet's own types, taken by their text).

    Args:
        cells: The cells; null and blank are the same.
        kind: The column's type.
        markers: Cell texts that stand for no value, with their meaning.
        is_required: Whether a blank cell without marker is an error (never for text).
    """
    column = encoded(cells)
    texts = column.dictionary.cast(pa.string())
    given = layout(kind, has_markers=bool(markers))
    is_plain, plain = plain_cells(texts, kind.kind, kind.argument, given[""], markers)
    others = [_clean(text) for text in texts.filter(pa.array(~is_plain)).to_pylist()]
    # One more entry stands for null cells.
    others.append("")
    codes = narrowed(column.indices, len(texts) + 1)
    if codes.null_count:
        codes = codes.fill_null(len(texts))
    parse = _figure(kind, markers) if kind.kind in FIGURES else _single(kind, markers, is_required)
    results = [_attempt(parse, text, kind.kind) for text in others]
    places = [*np.flatnonzero(~is_plain).tolist(), len(texts)]
    refused = {place: r for place, r in zip(places, results, strict=True) if isinstance(r, str)}
    in_order, values = positions(is_plain), {}
    for suffix, arrow in given.items():
        looked_at = pa.array([None if isinstance(r, str) else r.get(suffix) for r in results], arrow)
        before = plain if suffix == "" else pa.nulls(len(plain), arrow)
        values[suffix] = pa.concat_arrays([before, looked_at]).take(in_order)
    return Parsed(codes, values, _rows_of(codes, refused))


def layout(kind: ColumnType, *, has_markers: bool) -> dict[str, pa.DataType]:
    """The columns a type gives, by suffix."""
    if kind.kind in FIGURES:
        is_count = kind.argument == "count"
        end, middle = (pa.int64(), MIDPOINT_OF_COUNTS) if is_count else (PERCENT, PERCENT)
        words = {"_marker": pa.string(), "_kind": pa.string()}
        return {"": end, "_low": end, "_high": end, **words, "_midpoint": middle, "_is_range": pa.bool_()}
    given = {"": ARROW[kind.kind]}
    if has_markers and kind.kind in MARKABLE:
        given["_marker"] = pa.string()
    return given


def _clean(text: str | None) -> str:
    return "" if text is None else text.strip()


def _attempt(parse: Callable[[str], dict[str, Any]], text: str, kind: str) -> dict[str, Any] | str:
    try:
        return parse(text)
    except ValueError as problem:
        suspected = suspicion(text) if kind in MARKABLE | FIGURES else None
        return str(problem) if suspected is None else f"{problem}; {suspected}"


def _rows_of(codes: pa.Array, refused: dict[int, str]) -> dict[int, str]:
    if not refused:
        return {}
    numbers = codes.to_numpy()
    is_refused = np.zeros(int(numbers.max(initial=0)) + 1, dtype=bool)
    is_refused[[place for place in refused if place < len(is_refused)]] = True
    rows = np.flatnonzero(is_refused[numbers])
    return {int(row): refused[int(numbers[row])] for row in rows}


def _single(
    kind: ColumnType, markers: Mapping[str, str], is_required: bool
) -> Callable[[str], dict[str, Any]]:
    parse = PARSERS[kind.kind](kind.argument)
    markable = kind.kind in MARKABLE

    def single(text: str) -> dict[str, Any]:
        if markable and text in markers:
            return {"": None, "_marker": meaning(markers[text]).reason}
        if text == "":
            if is_required and kind.kind != "text":
                raise ValueError("the cell is empty")
            return {"": None}
        return {"": parse(text)}

    return single


def _figure(kind: ColumnType, markers: Mapping[str, str]) -> Callable[[str], dict[str, Any]]:
    """A figure that may be a range or a mark. A rate knows ED's own marks besides those of its table."""
    unit: Unit = "count" if kind.argument == "count" else "percent"
    known = {**RATE_MARKERS, **markers} if kind.kind == "rate" else {"": "not_reported", **markers}
    exact = PARSERS[unit]("")

    def figure(text: str) -> dict[str, Any]:
        found = parse_figure(text, unit, known, exact=exact)
        return {
            "": found.value if found.value is None or unit == "percent" else int(found.value),
            "_low": found.low if found.low is None or unit == "percent" else int(found.low),
            "_high": found.high if found.high is None or unit == "percent" else int(found.high),
            "_midpoint": found.midpoint,
            "_is_range": found.is_range,
            "_kind": found.kind,
            "_marker": found.marker,
        }

    return figure
