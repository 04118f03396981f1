"""What Franklin's units report of their milestones and actions: workbooks, one per unit and school year.

Put here: the reports and their sheet. Not here: the work itself and how it ends (see `plan_work`), Franklin's
plan, which the agency keeps.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from openpyxl import Workbook

from simulator.finance import without_clock
from simulator.plan_work import FATES, UNITS, Node
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
QUARTER_ENDS = ((9, 30), (12, 31), (3, 31), (6, 30))
_PURPOSE = 90


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


def quarter_ends(year: int) -> list[date]:
    """The four days of a school year that units report for."""
    return [date(year - 1 if month > 6 else year, month, day) for month, day in QUARTER_ENDS]


def make_reports(settings: Settings, unit: str, year: int) -> list[Report]:
    """A unit's reports of a school year: each quarter, and of a milestone the day it was finished."""
    work = UNITS[unit]
    draw = settings.generator(_PURPOSE, year, work.number)
    reports: list[Report] = []
    for node in work.nodes.get(year, ()):
        delay = int(draw.integers(-30, 60))
        if node.is_milestone:
            reports += _milestone(node, year, work.role)
            continue
        finished = node.due + timedelta(days=delay)
        for as_of in quarter_ends(year):
            percent = max(0, min(100, 100 - (finished - as_of).days * 100 // 300))
            reports.append(_report(node, as_of, percent, finished, work.role))
    return reports


def _milestone(node: Node, year: int, role: str) -> list[Report]:
    """It goes on evenly until it is finished, or until it stops at what its fate says."""
    fate = FATES[node.code]
    days = set(quarter_ends(year))
    if fate.finished is not None:
        days.add(fate.finished)
    start, end = date(year - 1, 7, 1), fate.finished or date(year, 6, 30)
    reports = []
    for as_of in sorted(days):
        percent = min(fate.percent, fate.percent * (as_of - start).days // (end - start).days)
        reports.append(_report(node, as_of, percent, fate.finished or date.max, role))
    return reports


def _report(node: Node, as_of: date, percent: int, finished: date, role: str) -> Report:
    is_quarter = (as_of.month, as_of.day) in QUARTER_ENDS
    review = "Annual" if is_quarter and as_of.month == 6 else "Quarterly" if is_quarter else "Monthly"
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
    for unit, work in sorted(UNITS.items()):
        reports = make_reports(settings, unit, year)
        if reports:
            folder.mkdir(parents=True, exist_ok=True)
            _write(reports, work.nodes[year], folder / f"status_{unit}.xlsx")
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
