"""Rows in and out of the warehouse, in bulk: executemany on SQLite, COPY on PostgreSQL.

Both go round SQLAlchemy's row handling (20 times slower than COPY) but stay inside its transaction.

Put here: Arrow tables to rows of a slice and back.
Not here: what a slice is (`slices`), who may write (`lock`).
"""

from __future__ import annotations

import io
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import sqlalchemy as sa

from warehouse.model.contract import ARROW_TYPES
from warehouse.money import DECIMALS, from_scaled, to_scaled
from warehouse.slices import Layout

# Rows handled at once: bounds the memory of Python objects, about 100 MB for wide rows.
CHUNK_ROWS = 50_000


def write_rows(
    connection: sa.Connection, table: sa.Table, slice_id: int, rows: pa.Table, *, layout: Layout
) -> None:
    """Add a slice's rows, in the order given, within the connection's transaction."""
    if connection.dialect.name == "postgresql":
        _copy_in(connection, table, slice_id, rows)
        return
    names = ["slice_id", *rows.column_names]
    marks = ", ".join("?" for _ in names)
    columns = ", ".join(quoted(name) for name in names)
    statement = f"INSERT INTO {quoted(table.name)} ({columns}) VALUES ({marks})"
    driver: Any = connection.connection.driver_connection
    for start in range(0, len(rows), CHUNK_ROWS):
        chunk = rows.slice(start, CHUNK_ROWS).combine_chunks()
        values = [_sqlite_values(chunk.column(name).combine_chunks(), kind) for name, kind in layout.columns]
        driver.executemany(statement, zip([slice_id] * len(chunk), *values, strict=True))


def read_rows(connection: sa.Connection, table: sa.Table, slice_id: int, layout: Layout) -> pa.Table:
    """A slice's rows in the layout's types, in no particular order.

    Raises:
        pa.ArrowInvalid: A stored value does not fit its column's type (someone changed it).
    """
    if connection.dialect.name == "postgresql":
        return _copy_out(connection, table, slice_id, layout)
    columns = ", ".join(quoted(name) for name, _ in layout.columns)
    driver: Any = connection.connection.driver_connection
    cursor = driver.execute(
        f"SELECT {columns} FROM {quoted(table.name)} WHERE slice_id = ?",
        (slice_id,),
    )
    pieces: list[pa.Table] = []
    while chunk := cursor.fetchmany(CHUNK_ROWS):
        arrays = [
            _arrow_values(values, kind)
            for values, (_, kind) in zip(zip(*chunk, strict=True), layout.columns, strict=True)
        ]
        pieces.append(pa.table(arrays, schema=layout.arrow_schema()))
    return pa.concat_tables(pieces) if pieces else layout.arrow_schema().empty_table()


def quoted(name: str) -> str:
    """An identifier in SQL, on both databases. Names come from contracts: lower case and underscores."""
    return f'"{name}"'


def _sqlite_values(column: pa.Array, kind: str) -> list[Any]:
    if kind in DECIMALS:
        column = to_scaled(column)
    elif kind in ("date", "timestamp"):
        column = column.cast(pa.string())  # ISO 8601, as SQLAlchemy writes it
    elif kind == "boolean":
        column = column.cast(pa.int8())
    values: list[Any] = column.to_pylist()
    return values


def _arrow_values(values: tuple[Any, ...], kind: str) -> pa.Array:
    wanted = ARROW_TYPES[kind]
    if kind in DECIMALS:
        return from_scaled(pa.array(values, type=pa.int64()), wanted)
    if kind in ("date", "timestamp"):
        return pa.array(values, type=pa.string()).cast(wanted)
    if kind == "boolean":
        return pa.array(values, type=pa.int8()).cast(wanted)
    return pa.array(values, type=wanted)


def _target(table: sa.Table, names: list[str]) -> str:
    columns = ", ".join(quoted(name) for name in names)
    schema = f"{quoted(table.schema)}." if table.schema else ""
    return f"{schema}{quoted(table.name)} ({columns})"


def _copy_in(connection: sa.Connection, table: sa.Table, slice_id: int, rows: pa.Table) -> None:
    target = _target(table, ["slice_id", *rows.column_names])
    # Every value quoted, nulls not: an empty text stays apart from null.
    options = pacsv.WriteOptions(include_header=False, quoting_style="all_valid")
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(f"COPY {target} FROM STDIN (FORMAT csv)") as copy:
        for start in range(0, len(rows), CHUNK_ROWS):
            chunk = rows.slice(start, CHUNK_ROWS)
            ids = pa.array([slice_id] * len(chunk), type=pa.int32())
            body = io.BytesIO()
            pacsv.write_csv(chunk.add_column(0, "slice_id", ids), body, options)
            copy.write(body.getvalue())


def _copy_out(connection: sa.Connection, table: sa.Table, slice_id: int, layout: Layout) -> pa.Table:
    names = [name for name, _ in layout.columns]
    schema = f"{quoted(table.schema)}." if table.schema else ""
    query = (
        f"SELECT {', '.join(quoted(n) for n in names)} FROM {schema}{quoted(table.name)} "
        f"WHERE slice_id = {int(slice_id)}"
    )
    driver: Any = connection.connection.driver_connection
    body = io.BytesIO()
    with (
        driver.cursor() as cursor,
        cursor.copy(f"COPY ({query}) TO STDOUT (FORMAT csv, FORCE_QUOTE *)") as copy,
    ):
        for block in copy:
            body.write(block)
    if body.tell() == 0:
        return layout.arrow_schema().empty_table()
    body.seek(0)
    texts = {name: _csv_type(kind) for name, kind in layout.columns}
    table_read = pacsv.read_csv(
        body,
        read_options=pacsv.ReadOptions(column_names=names),
        parse_options=pacsv.ParseOptions(newlines_in_values=True),
        convert_options=pacsv.ConvertOptions(
            column_types=texts,
            null_values=[""],
            true_values=["t"],
            false_values=["f"],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )
    return _in_layout(table_read, layout)


def _csv_type(kind: str) -> pa.DataType:
    # PostgreSQL drops trailing zeros of a second's fraction, which Arrow's reader takes only as text.
    return pa.string() if kind == "timestamp" else ARROW_TYPES[kind]


def _in_layout(table: pa.Table, layout: Layout) -> pa.Table:
    """The table in the layout's types."""
    arrays = [
        pc.cast(table.column(name), ARROW_TYPES[kind]) if kind == "timestamp" else table.column(name)
        for name, kind in layout.columns
    ]
    return pa.table(arrays, schema=layout.arrow_schema())
