"""Read one section of a single-audit submission from its workbook in JSON.

Put here: how a section's sheets become rows of text. A file is a list of sheets {name, ranges}; a range is
one column {name, start_cell, end_cell, values}. `Form` has the lines, `Coversheet` the auditee and the total;
the other sheets are the form's pick lists, repeated in every file, and are left.
Not here: types and names (`columns.csv`), which audit belongs to whom (an agency's crosswalk).
"""

from __future__ import annotations

import json
import re
from typing import Any

import pyarrow as pa

from sources.readers.request import ReadRequest, text_table

REFETCH = "Fetch the workbook again; if it comes out the same, ask the Clearinghouse about this submission"
# The workbooks carry no report id; the Clearinghouse files them by its database key and the audit's year.
REPORT_FOLDER = re.compile(r"(?:^|/)([0-9]+-[0-9]{2})/[^/]+$")
COVERSHEET_COLUMNS = ("version", "auditee_uei", "total_amount_expended")


def read_file(request: ReadRequest) -> pa.Table:
    """Read a section's lines, each with its report's id and the facts of the coversheet.

    Returns:
        Cells as text; the line of a record is its row in the `Form` sheet.

    Raises:
        SpmError: Not a workbook in JSON, another section, columns of different length or start, or a folder
            that is not `<dbkey>-<year>`.
    """
    sheets = _sheets(request)
    cover = _coversheet(request, sheets)
    columns, first_row = _columns(request, sheets)
    count = len(next(iter(columns.values()), []))
    constant = {"report_id": _report_id(request)}
    constant |= {name: cover[name] for name in COVERSHEET_COLUMNS if name in cover}
    cells: dict[str, list[str | None]] = {name: [text] * count for name, text in constant.items()}
    cells |= columns
    return text_table(list(cells), list(cells.values()), list(range(first_row, first_row + count)))


def _sheets(request: ReadRequest) -> dict[str, list[dict[str, Any]]]:
    try:
        document = json.loads(request.path.read_text(encoding="utf-8"))
        return {sheet["name"]: sheet["ranges"] for sheet in document}
    except json.JSONDecodeError as problem:
        raise request.error(f"Not whole JSON: {problem.msg}", line=problem.lineno, remedy=REFETCH) from None
    except UnicodeDecodeError as problem:
        raise request.error(f"Not UTF-8 text (byte {problem.start})", remedy=REFETCH) from None
    except (TypeError, KeyError, RecursionError):
        raise request.error(
            "Not a list of sheets with name and ranges", remedy="Give the section's workbook in JSON"
        ) from None


def _coversheet(request: ReadRequest, sheets: dict[str, list[dict[str, Any]]]) -> dict[str, str]:
    facts = {}
    for column in _ranges(request, sheets, "Coversheet"):
        if len(column["values"]) != 1:
            raise request.error(
                f"{len(column['values'])} values on the coversheet where one is meant",
                column=column["name"],
                remedy=REFETCH,
            )
        facts[column["name"]] = _text(column["values"][0])
    wanted, given = request.table.options.get("section"), facts.get("section_name")
    if given != wanted:
        raise request.error(
            f"This is section {given!r}, and {request.table_name} come from {wanted!r}",
            column="section_name",
            value=given,
            remedy="Name the right file in the agency's sources.yml",
        )
    return facts


def _columns(
    request: ReadRequest, sheets: dict[str, list[dict[str, Any]]]
) -> tuple[dict[str, list[str | None]], int]:
    """The columns of the form, and the sheet row of their first value."""
    columns: dict[str, list[str | None]] = {}
    first_row: int | None = None
    for column in _ranges(request, sheets, "Form"):
        name, values, row = column["name"], column["values"], _start_row(request, column)
        if name in columns:
            raise request.error("A column stands twice in the form", column=name, remedy=REFETCH)
        first_row = row if first_row is None else first_row
        length = len(next(iter(columns.values()), values))
        if (len(values), row) != (length, first_row):
            raise request.error(
                f"A column of {len(values)} values from row {row} beside columns of {length} from row "
                f"{first_row}: nobody can say which value belongs to which line",
                line=row + min(len(values), length),
                column=name,
                remedy=REFETCH,
            )
        columns[name] = [_text(value) for value in values]
    if first_row is None:
        raise request.error("The form has no columns", remedy=REFETCH)
    return columns, first_row


def _ranges(
    request: ReadRequest, sheets: dict[str, list[dict[str, Any]]], sheet: str
) -> list[dict[str, Any]]:
    ranges = sheets.get(sheet)
    if ranges is None:
        raise request.error(
            f"No sheet {sheet!r}; there are {', '.join(map(repr, sheets))}",
            remedy="Give the section's workbook in JSON",
        )
    for column in ranges:
        if not {"name", "start_cell", "values"} <= set(column):
            raise request.error(f"A range of sheet {sheet!r} lacks its name, start or values", remedy=REFETCH)
    return ranges


def _start_row(request: ReadRequest, column: dict[str, Any]) -> int:
    try:
        return int(column["start_cell"]["row"])
    except (TypeError, KeyError, ValueError):
        raise request.error(
            "A column does not say in which row it starts", column=column["name"], remedy=REFETCH
        ) from None


def _report_id(request: ReadRequest) -> str:
    match = REPORT_FOLDER.search(request.address)
    if match is None:
        raise request.error(
            "The folder is not <dbkey>-<two-digit audit year>, so the report has no id",
            value=request.address,
            remedy="Keep the file in a folder such as 147110-22",
        )
    return match[1]


def _text(value: object) -> str:
    return "" if value is None else str(value)
