"""The Education Data Portal: GET /api/v1/{topic}/{source}/{endpoint}/{year}/.

Put here: its addresses, filters by any column, pages with links, and an entity tag for conditional requests.
Not here: the rows (see `hold_urban`). The entity tag is a guess at what stands before the real portal.
"""

from __future__ import annotations

from collections.abc import Mapping

from simulator.web.holding import Record, digest, packed
from simulator.web.server import Switchboard
from simulator.web.wire import Request, Response, answer, whole_number


class Urban:
    """The API."""

    def __init__(self, tables: Mapping[str, list[Record]], board: Switchboard) -> None:
        self._tables = tables
        self._board = board

    def control(self, what: str) -> Response | None:
        """There is nothing to control."""
        return None

    def respond(self, request: Request, path: str) -> Response:
        """Answer below `/urban`."""
        name, _, year = path.removeprefix("/api/v1/").strip("/").rpartition("/")
        table = self._tables.get(name)
        if table is None or not path.startswith("/api/v1/") or not year.isdigit():
            return answer({"detail": "Not found."}, 404)
        rows = [row for row in table if row["year"] == int(year)]
        for key, value in request.query:
            if key == "page":
                continue
            if rows and key not in rows[0]:
                return answer({"detail": f"{key} is not a filter of this endpoint."}, 400)
            rows = [row for row in rows if str(row[key]) in value.split(",")]
        return self._page(request, rows)

    def _page(self, request: Request, rows: list[Record]) -> Response:
        number, size = whole_number(request.parameter("page"), 1), self._board.limits.urban_page
        if number is None or number < 1 or (number > 1 and (number - 1) * size >= len(rows)):
            return answer({"detail": "Invalid page."}, 404)
        start = (number - 1) * size
        seen = self._board.faults.shuffled(request.path, rows, start)
        content = {
            "count": self._board.faults.lie(request.path, len(rows)),
            "next": request.url(page=number + 1) if start + size < len(seen) else None,
            "previous": request.url(page=number - 1) if number > 1 else None,
            "results": seen[start : start + size],
        }
        tag = f'"{digest(packed(content))}"'
        if request.headers.get("if-none-match") == tag:
            return Response(304, b"", {"ETag": tag})
        return answer(content, headers={"ETag": tag})
