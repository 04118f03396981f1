"""One read-only transaction of a SQL database, which sees all tables as they stand at one moment.

Put here: connecting, what keeps a session from writing, and its time limits.
Not here: which queries are asked (`database`), how rows become a file (`sql_rows`).
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sources.database_name import shown_database
from sources.transports.arrival import Missing, Wanted
from sources.transports.limits import require_known_options
from sources.transports.sql_errors import explained
from warehouse.model.errors import SpmError

# Seconds; an agency may set others under `options` of the release.
LIMITS = {"connect_timeout_seconds": 30, "lock_timeout_seconds": 30, "query_timeout_seconds": 3600}


@dataclass(frozen=True)
class Session:
    """An open transaction, and what messages about it need."""

    connection: Any
    engine: Any
    source_id: str
    database: str

    @property
    def backend(self) -> str:
        """The kind of database, such as `postgresql`."""
        return str(self.engine.url.get_backend_name())

    def explain(self, problem: Exception, query: str = "") -> SpmError:
        """The error that people see for what the database answered."""
        return explained(problem, query, self.engine, source_id=self.source_id, database=self.database)


@contextmanager
def reading(wanted: Wanted) -> Iterator[Session]:
    """A transaction that reads and cannot write, of one consistent state of the database.

    PostgreSQL: repeatable read, read only, in UTC. SQLite: one deferred transaction with `query_only`.
    Other databases: a transaction of the strictest isolation they offer, that is rolled back.

    Raises:
        Missing: The database file does not exist.
        SpmError: It cannot be reached; the password is never shown.
    """
    import sqlalchemy as sa

    source_id, limits = wanted.source.id, _limits(wanted)
    engine = _engine(wanted, limits)
    shown = shown_database(engine.url.render_as_string(hide_password=True))
    try:
        try:
            connection = engine.connect()
        except sa.exc.SQLAlchemyError as problem:
            raise explained(problem, "", engine, source_id=source_id, database=shown) from None
        with connection:
            session = Session(connection, engine, source_id, shown)
            try:
                _begin(session, limits)
            except sa.exc.SQLAlchemyError as problem:
                raise session.explain(problem) from None
            yield session
            connection.rollback()
    finally:
        engine.dispose()


def _limits(wanted: Wanted) -> dict[str, int]:
    require_known_options(wanted, frozenset(LIMITS))
    limits = dict(LIMITS)
    for name in LIMITS:
        text = wanted.release.options.get(name)
        if text is None:
            continue
        if not text.isdigit() or int(text) < 1:
            raise SpmError(
                f"{name} is a number of seconds",
                file="sources.yml",
                column=f"sources.{wanted.source.id}.releases.options.{name}",
                value=text,
                remedy="Write a whole number of at least 1",
            )
        limits[name] = int(text)
    return limits


def _engine(wanted: Wanted, limits: dict[str, int]) -> Any:
    import sqlalchemy as sa

    text = wanted.expand(wanted.release.database or "")
    user, password = wanted.secret("user"), wanted.secret("password")
    try:
        url = sa.make_url(text)
        if user is not None:
            url = url.set(username=user)
        if password is not None:
            url = url.set(password=password)
        _require_sqlite_file(url, wanted.source.id)
        return sa.create_engine(
            url, poolclass=sa.pool.NullPool, hide_parameters=True, **_arguments(url, limits)
        )
    except (sa.exc.ArgumentError, ImportError, ValueError) as problem:
        # The library's words quote the whole URL, with its password, or what stands where a port should.
        raise SpmError(
            f"The database URL of {wanted.source.id} cannot be used ({type(problem).__name__})",
            file=shown_database(text),
            remedy="Write dialect+driver://user@host/database with a driver that is installed, and name the "
            "password under secrets",
        ) from None


def _arguments(url: Any, limits: dict[str, int]) -> dict[str, Any]:
    """What the driver is told when it connects."""
    backend = url.get_backend_name()
    if backend == "sqlite":
        # isolation_level None: the driver opens no transaction of its own, so that ours is the only one.
        return {"connect_args": {"timeout": limits["lock_timeout_seconds"], "isolation_level": None}}
    if backend == "postgresql":
        return {"connect_args": {"connect_timeout": limits["connect_timeout_seconds"]}}
    return {}


def _require_sqlite_file(url: Any, source_id: str) -> None:
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        raise Missing(
            f"The database of {source_id} does not exist",
            file=Path(url.database or "?").name,
            remedy="Correct its address in the agency's sources.yml",
        )


def _begin(session: Session, limits: dict[str, int]) -> None:
    connection = session.connection
    if session.backend == "sqlite":
        _begin_sqlite(connection, limits)
    elif session.backend == "postgresql":
        connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        for setting, name in (
            ("lock_timeout", "lock_timeout_seconds"),
            ("statement_timeout", "query_timeout_seconds"),
        ):
            connection.exec_driver_sql(f"SET LOCAL {setting} = '{limits[name]}s'")
        # A time with zone is written the same wherever the pipeline runs.
        connection.exec_driver_sql("SET LOCAL TIME ZONE 'UTC'")
    else:
        _strictest(connection)


def _begin_sqlite(connection: Any, limits: dict[str, int]) -> None:
    driver = connection.connection.driver_connection
    connection.exec_driver_sql("PRAGMA query_only = ON")
    end = time.monotonic() + limits["query_timeout_seconds"]
    # Asked every 100,000 steps of the machine: some milliseconds. A true answer interrupts the query.
    driver.set_progress_handler(lambda: int(time.monotonic() > end), 100_000)
    connection.exec_driver_sql("BEGIN")


def _strictest(connection: Any) -> None:
    """The strictest isolation that the database knows; its default where it knows none of them."""
    import sqlalchemy as sa

    for level in ("SNAPSHOT", "REPEATABLE READ", "SERIALIZABLE"):
        try:
            connection.execution_options(isolation_level=level)
        except (sa.exc.ArgumentError, NotImplementedError):
            continue
        return
