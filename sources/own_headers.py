"""An agency's own headers for a source whose format nobody has confirmed, or that its staff export by hand.

Under `options` of a release in sources.yml:
    columns.<table>.<column>: the header of the agency's file; `-` when its file lacks the column
    types.<table>.<column>: the column's type there, such as date(%Y-%m-%d)
    ignored.<table>: headers that only the agency's file has and nobody reads, with semicolons between them
Put here: columns.csv as one release overrides it.
Not here: columns.csv itself (`columns`), the file's header row (`claim`).
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable
from difflib import get_close_matches

from sources.columns import ABSENT, ColumnLine, ColumnMap, ColumnType, parse_type
from sources.registry import Source
from warehouse.model.agency import ReleaseSettings
from warehouse.model.errors import SpmError

_OPTION = re.compile(r"(columns|types|ignored)\.(.+)")


def is_own_header(option: str) -> bool:
    """Whether an option of a release is about headers, and so no transport's business."""
    return _OPTION.fullmatch(option) is not None


def with_own_headers(source: Source, release: ReleaseSettings, school_year: int) -> Source:
    """The source with its headers and types as the release's options say; itself when they say nothing.

    Raises:
        SpmError: An option names a table or column that the source lacks or unpivots, or no type.
    """
    options = [(match, text) for key, text in release.options.items() if (match := _OPTION.fullmatch(key))]
    if not options:
        return source
    label = source.columns.release_for(release.release, school_year)
    lines = list(source.columns.lines)
    for match, text in options:
        if match[1] == "ignored":
            lines += _ignored(source, match, text, label, len(lines))
        else:
            at = _line(source, lines, match)
            lines[at] = _overridden(source, lines[at], match, text.strip(), label)
    _require_once(source, lines, label)
    return dataclasses.replace(
        source, columns=ColumnMap(source.columns.path, source.columns.releases, tuple(lines))
    )


def _overridden(source: Source, line: ColumnLine, match: re.Match[str], text: str, label: str) -> ColumnLine:
    if match[1] == "types":
        try:
            return dataclasses.replace(line, type=parse_type(source.columns.path, line.line, text))
        except SpmError as problem:
            raise _error(source, match[0], problem.what, text, problem.remedy) from None
    if text == ABSENT and line.is_required:
        raise _error(source, match[0], "The column is required", text, "Name the header that has it")
    return dataclasses.replace(line, headers={**line.headers, label: " ".join(text.split())})


def _line(source: Source, lines: list[ColumnLine], match: re.Match[str]) -> int:
    table, _, column = match[2].rpartition(".")
    places = [i for i, line in enumerate(lines) if (line.table, line.column) == (table, column)]
    if not places:
        known = sorted(f"{line.table}.{line.column}" for line in lines)
        near = get_close_matches(match[2], known, n=1, cutoff=0.5)
        hint = f"Did you mean {match[1]}.{near[0]}? " if near else ""
        remedy = f"{hint}Use {match[1]}.<table>.<column> with a column of sources/{source.id}/columns.csv"
        raise _error(source, match[0], "The source has no such column", match[2], remedy)
    if len(places) > 1 or lines[places[0]].member is not None:
        remedy = f"Add a release column to sources/{source.id}/columns.csv instead"
        raise _error(source, match[0], "A column of several headers cannot be renamed here", match[2], remedy)
    return places[0]


def _ignored(
    source: Source, match: re.Match[str], text: str, label: str, before: int
) -> Iterable[ColumnLine]:
    if match[2] not in source.spec.tables:
        remedy = f"Use ignored.<table> with one of {', '.join(source.spec.tables)}"
        raise _error(source, match[0], "The source has no such table", match[2], remedy)
    headers = [" ".join(header.split()) for header in text.split(";") if header.strip()]
    for number, header in enumerate(headers, start=1):
        absent = dict.fromkeys(source.columns.releases, ABSENT)
        yield ColumnLine(
            table=match[2],
            column=f"ignored_by_agency_{before + number}",
            type=ColumnType("ignored"),
            member=None,
            is_required=False,
            headers={**absent, label: header},
            line=0,
        )


def _require_once(source: Source, lines: list[ColumnLine], label: str) -> None:
    seen: dict[tuple[str, str], str] = {}
    for line in lines:
        header = line.header(label)
        if header is None:
            continue
        if (line.table, header) in seen:
            what = f"One header for two columns, {seen[line.table, header]} and {line.column}"
            raise _error(
                source, f"columns.{line.table}.{line.column}", what, header, "Give each its own header"
            )
        seen[line.table, header] = line.column


def _error(source: Source, option: str, what: str, value: str, remedy: str) -> SpmError:
    return SpmError(
        what,
        file="sources.yml",
        column=f"sources.{source.id}.releases.options.{option}",
        value=value,
        remedy=remedy,
    )
