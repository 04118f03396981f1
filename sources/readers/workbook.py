"""Excel workbooks, .xls and .xlsx, through calamine; cells become the text a person sees."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pyarrow as pa
from python_calamine import CalamineError, CalamineWorkbook

from sources.readers.request import ReadRequest, text_table


def read_workbook(request: ReadRequest) -> pa.Table:
    """Read one sheet with one header row; wholly blank rows are no records.

    Raises:
        SpmError: Not a workbook, no such sheet, or the header row is empty.
    """
    rows, first = _sheet_rows(request)
    index = request.table.header_row - 1 - first
    if index < 0 or index >= len(rows) or not any(_text(cell) for cell in rows[index]):
        raise request.error(
            "The header row is empty",
            line=request.table.header_row,
            remedy="Correct header_row in source.yml, or fetch the workbook again",
        )
    header = [" ".join(_text(cell).split()) for cell in rows[index]]
    while header and not header[-1]:
        header.pop()
    columns: list[list[str | None]] = [[] for _ in header]
    lines = []
    for offset, row in enumerate(rows[index + 1 :], start=request.table.header_row + 1):
        cells = [_text(cell) for cell in row]
        if not any(cells):
            continue
        _require_headed(request, cells[len(header) :], offset)
        for column, cell in zip(columns, cells, strict=False):
            column.append(cell)
        lines.append(offset)
    return text_table(header, columns, lines)


def _require_headed(request: ReadRequest, beyond: list[str], line: int) -> None:
    if any(beyond):
        raise request.error(
            "A cell stands to the right of the last header",
            line=line,
            value=next(cell for cell in beyond if cell),
            remedy="Look whether a header was deleted, or whether header_row in source.yml is right",
        )


def _sheet_rows(request: ReadRequest) -> tuple[list[list[Any]], int]:
    """The sheet's rows, and how many leading empty rows the library left out."""
    try:
        workbook = CalamineWorkbook.from_path(str(request.path))
    except CalamineError as problem:
        raise request.error(
            f"Not a readable workbook: {problem}", remedy="Fetch the file again; it may be cut off"
        ) from None
    names, wanted = workbook.sheet_names, request.table.sheet
    name = names[wanted - 1] if isinstance(wanted, int) and 0 < wanted <= len(names) else wanted
    if name is None:
        name = names[0]
    if name not in names:
        raise request.error(
            f"No sheet {wanted!r}; there are {', '.join(map(repr, names))}",
            remedy="Correct the sheet in source.yml",
        )
    sheet = workbook.get_sheet_by_name(str(name))
    return sheet.to_python(skip_empty_area=False), 0


def _text(cell: Any) -> str:
    """A cell as text; a whole number loses the decimals that Excel only stores."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 2**53 else format(Decimal(repr(cell)), "f")
    if isinstance(cell, dt.datetime) and cell.time() == dt.time():
        return cell.date().isoformat()
    return str(cell).strip()
