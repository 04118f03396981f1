"""The status workbook: one row per milestone or action; rows without a report are the template's own."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from sources.readers.request import LINE, ReadRequest
from sources.readers.workbook import read_workbook

# The cells that the template fills in: a row with nothing else reports nothing.
FILLED_IN = ("Code", "What it is", "Due")


def read_file(request: ReadRequest) -> pa.Table:
    """Read the sheet `Status`, without the rows in which nothing is reported."""
    cells = read_workbook(request)
    reported = [name for name in cells.column_names if name not in (*FILLED_IN, LINE)]
    says_something = pa.array([False] * cells.num_rows)
    for name in reported:
        says_something = pc.or_(says_something, pc.greater(pc.utf8_length(cells[name].fill_null("")), 0))
    return cells.filter(says_something)
