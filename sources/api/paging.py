"""How one page follows another: offset, page number, next link, cursor, pair of last-record values.

A position is a small JSON value that says where the next page is; it can be kept and taken up again.
Put here: from an answer to the next position. Not here: asking (`client`), judging (`gather`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sources.api.client import Answer
from sources.api.fill import ABSENT, at
from sources.api.spec import ByCursor, ByNextLink, ByOffset, ByPage, RequestSpec, Total, Whole
from warehouse.model.errors import SpmError

Position = dict[str, Any]
_RANGE_TOTAL = re.compile(r".*/([0-9]+)$")


@dataclass(frozen=True)
class Page:
    """What one answer gave.

    Attributes:
        records: Its records.
        total: How many records the server promises in all, if it does.
        following: The position of the next page; None at the end.
    """

    records: list[Any]
    total: int | None
    following: Position | None


@dataclass(frozen=True)
class Asked:
    """What a position adds to the question; `link` replaces it."""

    values: dict[str, Any] = field(default_factory=dict)
    link: str | None = None


class ShapeError(SpmError):
    """An answer is JSON of another shape than source.yml says."""


def first_position(request: RequestSpec) -> Position:
    """Where the first page is."""
    paging = request.paging
    if isinstance(paging, ByOffset):
        return {"offset": 0}
    if isinstance(paging, ByPage):
        return {"page": paging.first}
    return {}


def asked_for(request: RequestSpec, position: Position) -> Asked:
    """What to add to the question for the page at a position."""
    paging = request.paging
    if isinstance(paging, ByOffset):
        return Asked({paging.size_name: paging.size, paging.offset_name: position["offset"]})
    if isinstance(paging, ByPage):
        pair = {name: position[name] for name in paging.pair if name in position}
        return Asked({paging.size_name: paging.size, paging.page_name: position["page"], **pair})
    if isinstance(paging, ByNextLink):
        size = {} if paging.size is None else {paging.size_name: paging.size}
        return Asked(size) if "link" not in position else Asked({}, position["link"])
    if isinstance(paging, ByCursor):
        token = {paging.token_name: position["token"]} if "token" in position else {}
        return Asked({paging.size_name: paging.size, **token})
    return Asked()


def read_page(
    request: RequestSpec, position: Position, answer: Answer, place: str, own_link: Callable[[str], str]
) -> Page:
    """Take an answer apart.

    Args:
        request: The question.
        position: Where the page is.
        answer: The answer.
        place: The address, for messages.
        own_link: Makes a link whole and refuses one to another host.

    Raises:
        ShapeError: Records, total or the way to the next page are not where source.yml says.
    """
    records = at(answer.body, request.records)
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        where = f"at {request.records!r}" if request.records else "as its whole"
        raise ShapeError(
            f"The answer is JSON, but has no list of records {where}",
            file=place,
            column="request.records",
            remedy="Compare the answer with request.records in source.yml; the API may have changed",
        )
    total = _total(request.paging.total, answer, place)
    following = _following(request, position, answer, len(records), total, place, own_link)
    return Page(records, total, following)


def _following(
    request: RequestSpec,
    position: Position,
    answer: Answer,
    received: int,
    total: int | None,
    place: str,
    own_link: Callable[[str], str],
) -> Position | None:
    paging = request.paging
    if isinstance(paging, Whole):
        return None
    if isinstance(paging, ByOffset):
        return _next_offset(paging, int(position["offset"]) + received, received, total)
    if isinstance(paging, ByPage):
        return _next_page(paging, position, answer, received, total, place)
    if isinstance(paging, ByNextLink):
        link = at(answer.body, paging.link)
        if link is ABSENT or not (link is None or isinstance(link, str)):
            raise _no_way(paging.link, place)
        return {"link": own_link(link)} if link else None
    token = at(answer.body, paging.body) if paging.body else answer.headers.get(str(paging.header))
    return {"token": token} if token and token is not ABSENT else None


def _next_offset(paging: ByOffset, after: int, received: int, total: int | None) -> Position | None:
    if not received:
        return None
    if total is None or after < total:
        return {"offset": after}
    # A full last page may hide what a total that is too small does not tell: look once behind it.
    return {"offset": after, "probe": True} if received == paging.size else None


def _next_page(
    paging: ByPage, position: Position, answer: Answer, received: int, total: int | None, place: str
) -> Position | None:
    page = int(position["page"])
    if paging.more is not None:
        more = at(answer.body, paging.more)
        if not isinstance(more, bool):
            raise _no_way(paging.more, place)
    else:
        more = received > 0 and total is not None and (page - paging.first + 1) * paging.size < total
        if not more and received == paging.size:
            return {"page": page + 1, "probe": True}
    if not more:
        return None
    pair = {}
    for name in paging.pair:
        value = at(answer.body, f"{paging.pair_at}.{name}" if paging.pair_at else name)
        if value is not ABSENT and value not in (None, "None"):
            pair[name] = value
    return {"page": page + 1, **(pair if len(pair) == len(paging.pair) else {})}


def _total(where: Total | None, answer: Answer, place: str) -> int | None:
    if where is None:
        return None
    if where.header is not None:
        text = answer.headers.get(where.header, "")
        match = _RANGE_TOTAL.match(text)
        found: Any = int(match[1]) if match else int(text) if text.isascii() and text.isdigit() else None
    else:
        found = at(answer.body, str(where.body))
    if not isinstance(found, int) or isinstance(found, bool) or found < 0:
        raise ShapeError(
            "The answer does not say how many records there are in all",
            file=place,
            column="request.paging.total",
            remedy="Compare the answer with paging.total in source.yml; the API may have changed",
        )
    return found


def _no_way(path: str, place: str) -> ShapeError:
    return ShapeError(
        f"The answer does not say at {path!r} whether more pages follow",
        file=place,
        column="request.paging",
        remedy="Compare the answer with paging in source.yml; the API may have changed",
    )
