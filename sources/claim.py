"""Claim: every header of a file is mapped, ignored by name, or an error that names it.

Put here: comparing a file's headers with columns.csv. Not here: parsing cells (`values`, `rows`).
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from sources.columns import ColumnLine, ColumnMap
from sources.withheld import shown_name
from warehouse.model.errors import SpmError
from warehouse.model.places import shown


class UnclaimedColumns(SpmError):
    """A file has headers that columns.csv neither maps nor ignores, or lacks some that it maps."""


def claim(
    headers: Sequence[str],
    columns: ColumnMap,
    table: str,
    release: str,
    *,
    file: str,
    header_row: int,
    is_restricted: bool = False,
) -> tuple[ColumnLine, ...]:
    """The lines of columns.csv that the file's headers answer, in its order, ignored ones left out.

    Raises:
        UnclaimedColumns: A header stands twice, is unknown, or is missing.
    """
    lines = [line for line in columns.of(table) if line.header(release) is not None]
    known = {str(line.header(release)): line for line in lines}
    strangers = [h for h in headers if h not in known]
    missing = [h for h in known if h not in headers]
    if is_restricted and 2 * max(len(missing), len(strangers)) > len(known):
        raise _no_header_row(len(strangers), missing, known, file, header_row)
    strangers = [shown_name(h, is_restricted=is_restricted) for h in strangers]
    twice = sorted({shown_name(h, is_restricted=is_restricted) for h in headers if headers.count(h) > 1})
    if twice:
        raise UnclaimedColumns(
            f"Header stands twice: {_named(twice)}",
            file=file,
            line=header_row,
            column=twice[0],
            remedy="Ask the publisher; two columns of one name cannot be told apart",
        )
    if strangers or missing:
        raise UnclaimedColumns(
            _difference(strangers, missing),
            file=file,
            line=header_row,
            column=(strangers or missing)[0],
            remedy=_remedy(strangers, missing, known, shown(columns.path), release),
        )
    return tuple(line for line in lines if line.type.kind != "ignored")


def _no_header_row(
    strangers: int, missing: list[str], known: dict[str, ColumnLine], file: str, header_row: int
) -> UnclaimedColumns:
    """For a line that is no header row, or has a student's line behind it: its texts are never quoted."""
    named = f", {_named(missing)}" if missing else ""
    if 2 * len(missing) > len(known):
        what = f"No header row: {len(missing)} of {len(known)} headers are missing{named}"
    else:
        what = f"No header row: {strangers} are unknown, {len(missing)} of {len(known)} missing{named}"
    return UnclaimedColumns(
        what,
        file=file,
        line=header_row,
        remedy="Look whether the file has its header row and the line ends there, and whether header_row in "
        "source.yml is right; texts of the line are withheld",
    )


def _difference(strangers: list[str], missing: list[str]) -> str:
    parts = []
    if strangers:
        parts.append(f"unknown header {_named(strangers)}")
    if missing:
        parts.append(f"missing header {_named(missing)}")
    text = " and ".join(parts)
    return text[0].upper() + text[1:]


def _remedy(
    strangers: list[str], missing: list[str], known: dict[str, ColumnLine], where: str, release: str
) -> str:
    if strangers:
        if 2 * len(missing) > len(known):
            return (
                "Look whether header_row and delimiter in source.yml are those of the file, and whether it "
                f"is a table and no web page; new headers go into {where}, column {release}"
            )
        near = get_close_matches(strangers[0], missing, n=1, cutoff=0.5)
        if near:
            line = known[near[0]].line
            place = f"line {line} of {where}, column {release}"
            return f"Did you mean {near[0]!r}? If {strangers[0]!r} is its new name, write it in {place}"
        return f"Map or ignore {strangers[0]!r} in {where}, column {release}, then refresh again"
    line = known[missing[0]].line
    place = f"line {line} of {where}, column {release}"
    return f"If the publisher dropped it, write - in {place}; else fetch the file again"


def _named(names: list[str]) -> str:
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(repr(name) for name in names[:5]) + more
