"""The warehouse as the pipeline sees it: open, publish, roll back, prune.

Put here: the one object others hold. Not here: how a release is made (`publish`) or read by people (`read`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from warehouse.engine import BUSY_TIMEOUT_MS, explained, parse_url, sqlite_path, writer_engine
from warehouse.history import list_releases, name_release, prune_releases, require_release, roll_back
from warehouse.load import read_rows
from warehouse.lock import publisher_lock
from warehouse.model.contract import Contract
from warehouse.model.errors import SpmError
from warehouse.public_file import build_public_file, holds_release, public_file
from warehouse.publication import (
    Audit,
    Face,
    PruneOutcome,
    Publication,
    PublishOutcome,
    ReleaseInfo,
    SliceKey,
    WarehouseBusy,
)
from warehouse.publish import Publishing, mark_interrupted
from warehouse.schema import WarehouseSchema, warehouse_schema
from warehouse.slices import Layout, sort_rows
from warehouse.staging import current_state, prepare, release_entries, verify_slices
from warehouse.upgrade import open_database

_REACH = "Check SPM_WAREHOUSE_URL, that the database answers and that you may write to it"
_KEPT = "The earlier release stays current. Correct the cause and run the command again"


def _utc_now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


def _go_on(_step: str) -> None:
    """The step hook outside tests."""


class Warehouse:
    """An agency's warehouse, opened for writing. Use as a context manager, or call `dispose`."""

    def __init__(
        self,
        engine: sa.Engine,
        schema: WarehouseSchema,
        agency_id: str,
        *,
        wait_seconds: float,
        clock: Callable[[], datetime],
    ) -> None:
        self.engine = engine
        self.schema = schema
        self.agency_id = agency_id
        self._wait_seconds = wait_seconds
        self._clock = clock

    @classmethod
    def open(
        cls,
        url: str,
        agency_id: str,
        *,
        contracts: Mapping[str, Contract] | None = None,
        wait_seconds: float = 60.0,
        clock: Callable[[], datetime] = _utc_now,
    ) -> Warehouse:
        """Open the warehouse, creating or upgrading it, and heal what a dead process left.

        Args:
            url: SQLAlchemy URL: a SQLite file or PostgreSQL.
            agency_id: Whose warehouse it is.
            contracts: Published contracts by table; the project's own by default.
            wait_seconds: How long to wait for another publisher.
            clock: Gives the time in UTC, without zone.

        Raises:
            SpmError: It belongs to another agency or program, is newer than this code, or cannot be reached.
        """
        parsed = parse_url(url)
        try:
            engine = writer_engine(parsed)
        except OSError as problem:
            raise SpmError(
                f"The warehouse file cannot be written ({problem.strerror})",
                file=sqlite_path(parsed),
                remedy="Correct SPM_HOME or the folder's rights",
            ) from None
        schema = warehouse_schema(parsed.get_backend_name(), contracts)
        warehouse = cls(engine, schema, agency_id, wait_seconds=wait_seconds, clock=clock)
        try:
            with warehouse._explained("Opening the warehouse", _REACH):
                open_database(engine, schema, agency_id, wait_seconds=wait_seconds, clock=clock)
            warehouse.heal(wait_seconds=0)
        except BaseException:
            engine.dispose()
            raise
        return warehouse

    def __enter__(self) -> Warehouse:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.dispose()

    def dispose(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    @property
    def public_file(self) -> Path | None:
        """The public face's file beside a SQLite warehouse; None on PostgreSQL, which has a schema for it."""
        path = sqlite_path(self.engine.url)
        return None if path is None else public_file(path)

    def current_release(self) -> ReleaseInfo | None:
        """The release that readers see; None before the first."""
        return next((info for info in self.releases() if info.is_current), None)

    def releases(self) -> list[ReleaseInfo]:
        """The readable releases, oldest first."""
        with self._explained("Reading the ledger"), self.engine.connect() as connection:
            return list_releases(connection, self.schema)

    def publish(
        self,
        publication: Publication,
        audit: Audit | None = None,
        *,
        crash_at: Callable[[str], None] = _go_on,
    ) -> PublishOutcome:
        """Make the publication the current release, or leave everything as it was.

        Args:
            publication: Slices and evidence.
            audit: Reads the staged release (`views.staged_view`) and gives check results; blocking failures
                refuse it.
            crash_at: For tests: called with each of `publish.STEPS`; what it raises passes as if we had died.

        Raises:
            AuditRefused: The audit failed; its results are recorded.
            WarehouseBusy: Another publisher did not finish in time.
            SpmError: The publication is not of this agency or does not fit the contracts, or writing failed.
        """
        if publication.agency_id != self.agency_id:
            raise SpmError(
                f"A publication of {publication.agency_id!r} is not for the warehouse of {self.agency_id!r}",
                remedy="Set SPM_AGENCY and SPM_WAREHOUSE_URL to the same agency",
            )
        prepared = prepare(publication, self.schema)
        with self._explained("Publishing"), self._locked() as connection:
            run = Publishing(connection, self.schema, publication, clock=self._clock, step=crash_at)
            outcome = run.run(prepared, audit)
            self._renew_public_file(connection, crash_at)
            _tidy(connection, self.schema, changed=outcome.added_slices > 0)
        return outcome

    def rollback(self, release_id: int) -> ReleaseInfo:
        """Make an earlier release current again; the next publication goes on from it under a new id.

        Raises:
            SpmError: There is no such release, or its rows are not those that were published.
        """
        with self._explained("Rolling back"), self._locked() as connection:
            with connection.begin():
                roll_back(connection, self.schema, release_id, self._clock())
            self._renew_public_file(connection, _go_on)
        return next(info for info in self.releases() if info.release_id == release_id)

    def name_release(self, release_id: int, name: str | None) -> None:
        """Name a release, so that pruning keeps it; None takes the name away."""
        with self._explained("Naming a release"), self._locked() as connection, connection.begin():
            name_release(connection, self.schema, release_id, name)

    def prune(self, keep_last: int | None = None, *, keep: Collection[int] = ()) -> PruneOutcome:
        """Remove slices that no kept release has.

        Args:
            keep_last: How many of the newest releases stay; None keeps all, so that only orphans go.
            keep: Further releases that stay. The current and the named ones always do.
        """
        if keep_last is not None and keep_last < 1:
            raise SpmError(
                "At least one release must stay", value=str(keep_last), remedy="Keep 1 or more releases"
            )
        with self._explained("Pruning"), self._locked() as connection, connection.begin():
            return prune_releases(connection, self.schema, keep_last=keep_last, keep=keep)

    def heal(self, *, wait_seconds: float | None = None) -> bool:
        """Mark what a dead process left and rebuild a lagging public file; False if another is at work."""
        try:
            with self._explained("Healing the warehouse"), self._locked(wait_seconds) as connection:
                with connection.begin():
                    mark_interrupted(connection, self.schema)
                self._renew_public_file(connection, _go_on)
        except WarehouseBusy:
            return False  # whoever holds it will do it
        return True

    def verify(self, release_id: int | None = None) -> int:
        """Compare every stored row of a release (the current one by default) with its hash; gives the slices.

        Raises:
            DamagedWarehouse: Rows are missing, added or changed.
        """
        with self._explained("Verifying"), self.engine.connect() as connection, connection.begin():
            entries = release_entries(
                connection, self.schema, self._release_or_current(connection, release_id)
            )
            verify_slices(connection, self.schema, entries, counted=set())
        return len(entries)

    def read_table(self, table: str, *, face: Face = "internal", release_id: int | None = None) -> pa.Table:
        """A published table as it was published, exact, in key order; of the current release by default."""
        contract = self.schema.contract(table)
        layout = Layout.of(contract)
        rows = self.schema.rows(face, table)
        with self._explained("Reading"), self.engine.connect() as connection, connection.begin():
            release = self._release_or_current(connection, release_id)
            entries = release_entries(connection, self.schema, release)
            pieces = [
                read_rows(connection, rows, entry.slice_id, layout)
                for entry in entries
                if (entry.key.face, entry.key.table) == (face, table)
            ]
        if not pieces:
            return contract.arrow_schema().empty_table()
        return sort_rows(pa.concat_tables(pieces), contract.key).cast(contract.arrow_schema())

    def current_rows(self, key: SliceKey) -> pa.Table | None:
        """The rows of one slice of the current release, exact; None when it has none."""
        with self._explained("Reading"), self.engine.connect() as connection, connection.begin():
            entry = current_state(connection, self.schema).entries.get(key)
            if entry is None:
                return None
            contract = self.schema.contract(key.table)
            rows = self.schema.rows(key.face, key.table)
            stored = read_rows(connection, rows, entry.slice_id, Layout.of(contract))
        return sort_rows(stored, contract.key).cast(contract.arrow_schema())

    def _release_or_current(self, connection: sa.Connection, release_id: int | None) -> int:
        if release_id is not None:
            require_release(connection, self.schema, release_id)
            return release_id
        pointer = self.schema.ledger("pointer")
        current = connection.execute(sa.select(pointer.c.release_id)).scalar_one_or_none()
        if current is None:
            raise SpmError("Nothing has been published yet", remedy="Run `spm refresh` first")
        return int(current)

    def _locked(self, wait_seconds: float | None = None) -> AbstractContextManager[sa.Connection]:
        wait = self._wait_seconds if wait_seconds is None else wait_seconds
        return publisher_lock(self.engine, wait_seconds=wait)

    def _explained(self, doing: str, remedy: str = _KEPT) -> AbstractContextManager[None]:
        return explained(doing, self.engine.url, remedy=remedy)

    def _renew_public_file(self, connection: sa.Connection, step: Callable[[str], None]) -> None:
        path = self.public_file
        current = self.current_release()
        if path is None or current is None or holds_release(path, current.release_id, current.content_hash):
            return
        build_public_file(connection, self.schema, path, step)


def _tidy(connection: sa.Connection, schema: WarehouseSchema, *, changed: bool) -> None:
    """Keep the planner's figures and the journal in shape after a release; nothing depends on it."""
    if connection.dialect.name == "sqlite":
        # Otherwise the journal keeps the size of the largest publication.
        driver: Any = connection.connection.driver_connection
        # Not worth waiting for: with a reader at its release the journal is cut after a later one.
        driver.execute("PRAGMA busy_timeout = 0")
        driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        driver.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    elif changed:
        with connection.begin():
            for table in sorted(schema.metadata.tables):
                connection.exec_driver_sql(f"ANALYZE {table}")
