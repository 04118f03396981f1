"""A query's rows into a Parquet file of text, in batches: memory does not grow with the table.

Put here: a cell's text, and the stream to the file. Not here: which rows are asked for (`database`,
`sql_increment`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from sources.transports.sql_session import Session
from warehouse.model.errors import SpmError

# Cells in memory at a time, whatever the number of columns: some 60 MB as Python objects.
BATCH_CELLS = 500_000
_LIVING = {"", "0", "false", "f", "no", "n"}
_EXACT_AS_TEXT = (str, type(None))


@dataclass
class Written:
    """What came of a query.

    Attributes:
        columns: Its columns.
        rows: Rows written.
        gone: Rows that are marked as deleted, which were not written.
        highest: The highest value of the cursor, as the database gave it; None without one.
    """

    columns: tuple[str, ...]
    rows: int = 0
    gone: int = 0
    highest: Any = field(default=None, repr=False)


def write_rows(
    session: Session,
    query: str,
    file: Path,
    *,
    parameters: dict[str, Any] | None = None,
    cursor: str | None = None,
    deleted: str | None = None,
    keep_gone: bool = False,
) -> Written:
    """Write a query's rows as text columns.

    Every value becomes the text that the database gives: decimals to their last digit, times as ISO 8601,
    booleans as true and false. Types are the source's business (`columns.csv`).

    Args:
        session: The transaction.
        query: What is asked.
        file: The Parquet file to write.
        parameters: Bound values of the query.
        cursor: A column whose highest value is wanted.
        deleted: A column that marks rows as deleted; such rows are counted and left out.
        keep_gone: Write deleted rows all the same: an increment has to know of them.

    Raises:
        SpmError: The database refuses the query, or a cell is no text, number, date or boolean.
    """
    import sqlalchemy as sa

    connection = session.connection.execution_options(stream_results=True)
    try:
        result = connection.execute(sa.text(query), parameters or {})
        written = Written(tuple(result.keys()))
        _require_columns(session, written.columns, [c for c in (cursor, deleted) if c is not None])
        schema = pa.schema([pa.field(name, pa.string()) for name in written.columns])
        batch_rows = max(1, BATCH_CELLS // max(1, len(written.columns)))
        with pq.ParquetWriter(file, schema, compression="zstd") as writer:
            for batch in result.partitions(batch_rows):
                table = _table(session, schema, batch, written, cursor)
                kept = table if deleted is None else _living(table, deleted, written)
                writer.write_table(table if keep_gone else kept)
                written.rows += table.num_rows if keep_gone else kept.num_rows
        return written
    except sa.exc.SQLAlchemyError as problem:
        raise session.explain(problem, query) from None


def is_gone(cells: pa.ChunkedArray) -> list[bool]:
    """For each cell of a `deleted` column, whether it marks its row as deleted."""
    return [str(cell or "").strip().lower() not in _LIVING for cell in cells.to_pylist()]


def _table(
    session: Session, schema: pa.Schema, batch: Sequence[Any], written: Written, cursor: str | None
) -> pa.Table:
    columns = list(zip(*batch, strict=True))
    if cursor is not None:
        known = [v for v in columns[written.columns.index(cursor)] if v is not None]
        written.highest = max([*known, *([] if written.highest is None else [written.highest])], default=None)
    arrays = [_texts(session, name, column) for name, column in zip(written.columns, columns, strict=True)]
    return pa.table(arrays, schema=schema)


def _living(table: pa.Table, deleted: str, written: Written) -> pa.Table:
    gone = is_gone(table[deleted])
    if not any(gone):
        return table
    written.gone += sum(gone)
    return table.filter(pa.array([not one for one in gone]))


def _texts(session: Session, name: str, column: Sequence[Any]) -> pa.Array:
    kinds = set(map(type, column))
    if kinds.issubset(_EXACT_AS_TEXT):
        return pa.array(column, pa.string())
    if kinds.issubset({int, type(None)}) and all(v is None or abs(v) < 2**63 for v in column):
        return pa.array(column, pa.int64()).cast(pa.string())
    writers = {kind: _writer(kind) for kind in kinds}
    if any(writer is None for writer in writers.values()):
        strange = sorted(kind.__name__ for kind, writer in writers.items() if writer is None)
        raise SpmError(
            f"The query gives {', '.join(strange)}, which is no cell of a table",
            file=session.database,
            column=name,
            remedy="Leave the column out of the query in source.yml, or cast it to text there",
        )
    return pa.array([writers[type(value)](value) for value in column], pa.string())  # type: ignore[misc]


def _writer(kind: type) -> Callable[[Any], str | None] | None:
    """How a type of the driver is written; None for one that is no cell."""
    if kind is type(None):
        return lambda _: None
    if issubclass(kind, bool):
        return lambda value: "true" if value else "false"
    if issubclass(kind, Decimal):
        return lambda value: format(value, "f")
    if issubclass(kind, float):
        return lambda value: format(Decimal(repr(value)), "f")
    if issubclass(kind, (bytes, bytearray, memoryview, list, tuple, dict, set)):
        return None
    return str


def _require_columns(session: Session, columns: tuple[str, ...], wanted: list[str]) -> None:
    lost = [name for name in wanted if name not in columns]
    if lost:
        raise SpmError(
            f"The query does not give the column {lost[0]!r} that incremental names",
            file=session.database,
            column=lost[0],
            remedy=f"Select it in source.yml, or name one of {', '.join(columns)}",
        )
