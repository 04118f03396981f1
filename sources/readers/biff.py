"""What calamine does not tell of an .xls workbook: errors in cells, formulas, and protection.

Put here: walking the records of a sheet [MS-XLS] for what would come out as an empty cell.
Not here: its cells as such, which calamine reads.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from sources.readers.looks import Looks

_FORMULA, _SHEET, _ERROR, _PROTECTED, _END = 0x0006, 0x0085, 0x0205, 0x002F, 0x000A
ERRORS = {0: "#NULL!", 7: "#DIV/0!", 15: "#VALUE!", 23: "#REF!", 29: "#NAME?", 36: "#NUM!", 42: "#N/A"}


def is_protected(stream: bytes) -> bool:
    """Whether the workbook only opens with a password."""
    return any(kind == _PROTECTED for kind, _ in _records(stream, 0))


def look_at_sheet(stream: bytes, index: int) -> Looks:
    """The errors and formulas of the sheet at a place, from 0."""
    starts = [struct.unpack_from("<I", body)[0] for kind, body in _records(stream, 0) if kind == _SHEET]
    looks = Looks()
    if index >= len(starts):
        return looks
    for kind, body in _records(stream, starts[index]):
        if kind == _ERROR and len(body) >= 8 and body[7]:
            row, column = struct.unpack_from("<HH", body)
            looks.errors[row, column] = ERRORS.get(body[6], "#ERROR!")
        elif kind == _FORMULA and len(body) >= 14:
            row, column = struct.unpack_from("<HH", body)
            looks.formulas.append((row, column))
            if body[12:14] == b"\xff\xff" and body[6] == 2:
                looks.errors[row, column] = ERRORS.get(body[8], "#ERROR!")
    return looks


def _records(stream: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    """The records from a place to the end of their part."""
    while at + 4 <= len(stream):
        kind, size = struct.unpack_from("<HH", stream, at)
        if kind == _END:
            return
        yield kind, stream[at + 4 : at + 4 + size]
        at += 4 + size
