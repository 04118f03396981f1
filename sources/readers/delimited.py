"""Delimited text: csv and tab, with one header row.

Put here: headers, widths and encodings of delimited text. Not here: cutting regular files fast (`regular`).
A file is read by the standard library, strictly, unless it is so regular that Arrow must cut it alike; then
Arrow does, many times faster. Physical line numbers survive newlines inside quotes both ways.
"""

from __future__ import annotations

import csv
import io
from codecs import BOM_UTF8

import numpy as np
import pyarrow as pa

from sources.readers.limits import Bytes, mapped, require_file, require_lines
from sources.readers.regular import cut, structure_of
from sources.readers.request import LINE, ReadRequest, text_table

OTHER_KINDS = {
    b"PK\x03\x04": "a workbook (xlsx) or a zip",
    b"\xd0\xcf\x11\xe0": "an old workbook (xls)",
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
    b"%PDF": "a PDF",
}


def read_delimited(request: ReadRequest) -> pa.Table:
    """Read a delimited file with one header row.

    Raises:
        SpmError: Not text of the declared encoding, no header, or a line with another number of cells.
    """
    require_file(request, "delimited")
    require_lines(request)
    quickly = _read_regular(request)
    return _read_any(request, decode(request)) if quickly is None else quickly


def _read_regular(request: ReadRequest) -> pa.Table | None:
    """The table of a file of regular quoting; None for any other, which `_read_any` then reads or refuses."""
    content = _utf8(request)
    delimiter = request.table.delimiter
    structure = None if content is None else structure_of(content, delimiter)
    if content is None or structure is None:
        return None
    at = int(np.searchsorted(structure.lines, request.table.header_row))
    if at == len(structure.lines):
        return None
    begin, end = int(structure.begins[at]), int(structure.ends[at]) + 1
    try:
        bytes(content[:begin]).decode()
        record = bytes(content[begin:end]).decode()
    except UnicodeDecodeError:
        return None
    header = _header(request, next(csv.reader(io.StringIO(record, newline=""), delimiter=delimiter)))
    first = at + 1 if request.table.header == "row" else at
    columns = cut(content, structure, first, delimiter, len(header))
    if columns is None:
        return None
    lines = pa.array(structure.lines[first:])
    return pa.Table.from_arrays([*columns.columns, lines], names=[*header, LINE])


def _utf8(request: ReadRequest) -> Bytes | None:
    """The file's bytes as UTF-8 without byte-order mark; None when they are not of the declared encoding."""
    encoding = request.table.encoding
    content = mapped(request.path)
    if _is_utf8(encoding):
        return content[len(BOM_UTF8) :] if bytes(content[: len(BOM_UTF8)]) == BOM_UTF8 else content
    try:
        return np.frombuffer(bytes(content).decode(encoding).encode("utf-8"), dtype=np.uint8)
    except UnicodeError:
        return None


def _is_utf8(encoding: str) -> bool:
    return encoding.lower().replace("-", "").replace("_", "") in ("utf8", "utf8sig")


def _read_any(request: ReadRequest, text: str) -> pa.Table:
    """The table of any delimited text, line by line, so that what is wrong is told with its place."""
    require_whole(request, text)
    header: list[str] = []
    columns: list[list[str | None]] = []
    lines: list[int] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=request.table.delimiter, strict=True)
    before = 0
    try:
        for cells in reader:
            line, before = before + 1, reader.line_num
            if not header:
                if line < request.table.header_row:
                    continue
                header = _header(request, cells)
                columns = [[] for _ in header]
                if request.table.header == "row":
                    continue
            if not cells:
                continue
            _require_width(request, header, cells, line)
            for column, cell in zip(columns, cells, strict=True):
                column.append(cell)
            lines.append(line)
    except csv.Error as problem:
        raise request.error(
            f"Not well-formed delimited text: {problem}",
            line=reader.line_num,
            remedy="Look for a stray quote, or a file that was cut off; fetch it again",
        ) from None
    if not header:
        raise request.error("The file has no header row", remedy="Fetch the file again; it may be empty")
    return text_table(header, columns, lines)


def _header(request: ReadRequest, cells: list[str]) -> list[str]:
    """The header row; of a file that has none, the places of its columns: 1, 2, 3."""
    if request.table.header == "none":
        return [str(place) for place in range(1, len(cells) + 1)]
    return [" ".join(cell.split()) for cell in cells]


def decode(request: ReadRequest) -> str:
    """The file's text.

    Raises:
        SpmError: A byte does not belong to the declared encoding; names line and byte in the line.
    """
    require_file(request, "delimited")
    require_lines(request)
    raw = request.path.read_bytes()
    encoding = request.table.encoding
    try:
        # A byte-order mark is no part of the first header.
        text = raw.decode("utf-8-sig" if _is_utf8(encoding) else encoding)
    except UnicodeDecodeError as problem:
        line = raw.count(b"\n", 0, problem.start) + 1
        place = problem.start - (raw.rfind(b"\n", 0, problem.start) + 1) + 1
        looks = next(
            (f"; it is {kind}" for begins, kind in OTHER_KINDS.items() if raw.startswith(begins)), ""
        )
        raise request.error(
            f"Not {encoding} text: byte {place} of the line is 0x{raw[problem.start]:02x}{looks}",
            line=line,
            remedy=f"Save it as {encoding}, or state the file's encoding in source.yml",
        ) from None
    if "\0" in text:
        raise request.error(
            f"Not {encoding} text: it has NUL characters, as UTF-16 read as {encoding} does",
            line=text.count("\n", 0, text.index("\0")) + 1,
            remedy=f"Save it as {encoding}, or state the file's encoding in source.yml",
        )
    return text


def require_whole(request: ReadRequest, text: str) -> None:
    """Refuse a file whose last line was torn.

    A cut inside the last cell leaves the right number of cells, and 1,024 students become 10. Delimited files
    of all but a few sources (`open_end`) end with a line end, so one without it is taken as cut off.

    Raises:
        SpmError: The text does not end with a line end.
    """
    if text and not text.endswith(("\n", "\r")) and not request.table.open_end:
        raise request.error(
            "The last line has no line end",
            line=text.count("\n") + 1,
            remedy="The file may be cut off; fetch it again. If it is whole, end its last line",
        )


def _require_width(request: ReadRequest, header: list[str], cells: list[str], line: int) -> None:
    if len(cells) != len(header):
        raise request.error(
            f"{len(cells)} cells in a line where the header has {len(header)}",
            line=line,
            remedy="Look for a stray delimiter, a title above the header (header_row in source.yml), a note "
            "below the rows, or a file that was cut off; fetch it again",
        )
