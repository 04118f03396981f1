"""The state's general ledger: what was obligated, spent and received, by account code, in SQLite.

Put here: accounts, postings, reversals, and the database of them.
Not here: why money moved (see `flows`, `allocations`).

An account code is fund-function-object-program; the program segment names the award. Some payments are posted
to the award of another year first, reversed, and posted again: sums by document are right all the same.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

from simulator.money.awards import FISCAL_YEARS, FederalAward
from simulator.money.world import Money

FUND = "210"
SUBGRANT, REVENUE = ("2990", "590"), ("0000", "450")
OWN = {
    "state_administration": ("2320", "110"),
    "state_activities": ("2213", "330"),
    "school_improvement": ("2213", "320"),
}
TITLES = {
    SUBGRANT: "Subgrants to LEAs",
    REVENUE: "Federal revenue drawn",
    OWN["state_administration"]: "State administration",
    OWN["state_activities"]: "State activities",
    OWN["school_improvement"]: "School improvement",
}
MISPOSTED_SHARE = 0.008
CORRECTED_AFTER = timedelta(days=17)

SCHEMA = """
CREATE TABLE account (account_code TEXT PRIMARY KEY, fund TEXT NOT NULL, function TEXT NOT NULL,
    object TEXT NOT NULL, program TEXT NOT NULL, account_title TEXT NOT NULL, fain TEXT NOT NULL);
CREATE TABLE entry (entry_id INTEGER PRIMARY KEY, journal_number TEXT NOT NULL, line_number INTEGER NOT NULL,
    posted_on TEXT NOT NULL, entered_at TEXT NOT NULL, account_code TEXT NOT NULL REFERENCES account,
    entry_type TEXT NOT NULL, amount_cents INTEGER NOT NULL, lea_id TEXT, document_type TEXT NOT NULL,
    document_number TEXT NOT NULL, reverses_entry_id INTEGER REFERENCES entry, description TEXT NOT NULL);
"""


@dataclass(frozen=True)
class Entry:
    """One line of the ledger; `reverses` is the place of the reversed entry among those as made."""

    posted_on: date
    account_code: str
    entry_type: str
    cents: int
    lea_id: str | None
    document_type: str
    document_number: str
    description: str
    reverses: int | None = None


def account(award: FederalAward, kind: tuple[str, str]) -> str:
    """The account code of an award and a function and object."""
    return f"{FUND}-{kind[0]}-{kind[1]}-{award.program_segment}"


def make_entries(money: Money) -> list[Entry]:
    """Every posting up to `as_of`, in the order they were made."""
    seen = money.settings.as_of
    entries = [*_obligations(money), *_subgrants(money), *_own(money), *_draws(money)]
    entries = [replace(entry, posted_on=min(entry.posted_on, seen)) for entry in entries]
    order = sorted(range(len(entries)), key=lambda i: (entries[i].posted_on, entries[i].document_type, i))
    place = {old: new for new, old in enumerate(order)}
    return [_moved(entries[old], place) for old in order]


def _moved(entry: Entry, place: dict[int, int]) -> Entry:
    return entry if entry.reverses is None else replace(entry, reverses=place[entry.reverses])


def _obligations(money: Money) -> Iterator[Entry]:
    """The final version obligates an LEA's allocation, each later one what it changes."""
    approved = {(form.award.fain, form.lea.position): form.approved_on for form in money.applications}
    awards = money.by_fain
    for fain, versions in money.versions.items():
        before: dict[int, int] = {}
        for version in versions[1:]:
            now = version.by_position()
            for position, cents in now.items():
                change = cents - before.get(position, 0)
                if change:
                    lea = money.state.leas[position]
                    day = max(version.issued_on + timedelta(days=3), approved[fain, position])
                    number = f"{fain}/{version.number}/{lea.state_id}"
                    yield Entry(day, account(awards[fain], SUBGRANT), "obligation", change, lea.state_id,
                                "allocation", number, f"Allocation version {version.number}")  # fmt: skip
            before = now


def _subgrants(money: Money) -> list[Entry]:
    """Payments and refunds; the list starts where `_obligations` ended, which a reversal must know."""
    start = sum(1 for _ in _obligations(money))
    draw = money.settings.generator(309)
    wrong = (draw.random(len(money.payments)) < MISPOSTED_SHARE).tolist()
    lag = draw.integers(0, 3, len(money.payments)).tolist()
    awards = money.by_fain
    by_key = {award.key: award for award in money.awards}
    made: list[Entry] = []
    for payment, is_wrong, days in zip(money.payments, wrong, lag, strict=True):
        request = payment.claim.request
        award = awards[request.fain]
        right = Entry(
            posted_on=payment.paid_on + timedelta(days=days),
            account_code=account(award, SUBGRANT),
            entry_type="expenditure",
            cents=payment.cents,
            lea_id=request.lea.state_id,
            document_type="payment",
            document_number=str(payment.number),
            description=request.request_id,
        )
        mended_on = right.posted_on + CORRECTED_AFTER
        if is_wrong and mended_on <= money.settings.as_of:
            other = by_key[
                award.listing, award.fiscal_year + (-1 if award.fiscal_year > FISCAL_YEARS[0] else 1)
            ]
            first = replace(right, account_code=account(other, SUBGRANT))
            made.append(first)
            reversal = replace(
                first, posted_on=mended_on, cents=-payment.cents, reverses=start + len(made) - 1
            )
            made.append(replace(reversal, description=f"Reversal, wrong award: {request.request_id}"))
            right = replace(right, posted_on=mended_on)
        made.append(right)
    for refund in money.refunds:
        request = refund.claim.request
        made.append(
            Entry(
                posted_on=refund.refunded_on,
                account_code=account(awards[request.fain], SUBGRANT),
                entry_type="expenditure",
                cents=-refund.cents,
                lea_id=request.lea.state_id,
                document_type="refund",
                document_number=str(refund.number),
                description=request.request_id,
            )
        )
    return made


def _own(money: Money) -> Iterator[Entry]:
    awards = money.by_fain
    for expense in money.expenses:
        code = account(awards[expense.fain], OWN[expense.reservation])
        yield Entry(expense.spent_on, code, "expenditure", expense.cents, None, "state_expense",
                    expense.number, TITLES[OWN[expense.reservation]])  # fmt: skip


def _draws(money: Money) -> Iterator[Entry]:
    awards = money.by_fain
    for draw in money.draws:
        yield Entry(draw.drawn_on, account(awards[draw.fain], REVENUE), "revenue", draw.cents, None, "draw",
                    draw.number, "Draw from G6")  # fmt: skip


def _accounts(money: Money) -> Iterator[tuple[object, ...]]:
    for award in money.awards:
        for kind, title in TITLES.items():
            code = account(award, kind)
            yield code, FUND, *kind, award.program_segment, f"{title}, {award.title}", award.fain


def _rows(entries: list[Entry]) -> Iterator[tuple[object, ...]]:
    journal, line, before = 0, 0, (date.min, "")
    for number, entry in enumerate(entries, start=1):
        batch = (entry.posted_on, entry.document_type)  # what is posted together on a day is one journal
        journal, line = (journal, line + 1) if batch == before else (journal + 1, 1)
        before = batch
        yield (
            number, f"JE-{entry.posted_on.year}-{journal:06d}", line, entry.posted_on.isoformat(),
            f"{entry.posted_on.isoformat()}T19:30:00", entry.account_code, entry.entry_type, entry.cents,
            entry.lea_id, entry.document_type, entry.document_number,
            None if entry.reverses is None else entry.reverses + 1, entry.description,
        )  # fmt: skip


def write_ledger(money: Money, path: Path) -> None:
    """Write the database from empty."""
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path)
    try:
        connection.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + SCHEMA)
        accounts = sorted(_accounts(money), key=str)
        connection.executemany("INSERT INTO account VALUES (?, ?, ?, ?, ?, ?, ?)", accounts)
        connection.executemany(
            f"INSERT INTO entry VALUES ({', '.join('?' * 13)})", _rows(make_entries(money))
        )
        connection.commit()
    finally:
        connection.close()
