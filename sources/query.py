"""Read a SQL database once, read-only, into a Parquet file that becomes the snapshot.

Put here: the one query of a database source. Not here: what its columns mean.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from sources.transports.arrival import Missing
from warehouse.model.errors import SpmError

BATCH_ROWS = 100_000


def query_to_parquet(url: str, query: str, file: Path, *, source_id: str) -> int:
    """Write a query's rows as text columns, in batches, to `file`.

    Every value becomes the text that the database gives; types are the source's business (`columns.csv`).

    Returns:
        The number of rows.

    Raises:
        SpmError: The database cannot be reached or the query fails; the URL's password is never shown.
    """
    import sqlalchemy as sa

    engine = _engine(url, source_id)
    try:
        with engine.connect() as connection:
            _make_read_only(connection, engine.url.get_backend_name())
            result = connection.execution_options(stream_results=True).execute(sa.text(query))
            return _write(list(result.keys()), result, file)
    except sa.exc.SQLAlchemyError as problem:
        # The database's words may quote a cell; its type is enough to find the cause.
        raise SpmError(
            f"Reading the database of {source_id} failed ({type(problem).__name__})",
            file=shown_database(url),
            remedy="Look whether the database answers and the query in source.yml fits its tables",
        ) from None
    finally:
        engine.dispose()


def shown_database(url: str) -> str:
    """A database's name as messages and addresses show it: without user, password, host or options."""
    import sqlalchemy as sa

    try:
        name = sa.make_url(url).database
    except sa.exc.ArgumentError:
        name = None
    return Path(name).name if name else "database"


def _engine(url: str, source_id: str) -> Any:
    import sqlalchemy as sa

    try:
        address = sa.make_url(url)
        _require_sqlite_file(address, source_id)
        return sa.create_engine(address)
    except (sa.exc.ArgumentError, ImportError) as problem:
        # The library's words quote the whole URL, with its password.
        raise SpmError(
            f"The database URL of {source_id} cannot be used ({type(problem).__name__})",
            file=shown_database(url),
            remedy="Write dialect+driver://user:password@host/database, with a driver that is installed",
        ) from None


def _require_sqlite_file(address: Any, source_id: str) -> None:
    if address.get_backend_name() == "sqlite" and not Path(address.database or "").is_file():
        raise Missing(
            f"The database of {source_id} does not exist",
            file=Path(address.database or "?").name,
            remedy="Correct its address in the agency's sources.yml",
        )


def _make_read_only(connection: Any, backend: str) -> None:
    import sqlalchemy as sa

    if backend == "sqlite":
        connection.execute(sa.text("PRAGMA query_only = ON"))
    elif backend == "postgresql":
        connection.execute(sa.text("SET TRANSACTION READ ONLY"))


def _write(names: list[str], result: Any, file: Path) -> int:
    schema = pa.schema([pa.field(name, pa.string()) for name in names])
    rows = 0
    with pq.ParquetWriter(file, schema, compression="zstd") as writer:
        for batch in result.partitions(BATCH_ROWS):
            columns = list(zip(*batch, strict=True))
            arrays = [pa.array([_text(v) for v in column], pa.string()) for column in columns]
            writer.write_table(pa.table(arrays, schema=schema))
            rows += len(batch)
    return rows


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
