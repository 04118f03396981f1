"""Parquet files and query results: typed columns are kept and judged by their text."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from sources.readers import limits
from sources.readers.limits import require_file
from sources.readers.request import LINE, ReadRequest


def read_parquet(request: ReadRequest) -> pa.Table:
    """Read a Parquet file; the line of a record is its row number, from 1.

    Raises:
        SpmError: Not a whole Parquet file, larger than can be held, or a column holds lists, structures or
            bytes.
    """
    require_file(request, "parquet")
    try:
        with pq.ParquetFile(request.path, page_checksum_verification=True) as file:
            schema, rows = file.schema_arrow, file.metadata.num_rows
            _require_cells(request, schema)
            _require_bounded(request, rows, len(schema))
        # Texts that repeat stay pointers to one, as the file has them.
        repeated = [f.name for f in schema if pa.types.is_string(f.type) or pa.types.is_large_string(f.type)]
        with pq.ParquetFile(request.path, page_checksum_verification=True, read_dictionary=repeated) as file:
            table = file.read()
        # Texts that are no UTF-8 are told here; later they would be an error of ours.
        table.validate(full=True)
    except (pa.ArrowException, OSError, ValueError) as problem:
        raise request.error(
            f"Not a whole Parquet file ({type(problem).__name__})",
            remedy="Fetch the file again; it may be cut off",
        ) from None
    return table.append_column(LINE, pa.array(np.arange(1, table.num_rows + 1)))


def _require_bounded(request: ReadRequest, rows: int, columns: int) -> None:
    """Refuse what a file of some kilobytes may say: a thousand million rows of one word."""
    if rows * columns > limits.MOST_PARQUET_CELLS:
        raise request.error(
            f"The file has {rows} rows of {columns} columns, more than are read at once",
            remedy="Look whether it is the right file; so many rows have to come in several files",
        )


def _require_cells(request: ReadRequest, schema: pa.Schema) -> None:
    for field in schema:
        if pa.types.is_nested(field.type) or pa.types.is_binary(field.type):
            raise request.error(
                f"The column is of type {field.type}, which is no cell of a table",
                column=field.name,
                remedy="Export it as text, number, date or boolean, one value a row",
            )
