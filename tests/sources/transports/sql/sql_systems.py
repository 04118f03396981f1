"""An invented money system in a real database, fetched through the product's own path.

Put here: the database, the source that reads it, and one call to fetch. Not here: what any test expects.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import sqlalchemy as sa

from sources.acquire import FetchResult, acquire, remember
from sources.registry import Source, discover
from sources.snapshot import Snapshot, SnapshotStore
from sources.transports import database
from warehouse.model.agency import ReleaseSettings

YEAR = 2025
HEAD = """\
id: invented_money
title: Invented money
publisher: Nobody
licence: invented
family: funds_flow
cadence: daily
expected_lag_days: 30
owner: grants-management
contact: nobody
privacy: {privacy}
reader: database
tables:
"""
AMOUNTS = "SELECT id, amount, changed_at FROM amounts"
IN_PARTS = "{key: [id], cursor: changed_at, overlap: 2 days, full_every: 7}"


@dataclass
class System:
    """A database, and a source whose tables are queries of it by name."""

    url: str
    folder: Path
    tables: dict[str, str] = field(default_factory=lambda: {"amounts": AMOUNTS})
    incremental: str | None = None
    privacy: str = "public"
    options: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    today: date = date(2025, 9, 30)
    last: Snapshot | None = None

    @property
    def kind(self) -> str:
        return sa.make_url(self.url).get_backend_name()

    @contextmanager
    def writer(self) -> Iterator[Any]:
        """A connection of somebody else who writes; each statement is committed by itself."""
        engine = sa.create_engine(self.url, isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool)
        with engine.connect() as connection:
            yield connection
        engine.dispose()

    def run(self, *statements: str) -> None:
        with self.writer() as writer:
            for statement in statements:
                writer.execute(sa.text(statement))

    def source(self) -> Source:
        tries = self.folder / "sources"
        root = tries / str(len(list(tries.glob("*"))) if tries.is_dir() else 0)
        place = root / "invented_money"
        place.mkdir(parents=True)
        lines = [HEAD.format(privacy=self.privacy)]
        columns = ["table,column,type,member,required,all"]
        for name, query in self.tables.items():
            lines.append(f"  {name}:\n    query: |-\n      {query}\n    key: [id]\n")
            if self.incremental is not None:
                lines.append(f"    incremental: {self.incremental}\n")
            columns.append(f"{name},id,text,,yes,id")
        lines.append("provides: []\n")
        (place / "source.yml").write_text("".join(lines), encoding="utf-8")
        (place / "columns.csv").write_text("\n".join(columns) + "\n", encoding="utf-8")
        return discover(root)["invented_money"]

    def fetch(self, *, url: str | None = None, environment: Mapping[str, str] | None = None) -> FetchResult:
        source, store = self.source(), SnapshotStore(self.folder / "snapshots")
        release = ReleaseSettings(
            school_years=(YEAR,), database=url or self.url, options=self.options, secrets=self.secrets
        )
        asked = database._today
        database.arrivals.__kwdefaults__["today"] = lambda: self.today
        try:
            return acquire(
                source,
                release,
                YEAR,
                store=store,
                data_root=self.folder,
                today=self.today,
                environment=environment or {},
            )
        finally:
            database.arrivals.__kwdefaults__["today"] = asked

    def take(self) -> dict[str, list[dict[str, str | None]]]:
        """Fetch, accept as a refresh does once all is read, and give the rows of each table by id."""
        fetch = self.fetch()
        if fetch.error is not None:
            raise fetch.error
        self.accept(fetch.snapshots)
        return {snapshot.table: rows(snapshot) for snapshot in fetch.snapshots}

    def accept(self, snapshots: tuple[Snapshot, ...]) -> None:
        release = ReleaseSettings(school_years=(YEAR,), database=self.url)
        store = SnapshotStore(self.folder / "snapshots")
        remember(self.source(), release, YEAR, snapshots, store=store)

    def how(self) -> str:
        """How a further fetch was read: `whole`, `part`, or `held` when it brought what was there."""
        fetch = self.fetch()
        assert fetch.error is None, fetch.error
        self.accept(fetch.snapshots)
        before, self.last = self.last, fetch.snapshots[0]
        return "held" if before == self.last else self.last.detail["read"]


def rows(snapshot: Snapshot) -> list[dict[str, str | None]]:
    found: list[dict[str, str | None]] = pq.read_table(snapshot.path).to_pylist()
    return sorted(found, key=lambda row: str(row["id"]))


def amounts(system: System) -> dict[str | None, str | None]:
    """The amounts by id, after a fetch that was accepted."""
    return {row["id"]: row["amount"] for row in system.take()["amounts"]}
