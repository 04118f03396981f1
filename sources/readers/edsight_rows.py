"""What the rows of an EdSight export say: the organization, the student group and the grade of each.

Put here: the columns in angle brackets that `edsight` lists. Not here: titles (`edsight_names`), header lines
and widths (`edsight`).

A file has a column for the group, or its columns are groups under a band (`column_cells`): each cell
is a row then. A cross table of the state has groups in its rows as well (`row_headers`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sources.readers.edsight_cells import REFETCH, without_formula
from sources.readers.edsight_names import STATE_TITLE, ExportName, Vocabulary
from warehouse.model.errors import SpmError

ADDED = (
    "<level>",
    "<code>",
    "<name>",
    "<district code>",
    "<district name>",
    "<school code>",
    "<group>",
    "<second group>",
    "<grade>",
    "<band>",
    "<variant>",
    "<labels>",
)
STATE_CODE = "CT"
STATE = ["state", STATE_CODE, STATE_TITLE, "", "", ""]
ALL_STUDENTS, ALL_GRADES = "All Students", "All Grades"


@dataclass(frozen=True)
class Export:
    """A file as a table of text: headers, rows, and the physical line of each row."""

    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]


@dataclass(frozen=True)
class Grid:
    """A file below its titles: the band over each column, the headers, the cells and their lines."""

    bands: tuple[str, ...]
    header: tuple[str, ...]
    rows: list[list[str]]
    lines: list[int]


def tidy(name: ExportName, words: Vocabulary, grid: Grid) -> Export:
    """The rows under headers that are the same for every group and level.

    Raises:
        SpmError: A column that the name promises is not there, or a row is of another organization.
    """
    if words.is_continued:
        grid = Grid(grid.bands, grid.header, _continued(name, grid), grid.lines)
    return _of_columns(name, words, grid) if words.column_cells else _of_rows(name, words, grid)


def _continued(name: ExportName, grid: Grid) -> list[list[str]]:
    """The rows with the name above in place of a blank first cell."""
    rows: list[list[str]] = []
    for cells, line in zip(grid.rows, grid.lines, strict=True):
        if cells[0] == "" and not rows:
            raise SpmError("The first row has no name", file=name.file, line=line, remedy=REFETCH)
        rows.append([rows[-1][0], *cells[1:]] if cells[0] == "" else cells)
    return rows


def _of_rows(name: ExportName, words: Vocabulary, grid: Grid) -> Export:
    header = grid.header
    width = _organization_width(name, words, header)
    group = _dimension(name, words.group_headers, header)
    grade = _dimension(name, words.grade_headers, header)
    kept = [i for i in range(width, len(header)) if i not in (group, grade)]
    rows = []
    for cells, number in zip(grid.rows, grid.lines, strict=True):
        added = _added(
            name,
            _organization(name, words, cells, number),
            (ALL_STUDENTS if group is None else f"{header[group]}: {cells[group]}", ALL_STUDENTS),
            ALL_GRADES if grade is None else cells[grade],
        )
        rows.append((*added, *(_plain(cells[i]) for i in kept)))
    return Export((*ADDED, *(header[i] for i in kept)), tuple(rows), tuple(grid.lines))


def _of_columns(name: ExportName, words: Vocabulary, grid: Grid) -> Export:
    """One row for each cell of a table whose columns are groups."""
    is_crossed = name.level == "state" and grid.header[0] in words.row_headers
    width = 1 if is_crossed else _organization_width(name, words, grid.header)
    rows, lines = [], []
    for cells, number in zip(grid.rows, grid.lines, strict=True):
        organization = STATE if is_crossed else _organization(name, words, cells, number)
        across = [(grid.header[0], cells[0])] if is_crossed else []
        for i in range(width, len(cells)):
            groups, grade = _meaning(words, [*across, (grid.bands[i], grid.header[i])])
            rows.append((*_added(name, organization, groups, grade), _plain(cells[i])))
            lines.append(number)
    return Export((*ADDED, words.column_cells or ""), tuple(rows), tuple(lines))


def _meaning(words: Vocabulary, said: list[tuple[str, str]]) -> tuple[tuple[str, str], str]:
    """Two groups and a grade, from what row and column say; a total is of all students or grades."""
    grade = ALL_GRADES
    groups: list[str] = []
    for dimension, member in said:
        is_total = member in words.total_headers
        if dimension not in words.grade_bands:
            groups.append(ALL_STUDENTS if is_total else f"{dimension}: {member}")
        elif not is_total:
            grade = member
    first, second = (*groups, ALL_STUDENTS, ALL_STUDENTS)[:2]
    return (first, second), grade


def _added(name: ExportName, organization: list[str], groups: tuple[str, str], grade: str) -> Iterator[str]:
    """The cells of the columns in angle brackets, in their order."""
    yield from (*organization, *groups, grade, name.band or "", name.variant or "", name.labels)


def _plain(cell: str) -> str:
    """A cell without the formula that some texts stand in."""
    inside = without_formula(cell)
    return cell if inside is None else inside


def _dimension(name: ExportName, headers: Mapping[str, str], header: tuple[str, ...]) -> int | None:
    """Where the column stands that the title promises (student group, grade); None without promise."""
    promised = next((headers[word] for word in name.words if word in headers), None)
    if promised is None:
        return None
    if promised not in header:
        raise SpmError(
            f"No column {promised!r}, as the file's title promises",
            file=name.file,
            value=", ".join(header[:6]),
            remedy="The file is of another group; fetch the right one, or name it after its content",
        )
    return header.index(promised)


def _organization_width(name: ExportName, words: Vocabulary, header: tuple[str, ...]) -> int:
    """How many leading columns name the organization; they must be those of the level."""
    own = words.organization_headers.get(name.level)
    first = own or "District"
    layouts: dict[str, tuple[tuple[str, ...], ...]] = {
        "state": ((own,),) if own else (("Organization",), ("District",)),
        "district": ((first, "District Code") if words.has_codes else (first,),),
        "school": ((first, "District Code", "School", "School Code"),),
    }
    for layout in layouts[name.level]:
        if header[: len(layout)] == layout:
            return len(layout)
    raise SpmError(
        f"The header of a {name.level} file does not begin with {', '.join(layouts[name.level][0])}",
        file=name.file,
        value=", ".join(header[:4]),
        remedy="The file is of another level; fetch the right one, or name it after its content",
    )


def _organization(name: ExportName, words: Vocabulary, cells: list[str], number: int) -> list[str]:
    """Level, code, name, district code, district name, school code."""
    first = without_formula(cells[0]) or cells[0]
    if name.level == "state":
        if first != STATE_TITLE:
            raise SpmError(
                "A file of the state names another organization",
                file=name.file,
                line=number,
                value=first,
                remedy="Fetch the state's file again",
            )
        return STATE
    if first == words.total_row and not (words.has_codes and without_formula(cells[1])):
        return STATE
    if not words.has_codes:
        return ["district", "", first, "", first, ""]
    code = _code(name, cells[1], number, "District Code")
    if name.level == "district":
        return ["district", code, first, code, first, ""]
    school = _code(name, cells[3], number, "School Code")
    school_name = without_formula(cells[2]) or cells[2]
    return ["school", f"{code}-{school}", school_name, code, first, school]


def _code(name: ExportName, cell: str, number: int, column: str) -> str:
    text = without_formula(cell)
    if text is None:
        raise SpmError(
            'A code has lost the ="..." around it, and with it perhaps its zeros',
            file=name.file,
            line=number,
            column=column,
            value=cell,
            remedy=REFETCH,
        )
    return text
