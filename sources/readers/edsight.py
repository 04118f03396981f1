"""Read an export of Connecticut's EdSight: title lines, a blank line, one or two header lines, rows.

Put here: the shape of every EdSight file. Not here: names and titles (`edsight_names`), what the cells say
(`edsight_rows`), types and canonical names (a source's columns.csv), suppression marks (`markers` of its
source.yml).

Codes are written as quoted formulas so that a spreadsheet keeps their zeros (="0010011"), and so are some
names; both come out as the exact text inside. What the file says once, in its name, title or place, becomes a
column in angle brackets, so that files of all groups and levels are rows of one table:

    <level>          state, district or school
    <code>           district code, <district code>-<school code>, or CT; empty where a file gives no codes
    <name>           name of that organization
    <district code>  district of a school, or the district itself; empty for the state
    <district name>  its name
    <school code>    school code; empty for others
    <group>          header and cell of the student group's column, joined by a colon, or All Students
    <second group>   the other group of a table that crosses two, or All Students
    <grade>          cell of the grade's column, or All Grades
    <band>           band over the columns, such as Graduates
    <variant>        variant in the title, such as Excluding School Construction
    <labels>         what the file's name says of its content, such as race_ethnicity-by-ell
"""

from __future__ import annotations

from collections import Counter

import pyarrow as pa

from sources.readers.delimited import decode
from sources.readers.edsight_cells import REFETCH, cells_of, cells_of_all
from sources.readers.edsight_names import ExportName, Vocabulary, check_titles, read_name, vocabulary
from sources.readers.edsight_rows import ADDED, Export, Grid, tidy
from sources.readers.request import ReadRequest, text_table
from warehouse.model.errors import SpmError


def read_edsight(request: ReadRequest) -> pa.Table:
    """Read an EdSight export; columns in angle brackets are given where columns.csv names them.

    Raises:
        SpmError: The file is of another year, group or level than its name says, or not of EdSight's shape.
    """
    words = vocabulary(request.table)
    name = read_name(request.address, words)
    if name.school_year != request.school_year:
        raise request.error(
            f"The file is of school year {name.school_year} and was declared for {request.school_year}",
            value=name.year_text,
            remedy="Correct school_years or files in the agency's sources.yml",
        )
    export = parse_export(decode(request), name, words)
    wanted = [i for i, h in enumerate(export.headers) if h not in ADDED or h in request.headers]
    columns: list[list[str | None]] = [[row[i] for row in export.rows] for i in wanted]
    return text_table([export.headers[i] for i in wanted], columns, list(export.lines))


def parse_export(text: str, name: ExportName, words: Vocabulary) -> Export:
    """Turn the text of an export into a table whose columns are the same for every group and level.

    Args:
        text: The whole file, decoded.
        name: What the file's name promises.
        words: The product's vocabulary.

    Raises:
        SpmError: The file does not keep its name's promise, or its shape is not EdSight's.
    """
    physical = text.split("\n")
    if physical[-1] != "":
        raise SpmError(
            "The last line has no end, so the file may be cut off",
            file=name.file,
            line=len(physical),
            remedy=REFETCH,
        )
    lines = [line.removesuffix("\r") for line in physical]
    blank = next((i for i, line in enumerate(lines[:4]) if line == ""), None)
    if blank is None or blank < 2:
        raise SpmError(
            "No blank line after two or three title lines",
            file=name.file,
            line=3,
            remedy="Check that this is an EdSight export, with its title lines",
        )
    check_titles([",".join(cells_of(name.file, i + 1, lines[i])) for i in range(blank)], name, words)
    bands, header, first = _header(name, lines, blank + 1)
    rows, numbers = _body(name, lines, first, len(header))
    if name.band is not None and name.band not in bands:
        raise SpmError(
            f"No band {name.band!r} over the columns, as the file's name promises",
            file=name.file,
            line=numbers[0] - 2 if numbers else None,
            value=", ".join(sorted({b for b in bands if b})),
            remedy="The file is of another kind; fetch the right one, or name it after its content",
        )
    return tidy(name, words, Grid(bands, _tell_apart(header, bands), rows, numbers))


def _header(name: ExportName, lines: list[str], at: int) -> tuple[tuple[str, ...], tuple[str, ...], int]:
    """The band over each column ("" without one), the headers, and the index of the first row."""
    over: tuple[str, ...] = ()
    if at < len(lines) and lines[at].startswith('""'):
        over = tuple(" ".join(cell.split()) for cell in cells_of(name.file, at + 1, lines[at]))
        at += 1
    cells = cells_of(name.file, at + 1, lines[at]) if at < len(lines) else []
    header = tuple(" ".join(cell.split()) for cell in cells)
    if not any(header):
        raise SpmError("No header line", file=name.file, line=at + 1, remedy=REFETCH)
    if over and len(over) != len(header):
        raise SpmError(
            f"The line of bands has {len(over)} cells and the header {len(header)}",
            file=name.file,
            line=at + 1,
            remedy=REFETCH,
        )
    bands: list[str] = []
    for index in range(len(header)):
        text = over[index] if over else ""
        # A band stands over its first column and runs on; an underscore fills a line of bands that has none.
        bands.append(text.strip("_") if text or not bands else bands[-1])
    return tuple(bands), header, at + 1


def _tell_apart(header: tuple[str, ...], bands: tuple[str, ...]) -> tuple[str, ...]:
    """Headers that stand more than once, such as `%`, get the band they stand under: `Level 3Met / %`."""
    times = Counter(header)
    return tuple(f"{b} / {h}" if times[h] > 1 else h for h, b in zip(header, bands, strict=True))


def _body(name: ExportName, lines: list[str], first: int, width: int) -> tuple[list[list[str]], list[int]]:
    rows: list[list[str]] = []
    numbers: list[int] = []
    end = len(lines)
    while end > first and lines[end - 1] == "":
        end -= 1
    quickly = cells_of_all(lines[first:end])
    for index in range(first, end):
        if lines[index] == "":
            raise SpmError(
                "A blank line inside the table: a second table may follow it",
                file=name.file,
                line=index + 1,
                remedy="Split the file, or list it in ignored_files if its tables stand in other files too",
            )
        cells = cells_of(name.file, index + 1, lines[index]) if quickly is None else quickly[index - first]
        if len(cells) != width:
            raise SpmError(
                f"{len(cells)} cells in a table of {width} columns",
                file=name.file,
                line=index + 1,
                remedy=REFETCH,
            )
        rows.append(cells)
        numbers.append(index + 1)
    return rows, numbers
