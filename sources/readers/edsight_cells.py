"""Cut one line of an EdSight export into cells, and take formulas off texts.

Put here: quoting and formulas. Not here: what the cells mean (`edsight`).
"""

from __future__ import annotations

import csv
import re

from warehouse.model.errors import SpmError

REFETCH = "Export the file from EdSight again; do not save it from a spreadsheet"
# A formula without quotes around it; its text may hold commas, so csv would cut it: ="A Inc., B",1.0
_BARE = re.compile(r'(?:^|,)="')
_CELL = re.compile(r'(?P<formula>="[^"]*")|"(?P<quoted>(?:[^"]|"")*)"|(?P<plain>[^",]*)')


def cells_of(file: str, number: int, line: str) -> list[str]:
    """The cells of one physical line, with formulas still on.

    Raises:
        SpmError: Text stands outside its quotes.
    """
    if _BARE.search(line) is not None:
        return _cells_with_bare_formulas(file, number, line)
    try:
        return next(csv.reader([line], strict=True))
    except csv.Error:
        raise _unclosed(file, number, line) from None


def cells_of_all(lines: list[str]) -> list[list[str]] | None:
    """The cells of many lines at once; None when one of them needs `cells_of`, which tells what is wrong."""
    if any(map(_BARE.search, lines)):
        return None
    try:
        rows = list(csv.reader(lines, strict=True))
    except csv.Error:
        return None
    # A quote left open runs into the next line, and there are fewer rows than lines then.
    return rows if len(rows) == len(lines) else None


def without_formula(cell: str) -> str | None:
    """The text inside `="..."`; None when the cell is no such formula."""
    if len(cell) >= 3 and cell.startswith('="') and cell.endswith('"'):
        return cell[2:-1]
    return None


def _cells_with_bare_formulas(file: str, number: int, line: str) -> list[str]:
    cells: list[str] = []
    at = 0
    while True:
        match = _CELL.match(line, at)
        if match is None or (match.end() < len(line) and line[match.end()] != ","):
            raise _unclosed(file, number, line)
        quoted = match["quoted"]
        cells.append(match[0] if quoted is None else quoted.replace('""', '"'))
        if match.end() == len(line):
            return cells
        at = match.end() + 1


def _unclosed(file: str, number: int, line: str) -> SpmError:
    return SpmError("Quotes do not close", file=file, line=number, value=line[:60], remedy=REFETCH)
