"""Every raw table that a source declares, without rows, as the lake would hold it."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from sources.coded import decoded
from sources.registry import Source, discover
from sources.rows import REPEATED, TypedFile, with_absent, with_lineage
from sources.snapshot import Snapshot


def write_raw_tables(folder: Path) -> dict[str, list[Path]]:
    """Their Parquet files by `raw.<source>__<table>`, with the columns that columns.csv gives."""
    files: dict[str, list[Path]] = {}
    for source in discover().values():
        for table in source.spec.tables:
            name = f"raw.{source.id}__{table}"
            path = folder / f"{name}.parquet"
            pq.write_table(_without_rows(source, table), path)
            files[name] = [path]
    return files


def _without_rows(source: Source, table: str) -> pa.Table:
    spec = source.spec.tables[table]
    columns = {"source_line": pa.array([], pa.int64())}
    if spec.pivot is not None:
        columns[spec.pivot] = pa.array([], pa.string())
    nothing = with_absent(
        TypedFile(pa.table(columns), [], 0), source.columns.of(table), has_markers=bool(spec.markers)
    )
    snapshot = Snapshot(source.id, 2025, table, "0" * 64, f"{table}.csv", "2025-07-01T00:00:00Z", 0, Path())
    return decoded(with_lineage(nothing, snapshot, "final"), keep=REPEATED)
