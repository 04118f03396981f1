"""Dagster's SQLite event log, written by connections that stay open.

Put here: how connections are made. Not here: what is written, which is Dagster's own.

Dagster makes, opens and closes a connection for every write, some five times for each claim of a check, and
waits for the disk each time. A year of Franklin has 560 claims: 63 s of Dagster against 18 s of work on a
busy machine with 2 cores, and 4 s so. For the command line only: it is one process and one thread, while the
web server notices new events by files that change, which needs connections to be closed.
"""

# Without `from __future__ import annotations`: Dagster reads the annotations of configured classes.
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage

BUSY_SECONDS = 60
MOST_OPEN = 4


class KeptOpenEventLog(SqliteEventLogStorage):
    """The default event log with other connections. A test fails should Dagster rename what it overrides."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._engines: dict[str, sa.Engine] = {}
        self._tables: set[str] = set()
        super().__init__(*arguments, **options)

    @classmethod
    def from_config_value(cls, inst_data: Any, config_value: Any) -> "KeptOpenEventLog":
        """As Dagster makes it from its configuration."""
        return cls(inst_data=inst_data, **config_value)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[sa.Connection]:
        with self._db_lock, self._engine(shard).begin() as connection:
            yield connection

    def has_table(self, table_name: str) -> bool:
        """Whether the index has a table; asked for every claim, so an answer of yes is remembered."""
        if table_name not in self._tables and super().has_table(table_name):
            self._tables.add(table_name)
        return table_name in self._tables

    def _engine(self, shard: str) -> sa.Engine:
        found = self._engines.get(shard)
        if found is None:
            found = self._engines[shard] = self._open(shard)
            while len(self._engines) > MOST_OPEN:
                oldest = next(iter(self._engines))
                self._engines.pop(oldest).dispose()
        return found

    def _open(self, shard: str) -> sa.Engine:
        engine = sa.create_engine(
            self.conn_string_for_shard(shard),
            poolclass=sa.pool.StaticPool,
            connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
        )

        # A power cut may then lose the last events of the history, but never damages it (write-ahead log).
        @sa.event.listens_for(engine, "connect")
        def fewer_waits(connection: Any, _: object) -> None:
            connection.execute("PRAGMA synchronous = NORMAL")

        if shard not in self._initialized_dbs:
            self._initdb(engine)
            self._initialized_dbs.add(shard)
        return engine

    def dispose(self) -> None:
        """Close all connections, so that what they wrote is moved into the files."""
        for engine in self._engines.values():
            engine.dispose()
        self._engines.clear()
        super().dispose()
