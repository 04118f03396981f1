"""Parquet files and query results: typed columns are kept and judged by their text."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from sources.readers.request import LINE, ReadRequest


def read_parquet(request: ReadRequest) -> pa.Table:
    """Read a Parquet file; the line of a record is its row number, from 1.

    Raises:
        SpmError: Not a whole Parquet file, or a column holds lists, structures or bytes.
    """
    try:
        table = pq.read_table(request.path)
    except (pa.ArrowInvalid, OSError) as problem:
        raise request.error(
            f"Not a whole Parquet file ({type(problem).__name__})",
            remedy="Fetch the file again; it may be cut off",
        ) from None
    _require_cells(request, table.schema)
    return table.append_column(LINE, pa.array(np.arange(1, table.num_rows + 1)))


def _require_cells(request: ReadRequest, schema: pa.Schema) -> None:
    for field in schema:
        if pa.types.is_nested(field.type) or pa.types.is_binary(field.type):
            raise request.error(
                f"The column is of type {field.type}, which is no cell of a table",
                column=field.name,
                remedy="Export it as text, number, date or boolean, one value a row",
            )
