"""Workbooks in the two old and new containers, byte by byte where no library writes what is wanted.

Put here: building invented workbooks. Not here: what any test expects of them.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
from collections.abc import Callable

from openpyxl import Workbook

SECTOR = 512
_END, _FREE, _TABLE = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD


def xlsx(*rows: tuple[object, ...], sheet: str = "Data") -> bytes:
    book = Workbook()
    book.active.title = sheet
    for row in rows:
        book.active.append(list(row))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def with_sheet(content: bytes, change: Callable[[str], str]) -> bytes:
    """The workbook with another XML of its first sheet; the change must change something."""

    def edit(name: str, part: bytes) -> bytes:
        if not name.endswith("sheet1.xml"):
            return part
        after = change(part.decode("utf-8"))
        assert after != part.decode("utf-8")
        return after.encode("utf-8")

    return repacked(content, edit)


def repacked(content: bytes, change: Callable[[str, bytes], bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for item in old.infolist():
            new.writestr(item.filename, change(item.filename, old.read(item)))
    return out.getvalue()


def cell_replaced(name: str, xml: str) -> Callable[[str], str]:
    """A change of the XML of one cell."""
    pattern = re.compile(rf'<c r="{name}"(?:[^>]*/>|.*?</c>)')
    return lambda sheet: pattern.sub(lambda _: xml, sheet, count=1)


def ole(streams: dict[str, bytes]) -> bytes:
    """A compound file [MS-CFB] with these streams, all in large sectors."""
    padded = {name: body.ljust(4096, b"\0") for name, body in streams.items()}
    sectors: list[bytes] = []
    chains: list[int] = []

    def add(body: bytes) -> int:
        start = len(sectors)
        pieces = [body[i : i + SECTOR].ljust(SECTOR, b"\0") for i in range(0, len(body), SECTOR)]
        sectors.extend(pieces)
        chains.extend([*range(start + 1, start + len(pieces)), _END])
        return start

    starts = {name: add(body) for name, body in padded.items()}
    entries = [_entry("Root Entry", 5, _END, 0, child=1)]
    for place, (name, body) in enumerate(padded.items(), start=1):
        sibling = place + 1 if place < len(padded) else _FREE
        entries.append(_entry(name, 2, starts[name], len(body), right=sibling))
    directory = add(b"".join(entries))
    tables = 1 + len(sectors) // (SECTOR // 4)
    first_table = len(sectors)
    chains += [_TABLE] * tables
    table = struct.pack(f"<{len(chains)}I", *chains).ljust(tables * SECTOR, b"\xff")
    sectors += [table[i : i + SECTOR] for i in range(0, len(table), SECTOR)]
    header = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(16)
    header += struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    header += struct.pack("<IIIII", 0, tables, directory, 0, 4096)
    header += struct.pack("<IIII", _END, 0, _END, 0)
    places = [*range(first_table, first_table + tables)]
    header += struct.pack("<109I", *places, *[_FREE] * (109 - tables))
    return header + b"".join(sectors)


def _entry(name: str, kind: int, start: int, size: int, *, child: int = _FREE, right: int = _FREE) -> bytes:
    text = (name + "\0").encode("utf-16-le")
    entry = text.ljust(64, b"\0") + struct.pack("<HBBIII", len(text), kind, 1, _FREE, right, child)
    return entry + bytes(16) + struct.pack("<IQQII", 0, 0, 0, start, size) + bytes(4)


def xls(cells: dict[tuple[int, int], object], *, before: bytes = b"") -> bytes:
    """An old workbook [MS-XLS] of one sheet; a cell is a text, a number, or a kind with its bytes."""
    body = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0, 0, 0, 0))
    for (row, column), value in sorted(cells.items()):
        body += _cell(row, column, value)
    body += _record(0x000A, b"")
    start = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0005, 0, 0, 0, 0)) + before
    name = b"Data"
    sheet_record = 4 + 8 + len(name)
    offset = len(start) + sheet_record + 4
    start += _record(0x0085, struct.pack("<IHBB", offset, 0, len(name), 0) + name)
    return ole({"Workbook": start + _record(0x000A, b"") + body})


def protection() -> bytes:
    """The record that says a workbook is encrypted."""
    return _record(0x002F, struct.pack("<HHH", 0, 1, 2))


def _record(kind: int, body: bytes) -> bytes:
    return struct.pack("<HH", kind, len(body)) + body


def _cell(row: int, column: int, value: object) -> bytes:
    place = struct.pack("<HHH", row, column, 0)
    if isinstance(value, str):
        text = value.encode("utf-16-le")
        return _record(0x0204, place + struct.pack("<HB", len(value), 1) + text)
    if isinstance(value, tuple) and value[0] == "error":
        return _record(0x0205, place + bytes([value[1], 1]))
    if isinstance(value, tuple) and value[0] == "formula":
        return _record(0x0006, place + value[1] + struct.pack("<HIH", 0, 0, 0))
    return _record(0x0203, place + struct.pack("<d", float(str(value))))
