"""The true answers about reimbursement: how long requests took, which were paid in time, which are open.

Put here: days of a request, when it counts, the figures by month and by year. Not here: requests (`grants`).

A request counts on the day it is paid, or on the day its thirtieth day in the agency's hands has passed
unpaid, whichever comes first: a payment made later moves no figure of a month that is over. How long payment
took is told in the month of the payment.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from statistics import median

import numpy as np

from simulator.grants import LIMIT_DAYS, Request
from simulator.money.months import month_ends, month_label, periods_at, school_year
from simulator.settings import STATE_CODE, Settings
from simulator.truth.answers import LEA, SEA, Place, Truth

Cell = tuple[Place, int, str, str]  # place, school year, period, program


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


def limit_passed_on(request: Request) -> date | None:
    """The day after its thirtieth in the agency's hands; null while it lies with the LEA before that."""
    passed = request.proper_on + timedelta(days=LIMIT_DAYS + 1)
    if request.returned_on is None or (request.returned_on - request.proper_on).days > LIMIT_DAYS:
        return passed
    if request.resubmitted_on is None:
        return None
    return passed + timedelta(days=returned_days(request))


def counted_on(settings: Settings, request: Request) -> date | None:
    """The day a request enters the share paid in time; null if that has not come by `as_of`."""
    days = days_to_reimburse(request)
    if days is not None and days <= LIMIT_DAYS:
        return request.paid_on
    passed = limit_passed_on(request)
    return passed if passed is not None and passed <= settings.as_of else None


def open_days(request: Request, day: date) -> int | None:
    """Days a request has been in the agency's hands at the end of a day; null if it is not open then."""
    is_paid = request.paid_on is not None and request.paid_on <= day
    if request.proper_on > day or is_paid:
        return None
    away, back = request.returned_on, request.resubmitted_on
    if away is None or away > day:
        return (day - request.proper_on).days
    if back is None or back > day:
        return None
    return (day - request.proper_on).days - (back - away).days


def tell_reimbursement(truth: Truth, settings: Settings, requests: Sequence[Request]) -> None:
    """By program and for all programs together, of LEAs and the state."""
    _tell_in_time(truth, settings, requests)
    _tell_days(truth, settings, requests)
    for year in settings.years:
        _tell_open(truth, requests, year, month_ends(settings, year))


def _places(request: Request) -> Iterator[tuple[Place, str]]:
    for place in (Place(request.lea.nces_id, LEA, "as_published"), Place(STATE_CODE, SEA, "none")):
        for program in (request.listing, "none"):
            yield place, program


def _cells(settings: Settings, request: Request, day: date) -> Iterator[Cell]:
    """Where a request stands by a day: in its month and in its school year."""
    year = school_year(day)
    if year in settings.years:
        for place, program in _places(request):
            for period in (month_label(day), "annual"):
                yield place, year, period, program


def _tell_in_time(truth: Truth, settings: Settings, requests: Sequence[Request]) -> None:
    cells: dict[Cell, list[int]] = defaultdict(lambda: [0, 0])
    for request in requests:
        day = counted_on(settings, request)
        if day is None:
            continue
        for cell in _cells(settings, request, day):
            cells[cell][0] += day == request.paid_on and day != limit_passed_on(request)
            cells[cell][1] += 1
    for (place, year, period, program), (in_time, counted) in cells.items():
        truth.ratio(
            "reimbursed_within_30_days", place, year, in_time, counted, program=program, period=period
        )


def _tell_days(truth: Truth, settings: Settings, requests: Sequence[Request]) -> None:
    cells: dict[Cell, list[int]] = defaultdict(list)
    for request in requests:
        days = days_to_reimburse(request)
        if request.paid_on is None or days is None:
            continue
        for cell in _cells(settings, request, request.paid_on):
            cells[cell].append(days)
    for (place, year, period, program), spent in cells.items():
        dimensions = {"program": program, "period": period}
        middle, high = float(median(spent)), float(np.quantile(spent, 0.9))
        truth.add("median_days_to_reimburse", place, year, None, len(spent), middle, **dimensions)
        truth.add("p90_days_to_reimburse", place, year, None, len(spent), high, **dimensions)


def _tell_open(truth: Truth, requests: Sequence[Request], year: int, ends: list[date]) -> None:
    ages: dict[tuple[date, Place, str], list[int]] = defaultdict(list)
    for request in requests:
        # Most requests are open at one month end or none; those that can be are the ones looked at.
        first = bisect_left(ends, request.proper_on)
        last = len(ends) if request.paid_on is None else bisect_left(ends, request.paid_on)
        for end in ends[first:last]:
            days = open_days(request, end)
            if days is None:
                continue
            for place, program in _places(request):
                ages[end, place, program].append(days)
    for (end, place, program), days_open in ages.items():
        count, oldest = len(days_open), float(max(days_open))
        for period in periods_at(ends, end):
            dimensions = {"program": program, "period": period}
            truth.add("open_requests", place, year, None, count, float(count), **dimensions)
            truth.add("oldest_open_request_days", place, year, None, count, oldest, **dimensions)
