"""What stands in a sheet beside its values: errors, formulas, and how far it reaches.

Put here: looking through the container of a workbook before its cells are read. Not here: cells as text
(`workbook`).

calamine gives an empty cell for an error such as #N/A and for a formula that was never calculated. An error
becomes its text again, which a source may declare as a mark; a formula without a value refuses the workbook.
A formula with the value that was saved last is read by it, and told in a warning.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

Place = tuple[int, int]
_LONGEST_ROW = 64 * 2**20
_CELL = re.compile(rb'<(?:\w+:)?c [^>]*?\br="([A-Z]{1,3})[0-9]+"[^>/]*>')
_ROW = re.compile(rb'<(?:\w+:)?row [^>]*?\br="([0-9]+)"')
_FORMULA = rb"<(?:\w+:)?f(?:\s[^>]*)?(?:/>|>[^<]*</(?:\w+:)?f>)"
_VALUE = rb"\s*(?:<(?:\w+:)?v(?:\s[^>]*)?>(?P<value>[^<]*)</)?"
# A cell with its formula and value, which stand in it in this order.
_WITH_FORMULA = re.compile(rb"<(?:\w+:)?c (?P<attributes>[^>/]*)>\s*" + _FORMULA + _VALUE)
_WITH_ERROR = re.compile(
    rb'<(?:\w+:)?c (?P<attributes>[^>/]*\bt="e"[^>/]*)>\s*(?:' + _FORMULA + rb")?" + _VALUE
)
_PLACE = re.compile(rb'\br="([A-Z]{1,3})([0-9]+)"')
_END_OF_ROW = re.compile(rb"</(?:\w+:)?row>")


@dataclass
class Looks:
    """Places are row and column, from 0.

    Attributes:
        errors: The text of each cell that holds an error.
        formulas: Cells with a formula.
        unknown: Cells with a formula that has no value.
        height: Rows down to the last one.
        width: Columns up to the last filled cell.
    """

    errors: dict[Place, str] = field(default_factory=dict)
    formulas: list[Place] = field(default_factory=list)
    unknown: list[Place] = field(default_factory=list)
    height: int = 0
    width: int = 0


def look_at_xml(pieces: Iterator[bytes]) -> Looks:
    """Look through the XML of a sheet.

    Raises:
        ValueError: A row is longer than any row of a table.
    """
    looks = Looks()
    columns: set[bytes] = set()
    for rows in _whole_rows(pieces):
        columns.update(_CELL.findall(rows))
        numbers = _ROW.findall(rows)
        looks.height = max([looks.height, *map(int, numbers)]) if numbers else looks.height
        _look_at_cells(rows, looks)
    looks.width = max((column_number(letters) for letters in columns), default=0)
    return looks


def column_number(letters: bytes) -> int:
    """The number of a column, from 1, that a sheet calls A, B, ..., AA."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def cell_name(place: Place) -> str:
    """A cell as a spreadsheet calls it, such as B3."""
    row, column = place
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{letters}{row + 1}"


def _look_at_cells(rows: bytes, looks: Looks) -> None:
    for cell in _WITH_ERROR.finditer(rows) if b't="e"' in rows else ():
        at = _place(cell["attributes"])
        if at is not None and cell["value"]:
            looks.errors[at] = cell["value"].decode("utf-8", errors="replace")
    for cell in _WITH_FORMULA.finditer(rows) if b"<f" in rows or b":f" in rows else ():
        at = _place(cell["attributes"])
        if at is None:
            continue
        looks.formulas.append(at)
        # A formula whose result is an empty text has the type of a text, and no value either.
        if not cell["value"] and b't="str"' not in cell["attributes"]:
            looks.unknown.append(at)


def _place(attributes: bytes) -> Place | None:
    place = _PLACE.search(attributes)
    return None if place is None else (int(place[2]) - 1, column_number(place[1]) - 1)


def _whole_rows(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces that end where a row ends."""
    held = bytearray()
    for piece in pieces:
        held += piece
        ends = [match.end() for match in _END_OF_ROW.finditer(bytes(held[-len(piece) - 16 :]))]
        if ends:
            cut = max(0, len(held) - len(piece) - 16) + ends[-1]
            yield bytes(held[:cut])
            del held[:cut]
        elif len(held) > _LONGEST_ROW:
            raise ValueError(f"a row is longer than {_LONGEST_ROW >> 20} MB")
    yield bytes(held)
