"""The true answers about awards month by month: pace of spending, what will lapse and what lapsed, cash.

Put here: what is told of an award from its ledger, modifications and draws. Not here: allocations,
applications and subawards (see `award_rules`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from statistics import median

from simulator.money.awards import FederalAward
from simulator.money.ledger import make_entries
from simulator.money.months import month_end, month_ends, month_label, month_number, periods_at, school_year
from simulator.money.world import Money
from simulator.settings import STATE_CODE
from simulator.truth.answers import SEA, Place, Truth

STATE = Place(STATE_CODE, SEA, "none")
RUN_RATE_MONTHS = 12


@dataclass(frozen=True)
class AwardMonths:
    """What the ledger had posted as spent of an award at the end of each month, by number of the month."""

    award: FederalAward
    spent: dict[int, int]

    def age(self, month: int) -> int:
        """Month ends since it became available, this one included."""
        return month - month_number(self.award.available_from) + 1

    def is_alive(self, month: int) -> bool:
        """Whether the month is one from the first it is available in to the last it can be drawn in."""
        return self.age(month) >= 1 and month <= month_number(self.award.last_day_to_draw)

    def expended(self, month: int) -> int:
        """Cents posted by the end of a month."""
        return sum(cents for posted, cents in self.spent.items() if posted <= month)

    def share(self, month: int) -> Fraction | None:
        """Part of the award as it stood that was spent; null before there was an award."""
        authorized = self.award.authorized(month_end(month))
        return Fraction(self.expended(month), authorized) if authorized else None

    def projected_lapse(self, month: int) -> int:
        """Cents that would be left if spending went on as in the last twelve months."""
        months = min(RUN_RATE_MONTHS, self.age(month))
        before = self.expended(month - months) if self.age(month) > months else 0
        recent = max(0, self.expended(month) - before)
        left = max(0, month_number(self.award.available_to) - month)
        to_come = (2 * recent * left + months) // (2 * months)
        return max(0, self.award.authorized(month_end(month)) - self.expended(month) - to_come)


def award_months(money: Money) -> list[AwardMonths]:
    """Every award with its months, from the entries the ledger is written from."""
    by_segment = {award.program_segment: award.fain for award in money.awards}
    spent: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for entry in make_entries(money):
        if entry.entry_type == "expenditure":
            fain = by_segment[entry.account_code.rsplit("-", 1)[1]]
            spent[fain][month_number(entry.posted_on)] += entry.cents
    return [AwardMonths(award, dict(spent[award.fain])) for award in money.awards]


def tell_award_months(truth: Truth, money: Money) -> None:
    """All figures of awards, of the school years asked for."""
    awards = award_months(money)
    for year in money.settings.years:
        ends = month_ends(money.settings, year)
        for end in ends:
            periods = periods_at(ends, end)
            _tell_pace(truth, awards, year, month_number(end), periods)
            _tell_projection(truth, awards, year, month_number(end), periods)
        _tell_lapsed(truth, money, year)
    _tell_cash(truth, money)


def _tell_pace(
    truth: Truth, awards: Sequence[AwardMonths], year: int, month: int, periods: tuple[str, ...]
) -> None:
    """Against the program's earlier awards when they were as old."""
    for item in awards:
        share = item.share(month)
        if not item.is_alive(month) or share is None:
            continue
        known = [
            earlier
            for other in awards
            if other.award.listing == item.award.listing
            and other.award.fiscal_year < item.award.fiscal_year
            and (earlier := other.share(month_number(other.award.available_from) + item.age(month) - 1))
            is not None
        ]
        usual = median(known) if known else Fraction(0)
        if usual > 0:
            for period in periods:
                pace = float(share / usual)
                truth.add(
                    "award_spending_pace", STATE, year, None, 1, pace, period=period, award=item.award.fain
                )


def _tell_projection(
    truth: Truth, awards: Sequence[AwardMonths], year: int, month: int, periods: tuple[str, ...]
) -> None:
    lapses = {item.award.fain: item.projected_lapse(month) for item in awards if item.is_alive(month)}
    told = [(fain, 1, cents) for fain, cents in lapses.items()]
    if lapses:
        told.append(("none", len(lapses), sum(lapses.values())))
    for fain, count, cents in told:
        for period in periods:
            truth.add("projected_lapse_usd", STATE, year, None, count, cents / 100, period=period, award=fain)


def _tell_lapsed(truth: Truth, money: Money, year: int) -> None:
    """Of awards whose last day to draw was in the year, what was not drawn."""
    sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for award in money.awards:
        last = award.last_day_to_draw
        if school_year(last) != year or last >= money.settings.as_of:
            continue
        for key in ((award.listing, award.fain), (award.listing, "none"), ("none", "none")):
            sums[key][0] += award.amount_cents - money.drawn_cents[award.fain]
            sums[key][1] += award.amount_cents
    for (program, fain), (lapsed, granted) in sums.items():
        truth.ratio("lapsed_award_rate", STATE, year, usd(lapsed), usd(granted), program=program, award=fain)


def _tell_cash(truth: Truth, money: Money) -> None:
    """Days from a draw to what it was for, weighted by dollars; what was paid before is negative."""
    paid = {payment.number: payment.paid_on for payment in money.payments}
    spent = {expense.number: expense.spent_on for expense in money.expenses}
    sums: dict[tuple[int, str, str], list[int]] = defaultdict(lambda: [0, 0])
    for draw in money.draws:
        year = school_year(draw.drawn_on)
        if year not in money.settings.years:
            continue
        for item in draw.items:
            day = _disbursed_on(item.payment, item.expense, paid, spent)
            if day is None:
                continue
            for fain in (draw.fain, "none"):
                for period in (month_label(draw.drawn_on), "annual"):
                    sums[year, fain, period][0] += item.cents * (day - draw.drawn_on).days
                    sums[year, fain, period][1] += item.cents
    for (year, fain, period), (cent_days, cents) in sums.items():
        value = float(Fraction(cent_days, cents))
        truth.add(
            "cash_on_hand_days", STATE, year, usd(cent_days), usd(cents), value, period=period, award=fain
        )


def _disbursed_on(
    payment: int | None, expense: str | None, paid: dict[int, date], spent: dict[str, date]
) -> date | None:
    """The day of a payment or an expense of the agency; a refund is neither."""
    if payment is not None:
        return paid[payment]
    return spent[expense] if expense is not None else None


def usd(cents: int) -> Decimal:
    """Cents as dollars, exactly."""
    return Decimal(cents) / 100
