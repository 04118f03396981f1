"""A file as header and rows of text, and back into its own format: for changes that people and programs make.

Put here: the formats. Not here: the changes (`mutations`).
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from openpyxl import load_workbook
from wellformed import GoodFile


@dataclass
class Grid:
    """A table as text; `before` is what stands above the header."""

    file: GoodFile
    before: list[list[Any]]
    header: list[str]
    rows: list[list[Any]]
    extra: dict[str, Any] = field(default_factory=dict)

    def copy(self) -> Grid:
        rows = [list(row) for row in self.rows]
        return Grid(self.file, self.before, list(self.header), rows, self.extra)

    def kind(self, column: int) -> str | None:
        """The type that columns.csv gives to a column; None when it does not say one directly."""
        line = self._line(column)
        return None if line is None else line.type.kind

    def argument(self, column: int) -> str:
        line = self._line(column)
        return "" if line is None else line.type.argument

    def is_required(self, column: int) -> bool:
        line = self._line(column)
        return line is not None and line.is_required

    def columns(self, *kinds: str) -> list[int]:
        return [n for n in range(len(self.header)) if self.kind(n) in kinds]

    def _line(self, column: int) -> Any:
        name = " ".join(str(self.header[column]).split())
        lines = [x for x in self.file.lines if x.header(self.file.label) == name]
        return lines[0] if len(lines) == 1 else None

    def to_bytes(self) -> bytes:
        return {"text": _csv, "xlsx": _xlsx, "parquet": _parquet}[self.file.shape](self)


def grid_of(file: GoodFile) -> Grid | None:
    """The grid of a file; None for a format in which cells are not addressed by header and row."""
    if file.shape == "text" and file.reader == "delimited":
        return _from_csv(file)
    if file.shape == "xlsx" and file.reader == "workbook":
        return _from_xlsx(file)
    if file.shape == "parquet":
        return _from_parquet(file)
    return None


def _from_csv(file: GoodFile) -> Grid:
    text = file.content.decode("utf-8-sig" if file.spec.encoding == "utf-8" else file.spec.encoding)
    records = list(csv.reader(io.StringIO(text, newline=""), delimiter=file.spec.delimiter))
    if file.spec.header == "none":
        width = len(records[0])
        return Grid(file, [], [str(n + 1) for n in range(width)], [r for r in records if r], {"none": True})
    at = next(i for i, r in enumerate(records) if i >= file.spec.header_row - 1 and r)
    return Grid(file, records[:at], records[at], [r for r in records[at + 1 :] if r])


def _csv(grid: Grid) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=grid.file.spec.delimiter, lineterminator="\r\n")
    header = [] if grid.extra.get("none") else [grid.header]
    writer.writerows([*grid.before, *header, *grid.rows])
    return out.getvalue().encode(grid.file.spec.encoding, errors="replace")


def _from_xlsx(file: GoodFile) -> Grid:
    book = load_workbook(io.BytesIO(file.content), data_only=True)
    wanted = file.spec.sheet
    name = book.sheetnames[wanted - 1] if isinstance(wanted, int) else wanted or book.sheetnames[0]
    rows = [list(row) for row in book[name].iter_rows(values_only=True)]
    at = file.spec.header_row - 1
    width = max(i + 1 for i, cell in enumerate(rows[at]) if cell is not None)
    header = ["" if cell is None else str(cell) for cell in rows[at][:width]]
    body = [row[:width] for row in rows[at + 1 :] if any(cell is not None for cell in row[:width])]
    return Grid(file, rows[:at], header, body, {"sheet": name})


def _xlsx(grid: Grid) -> bytes:
    book = load_workbook(io.BytesIO(grid.file.content), data_only=True)
    sheet = book[grid.extra["sheet"]]
    for merged in list(sheet.merged_cells.ranges):
        sheet.unmerge_cells(str(merged))
    at = len(grid.before) + 1
    sheet.delete_rows(at, sheet.max_row)
    for offset, row in enumerate([grid.header, *grid.rows]):
        for column, cell in enumerate(row, start=1):
            sheet.cell(at + offset, column).value = cell
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _from_parquet(file: GoodFile) -> Grid:
    table = pq.read_table(io.BytesIO(file.content))
    columns = [[None if v is None else str(v) for v in column.to_pylist()] for column in table.columns]
    return Grid(file, [], table.column_names, [list(row) for row in zip(*columns, strict=True)])


def _parquet(grid: Grid) -> bytes:
    width = len(grid.header)
    columns = [[row[n] if n < len(row) else None for row in grid.rows] for n in range(width)]
    arrays = [pa.array([None if v is None else str(v) for v in column], pa.string()) for column in columns]
    out = io.BytesIO()
    pq.write_table(pa.Table.from_arrays(arrays, names=grid.header), out)
    return out.getvalue()
