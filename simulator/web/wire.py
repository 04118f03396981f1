"""Requests and responses as plain values.

Put here: what every system needs to take a request apart and to answer in JSON.
Not here: sockets (see `server`), or what any one system says.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qsl, urlencode, urlsplit

SECRET_PARAMETERS = ("api_key",)


@dataclass(frozen=True)
class Request:
    """One request; header names are lower case, `host` is the address the client used."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: bytes
    base: str

    @classmethod
    def of(cls, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Request:
        """Take a request line apart."""
        parts = urlsplit(target)
        lower = {name.lower(): value for name, value in headers.items()}
        base = f"http://{lower.get('host', '127.0.0.1')}"
        return cls(method, parts.path, tuple(parse_qsl(parts.query, True)), lower, body, base)

    def parameter(self, name: str) -> str | None:
        """Give a query parameter; names are not case sensitive, as in the real systems."""
        for key, value in self.query:
            if key.lower() == name.lower():
                return value
        return None

    def url(self, **changed: object) -> str:
        """Write the request's own address with some parameters changed."""
        query = {**dict(self.query), **{name: str(value) for name, value in changed.items()}}
        return f"{self.base}{self.path}?{urlencode(query)}"

    def json(self) -> object:
        """Read the body.

        Raises:
            ValueError: It is no JSON.
        """
        return json.loads(self.body or b"null")

    @property
    def public_query(self) -> str:
        """The query without keys, for the request log."""
        return urlencode([(k, "***" if k in SECRET_PARAMETERS else v) for k, v in self.query])


@dataclass(frozen=True)
class Response:
    """One answer; `rows` says how many records it carries, for faults that lie about them."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json; charset=utf-8"

    def with_headers(self, **headers: str) -> Response:
        """Add headers; an underscore stands for a hyphen."""
        added = {name.replace("_", "-"): value for name, value in headers.items()}
        return replace(self, headers={**self.headers, **added})


def answer(content: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Answer in JSON."""
    return Response(status, json.dumps(content, ensure_ascii=False).encode("utf-8"), headers or {})


def joined(records: Sequence[bytes]) -> bytes:
    """Join records that are JSON already to an array."""
    return b"[" + b",".join(records) + b"]"


def whole_number(text: str | None, default: int) -> int | None:
    """Read a whole number; null when the text is none."""
    if text is None:
        return default
    return int(text) if text.lstrip("-").isdigit() else None
