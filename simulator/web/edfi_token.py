"""OAuth client credentials of the Ed-Fi API, and its problem documents.

Put here: tokens given out, how long they last, and how a request without one is refused.
Not here: data (see `answer_edfi`).
"""

from __future__ import annotations

import base64
import binascii
import secrets
import threading
import time
from dataclasses import dataclass
from urllib.parse import parse_qsl

from simulator.web.limits import DEMO_KEY, DEMO_SECRET
from simulator.web.server import Switchboard
from simulator.web.wire import Request, Response, answer


def problem(status: int, kind: str, title: str, detail: str, *errors: str) -> Response:
    """Write a problem document."""
    content: dict[str, object] = {
        "detail": detail,
        "type": f"urn:ed-fi:api:{kind}",
        "title": title,
        "status": status,
        "correlationId": secrets.token_hex(8),
    }
    if errors:
        content["errors"] = list(errors)
    response = answer(content, status)
    return Response(status, response.body, response.headers, "application/problem+json")


@dataclass
class _Token:
    ends: float
    requests: int


class Tokens:
    """Tokens in circulation."""

    def __init__(self, board: Switchboard) -> None:
        self._board = board
        self._lock = threading.Lock()
        self._tokens: dict[str, _Token] = {}

    def issue(self, request: Request) -> Response:
        """Give a token for key and secret."""
        if request.method != "POST":
            return answer({"error": "invalid_request"}, 405)
        form = _form(request)
        if form.get("grant_type") != "client_credentials":
            return answer({"error": "unsupported_grant_type"}, 400)
        key, secret = _basic(request) or (form.get("client_id", ""), form.get("client_secret", ""))
        if (key, secret) != (DEMO_KEY, DEMO_SECRET):
            return answer({"error": "invalid_client"}, 401)
        token, seconds = secrets.token_hex(16), self._board.limits.edfi_token_seconds
        with self._lock:
            self._tokens[token] = _Token(time.monotonic() + seconds, 0)
        return answer({"access_token": token, "expires_in": seconds, "token_type": "bearer"})

    def refuse(self, request: Request) -> Response | None:
        """Refuse a request without a living token; null when it may pass."""
        header = request.headers.get("authorization")
        if header is None:
            return _unauthenticated("Authorization header is missing.")
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer":
            return _unauthenticated("Unknown Authorization header scheme.")
        if not token.strip():
            return _unauthenticated("Missing Authorization header bearer token value.")
        with self._lock:
            known = self._tokens.get(token.strip())
            if known and self._board.faults.struck("token_expired", request.path):
                del self._tokens[token.strip()]
                known = None
            if known is None or known.ends < time.monotonic():
                return _unauthenticated("Invalid token")
            known.requests += 1
            most = self._board.limits.edfi_token_requests
            if most and known.requests > most:
                return _unauthenticated("Invalid token")
        return None


def _unauthenticated(error: str) -> Response:
    return problem(
        401,
        "security:authentication",
        "Authentication Failed",
        "The caller could not be authenticated.",
        error,
    )


def _form(request: Request) -> dict[str, str]:
    if "json" in request.headers.get("content-type", ""):
        content = request.json()
        return {str(k): str(v) for k, v in content.items()} if isinstance(content, dict) else {}
    return dict(parse_qsl(request.body.decode("utf-8", "replace")))


def _basic(request: Request) -> tuple[str, str] | None:
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        key, _, secret = base64.b64decode(value).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return key, secret
