"""Excel workbooks, .xls and .xlsx, through calamine; cells become the text a person sees.

Put here: the rows of one sheet as text. Not here: containers, errors, formulas (`workbook_looks`, `looks`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from itertools import compress, zip_longest
from typing import Any

import pyarrow as pa
from python_calamine import CalamineError, CalamineWorkbook

from sources.readers.looks import Looks, cell_name
from sources.readers.packed import REFETCH
from sources.readers.remarks import with_remarks
from sources.readers.request import ReadRequest, text_table
from sources.readers.workbook_looks import WorkbookContainer


def read_workbook(request: ReadRequest) -> pa.Table:
    """Read one sheet with one header row; wholly blank rows are no records.

    Raises:
        SpmError: Not a workbook, one that is protected, too large or not calculated, no such sheet, an empty
            header row, or a cell beyond the last header.
    """
    rows, looks = _sheet_rows(request)
    _require_known(request, looks)
    index = request.table.header_row - 1
    if index >= len(rows) or not any(_text(cell) for cell in rows[index]):
        raise request.error(
            "The header row is empty",
            line=request.table.header_row,
            remedy="Correct header_row in source.yml, or fetch the workbook again",
        )
    header = [" ".join(_text(cell).split()) for cell in rows[index]]
    while header and not header[-1]:
        header.pop()
    columns = [_texts(column) for column in zip_longest(*rows[index + 1 :], fillvalue=None)]
    first = request.table.header_row + 1
    _require_headed(request, columns[len(header) :], first)
    columns = columns[: len(header)] or [[] for _ in header]
    is_filled = [any(cells) for cells in zip(*columns, strict=True)]
    lines = list(compress(range(first, first + len(is_filled)), is_filled))
    if len(lines) < len(is_filled):
        columns = [list(compress(column, is_filled)) for column in columns]
    return with_remarks(text_table(header, columns, lines), [], _warnings(looks, index))


def _require_headed(request: ReadRequest, beyond: list[list[str | None]], first: int) -> None:
    for line, cells in enumerate(zip(*beyond, strict=True), start=first):
        if any(cells):
            raise request.error(
                "A cell stands to the right of the last header",
                line=line,
                value=next(cell for cell in cells if cell),
                remedy="Look whether a header was deleted, or whether header_row in source.yml is right",
            )


def _sheet_rows(request: ReadRequest) -> tuple[list[list[Any]], Looks]:
    """The sheet's rows from its first on, and what stands in it beside values."""
    container = WorkbookContainer(request)
    with _understood(request):
        workbook = CalamineWorkbook.from_path(str(request.path))
    name = _sheet_name(request, workbook.sheet_names)
    looks = container.looks(name, workbook.sheet_names.index(name))
    with _understood(request):
        rows = workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
    for (row, column), text in looks.errors.items():
        if row < len(rows) and column < len(rows[row]):
            rows[row][column] = text
    return rows, looks


def _sheet_name(request: ReadRequest, names: list[str]) -> str:
    wanted = request.table.sheet
    if wanted is None and names:
        return names[0]
    if isinstance(wanted, int) and 0 < wanted <= len(names):
        return names[wanted - 1]
    if isinstance(wanted, str) and wanted in names:
        return wanted
    raise request.error(
        f"No sheet {wanted!r}; there are {', '.join(map(repr, names))}",
        remedy="Correct the sheet in source.yml",
    )


@contextmanager
def _understood(request: ReadRequest) -> Iterator[None]:
    """Tell in one sentence what calamine cannot read."""
    try:
        yield
    except CalamineError as problem:
        raise request.error(f"Not a readable workbook: {problem}", remedy=REFETCH) from None
    except BaseException as problem:
        # A panic of the library below; its class is not importable and is no Exception.
        if type(problem).__name__ != "PanicException":
            raise
        raise request.error("Not a readable workbook", remedy=REFETCH) from None


def _require_known(request: ReadRequest, looks: Looks) -> None:
    """Refuse a formula that was never calculated: its cell would pass for an empty one."""
    unknown = [place for place in looks.unknown if place[0] >= request.table.header_row - 1]
    if unknown:
        raise request.error(
            f"The formula in cell {cell_name(unknown[0])} has no value: the workbook was never calculated",
            line=unknown[0][0] + 1,
            remedy="Open it in a spreadsheet program and save it, or have the values themselves exported",
        )


def _warnings(looks: Looks, first_row: int) -> list[str]:
    places = [place for place in looks.formulas if place[0] >= first_row]
    if not places:
        return []
    return [
        f"{len(places)} cells are formulas, the first {cell_name(min(places))}; read are the values that the "
        "workbook was last saved with"
    ]


def _texts(column: tuple[Any, ...]) -> list[str | None]:
    """The cells of a column as text; nearly all columns of a workbook are of texts alone."""
    return list(map(str.strip, column)) if set(map(type, column)) == {str} else list(map(_text, column))


def _text(cell: Any) -> str:
    """A cell as text; a whole number loses the decimals that Excel only stores."""
    if isinstance(cell, str):
        return cell.strip()
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 2**53 else format(Decimal(repr(cell)), "f")
    if isinstance(cell, dt.datetime) and cell.time() == dt.time():
        return cell.date().isoformat()
    return str(cell).strip()
