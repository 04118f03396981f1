"""Parquet files and query results: typed columns are kept and judged by their text."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from sources.readers.request import LINE, ReadRequest


def read_parquet(request: ReadRequest) -> pa.Table:
    """Read a Parquet file; the line of a record is its row number, from 1.

    Raises:
        SpmError: Not a whole Parquet file.
    """
    try:
        table = pq.read_table(request.path)
    except (pa.ArrowInvalid, OSError) as problem:
        raise request.error(
            f"Not a whole Parquet file ({type(problem).__name__})",
            remedy="Fetch the file again; it may be cut off",
        ) from None
    return table.append_column(LINE, pa.array(np.arange(1, table.num_rows + 1)))
