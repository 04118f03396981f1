"""USAspending's search of awards and subawards, and their number: POST /api/v2/search/spending_by_award/.

Put here: the filters a state asks with, sorting, both ways of paging, and the refusals of the real API.
Not here: the awards (see `hold_awards`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from simulator.web.holding import Record
from simulator.web.server import Switchboard
from simulator.web.wire import Request, Response, answer

ADDRESS = "/api/v2/search/spending_by_award"
COUNT_ADDRESS = "/api/v2/search/spending_by_award_count"
GROUPS: dict[str, tuple[str, ...]] = {
    "contracts": ("A", "B", "C", "D"),
    "idvs": ("IDV_A", "IDV_B", "IDV_B_A", "IDV_B_B", "IDV_B_C", "IDV_C", "IDV_D", "IDV_E"),
    "grants": ("02", "03", "04", "05"),
    "direct_payments": ("06", "10"),
    "loans": ("07", "08"),
    "other_financial_assistance": ("09", "11", "-1"),
}
ALWAYS = {
    "awards": ("internal_id", "generated_internal_id", "awarding_agency_id", "agency_slug"),
    "subawards": ("internal_id", "prime_award_internal_id", "prime_award_generated_internal_id"),
}
COUNTED_BESIDE = ("loans", "contracts", "direct_payments", "other", "idvs")
NOTE = (
    "For searches, time period start and end dates are currently limited to an earliest date of 2007-10-01. "
    "For data going back to 2000-10-01, use either the Custom Award Download feature on the website or one "
    "of our download or bulk_download API endpoints as listed on https://api.usaspending.gov/docs/endpoints. "
)


class Refused(Exception):
    """The request is refused."""

    def __init__(self, status: int, message: str, **more: object) -> None:
        super().__init__(message)
        self.response = answer({"message" if status == 422 else "detail": message, **more}, status)


@dataclass(frozen=True)
class _Search:
    level: str
    filters: Mapping[str, object]
    fields: list[str]
    sort: str
    descending: bool
    page: int
    limit: int
    last: tuple[str, str] | None


class UsaSpending:
    """The API."""

    def __init__(self, awards: list[Record], subawards: list[Record], board: Switchboard) -> None:
        self._held = {"awards": awards, "subawards": subawards}
        self._board = board

    def control(self, what: str) -> Response | None:
        """There is nothing to control."""
        return None

    def respond(self, request: Request, path: str) -> Response:
        """Answer below `/usaspending`."""
        if path.rstrip("/") not in (ADDRESS, COUNT_ADDRESS):
            return answer({"detail": "Not found."}, 404)
        if request.method != "POST":
            return answer({"detail": f'Method "{request.method}" not allowed.'}, 405)
        try:
            if path.rstrip("/") == COUNT_ADDRESS:
                return self._count(request)
            return self._search(request.path, self._read(request))
        except Refused as refused:
            return refused.response

    def _count(self, request: Request) -> Response:
        """Tell how many there are by kind; the same filters, no fields and no pages."""
        body = _body(request)
        level = _level(body)
        self._check_types(body["filters"])
        number = sum(_matches(row, level, body["filters"]) for row in self._held[level])
        number = self._board.faults.lie(request.path, number)
        kinds = ("subgrants", "subcontracts") if level == "subawards" else ("grants", *COUNTED_BESIDE)
        results = {kind: number if kind in ("grants", "subgrants") else 0 for kind in kinds}
        return answer({"results": results, "spending_level": level, "messages": [NOTE]})

    def _read(self, request: Request) -> _Search:
        body = _body(request)
        fields = body.get("fields")
        if not isinstance(fields, list) or not fields:
            raise Refused(422, "Missing value: 'fields' is a required field")
        level = _level(body)
        self._check_types(body["filters"])
        page, limit = self._check_page(body)
        sort = str(body.get("sort") or fields[0])
        if sort not in fields:
            raise Refused(400, f"Sort value not found in fields: {sort}")
        pair = body.get("last_record_unique_id"), body.get("last_record_sort_value")
        last = None if pair[0] is None else (str(pair[0]), str(pair[1]))
        if last is None and page * limit > self._board.limits.usaspending_depth:
            depth = self._board.limits.usaspending_depth
            raise Refused(422, f"Page #{page} of size {limit} is over the maximum result limit ({depth}).")
        descending = body.get("order", "desc") != "asc"
        return _Search(level, body["filters"], fields, sort, descending, page, limit, last)

    def _check_page(self, body: Mapping[str, object]) -> tuple[int, int]:
        page, limit = body.get("page", 1), body.get("limit", 10)
        if not isinstance(page, int) or page < 1:
            raise Refused(422, "Field 'page' value is below min '1'")
        if not isinstance(limit, int) or limit < 1:
            raise Refused(422, "Field 'limit' value is below min '1'")
        if limit > self._board.limits.usaspending_page:
            most = self._board.limits.usaspending_page
            raise Refused(422, f"Field 'limit' value '{limit}' is above max '{most}'")
        return page, limit

    def _check_types(self, filters: Mapping[str, object]) -> None:
        codes = filters.get("award_type_codes")
        if not isinstance(codes, list) or not codes:
            raise Refused(422, "Missing value: 'filters|award_type_codes' is a required field")
        known = {code for group in GROUPS.values() for code in group}
        for code in codes:
            if code not in known:
                raise Refused(
                    400, f"Field 'filters|award_type_codes' is outside valid values {sorted(known)}"
                )
        if not any(set(codes) <= set(group) for group in GROUPS.values()):
            text = "'award_type_codes' must only contain types from one group."
            raise Refused(
                422, text, award_type_groups={name: dict.fromkeys(g, "") for name, g in GROUPS.items()}
            )

    def _search(self, path: str, asked: _Search) -> Response:
        found = [row for row in self._held[asked.level] if _matches(row, asked.level, asked.filters)]
        found.sort(key=lambda row: (_order(row.get(asked.sort)), _number(row)), reverse=asked.descending)
        if asked.last is None:
            start = (asked.page - 1) * asked.limit
            rows = list(self._board.faults.shuffled(path, found, start))
        else:
            start, rows = _after(found, asked), found
        page = rows[start : start + asked.limit]
        has_next = len(rows) > start + asked.limit
        return answer(
            {
                "spending_level": asked.level,
                "limit": asked.limit,
                "results": [_told(row, asked) for row in page],
                "page_metadata": {
                    "page": asked.page,
                    "hasNext": has_next,
                    **_last(page, asked, has_next),
                },
                "messages": [NOTE],
            }
        )


def _body(request: Request) -> dict[str, Any]:
    """Read a request's body, which has filters."""
    try:
        body = request.json()
    except ValueError:
        raise Refused(400, "JSON parse error") from None
    if not isinstance(body, dict) or not isinstance(body.get("filters"), dict):
        raise Refused(422, "Missing value: 'filters' is a required field")
    return body


def _level(body: Mapping[str, object]) -> str:
    asked = body.get("subawards") or body.get("spending_level") == "subawards"
    return "subawards" if asked else "awards"


def _number(row: Record) -> int:
    return int(str(row.get("_number") or row["internal_id"]))


def _order(value: object) -> tuple[int, float, str]:
    """Numbers before texts, nothing before numbers."""
    if value is None:
        return (0, 0.0, "")
    if isinstance(value, int | float):
        return (1, float(value), "")
    return (2, 0.0, str(value))


def _after(rows: list[Record], asked: _Search) -> int:
    """Find the place behind the last record the client has."""
    for position, row in enumerate(rows):
        if asked.last and str(_number(row)) == asked.last[0]:
            return position + 1
    raise Refused(400, "The last record is not known; begin again with page 1.")


def _last(page: list[Record], asked: _Search, has_next: bool) -> Record:
    """Tell the last record of a page: of awards by number, of subawards by text; its value always as text."""
    if not page or not has_next:
        return {"last_record_unique_id": None, "last_record_sort_value": "None"}
    number, value = _number(page[-1]), page[-1].get(asked.sort)
    return {
        "last_record_unique_id": number if asked.level == "awards" else str(number),
        "last_record_sort_value": str(value),
    }


def _told(row: Record, asked: _Search) -> Record:
    """Give what was asked for, and what is always there."""
    names = dict.fromkeys([*ALWAYS[asked.level], *asked.fields])
    return {name: row.get(name) for name in names if not name.startswith("_")}


def _matches(row: Record, level: str, filters: Mapping[str, object]) -> bool:
    codes = filters["award_type_codes"]
    if not isinstance(codes, list) or "02" not in codes:
        return False  # all of Franklin's awards are formula grants
    return (
        _in_programs(row, filters.get("program_numbers"))
        and _in_time(row, level, filters.get("time_period"))
        and _in_places(row, level, filters.get("recipient_locations"))
        and _in_agencies(row, filters.get("agencies"))
        and _in_names(row, level, filters.get("award_ids"))
    )


def _in_programs(row: Record, wanted: object) -> bool:
    return not isinstance(wanted, list) or row.get("CFDA Number") in wanted


def _in_time(row: Record, level: str, periods: object) -> bool:
    """Compare with the last change of an award, or with the date of a subaward."""
    if not isinstance(periods, list):
        return True
    first = str(row["Base Obligation Date" if level == "awards" else "Sub-Award Date"])
    last = str(row["Last Modified Date" if level == "awards" else "Sub-Award Date"])
    return any(first <= str(p.get("end_date")) and last >= str(p.get("start_date")) for p in periods)


def _in_places(row: Record, level: str, places: object) -> bool:
    if not isinstance(places, list):
        return True
    place = row["Recipient Location" if level == "awards" else "Sub-Recipient Location"]
    code = place.get("state_code") if isinstance(place, dict) else None
    return any(p.get("country") == "USA" and p.get("state", code) == code for p in places)


def _in_agencies(row: Record, agencies: object) -> bool:
    return not isinstance(agencies, list) or any(a.get("name") == row["Awarding Agency"] for a in agencies)


def _in_names(row: Record, level: str, names: object) -> bool:
    return not isinstance(names, list) or row["Award ID" if level == "awards" else "Prime Award ID"] in names
