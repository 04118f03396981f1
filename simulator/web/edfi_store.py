"""One Ed-Fi ODS in memory: what the log says, up to the batch that has happened.

Put here: applying changes, and selecting records, deletes and key changes by change version.
Not here: HTTP (see `answer_edfi`).
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from simulator.web.edfi_log import DELETE, REKEY, Change, key_of, leaf, read_log
from simulator.web.holding import Record, packed


@dataclass(frozen=True)
class Row:
    """A record: its place in the order of the table, change version and JSON."""

    place: int
    version: int
    content: bytes


@dataclass
class Resource:
    """One resource: records, tombstones and changes of keys."""

    rows: dict[str, Row] = field(default_factory=dict)
    deletes: list[tuple[int, str, bytes]] = field(default_factory=list)
    rekeys: list[tuple[int, str, Record]] = field(default_factory=list)

    def copied(self) -> Resource:
        """Give a copy that later changes leave alone."""
        return Resource(dict(self.rows), list(self.deletes), list(self.rekeys))


class Ods:
    """One ODS; `applied` is the number of its last batch."""

    def __init__(self, changes: Iterable[Change]) -> None:
        self._lock = threading.RLock()
        self._resources: dict[str, Resource] = {}
        self._place = 0
        self._filtered: tuple[object, list[Row]] = (None, [])
        self.newest = 0
        self.applied = 0
        everything = list(changes)
        self._waiting = [change for change in everything if change.batch]
        self._apply(change for change in everything if not change.batch)

    @classmethod
    def of(cls, path: Path) -> Ods:
        """Read an ODS."""
        return cls(read_log(path))

    def advance(self) -> bool:
        """Let the next batch happen; say whether there was one."""
        with self._lock:
            coming = [change for change in self._waiting if change.batch == self.applied + 1]
            if not coming:
                return False
            self.applied += 1
            self._waiting = [change for change in self._waiting if change.batch > self.applied]
            self._apply(coming)
            return True

    def snapshot(self) -> Ods:
        """Give a copy as it stands now."""
        with self._lock:
            copy = Ods([])
            copy._resources = {name: held.copied() for name, held in self._resources.items()}
            copy.newest, copy.applied = self.newest, self.applied
            return copy

    def knows(self, resource: str) -> bool:
        """Say whether there is such a resource."""
        return resource in self._resources

    def _apply(self, changes: Iterable[Change]) -> None:
        for change in changes:
            held = self._resources.setdefault(change.resource, Resource())
            self.newest = change.version
            content = change.content
            if change.operation == DELETE:
                held.rows.pop(change.identifier, None)
                held.deletes.append((change.version, change.identifier, content))
                continue
            if change.operation == REKEY:
                told = json.loads(content)
                content = packed(told.pop("record"))
                held.rekeys.append((change.version, change.identifier, told))
            earlier = held.rows.get(change.identifier)
            self._place += 1
            place = earlier.place if earlier else self._place
            held.rows[change.identifier] = Row(place, change.version, content)

    def rows(self, resource: str, low: int, high: int | None) -> list[Row]:
        """Records last changed from `low` to `high`, in the order of the table."""
        with self._lock:
            held = self._resources[resource].rows.values()
            return [row for row in held if row.version >= low and (high is None or row.version <= high)]

    def filtered(
        self, resource: str, rows: list[Row], wanted: tuple[tuple[str, str], ...]
    ) -> list[Row] | None:
        """Those with the wanted values, in the record or in its references; null without such a property."""
        asked = (resource, self.newest, len(rows), rows[0].place if rows else 0, wanted)
        kept_for, kept = self._filtered
        if kept_for == asked:
            return kept
        kept = rows
        for name, value in wanted:
            found = [(row, leaf(json.loads(row.content), name)) for row in kept]
            if found and all(have is None for _, have in found):
                return None
            kept = [row for row, have in found if str(have).lower() == value.lower()]
        self._filtered = (asked, kept)
        return kept

    def record(self, resource: str, identifier: str) -> bytes | None:
        """One record."""
        with self._lock:
            row = self._resources[resource].rows.get(identifier)
            return row.content if row else None

    def deletes(self, resource: str, low: int, high: int | None) -> list[bytes]:
        """Tombstones of keys that do not stand again."""
        with self._lock:
            held = self._resources[resource]
            told = [item for item in held.deletes if item[0] >= low and (high is None or item[0] <= high)]
            again = self._standing(resource, {key for _, _, key in told})
        return [
            packed({"id": identifier, "changeVersion": version, "keyValues": json.loads(key)})
            for version, identifier, key in told
            if key not in again
        ]

    def _standing(self, resource: str, keys: set[bytes]) -> set[bytes]:
        if not keys:
            return set()
        held = self._resources[resource].rows.values()
        return keys & {packed(key_of(resource, json.loads(row.content))) for row in held}

    def rekeys(self, resource: str, low: int, high: int | None) -> list[bytes]:
        """Changes of keys: each record once, from its first key in the window to its last."""
        with self._lock:
            told = self._resources[resource].rekeys
            window = [item for item in told if item[0] >= low and (high is None or item[0] <= high)]
        merged: dict[str, Record] = {}
        for version, identifier, keys in window:
            first = merged.get(identifier, keys)
            merged[identifier] = {
                "id": identifier,
                "changeVersion": version,
                "oldKeyValues": first["oldKeyValues"],
                "newKeyValues": keys["newKeyValues"],
            }
        return [packed(item) for item in merged.values()]
