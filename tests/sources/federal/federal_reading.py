"""Reading a declared release and running a mapping, for the tests of federal sources.

Put here: reading through the product's own path (fetch, snapshot, read), and mapping what was read.
Not here: recounts, which are made with plain csv, json and pandas beside the tests that use them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa

from sources.acquire import acquire
from sources.read import ReadResult, read
from sources.registry import Source, discover
from sources.snapshot import SnapshotStore
from warehouse.model.agency import ReleaseSettings
from warehouse.model.contract import load_contracts

TODAY = date(2026, 7, 1)


@dataclass(frozen=True)
class Reading:
    """A source read for one school year."""

    source: Source
    school_year: int
    tables: dict[str, ReadResult]


def read_release(
    source_id: str, school_year: int, release: ReleaseSettings, data_root: Path, home: Path
) -> Reading:
    source = discover()[source_id]
    fetched = acquire(
        source,
        release,
        school_year,
        store=SnapshotStore(home / "snapshots"),
        data_root=data_root,
        today=TODAY,
    )
    if fetched.error is not None:
        raise fetched.error
    return Reading(source, school_year, read(source, fetched, release))


def run_mapping(
    reading: Reading,
    core_table: str,
    *,
    state: tuple[str, str, str] = ("06", "CA", "California"),
    crosswalks: Mapping[str, Path] | None = None,
) -> pa.Table:
    """The rows a mapping gives, cast to its contract: a value that does not fit is an error."""
    connection = duckdb.connect()
    for schema in ("raw", "crosswalk", "agency"):
        connection.execute(f"CREATE SCHEMA {schema}")
    connection.execute(
        "CREATE TABLE agency.settings AS SELECT 'test' AS agency_id, ? AS state_ansi_code, "
        "? AS state_abbreviation_code, ? AS state_name, CAST(? AS SMALLINT) AS school_year",
        [*state, reading.school_year],
    )
    for name, result in reading.tables.items():
        connection.register("incoming", result.table)
        connection.execute(f"CREATE TABLE raw.{reading.source.id}__{name} AS SELECT * FROM incoming")
        connection.unregister("incoming")
    for name, path in (crosswalks or {}).items():
        connection.execute(
            f"CREATE TABLE crosswalk.{name} AS SELECT * FROM read_csv('{path}', all_varchar = true)"
        )
    rows = connection.execute(reading.source.core_mappings[core_table].read_text(encoding="utf-8")).arrow()
    table = rows if isinstance(rows, pa.Table) else rows.read_all()
    fields = {f.name: f for f in load_contracts()[core_table].arrow_schema()}
    extra = {"precedence"} if core_table == "organizations" else set()
    assert set(table.column_names) - extra <= set(fields)
    for name in set(fields) - set(table.column_names):
        assert fields[name].nullable, f"{core_table}.{name} is left out and may not be null"
    for name in set(table.column_names) & set(fields):
        column = table[name].cast(fields[name].type)
        assert fields[name].nullable or column.null_count == 0, f"{core_table}.{name} is null"
    return table


def assert_all_rows_accounted_for(reading: Reading) -> None:
    for name, result in reading.tables.items():
        assert result.rows_in == result.rows_out + result.rows_quarantined, name
        assert result.rows_out == result.table.num_rows
        assert result.rows_quarantined == result.quarantine.num_rows == 0


def query(rows: pa.Table, sql: str) -> list[tuple[object, ...]]:
    """What DuckDB answers to a question about `rows`."""
    with duckdb.connect() as connection:
        connection.register("rows", rows)
        return connection.execute(sql).fetchall()
