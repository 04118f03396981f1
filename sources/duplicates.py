"""Keys that stand more than once: every such row is set aside, for none of them can be believed.

Put here: finding them in a table of any size, and their entries in the quarantine. Not here: whether that
refuses the file (`bounds`).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from sources.coded import decoded, numbered
from sources.registry import Source
from sources.rows import QUARANTINE

_Numbers = npt.NDArray[np.int64]
# Different keys that are counted without overflow; beyond, those that are there are numbered anew.
_LARGEST = 2**62


def without_duplicates(source: Source, name: str, table: pa.Table) -> tuple[pa.Table, pa.Table]:
    """The rows whose key stands once, and the quarantine of all others.

    Args:
        source: The source that the rows are of.
        name: The table, whose key is that of source.yml.
        table: Typed rows with lineage.
    """
    key = source.spec.tables[name].key
    rows, groups = _repeated(table, key)
    if len(rows) == 0:
        return table, pa.Table.from_pylist([], schema=QUARANTINE)
    keep = np.ones(table.num_rows, dtype=bool)
    keep[rows] = False
    aside = _quarantine(source, name, key, decoded(table.filter(pa.array(~keep))), groups)
    return table.filter(pa.array(keep)), aside


def _repeated(table: pa.Table, key: tuple[str, ...]) -> tuple[_Numbers, _Numbers]:
    """The positions of rows whose key stands more than once, and a number for each key among them."""
    keys = _keys(table, key)
    in_order = np.sort(keys)
    again = in_order[1:][in_order[1:] == in_order[:-1]]
    rows = np.flatnonzero(np.isin(keys, again)) if len(again) else np.empty(0, dtype=np.int64)
    return rows, keys[rows]


def _keys(table: pa.Table, key: tuple[str, ...]) -> _Numbers:
    """A number for each row, the same exactly where the whole key is; a blank part equals another blank."""
    keys, size = np.zeros(table.num_rows, dtype=np.int64), 1
    for column in key:
        numbers, count = numbered(table[column])
        if size * count > _LARGEST:
            different, keys = np.unique(keys, return_inverse=True)
            size = len(different)
        keys *= count
        keys += numbers
        size *= count
    return keys


def _quarantine(
    source: Source, name: str, key: tuple[str, ...], rows: pa.Table, groups: _Numbers
) -> pa.Table:
    count = rows.num_rows
    others, times = _others(rows["source_line"].to_numpy(), groups)
    reasons = [
        f"the key stands more than once, also in line {line}" + (f" and {n - 2} more" if n > 2 else "")
        for line, n in zip(others.tolist(), times.tolist(), strict=True)
    ]
    value = pa.nulls(count, pa.string()) if source.spec.is_restricted else _shown(rows, key)
    columns = {
        "source_id": pa.array([source.id] * count, pa.string()),
        "school_year": rows["school_year"],
        "table": pa.array([name] * count, pa.string()),
        "source_file": rows["source_file"],
        "source_line": rows["source_line"],
        "column": pa.array([", ".join(key)] * count, pa.string()),
        "value": value,
        "reason": pa.array(reasons, pa.string()),
        "is_key": pa.array(np.ones(count, dtype=bool)),
        "snapshot_sha256": rows["snapshot_sha256"],
    }
    return pa.table(columns, schema=QUARANTINE)


def _others(lines: _Numbers, groups: _Numbers) -> tuple[_Numbers, _Numbers]:
    """For each row another line with its key, and how often its key stands."""
    _, number, times = np.unique(groups, return_inverse=True, return_counts=True)
    order = np.argsort(number, kind="stable")
    starts = np.concatenate([[0], np.cumsum(times)[:-1]])
    first, second = lines[order[starts]], lines[order[starts + 1]]
    is_first = np.zeros(len(lines), dtype=bool)
    is_first[order[starts]] = True
    return np.where(is_first, second[number], first[number]), times[number]


def _shown(rows: pa.Table, key: tuple[str, ...]) -> pa.ChunkedArray:
    """The key of each row, as `school_code=0000004, grade=3`."""
    parts = []
    for column in key:
        texts = pc.fill_null(rows[column].cast(pa.string()), "None")
        parts.append(pc.binary_join_element_wise(f"{column}=", texts, ""))
    return pc.binary_join_element_wise(*parts, ", ")
