"""NAEP Data Explorer exports: titles above, data, and below the meaning of marks.

Put here: the shape of an export. Not here: the workbook itself (`sources.readers.workbook`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import pyarrow as pa
from python_calamine import CalamineWorkbook

from sources.readers.request import LINE, ReadRequest, text_table
from sources.readers.workbook import read_workbook

_TITLE = re.compile(
    r"(?P<statistic>.+) for grade (?P<grade>[0-9]+) (?P<subject>[A-Za-z. ]+?), by (?P<variables>.+)",
    re.DOTALL,
)
_CODE = re.compile(r"\[(?P<code>[A-Z0-9+]+)\]")
_YEAR = re.compile(r"(?P<year>[0-9]{4})(?P<mark>[¹²³⁴⁵*†]?)")
_VALUE = re.compile(r"(?P<value>-?[0-9]+(?:\.[0-9]+)?)(?P<mark>[!*†])")
# What a row below the data begins with when it explains: a mark, or one of two words.
_MARK = re.compile(r"[—–‡†!#*¹²³⁴⁵]\s+\S")
_FIXED = ("Year", "Jurisdiction")
_DATA = (
    "Subject", "Grade", "Year", "Year mark", "Year note", "Jurisdiction", "Variable", "Variable code",
    "Category", "Statistic", "Value", "Value mark", "Value note",
)  # fmt: skip
_NOTES = ("Title", "Note", "Kind", "Row")


@dataclass(frozen=True)
class _Export:
    """One sheet: its titles and footnotes by row, and its data."""

    titles: dict[int, str]
    notes: dict[int, str]
    headers: list[str]
    rows: dict[int, list[str]]


def read_file(request: ReadRequest) -> pa.Table:
    """Read an export's data, or its titles and footnotes.

    Raises:
        SpmError: The sheet has other headers or titles than an export.
    """
    export = _export(request)
    return _notes(export) if request.table_name == "notes" else _data(request, export)


def _export(request: ReadRequest) -> _Export:
    cells = read_workbook(request)
    headers = [name for name in cells.column_names if name != LINE]
    if tuple(headers[:2]) != _FIXED or len(headers) < 4:
        raise request.error(
            "Not the headers of an export: Year, Jurisdiction, a variable and a statistic",
            line=request.table.header_row,
            remedy="Export one variable from the Data Explorer, with years and jurisdictions in rows",
        )
    rows: dict[int, list[str]] = {}
    notes: dict[int, str] = {}
    for line, *row in zip(cells[LINE].to_pylist(), *(cells[h].to_pylist() for h in headers), strict=True):
        if _is_note(row):
            notes[line] = row[0]
        else:
            rows[line] = row
    return _Export(_titles(request), notes, headers, rows)


def _is_note(row: list[str]) -> bool:
    first = row[0] or ""
    is_alone = not any(row[1:])
    return is_alone and (_MARK.match(first) is not None or first.startswith(("NOTE:", "SOURCE:")))


def _titles(request: ReadRequest) -> dict[int, str]:
    """The rows above the headers; `read_workbook` has seen before that it is a workbook."""
    sheet = CalamineWorkbook.from_path(str(request.path)).get_sheet_by_index(0)
    above = sheet.to_python(skip_empty_area=False, nrows=request.table.header_row - 1)
    texts = {line: " ".join(str(cell) for cell in row).strip() for line, row in enumerate(above, start=1)}
    return {line: text for line, text in texts.items() if text}


def _data(request: ReadRequest, export: _Export) -> pa.Table:
    titles = [match for text in export.titles.values() if (match := _TITLE.fullmatch(text)) is not None]
    if len(titles) != 1:
        raise request.error(
            "No title that says statistic, grade, subject and variable",
            line=request.table.header_row - 1,
            remedy="Export the table from the Data Explorer again, with its titles",
        )
    title = titles[0]
    code = _CODE.search(title["variables"])
    meanings = {text[0]: text[1:].strip() for text in export.notes.values() if _MARK.match(text)}
    columns: list[list[str | None]] = [[] for _ in _DATA]
    lines: list[int] = []
    for line, row in export.rows.items():
        dated = _YEAR.fullmatch(row[0] or "")
        year, mark = (dated["year"], dated["mark"]) if dated else (row[0], "")
        for place, statistic in enumerate(export.headers[3:], start=3):
            marked = _VALUE.fullmatch(row[place] or "")
            value, doubt = (marked["value"], marked["mark"]) if marked else (row[place], "")
            cells = (
                title["subject"], title["grade"], year, mark, meanings.get(mark, ""), row[1],
                export.headers[2], code["code"] if code else "", row[2], statistic, value, doubt,
                meanings.get(doubt, ""),
            )  # fmt: skip
            for column, cell in zip(columns, cells, strict=True):
                column.append(cell)
            lines.append(line)
    return text_table(list(_DATA), columns, lines)


def _notes(export: _Export) -> pa.Table:
    title = next(iter(export.titles.values()), "")
    rows = [(title, text, "title", line) for line, text in export.titles.items()]
    for line, text in export.notes.items():
        kind = "note" if text.startswith("NOTE:") else "source" if text.startswith("SOURCE:") else "mark"
        rows.append((title, text, kind, line))
    columns: list[list[str | None]] = [[str(row[place]) for row in rows] for place in range(len(_NOTES))]
    return text_table(list(_NOTES), columns, [row[3] for row in rows])
