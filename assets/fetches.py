"""The table of fetches: what became of each, kept for good.

Put here: recording and asking. Not here: how a fetch is made (`sources.acquire`) or shown (`pipelines`).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import astuple, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path

from sources.acquire import FetchResult

FILE = "fetches.db"
WAIT_SECONDS = 30


@dataclass(frozen=True)
class Fetch:
    """One fetch of a source, for one edition of one school year.

    Attributes:
        at: When it ended (UTC, ISO 8601).
        outcome: new, unchanged, not_yet_released, withdrawn or failed.
        detail: A sentence; never a student's value nor a secret.
        files: Files that were brought or found unchanged.
        bytes: Their size.
        seconds: How long it took.
    """

    at: str
    source_id: str
    school_year: int
    data_status: str
    outcome: str
    detail: str
    files: int
    bytes: int
    seconds: float

    @classmethod
    def of(
        cls, source_id: str, school_year: int, data_status: str, result: FetchResult, seconds: float
    ) -> Fetch:
        """The entry of a fetch that has just ended."""
        return cls(
            at=datetime.now(UTC).isoformat(timespec="seconds"),
            source_id=source_id,
            school_year=school_year,
            data_status=data_status,
            outcome=result.outcome,
            detail=result.detail if result.error is None else str(result.error),
            files=len(result.snapshots),
            bytes=sum(snapshot.bytes for snapshot in result.snapshots),
            seconds=round(seconds, 3),
        )


_COLUMNS = tuple(field.name for field in fields(Fetch))
_CREATE = """
CREATE TABLE IF NOT EXISTS fetch (
    at TEXT NOT NULL, source_id TEXT NOT NULL, school_year INTEGER NOT NULL, data_status TEXT NOT NULL,
    outcome TEXT NOT NULL, detail TEXT NOT NULL, files INTEGER NOT NULL, bytes INTEGER NOT NULL,
    seconds REAL NOT NULL
)
"""
_INDEX = "CREATE INDEX IF NOT EXISTS fetch_of_source ON fetch (source_id, school_year)"


class Fetches:
    """The fetches of a home, in `<home>/fetches.db`; several processes may add at once."""

    def __init__(self, root: Path) -> None:
        self.file = root / FILE

    def add(self, fetch: Fetch) -> None:
        """Append one entry."""
        with self._connection() as connection:
            connection.execute(_CREATE)
            connection.execute(_INDEX)
            marks = ", ".join("?" for _ in _COLUMNS)
            connection.execute(f"INSERT INTO fetch ({', '.join(_COLUMNS)}) VALUES ({marks})", astuple(fetch))

    def of(self, source_id: str, school_year: int | None = None) -> list[Fetch]:
        """The fetches of a source, newest first."""
        sql = f"SELECT {', '.join(_COLUMNS)} FROM fetch WHERE source_id = ? AND ? IN (school_year, -1)"
        return self._ask(f"{sql} ORDER BY rowid DESC", (source_id, school_year or -1))

    def last(self) -> list[Fetch]:
        """The last fetch of every source, year and edition."""
        newest = "SELECT max(rowid) FROM fetch GROUP BY source_id, school_year, data_status"
        return self._ask(f"SELECT {', '.join(_COLUMNS)} FROM fetch WHERE rowid IN ({newest})", ())

    def _ask(self, sql: str, values: Sequence[str | int]) -> list[Fetch]:
        if not self.file.is_file():
            return []
        with self._connection() as connection:
            connection.execute(_CREATE)
            return [Fetch(*row) for row in connection.execute(sql, values)]

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self.file, timeout=WAIT_SECONDS)) as connection, connection:
            yield connection
