"""`columns.csv`: which header of a file is which canonical column, release by release.

Put here: reading the file and its types.
Not here: comparing it with a real file (`claim`), parsing cells (`values`).
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from pathlib import Path

from warehouse.model.errors import SpmError
from warehouse.model.places import shown

FIXED = ("table", "column", "type", "member", "required")
ABSENT = "-"
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_TYPE = re.compile(r"^(?P<kind>[a-z]+)(?:\((?P<argument>.*)\))?$", re.DOTALL)
KINDS = {
    "text",
    "id",
    "count",
    "integer",
    "decimal",
    "estimate",
    "percent",
    "money",
    "date",
    "code",
    "rate",
    "ranged",
    "boolean",
    "descriptor",
    "ignored",
}
NEEDS_ARGUMENT = {"id", "date", "code", "boolean", "ranged", "descriptor"}
# What a column of ranged figures may count.
UNITS = {"count", "percent"}
# A cell of these kinds may hold a marker instead of a value.
MARKABLE = {"count", "integer", "decimal", "percent", "money", "estimate"}


@dataclass(frozen=True)
class ColumnType:
    """A kind with its argument, such as `id([0-9]{7})`."""

    kind: str
    argument: str = ""


@dataclass(frozen=True)
class ColumnLine:
    """One line of columns.csv."""

    table: str
    column: str
    type: ColumnType
    member: str | None
    is_required: bool
    headers: dict[str, str]
    line: int

    def header(self, release: str) -> str | None:
        """The header in a release; None where the release does not have it."""
        text = self.headers[release]
        return None if text == ABSENT else text


@dataclass(frozen=True)
class ColumnMap:
    """All lines of a source's columns.csv."""

    path: Path
    releases: tuple[str, ...]
    lines: tuple[ColumnLine, ...]

    def of(self, table: str) -> tuple[ColumnLine, ...]:
        """The lines of one table."""
        return tuple(line for line in self.lines if line.table == table)

    def release_for(self, wanted: str | None, school_year: int) -> str:
        """The release column to use: the one asked for, else the year's own, else `all`.

        Raises:
            SpmError: There is no such column.
        """
        for name in (wanted,) if wanted is not None else (str(school_year), "all"):
            if name in self.releases:
                return name
        raise SpmError(
            f"No column for release {wanted or school_year}",
            file=shown(self.path),
            line=1,
            remedy=f"Add a column {wanted or school_year}; there are {', '.join(self.releases)}",
        )


def load_columns(path: Path) -> ColumnMap:
    """Read a source's columns.csv.

    Raises:
        SpmError: The file is absent or a line does not make sense; names file, line and column.
    """
    try:
        with path.open(encoding="utf-8", newline="") as handle:
            rows = list(csv.reader(handle))
    except FileNotFoundError:
        raise SpmError("A source needs a columns.csv", file=shown(path), remedy="Create it") from None
    header = tuple(rows[0]) if rows else ()
    if header[: len(FIXED)] != FIXED or len(header) == len(FIXED):
        raise SpmError(
            "columns.csv has the wrong header",
            file=shown(path),
            line=1,
            remedy=f"Begin it with {','.join(FIXED)} and one column per release, or `all`",
        )
    releases = header[len(FIXED) :]
    lines = tuple(_line(path, n, row, releases) for n, row in enumerate(rows[1:], start=2) if any(row))
    _require_once(path, releases, lines)
    return ColumnMap(path, releases, lines)


def _require_once(path: Path, releases: tuple[str, ...], lines: tuple[ColumnLine, ...]) -> None:
    """Refuse a header or a canonical column that stands twice: one of the two would be lost in silence."""
    seen: dict[tuple[str, ...], int] = {}
    keys: list[tuple[str, ...]]
    for line in lines:
        keys = [
            ("header of", release, line.table, text)
            for release in releases
            if (text := line.header(release)) is not None
        ]
        if line.type.kind != "ignored":
            keys.append(("column", "", line.table, line.column, line.member or ""))
        for key in keys:
            if key in seen:
                raise SpmError(
                    f"The {key[0]} {key[1]} stands in line {seen[key]} already".replace("  ", " "),
                    file=shown(path),
                    line=line.line,
                    value=key[3],
                    remedy="Keep one of the two lines, or correct the header, column or member of one",
                )
            seen[key] = line.line


def _line(path: Path, number: int, row: list[str], releases: tuple[str, ...]) -> ColumnLine:
    if len(row) != len(FIXED) + len(releases):
        raise SpmError(
            f"{len(row)} cells instead of {len(FIXED) + len(releases)}",
            file=shown(path),
            line=number,
            remedy="Give every release a header, or - where it has none; quote cells with commas",
        )
    table, column, kind, member, required = row[: len(FIXED)]
    if not _NAME.fullmatch(column):
        raise SpmError(
            "Not a canonical column name",
            file=shown(path),
            line=number,
            column="column",
            value=column,
            remedy="Write small letters, digits and underscores, beginning with a letter",
        )
    if required not in ("yes", "no"):
        raise SpmError(
            "required is yes or no",
            file=shown(path),
            line=number,
            column="required",
            value=required,
            remedy="Write yes or no",
        )
    headers = dict(zip(releases, row[len(FIXED) :], strict=True))
    return ColumnLine(
        table, column, parse_type(path, number, kind), member or None, required == "yes", headers, number
    )


def parse_type(path: Path, number: int, text: str) -> ColumnType:
    """A type as columns.csv writes it.

    Raises:
        SpmError: There is no such type, or its argument is missing or makes no sense.
    """
    match = _TYPE.match(text)
    kind = match["kind"] if match else ""
    argument = (match["argument"] or "") if match else ""
    if kind not in KINDS or (kind in NEEDS_ARGUMENT and not argument):
        raise SpmError(
            "Unknown type, or its argument is missing",
            file=shown(path),
            line=number,
            column="type",
            value=text,
            remedy=f"Use one of {', '.join(sorted(KINDS))}; "
            f"{', '.join(sorted(NEEDS_ARGUMENT))} take an argument",
        )
    if kind == "id":
        _require_pattern(path, number, argument)
    if (
        (kind == "code" and not all("=" in pair for pair in argument.split("|")))
        or (kind == "boolean" and argument.count("|") != 1)
        or (kind == "ranged" and argument not in UNITS)
    ):
        raise SpmError(
            "The type's argument does not make sense",
            file=shown(path),
            line=number,
            column="type",
            value=text,
            remedy="Write code(from=to|from=to), boolean(yes|no), ranged(count) or ranged(percent)",
        )
    return ColumnType(kind, argument)


def _require_pattern(path: Path, number: int, pattern: str) -> None:
    try:
        re.compile(pattern)
    except re.error as problem:
        raise SpmError(
            f"Not a regular expression: {problem}",
            file=shown(path),
            line=number,
            column="type",
            value=pattern,
            remedy="Correct the pattern",
        ) from None
