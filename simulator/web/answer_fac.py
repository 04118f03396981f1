"""The Federal Audit Clearinghouse's public API, which is PostgREST.

Put here: filters, ranges, counts, profiles and error codes of PostgREST as far as this API uses them.
Not here: the audits (see `hold_fac`).
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Mapping

from simulator.web.holding import Record
from simulator.web.limits import DEMO_KEY
from simulator.web.server import Switchboard
from simulator.web.wire import Request, Response, answer, whole_number

PROFILES = ("api_v1_1_0", "api_v1_0_3")
RESERVED = ("limit", "offset", "order", "select")
COMPARE: dict[str, Callable[[str, str], bool]] = {
    "eq": lambda have, want: have == want,
    "neq": lambda have, want: have != want,
    "gt": lambda have, want: _sortable(have) > _sortable(want),
    "gte": lambda have, want: _sortable(have) >= _sortable(want),
    "lt": lambda have, want: _sortable(have) < _sortable(want),
    "lte": lambda have, want: _sortable(have) <= _sortable(want),
    "like": lambda have, want: re.fullmatch(_pattern(want), have) is not None,
    "ilike": lambda have, want: re.fullmatch(_pattern(want), have, re.IGNORECASE) is not None,
    "in": lambda have, want: have in next(csv.reader([want.removeprefix("(").removesuffix(")")]), []),
}


class Fac:
    """The API."""

    def __init__(self, tables: Mapping[str, list[Record]], board: Switchboard) -> None:
        self._tables = tables
        self._board = board

    def control(self, what: str) -> Response | None:
        """There is nothing to control."""
        return None

    def respond(self, request: Request, path: str) -> Response:
        """Answer below `/fac`."""
        key = request.headers.get("x-api-key") or request.parameter("api_key")
        if key is None:
            return _key("API_KEY_MISSING", "No api_key was supplied. Get one at https://api.data.gov:443")
        if key != DEMO_KEY:
            return _key(
                "API_KEY_INVALID", "An invalid api_key was supplied. Get one at https://api.data.gov:443"
            )
        if request.headers.get("accept-profile", PROFILES[0]) not in PROFILES:
            message = f"The schema must be one of the following: {', '.join(PROFILES)}"
            return _error(406, "PGRST106", message)
        table = self._tables.get(path.strip("/"))
        if table is None:
            return _error(404, "42P01", f'relation "{PROFILES[0]}.{path.strip("/")}" does not exist')
        return self._rows(request, table)

    def _rows(self, request: Request, table: list[Record]) -> Response:
        found = table
        for name, condition in request.query:
            if name in RESERVED or name == "api_key":
                continue
            if table and name not in table[0]:
                return _error(400, "42703", f"column {name} does not exist")
            test = _condition(condition)
            if test is None:
                return _error(400, "PGRST100", f'"failed to parse filter ({condition})" (line 1, column 4)')
            found = [row for row in found if test(row[name])]
        found = _ordered(found, request.parameter("order"))
        window = _window(request)
        if window is None:
            return _error(400, "PGRST100", "limit and offset must be whole numbers")
        return self._page(request, found, *window)

    def _page(self, request: Request, found: list[Record], offset: int, limit: int | None) -> Response:
        total = self._board.faults.lie(request.path, len(found))
        exact = "count=exact" in request.headers.get("prefer", "")
        if exact and offset > 0 and offset >= total:
            message = f"An offset of {offset} was requested, but there are only {total} rows."
            response = _error(416, "PGRST103", "Requested range not satisfiable", message)
            return response.with_headers(**{"Content-Range": f"*/{total}"})
        most = self._board.limits.fac_rows
        size = most if limit is None else min(limit, most)
        rows = self._board.faults.shuffled(request.path, found, offset)[offset : offset + size]
        span = f"{offset}-{offset + len(rows) - 1}" if rows else "*"
        # The cap cuts silently: only a count tells that there is more.
        status = 206 if exact and len(rows) < total else 200
        headers = {"Content-Range": f"{span}/{total if exact else '*'}", "Range-Unit": "items"}
        return answer(_selected(rows, request.parameter("select")), status, headers)


def _key(code: str, message: str) -> Response:
    return answer({"error": {"code": code, "message": message}}, 403)


def _error(status: int, code: str, message: str, details: str | None = None) -> Response:
    return answer({"code": code, "details": details, "hint": None, "message": message}, status)


def _sortable(text: str) -> tuple[int, float, str]:
    try:
        return (0, float(text), "")
    except ValueError:
        return (1, 0.0, text)


def _pattern(text: str) -> str:
    return re.escape(text).replace(r"\*", ".*").replace("%", ".*")


def _condition(text: str) -> Callable[[object], bool] | None:
    """Read a condition such as `eq.2024`, `in.(a,b)`, `not.is.null`."""
    operator, dot, value = text.partition(".")
    if operator == "not":
        inner = _condition(value)
        return None if inner is None else lambda have: not inner(have)
    if operator == "is":
        return lambda have: (have is None) == (value == "null")
    if operator not in COMPARE or not dot:
        return None
    compare = COMPARE[operator]
    return lambda have: have is not None and compare(str(have), value)


def _ordered(rows: list[Record], order: str | None) -> list[Record]:
    for part in reversed(order.split(",") if order else []):
        name, _, direction = part.partition(".")
        rows = sorted(
            rows, key=lambda row: _sortable(str(row.get(name))), reverse=direction.startswith("desc")
        )
    return rows


def _window(request: Request) -> tuple[int, int | None] | None:
    """Take offset and limit from the query, or from a Range header such as `0-499`."""
    told = request.headers.get("range")
    if told and (match := re.fullmatch(r"(?:items=)?(\d+)-(\d*)", told)):
        first, last = match.groups()
        return int(first), int(last) - int(first) + 1 if last else None
    limit, offset = request.parameter("limit"), whole_number(request.parameter("offset"), 0)
    size = None if limit is None else whole_number(limit, 0)
    if offset is None or offset < 0 or (limit is not None and (size is None or size < 0)):
        return None
    return offset, size


def _selected(rows: object, select: str | None) -> object:
    if not select or select == "*" or not isinstance(rows, list):
        return rows
    names = select.split(",")
    return [{name: row.get(name) for name in names} for row in rows]
