"""Fill a question's placeholders and find values by path in an answer.

Put here: text substitution and paths into JSON. Not here: sending or reading anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sources.api.spec import PLACEHOLDER

ABSENT = object()


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with every placeholder filled; values are not looked through again."""
    return PLACEHOLDER.sub(lambda match: values[match[1]], text)


def fill_body(body: Any, values: Mapping[str, str]) -> Any:
    """A body with its placeholders filled; a list's item that is one placeholder may become several."""
    if isinstance(body, str):
        return fill(body, values)
    if isinstance(body, dict):
        return {key: fill_body(value, values) for key, value in body.items()}
    if isinstance(body, list | tuple):
        return [item for given in body for item in _items(given, values)]
    return body


def _items(given: Any, values: Mapping[str, str]) -> list[Any]:
    if isinstance(given, str) and PLACEHOLDER.fullmatch(given):
        return [part.strip() for part in fill(given, values).split(",") if part.strip()]
    return [fill_body(given, values)]


def at(document: Any, path: str) -> Any:
    """The value at a dotted path; ABSENT where there is none. "" is the document itself."""
    return at_parts(document, tuple(path.split(".")) if path else ())


def at_parts(document: Any, parts: tuple[str, ...]) -> Any:
    """The value at a path that is taken apart; ABSENT where there is none."""
    found = document
    for part in parts:
        if not isinstance(found, dict) or part not in found:
            return ABSENT
        found = found[part]
    return found
