"""Reimbursement requests: on which days LEAs send them, and the agency returns, approves and pays them.

Put here: the life of a request, and the programs LEAs claim under.
Not here: what a request may cost (`money.spending` gives it its amount: the one drawn here is a weight), the
database (`money.grants_database`), what counts as paid in time (see `truth.reimbursement`).

The system is seen on `as_of`: nothing later is in it. A request is *proper* on the day the agency received it
complete; days it lay returned with the LEA do not count against the agency.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from simulator.organizations import Lea, State
from simulator.settings import Settings

LIMIT_DAYS = 30  # 2 CFR 200.305(b)(3)
MEDIAN_DAYS = {2022: 29.0, 2023: 27.0, 2024: 23.0, 2025: 19.0}  # the agency gets faster
REQUESTS_PER_AWARD = 6


@dataclass(frozen=True)
class Program:
    """A federal program: listing, award letters, title, dollars a student, share of LEAs that have it."""

    listing: str
    letters: str
    title: str
    usd_per_student: float
    share_of_leas: float


PROGRAMS = (
    Program("84.010", "S010A", "Title I Grants to Local Educational Agencies", 410.0, 1.0),
    Program("84.027", "H027A", "Special Education Grants to States", 290.0, 1.0),
    Program("84.048", "V048A", "Career and Technical Education -- Basic Grants to States", 24.0, 0.6),
    Program("84.365", "S365A", "English Language Acquisition State Grants", 18.0, 0.7),
    Program("84.367", "S367A", "Supporting Effective Instruction State Grants", 52.0, 1.0),
    Program("84.424", "S424A", "Student Support and Academic Enrichment Program", 31.0, 0.9),
)
# Came later, and draws from a stream of its own: the requests of the programs above stay what they were.
PRESCHOOL = Program("84.173", "H173A", "Special Education Preschool Grants", 9.0, 0.9)
ALL_PROGRAMS = (*PROGRAMS, PRESCHOOL)
# The system holds these school years whichever a run asks for: an award of one is spent in two.
MONEY_YEARS = (2022, 2023, 2024, 2025)


@dataclass(frozen=True)
class Request:
    """A reimbursement request and its payments, as far as they had gone on `as_of`."""

    request_id: str
    lea: Lea
    fain: str
    listing: str
    year: int
    amount_cents: int
    submitted_on: date
    proper_on: date
    returned_on: date | None
    resubmitted_on: date | None
    approved_on: date | None
    payments: tuple[tuple[date, int], ...]

    @property
    def paid_on(self) -> date | None:
        """The day of the last payment, once the payments make up the amount."""
        if sum(cents for _, cents in self.payments) < self.amount_cents:
            return None
        return max(day for day, _ in self.payments)


def fain(program: Program, year: int) -> str:
    """Name the award of a school year: it is of the federal fiscal year before."""
    return f"{program.letters}{(year - 1) % 100:02d}0088"


def make_requests(settings: Settings, state: State) -> list[Request]:
    """All requests of the system; which of them a closed LEA still makes is decided at the end."""
    requests: list[Request] = []
    for year in MONEY_YEARS:
        for stream, programs in ((10, PROGRAMS), (310, (PRESCHOOL,))):
            draw = settings.generator(stream, year)
            for lea in state.leas:
                for program in programs:
                    if draw.random() < program.share_of_leas:
                        requests.extend(_requests_of_award(settings, draw, lea, program, year))
        if year == settings.as_of.year:
            requests.extend(_in_flight(settings, state, year))
    requests = [request for request in requests if _is_made(request)]
    return [
        _numbered(request, number) for number, request in enumerate(sorted(requests, key=_order), start=1)
    ]


def _is_made(request: Request) -> bool:
    """A closed LEA claims the rest of its last award in the half year after it closed, and nothing else."""
    closed = request.lea.closed_on
    if closed is None or request.proper_on < closed:
        return True
    is_carried = request.fain[5:7] == f"{(request.year - 2) % 100:02d}"
    return is_carried and request.proper_on < closed + timedelta(days=184)


def _in_flight(settings: Settings, state: State, year: int) -> list[Request]:
    """Requests of the last days of June which `as_of` finds with the LEA, or back from it and not yet due."""
    program, proper_on = PROGRAMS[0], date(year, 6, 23)
    made = []
    for lea in state.regular[:3]:
        for back in (None, settings.as_of - timedelta(days=4)):
            made.append(
                Request(
                    request_id="",
                    lea=lea,
                    fain=fain(program, year),
                    listing=program.listing,
                    year=year,
                    amount_cents=1_250_000 + lea.position * 100_007,
                    submitted_on=proper_on - timedelta(days=2),
                    proper_on=proper_on,
                    returned_on=proper_on + timedelta(days=12),
                    resubmitted_on=back,
                    approved_on=None,
                    payments=(),
                )
            )
    return made


def _order(request: Request) -> tuple[date, str, str, int]:
    return request.submitted_on, request.lea.state_id, request.fain, request.amount_cents


def _numbered(request: Request, number: int) -> Request:
    return Request(**{**request.__dict__, "request_id": f"RR-{request.year}-{number:06d}"})


def _requests_of_award(
    settings: Settings, draw: np.random.Generator, lea: Lea, program: Program, year: int
) -> list[Request]:
    students = max(lea.share * settings.students, 60.0)
    count = max(1, int(draw.binomial(REQUESTS_PER_AWARD, 0.8)))
    made = []
    for proper in sorted(int(day) for day in draw.integers(20, 364, count)):
        cents = int(students * program.usd_per_student * 100 / count * draw.uniform(0.6, 1.3))
        made.append(
            _request(settings, draw, lea, program, year, date(year - 1, 7, 1) + timedelta(days=proper), cents)
        )
    return made


def _request(
    settings: Settings,
    draw: np.random.Generator,
    lea: Lea,
    program: Program,
    year: int,
    proper_on: date,
    cents: int,
) -> Request:
    working = max(2, round(float(draw.lognormal(np.log(MEDIAN_DAYS[year]), 0.42))))
    returned_on = resubmitted_on = None
    end = proper_on + timedelta(days=working)
    if draw.random() < 0.08:
        away = int(draw.integers(5, 75))
        returned_on = proper_on + timedelta(days=int(draw.integers(1, min(working, 20))))
        resubmitted_on = returned_on + timedelta(days=away)
        end += timedelta(days=away)
    stuck = draw.random() < 0.012  # lost in review, still open
    halves = draw.random() < 0.05
    early = cents // 2
    payments = [(end - timedelta(days=1), early), (end, cents - early)] if halves else [(end, cents)]
    if stuck:
        payments = payments[:-1]
    seen = settings.as_of
    return Request(
        request_id="",
        lea=lea,
        fain=fain(program, year if draw.random() < 0.8 else year - 1),
        listing=program.listing,
        year=year,
        amount_cents=cents,
        submitted_on=proper_on - timedelta(days=int(draw.integers(0, 9))),
        proper_on=proper_on,
        returned_on=_until(returned_on, seen),
        resubmitted_on=_until(resubmitted_on, seen),
        approved_on=None if stuck else _until(end - timedelta(days=2), seen),
        payments=tuple((day, amount) for day, amount in payments if day <= seen),
    )


def _until(day: date | None, seen: date) -> date | None:
    return day if day is not None and day <= seen else None
