"""The HTTP server: one process, one thread a connection, the systems below their prefixes.

Put here: sockets, the request log, the control addresses, the order faults - system - faults.
Not here: what a system answers (see `answer_*`) and what it holds (see `hold_*`).
"""

from __future__ import annotations

import socket
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Protocol

from simulator.settings import SimulatorError
from simulator.web.faults import Faults
from simulator.web.limits import Limits
from simulator.web.wire import Request, Response, answer

CONDITIONS = ("if-none-match", "if-modified-since")


@dataclass
class Switchboard:
    """What all systems share and tests change: limits and faults."""

    limits: Limits = field(default_factory=Limits)
    faults: Faults = field(default_factory=Faults)


class System(Protocol):
    """One system below its prefix; `path` is what follows the prefix."""

    def respond(self, request: Request, path: str) -> Response:
        """Answer."""
        ...

    def control(self, what: str) -> Response | None:
        """Do what a test asks for; null when there is no such thing."""
        ...


class RequestLog:
    """Every request that came, without keys and tokens."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lines: list[dict[str, object]] = []

    def add(self, request: Request, status: int) -> None:
        """Keep one."""
        line: dict[str, object] = {
            "method": request.method,
            "path": request.path,
            "query": request.public_query,
            "status": status,
            "conditional": any(name in request.headers for name in CONDITIONS),
        }
        with self._lock:
            self._lines.append(line)

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._lines.clear()

    def told(self) -> dict[str, object]:
        """Counts per path, and the requests in the order they were answered."""
        with self._lock:
            lines = list(self._lines)
        return {
            "total": len(lines),
            "conditional": sum(bool(line["conditional"]) for line in lines),
            "paths": dict(Counter(str(line["path"]) for line in lines)),
            "requests": lines,
        }


class Front:
    """Sends each request to its system, through the faults."""

    def __init__(self, systems: Mapping[str, System], board: Switchboard) -> None:
        self.systems = systems
        self.board = board
        self.log = RequestLog()

    def respond(self, request: Request) -> tuple[Response, bool]:
        """Answer; the flag says that the connection is to be cut in the middle of the answer."""
        if request.path.startswith("/__"):
            return self._control(request), False
        name, _, rest = request.path.removeprefix("/").partition("/")
        response = self.board.faults.before(request)
        cut = False
        if response is None:
            system = self.systems.get(name)
            if system is None:
                response = answer({"message": "No such system.", "systems": sorted(self.systems)}, 404)
            else:
                response = system.respond(request, "/" + rest)
            response, cut = self.board.faults.after(request, response)
        self.log.add(request, response.status)
        return response, cut

    def _control(self, request: Request) -> Response:
        asked = request.path.removeprefix("/__").strip("/")
        actions: dict[str, Callable[[Request], Response]] = {
            "requests": self._requests,
            "faults": self._faults,
            "limits": self._limits,
        }
        try:
            if asked in actions:
                return actions[asked](request)
        except (SimulatorError, ValueError, TypeError) as error:
            return answer({"message": str(error)}, 400)
        name, _, what = asked.partition("/")
        system = self.systems.get(name)
        done = system.control(what) if system and request.method == "POST" else None
        return done or answer({"message": "No such control."}, 404)

    def _requests(self, request: Request) -> Response:
        told = self.log.told()
        if request.method == "DELETE":
            self.log.clear()
        return answer(told)

    def _faults(self, request: Request) -> Response:
        if request.method == "POST":
            rules = request.json()
            if not isinstance(rules, list):
                raise SimulatorError("Faults are told as a JSON list of rules.")
            self.board.faults.set(rules)
        return answer(self.board.faults.told())

    def _limits(self, request: Request) -> Response:
        if request.method == "POST":
            changes = request.json()
            if not isinstance(changes, dict):
                raise SimulatorError("Limits are told as a JSON object.")
            self.board.limits = self.board.limits.changed(changes)
        return answer(self.board.limits.told())


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    front: Front

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        request = Request.of(self.command, self.path, dict(self.headers.items()), body)
        try:
            response, cut = self.front.respond(request)
        except Exception as error:
            # A mistake of ours must look like one, not like a planted fault.
            response, cut = answer({"simulator_defect": repr(error)}, 599), False
        self._send(response, cut)

    do_GET = do_POST = do_DELETE = do_PUT = do_HEAD = _serve

    def _send(self, response: Response, cut: bool) -> None:
        """Send head and body in one write: two would wait for each other's acknowledgement."""
        phrase = (
            HTTPStatus(response.status).phrase if response.status in HTTPStatus._value2member_map_ else ""
        )
        lines = [f"HTTP/1.1 {response.status} {phrase}", f"Content-Length: {len(response.body)}"]
        if response.body:
            lines.append(f"Content-Type: {response.content_type}")
        lines += [f"{name}: {value}" for name, value in response.headers.items()]
        head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
        body = b"" if self.command == "HEAD" else response.body
        try:
            self.wfile.write(head + (body[: len(body) // 2] if cut else body))
            if cut:
                self.connection.shutdown(socket.SHUT_RDWR)
                self.close_connection = True
        except OSError:
            self.close_connection = True  # the client went away; that is its right

    def log_message(self, format: str, *args: object) -> None:
        """Print nothing: the log is at /__requests."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64


def listen(front: Front, port: int) -> ThreadingHTTPServer:
    """Open the port on loopback; 0 takes a free one."""
    handler = type("Handler", (_Handler,), {"front": front})
    return _Server(("127.0.0.1", port), handler)
