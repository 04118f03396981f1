"""Reading Connecticut's sources through the product, and recounting their files with the csv module alone.

Put here: both ways of reading. Not here: what is compared (the tests).
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatch
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
SOURCES = (
    "ct_edsight_chronic_absence",
    "ct_edsight_graduation",
    "ct_edsight_revenue",
    "ct_edsight_smarter_balanced",
)


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


def run_mapping(reading: Reading, core_table: str, crosswalk: Path) -> pa.Table:
    """The rows a mapping gives, cast to its contract: a value that does not fit is an error."""
    with duckdb.connect() as connection:
        for schema in ("raw", "crosswalk", "agency"):
            connection.execute(f"CREATE SCHEMA {schema}")
        connection.execute(
            "CREATE TABLE agency.settings AS SELECT 'connecticut' AS agency_id, '09' AS state_ansi_code, "
            "'CT' AS state_abbreviation_code, CAST(? AS SMALLINT) AS school_year",
            [reading.school_year],
        )
        for name, result in reading.tables.items():
            connection.register("incoming", result.table)
            connection.execute(f"CREATE TABLE raw.{reading.source.id}__{name} AS SELECT * FROM incoming")
            connection.unregister("incoming")
        connection.execute(
            f"CREATE TABLE crosswalk.lea_nces AS SELECT * FROM read_csv('{crosswalk}', all_varchar = true)"
        )
        sql = reading.source.core_mappings[core_table].read_text(encoding="utf-8")
        rows = connection.execute(sql).to_arrow_table()
    empty = pa.nulls(rows.num_rows)
    return pa.table(
        {
            f.name: (rows[f.name] if f.name in rows.column_names else empty).cast(f.type)
            for f in load_contracts()[core_table].arrow_schema()
        }
    )


def query(sql: str, **tables: pa.Table) -> list[tuple[object, ...]]:
    """What DuckDB answers to a question about the tables."""
    with duckdb.connect() as connection:
        for name, table in tables.items():
            connection.register(name, table)
        return connection.execute(sql).fetchall()


@dataclass(frozen=True)
class Recount:
    """One real file, read a second way: headers and rows as printed, formulas taken off."""

    file: Path
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def recount(file: Path) -> Recount:
    """Read one of EdSight's real files with nothing but text replacement and the csv module."""
    text = re.sub(r'(?m)^="', '"', file.read_text(encoding="ascii").replace('"=""', '"').replace('"""', '"'))
    rows = [tuple(row) for row in csv.reader(text.splitlines()) if row]
    first = next(i for i, row in enumerate(rows) if row[0] in ("District", "Organization"))
    return Recount(file, rows[first], tuple(rows[first + 1 :]))


def files_of(release: ReleaseSettings, data_root: Path, ignored: Iterable[str] = ()) -> Iterator[Path]:
    """The real files that an agency declares for a year, but for those that the source leaves out."""
    patterns = release.files.values() if isinstance(release.files, dict) else [release.files]
    for group in patterns:
        for pattern in group:
            files = sorted(data_root.glob(pattern))
            yield from (f for f in files if not any(fnmatch(str(f), name) for name in ignored))
