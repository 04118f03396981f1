"""Records of one table on disk, in the order of their identity: merged, compared, and written as JSON Lines.

Memory stays small however many there are. Equal content gives equal bytes, in whatever order it came.
Put here: keeping records apart by identity. Not here: getting them.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from json.encoder import encode_basestring
from pathlib import Path
from typing import Any

from sources.api.fill import ABSENT, at_parts
from sources.api.private import open_private
from warehouse.model.errors import SpmError

_BATCH = 5_000
# Made once: `json.dumps` makes an encoder for every record.
_COMPACT = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))

_Row = tuple[str, str, str | None]


@dataclass(frozen=True)
class Added:
    """What a batch of records did: how many were new, came twice alike, or came twice and differ."""

    new: int
    alike: int
    differing: int


def compact(record: Any) -> str:
    """A record on one line, its names in the order in which they were received."""
    return _COMPACT.encode(record)


class RecordStore:
    """Records by identity, in a private file that does not outlive the fetch.

    Args:
        file: Where; it is made.
        identity: Paths that tell one record from another; without them equal records stand side by side.
        key: Further paths of which `replace` lets no value stand twice: a record that comes again under
            another identity takes the place of the first.
    """

    def __init__(self, file: Path, identity: tuple[str, ...], key: tuple[str, ...] = ()) -> None:
        open_private(file).close()
        self._identity, self._key = identity, key
        self._identity_paths = [tuple(path.split(".")) for path in identity]
        self._key_paths = [tuple(path.split(".")) for path in key]
        self._connection = sqlite3.connect(file, isolation_level=None)
        self._connection.executescript(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -20000;"
            "CREATE TABLE records (identity TEXT PRIMARY KEY, record TEXT NOT NULL, key TEXT);"
        )
        if key:
            self._connection.execute("CREATE INDEX keys ON records (key)")

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def add(self, records: Iterable[tuple[Any, str]]) -> Added:
        """Add records, each with its line; one whose identity is there already is compared and not taken.

        Raises:
            SpmError: A record lacks its identity.
        """
        rows = [(self.identity_of(record), line, self._key_of(record)) for record, line in records]
        self._connection.execute("BEGIN")
        added = self._add_identified(rows) if self._identity else self._add_all(rows)
        self._connection.execute("COMMIT")
        return added

    def _add_identified(self, rows: list[_Row]) -> Added:
        new = self._connection.executemany("INSERT OR IGNORE INTO records VALUES (?, ?, ?)", rows).rowcount
        if new == len(rows):
            return Added(new, 0, 0)
        question = "SELECT record FROM records WHERE identity = ?"
        kept = (self._connection.execute(question, (identity,)).fetchone()[0] for identity, _, _ in rows)
        differing = sum(there != line for there, (_, line, _) in zip(kept, rows, strict=True))
        return Added(new, len(rows) - new - differing, differing)

    def _add_all(self, rows: list[_Row]) -> Added:
        """Add records without identity: equal ones stand side by side."""
        for identity, line, key in rows:
            self._insert(identity, line, key)
        return Added(len(rows), 0, 0)

    def _insert(self, identity: str, line: str, key: str | None) -> None:
        statement, copy = "INSERT OR IGNORE INTO records VALUES (?, ?, ?)", 0
        while not self._connection.execute(statement, (identity, line, key)).rowcount:
            copy += 1
            identity = f"{line}\0{copy:09d}"

    def replace(self, records: Iterable[Any]) -> int:
        """Put records in place of those of their identity, or beside the others; gives their number."""
        rows = [(self.identity_of(record), compact(record), self._key_of(record)) for record in records]
        self._connection.execute("BEGIN")
        if self._key:
            self._connection.executemany("DELETE FROM records WHERE key = ?", [(row[2],) for row in rows])
        self._connection.executemany("INSERT OR REPLACE INTO records VALUES (?, ?, ?)", rows)
        self._connection.execute("COMMIT")
        return len(rows)

    def remove(self, identities: Iterable[tuple[Any, ...]]) -> int:
        """Take records away; gives how many were there."""
        before = self.count()
        self._connection.execute("BEGIN")
        self._connection.executemany(
            "DELETE FROM records WHERE identity = ?", [(_identity_text(values),) for values in identities]
        )
        self._connection.execute("COMMIT")
        return before - self.count()

    def remove_all(self) -> None:
        """Forget every record."""
        self._connection.execute("DELETE FROM records")

    def has(self, values: tuple[Any, ...]) -> bool:
        """Whether a record of this identity is there."""
        found = self._connection.execute(
            "SELECT 1 FROM records WHERE identity = ?", (_identity_text(values),)
        ).fetchone()
        return found is not None

    def count(self) -> int:
        """How many there are."""
        return int(self._connection.execute("SELECT count(*) FROM records").fetchone()[0])

    def lines(self) -> Iterator[str]:
        """Every record as one line, in the order of identities."""
        for (line,) in self._connection.execute("SELECT record FROM records ORDER BY identity"):
            yield line

    def write(self, file: Path) -> int:
        """Write all as JSON Lines; gives their number."""
        written = 0
        with open_private(file) as target:
            for line in self.lines():
                target.write(line.encode("utf-8") + b"\n")
                written += 1
        return written

    def load(self, file: Path) -> int:
        """Take over a JSON Lines file that `write` wrote; gives the number of its records."""
        loaded = 0
        with file.open("rb") as source:
            for batch in _batches(json.loads(line) for line in source):
                loaded += self.replace(batch)
        return loaded

    def _key_of(self, record: Any) -> str | None:
        if not self._key:
            return None
        values = [at_parts(record, parts) for parts in self._key_paths]
        return _identity_text(tuple(None if value is ABSENT else value for value in values))

    def identity_of(self, record: Any) -> str:
        """A record's identity as text.

        Raises:
            SpmError: One of its paths is absent or null; the value of the others is not told.
        """
        if not self._identity:
            return compact(record)
        values = [at_parts(record, parts) for parts in self._identity_paths]
        for path, value in zip(self._identity, values, strict=True):
            if value is ABSENT or value is None:
                raise SpmError(
                    "A record lacks what tells it from others",
                    column=path,
                    remedy="Ask who runs the API, or correct request.identity in source.yml",
                )
        return _identity_text(tuple(values))


@contextmanager
def record_store(file: Path, identity: tuple[str, ...], key: tuple[str, ...] = ()) -> Iterator[RecordStore]:
    """A store that is closed, and its file gone, at the end."""
    store = RecordStore(file, identity, key)
    try:
        yield store
    finally:
        store.close()
        file.unlink(missing_ok=True)


def _identity_text(values: tuple[Any, ...]) -> str:
    """The values as `compact` writes a list; nearly all are texts, of which this is the short way."""
    if all(type(value) is str for value in values):
        return f"[{','.join(map(encode_basestring, values))}]"
    return compact(list(values))


def _batches(records: Iterable[Any]) -> Iterator[list[Any]]:
    batch: list[Any] = []
    for record in records:
        batch.append(record)
        if len(batch) >= _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
