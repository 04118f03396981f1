"""The exports of G6, the department's payment system: awards with their balance, and draws.

Put here: the two csv files. No public format exists; these columns are those a staff export is known to have.
Not here: what was drawn when (see `flows`).
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from simulator.audits import STATE_UEI
from simulator.money.world import Money

AWARD_HEADER = (
    "PR Award Number", "ALN", "Recipient UEI", "Award Amount", "Drawn", "Available Balance",
    "Last Drawdown Date", "Performance Start", "Performance End", "Liquidation Date",
)  # fmt: skip
DRAW_HEADER = (
    "PR Award Number", "Payment Request ID", "Transaction Type", "Request Date", "Settlement Date", "Amount",
    "Status",
)  # fmt: skip


def dollars(cents: int) -> str:
    """Cents as the export writes them: thousands separated, a minus before the figure."""
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100:,}.{abs(cents) % 100:02d}"


def _day(day: date | None) -> str:
    return f"{day:%m/%d/%Y}" if day else ""


def write_exports(money: Money, folder: Path) -> None:
    """Write both files."""
    folder.mkdir(parents=True, exist_ok=True)
    drawn = money.drawn_cents
    last: dict[str, date] = {}
    for draw in money.draws:
        last[draw.fain] = max(last.get(draw.fain, draw.drawn_on), draw.drawn_on)
    awards = (
        (
            a.fain, a.listing, STATE_UEI, dollars(a.amount_cents), dollars(drawn[a.fain]),
            dollars(a.amount_cents - drawn[a.fain]), _day(last.get(a.fain)), _day(a.available_from),
            _day(a.available_to), _day(a.last_day_to_draw),
        )
        for a in money.awards
    )  # fmt: skip
    _write(folder / "award_export.csv", AWARD_HEADER, awards)
    seen = money.settings.as_of
    draws = (
        (
            d.fain, d.number, "DRAW" if d.cents > 0 else "ADJUSTMENT", _day(d.drawn_on), _day(d.settled_on),
            dollars(d.cents), "SETTLED" if d.settled_on <= seen else "PENDING",
        )
        for d in money.draws
    )  # fmt: skip
    _write(folder / "draw_export.csv", DRAW_HEADER, draws)


def _write(path: Path, header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow(header)
        writer.writerows(rows)
