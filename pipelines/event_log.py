"""Dagster's SQLite event log, written by connections that stay open and by many rows at once.

Put here: how connections are made, and which events wait for each other. Not here: what is written, which is
Dagster's own, row by row (`check_events` writes the rows of many checks).

Dagster makes, opens and closes a connection for every write, some five times for each claim of a check, and
waits for the disk each time. A year of Franklin has 560 claims: 63 s of Dagster against 18 s of work on a
busy machine with 2 cores, and 4 s so. For the command line only: it is one process and one thread, while the
web server notices new events by files that change, which needs connections to be closed.

What is told of each claim of a table (it is planned, it was evaluated, an output of nothing) is kept back
until the next event of another kind, such as the end of the step, or until anybody in this process reads. It
is then written as one statement for each table. A process that is killed in between loses what it told of the
one step that it was about to end.
"""

# Without `from __future__ import annotations`: Dagster reads the annotations of configured classes.
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from dagster._core.event_api import EventRecordsResult
from dagster._core.events import DagsterEventType
from dagster._core.events.log import EventLogEntry
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage

from pipelines.check_events import insert_events, record_checks

BUSY_SECONDS = 60
MOST_OPEN = 4
MOST_KEPT_BACK = 500
KEPT_BACK = frozenset(
    {
        DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED,
        DagsterEventType.ASSET_CHECK_EVALUATION,
        DagsterEventType.STEP_OUTPUT,
    }
)


class KeptOpenEventLog(SqliteEventLogStorage):
    """The default event log with other connections. A test fails should Dagster rename what it overrides."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._engines: dict[str, sa.Engine] = {}
        self._tables: set[str] = set()
        self._kept_back: list[EventLogEntry] = []
        self._materialized: dict[str, EventRecordsResult] = {}
        super().__init__(*arguments, **options)

    @classmethod
    def from_config_value(cls, inst_data: Any, config_value: Any) -> "KeptOpenEventLog":
        """As Dagster makes it from its configuration."""
        return cls(inst_data=inst_data, **config_value)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[sa.Connection]:
        self._write_kept_back()
        with self._db_lock, self._engine(shard).begin() as connection:
            yield connection

    def store_event(self, event: EventLogEntry) -> None:
        """Write an event, or keep it back until the next of another kind."""
        if event.is_dagster_event and event.run_id and event.dagster_event_type in KEPT_BACK:
            self._kept_back.append(event)
            if len(self._kept_back) >= MOST_KEPT_BACK:
                self._write_kept_back()
            return
        self._materialized.clear()
        super().store_event(event)

    def fetch_materializations(
        self, records_filter: Any, limit: int, cursor: str | None = None, ascending: bool = False
    ) -> EventRecordsResult:
        """As Dagster's own; it asks the same for every claim of a table, between which nothing is made."""
        question = f"{records_filter} {limit} {cursor} {ascending}"
        if question not in self._materialized:
            found = super().fetch_materializations(records_filter, limit, cursor, ascending)
            self._materialized[question] = found
        return self._materialized[question]

    def _write_kept_back(self) -> None:
        events, self._kept_back = self._kept_back, []
        for run_id in dict.fromkeys(event.run_id for event in events):
            rows = [(event, self._event_to_row(event)) for event in events if event.run_id == run_id]
            with self.run_connection(run_id) as connection:
                insert_events(connection, rows)
            checks = [(e, row) for e, row in rows if e.dagster_event_type is not DagsterEventType.STEP_OUTPUT]
            if checks:
                with self.index_connection() as connection:
                    without_plan = record_checks(connection, checks, insert_events(connection, checks))
                for event, storage_id in without_plan:
                    self.store_asset_check_event(event, storage_id)

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
        self._write_kept_back()
        for engine in self._engines.values():
            engine.dispose()
        self._engines.clear()
        super().dispose()
