"""Files of servers that can list them, through fsspec: found, held against what we have, brought whole.

Put here: what SFTP and S3 have in common. Not here: how either is reached and what marks a version there
(`sftp_files`, `s3_files`).
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Protocol, TypeVar

from sources.snapshot import Snapshot
from sources.transports.address import Address
from sources.transports.arrival import Arrival, Wanted, bytes_of
from sources.transports.found import missing, without_ignored
from sources.transports.limits import Limits, Stumbled
from warehouse.model.errors import SpmError

T = TypeVar("T")
_MAGIC = re.compile(r"[*?\[]")


@dataclass(frozen=True)
class Seen:
    """A file as the server lists it.

    Attributes:
        path: Its path on the server.
        size: Bytes.
        version: What differs when the bytes differ, as far as the server tells.
        etag: The server's own mark, if it has one.
        detail: What the receipt keeps to know the version again.
    """

    path: str
    size: int
    version: str
    etag: str | None = None
    detail: Mapping[str, str] = field(default_factory=dict)


class Server(Protocol):
    """A server that lists files.

    Attributes:
        piece_bytes: How much is asked for at once.
    """

    limits: Limits
    piece_bytes: int

    def filesystem(self) -> Any:
        """The fsspec filesystem, connected once and again after `reset`."""

    def reset(self) -> None:
        """Let go of the connection."""

    def open(self, filesystem: Any, path: str) -> Any:
        """A file's bytes, as a context that reads and seeks."""

    def trouble(self, address: str) -> AbstractContextManager[None]:
        """Turns the library's exceptions into SpmError or Stumbled; FileNotFoundError is passed on."""

    def path_of(self, address: Address) -> str:
        """A path or pattern as the filesystem takes it."""

    def address_of(self, address: Address, path: str) -> str:
        """How a found path is shown."""

    def seen(self, path: str, info: Mapping[str, Any]) -> Seen:
        """A file from what the filesystem says of it."""

    def is_current(self, seen: Seen, held: Snapshot) -> bool:
        """Whether what is held is surely what the server has."""


def remote_arrivals(wanted: Wanted, table: str, address: Address, server: Server) -> Iterator[Arrival]:
    """The files that an address or pattern matches, in order.

    An unchanged file costs one question and no bytes; for a pattern it is one listing for all its files.

    Raises:
        Missing: None matches.
        SpmError: The source leaves out all that match, or the server refuses, cannot be reached, or breaks
            off every attempt.
    """
    found = _asked(server, address.shown, lambda filesystem: _find(server, filesystem, address))
    if not found:
        raise missing(wanted, address.shown, "Look whether it is there, or correct the agency's sources.yml")
    listed = [(server.address_of(address, seen.path), seen) for seen in found]
    for shown, seen in without_ignored(wanted, address.shown, listed):
        held = wanted.held(table, shown)
        if held is not None and server.is_current(seen, held):
            yield Arrival(table, shown, None, held=held, etag=held.etag, detail=held.detail)
            continue
        transfer = _Transfer(server, shown, seen, wanted.folder / "download")
        _asked(server, shown, transfer.once)
        now = transfer.seen
        yield Arrival(table, shown, bytes_of(transfer.file), etag=now.etag, detail=now.detail)
        transfer.file.unlink()


def _asked(server: Server, shown: str, question: Callable[[Any], T]) -> T:
    """The answer to a question, in as many attempts as are allowed."""
    try:
        for attempt in server.limits.attempt():
            with attempt, server.trouble(shown):
                return question(server.filesystem())
    except Stumbled as problem:
        raise SpmError(
            f"{problem.what} ({server.limits.attempts} attempts)",
            file=shown,
            remedy="Look whether the server works and the network reaches it, then refresh again",
        ) from None
    raise AssertionError("An attempt returns or raises")


def _find(server: Server, filesystem: Any, address: Address) -> list[Seen]:
    path = server.path_of(address)
    if not _MAGIC.search(path):
        infos = [_info(filesystem, path)]
    elif not _MAGIC.search(posixpath.dirname(path)):
        infos = _matches_in_folder(filesystem, path)
    else:
        infos = list(filesystem.glob(path, detail=True).values()) or _nothing(filesystem, path)
    # A link is followed: the listing tells its own size.
    whole = [
        i if i is None or i["type"] in ("file", "directory") else _info(filesystem, i["name"]) for i in infos
    ]
    files = [i for i in whole if i is not None and i["type"] == "file"]
    return [server.seen(i["name"], i) for i in sorted(files, key=lambda i: str(i["name"]))]


def _info(filesystem: Any, path: str) -> dict[str, Any] | None:
    try:
        info: dict[str, Any] = filesystem.info(path)
    except FileNotFoundError:
        return None
    return info


def _matches_in_folder(filesystem: Any, path: str) -> list[dict[str, Any] | None]:
    """What a pattern in the last part of a path matches, by one listing; the very name comes before it."""
    folder, pattern = posixpath.split(path)
    try:
        listed = filesystem.ls(folder or ".", detail=True)
    except FileNotFoundError:
        return []
    by_name = {posixpath.basename(info["name"]): info for info in listed}
    if pattern in by_name:
        return [by_name[pattern]]
    return [by_name[name] for name in by_name if fnmatchcase(name, pattern)]


def _nothing(filesystem: Any, pattern: str) -> list[dict[str, Any] | None]:
    """No match, unless a folder may not be listed, which fsspec's glob takes for an empty one."""
    start = _MAGIC.search(pattern)
    folder = posixpath.dirname(pattern[: start.start()] if start else pattern)
    with suppress(FileNotFoundError):
        filesystem.ls(folder or ".", detail=False)
    return []


@dataclass
class _Transfer:
    """One file on its way, over as many attempts as it needs; what came before a cut is kept."""

    server: Server
    shown: str
    seen: Seen
    file: Path
    have: int = 0

    def once(self, filesystem: Any) -> None:
        self._look(filesystem)
        self.server.limits.require_size(self.seen.size, self.file.parent, self.shown)
        with self.file.open("r+b" if self.have else "wb") as target:
            target.seek(self.have)
            with self.server.open(filesystem, self.seen.path) as source:
                source.seek(self.have)
                while chunk := source.read(self.server.piece_bytes):
                    target.write(chunk)
                    self.have += len(chunk)
                    if self.have > self.seen.size:
                        break  # it grows while it is read
        self._look(filesystem)
        if self.have != self.seen.size:
            raise Stumbled(f"The transfer ended after {self.have:,} of {self.seen.size:,} bytes")

    def _look(self, filesystem: Any) -> None:
        """Begin anew when the file is another one than the bytes that are here are of."""
        now = self.server.seen(self.seen.path, filesystem.info(self.seen.path))
        begun, changed = self.have > 0, now.version != self.seen.version
        self.seen = now
        if changed:
            self.have = 0
            if begun:
                raise Stumbled("The file changed while it was fetched")
