"""Cells to values: strict, and each distinct text of a column is parsed once.

Put here: what texts a type accepts.
Not here: ranges and marks (`ranges`), what happens to a row whose cell is refused (`rows`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa

from sources.columns import MARKABLE, ColumnType
from sources.descriptor_codes import descriptor_parser
from sources.ranges import RATE_MARKERS, Unit, meaning, parse_figure, suspicion

PERCENT = pa.decimal128(9, 4)
MIDPOINT_OF_COUNTS = pa.decimal128(21, 1)
# Types that may be a range, and have its ends beside the value.
FIGURES = {"rate", "ranged"}
LARGEST_WHOLE = 2**63 - 1
# What decimal128(18, ...) of the columns holds before its point.
LARGEST_DIGITS = {2: 16, 4: 5, 6: 12}
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
_COUNT = re.compile(r"[0-9]+|[0-9]{1,3}(?:,[0-9]{3})+")
_WHOLE_WITH_ZEROS = re.compile(r"([0-9]+)\.0+")
_NUMBER = re.compile(r"-?(?:[0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)(?:\.[0-9]+)?")


@dataclass(frozen=True)
class Parsed:
    """A column's values and, by row, why a cell was refused.

    `columns` maps a suffix ("" for the value itself) to an array as long as the input.
    """

    columns: dict[str, pa.Array]
    errors: dict[int, str]


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
    encoded = _encoded(cells)
    distinct = [_clean(text) for text in encoded.dictionary.cast(pa.string()).to_pylist()]
    # One more entry stands for null cells; a narrow index of the file could not count to it.
    indices = encoded.indices.cast(pa.int64()).fill_null(len(distinct))
    distinct.append("")
    parse = _figure(kind, markers) if kind.kind in FIGURES else _single(kind, markers, is_required)
    results = [_attempt(parse, text, kind.kind) for text in distinct]
    refused = {i: r for i, r in enumerate(results) if isinstance(r, str)}
    errors = _rows_of(indices, refused)
    columns = {}
    for suffix, arrow in layout(kind, has_markers=bool(markers)).items():
        values = [None if isinstance(r, str) else r.get(suffix) for r in results]
        columns[suffix] = pa.array(values, arrow).take(indices)
    return Parsed(columns, errors)


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


def _encoded(cells: pa.ChunkedArray) -> pa.DictionaryArray:
    """The cells as one dictionary of distinct values and an index per row."""
    if cells.num_chunks == 0:
        return pa.array([], pa.string()).dictionary_encode()
    encoded = cells if pa.types.is_dictionary(cells.type) else cells.dictionary_encode()
    return encoded.unify_dictionaries().combine_chunks()


def _clean(text: str | None) -> str:
    return "" if text is None else text.strip()


def _attempt(parse: Callable[[str], dict[str, Any]], text: str, kind: str) -> dict[str, Any] | str:
    try:
        return parse(text)
    except ValueError as problem:
        suspected = suspicion(text) if kind in MARKABLE | FIGURES else None
        return str(problem) if suspected is None else f"{problem}; {suspected}"


def _rows_of(indices: pa.Array, refused: dict[int, str]) -> dict[int, str]:
    if not refused:
        return {}
    positions = indices.to_numpy(zero_copy_only=False)
    rows = np.flatnonzero(np.isin(positions, list(refused)))
    return {int(row): refused[int(positions[row])] for row in rows}


def _single(
    kind: ColumnType, markers: Mapping[str, str], is_required: bool
) -> Callable[[str], dict[str, Any]]:
    parse = _PARSERS[kind.kind](kind.argument)
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


def _text(_: str) -> Callable[[str], str]:
    return lambda text: text


def _id(pattern: str) -> Callable[[str], str]:
    compiled = re.compile(pattern)

    def parse(text: str) -> str:
        if compiled.fullmatch(text):
            return text
        # The reason never repeats the text: it may be a student's id.
        lost = next((n for n in range(1, 8) if compiled.fullmatch("0" * n + text)), None)
        if lost is not None and text.isdigit():
            zeros = "1 zero" if lost == 1 else f"{lost} zeros"
            raise ValueError(f"leading zeros lost? Expected {pattern}, which it fits with {zeros} before it")
        raise ValueError(f"not of the form {pattern}")

    return parse


def _count(_: str) -> Callable[[str], int]:
    def parse(text: str) -> int:
        whole = _WHOLE_WITH_ZEROS.fullmatch(text)
        digits = whole[1] if whole else text
        if not _COUNT.fullmatch(digits):
            raise ValueError("not a whole number of zero or more")
        return _held(int(digits.replace(",", "")))

    return parse


def _integer(_: str) -> Callable[[str], int]:
    def parse(text: str) -> int:
        number = _number(text)
        if number != number.to_integral_value():
            raise ValueError("not a whole number")
        return _held(int(number))

    return parse


def _held(number: int) -> int:
    if abs(number) > LARGEST_WHOLE:
        raise ValueError("too large a number to be meant")
    return number


def _number(text: str) -> Decimal:
    if not _NUMBER.fullmatch(text):
        raise ValueError("not a number")
    return Decimal(text.replace(",", ""))


def _decimal(_: str) -> Callable[[str], Decimal]:
    return lambda text: _places(_number(text), 6)


def _percent(_: str) -> Callable[[str], Decimal]:
    def parse(text: str) -> Decimal:
        number = _number(text.removesuffix("%"))
        if not 0 <= number <= 100:
            raise ValueError("not between 0 and 100 percent")
        return _places(number, 4)

    return parse


def _money(_: str) -> Callable[[str], Decimal]:
    def parse(text: str) -> Decimal:
        plain = text.replace("$", "", 1) if text.startswith(("$", "-$")) else text
        return _places(_number(plain), 2)

    return parse


def _places(number: Decimal, places: int) -> Decimal:
    if number.adjusted() >= LARGEST_DIGITS[places]:
        raise ValueError("too large a number to be meant")
    rounded = number.quantize(Decimal(1).scaleb(-places))
    if rounded != number:
        raise ValueError(f"more than {places} decimals")
    return rounded


def _date(form: str) -> Callable[[str], Any]:
    def parse(text: str) -> Any:
        try:
            return datetime.strptime(text, form).date()
        except ValueError:
            raise ValueError(f"not a date of the form {form}") from None

    return parse


def _code(argument: str) -> Callable[[str], str]:
    pairs = dict(pair.split("=", 1) for pair in argument.split("|"))

    def parse(text: str) -> str:
        if text not in pairs:
            if "*" in pairs:  # an open list, see `open_codes`
                return text
            raise ValueError(f"unknown code; known are {', '.join(sorted(pairs))}")
        return pairs[text]

    return parse


def _boolean(argument: str) -> Callable[[str], bool]:
    yes, no = argument.split("|")

    def parse(text: str) -> bool:
        if text not in (yes, no):
            raise ValueError(f"neither {yes!r} nor {no!r}")
        return text == yes

    return parse


_PARSERS: dict[str, Callable[[str], Callable[[str], Any]]] = {
    "text": _text,
    "id": _id,
    "count": _count,
    "integer": _integer,
    "decimal": _decimal,
    "estimate": lambda _: lambda text: float(_number(text)),  # all digits of a sample's figure
    "percent": _percent,
    "money": _money,
    "date": _date,
    "code": _code,
    "descriptor": descriptor_parser,
    "boolean": _boolean,
}


def _figure(kind: ColumnType, markers: Mapping[str, str]) -> Callable[[str], dict[str, Any]]:
    """A figure that may be a range or a mark. A rate knows ED's own marks besides those of its table."""
    unit: Unit = "count" if kind.argument == "count" else "percent"
    known = {**RATE_MARKERS, **markers} if kind.kind == "rate" else {"": "not_reported", **markers}
    exact = _PARSERS[unit]("")

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
