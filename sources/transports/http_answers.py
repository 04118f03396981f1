"""What a web server's answer to a request for a file says.

Put here: headers and status codes, and what they mean for a file. Not here: asking (`http_files`).
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path, PurePosixPath

import httpx

from sources.snapshot import Snapshot
from sources.transports.address import Address
from sources.transports.arrival import Wanted
from sources.transports.limits import Limits, Stumbled
from warehouse.model.errors import SpmError

CHUNK = 1024 * 1024
# Two changes within the second of a Last-Modified, or of an ETag made of it, look like one.
SAFE_AGE_SECONDS = 2
_ETAG = re.compile(r'(W/)?"[^"\x00-\x20]*"')
COMPRESSED = {"gzip", "x-gzip", "deflate"}
ZLIB_STARTS = {b"\x78", b"\x58", b"\x18"}


@dataclass(frozen=True)
class Validators:
    """By what a version of a file is known, as the server gave it with its bytes.

    Attributes:
        date: The server's clock when it answered.
        length: Bytes as transferred.
        encoding: The compression of the transfer, if any.
    """

    etag: str | None = None
    last_modified: str | None = None
    date: str | None = None
    length: int | None = None
    encoding: str = ""

    @classmethod
    def of_snapshot(cls, held: Snapshot | None, server: str) -> Validators:
        """Those of what is held; none of them when another server gave it, or when it was too young."""
        if held is None or held.detail.get("server") != server:
            return cls()
        detail = held.detail
        length = int(detail["length"]) if "length" in detail else None
        found = cls(held.etag, detail.get("last_modified"), detail.get("date"), length)
        return cls() if found._was_young() else found

    @property
    def strong(self) -> str | None:
        """What If-Range may name: a strong ETag, else a Last-Modified that was old enough."""
        if self.etag is not None:
            return None if self.etag.startswith("W/") else self.etag
        return None if self._was_young() else self.last_modified

    def conditions(self) -> Mapping[str, str]:
        """The headers of a conditional request."""
        pairs = (("If-None-Match", self.etag), ("If-Modified-Since", self.last_modified))
        return {name: value for name, value in pairs if value is not None}

    def agree_with(self, response: httpx.Response) -> bool:
        """Whether a 304 says nothing that speaks against it."""
        now = validators_of(response)
        return (
            (now.etag is None or self.etag is None or _plain(now.etag) == _plain(self.etag))
            and (now.last_modified is None or self.last_modified in (None, now.last_modified))
            # Many servers write length 0 because a 304 has no body.
            and (not now.length or self.length in (None, now.length))
        )

    def detail(self, address: Address) -> dict[str, str]:
        """What the receipt keeps for the next request."""
        given = {
            "server": address.server,
            "last_modified": self.last_modified,
            "date": self.date,
            "length": None if self.length is None else str(self.length),
        }
        return {name: value for name, value in given.items() if value is not None}

    def _was_young(self) -> bool:
        if self.last_modified is None:
            return False  # nothing to go by: an ETag alone is taken at its word
        changed, answered = _moment(self.last_modified), _moment(self.date)
        return changed is None or answered is None or (answered - changed).total_seconds() < SAFE_AGE_SECONDS


def validators_of(response: httpx.Response) -> Validators:
    """By what the file of an answer is known."""
    headers = response.headers
    etag, length = headers.get("ETag"), headers.get("Content-Length", "")
    return Validators(
        etag=etag if etag is not None and _ETAG.fullmatch(etag) else None,
        last_modified=headers.get("Last-Modified"),
        date=headers.get("Date"),
        length=int(length) if length.isdigit() else None,
        encoding=headers.get("Content-Encoding", "").strip().lower().replace("identity", ""),
    )


def require_file(response: httpx.Response, address: Address) -> None:
    """Refuse an answer that is not the file: a web page in its place, such as one that asks to log in.

    Raises:
        SpmError: It is a web page, or compressed in a way that was not asked for and is not known.
    """
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    suffix = PurePosixPath(address.parts.path).suffix.lower()
    if kind in ("text/html", "application/xhtml+xml") and suffix not in (".html", ".htm"):
        raise SpmError(
            "The server sent a web page and not the file",
            file=address.shown,
            remedy="Open the address in a browser: it may ask to log in, or name the file's new address",
        )
    encoding = validators_of(response).encoding
    if encoding and encoding not in COMPRESSED:
        raise SpmError(
            f"The server compresses the file as {encoding[:20]!r}, which was not asked for",
            file=address.shown,
            remedy="Have the server send it as it is, or fetch it by hand into the data folder",
        )


def unpacked(got: Validators, file: Path, limits: Limits, address: Address) -> Path:
    """The file without the compression of its transfer; one that is itself a .gz stays as it is.

    Raises:
        SpmError: The compressed bytes are damaged, or unfold to more than is allowed.
    """
    if not got.encoding or address.parts.path.lower().endswith((".gz", ".tgz")):
        return file
    plain = file.with_name(f"{file.name}.plain")
    try:
        _decompress(file, plain, got.encoding, limits, address)
    except (zlib.error, Stumbled):
        raise SpmError(
            "The server compressed the file, and the compressed bytes are damaged",
            file=address.shown,
            remedy="Refresh again; if it stays so, tell who runs the server",
        ) from None
    file.unlink()
    return plain


def refusal(status: int, wanted: Wanted, address: Address) -> SpmError:
    """The error for a status that no other attempt would change."""
    named = ", ".join(sorted(wanted.release.secrets.values()))
    if status in (401, 403):
        what = "does not know us" if status == 401 else "does not let us have the file"
        remedy = (
            f"Look whether {named} still hold" if named else "Name user and password, or token, under secrets"
        )
    elif status == 407:
        what, remedy = "asks for a proxy's password", "Set HTTPS_PROXY with user and password"
    else:
        what, remedy = "gives no file", "Open the address in a browser, and correct the agency's sources.yml"
    return SpmError(
        f"{wanted.source.spec.title}: the server {what} (status {status})", file=address.shown, remedy=remedy
    )


def wait_asked_for(response: httpx.Response) -> float | None:
    """Seconds of a Retry-After, which may be a number or a date."""
    text = response.headers.get("Retry-After", "").strip()
    if text.isdigit():
        return float(text)
    moment = _moment(text)
    return None if moment is None else max(0.0, (moment - datetime.now(UTC)).total_seconds())


def _decompress(packed: Path, plain: Path, encoding: str, limits: Limits, address: Address) -> None:
    # 32 + 15: gzip or zlib by their header; some servers send deflate without any.
    with packed.open("rb") as source, plain.open("wb") as target:
        window = -15 if encoding == "deflate" and source.peek(1)[:1] not in ZLIB_STARTS else 47
        unfolder, size = zlib.decompressobj(window), 0
        data = source.read(CHUNK)
        while data:
            piece = unfolder.decompress(data, CHUNK)
            size += len(piece)
            limits.require_size(size, plain.parent, address.shown)
            target.write(piece)
            data = unfolder.unconsumed_tail or unfolder.unused_data or source.read(CHUNK)
            if unfolder.eof and data:  # gzip may come in several members, one after the other
                unfolder = zlib.decompressobj(window)
    if not unfolder.eof:
        raise Stumbled("The compressed bytes end early")


def _plain(etag: str) -> str:
    return etag.removeprefix("W/")


def _moment(text: str | None) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text or "")
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
