"""A small HTTP API on loopback that behaves, and misbehaves on demand.

Put here: a server that answers by a function, logs what it is asked, and has mischief in store.
Not here: what any test expects.
"""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

KEY = "k3y-that-nobody-may-see"
SECRET = "s3cret-that-nobody-may-see"


@dataclass(frozen=True)
class Asked:
    """A request as it came."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any

    def number(self, name: str, default: int) -> int:
        given = {**self.query, **(self.body if isinstance(self.body, dict) else {})}
        return int(given.get(name, default))


@dataclass
class Reply:
    """What is answered; `cut` closes the connection after so many bytes."""

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    cut: int | None = None
    reset: bool = False
    wait: float = 0


Behaviour = Callable[[Asked], Reply | None]


@dataclass
class SmallServer:
    """Answers by `answer`, unless a piece of mischief takes the request."""

    answer: Behaviour = lambda _: Reply(status=404)
    mischief: list[Behaviour] = field(default_factory=list)
    log: list[Asked] = field(default_factory=list)
    url: str = ""

    def respond(self, asked: Asked) -> Reply:
        self.log.append(asked)
        for index, behaviour in enumerate(list(self.mischief)):
            reply = behaviour(asked)
            if reply is not None:
                del self.mischief[index]
                return reply
        return self.answer(asked) or Reply(status=404)

    def paths(self) -> list[str]:
        return [asked.path for asked in self.log]

    def forget(self) -> None:
        self.log.clear()


def once(reply: Reply, when: Callable[[Asked], bool] = lambda _: True) -> Behaviour:
    """Mischief for the first request that fits; it is used up then."""
    return lambda asked: reply if when(asked) else None


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one write an answer: two would wait for each other on loopback
    small: SmallServer
    stop: threading.Event

    def do_GET(self) -> None:
        self._do()

    def do_POST(self) -> None:
        self._do()

    def _do(self) -> None:
        parts = urlsplit(self.path)
        text = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            body = json.loads(text) if text else None
        except ValueError:
            body = dict(parse_qsl(text.decode()))
        headers = {name.lower(): value for name, value in self.headers.items()}
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        reply = self.small.respond(Asked(self.command, parts.path, query, headers, body))
        if reply.wait:
            self.stop.wait(reply.wait)
        if reply.reset:
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.connection.close()
            self.close_connection = True
            return
        try:
            self._write(reply)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def _write(self, reply: Reply) -> None:
        raw = reply.raw if reply.raw is not None else json.dumps(reply.body).encode()
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw if reply.cut is None else raw[: reply.cut])
        if reply.cut is not None:
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        return


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        return  # a client that goes away is no news


@contextmanager
def serving() -> Iterator[SmallServer]:
    small, stop = SmallServer(), threading.Event()
    handler = type("Handler", (_Handler,), {"small": small, "stop": stop})
    server = _Quiet(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    small.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield small
    finally:
        stop.set()
        server.shutdown()
        server.server_close()


def rows(count: int) -> list[dict[str, Any]]:
    """Invented records."""
    return [{"id": f"R{n:05d}", "students": n, "name": f"School {n}"} for n in range(1, count + 1)]


def by_offset(records: list[Any], cap: int = 10_000, total: int | None = None) -> Behaviour:
    """Pages by offset with Total-Count; `cap` is the most the server gives, `total` what it claims."""

    def answer(asked: Asked) -> Reply:
        start, size = asked.number("offset", 0), min(asked.number("limit", cap), cap)
        headers = {"Total-Count": str(len(records) if total is None else total)}
        return Reply(records[start : start + size], headers=headers)

    return answer
