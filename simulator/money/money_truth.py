"""The true answers about federal money, an award and an LEA at a time, straight from what made them.

Put here: what was allocated, requested, paid, drawn, spent, carried over and lost of each award.
Not here: the ten measures by school year (see `simulator.truth`). Nothing is read back from a file.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from simulator.grants import LIMIT_DAYS, Request
from simulator.money.awards import FederalAward
from simulator.money.world import Money
from simulator.settings import STATE_CODE
from simulator.truth.reimbursement import counted_on, days_to_reimburse

CENTS = pa.int64()
SCHEMA = pa.schema(
    [
        ("fain", pa.string()),
        ("assistance_listing", pa.string()),
        ("federal_fiscal_year", pa.int16()),
        ("organization_id", pa.string()),
        ("organization_type", pa.string()),
        ("award_cents", CENTS),  # the state's rows only
        ("allocated_cents", CENTS),  # to LEAs, by the last version
        ("requested_cents", CENTS),
        ("paid_cents", CENTS),
        ("refunded_cents", CENTS),
        ("drawn_cents", CENTS),  # for an LEA: its payments and refunds that a draw covers
        ("expended_cents", CENTS),  # paid less refunded, and of the state its own expenses too
        ("lapsed_cents", CENTS),  # null while the award can be drawn on
        ("carryover_cents", CENTS),  # null before the first fifteen months ended
        ("requests_due", CENTS),
        ("requests_in_time", CENTS),
        ("on_time_share", pa.float64()),
    ]
)
Counts = dict[tuple[str, int], int]


class _Tally:
    """Sums by award and LEA position; what is the agency's own has position -1."""

    def __init__(self, money: Money) -> None:
        self.allocated: Counts = defaultdict(int)
        self.requested: Counts = defaultdict(int)
        self.paid: Counts = defaultdict(int)
        self.refunded: Counts = defaultdict(int)
        self.drawn: Counts = defaultdict(int)
        self.own: Counts = defaultdict(int)
        self.due: Counts = defaultdict(int)
        self.in_time: Counts = defaultdict(int)
        for fain, versions in money.versions.items():
            for position, cents in versions[-1].by_position().items():
                self.allocated[fain, position] += cents
        for request in money.requests:
            key = (request.fain, request.lea.position)
            self.requested[key] += request.amount_cents
            spent = days_to_reimburse(request)
            self.due[key] += counted_on(money.settings, request) is not None
            self.in_time[key] += spent is not None and spent <= LIMIT_DAYS
        for payment in money.payments:
            self.paid[_key(payment.claim.request)] += payment.cents
        for refund in money.refunds:
            self.refunded[_key(refund.claim.request)] += refund.cents
        for expense in money.expenses:
            self.own[expense.fain, -1] += expense.cents
        self._draw(money)

    def _draw(self, money: Money) -> None:
        paid_to = {payment.number: _key(payment.claim.request) for payment in money.payments}
        came_from = {refund.number: _key(refund.claim.request) for refund in money.refunds}
        for draw in money.draws:
            for item in draw.items:
                key = (draw.fain, -1)
                if item.payment is not None:
                    key = paid_to[item.payment]
                elif item.refund is not None:
                    key = came_from[item.refund]
                self.drawn[key] += item.cents

    def row(self, fain: str, positions: list[int]) -> tuple[int, ...]:
        """Allocated, requested, paid, refunded, drawn, expended, due, in time: summed over positions."""
        sums = [
            sum(counts.get((fain, position), 0) for position in positions)
            for counts in (self.allocated, self.requested, self.paid, self.refunded, self.drawn, self.own)
        ]
        timed = [sum(c.get((fain, p), 0) for p in positions) for c in (self.due, self.in_time)]
        allocated, requested, paid, refunded, drawn, own = sums
        return (allocated, requested, paid, refunded, drawn, paid - refunded + own, *timed)


def _key(request: Request) -> tuple[str, int]:
    return request.fain, request.lea.position


def money_rows(money: Money) -> Iterator[tuple[object, ...]]:
    """One row an award for the state, then one for each LEA with an allocation of it."""
    tally = _Tally(money)
    for award in money.awards:
        positions = money.versions[award.fain][-1].positions.tolist()
        yield _row(money, award, tally, [-1, *positions], STATE_CODE, "SEA", award.amount_cents)
        for position in positions:
            yield _row(money, award, tally, [position], money.state.leas[position].nces_id, "LEA", None)


def _row(
    money: Money,
    award: FederalAward,
    tally: _Tally,
    positions: list[int],
    organization: str,
    kind: str,
    award_cents: int | None,
) -> tuple[object, ...]:
    *cents, due, in_time = tally.row(award.fain, positions)
    allocated, drawn = cents[0], cents[4]
    is_over = award.last_day_to_draw < money.settings.as_of
    granted = allocated if award_cents is None else award_cents
    carried = money.carryovers.get(award.fain)
    carryover = (
        None if carried is None else sum(carried[p].carryover_cents for p in positions if p in carried)
    )
    lapsed = granted - drawn if is_over else None
    share = in_time / due if due else None
    return (
        award.fain, award.listing, award.fiscal_year, organization, kind, award_cents, *cents, lapsed,
        carryover, due, in_time, share,
    )  # fmt: skip


def write_money_truth(money: Money, path: Path) -> None:
    """Write all rows, in the order of awards and LEAs."""
    columns = list(zip(*money_rows(money), strict=True))
    arrays = [pa.array(column, field.type) for column, field in zip(columns, SCHEMA, strict=True)]
    pq.write_table(pa.Table.from_arrays(arrays, schema=SCHEMA), path, compression="zstd")
