"""Keys that stand more than once: every such row is set aside, for none of them can be believed.

Put here: finding them in a table of any size, and their entries in the quarantine. Not here: whether that
refuses the file (`bounds`).
"""

from __future__ import annotations

import tempfile

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from sources.registry import Source
from sources.rows import QUARANTINE

_Numbers = npt.NDArray[np.int64]


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
    aside = _quarantine(source, name, key, table.take(pa.array(rows)), groups)
    return table.filter(pa.array(keep)), aside


def _repeated(table: pa.Table, key: tuple[str, ...]) -> tuple[_Numbers, _Numbers]:
    """The positions of rows whose key stands more than once, and a number for each key among them."""
    keys = ", ".join(f'"{column}"' for column in key)
    # What does not fit into memory goes to a private folder that does not outlive the question: keys of
    # students may be among it, and DuckDB's default is `.tmp` in the current folder, open to all.
    with (
        tempfile.TemporaryDirectory(prefix="spm-keys-") as spill,
        duckdb.connect(":memory:", config={"temp_directory": spill}) as connection,
    ):
        connection.register("rows", table.select(list(key)))
        repeated = f"SELECT {keys} FROM rows GROUP BY ALL HAVING count(*) > 1"
        found = connection.execute(f"SELECT count(*) FROM ({repeated})").fetchone()
        if found is None or found[0] == 0:
            nothing = np.empty(0, dtype=np.int64)
            return nothing, nothing
        numbered = table.select(list(key)).append_column("position", pa.array(np.arange(table.num_rows)))
        connection.register("numbered", numbered)
        # By partition and not by join: a blank part of a key equals another blank here.
        matches = connection.execute(
            "SELECT position, min(position) OVER same AS first_position FROM numbered "
            f"WINDOW same AS (PARTITION BY {keys}) QUALIFY count(*) OVER same > 1 ORDER BY position"
        ).fetchnumpy()
    return np.asarray(matches["position"]), np.asarray(matches["first_position"])


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
        "source_file": rows["source_file"].cast(pa.string()),
        "source_line": rows["source_line"],
        "column": pa.array([", ".join(key)] * count, pa.string()),
        "value": value,
        "reason": pa.array(reasons, pa.string()),
        "is_key": pa.array(np.ones(count, dtype=bool)),
        "snapshot_sha256": rows["snapshot_sha256"].cast(pa.string()),
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
        cells = rows[column]
        if pa.types.is_dictionary(cells.type):
            cells = cells.cast(cells.type.value_type)
        texts = pc.fill_null(cells.cast(pa.string()), "None")
        parts.append(pc.binary_join_element_wise(f"{column}=", texts, ""))
    return pc.binary_join_element_wise(*parts, ", ")
