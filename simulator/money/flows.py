"""Money that moves: payments to LEAs, refunds from them, the agency's own expenses, and draws from G6.

Put here: the movements of one award, and how a draw nets them.
Not here: their entries in the ledger (see `ledger`) and the exports (see `g6`).

The agency pays first and draws after, each Thursday, what it paid since the last draw less what came back.
A week in which more came back than went out is a negative adjustment. After the last day to draw nothing is
drawn: what is paid later is the state's own money.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from simulator.money.allocations import Version
from simulator.money.awards import LAPSING, FederalAward
from simulator.money.cents import apportion
from simulator.money.spending import Claim
from simulator.settings import Settings

THURSDAY = 3
REFUND_SHARE = 0.015  # of paid requests
MONTHS = 15


@dataclass(frozen=True)
class Payment:
    """One payment on a claim; `number` is its id in the system."""

    number: int
    claim: Claim
    paid_on: date
    cents: int


@dataclass(frozen=True)
class Refund:
    """Money an LEA gave back, positive."""

    number: int
    claim: Claim
    refunded_on: date
    cents: int


@dataclass(frozen=True)
class StateExpense:
    """What the agency spent itself of a reservation in a month."""

    number: str
    fain: str
    reservation: str
    spent_on: date
    cents: int


@dataclass(frozen=True)
class DrawItem:
    """What a draw is for: a payment, a refund (negative) or an expense of the agency."""

    cents: int
    payment: int | None = None
    refund: int | None = None
    expense: str | None = None


@dataclass(frozen=True)
class Draw:
    """One payment request to G6."""

    number: str
    fain: str
    drawn_on: date
    items: tuple[DrawItem, ...]

    @property
    def cents(self) -> int:
        """Net of refunds; negative is an adjustment."""
        return sum(item.cents for item in self.items)

    @property
    def settled_on(self) -> date:
        """The next business day."""
        return self.drawn_on + timedelta(days=3 if self.drawn_on.weekday() == 4 else 1)


def make_payments(claims: Sequence[Claim]) -> list[Payment]:
    """Number the payments in the order they were made."""
    found = [
        (day, claim.request.request_id, claim, cents)
        for claim in claims
        for day, cents in claim.request.payments
    ]
    found.sort(key=lambda item: (item[0], item[1]))
    return [
        Payment(number, claim, day, cents) for number, (day, _, claim, cents) in enumerate(found, start=1)
    ]


def make_refunds(
    settings: Settings, awards: dict[str, FederalAward], claims: Sequence[Claim]
) -> list[Refund]:
    """A few claims were too high; the LEA gives a part back while the award can still be drawn on."""
    draw = settings.generator(303)
    picked = draw.random(len(claims)) < REFUND_SHARE
    share, days = draw.uniform(0.01, 0.1, len(claims)), draw.integers(40, 151, len(claims))
    found = []
    for index in picked.nonzero()[0].tolist():
        claim = claims[index]
        paid_on, award = claim.request.paid_on, awards[claim.request.fain]
        if paid_on is None:
            continue
        day = min(paid_on + timedelta(days=int(days[index])), award.last_day_to_draw - timedelta(days=7))
        if paid_on < day <= settings.as_of:
            found.append(
                (day, claim.request.request_id, claim, int(claim.request.amount_cents * share[index]))
            )
    found.sort(key=lambda item: (item[0], item[1]))
    return [Refund(n, claim, day, cents) for n, (day, _, claim, cents) in enumerate(found, start=1) if cents]


def make_state_expenses(settings: Settings, award: FederalAward, version: Version) -> list[StateExpense]:
    """Spend each reservation month by month within the first fifteen; of the lapsing award not all of it."""
    made = []
    for place, (name, cents) in enumerate(version.reservations.items()):
        draw = settings.generator(304, award.fiscal_year, int(award.listing[3:]), place)
        spent = cents * 9 // 10 if award.key == LAPSING else cents
        parts = apportion(spent, draw.uniform(0.7, 1.3, MONTHS)).tolist()
        for month, part in enumerate(parts):
            years, months = divmod(6 + month, 12)
            day = date(award.fiscal_year + years, months + 1, 25)
            if day <= settings.as_of and part:
                number = f"SX-{award.program_segment}-{place + 1}{month + 1:02d}"
                made.append(StateExpense(number, award.fain, name, day, part))
    return made


def make_draws(
    settings: Settings,
    awards: dict[str, FederalAward],
    payments: Sequence[Payment],
    refunds: Sequence[Refund],
    expenses: Sequence[StateExpense],
) -> list[Draw]:
    """Net the movements of each award and week."""
    weeks: dict[tuple[date, str], list[DrawItem]] = defaultdict(list)

    def keep(fain: str, day: date, item: DrawItem) -> None:
        last = awards[fain].last_day_to_draw
        drawn_on = min(day + timedelta(days=(THURSDAY - day.weekday()) % 7), last)
        if day <= last and drawn_on <= settings.as_of:
            weeks[drawn_on, fain].append(item)

    for payment in payments:
        item = DrawItem(payment.cents, payment=payment.number)
        keep(payment.claim.request.fain, payment.paid_on, item)
    for refund in refunds:
        keep(refund.claim.request.fain, refund.refunded_on, DrawItem(-refund.cents, refund=refund.number))
    for expense in expenses:
        keep(expense.fain, expense.spent_on, DrawItem(expense.cents, expense=expense.number))
    return [
        Draw(f"{day:%Y%m%d}{number:05d}", fain, day, tuple(items))
        for number, ((day, fain), items) in enumerate(
            sorted(weeks.items(), key=lambda week: week[0]), start=1
        )
        if sum(item.cents for item in items)
    ]
