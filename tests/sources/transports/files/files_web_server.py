"""A static web server on loopback with ETag, 304 and Range, and with every way of breaking off.

Put here: what a server does. Not here: what the product should make of it.
"""

from __future__ import annotations

import ssl
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

LONG_AGO = 1_700_000_000


@dataclass
class Page:
    """A file of the server.

    `faults` are used up one by one, one a request: `cut:<n>` breaks off after n bytes of the body, and
    `short:<n>` does so with a tidy end of the connection; `silent` says nothing for `patience` seconds,
    `reset` closes at once, and a number is a status.
    """

    body: bytes
    etag: str | None = None
    changed: float | None = LONG_AGO
    kind: str = "text/csv"
    encoding: str | None = None
    has_length: bool = True
    has_ranges: bool = True
    always_304: bool = False
    location: str | None = None
    retry_after: str | None = None
    faults: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Asked:
    """A request as it came."""

    method: str
    target: str
    headers: dict[str, str]
    status: list[int]


class WebServer:
    """Serves `pages` by path and remembers what it was asked."""

    def __init__(self, certificate: Path | None = None) -> None:
        self.scheme = "http" if certificate is None else "https"
        self.pages: dict[str, Page] = {}
        self.asked: list[Asked] = []
        self.sent: dict[str, int] = defaultdict(int)
        self.patience = 1.0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"web": self}))
        self._server.daemon_threads = True
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self._thread.start()

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def forget(self) -> None:
        self.asked.clear()
        self.sent.clear()


class _Handler(BaseHTTPRequestHandler):
    web: WebServer
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        self.status: list[int] = []
        self.web.asked.append(Asked("GET", self.path, dict(self.headers.items()), self.status))
        page = self.web.pages.get(path)
        fault = page.faults.pop(0) if page is not None and page.faults else ""
        if page is None:
            self._plain(404)
        elif fault == "silent":
            time.sleep(self.web.patience)
            self.close_connection = True
        elif fault == "reset":
            self.close_connection = True
        elif fault.isdigit():
            self._plain(int(fault), page)
        elif page.location is not None:
            self._plain(302, page)
        elif page.always_304 or self._is_current(page):
            self._plain(304, page)
        else:
            self._body(page, fault)

    def _is_current(self, page: Page) -> bool:
        mark = self.headers.get("If-None-Match")
        if mark is not None:
            return mark == page.etag
        since = self.headers.get("If-Modified-Since")
        return (
            since is not None and page.changed is not None and since == formatdate(page.changed, usegmt=True)
        )

    def _plain(self, status: int, page: Page | None = None) -> None:
        self._start(status)
        self._marks(page)
        if page is not None and page.location is not None:
            self.send_header("Location", page.location)
        if page is not None and page.retry_after is not None:
            self.send_header("Retry-After", page.retry_after)
        if status != 304:
            self.send_header("Content-Length", "0")
        self.end_headers()

    def _body(self, page: Page, fault: str) -> None:
        start = self._start_of_range(page)
        body = page.body[start:]
        self._start(206 if start else 200)
        self._marks(page)
        self.send_header("Content-Type", page.kind)
        if page.encoding:
            self.send_header("Content-Encoding", page.encoding)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(page.body) - 1}/{len(page.body)}")
        if page.has_length:
            self.send_header("Content-Length", str(len(body)))
        else:
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        kind, _, count = fault.partition(":")
        if kind in ("cut", "short"):
            body = body[: int(count)]
            self.close_connection = True
        self.wfile.write(body)
        self.wfile.flush()
        self.web.sent[self.path.partition("?")[0]] += len(body)
        if kind == "cut":
            self.connection.shutdown(2)

    def _start_of_range(self, page: Page) -> int:
        asked = self.headers.get("Range")
        if asked is None or not page.has_ranges:
            return 0
        mark = self.headers.get("If-Range")
        changed = None if page.changed is None else formatdate(page.changed, usegmt=True)
        if mark is not None and mark not in (page.etag, changed):
            return 0
        return int(asked.removeprefix("bytes=").partition("-")[0])

    def _start(self, status: int) -> None:
        self.status.append(status)
        self.send_response_only(status)
        self.send_header("Date", formatdate(usegmt=True))

    def _marks(self, page: Page | None) -> None:
        if page is not None and page.etag is not None:
            self.send_header("ETag", page.etag)
        if page is not None and page.changed is not None:
            self.send_header("Last-Modified", formatdate(page.changed, usegmt=True))
