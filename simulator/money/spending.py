"""What LEAs claim of their allocations: the amounts, object codes and periods of requests, and refusals.

Put here: how much of an allocation is spent in the first fifteen months, carried over, or never claimed.
Not here: on which days requests come and are paid (see `simulator.grants`); the agency's draws (see `flows`).

Money is planned from the top: allocation = first year + carryover + never claimed, to the cent. The requests
of a year share what was planned for it, by the weights drawn with them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from simulator.grants import MONEY_YEARS, Request
from simulator.money.allocations import TITLE_I, Version
from simulator.money.awards import LAPSING, FederalAward
from simulator.money.cents import apportion
from simulator.settings import Settings

CAP, CAP_FROM_CENTS = 0.15, 5_000_000  # ESEA 1127: 15 percent, not for allocations under $50,000
OVER_CAP_SHARE = 0.03  # of LEAs
Group = tuple[int, str, int]  # LEA position, listing, federal fiscal year


@dataclass(frozen=True)
class Claim:
    """A request with its amount, and the days the LEA obligated it on."""

    request: Request
    period_from: date
    period_to: date

    @property
    def paid_cents(self) -> int:
        """What has been paid on it."""
        return sum(cents for _, cents in self.request.payments)


@dataclass(frozen=True)
class Carryover:
    """What an LEA had not obligated when the first fifteen months ended."""

    allocation_cents: int
    obligated_cents: int
    cap_cents: int | None
    has_waiver: bool

    @property
    def carryover_cents(self) -> int:
        """Carried into the last twelve months."""
        return self.allocation_cents - self.obligated_cents


def fiscal_year(request: Request) -> int:
    """The fiscal year of the award a request is charged to: the current one, or the one before."""
    is_current = request.fain[5:7] == f"{(request.year - 1) % 100:02d}"
    return request.year - 1 if is_current else request.year - 2


def taking_part(requests: Sequence[Request]) -> dict[tuple[str, int], set[int]]:
    """The LEAs with an allocation, by listing and fiscal year: those that ask in the year it is for."""
    found: dict[tuple[str, int], set[int]] = defaultdict(set)
    for request in requests:
        if request.lea.closed_on is None or request.year == MONEY_YEARS[0]:
            found[request.listing, request.year - 1].add(request.lea.position)
    return found


def charged(requests: Sequence[Request], sharers: dict[tuple[str, int], set[int]]) -> list[Request]:
    """Charge requests only to awards their LEA has, and the first of each year to the award of the year."""
    seen: set[Group] = set()
    result = []
    for request in requests:
        group = (request.lea.position, request.listing, request.year - 1)
        has_prior = group[0] in sharers.get((request.listing, request.year - 2), set())
        has_current = group[0] in sharers.get((request.listing, request.year - 1), set())
        is_prior = (
            fiscal_year(request) == request.year - 2 and has_prior and (group in seen or not has_current)
        )
        if has_current or is_prior:
            seen.add(group)
            letters, sequence = request.fain[:5], request.fain[7:]
            year = request.year - 2 if is_prior else request.year - 1
            result.append(replace(request, fain=f"{letters}{year % 100:02d}{sequence}"))
    return result


def make_claims(
    settings: Settings, award: FederalAward, version: Version, requests: dict[Group, list[Request]]
) -> tuple[list[Claim], dict[int, bool]]:
    """The claims on an award, and the LEAs that carry more than the cap with whether they may."""
    draw = settings.generator(302, award.fiscal_year, int(award.listing[3:]))
    count = len(version.positions)
    high = 0.145 if award.listing == TITLE_I else 0.30
    shares = draw.uniform(0.02, high, count)
    over = (draw.random(count) < OVER_CAP_SHARE) & (award.listing == TITLE_I)
    shares = np.where(over, draw.uniform(0.16, 0.24, count), shares)
    waived = draw.random(count) < 0.5
    unclaimed = draw.uniform(0.04, 0.12, count) if award.key == LAPSING else np.zeros(count)
    is_young = award.first_period_to >= settings.as_of  # its second year has not begun
    claims: list[Claim] = []
    waivers: dict[int, bool] = {}
    for index, (position, cents) in enumerate(
        zip(version.positions.tolist(), version.amounts.tolist(), strict=True)
    ):
        mine = requests.get((position, award.listing, award.fiscal_year), [])
        first = [item for item in mine if item.year == award.fiscal_year + 1]
        second = [item for item in mine if item.year == award.fiscal_year + 2]
        carried = int(cents * shares[index]) if second or is_young else 0
        lost = int(cents * unclaimed[index])
        if over[index] and (second or is_young):
            waivers[position] = bool(waived[index])
        claims += _claims(draw, award, first, cents - carried - (0 if second else lost))
        claims += _claims(draw, award, second, max(carried - lost, len(second) * 100))
    return claims, waivers


def _claims(
    draw: np.random.Generator, award: FederalAward, requests: list[Request], cents: int
) -> list[Claim]:
    if not requests:
        return []
    amounts = apportion(cents, np.array([request.amount_cents for request in requests]))
    before = draw.integers(3, 21, len(requests)).tolist()
    length = draw.integers(28, 93, len(requests)).tolist()
    made = []
    for request, amount, gap, days in zip(requests, amounts.tolist(), before, length, strict=True):
        end = min(max(request.submitted_on - timedelta(days=gap), award.available_from), award.available_to)
        start = max(end - timedelta(days=days), award.available_from)
        made.append(Claim(_costing(request, amount), start, end))
    return made


def _costing(request: Request, cents: int) -> Request:
    """The request with another amount; it is paid in as many parts, as far as it was."""
    days = [day for day, _ in request.payments]
    if request.paid_on is None or len(days) > 1:
        parts = [cents // 2, cents - cents // 2][: len(days)]
    else:
        parts = [cents]
    return replace(request, amount_cents=cents, payments=tuple(zip(days, parts, strict=True)))


def measure_carryover(
    award: FederalAward, version: Version, claims: Sequence[Claim], waivers: dict[int, bool]
) -> dict[int, Carryover]:
    """Carryover of each LEA of an award at the end of its first fifteen months."""
    obligated: dict[int, int] = defaultdict(int)
    for claim in claims:
        if claim.period_to <= award.first_period_to:
            obligated[claim.request.lea.position] += claim.request.amount_cents
    made = {}
    for position, cents in version.by_position().items():
        is_capped = award.listing == TITLE_I and cents >= CAP_FROM_CENTS
        cap = int(cents * CAP) if is_capped else None
        carry = Carryover(cents, obligated[position], cap, waivers.get(position, False))
        made[position] = carry
    return made
