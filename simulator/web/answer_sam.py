"""SAM's assistance subaward reports: GET /assistance/v1/subawards/search.

Put here: the parameters, messages and the daily number of requests of the real API.
Not here: the reports (see `hold_awards`).
"""

from __future__ import annotations

import threading
from collections import Counter
from datetime import UTC, datetime, timedelta

from simulator.web.holding import Record
from simulator.web.limits import DEMO_KEY
from simulator.web.server import Switchboard
from simulator.web.wire import Request, Response, answer, whole_number

ADDRESSES = ("/assistance/v1/subawards/search", "/prod/assistance/v1/subawards/search")
STATUSES = ("Published", "Deleted")


class Sam:
    """The API."""

    def __init__(self, reports: list[Record], board: Switchboard) -> None:
        self._reports = reports
        self._board = board
        self._lock = threading.Lock()
        self._asked: Counter[str] = Counter()

    def control(self, what: str) -> Response | None:
        """Begin a new day."""
        if what != "newday":
            return None
        with self._lock:
            self._asked.clear()
        return answer({"requests_today": 0})

    def respond(self, request: Request, path: str) -> Response:
        """Answer below `/sam`."""
        if path.rstrip("/") not in ADDRESSES:
            return answer({"message": "Not Found"}, 404)
        key = request.parameter("api_key")
        if key is None:
            return _refused(
                403, "API_KEY_MISSING", "No API key was supplied. Please submit with a valid API key."
            )
        if key != DEMO_KEY:
            return _refused(403, "API_KEY_INVALID", "An invalid API key was supplied.")
        if not self._count(key):
            return _used_up()
        return self._page(request)

    def _count(self, key: str) -> bool:
        with self._lock:
            self._asked[key] += 1
            return self._asked[key] <= self._board.limits.sam_requests_a_day

    def _page(self, request: Request) -> Response:
        size = whole_number(request.parameter("pageSize"), 100)
        number = whole_number(request.parameter("pageNumber"), 0)
        status = request.parameter("status") or STATUSES[0]
        most = self._board.limits.sam_page
        if size is None or not 1 <= size <= most:
            return _refused(400, "400", f"PageSize valid range is 1-{most:,}. Please provide valid input.")
        if number is None or number < 0:
            return _refused(400, "400", "PageNumber must be a positive number.")
        if status not in STATUSES:
            return _refused(400, "400", "Valid status values are: Deleted, Published.")
        found = [row for row in self._reports if row["status"] == status and _matches(row, request)]
        total = self._board.faults.lie(request.path, len(found))
        pages = -(-total // size)
        seen = self._board.faults.shuffled(request.path, found, number * size)
        # The real API writes links without the key; a client has to add it.
        link = f"{request.base}{request.path}?pageNumber={{}}&pageSize={size}&status={status}"
        return answer(
            {
                "totalPages": pages,
                "totalRecords": total,
                "pageNumber": number,
                "nextPageLink": link.format(number + 1) if number + 1 < pages else None,
                "previousPageLink": link.format(number - 1) if number else None,
                "data": seen[number * size : (number + 1) * size],
            }
        )


def _matches(row: Record, request: Request) -> bool:
    for name in ("fain", "primeAwardKey", "agencyCode"):
        wanted = request.parameter(name)
        if wanted and row[name] != wanted:
            return False
    day = str(row["submittedDate"])
    return (request.parameter("fromDate") or "") <= day <= (request.parameter("toDate") or "9999")


def _refused(status: int, code: str, message: str) -> Response:
    return answer({"error": {"code": code, "message": message}}, status)


def _used_up() -> Response:
    now = datetime.now(UTC)
    again = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    content = {
        "code": "900804",
        "message": "Message throttled out",
        "description": "You have exceeded your quota. You can access API after " + again.isoformat(),
        "nextAccessTime": again.isoformat(),
    }
    return answer(content, 429, {"Retry-After": str(int((again - now).total_seconds()) + 1)})
