"""SQL systems: each table's query, read into a Parquet file that becomes the snapshot.

All tables of a source are read in one read-only transaction, so that they fit each other; one that says so
is read in parts.
Put here: which rows are asked for, and what the receipt says of them. Not here: the transaction
(`sql_session`), the file (`sql_rows`), marks and merging (`sql_increment`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any

import pyarrow.parquet as pq

from sources.snapshot import Snapshot
from sources.spec import Incremental, TableSpec
from sources.transports.arrival import Arrival, Wanted, bytes_of
from sources.transports.sql_increment import (
    counted_before,
    later,
    mark_at,
    mark_of,
    merge,
    start,
    write_in_order,
)
from sources.transports.sql_rows import write_rows
from sources.transports.sql_session import Session, reading
from warehouse.model.errors import SpmError


def _today() -> date:
    return datetime.now(UTC).date()


def arrivals(wanted: Wanted, *, today: Callable[[], date] = _today) -> Iterator[Arrival]:
    """The tables of a database source, one file each, all of one moment.

    Raises:
        Missing: The database does not exist.
        SpmError: A table has no query, or the database cannot be read.
    """
    tables = wanted.source.spec.tables
    for name, table in tables.items():
        _require_query(wanted, name, table)
    # All is read before anything is handed on: the transaction is not held open while files are kept.
    with reading(wanted) as session:
        found = [_arrival(wanted, session, name, table, today()) for name, table in tables.items()]
    yield from found


def _require_query(wanted: Wanted, name: str, table: TableSpec) -> None:
    if table.query is None:
        raise SpmError(
            f"Table {name!r} of {wanted.source.id} has no query",
            file=f"sources/{wanted.source.id}/source.yml",
            column=f"tables.{name}.query",
            remedy="Add the query that reads it",
        )


def _arrival(wanted: Wanted, session: Session, name: str, table: TableSpec, today: date) -> Arrival:
    address = f"{session.database}#{name}.parquet"
    file, query, increment = wanted.folder / f"{name}.parquet", str(table.query), table.incremental
    if increment is None:
        write_rows(session, query, file)
        return Arrival(name, address, bytes_of(file))
    held = wanted.held(name, address)
    if held is not None and _may_continue(held, table, today):
        part = _part(wanted, session, name, table, held)
        if part is not None:
            return part
    rows = wanted.folder / f"{name}.rows.parquet"
    written = write_rows(session, query, rows, cursor=increment.cursor, deleted=increment.deleted)
    write_in_order(rows, file, increment, wanted.folder)
    mark = mark_at(session, written.highest)
    detail = {"read": "whole", "whole_on": today.isoformat(), "asked": _asked(table)}
    return Arrival(
        name, address, bytes_of(file), detail={**detail, **(mark.as_detail() if mark is not None else {})}
    )


def _may_continue(held: Snapshot, table: TableSpec, today: date) -> bool:
    """Whether what is held was asked the same way, and not too long ago as a whole."""
    detail, increment = held.detail, table.incremental
    if increment is None or mark_of(detail) is None or detail.get("asked") != _asked(table):
        return False
    try:
        age = today - date.fromisoformat(detail.get("whole_on", ""))
    except ValueError:
        return False
    return 0 <= age.days < increment.full_every


def _asked(table: TableSpec) -> str:
    """A hash of the question: another query or another way to part it begins anew."""
    increment = table.incremental.model_dump() if table.incremental is not None else {}
    content = json.dumps({"query": table.query, "incremental": increment}, sort_keys=True, default=list)
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def _part(wanted: Wanted, session: Session, name: str, table: TableSpec, held: Snapshot) -> Arrival | None:
    """What is held with the rows since its mark set in; None where all has to be read again."""
    increment, before = table.incremental, mark_of(held.detail)
    if increment is None or before is None:
        return None
    begin = start(before, increment, where=f"sources/{wanted.source.id}/source.yml, tables.{name}")
    fresh, file = wanted.folder / f"{name}.fresh.parquet", wanted.folder / f"{name}.parquet"
    query = _since(str(table.query), session, increment)
    written = write_rows(
        session,
        query,
        fresh,
        parameters={"begin": begin},
        cursor=increment.cursor,
        deleted=increment.deleted,
        keep_gone=True,
    )
    if list(written.columns) != pq.read_schema(held.path).names:
        return None
    known = counted_before(held.path, fresh, increment, begin)
    if known != _count_before(session, str(table.query), increment, begin):
        return None
    if not merge(held.path, fresh, file, increment, begin, wanted.folder):
        return Arrival(name, held.address, None, held=held)
    mark = later(mark_at(session, written.highest), before)
    detail = {**held.detail, "read": "part", **mark.as_detail()}
    return Arrival(name, held.address, bytes_of(file), detail=detail)


def _since(query: str, session: Session, increment: Incremental) -> str:
    """The query's rows from `:begin` on; a row without cursor may be any, so it comes each time."""
    cursor = session.engine.dialect.identifier_preparer.quote(increment.cursor)
    return f"SELECT * FROM ({query}) part WHERE part.{cursor} >= :begin OR part.{cursor} IS NULL"


def _count_before(session: Session, query: str, increment: Incremental, begin: Any) -> int:
    """How many rows the database has before the overlap, those marked as deleted left out."""
    import sqlalchemy as sa

    prepare = session.engine.dialect.identifier_preparer.quote
    cursor = prepare(increment.cursor)
    if increment.deleted is None:
        counted = "count(*)"
    else:
        living = f"lower(trim(CAST(part.{prepare(increment.deleted)} AS VARCHAR(40))))"
        counted = f"count(CASE WHEN coalesce({living}, '') IN ('', '0', 'false', 'f', 'no', 'n') THEN 1 END)"
    asked = f"SELECT {counted} FROM ({query}) part WHERE part.{cursor} < :begin"
    try:
        return int(session.connection.execute(sa.text(asked), {"begin": begin}).scalar() or 0)
    except sa.exc.SQLAlchemyError as problem:
        raise session.explain(problem, query) from None
