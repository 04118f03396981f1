"""The instructional days of Franklin's school years.

Put here: on which dates schools are open.
Not here: who came (see `attendance`).
"""

from __future__ import annotations

from datetime import date, timedelta

INSTRUCTIONAL_DAYS = 180


def instructional_days(year: int) -> list[date]:
    """Give the 180 open days of a school year: weekdays from the last week of August, but three breaks."""
    day = date(year - 1, 8, 31)
    day -= timedelta(days=day.weekday())
    closed = _breaks(year)
    days: list[date] = []
    while len(days) < INSTRUCTIONAL_DAYS:
        if day.weekday() < 5 and not any(first <= day <= last for first, last in closed):
            days.append(day)
        day += timedelta(days=1)
    return days


def month_ends(year: int) -> list[tuple[str, int]]:
    """Each month with open days as `2025-03`, and how many days of the year were open by its end."""
    months = [day.strftime("%Y-%m") for day in instructional_days(year)]
    return [(month, sum(one <= month for one in months)) for month in sorted(set(months))]


def _breaks(year: int) -> list[tuple[date, date]]:
    return [
        (date(year - 1, 11, 22), date(year - 1, 11, 26)),
        (date(year - 1, 12, 21), date(year, 1, 2)),
        (date(year, 3, 18), date(year, 3, 24)),
    ]
