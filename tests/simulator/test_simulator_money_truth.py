"""The truth about requests and about awards month by month, recounted from the databases by plain Python."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from statistics import median, quantiles

import pytest
from money_answers import AS_OF, ENDS, Cell, Key, close, day, month, rates, read_truth, rows, sy


@pytest.fixture(scope="module")
def told(folder: Path) -> dict[str, dict[Key, Cell]]:
    return read_truth(folder)


class Requests:
    """Every request: LEA, program, days, and how it stood on any day."""

    def __init__(self, folder: Path) -> None:
        self.all = [
            (lea, program, day(proper), day(back), day(again), day(paid) if cents == amount else None)
            for lea, program, proper, back, again, amount, cents, paid in rows(
                folder,
                """
                SELECT l.nces_lea_id, r.assistance_listing, r.proper_on, r.returned_on, r.resubmitted_on,
                    r.amount_cents, sum(p.amount_cents), max(p.paid_on)
                FROM reimbursement_request r JOIN lea l USING (lea_id) LEFT JOIN payment p USING (request_id)
                GROUP BY r.request_id
                """,
            )
        ]

    @staticmethod
    def in_hands(request: tuple, until: date) -> int:  # type: ignore[type-arg]
        """Days of a request in the agency's hands, counted night by night."""
        _, _, proper, back, again, _ = request
        nights = (proper + timedelta(days=n) for n in range((until - proper).days))
        return sum(not (back and back <= night and (again is None or night < again)) for night in nights)

    @staticmethod
    def cells(request: tuple, on: date, award: str = "none") -> Iterator[Key]:  # type: ignore[type-arg]
        for organization in (request[0], "FK"):
            for program in (request[1], "none"):
                for period in (month(on), "annual"):
                    yield organization, sy(on), period, program, award


def test_a_request_counts_once_when_paid_or_when_its_thirtieth_day_has_passed(
    folder: Path, told: dict[str, dict[Key, Cell]]
) -> None:
    counts: dict[Key, list[int]] = defaultdict(lambda: [0, 0])
    seen = set()
    for request in Requests(folder).all:
        *_, proper, back, again, paid = request
        end = paid or AS_OF
        nights = (proper + timedelta(days=n) for n in range((end - proper).days + 1))
        passed = next((night for night in nights if Requests.in_hands(request, night) == 31), None)
        counted = passed or paid
        seen.add((passed is None, paid is None, back is not None and again is None))
        if counted is not None:
            for key in Requests.cells(request, counted):
                counts[key][0] += passed is None
                counts[key][1] += 1
    # In time, late, overdue, not yet due, with the LEA: all of them are there.
    assert {(True, False, False), (False, False, False), (False, True, False), (True, True, True)} <= seen
    assert (True, True, False) in seen
    close(told["reimbursed_within_30_days"], rates(counts))


def test_days_to_reimburse_stand_in_the_month_of_the_payment(
    folder: Path, told: dict[str, dict[Key, Cell]]
) -> None:
    days: dict[Key, list[int]] = defaultdict(list)
    for request in Requests(folder).all:
        if request[5] is not None:
            for key in Requests.cells(request, request[5]):
                days[key].append(Requests.in_hands(request, request[5]))
    close(
        told["median_days_to_reimburse"],
        {key: (None, Decimal(len(found)), float(median(found))) for key, found in days.items()},
    )
    close(
        told["p90_days_to_reimburse"],
        {
            key: (
                None,
                Decimal(len(found)),
                quantiles(found, n=10, method="inclusive")[8] if len(found) > 1 else float(found[0]),
            )
            for key, found in days.items()
        },
    )


def test_open_requests_are_those_in_the_agencys_hands_at_each_month_end(
    folder: Path, told: dict[str, dict[Key, Cell]]
) -> None:
    ages: dict[Key, list[int]] = defaultdict(list)
    for end in ENDS:
        for request in Requests(folder).all:
            *_, proper, back, again, paid = request
            is_with_lea = back is not None and back <= end and (again is None or again > end)
            if proper <= end and (paid is None or paid > end) and not is_with_lea:
                for organization, year, period, program, award in Requests.cells(request, end):
                    if period != "annual" or end.month == 6:
                        key = (organization, year, period, program, award)
                        ages[key].append(Requests.in_hands(request, end))
    close(told["open_requests"], {k: (None, Decimal(len(v)), float(len(v))) for k, v in ages.items()})
    close(
        told["oldest_open_request_days"],
        {k: (None, Decimal(len(v)), float(max(v))) for k, v in ages.items()},
    )


class Ledger:
    """What the ledger and the modifications say of each award at a day."""

    def __init__(self, folder: Path) -> None:
        self.entries = defaultdict(list)
        query = """
            SELECT a.fain, e.posted_on, e.amount_cents FROM entry e JOIN account a USING (account_code)
            WHERE e.entry_type = 'expenditure'
        """
        for fain, posted, cents in rows(folder, query, "ledger/ledger.db"):
            self.entries[fain].append((posted, cents))
        self.actions = rows(folder, "SELECT fain, action_on, amount_cents FROM award_modification")
        self.awards = rows(
            folder,
            "SELECT fain, assistance_listing, federal_fiscal_year, available_to, last_day_to_draw FROM award",
        )

    def spent(self, fain: str, end: date) -> int:
        return sum(cents for posted, cents in self.entries[fain] if posted <= end.isoformat())

    def authorized(self, fain: str, end: date) -> int:
        return sum(c for award, on, c in self.actions if award == fain and on <= end.isoformat())

    def share(self, fain: str, end: date) -> Fraction | None:
        authorized = self.authorized(fain, end)
        return Fraction(self.spent(fain, end), authorized) if authorized else None

    def alive(self, end: date) -> Iterator[tuple[str, str, int, str]]:
        for fain, program, year, available_to, last in self.awards:
            if f"{year}-07" <= month(end) <= last[:7]:
                yield fain, program, year, available_to


def years_before(end: date, years: int) -> date:
    """The end of the same month of an earlier year."""
    return date(end.year - years + end.month // 12, end.month % 12 + 1, 1) - timedelta(days=1)


def periods(end: date) -> tuple[str, ...]:
    return (month(end), "annual") if end.month == 6 else (month(end),)


def test_pace_compares_an_award_with_earlier_ones_when_they_were_as_old(
    folder: Path, told: dict[str, dict[Key, Cell]]
) -> None:
    ledger = Ledger(folder)
    expected: dict[Key, Cell] = {}
    for end in ENDS:
        for fain, program, year, _ in ledger.alive(end):
            before = [
                ledger.share(other, years_before(end, year - earlier))
                for other, other_program, earlier, *_ in ledger.awards
                if other_program == program and earlier < year
            ]
            known = [share for share in before if share is not None]
            share = ledger.share(fain, end)
            if share is not None and known and median(known) > 0:
                for period in periods(end):
                    key = ("FK", sy(end), period, "none", fain)
                    expected[key] = (None, Decimal(1), float(share / median(known)))
    close(told["award_spending_pace"], expected)


def test_projected_lapse_is_what_the_run_rate_leaves_unspent(
    folder: Path, told: dict[str, dict[Key, Cell]]
) -> None:
    ledger = Ledger(folder)
    expected: dict[Key, Cell] = {}
    for end in ENDS:
        lapses = {}
        for fain, _, year, available_to in ledger.alive(end):
            age = (end.year - year) * 12 + end.month - 6
            spent = ledger.spent(fain, end)
            before = ledger.spent(fain, years_before(end, 1)) if age > 12 else 0
            rate = Fraction(max(0, spent - before), min(age, 12))
            last = date.fromisoformat(available_to)
            left = max(0, (last.year - end.year) * 12 + last.month - end.month)
            rest = ledger.authorized(fain, end) - spent - int(rate * left + Fraction(1, 2))
            lapses[fain] = max(0, rest)
        for period in periods(end):
            for fain, cents in [*lapses.items(), ("none", sum(lapses.values()))]:
                count = len(lapses) if fain == "none" else 1
                expected["FK", sy(end), period, "none", fain] = (None, Decimal(count), cents / 100)
    assert any(cell[2] > 0 for cell in expected.values())
    close(told["projected_lapse_usd"], expected)


def test_what_was_not_drawn_by_the_last_day_has_lapsed(
    folder: Path, told: dict[str, dict[Key, Cell]]
) -> None:
    sums: dict[Key, list[int]] = defaultdict(lambda: [0, 0])
    query = """
        SELECT fain, assistance_listing, last_day_to_draw, amount_cents,
            amount_cents - (SELECT sum(d.amount_cents) FROM draw d WHERE d.fain = a.fain)
        FROM award a WHERE last_day_to_draw < '2025-09-30'
    """
    for fain, program, last, granted, lapsed in rows(folder, query):
        for key in ((program, fain), (program, "none"), ("none", "none")):
            cell = sums["FK", sy(date.fromisoformat(last)), "annual", *key]
            cell[0] += lapsed
            cell[1] += granted
    close(told["lapsed_award_rate"], rates(sums, 100))


def test_cash_is_drawn_after_it_was_paid(folder: Path, told: dict[str, dict[Key, Cell]]) -> None:
    own = dict(
        rows(
            folder,
            """
            SELECT document_number, min(posted_on) FROM entry WHERE document_type = 'state_expense' GROUP BY 1
            """,
            "ledger/ledger.db",
        )
    )
    query = """
        SELECT d.fain, d.drawn_on, p.paid_on, i.state_expense_id, i.amount_cents
        FROM draw_item i JOIN draw d USING (draw_id) LEFT JOIN payment p USING (payment_id)
        WHERE i.refund_id IS NULL
    """
    sums: dict[Key, list[int]] = defaultdict(lambda: [0, 0])
    for fain, drawn, paid, expense, cents in rows(folder, query):
        on = date.fromisoformat(drawn)
        days = (date.fromisoformat(paid or own[expense]) - on).days
        for award in (fain, "none"):
            for period in (month(on), "annual"):
                cell = sums["FK", sy(on), period, "none", award]
                cell[0] += days * cents
                cell[1] += cents
    found = told["cash_on_hand_days"]
    close(found, {k: (Decimal(a) / 100, Decimal(b) / 100, a / b) for k, (a, b) in sums.items()})
    assert max(cell[2] for cell in found.values()) <= 0
