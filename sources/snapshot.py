"""Snapshots: the bytes as received, under their own sha256, with a receipt. Never overwritten.

Put here: keeping and finding bytes. Not here: getting them (`acquire`) or understanding them (`readers`).
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

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
    """Files under `<home>/snapshots/<source>/<sha256><suffix>`, receipts beside them."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put_once(
        self,
        file: Path,
        *,
        source_id: str,
        school_year: int,
        table: str,
        address: str,
        version: str,
        restricted: bool,
    ) -> tuple[Snapshot, bool]:
        """Keep a copy of `file`; the same bytes from the same address give the same snapshot.

        Returns:
            The snapshot, and whether it is new to the store for this source, year and address.
        """
        digest = sha256_of(file)
        folder = self._folder(source_id, restricted=restricted)
        kept = folder / f"{digest}{Path(address).suffix.lower()}"
        if not kept.exists():
            _copy(file, kept, restricted=restricted)
        receipt = self._receipt_file(folder, school_year, table, address, digest)
        before = self._read(receipt, kept)
        if before is not None:
            return before, False
        snapshot = Snapshot(
            source_id,
            school_year,
            table,
            digest,
            address,
            datetime.now(UTC).isoformat(timespec="seconds"),
            kept.stat().st_size,
            kept,
        )
        content = {**asdict(snapshot), "path": kept.name, "reader_version": version}
        _write(receipt, json.dumps(content, indent=1, sort_keys=True), restricted=restricted)
        return snapshot, True

    def has_any(self, source_id: str, school_year: int) -> bool:
        """Whether anything was ever received for a source's year."""
        return any((self.root / source_id / "receipts").glob(f"{school_year}-*.json"))

    def _folder(self, source_id: str, *, restricted: bool) -> Path:
        folder = self.root / source_id
        (folder / "receipts").mkdir(parents=True, exist_ok=True)
        if restricted:
            folder.chmod(0o700)
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


def sha256_of(file: Path) -> str:
    """sha256 of a file's bytes, read in chunks."""
    digest = hashlib.sha256()
    with file.open("rb") as handle:
        while chunk := handle.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _copy(file: Path, kept: Path, *, restricted: bool) -> None:
    temporary = kept.with_name(f".{kept.name}.{os.getpid()}.part")
    try:
        with file.open("rb") as source, temporary.open("wb") as target:
            while chunk := source.read(CHUNK):
                target.write(chunk)
        temporary.chmod(0o600 if restricted else 0o644)
        temporary.replace(kept)
    finally:
        temporary.unlink(missing_ok=True)


def _write(file: Path, text: str, *, restricted: bool) -> None:
    temporary = file.with_name(f".{file.name}.{os.getpid()}.part")
    temporary.write_text(text, encoding="utf-8")
    temporary.chmod(0o600 if restricted else 0o644)
    temporary.replace(file)
