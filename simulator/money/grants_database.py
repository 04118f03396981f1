"""The grants-management system's database, in SQLite.

Put here: its schema and the rows of each table.
Not here: how anything in it came about.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

from simulator.grants import Request
from simulator.money.allocations import REASONS
from simulator.money.applications import OBJECTS, request_lines
from simulator.money.world import Money

SCHEMA = """
CREATE TABLE lea (lea_id TEXT PRIMARY KEY, nces_lea_id TEXT NOT NULL, uei TEXT NOT NULL,
    lea_name TEXT NOT NULL, is_charter INTEGER NOT NULL, closed_on TEXT, merged_into_lea_id TEXT);
CREATE TABLE award (fain TEXT PRIMARY KEY, assistance_listing TEXT NOT NULL, program_title TEXT NOT NULL,
    federal_fiscal_year INTEGER NOT NULL, awarded_on TEXT NOT NULL, amount_cents INTEGER NOT NULL,
    available_from TEXT NOT NULL, first_period_to TEXT NOT NULL, available_to TEXT NOT NULL,
    last_day_to_draw TEXT NOT NULL, updated_at TEXT NOT NULL);
CREATE TABLE award_modification (fain TEXT NOT NULL REFERENCES award, modification_number INTEGER NOT NULL,
    action TEXT NOT NULL, action_on TEXT NOT NULL, amount_cents INTEGER NOT NULL,
    PRIMARY KEY (fain, modification_number));
CREATE TABLE allocation_version (fain TEXT NOT NULL REFERENCES award, version INTEGER NOT NULL,
    version_kind TEXT NOT NULL, issued_on TEXT NOT NULL, award_cents INTEGER NOT NULL,
    unallocated_cents INTEGER NOT NULL, note TEXT NOT NULL, PRIMARY KEY (fain, version));
CREATE TABLE reservation (fain TEXT NOT NULL, version INTEGER NOT NULL, reservation TEXT NOT NULL,
    amount_cents INTEGER NOT NULL, PRIMARY KEY (fain, version, reservation));
CREATE TABLE reservation_subgrant (fain TEXT NOT NULL, version INTEGER NOT NULL, reservation TEXT NOT NULL,
    lea_id TEXT NOT NULL REFERENCES lea, amount_cents INTEGER NOT NULL,
    PRIMARY KEY (fain, version, reservation, lea_id));
CREATE TABLE allocation (fain TEXT NOT NULL, version INTEGER NOT NULL, lea_id TEXT NOT NULL REFERENCES lea,
    formula_count INTEGER, amount_cents INTEGER NOT NULL, reason TEXT NOT NULL,
    PRIMARY KEY (fain, version, lea_id));
CREATE TABLE application (application_id TEXT PRIMARY KEY, fain TEXT NOT NULL REFERENCES award,
    lea_id TEXT NOT NULL REFERENCES lea, submitted_on TEXT NOT NULL, returned_on TEXT, resubmitted_on TEXT,
    substantially_approvable_on TEXT NOT NULL, approved_on TEXT NOT NULL, updated_at TEXT NOT NULL);
CREATE TABLE budget_line (fain TEXT NOT NULL, lea_id TEXT NOT NULL, revision INTEGER NOT NULL,
    object_code TEXT NOT NULL, amount_cents INTEGER NOT NULL, approved_on TEXT NOT NULL,
    PRIMARY KEY (fain, lea_id, revision, object_code));
CREATE TABLE reimbursement_request (request_id TEXT PRIMARY KEY, lea_id TEXT NOT NULL REFERENCES lea,
    fain TEXT NOT NULL REFERENCES award, assistance_listing TEXT NOT NULL, amount_cents INTEGER NOT NULL,
    submitted_on TEXT NOT NULL, proper_on TEXT NOT NULL, returned_on TEXT, resubmitted_on TEXT,
    approved_on TEXT, period_from TEXT NOT NULL, period_to TEXT NOT NULL, updated_at TEXT NOT NULL);
CREATE TABLE request_line (request_id TEXT NOT NULL REFERENCES reimbursement_request,
    object_code TEXT NOT NULL, amount_cents INTEGER NOT NULL, PRIMARY KEY (request_id, object_code));
CREATE TABLE refused_request (refused_id TEXT PRIMARY KEY, lea_id TEXT NOT NULL REFERENCES lea,
    fain TEXT NOT NULL REFERENCES award, amount_cents INTEGER NOT NULL, budget_left_cents INTEGER NOT NULL,
    submitted_on TEXT NOT NULL, refused_on TEXT NOT NULL, reason TEXT NOT NULL);
CREATE TABLE payment (payment_id INTEGER PRIMARY KEY,
    request_id TEXT NOT NULL REFERENCES reimbursement_request, paid_on TEXT NOT NULL,
    amount_cents INTEGER NOT NULL, updated_at TEXT NOT NULL);
CREATE TABLE refund (refund_id INTEGER PRIMARY KEY,
    request_id TEXT NOT NULL REFERENCES reimbursement_request, refunded_on TEXT NOT NULL,
    amount_cents INTEGER NOT NULL);
CREATE TABLE carryover (fain TEXT NOT NULL REFERENCES award, lea_id TEXT NOT NULL REFERENCES lea,
    measured_on TEXT NOT NULL, allocation_cents INTEGER NOT NULL, obligated_cents INTEGER NOT NULL,
    carryover_cents INTEGER NOT NULL, cap_cents INTEGER, has_waiver INTEGER NOT NULL,
    PRIMARY KEY (fain, lea_id));
CREATE TABLE draw (draw_id TEXT PRIMARY KEY, fain TEXT NOT NULL REFERENCES award, drawn_on TEXT NOT NULL,
    amount_cents INTEGER NOT NULL);
CREATE TABLE draw_item (draw_id TEXT NOT NULL REFERENCES draw, item_number INTEGER NOT NULL,
    payment_id INTEGER, refund_id INTEGER, state_expense_id TEXT, amount_cents INTEGER NOT NULL,
    PRIMARY KEY (draw_id, item_number));
"""
Row = tuple[object, ...]


def write_database(money: Money, path: Path) -> None:
    """Write the database from empty."""
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path)
    try:
        connection.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + SCHEMA)
        for table, rows in _tables(money):
            _insert(connection, table, rows)
        connection.commit()
    finally:
        connection.close()


def _insert(connection: sqlite3.Connection, table: str, rows: Iterable[Row]) -> None:
    width = len(connection.execute(f"PRAGMA table_info({table})").fetchall())
    connection.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * width)})", rows)


def _tables(money: Money) -> Iterator[tuple[str, Iterable[Row]]]:
    yield "lea", _leas(money)
    yield "award", _awards(money)
    yield (
        "award_modification",
        (
            (award.fain, item.number, item.action, _iso(item.action_on), item.amount_cents)
            for award in money.awards
            for item in award.modifications
        ),
    )
    yield from _allocations(money)
    yield "application", _applications(money)
    yield (
        "budget_line",
        (
            (budget.fain, budget.lea.state_id, budget.revision, code, cents, _iso(budget.approved_on))
            for budget in money.budgets
            for code, cents in zip(OBJECTS, budget.cents.tolist(), strict=True)
        ),
    )
    yield "reimbursement_request", _requests(money)
    yield "request_line", _lines(money)
    yield (
        "refused_request",
        (
            (
                r.number,
                r.lea.state_id,
                r.fain,
                r.cents,
                r.left_cents,
                _iso(r.submitted_on),
                _iso(r.refused_on),
                r.reason,
            )
            for r in money.refusals
        ),
    )
    yield (
        "payment",
        (
            (p.number, p.claim.request.request_id, _iso(p.paid_on), p.cents, _stamp(p.paid_on))
            for p in money.payments
        ),
    )
    yield (
        "refund",
        ((r.number, r.claim.request.request_id, _iso(r.refunded_on), r.cents) for r in money.refunds),
    )
    yield "carryover", _carryovers(money)
    yield "draw", ((draw.number, draw.fain, _iso(draw.drawn_on), draw.cents) for draw in money.draws)
    yield (
        "draw_item",
        (
            (draw.number, number, item.payment, item.refund, item.expense, item.cents)
            for draw in money.draws
            for number, item in enumerate(draw.items, start=1)
        ),
    )


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _stamp(*days: date | None) -> str:
    """The evening of the last of some days: when the row was last written."""
    return f"{max(day for day in days if day).isoformat()}T18:00:00"


def _leas(money: Money) -> Iterator[Row]:
    for lea in money.state.leas:
        into = money.state.leas[lea.merged_into].state_id if lea.merged_into is not None else None
        yield lea.state_id, lea.nces_id, lea.uei, lea.name, int(lea.is_charter), _iso(lea.closed_on), into


def _awards(money: Money) -> Iterator[Row]:
    for award in money.awards:
        days = (
            award.awarded_on,
            award.available_from,
            award.first_period_to,
            award.available_to,
            award.last_day_to_draw,
        )
        awarded, *periods = map(_iso, days)
        changed = _stamp(award.modifications[-1].action_on)
        yield (
            award.fain,
            award.listing,
            award.title,
            award.fiscal_year,
            awarded,
            award.amount_cents,
            *periods,
            changed,
        )


def _allocations(money: Money) -> Iterator[tuple[str, Iterable[Row]]]:
    pairs = [(fain, version) for fain, versions in money.versions.items() for version in versions]
    yield (
        "allocation_version",
        (
            (fain, v.number, v.kind, _iso(v.issued_on), v.award_cents, v.unallocated_cents, v.note)
            for fain, v in pairs
        ),
    )
    yield (
        "reservation",
        ((fain, v.number, name, cents) for fain, v in pairs for name, cents in v.reservations.items()),
    )
    yield (
        "reservation_subgrant",
        ((s.fain, s.version, s.reservation, s.lea.state_id, s.cents) for s in money.subgrants()),
    )
    leas = money.state.leas
    yield (
        "allocation",
        (
            (fain, v.number, leas[position].state_id, count if count > 0 else None, cents, REASONS[reason])
            for fain, v in pairs
            for position, count, cents, reason in zip(
                v.positions.tolist(),
                v.counts.tolist() if v.counts is not None else [0] * len(v.positions),
                v.amounts.tolist(),
                v.reasons.tolist(),
                strict=True,
            )
        ),
    )


def _applications(money: Money) -> Iterator[Row]:
    for form in money.applications:
        days = (
            form.submitted_on,
            form.returned_on,
            form.resubmitted_on,
            form.approvable_on,
            form.approved_on,
        )
        yield (form.number, form.award.fain, form.lea.state_id, *map(_iso, days), _stamp(form.approved_on))


def _requests(money: Money) -> Iterator[Row]:
    for claim in money.claims:
        r = claim.request
        days = (r.submitted_on, r.proper_on, r.returned_on, r.resubmitted_on, r.approved_on)
        period = (_iso(claim.period_from), _iso(claim.period_to))
        yield (
            r.request_id, r.lea.state_id, r.fain, r.listing, r.amount_cents, *map(_iso, days), *period,
            _stamp(*days),
        )  # fmt: skip


def _lines(money: Money) -> Iterator[Row]:
    last = {(budget.fain, budget.lea.position): budget.cents for budget in money.budgets}
    grouped: dict[tuple[str, int], list[Request]] = defaultdict(list)
    for request in money.requests:
        grouped[request.fain, request.lea.position].append(request)
    for key, requests in grouped.items():
        for request, cents in zip(requests, request_lines(requests, last[key]).tolist(), strict=True):
            for code, part in zip(OBJECTS, cents, strict=True):
                yield request.request_id, code, part


def _carryovers(money: Money) -> Iterator[Row]:
    awards, leas = money.by_fain, money.state.leas
    for fain, by_position in money.carryovers.items():
        day = _iso(awards[fain].first_period_to)
        for position, carry in by_position.items():
            yield (
                fain, leas[position].state_id, day, carry.allocation_cents, carry.obligated_cents,
                carry.carryover_cents, carry.cap_cents, int(carry.has_waiver),
            )  # fmt: skip
