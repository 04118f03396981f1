"""The money that a review looks at: awards, requests that wait to be paid, spending beside outcomes.

Put here: rows of money at the end of a period. Not here: how the amounts come about (core tables), layout
(`review_shown`).
"""

from __future__ import annotations

from datetime import date
from typing import Any

from warehouse.read import Reader, Row

_AMOUNTS = (
    "authorized_usd", "drawn_usd", "available_usd", "expended_usd", "ledger_less_drawn_usd",
    "not_yet_drawn_usd", "unexplained_usd", "unexplained_since", "unexplained_days", "last_day_to_draw",
)  # fmt: skip


def money_rows(reader: Reader, day: date) -> list[Row]:
    """Each award at a month's end: authorized - drawn = available; ledger against draws, what is unexplained.

    The unexplained difference has the age of the oldest payment whose posting differs.
    """
    rows = reader.table("award_month", order="federal_program_code, award_id", month_ends_on=day)
    names = ("award_id", "federal_program_code", "federal_fiscal_year", *_AMOUNTS)
    return [{name: row[name] for name in names} for row in rows]


def request_rows(reader: Reader, day: date) -> list[dict[str, Any]]:
    """Requests open at a month's end by program: how many, how much, how many overdue, and the oldest."""
    found: dict[str, dict[str, Any]] = {}
    for row in reader.table("request_month", order="federal_program_code, request_id", month_ends_on=day):
        code = row["federal_program_code"]
        kept = found.setdefault(
            code,
            {"federal_program_code": code, "requests": 0, "amount_usd": 0.0, "overdue": 0, "oldest_days": 0},
        )
        kept["requests"] += 1
        kept["amount_usd"] = round(kept["amount_usd"] + row["amount_usd"], 2)
        kept["overdue"] += bool(row["is_overdue"])
        if row["open_days"] >= kept["oldest_days"]:
            kept |= {"oldest_days": row["open_days"], "oldest_request": row["request_id"]}
    return [found[code] for code in sorted(found)]


def quadrant_rows(reader: Reader, school_year: int) -> list[dict[str, Any]]:
    """How many organizations spend more or less than their peers, with better or worse outcomes."""
    found: dict[str, list[str]] = {}
    for row in reader.table("spend_outcome", order="organization_name", school_year=school_year):
        name = row["quadrant"] or f"none: {row['quadrant_reason']}"
        found.setdefault(name, []).append(row["organization_name"])
    return [
        {"quadrant": name, "organizations": len(names), "names": names}
        for name, names in sorted(found.items())
    ]
