"""Connections to the warehouse: which databases are supported, and how each is opened.

Put here: URL handling, SQLite pragmas, and the translation of driver errors into messages for people.
Not here: tables (`schema`), the publishers' lock (`lock`), anything that needs pyarrow (readers import this).
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import URL, make_url

from warehouse.model.errors import SpmError

# A reader or writer waits this long for another one's short transaction before it gives up.
BUSY_TIMEOUT_MS = 30_000
# Options of a URL that tell where a database is, and no secret.
SHOWN_OPTIONS = ("host", "port", "sslmode")


def parse_url(url: str | URL) -> URL:
    """The URL with the driver we use: psycopg 3 for PostgreSQL, the standard library for SQLite.

    Raises:
        SpmError: Not a URL, or a database we do not support, or SQLite without a file.
    """
    try:
        parsed = make_url(url)
    except (sa.exc.ArgumentError, ValueError):  # a port that is no number is quoted, and may be a password
        raise SpmError(
            "The warehouse address is not a database URL",
            remedy="Set SPM_WAREHOUSE_URL to sqlite:///path/internal.db or postgresql://user@host/database",
        ) from None
    kind = parsed.drivername.split("+")[0]
    if kind in ("postgresql", "postgres"):
        return parsed.set(drivername="postgresql+psycopg")
    if kind == "sqlite" and parsed.database and parsed.database != ":memory:":
        return parsed.set(drivername="sqlite")
    raise SpmError(
        "The warehouse needs a SQLite file or PostgreSQL",
        value=shown_url(parsed),
        remedy="Set SPM_WAREHOUSE_URL to sqlite:///path/internal.db or postgresql://user@host/database",
    )


def shown_url(url: URL) -> str:
    """The URL without its password, and without options, among which another may stand."""
    plain = {name: value for name, value in url.query.items() if name in SHOWN_OPTIONS}
    return url.set(query=plain).render_as_string(hide_password=True)


def sqlite_path(url: URL) -> Path | None:
    """The file of a SQLite warehouse; None for PostgreSQL."""
    return Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None


def writer_engine(url: URL) -> sa.Engine:
    """An engine that may write; a SQLite file is created with mode 0600 (it is unsuppressed)."""
    path = sqlite_path(url)
    if path is None:
        return _postgres_engine(url)
    path.parent.mkdir(parents=True, exist_ok=True)
    # SQLite gives the journal files the mode of the database file.
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    engine = _sqlite_engine(url)
    event.listen(engine, "connect", _prepare_writer)
    return engine


def reader_engine(url: URL) -> sa.Engine:
    """An engine that only reads.

    Raises:
        SpmError: The SQLite file does not exist.
    """
    path = sqlite_path(url)
    if path is None:
        return _postgres_engine(url, isolation_level="REPEATABLE READ")
    if not path.is_file():
        raise SpmError("There is no warehouse yet", file=path, remedy="Run `spm refresh` first")
    engine = _sqlite_engine(url)
    event.listen(engine, "connect", _prepare_reader)
    return engine


def _postgres_engine(url: URL, **options: Any) -> sa.Engine:
    # Parameters stay out of error messages: they are figures.
    arguments = {"connect_timeout": 10, "options": "-c TimeZone=UTC -c extra_float_digits=1"}
    if "options" in url.query:
        del arguments["options"]
    return sa.create_engine(url, hide_parameters=True, connect_args=arguments, pool_pre_ping=True, **options)


def _sqlite_engine(url: URL) -> sa.Engine:
    engine = sa.create_engine(url, hide_parameters=True, connect_args={"timeout": BUSY_TIMEOUT_MS / 1000})
    event.listen(engine, "begin", _begin)
    return engine


def _prepare_writer(connection: sqlite3.Connection, _record: object) -> None:
    # We say BEGIN ourselves: the driver's own habit of opening transactions late would let DDL escape them.
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA cache_size = -65536")


def _prepare_reader(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    connection.execute("PRAGMA query_only = ON")


def _begin(connection: sa.Connection) -> None:
    immediate = connection.get_execution_options().get("spm_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


@contextmanager
def explained(doing: str, url: URL, *, remedy: str) -> Iterator[None]:
    """Turn a driver's error into a message: what we were doing, where, and the driver's main sentence only.

    PostgreSQL's DETAIL quotes the offending row, so it is left out.

    Raises:
        SpmError: In place of any SQLAlchemy or driver error.
    """
    try:
        yield
    except (sa.exc.SQLAlchemyError, sqlite3.Error) as problem:
        raise SpmError(
            f"{doing} failed: {_main_sentence(problem)}", file=shown_url(url), remedy=remedy
        ) from problem
    except Exception as problem:
        # COPY speaks to psycopg directly; its module is not imported for a SQLite warehouse.
        if type(problem).__module__.split(".")[0] != "psycopg":
            raise
        raise SpmError(
            f"{doing} failed: {_main_sentence(problem)}", file=shown_url(url), remedy=remedy
        ) from problem


def _main_sentence(problem: Exception) -> str:
    cause = getattr(problem, "orig", None) or problem
    primary = getattr(getattr(cause, "diag", None), "message_primary", None)
    if primary:
        return str(primary)
    lines = str(cause).splitlines()
    return lines[0] if lines else type(cause).__name__
