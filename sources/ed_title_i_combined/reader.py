"""The department's combined workbook: each row with its kind, and the id taken from the end of its cell."""

from __future__ import annotations

import re

import pyarrow as pa

from sources.readers.request import LINE, ReadRequest
from sources.readers.workbook import read_workbook

KIND = "<kind>"
_ID = re.compile(r"[0-9]{7}$")


def read_file(request: ReadRequest) -> pa.Table:
    """The sheet's rows, `lea` or `other`; an id keeps its last seven digits, the sheet writes more."""
    rows = read_workbook(request)
    header = next((h for h in request.headers if h in rows.column_names and h != LINE and "LEA" in h), None)
    if header is None:
        raise request.error(
            "The header row has no LEA id",
            line=request.table.header_row,
            remedy="Correct header_row or sheet in source.yml, or give the header's name in columns.csv",
        )
    found = [_ID.search(str(cell or "").strip()) for cell in rows[header].to_pylist()]
    ids = pa.array([match[0] if match else None for match in found], pa.string())
    kinds = pa.array(["lea" if match else "other" for match in found], pa.string())
    at = rows.column_names.index(header)
    return rows.set_column(at, header, ids).add_column(0, KIND, kinds)
