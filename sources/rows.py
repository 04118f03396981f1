"""Text cells to typed rows: parse, unpivot, and set aside what cannot be read.

Put here: one file's table of text to typed columns, and its quarantine. Not here: headers (`claim`), several
files or bounds (`read`).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from sources.coded import coded, constant, stacked
from sources.columns import ColumnLine
from sources.readers.remarks import refused_rows
from sources.readers.request import LINE, ReadRequest
from sources.snapshot import Snapshot
from sources.spec import TableSpec
from sources.values import Parsed, layout, parse_column

# Columns of lineage that say the same in very many rows, and stay codes in files too.
REPEATED = ("source_id", "snapshot_sha256", "source_file", "data_status")
QUARANTINE = pa.schema(
    [
        pa.field("source_id", pa.string()),
        pa.field("school_year", pa.int16()),
        pa.field("table", pa.string()),
        pa.field("source_file", pa.string()),
        pa.field("source_line", pa.int64()),
        pa.field("column", pa.string()),
        pa.field("value", pa.string()),
        pa.field("reason", pa.string()),
        pa.field("is_key", pa.bool_()),
        pa.field("snapshot_sha256", pa.string()),
    ]
)


@dataclass(frozen=True)
class Refusal:
    """Why a row was set aside."""

    line: int
    column: str
    value: str | None
    reason: str
    is_key: bool


@dataclass
class TypedFile:
    """One file's typed rows, its refusals, and its rows in at the long grain."""

    table: pa.Table
    refusals: list[Refusal]
    rows_in: int


@dataclass
class _Block:
    """Columns and refused rows of one member (or of a table without members)."""

    columns: dict[str, pa.Array] = field(default_factory=dict)
    refused: dict[int, Refusal] = field(default_factory=dict)


def type_rows(request: ReadRequest, cells: pa.Table, lines: tuple[ColumnLine, ...]) -> TypedFile:
    """Parse a file's cells by the claimed lines of columns.csv, and unpivot members into rows."""
    fixed = _Block()
    for line in (x for x in lines if x.member is None):
        _parse_into(fixed, request, cells, line)
    _refuse_by_reader(fixed, request, cells, lines)
    members = list(dict.fromkeys(x.member for x in lines if x.member is not None))
    numbers = cells[LINE].combine_chunks()
    if not members:
        return _assemble(request, [(None, fixed)], numbers)
    blocks: list[tuple[str | None, _Block]] = []
    for member in members:
        block = _Block(dict(fixed.columns), dict(fixed.refused))
        for line in (x for x in lines if x.member == member):
            _parse_into(block, request, cells, line)
        blocks.append((member, block))
    return _assemble(request, blocks, numbers)


def _parse_into(block: _Block, request: ReadRequest, cells: pa.Table, line: ColumnLine) -> None:
    header = line.headers[request.release]
    column = cells[header]
    parsed: Parsed = parse_column(
        column, line.type, markers=request.table.markers, is_required=line.is_required
    )
    for suffix, values in parsed.values.items():
        block.columns[line.column + suffix] = coded(parsed.codes, values)
    is_key = line.column in request.table.key
    rows = [row for row in parsed.errors if row not in block.refused]
    if not rows:
        return
    places = pa.array(rows)
    numbers = cells[LINE].take(places).to_pylist()
    values = [None] * len(rows) if request.is_restricted else column.take(places).to_pylist()
    for row, number, value in zip(rows, numbers, values, strict=True):
        shown = None if request.is_restricted else str(value or "")
        reason = parsed.errors[row]
        block.refused[row] = Refusal(int(number), header, shown, reason, is_key=is_key)


def _refuse_by_reader(
    block: _Block, request: ReadRequest, cells: pa.Table, lines: tuple[ColumnLine, ...]
) -> None:
    keys = {x.headers[request.release] for x in lines if x.column in request.table.key}
    for found in refused_rows(cells):
        if found.row not in block.refused:
            value = None if request.is_restricted else found.value
            number = int(cells[LINE][found.row].as_py())
            is_key = found.column in keys
            block.refused[found.row] = Refusal(number, found.column, value, found.reason, is_key=is_key)


def _assemble(request: ReadRequest, blocks: list[tuple[str | None, _Block]], numbers: pa.Array) -> TypedFile:
    tables, refusals = [], []
    names = list(dict.fromkeys(name for _, block in blocks for name in block.columns))
    for member, block in blocks:
        arrays = dict(block.columns)
        if member is not None and request.table.pivot is not None:
            arrays[request.table.pivot] = constant(member, pa.string(), len(numbers))
        table = pa.table({**arrays, "source_line": numbers})
        if block.refused:
            keep = np.ones(len(numbers), dtype=bool)
            keep[list(block.refused)] = False
            table = table.filter(pa.array(keep))
            refusals += [block.refused[row] for row in sorted(block.refused)]
        tables.append(table)
    ordered = [*names, *([request.table.pivot] if request.table.pivot else []), "source_line"]
    whole = stacked(tables)
    return TypedFile(whole.select(ordered), refusals, len(numbers) * len(blocks))


def with_absent(typed: TypedFile, lines: tuple[ColumnLine, ...], *, has_markers: bool) -> TypedFile:
    """The same rows, with null columns for what only other releases have: one mapping serves them all."""
    table, count = typed.table, typed.table.num_rows
    for line in lines:
        if line.type.kind == "ignored":
            continue
        for suffix, arrow in layout(line.type, has_markers=has_markers).items():
            if line.column + suffix not in table.column_names:
                table = table.append_column(line.column + suffix, constant(None, arrow, count))
    return TypedFile(table, typed.refusals, typed.rows_in)


def no_rows(lines: tuple[ColumnLine, ...], spec: TableSpec) -> pa.Table:
    """A table of the source's layout without rows, for an optional table that a release does not have."""
    table = pa.table({} if spec.pivot is None else {spec.pivot: pa.array([], pa.string())})
    table = with_absent(TypedFile(table, [], 0), lines, has_markers=bool(spec.markers)).table
    word = pa.dictionary(pa.int8(), pa.string())
    lineage = {
        "source_id": word,
        "snapshot_sha256": word,
        "source_file": word,
        "source_line": pa.int64(),
        "school_year": pa.int16(),
        "data_status": word,
    }
    for name, arrow in lineage.items():
        table = table.append_column(name, pa.array([], arrow))
    return table


def with_lineage(typed: TypedFile, snapshot: Snapshot, data_status: str) -> pa.Table:
    """The typed rows with where each came from."""
    table, count = typed.table, typed.table.num_rows

    lines = table["source_line"]
    table = table.drop_columns(["source_line"])
    table = table.append_column("source_id", constant(snapshot.source_id, pa.string(), count))
    table = table.append_column("snapshot_sha256", constant(snapshot.sha256, pa.string(), count))
    table = table.append_column("source_file", constant(snapshot.address, pa.string(), count))
    table = table.append_column("source_line", lines)
    year = pa.array(np.full(count, snapshot.school_year, dtype=np.int16))
    table = table.append_column("school_year", year)
    return table.append_column("data_status", constant(data_status, pa.string(), count))


def quarantine_table(refusals: list[Refusal], snapshot: Snapshot, table: str) -> pa.Table:
    """The rows set aside, as a table; values of restricted sources were withheld when they were refused."""
    rows = [
        {
            "source_id": snapshot.source_id,
            "school_year": snapshot.school_year,
            "table": table,
            "source_file": snapshot.address,
            "source_line": r.line,
            "column": r.column,
            "value": r.value,
            "reason": r.reason,
            "is_key": r.is_key,
            "snapshot_sha256": snapshot.sha256,
        }
        for r in refusals
    ]
    return pa.Table.from_pylist(rows, schema=QUARANTINE)
