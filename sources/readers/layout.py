"""Record layouts: the header row that a file without one is missing, kept as layout.csv beside source.yml.

Put here: reading layout.csv, and which of its layouts a file has. Not here: cutting a record (`fixed_width`),
what a column means (columns.csv).

A layout holds from its `first_year` until a later one replaces it; the newest applies to all later years.
`codes` says whether the values of a column stand on a list that was available:

    listed          columns.csv holds the whole list; anything else is refused
    pattern         the codes are those of a standard, held to their form
    not_available   codes are accepted as they come, and those that columns.csv does not name are reported
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from sources.readers.request import ReadRequest
from warehouse.model.errors import SpmError
from warehouse.model.places import shown

HEADER = ("table", "level", "first_year", "column", "start", "length", "required", "codes")
CODES = ("", "listed", "pattern", "not_available")


@dataclass(frozen=True)
class LayoutField:
    """One column of a record; `start` counts from 1."""

    column: str
    start: int
    length: int
    is_required: bool
    codes: str

    @property
    def is_filler(self) -> bool:
        """Whether the place is kept free."""
        return self.column.lower().startswith("filler")


@dataclass(frozen=True)
class Layout:
    """The columns of a record in their order."""

    table: str
    level: str
    first_year: int
    fields: tuple[LayoutField, ...]

    @property
    def width(self) -> int:
        """Characters of a fixed-width record, its line end not counted."""
        last = self.fields[-1]
        return last.start + last.length - 1

    def field(self, column: str) -> LayoutField | None:
        """The field of a column, if the record has it."""
        return next((f for f in self.fields if f.column == column), None)


def layout_of(request: ReadRequest, level: str = "") -> Layout:
    """The layout of a file's level in its year.

    Raises:
        SpmError: The source has no layout.csv, or none for this level or year.
    """
    layouts = [x for x in load_layouts(layout_path(request)) if x.table == request.table_name]
    levels = sorted({x.level for x in layouts})
    if level not in levels:
        raise request.error(
            f"There is no {level} layout of this table, only {' and '.join(levels) or 'none'}",
            column="level",
            value=level,
            remedy="Give the file to the source or table it belongs to, or add its layout to layout.csv",
        )
    of_level = [x for x in layouts if x.level == level]
    in_force = [x for x in of_level if x.first_year <= request.school_year]
    if not in_force:
        first = min(x.first_year for x in of_level)
        raise request.error(
            f"No layout is held for {request.school_year}; the first is that of {first}",
            remedy="Add the layout of that year to layout.csv",
        )
    return max(in_force, key=lambda x: x.first_year)


def layout_path(request: ReadRequest) -> Path:
    """Where the layout of a request's table stands."""
    if request.folder is None or request.table.layout is None:
        raise request.error(
            "The table has no record layout", remedy="Name it in source.yml, such as `layout: layout.csv`"
        )
    return request.folder / request.table.layout


@lru_cache(maxsize=64)
def load_layouts(path: Path) -> tuple[Layout, ...]:
    """All layouts of a layout.csv.

    Raises:
        SpmError: The file is absent, or a line does not make sense; names file, line and column.
    """
    try:
        with path.open(encoding="utf-8", newline="") as handle:
            rows = list(csv.reader(handle))
    except FileNotFoundError:
        raise SpmError("The record layout is not there", file=shown(path), remedy="Create it") from None
    if not rows or tuple(rows[0]) != HEADER:
        raise SpmError(
            "layout.csv has the wrong header",
            file=shown(path),
            line=1,
            remedy=f"Begin it with {','.join(HEADER)}",
        )
    fields: dict[tuple[str, str, int], list[LayoutField]] = {}
    for number, row in enumerate(rows[1:], start=2):
        key, field = _field(path, number, row)
        before = fields.setdefault(key, [])
        expected = before[-1].start + before[-1].length if before else 1
        if field.start != expected:
            raise SpmError(
                f"The column begins at {field.start}, the one before it ends at {expected - 1}",
                file=shown(path),
                line=number,
                column="start",
                value=field.column,
                remedy="Name every position once; a place that is kept free is a Filler",
            )
        before.append(field)
    return tuple(Layout(*key, tuple(columns)) for key, columns in fields.items())


def _field(path: Path, number: int, row: list[str]) -> tuple[tuple[str, str, int], LayoutField]:
    try:
        table, level, year, column, start, length, required, codes = row
        if required not in ("yes", "no") or codes not in CODES or not column or int(length) < 1:
            raise ValueError
        return (table, level, int(year)), LayoutField(
            column, int(start), int(length), required == "yes", codes
        )
    except ValueError:
        raise SpmError(
            "Not a line of a record layout",
            file=shown(path),
            line=number,
            value=",".join(row),
            remedy=f"Write {','.join(HEADER)}; level is blank but for EDFacts, first_year a school year, "
            f"start and length numbers, required yes or no, codes blank or {', '.join(CODES[1:])}",
        ) from None
