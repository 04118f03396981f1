"""Franklin's books about federal money, read by plain sqlite3 and counted in whole cents.

Put here: what an award's systems say up to a day. Not here: anything of the product, whose figures are held
against this.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

Document = tuple[str, str]  # payment, refund or state_expense, and its number


def day(text: str | None) -> date | None:
    """An ISO day; none stays none."""
    return None if text is None else date.fromisoformat(text)


def rows(path: Path, query: str) -> list[tuple[Any, ...]]:
    """Ask a database."""
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def month_ends(school_year: int) -> list[date]:
    """The twelve month ends of a school year."""
    firsts = [date(school_year - 1, m, 1) for m in range(8, 13)] + [
        date(school_year, m, 1) for m in range(1, 8)
    ]
    return [first - timedelta(days=1) for first in firsts]


def months_between(start: date, end: date) -> int:
    """Month ends from one day to another."""
    return (end.year - start.year) * 12 + end.month - start.month


@dataclass(frozen=True)
class Award:
    """An award as it stands in the grants-management system."""

    fain: str
    listing: str
    fiscal_year: int
    available_from: date
    available_to: date
    last_day_to_draw: date


class Books:
    """Every movement with its day and cents."""

    def __init__(self, data: Path) -> None:
        grants, ledger = data / "grants" / "grants_management.db", data / "ledger" / "ledger.db"
        self.awards = {
            fain: Award(fain, listing, year, *(date.fromisoformat(d) for d in days))
            for fain, listing, year, *days in rows(
                grants,
                "SELECT fain, assistance_listing, federal_fiscal_year, available_from, available_to,"
                " last_day_to_draw FROM award",
            )
        }
        self.modifications = self._flow(
            grants, "SELECT fain, action_on, amount_cents FROM award_modification"
        )
        self.asked = self._flow(grants, "SELECT fain, proper_on, amount_cents FROM reimbursement_request")
        self.draws = self._flow(grants, "SELECT fain, drawn_on, amount_cents FROM draw")
        self.moved: dict[str, list[tuple[Document, date, int]]] = defaultdict(list)
        for fain, kind, number, on, cents in rows(
            grants,
            "SELECT fain, 'payment', payment_id, paid_on, p.amount_cents FROM payment p"
            " JOIN reimbursement_request USING (request_id) UNION ALL SELECT fain, 'refund', refund_id,"
            " refunded_on, -f.amount_cents"
            " FROM refund f JOIN reimbursement_request USING (request_id)",
        ):
            self.moved[fain].append(((kind, str(number)), date.fromisoformat(on), cents))
        self.posted: dict[str, list[tuple[Document, date, int]]] = defaultdict(list)
        for fain, kind, number, on, cents in rows(
            ledger,
            "SELECT fain, document_type, document_number, posted_on, amount_cents FROM entry JOIN account"
            " USING (account_code) WHERE entry_type = 'expenditure'",
        ):
            self.posted[fain].append(((kind, number), date.fromisoformat(on), cents))
        self.drawn_on: dict[Document, date] = {}
        for payment, refund, expense, on in rows(
            grants,
            "SELECT payment_id, refund_id, state_expense_id, drawn_on FROM draw_item"
            " JOIN draw USING (draw_id)",
        ):
            number = str(payment or refund or expense)
            kind = "payment" if payment else "refund" if refund else "state_expense"
            self.drawn_on[kind, number] = date.fromisoformat(on)

    @staticmethod
    def _flow(path: Path, query: str) -> dict[str, list[tuple[date, int]]]:
        found: dict[str, list[tuple[date, int]]] = defaultdict(list)
        for fain, on, cents in rows(path, query):
            found[fain].append((date.fromisoformat(on), cents))
        return found

    def by(self, flow: str, fain: str, end: date) -> int:
        """Cents of a flow up to a day."""
        return sum(movement[-1] for movement in getattr(self, flow)[fain] if movement[-2] <= end)

    def own(self, fain: str, end: date) -> int:
        """What the agency spent itself."""
        return sum(c for (kind, _), on, c in self.posted[fain] if kind == "state_expense" and on <= end)

    def share(self, fain: str, end: date) -> float | None:
        """The part of the award that the ledger has spent."""
        authorized = self.by("modifications", fain, end)
        return self.by("posted", fain, end) / authorized if authorized else None

    def differing_since(self, fain: str, end: date) -> date | None:
        """Day since which the oldest document has not been posted as it was paid."""
        events: dict[Document, dict[date, int]] = defaultdict(lambda: defaultdict(int))
        for sign, flow in ((-1, self.moved), (1, self.posted)):
            for document, on, cents in flow[fain]:
                if document[0] != "state_expense" and on <= end:
                    events[document][on] += sign * cents
        found = []
        for days in events.values():
            total, since = 0, None
            for on in sorted(days):
                total += days[on]
                since = None if total == 0 else since or on
            if since is not None:
                found.append(since)
        return min(found, default=None)

    def documents(self, fain: str, end: date) -> list[tuple[Document, date, int]]:
        """Payments, refunds and the agency's own expenses."""
        own = [item for item in self.posted[fain] if item[0][0] == "state_expense"]
        return [item for item in (*self.moved[fain], *own) if item[1] <= end]

    def not_drawn(self, fain: str, end: date) -> list[tuple[Document, date, int]]:
        """Those that no draw covers by a day."""
        return [item for item in self.documents(fain, end) if self.drawn_on.get(item[0], date.max) > end]

    def not_posted(self, fain: str, end: date) -> int:
        """Cents of payments and refunds that no entry books by a day, on whatever award."""
        there = {document for entries in self.posted.values() for document, on, _ in entries if on <= end}
        return sum(cents for document, on, cents in self.moved[fain] if on <= end and document not in there)
