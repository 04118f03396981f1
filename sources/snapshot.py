"""Snapshots: the bytes as received, under their own sha256, with a receipt. Never overwritten.

Put here: keeping and finding bytes. Not here: getting them (`acquire`) or understanding them (`readers`).
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import BinaryIO

CHUNK = 4 * 1024 * 1024


@dataclass(frozen=True)
class Snapshot:
    """Bytes received from one address for one school year.

    Attributes:
        source_id: The source.
        school_year: The year it was taken for.
        table: The table the file belongs to; "" when the release names none.
        sha256: Of the bytes; also the file's name in the store.
        address: Where it came from, relative to the data root.
        fetched_at: When these bytes were first received (UTC, ISO 8601).
        bytes: Size.
        path: The kept file.
        etag: The server's ETag, if it gave one.
    """

    source_id: str
    school_year: int
    table: str
    sha256: str
    address: str
    fetched_at: str
    bytes: int
    path: Path
    etag: str | None = None


class SnapshotStore:
    """Files under `<home>/snapshots/<source>/<sha256><suffix>`, with receipts and what was last accepted."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put_once(
        self,
        stream: BinaryIO,
        *,
        source_id: str,
        school_year: int,
        table: str,
        address: str,
        version: str,
        restricted: bool,
        etag: str | None = None,
    ) -> tuple[Snapshot, bool]:
        """Keep the bytes of `stream`; the same bytes from the same address give the same snapshot.

        The bytes are hashed as they are written, so that a file that changes meanwhile cannot be kept under
        the name of what it was before.

        Returns:
            The snapshot, and whether it is new to the store for this source, year and address.
        """
        folder = self._folder(source_id, restricted=restricted)
        digest, kept, size = _keep(stream, folder, Path(address).suffix.lower(), restricted=restricted)
        receipt = self._receipt_file(folder, school_year, table, address, digest)
        before = self._read(receipt, kept)
        if before is not None:
            return before, False
        now = datetime.now(UTC).isoformat(timespec="seconds")
        snapshot = Snapshot(source_id, school_year, table, digest, address, now, size, kept, etag)
        content = {**asdict(snapshot), "path": kept.name, "reader_version": version}
        with _temporary(receipt.parent, restricted=restricted) as temporary:
            temporary.write_text(json.dumps(content, indent=1, sort_keys=True), encoding="utf-8")
            temporary.replace(receipt)
        return snapshot, True

    def has_any(self, source_id: str, school_year: int, address: str) -> bool:
        """Whether a file of this address, or pattern such as `fac/*.json`, was ever received for the year."""
        receipts = (self.root / source_id / "receipts").glob(f"{school_year}-*.json")
        given = (json.loads(receipt.read_text(encoding="utf-8"))["address"] for receipt in receipts)
        return any(known == address or fnmatchcase(known, address) for known in given)

    def accept(
        self, source_id: str, school_year: int, addresses: Iterable[str], setting: str, *, restricted: bool
    ) -> None:
        """Remember which addresses were read and accepted for a year, and under which setting."""
        file = self._folder(source_id, restricted=restricted) / f"accepted-{school_year}.json"
        content = {"addresses": sorted(set(addresses)), "setting": setting}
        with _temporary(file.parent, restricted=restricted) as temporary:
            temporary.write_text(json.dumps(content, indent=1), encoding="utf-8")
            temporary.replace(file)

    def accepted(self, source_id: str, school_year: int, setting: str) -> frozenset[str]:
        """The addresses last accepted for a year; none when that was under another setting."""
        file = self.root / source_id / f"accepted-{school_year}.json"
        try:
            content = json.loads(file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return frozenset()
        return frozenset(content["addresses"]) if content["setting"] == setting else frozenset()

    def _folder(self, source_id: str, *, restricted: bool) -> Path:
        folder = self.root / source_id
        for part in (folder, folder / "receipts"):
            part.mkdir(parents=True, exist_ok=True)
            if restricted:
                part.chmod(0o700)
        return folder

    def _receipt_file(self, folder: Path, school_year: int, table: str, address: str, digest: str) -> Path:
        name = hashlib.sha256(f"{table}\0{address}\0{digest}".encode()).hexdigest()[:24]
        return folder / "receipts" / f"{school_year}-{name}.json"

    def _read(self, receipt: Path, kept: Path) -> Snapshot | None:
        try:
            content = json.loads(receipt.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        content.pop("reader_version")
        return Snapshot(**{**content, "path": kept})


def _keep(stream: BinaryIO, folder: Path, suffix: str, *, restricted: bool) -> tuple[str, Path, int]:
    """Write the stream under its own hash, unless that is kept already; gives hash, file and size."""
    digest, size = hashlib.sha256(), 0
    with _temporary(folder, restricted=restricted) as temporary:
        with temporary.open("wb") as target:
            while chunk := stream.read(CHUNK):
                digest.update(chunk)
                size += len(chunk)
                target.write(chunk)
        kept = folder / f"{digest.hexdigest()}{suffix}"
        if not kept.exists():
            temporary.replace(kept)
    return digest.hexdigest(), kept, size


@contextmanager
def _temporary(folder: Path, *, restricted: bool) -> Iterator[Path]:
    """A file of its own that is gone afterwards, unless it was renamed to its place."""
    handle, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=folder)
    os.close(handle)
    temporary = Path(name)
    try:
        temporary.chmod(0o600 if restricted else 0o644)
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)
