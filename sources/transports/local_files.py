"""Files of a local drop folder.

Put here: finding them below the data root, and reading them while nobody writes. Not here: other places.
"""

from __future__ import annotations

import glob
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

import fsspec

from sources.snapshot import Snapshot
from sources.transports.arrival import Arrival, Wanted
from sources.transports.found import missing, without_ignored
from sources.transports.limits import limits_of
from warehouse.model.errors import SpmError

# Root and the account that runs the pipeline.
_TRUSTED = {0, os.geteuid()}


def local_arrivals(wanted: Wanted, table: str, pattern: str) -> Iterator[Arrival]:
    """The files below the data root that a name or pattern matches, in order.

    A file is current when its bytes are those that are held: they are read and hashed, which is cheap here
    and needs no trust in a time stamp, but not written again.

    Raises:
        Missing: None matches.
        SpmError: The source leaves out all that match, or one is too large.
    """
    _require_below(wanted, pattern)
    filesystem = fsspec.filesystem("file")
    # Absolute, as fsspec answers; the root itself is a name, never a pattern.
    root = os.path.abspath(wanted.data_root)  # noqa: PTH100 - resolve() would follow links, and fsspec does not
    literal = os.path.join(root, pattern)  # noqa: PTH118 - a name may hold [ or *, so it is tried as it stands
    matches = [literal] if filesystem.isfile(literal) else filesystem.glob(f"{glob.escape(root)}/{pattern}")
    files = sorted(match for match in matches if filesystem.isfile(match))
    if not files:
        name = Path(root).name
        raise missing(
            wanted, pattern, f"Put the file there below {name}/, or correct the agency's sources.yml"
        )
    limits = limits_of(wanted)
    for address, file in without_ignored(
        wanted, pattern, [(os.path.relpath(f, root), Path(f)) for f in files]
    ):
        _require_own_links(file, Path(root), address)
        limits.require_size(file.stat().st_size, wanted.folder, address)
        held = wanted.held(table, address)
        if held is not None and _has_bytes_of(file, held):
            yield Arrival(table, address, None, held=held, etag=held.etag, detail=held.detail)
        else:
            yield Arrival(table, address, lambda a=address, f=file: cast(BinaryIO, _Steady(f, a)))  # type: ignore[misc]


def _require_below(wanted: Wanted, pattern: str) -> None:
    """Refuse an address that leaves the data root: what is shown of it would not say where it is."""
    if Path(pattern).is_absolute() or ".." in Path(pattern).parts:
        raise SpmError(
            f"{wanted.source.spec.title}: the address is not below the data root",
            file=pattern,
            remedy="Write a path below SPM_DATA in sources.yml, or link the folder into it",
        )


def _require_own_links(file: Path, root: Path, address: str) -> None:
    """Refuse a link out of the data root that somebody else put there: we may read what its owner may not.

    A drop folder is often written to by others. Links of this account and of root are a choice of whoever
    runs the machine.

    Raises:
        SpmError: There is one on the way to the file.
    """
    inside = root.resolve()
    for place in (file, *file.parents):
        if place == root:
            return
        if (
            place.is_symlink()
            and place.lstat().st_uid not in _TRUSTED
            and not place.resolve().is_relative_to(inside)
        ):
            raise SpmError(
                "A link that somebody else put here leads out of the data folder",
                file=address,
                remedy="Ask who delivers the file to put the file itself there",
            )


def _has_bytes_of(file: Path, held: Snapshot) -> bool:
    with file.open("rb") as stream:
        if os.fstat(stream.fileno()).st_size != held.bytes:
            return False
        return hashlib.file_digest(stream, "sha256").hexdigest() == held.sha256


class _Steady:
    """A file that refuses to end when it was written to while it was read: half of it may be the old one."""

    def __init__(self, file: Path, address: str) -> None:
        self._stream = file.open("rb")
        self._before = self._state()
        self._address = address

    def read(self, size: int = -1) -> bytes:
        chunk = self._stream.read(size)
        if (not chunk or size < 0) and self._state() != self._before:
            raise SpmError(
                "The file was written to while it was read",
                file=self._address,
                remedy="Refresh again when it is complete; best write it under another name, then rename it",
            )
        return chunk

    def close(self) -> None:
        self._stream.close()

    def __enter__(self) -> _Steady:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _state(self) -> tuple[int, int]:
        now = os.fstat(self._stream.fileno())
        return now.st_size, now.st_mtime_ns
