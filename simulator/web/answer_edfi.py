"""The Ed-Fi ODS/API 7.3: discovery, token, paging by offset and by cursor, change queries, snapshots.

Put here: addresses, parameters, headers and the problem documents of the real API.
Not here: what an ODS holds (see `edfi_store`).

`/edfi` is the ODS of the newest school year; `/edfi/2024` that of another year.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable

from simulator.web.edfi_store import Ods, Row
from simulator.web.edfi_token import Tokens, problem
from simulator.web.server import Switchboard
from simulator.web.wire import Request, Response, answer, joined, whole_number

DATA = "/data/v3/ed-fi/"
VERSIONS = "/changequeries/v1/availablechangeversions"
# Parameters of the API itself; every other one asks for a property.
KNOWN = (
    "limit", "offset", "totalcount", "pagetoken", "pagesize", "number", "minchangeversion",
    "maxchangeversion",
)  # fmt: skip


class EdFi:
    """All ODSs of Franklin behind one API."""

    def __init__(self, stores: dict[int, Ods], board: Switchboard) -> None:
        self._stores = stores
        self._snapshots = {year: store.snapshot() for year, store in stores.items()}
        self._newest = max(stores)
        self._board = board
        self._tokens = Tokens(board)

    def control(self, what: str) -> Response | None:
        """Let the next batch of changes happen, or take a snapshot."""
        if what == "advance":
            moved = [store.advance() for store in self._stores.values()]
            newest = self._stores[self._newest]
            return answer(
                {"advanced": any(moved), "batch": newest.applied, "newestChangeVersion": newest.newest}
            )
        if what == "snapshot":
            self._snapshots = {year: store.snapshot() for year, store in self._stores.items()}
            return answer({"snapshots": sorted(self._snapshots)})
        return None

    def respond(self, request: Request, path: str) -> Response:
        """Answer below `/edfi`."""
        first = path.split("/")[1]
        year, prefix = self._newest, ""
        if first.isdigit():
            year, prefix, path = int(first), f"/{first}", path.removeprefix(f"/{first}") or "/"
            if year not in self._stores:
                return problem(404, "not-found", "Not Found", "The specified data could not be found.")
        if path == "/":
            return self._discover(request, f"{request.base}/edfi{prefix}")
        if path.rstrip("/") == "/oauth/token":
            return self._tokens.issue(request)
        refused = self._tokens.refuse(request)
        if refused:
            return refused
        if request.method != "GET":
            return problem(405, "method-not-allowed", "Method Not Allowed", "The pilot may be read only.")
        store = self._store(request, year)
        if store is None:
            detail, why = (
                "Snapshot not found.",
                "The snapshot connection for the ODS has not been configured.",
            )
            return problem(404, "not-found", "Not Found", detail, why)
        if path.lower().rstrip("/") == VERSIONS:
            return answer({"oldestChangeVersion": 0, "newestChangeVersion": store.newest})
        if not path.lower().startswith(DATA):
            return problem(404, "not-found", "Not Found", "The specified resource could not be found.")
        return _Asked(request, store, self._board).respond(path[len(DATA) :])

    def _store(self, request: Request, year: int) -> Ods | None:
        if request.headers.get("use-snapshot", "false").lower() != "true":
            return self._stores[year]
        return self._snapshots[year] if self._board.limits.edfi_snapshot else None

    def _discover(self, request: Request, base: str) -> Response:
        urls = {
            "dependencies": f"{base}/metadata/data/v3/dependencies",
            "openApiMetadata": f"{base}/metadata/",
            "oauth": f"{base}/oauth/token",
            "dataManagementApi": f"{base}/data/v3/",
            "xsdMetadata": f"{base}/metadata/xsd",
            "changeQueries": f"{base}/changeQueries/v1/",
        }
        models = [{"name": "Ed-Fi", "version": "5.2.0", "informationalVersion": "The Ed-Fi Data Model 5.2"}]
        return answer(
            {
                "version": "7.3",
                "informationalVersion": "7.3",
                "suite": "3",
                "build": "7.3.10000.0",
                "dataModels": models,
                "urls": urls,
            }
        )


def bad_parameter(*errors: str) -> Response:
    """Refuse a parameter in the API's words."""
    return problem(
        400, "bad-request:parameter-validation-failed", "Parameter Validation Failed",
        "The request construction was invalid.", *errors,
    )  # fmt: skip


class _Asked:
    """One request for data."""

    def __init__(self, request: Request, store: Ods, board: Switchboard) -> None:
        self._request = request
        self._store = store
        self._board = board
        self._low = whole_number(request.parameter("minChangeVersion"), 0)
        highest = request.parameter("maxChangeVersion")
        self._high = None if highest is None else whole_number(highest, 0)
        self._bad_window = self._low is None or (highest is not None and self._high is None)

    def respond(self, path: str) -> Response:
        resource, _, rest = path.strip("/").partition("/")
        if not self._store.knows(resource):
            return problem(404, "not-found", "Not Found", "The specified resource could not be found.")
        if self._bad_window:
            return bad_parameter("The change versions must be whole numbers.")
        kinds: dict[str, Callable[[str], Response]] = {
            "": self._rows, "deletes": self._deletes, "keyChanges": self._rekeys,
            "partitions": self._partitions,
        }  # fmt: skip
        if rest in kinds:
            return kinds[rest](resource)
        record = self._store.record(resource, rest)
        if record is None:
            return problem(404, "not-found", "Not Found", "The specified data could not be found.")
        return Response(200, record)

    def _rows(self, resource: str) -> Response:
        if (
            self._request.parameter("pageToken") is not None
            or self._request.parameter("pageSize") is not None
        ):
            return self._by_cursor(resource)
        rows = self._selected(resource)
        if rows is None:
            return bad_parameter("There is no such property to filter by.")
        return self._by_offset([row.content for row in rows])

    def _selected(self, resource: str) -> list[Row] | None:
        """The rows of the window of changes that have the wanted properties."""
        rows = self._store.rows(resource, self._low or 0, self._high)
        wanted = tuple((name, value) for name, value in self._request.query if name.lower() not in KNOWN)
        return self._store.filtered(resource, rows, wanted) if wanted else rows

    def _deletes(self, resource: str) -> Response:
        return self._by_offset(self._store.deletes(resource, self._low or 0, self._high))

    def _rekeys(self, resource: str) -> Response:
        return self._by_offset(self._store.rekeys(resource, self._low or 0, self._high))

    def _size(self, name: str) -> int | None:
        limits = self._board.limits
        size = whole_number(self._request.parameter(name), limits.edfi_default_page)
        return size if size is not None and 0 <= size <= limits.edfi_page else None

    def _by_offset(self, records: list[bytes]) -> Response:
        limit, offset = self._size("limit"), whole_number(self._request.parameter("offset"), 0)
        if limit is None:
            return bad_parameter(f"Limit must be a value between 0 and {self._board.limits.edfi_page}.")
        if offset is None or offset < 0:
            return bad_parameter("Offset cannot be a negative value.")
        headers = {}
        faults, path = self._board.faults, self._request.path
        if (self._request.parameter("totalCount") or "").lower() == "true":
            headers["Total-Count"] = str(faults.lie(path, len(records)))
        seen = faults.shuffled(path, records, offset)
        return Response(200, joined(seen[offset : offset + limit]), headers)

    def _by_cursor(self, resource: str) -> Response:
        if self._request.parameter("offset") is not None or self._request.parameter("totalCount") is not None:
            return bad_parameter("Cursor paging cannot be combined with offset or totalCount.")
        size, token = self._size("pageSize"), self._request.parameter("pageToken")
        if not size:
            return bad_parameter(f"PageSize must be a value between 1 and {self._board.limits.edfi_page}.")
        window = _untoken(token) if token else (0, _END)
        if window is None:
            return bad_parameter("The page token provided was invalid.")
        rows = self._selected(resource)
        if rows is None:
            return bad_parameter("There is no such property to filter by.")
        left = [row for row in rows if window[0] <= row.place <= window[1]]
        page = left[:size]
        headers = {"Next-Page-Token": _token(page[-1].place + 1, window[1])} if page else {}
        return Response(200, joined([row.content for row in page]), headers)

    def _partitions(self, resource: str) -> Response:
        number = whole_number(self._request.parameter("number"), 5)
        if number is None or not 1 <= number <= 200:
            return bad_parameter("Number must be a value between 1 and 200.")
        rows = self._selected(resource) or []
        step = max(1, -(-len(rows) // number))
        parts = [rows[start : start + step] for start in range(0, len(rows), step)]
        return answer({"pageTokens": [_token(part[0].place, part[-1].place) for part in parts]})


_END = 2**31 - 1


def _token(low: int, high: int) -> str:
    return base64.urlsafe_b64encode(f"{low},{high}".encode()).decode().rstrip("=")


def _untoken(token: str) -> tuple[int, int] | None:
    try:
        low, high = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode().split(",")
        return int(low), int(high)
    except (binascii.Error, ValueError):
        return None
