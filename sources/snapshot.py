"""Snapshots: the bytes as received, under their own sha256, with a receipt. Never overwritten.

Put here: keeping and finding bytes. Not here: getting them (`acquire`) or understanding them (`readers`).
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, BinaryIO

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
        detail: What the transport needs to know the next time, such as a position or a change version.
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
    detail: Mapping[str, str] = field(default_factory=dict)


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
        detail: Mapping[str, str] | None = None,
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
        known = dict(detail or {})
        if before is not None and (before.etag, dict(before.detail)) == (etag, known):
            return before, False
        # The same bytes again under a new mark or position: the receipt keeps when they first came.
        first = datetime.now(UTC).isoformat(timespec="seconds") if before is None else before.fetched_at
        snapshot = Snapshot(source_id, school_year, table, digest, address, first, size, kept, etag, known)
        content = {**asdict(snapshot), "path": kept.name, "reader_version": version}
        with _temporary(receipt.parent, restricted=restricted) as temporary:
            temporary.write_text(json.dumps(content, indent=1, sort_keys=True), encoding="utf-8")
            temporary.replace(receipt)
        return snapshot, before is None

    def has_any(self, source_id: str, school_year: int, address: str) -> bool:
        """Whether a file of this address, or pattern such as `fac/*.json`, was ever received for the year."""
        receipts = (self.root / source_id / "receipts").glob(f"{school_year}-*.json")
        given = (json.loads(receipt.read_text(encoding="utf-8"))["address"] for receipt in receipts)
        return any(known == address or fnmatchcase(known, address) for known in given)

    def accept(
        self,
        source_id: str,
        school_year: int,
        edition: str,
        snapshots: Iterable[Snapshot],
        setting: str,
        *,
        restricted: bool,
    ) -> None:
        """Remember which snapshots were read and accepted for an edition of a year, under which setting."""
        file = self._accepted_file(source_id, school_year, edition)
        self._folder(source_id, restricted=restricted)
        accepted = sorted({(s.table, s.address, s.sha256) for s in snapshots})
        content = {"snapshots": accepted, "setting": setting}
        with _temporary(file.parent, restricted=restricted) as temporary:
            temporary.write_text(json.dumps(content, indent=1), encoding="utf-8")
            temporary.replace(file)

    def accepted(self, source_id: str, school_year: int, edition: str, setting: str) -> frozenset[str]:
        """The addresses last accepted for an edition; none when that was under another setting."""
        content = self._accepted(source_id, school_year, edition)
        if content["setting"] != setting:
            return frozenset()
        return frozenset(address for _, address, _ in content["snapshots"])

    def held(
        self, source_id: str, school_year: int, edition: str, table: str, address: str, *, restricted: bool
    ) -> Snapshot | None:
        """The snapshot of an address that was last accepted, if its bytes are still whole."""
        content = self._accepted(source_id, school_year, edition)
        for its_table, its_address, digest in content["snapshots"]:
            if (its_table, its_address) == (table, address):
                folder = self._folder(source_id, restricted=restricted)
                receipt = self._receipt_file(folder, school_year, table, address, digest)
                kept = folder / f"{digest}{Path(address).suffix.lower()}"
                snapshot = self._read(receipt, kept)
                is_whole = snapshot is not None and kept.is_file() and kept.stat().st_size == snapshot.bytes
                return snapshot if is_whole else None
        return None

    def _accepted_file(self, source_id: str, school_year: int, edition: str) -> Path:
        return self.root / source_id / f"accepted-{school_year}-{edition}.json"

    def _accepted(self, source_id: str, school_year: int, edition: str) -> dict[str, Any]:
        try:
            text = self._accepted_file(source_id, school_year, edition).read_text(encoding="utf-8")
        except FileNotFoundError:
            return {"snapshots": [], "setting": None}
        content: dict[str, Any] = json.loads(text)
        return content

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
