"""One publisher at a time.

Put here: the lock that publish, rollback, prune, heal and upgrade hold. Not here: what they do under it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from filelock import FileLock, Timeout

from warehouse.engine import shown_url, sqlite_path
from warehouse.publication import WarehouseBusy

# Advisory locks belong to one database; the number only has to differ from other programs' in it ("spm").
ADVISORY_LOCK = 0x73706D


@contextmanager
def publisher_lock(engine: sa.Engine, *, wait_seconds: float) -> Iterator[sa.Connection]:
    """A connection that holds the warehouse for writing, no transaction open; given back at the end.

    Raises:
        WarehouseBusy: Another publisher held it for longer than `wait_seconds`.
    """
    path = sqlite_path(engine.url)
    if path is not None:
        with _file_lock(path, wait_seconds), engine.connect() as connection:
            yield connection.execution_options(spm_write=True)
        return
    with engine.connect() as connection:
        _wait_for_advisory_lock(connection, wait_seconds)
        try:
            yield connection
        finally:
            _release(connection)


@contextmanager
def _file_lock(path: Path, wait_seconds: float) -> Iterator[None]:
    lock_file = path.with_name(path.name + ".lock")
    lock = FileLock(lock_file, mode=0o600, timeout=wait_seconds)
    try:
        lock.acquire()
    except Timeout:
        raise _busy(str(path), _holder(lock_file)) from None
    try:
        # The system frees the lock when a process dies; what stands in the file only informs.
        note = path.with_name(path.name + ".holder")
        note.write_text(f"process {os.getpid()}", encoding="utf-8")
        yield
    finally:
        lock.release()


def _holder(lock_file: Path) -> str:
    note = lock_file.with_suffix(".holder")
    return note.read_text(encoding="utf-8") if note.exists() else "another process"


def _wait_for_advisory_lock(connection: sa.Connection, wait_seconds: float) -> None:
    deadline = time.monotonic() + wait_seconds
    ask = sa.text("SELECT pg_try_advisory_lock(:number)")
    while not connection.execute(ask, {"number": ADVISORY_LOCK}).scalar_one():
        connection.rollback()
        if time.monotonic() >= deadline:
            raise _busy(shown_url(connection.engine.url), "another session")
        time.sleep(0.1)
    connection.commit()


def _release(connection: sa.Connection) -> None:
    if connection.closed or connection.invalidated:
        return  # the server frees the lock with the session
    try:
        connection.rollback()
        connection.execute(sa.text("SELECT pg_advisory_unlock(:number)"), {"number": ADVISORY_LOCK})
        connection.commit()
    except sa.exc.DBAPIError:
        # The session is gone, and its lock with it; the first error is the one to report.
        connection.invalidate()


def _busy(where: str, holder: str) -> WarehouseBusy:
    return WarehouseBusy(
        f"Another publication into this warehouse is under way ({holder})",
        file=where,
        remedy="Wait until it has finished, then run the command again",
    )
