"""Pages received so far, kept for the case that the fetch dies before the last.

One file of records and one of the state per question, private, below the snapshots. The state is written
after the records, so that what it tells is always there.
Put here: keeping pages and giving them back. Not here: whether it is safe to go on from them (`gather`).
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sources.api.private import open_private, private_folder, write_private
from sources.api.records import compact


@dataclass(frozen=True)
class SpoolState:
    """How far a question has come.

    Attributes:
        position: Of the next page; None when all came.
        pages: How many pages are kept.
        received: How many records they have.
        bytes: Length of the file of records.
        total: What the server promised.
        first_page: Hash of the first page, or another mark, to see whether the data moved.
        began: When the first page was asked for (seconds since 1970).
    """

    position: dict[str, Any] | None
    pages: int
    received: int
    bytes: int
    total: int | None
    first_page: str
    began: float


class Spool:
    """The pages of one question.

    Args:
        folder: Of all questions of the source.
        question: All that decides the answer, but no secret.
        hours: How old pages may be.
        now: Seconds since 1970.
    """

    def __init__(
        self, folder: Path, question: object, hours: float, *, now: Callable[[], float] = time.time
    ) -> None:
        name = hashlib.sha256(json.dumps(question, sort_keys=True).encode()).hexdigest()[:32]
        self._records = private_folder(folder) / f"{name}.jsonl"
        self._state_file = folder / f"{name}.json"
        self._hours, self._now = hours, now

    def state(self) -> SpoolState | None:
        """How far it came; None without pages, or when they are too old or not whole."""
        try:
            state = SpoolState(**json.loads(self._state_file.read_text(encoding="utf-8")))
            size = self._records.stat().st_size
        except (FileNotFoundError, ValueError, TypeError):
            return None
        if size < state.bytes or not 0 <= self._now() - state.began <= self._hours * 3600:
            return None
        return state

    def begin(self) -> None:
        """Forget all pages."""
        self._state_file.unlink(missing_ok=True)
        open_private(self._records).close()

    def start(self, position: Any, total: int | None, mark: str) -> SpoolState:
        """A state before the first page, with a mark in place of the first page's hash."""
        return SpoolState(position, 0, 0, 0, total, mark, self._now())

    def keep(
        self, records: list[Any], before: SpoolState | None, total: int | None, position: Any
    ) -> SpoolState:
        """Add a page behind those of `before`."""
        lines = "".join(compact(record) + "\n" for record in records).encode("utf-8")
        start = before.bytes if before else 0
        with self._records.open("r+b") as handle:
            # What a fetch that died wrote after its last state is cut off.
            handle.truncate(start)
            handle.seek(start)
            handle.write(lines)
        state = SpoolState(
            position=position,
            pages=(before.pages if before else 0) + 1,
            received=(before.received if before else 0) + len(records),
            bytes=start + len(lines),
            total=total,
            first_page=before.first_page if before else page_hash(records),
            began=before.began if before else self._now(),
        )
        write_private(self._state_file, json.dumps(asdict(state)))
        return state

    def batches(self, state: SpoolState, size: int = 2_000) -> Iterator[list[tuple[Any, str]]]:
        """The records of the pages, each with its line, in batches."""
        left = state.received
        with self._records.open("rb") as handle:
            while left:
                lines = [handle.readline().decode("utf-8") for _ in range(min(size, left))]
                batch = [(json.loads(line), line.removesuffix("\n")) for line in lines]
                left -= len(batch)
                yield batch

    def discard(self) -> None:
        """Remove the files."""
        self._state_file.unlink(missing_ok=True)
        self._records.unlink(missing_ok=True)


def page_hash(records: list[Any]) -> str:
    """A hash of a page's records in any order."""
    digest = hashlib.sha256()
    for line in sorted(compact(record) for record in records):
        digest.update(line.encode("utf-8") + b"\n")
    return digest.hexdigest()


def sweep(folder: Path, hours: float, *, now: Callable[[], float] = time.time) -> None:
    """Remove pages that nobody can go on from any more: they may be about single students."""
    for file in folder.glob("*.json*"):
        if file.name != "requests.json" and now() - file.stat().st_mtime > hours * 3600:
            file.unlink(missing_ok=True)
