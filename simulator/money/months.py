"""Month ends, quarters and school years of days: what figures of a period are named by.

Put here: how a day is placed. Not here: instructional days (see `simulator.school_calendar`).
"""

from __future__ import annotations

from datetime import date, timedelta

from simulator.settings import Settings


def school_year(day: date) -> int:
    """The school year a day is in: July to June, named by its spring."""
    return day.year + (day.month > 6)


def month_label(day: date) -> str:
    """A month as figures name it: 2025-03."""
    return f"{day.year}-{day.month:02d}"


def quarter_label(day: date) -> str:
    """A quarter of the calendar as figures name it: 2025-Q1."""
    return f"{day.year}-Q{(day.month + 2) // 3}"


def month_number(day: date) -> int:
    """Months since the year nought: the difference of two is how many month ends lie between."""
    return day.year * 12 + day.month - 1


def month_end(number: int) -> date:
    """The last day of a month by its number."""
    year, month = divmod(number + 1, 12)
    return date(year, month + 1, 1) - timedelta(days=1)


def month_ends(settings: Settings, year: int) -> list[date]:
    """The month ends of a school year that `as_of` has seen."""
    first = month_number(date(year - 1, 7, 1))
    return [day for day in map(month_end, range(first, first + 12)) if day <= settings.as_of]


def periods_at(ends: list[date], end: date) -> tuple[str, ...]:
    """What a figure at a month end is the figure of: the month, and the year where it is its last."""
    return (month_label(end), "annual") if end == ends[-1] else (month_label(end),)
