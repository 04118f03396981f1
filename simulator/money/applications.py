"""Applications of LEAs for their allocations, and the budgets approved with them.

Put here: when applications come, are returned and approved; budgets by object code; lines of requests.
Not here: the allocations themselves (see `allocations`).

A budget is approved on the final version of allocations and again on each later one that changed the LEA's
money. The lines of the requests on an award never exceed its last budget, object by object.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from simulator.grants import Request
from simulator.money.allocations import Version
from simulator.money.awards import FederalAward
from simulator.money.cents import apportion
from simulator.organizations import Ints, Lea, State
from simulator.settings import Settings

# Objects of expenditure, NCES handbook: salaries, benefits, purchased services, supplies, property, other.
OBJECTS = ("100", "200", "300", "500", "600", "700", "800")
OBJECT_MIX = (9.0, 3.6, 2.2, 1.0, 2.6, 0.9, 0.7)
SMALLEST_LINE = 0.01
RETURNED_SHARE, LATE_SHARE = 0.2, 0.15


@dataclass(frozen=True)
class Application:
    """An LEA's application for one award."""

    number: str
    award: FederalAward
    lea: Lea
    submitted_on: date
    returned_on: date | None
    resubmitted_on: date | None
    approvable_on: date  # substantially approvable: the LEA may obligate from here on
    approved_on: date


@dataclass(frozen=True)
class Budget:
    """One revision of an LEA's budget; `cents` by OBJECTS."""

    fain: str
    lea: Lea
    revision: int
    approved_on: date
    cents: Ints


def make_applications(
    settings: Settings, state: State, award: FederalAward, version: Version, first_proper: dict[int, date]
) -> list[Application]:
    """One application an LEA; it is approved before the first request on it is proper."""
    draw = settings.generator(305, award.fiscal_year, int(award.listing[3:]))
    count = len(version.positions)
    late, returned = draw.random(count) < LATE_SHARE, draw.random(count) < RETURNED_SHARE
    start = np.where(late, draw.integers(62, 78, count), draw.integers(1, 50, count)).tolist()
    review, away, again = (
        draw.integers(low, high, count).tolist() for low, high in ((6, 22), (3, 12), (2, 8))
    )
    made = []
    for index, position in enumerate(version.positions.tolist()):
        submitted = date(award.fiscal_year, 4, 15) + timedelta(days=start[index])
        latest = first_proper.get(position, date(award.fiscal_year, 10, 1)) - timedelta(days=1)
        back = submitted + timedelta(days=review[index] // 2 + 1) if returned[index] else None
        resubmitted = back + timedelta(days=away[index]) if back else None
        approvable = (resubmitted or submitted) + timedelta(days=again[index])
        if resubmitted is not None and resubmitted > latest:
            back, resubmitted, approvable = None, None, submitted + timedelta(days=again[index])
        lea = state.leas[position]
        number = f"AP-{award.fiscal_year}-{award.listing.replace('.', '')}-{lea.state_id}"
        approvable = min(approvable, latest)
        approved = min(approvable + timedelta(days=review[index]), latest)
        made.append(Application(number, award, lea, submitted, back, resubmitted, approvable, approved))
    return made


def make_budgets(
    settings: Settings,
    state: State,
    award: FederalAward,
    versions: Sequence[Version],
    approved: dict[int, date],
) -> list[Budget]:
    """The budgets of every LEA of an award; the shares of objects stay from revision to revision."""
    last = versions[-1]
    draw = settings.generator(306, award.fiscal_year, int(award.listing[3:]))
    mix = draw.dirichlet(OBJECT_MIX, len(last.positions)) + SMALLEST_LINE
    made = []
    for index, position in enumerate(last.positions.tolist()):
        revision, before = 0, -1
        for version in versions[1:]:  # nobody is asked for a budget on an estimate
            cents = version.by_position().get(position)
            if cents is None or cents == before:
                continue
            revision, before = revision + 1, cents
            day = max(version.issued_on + timedelta(days=21), approved[position])
            made.append(Budget(award.fain, state.leas[position], revision, day, apportion(cents, mix[index])))
    return made


def request_lines(requests: Sequence[Request], budget: Ints) -> Ints:
    """Divide requests on a budget by object, in their order: [request, object].

    Both ways are cut at running totals, so rows add up to requests and no column exceeds its line.
    """
    whole = int(budget.sum())
    edges = [0, *np.cumsum(budget).tolist()]
    spent = 0
    rows = [[0] * len(edges)]
    for request in requests:
        spent += request.amount_cents
        rows.append([spent * edge // whole for edge in edges])
    return np.asarray(np.diff(np.diff(np.array(rows, dtype=np.int64), axis=1), axis=0))
