"""Fixed-width records: every column has its positions, which the layout says.

Put here: cutting records by a layout. Not here: the layouts themselves (`layout`), header records of a family
of files (`edfacts_submission`).

Widths are counted in characters of the decoded text. A record must be as wide as its layout says: one that is
shorter or longer has shifted, and every column behind the shift would be wrong.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sources.readers.delimited import decode, require_whole
from sources.readers.layout import Layout, layout_of
from sources.readers.limits import require_file
from sources.readers.request import LINE, ReadRequest


def read_fixed_width(request: ReadRequest) -> pa.Table:
    """Read a file of fixed-width records; option `skip_lines` counts lines before the first of them.

    Raises:
        SpmError: Not text of the declared encoding, no layout, a record of another width, or something where
            the layout keeps a place free.
    """
    require_file(request, "fixed_width")
    text = decode(request)
    require_whole(request, text)
    layout = layout_of(request)
    skip = int(str(request.table.options.get("skip_lines", "0")))
    lines, numbers = records(text, skip)
    if not lines:
        raise request.error("The file has no record", remedy="Fetch the file again; it may be empty")
    return table_of(request, cut_fixed(request, layout, lines, numbers), numbers)


def records(text: str, skip: int = 0) -> tuple[list[str], list[int]]:
    """The lines of a text that are not blank, each with its number; CRLF, LF and CR all end a line."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if lines[-1] == "":
        lines.pop()
    if all(map(str.strip, lines)):
        return lines[skip:], list(range(skip + 1, len(lines) + 1))
    kept = [(line, n) for n, line in enumerate(lines, start=1) if n > skip and line.strip()]
    return [line for line, _ in kept], [n for _, n in kept]


def cut_fixed(
    request: ReadRequest, layout: Layout, lines: list[str], numbers: list[int]
) -> dict[str, pa.Array]:
    """Each column's cells by its positions, without the blanks around them.

    Raises:
        SpmError: A record of another width, or something where the layout keeps a place free.
    """
    whole = pa.array(lines, pa.string())
    wrong = np.flatnonzero(pc.utf8_length(whole).to_numpy(zero_copy_only=False) != layout.width)
    if len(wrong):
        at = int(wrong[0])
        raise request.error(
            f"{len(lines[at])} characters in a record whose layout has {layout.width}",
            line=numbers[at],
            remedy="Compare the record with the layout; trailing blanks belong to it. It may be cut off",
        )
    cells = {
        f.column: pc.utf8_trim_whitespace(pc.utf8_slice_codeunits(whole, f.start - 1, f.start - 1 + f.length))
        for f in layout.fields
    }
    require_fillers_blank(request, layout, cells, numbers)
    return cells


def require_fillers_blank(
    request: ReadRequest, layout: Layout, cells: dict[str, pa.Array], numbers: list[int]
) -> None:
    """Refuse a record that has something where its layout keeps a place free: its columns have shifted.

    Raises:
        SpmError: Names the first such line and place.
    """
    for field in (f for f in layout.fields if f.is_filler):
        filled = np.flatnonzero(pc.not_equal(cells[field.column], "").to_numpy(zero_copy_only=False))
        if len(filled):
            at = int(filled[0])
            raise request.error(
                f"Something stands where the layout keeps positions {field.start} to "
                f"{field.start + field.length - 1} free",
                line=numbers[at],
                column=field.column,
                value=cells[field.column][at].as_py(),
                remedy="The columns of the record may have shifted; compare it with the layout",
            )


def table_of(request: ReadRequest, cells: dict[str, pa.Array], numbers: list[int]) -> pa.Table:
    """The cells as columns.csv names them; a column of another level or year's layout is blank here."""
    blank = pa.nulls(len(numbers), pa.string())
    fillers = {name for name in cells if name.lower().startswith("filler")}
    names = [*request.headers, *(n for n in cells if n not in request.headers and n not in fillers)]
    arrays = [cells.get(name, blank) for name in names]
    return pa.Table.from_arrays([*arrays, pa.array(numbers, pa.int64())], names=[*names, LINE])
