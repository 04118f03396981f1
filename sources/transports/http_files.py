"""Files by HTTP: one conditional request per file, resumed when it is cut.

httpx and not fsspec, whose HTTP asks twice (HEAD, then GET), unconditionally, and cannot resume.
Put here: what one file needs of a web server. Not here: APIs with pages and tokens (`api`).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from sources.transports.address import Address
from sources.transports.arrival import Arrival, Missing, Wanted
from sources.transports.http_answers import (
    Validators,
    refusal,
    require_file,
    unpacked,
    validators_of,
    wait_asked_for,
)
from sources.transports.http_redirects import Route, route_of
from sources.transports.limits import Limits, Stumbled, limits_of
from warehouse.model.errors import SpmError

LATER = {408, 425, 429, 500, 502, 503, 504}

# httpx logs every request with its whole query, which may hold a key.
logging.getLogger("httpx").setLevel(logging.WARNING)


def arrival(wanted: Wanted, table: str, address: Address, file: Path) -> Arrival:
    """One file of a web server, brought to `file` unless the server says that what is held is current.

    Limits of "current": it is the server's word. A 304 is not believed when its own ETag, Last-Modified or
    length differ from what was held; nothing is asked conditionally of another server, or when the file was
    less than two seconds old when it was fetched. A server whose ETag and Last-Modified both stay the same
    while the bytes change cannot be caught without fetching the bytes.

    Raises:
        Missing: The server does not have it (404, 410).
        SpmError: The server refuses it, cannot be reached, or breaks off every attempt.
    """
    held = wanted.held(table, address.shown)
    known = Validators.of_snapshot(held, address.server)
    transfer = _Transfer(wanted, address, file, limits_of(wanted), known)
    if not transfer.run() and held is not None:
        return Arrival(table, address.shown, None, held=held, etag=held.etag, detail=held.detail)
    brought = unpacked(transfer.got, file, transfer.limits, address)
    got = transfer.got
    return Arrival(
        table, address.shown, lambda: brought.open("rb"), etag=got.etag, detail=got.detail(address)
    )


@dataclass
class _Transfer:
    """A transfer over as many attempts as it needs.

    Attributes:
        known: What is known of the held file; emptied when the server's word about it is not believed.
        got: The validators of the bytes that are in `file`.
        have: How many bytes of them.
    """

    wanted: Wanted
    address: Address
    file: Path
    limits: Limits
    known: Validators
    got: Validators = field(default_factory=Validators)
    have: int = 0

    def run(self) -> bool:
        """Whether bytes came; False when what is held is current."""
        route = route_of(self.wanted, self.address)
        timeout = httpx.Timeout(self.limits.timeout_seconds)
        try:
            with httpx.Client(timeout=timeout, follow_redirects=False) as client:
                for attempt in self.limits.attempt():
                    with attempt, _stumbling():
                        return self._once(client, route)
        except httpx.InvalidURL:
            raise SpmError(
                "The server sends the request on to an address that is none",
                file=self.address.shown,
                remedy="Correct the address in the agency's sources.yml, or tell who runs the server",
            ) from None
        except Stumbled as problem:
            raise SpmError(
                f"{problem.what} ({self.address.server}, {self.limits.attempts} attempts)",
                file=self.address.shown,
                remedy="Look whether the server works and the network reaches it, then refresh again",
            ) from None
        raise AssertionError("An attempt returns or raises")

    def _once(self, client: httpx.Client, route: Route) -> bool:
        with route.ask(client, self._headers()) as response:
            if response.status_code != httpx.codes.NOT_MODIFIED:
                self._take(response)
                return True
            if not self.known.conditions():
                raise Stumbled("The server says that the file is unchanged, which was not asked")
            if self.known.agree_with(response):
                return False
        self.known = Validators()
        return self._once(client, route)

    def _headers(self) -> Mapping[str, str]:
        # Bytes as they are kept: neither their length nor a range of them is that of a compressed form.
        plain = {"Accept-Encoding": "identity", "Accept": "*/*"}
        if self.have and (mark := self.got.strong):
            return {**plain, "Range": f"bytes={self.have}-", "If-Range": mark}
        return {**plain, **self.known.conditions()}

    def _take(self, response: httpx.Response) -> None:
        status = response.status_code
        if status == httpx.codes.PARTIAL_CONTENT and self.have:
            self._require_continuation(response)
        elif status == httpx.codes.OK:
            self.have = 0
            require_file(response, self.address)
            self.got = validators_of(response)
        else:
            self._refuse(response)
        total = self.got.length
        self.limits.require_size(total or 0, self.file.parent, self.address.shown)
        with self.file.open("r+b" if self.have else "wb") as target:
            target.seek(self.have)
            # As it comes: what would wait for a fuller chunk is lost in a cut.
            for chunk in response.iter_raw():
                target.write(chunk)
                self.have += len(chunk)
                if total is None or self.have > total:
                    self.limits.require_size(self.have, self.file.parent, self.address.shown)
        if total is not None and self.have != total:
            raise Stumbled(f"The transfer ended after {self.have:,} of {total:,} bytes")

    def _require_continuation(self, response: httpx.Response) -> None:
        """Hold a partial answer to be the rest of the very bytes that are here."""
        span, _, whole = response.headers.get("Content-Range", "").removeprefix("bytes ").partition("/")
        start = span.partition("-")[0]
        fits = start == str(self.have) and (self.got.length is None or whole in ("*", str(self.got.length)))
        now = validators_of(response)
        if not fits or (now.etag is not None and now.etag != self.got.etag):
            self.have, self.got = 0, Validators()
            raise Stumbled("The server continued another file than it began")

    def _refuse(self, response: httpx.Response) -> None:
        status = response.status_code
        if status in LATER:
            raise Stumbled(f"The server answers with status {status}", wait=wait_asked_for(response))
        if status == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE and self.have:
            self.have, self.got = 0, Validators()
            raise Stumbled("The file changed while it was fetched")
        if status in (httpx.codes.NOT_FOUND, httpx.codes.GONE):
            raise Missing(
                f"{self.wanted.source.spec.title}: no file (status {status})",
                file=self.address.shown,
                remedy="Look for its new address, and correct the agency's sources.yml",
            )
        raise refusal(status, self.wanted, self.address)


@contextmanager
def _stumbling() -> Iterator[None]:
    """Turn the network's own exceptions, whose words may hold an address, into what happened."""
    try:
        yield
    except httpx.TimeoutException as problem:
        kind = "does not accept a connection" if isinstance(problem, httpx.ConnectTimeout) else "is silent"
        raise Stumbled(f"The server {kind} for too long") from None
    except httpx.ConnectError as problem:
        raise Stumbled(_connect_words(problem)) from None
    except httpx.TransportError as problem:
        raise Stumbled(f"The connection broke ({type(problem).__name__})") from None


def _connect_words(problem: httpx.ConnectError) -> str:
    words = str(problem).lower()
    if "certificate" in words or "ssl" in words:
        return "The server's certificate cannot be trusted"
    if any(part in words for part in ("name or service", "name resolution", "nodename", "no address")):
        return "The server's name is not known"
    if "refused" in words:
        return "The server refuses the connection"
    return "The server cannot be reached"
