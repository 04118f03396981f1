"""What Franklin's units report of their milestones and actions: workbooks, one per unit and school year.

Put here: the reports and their sheet. Not here: Franklin's plan itself, which the agency keeps; the codes
below are those that its units were given.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from openpyxl import Workbook

from simulator.finance import without_clock
from simulator.settings import Settings

HEADERS = (
    "Code",
    "What it is",
    "Due",
    "Status",
    "As of",
    "Percent complete",
    "What happened",
    "What stands in the way",
    "Reported by",
    "Review",
)
HEADER_ROW = 4
_PURPOSE = 90


@dataclass(frozen=True)
class Node:
    """A milestone or action as its unit knows it."""

    code: str
    title: str
    due: date


@dataclass(frozen=True)
class Report:
    """One filled row."""

    node: Node
    status: str
    as_of: date
    percent: int
    narrative: str
    barrier: str | None
    role: str
    review: str


_UNITS: dict[str, tuple[str, dict[int, tuple[Node, ...]]]] = {
    "attendance": (
        "Attendance lead",
        {
            2024: (
                Node("G1.S1.M1", "Districts send weekly absence", date(2024, 5, 31)),
                Node("G1.S1.M1.A1", "Agree on one extract with the vendors", date(2023, 10, 31)),
                Node("G1.S1.M1.A2", "Bring the districts on in three waves", date(2024, 3, 31)),
            ),
            2025: (
                Node("G1.S1.M2", "Attendance teams meet every week", date(2025, 5, 31)),
                Node("G1.S1.M2.A1", "Train attendance teams", date(2024, 11, 15)),
                Node("G1.S1.M2.A2", "Visit the twenty schools with the most absence", date(2025, 2, 28)),
            ),
        },
    ),
    "literacy": (
        "Literacy lead",
        {
            2024: (
                Node("G2.S1.M1", "Half of the teachers have finished the course", date(2024, 5, 31)),
                Node("G2.S1.M1.A1", "Choose the course and its trainers", date(2023, 9, 30)),
            ),
            2025: (
                Node("G2.S1.M2", "All of them have finished", date(2025, 5, 31)),
                Node("G2.S1.M2.A1", "Place coaches", date(2024, 9, 15)),
            ),
        },
    ),
    "grants": (
        "Grants manager",
        {
            2024: (
                Node("G3.S1.M1", "Requests are paid in thirty days", date(2024, 5, 31)),
                Node("G3.S1.M1.A2", "Settle what makes a request proper", date(2024, 1, 31)),
            ),
            2025: (Node("G3.S1.M2.A1", "Second reviewer for the summer peak", date(2025, 6, 30)),),
        },
    ),
}


def make_reports(settings: Settings, unit: str, year: int) -> list[Report]:
    """A unit's quarterly reports of a school year: work goes on at its own pace, and some of it is late."""
    role, by_year = _UNITS[unit]
    draw = settings.generator(_PURPOSE, year, sorted(_UNITS).index(unit))
    reports = []
    for node in by_year.get(year, ()):
        delay = int(draw.integers(-30, 60))
        finished = node.due + timedelta(days=delay)
        for month, day in ((9, 30), (12, 31), (3, 31), (6, 30)):
            as_of = date(year - 1 if month > 6 else year, month, day)
            days_left = (finished - as_of).days
            percent = max(0, min(100, 100 - days_left * 100 // 300))
            reports.append(_report(node, as_of, percent, finished, role))
    return reports


def _report(node: Node, as_of: date, percent: int, finished: date, role: str) -> Report:
    review = "Annual" if as_of.month == 6 else "Quarterly"
    if as_of >= finished:
        return Report(node, "Complete", as_of, 100, "Done, with its outputs.", None, role, review)
    if percent == 0:
        return Report(node, "Not started", as_of, 0, "Planned for later this year.", None, role, review)
    if as_of > node.due:
        barrier = "Staff time; two positions are not filled."
        return Report(node, "Delayed", as_of, min(percent, 99), "Behind its date.", barrier, role, review)
    return Report(node, "In progress", as_of, min(percent, 99), "Going on as planned.", None, role, review)


def write_reports(settings: Settings, year: int, folder: Path) -> int:
    """Write a workbook per unit below `folder`; gives the number of reports, none for years without plan."""
    total = 0
    for unit in sorted(_UNITS):
        reports = make_reports(settings, unit, year)
        if reports:
            folder.mkdir(parents=True, exist_ok=True)
            _write(reports, _UNITS[unit][1][year], folder / f"status_{unit}.xlsx")
            total += len(reports)
    return total


def _write(reports: list[Report], nodes: tuple[Node, ...], file: Path) -> None:
    workbook = Workbook()
    sheet = workbook.create_sheet("Status", 0)
    workbook.remove(workbook["Sheet"])
    sheet.cell(1, 1, "Status of milestones and actions")
    for column, name in enumerate(HEADERS, start=1):
        sheet.cell(HEADER_ROW, column, name)
    row = HEADER_ROW + 1
    for r in reports:
        values = (
            r.node.code, r.node.title, r.node.due.isoformat(), r.status, r.as_of, r.percent, r.narrative,
            r.barrier, r.role, r.review,
        )  # fmt: skip
        for column, value in enumerate(values, start=1):
            sheet.cell(row, column, value)
        row += 1
    # The template's row for a node on which nothing more is reported.
    sheet.cell(row, 1, nodes[-1].code)
    sheet.cell(row, 2, nodes[-1].title)
    file.write_bytes(without_clock(workbook))
