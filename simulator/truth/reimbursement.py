"""The true answers about reimbursement: how long requests took, and whether they were paid in time.

Put here: days of a request and which requests count. Not here: requests themselves (`grants`).
"""

from __future__ import annotations

from statistics import median

from simulator.grants import LIMIT_DAYS, Request
from simulator.settings import STATE_CODE, Settings
from simulator.truth.answers import Place, Truth


def days_to_reimburse(request: Request) -> int | None:
    """Days from proper request to payment without those it lay with the LEA; null while unpaid."""
    if request.paid_on is None:
        return None
    return (request.paid_on - request.proper_on).days - returned_days(request)


def returned_days(request: Request) -> int:
    """Days a request lay returned; one still with the LEA has no end yet and counts none."""
    if request.returned_on is None or request.resubmitted_on is None:
        return 0
    return (request.resubmitted_on - request.returned_on).days


def is_due(settings: Settings, request: Request) -> bool:
    """Paid, or its thirtieth day in the agency's hands has passed."""
    if request.paid_on is not None:
        return True
    if request.returned_on is not None and request.resubmitted_on is None:
        return False
    return (settings.as_of - request.proper_on).days - returned_days(request) > LIMIT_DAYS


def tell_reimbursement(truth: Truth, settings: Settings, requests: list[Request]) -> None:
    """Share reimbursed in thirty days and the median, by program and for all programs together."""
    cells: dict[tuple[Place, int, str], list[Request]] = {}
    for request in requests:
        if request.year not in settings.years:
            continue
        for place in (Place(request.lea.nces_id, "LEA", "as_published"), Place(STATE_CODE, "SEA", "none")):
            for program in (request.listing, "none"):
                cells.setdefault((place, request.year, program), []).append(request)
    for (place, year, program), items in cells.items():
        due = [item for item in items if is_due(settings, item)]
        days = [spent for item in items if (spent := days_to_reimburse(item)) is not None]
        if due:
            in_time = sum(spent <= LIMIT_DAYS for spent in days)
            truth.ratio("reimbursed_within_30_days", place, year, in_time, len(due), program=program)
        if days:
            truth.add(
                "median_days_to_reimburse", place, year, None, len(days), float(median(days)), program=program
            )
