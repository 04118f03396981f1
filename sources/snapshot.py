"""Snapshots: the bytes as received, under their own sha256, with a receipt. Never overwritten.

Put here: keeping and finding bytes, and which of them were last accepted. Not here: getting them
(`transports`), understanding them (`readers`), or how a file survives a crash (`durable`).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, BinaryIO

from sources.durable import settle, sweep, temporary_file, temporary_folder, write_text
from warehouse.model.errors import SpmError

CHUNK = 4 * 1024 * 1024
# Up to this size a held file is hashed before it is used again: about a tenth of a second.
CHEAP_BYTES = 256 * 1024 * 1024
_SUFFIX = re.compile(r"\.[a-z0-9]{1,10}")


@dataclass(frozen=True)
class Snapshot:
    """Bytes received from one address for one school year.

    Attributes:
        source_id: The source.
        school_year: The year it was taken for.
        table: The table the file belongs to; "" when the release names none.
        sha256: Of the bytes; also the file's name in the store.
        address: Where it came from: relative to the data root, or a URL without secrets.
        fetched_at: When these bytes were first received (UTC, ISO 8601).
        bytes: Size.
        path: The kept file.
        etag: The server's ETag when the bytes were last fetched, if it gave one.
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
    """Files under `<home>/snapshots/<source>/<sha256><suffix>`, with receipts and what was last accepted.

    Bytes and receipts are written once. What changes is the note of what was last accepted: it also holds the
    ETag and detail that the accepted bytes had when they were last fetched, which a server may change while
    the bytes stay the same.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    @contextmanager
    def incoming(self) -> Iterator[Path]:
        """A private folder for one fetch, on the disk where the bytes are kept; gone afterwards."""
        with temporary_folder(self.root / ".incoming") as folder:
            yield folder

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
        the name of what it was before. A kept file that is damaged is replaced by the same bytes, whole.

        Returns:
            The snapshot, and whether it is new to the store for this source, year and address.
        """
        folder = self._folder(source_id, restricted=restricted)
        sweep(folder)
        digest, kept, size = _keep(stream, folder, _suffix(address), restricted=restricted)
        receipt = self._receipt_file(folder, school_year, table, address, digest)
        known = dict(detail or {})
        before = self._read(receipt, kept)
        if before is not None:
            return replace(before, etag=etag, detail=known), False
        now = datetime.now(UTC).isoformat(timespec="seconds")
        snapshot = Snapshot(source_id, school_year, table, digest, address, now, size, kept, etag, known)
        content = {**asdict(snapshot), "path": kept.name, "reader_version": version}
        write_text(receipt, json.dumps(content, indent=1, sort_keys=True), restricted=restricted)
        return snapshot, True

    def has_any(self, source_id: str, school_year: int, address: str) -> bool:
        """Whether a file of this address, or pattern such as `fac/*.json`, was ever received for the year."""
        receipts = (self.root / source_id / "receipts").glob(f"{school_year}-*.json")
        given = (str(_json(receipt)["address"]) for receipt in receipts)
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
        self._folder(source_id, restricted=restricted)
        names = ("table", "address", "sha256", "etag")
        accepted = [{**{n: getattr(s, n) for n in names}, "detail": dict(s.detail)} for s in snapshots]
        accepted.sort(key=lambda entry: (entry["table"], entry["address"], entry["sha256"]))
        content = {"accepted": accepted, "setting": setting}
        file = self._accepted_file(source_id, school_year, edition)
        write_text(file, json.dumps(content, indent=1), restricted=restricted)

    def accepted(self, source_id: str, school_year: int, edition: str, setting: str) -> frozenset[str]:
        """The addresses last accepted for an edition; none when that was under another setting."""
        content = self._accepted(source_id, school_year, edition)
        if content.get("setting") != setting:
            return frozenset()
        return frozenset(entry["address"] for entry in content.get("accepted", ()))

    def held(
        self, source_id: str, school_year: int, edition: str, table: str, address: str, *, restricted: bool
    ) -> Snapshot | None:
        """The snapshot of an address that was last accepted, if its bytes are still whole.

        Whole is: there, of its size, and of its hash where that is cheap to know.
        """
        for entry in self._accepted(source_id, school_year, edition).get("accepted", ()):
            if (entry["table"], entry["address"]) == (table, address):
                folder = self._folder(source_id, restricted=restricted)
                receipt = self._receipt_file(folder, school_year, table, address, entry["sha256"])
                snapshot = self._read(receipt, folder / f"{entry['sha256']}{_suffix(address)}")
                if snapshot is None or not _is_whole(snapshot.path, snapshot.sha256, snapshot.bytes):
                    return None
                return replace(snapshot, etag=entry["etag"], detail=entry["detail"])
        return None

    def _accepted_file(self, source_id: str, school_year: int, edition: str) -> Path:
        return self.root / source_id / f"accepted-{school_year}-{edition}.json"

    def _accepted(self, source_id: str, school_year: int, edition: str) -> dict[str, Any]:
        try:
            return _json(self._accepted_file(source_id, school_year, edition))
        except FileNotFoundError:
            return {}

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
            content = _json(receipt)
        except FileNotFoundError:
            return None
        content.pop("reader_version")
        return Snapshot(**{**content, "path": kept})


def _keep(stream: BinaryIO, folder: Path, suffix: str, *, restricted: bool) -> tuple[str, Path, int]:
    """Write the stream under its own hash, unless that is kept already; gives hash, file and size."""
    digest, size = hashlib.sha256(), 0
    with temporary_file(folder, restricted=restricted) as temporary:
        with temporary.open("wb") as target:
            while chunk := stream.read(CHUNK):
                digest.update(chunk)
                size += len(chunk)
                target.write(chunk)
        kept = folder / f"{digest.hexdigest()}{suffix}"
        if not _is_whole(kept, digest.hexdigest(), size, cheap=size):
            settle(temporary, kept)
    return digest.hexdigest(), kept, size


def _is_whole(kept: Path, digest: str, size: int, *, cheap: int = CHEAP_BYTES) -> bool:
    """Whether a kept file is there with its size and, up to `cheap` bytes, with its hash."""
    try:
        with kept.open("rb") as stream:
            if kept.stat().st_size != size:
                return False
            return size > cheap or hashlib.file_digest(stream, "sha256").hexdigest() == digest
    except FileNotFoundError:
        return False


def _suffix(address: str) -> str:
    """The ending by which readers know the kind of file; a URL's query is no part of it."""
    is_url = "://" in address or address.startswith("${")
    suffix = Path(address.partition("?")[0] if is_url else address).suffix.lower()
    return suffix if _SUFFIX.fullmatch(suffix) else ""


def _json(file: Path) -> dict[str, Any]:
    """A receipt or note.

    Raises:
        SpmError: It is damaged; it is only ever written whole, so the disk or a person did it.
    """
    try:
        content: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except ValueError:
        raise SpmError(
            "A note of what was fetched is damaged",
            file=f"snapshots/{'/'.join(file.parts[-3:])}" if file.parent.name == "receipts" else file.name,
            remedy="Remove it and refresh again; the file is then fetched anew",
        ) from None
    return content
