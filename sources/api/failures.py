"""What may pass and what must not be told: failures of the network, strict JSON, silence of the libraries.

Put here: turning the HTTP library's ways into ours. Not here: what is done about a failure (`client`).
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx


class Passing(Exception):
    """A failure that may pass; its text holds neither address nor content.

    Attributes:
        wait: Seconds that the server asks to wait.
    """

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.wait = wait


def parse_json(raw: bytes) -> Any:
    """Strict JSON: no NaN, and no object with one name twice, of which one value would be lost in silence.

    Half a character, such as an emoji cut in two, is no text: it becomes U+FFFD.
    """
    if not raw.startswith(b'{"'):
        return _mended(raw, _STRICT.decode(_text(raw)))
    # An object, and in UTF-8 since its second byte is no NUL: nothing has to be found out or skipped.
    text = raw.decode("utf-8")
    found, end = _STRICT.raw_decode(text)
    if end != len(text) and text[end:].strip(" \t\r\n"):
        raise ValueError("something stands behind the object")
    return _mended(raw, found)


def _text(raw: bytes) -> str:
    """The text of bytes as `json.loads` takes them."""
    text = raw.decode(json.detect_encoding(raw))
    if text.startswith("\ufeff"):
        raise ValueError("a byte-order mark is no JSON")
    return text


def _mended(raw: bytes, found: Any) -> Any:
    """The value with whole characters only; a walk through it where halves may stand."""
    return _whole(found) if b"\\ud" in raw or b"\\uD" in raw else found


def _whole(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_whole(item) for item in value]
    if isinstance(value, dict):
        return {_whole(name): _whole(item) for name, item in value.items()}
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice in an object")
    return found


def _no_constant(_: str) -> Any:
    raise ValueError("NaN and Infinity are no JSON")


_STRICT = json.JSONDecoder(parse_constant=_no_constant, object_pairs_hook=_once)


def whether_to_repeat(problem: Exception) -> bool | float:
    """Whether to ask again, and after how long when the server says so."""
    if not isinstance(problem, Passing):
        return False
    return True if problem.wait is None else problem.wait


@contextmanager
def failures_pass() -> Iterator[None]:
    """Failures of the network become ones that may pass."""
    try:
        yield
    except httpx.TimeoutException as problem:
        raise Passing(f"it does not answer in time ({type(problem).__name__})") from None
    except (httpx.TransportError, httpx.DecodingError) as problem:
        # The library's words may hold the whole address, with the key in it.
        raise Passing(f"the connection fails ({type(problem).__name__})") from None


class _Quiet(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        return False


@contextmanager
def no_library_logs() -> Iterator[None]:
    """Keep the HTTP libraries from logging addresses: a key may stand in them."""
    names = ("httpx", "httpcore.connection", "httpcore.http11", "httpcore.http2", "httpcore.proxy")
    loggers = [logging.getLogger(name) for name in names]
    quiet = _Quiet()
    for logger in loggers:
        logger.addFilter(quiet)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeFilter(quiet)
