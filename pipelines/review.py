"""What a review of the plan looks at: work each month, milestones each quarter, goals each year.

Put here: which rows of the warehouse a review needs. Not here: how they look (`review_shown`), how statuses
come about (`assets/status`, `assets/roll_up`).
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from pipelines.review_money import money_rows, quadrant_rows, request_rows
from warehouse.model.errors import SpmError
from warehouse.read import Reader, Row

Kind = Literal["monthly", "quarterly", "annual"]
_TO_BE_RESET = ("PARTIAL", "NOT_MET", "CARRIED_FORWARD", None)


@dataclass(frozen=True)
class Period:
    """What is reviewed: a month, a quarter of the calendar, or a school year."""

    kind: Kind
    name: str
    first: date
    last: date

    @property
    def school_year(self) -> int:
        """The school year in which it ends."""
        return self.last.year + (self.last.month >= 7)

    @property
    def months(self) -> tuple[str, ...]:
        """Its months, such as 2025-03."""
        count = (self.last.year - self.first.year) * 12 + self.last.month - self.first.month + 1
        starts = [self.first.year * 12 + self.first.month - 1 + i for i in range(count)]
        return tuple(f"{start // 12}-{start % 12 + 1:02d}" for start in starts)


def period(month: str | None, quarter: str | None, year: int | None) -> Period:
    """The one period that was asked for.

    Raises:
        SpmError: None or several were, or it is no month or quarter.
    """
    if [month, quarter, year].count(None) != 2:
        raise SpmError(
            "A review is of one month, one quarter or one school year",
            remedy="Give one of --month 2025-03, --quarter 2025-Q1 and --year 2025",
        )
    if year is not None:
        return Period("annual", str(year), date(year - 1, 7, 1), date(year, 6, 30))
    if month is not None:
        if not re.fullmatch(r"[0-9]{4}-(0[1-9]|1[0-2])", month):
            raise SpmError("Not a month", value=month, remedy="Write it such as 2025-03")
        return _span("monthly", month, int(month[:4]), int(month[5:]), 1)
    if not re.fullmatch(r"[0-9]{4}-Q[1-4]", quarter or ""):
        raise SpmError("Not a quarter", value=quarter, remedy="Write it such as 2025-Q1, January to March")
    number = int(str(quarter)[-1])
    return _span("quarterly", str(quarter), int(str(quarter)[:4]), 3 * number - 2, 3)


def _span(kind: Kind, name: str, year: int, month: int, months: int) -> Period:
    last = month + months - 1
    return Period(kind, name, date(year, month, 1), date(year, last, monthrange(year, last)[1]))


def review(reader: Reader, asked: Period) -> dict[str, Any]:
    """Everything a review of the period looks at, as plain values.

    Raises:
        SpmError: The release says nothing of it.
    """
    nodes = {node["node_id"]: node for node in reader.table("plan_node", order="node_id")}
    work = _work(reader, asked, nodes)
    parts: dict[str, Any] = {
        "review_type": asked.kind,
        "period": asked.name,
        "release": reader.release(),
        "silent_units": _silent_units(reader, asked),
        "decisions": _decisions(reader, asked, nodes),
        "money": money_rows(reader, asked.last),
        "open_requests": request_rows(reader, asked.last),
        "submissions": _submissions(reader, asked),
    }
    if asked.kind == "monthly":
        parts["actions"] = [row for row in work if row["node_type"] == "action"]
    else:
        parts["milestones"] = [row for row in work if row["node_type"] == "milestone"]
        parts["measures"] = _measures(reader, asked, nodes)
        parts["node_status"] = _node_status(reader, asked, nodes)
    if asked.kind == "annual":
        parts |= _year_to_come(reader, asked, nodes, parts["milestones"])
    if not any(parts[name] for name in ("actions", "milestones", "money", "measures") if name in parts):
        raise SpmError(
            f"The release says nothing of {asked.name}",
            value=asked.name,
            remedy="Choose a period that has ended and whose school year is declared in agency.yml",
        )
    return parts


def _work(reader: Reader, asked: Period, nodes: Mapping[str, Row]) -> list[Row]:
    """Milestones and actions as they stood at the end of the period, those of its school year."""
    rows = reader.table("plan_status", order="node_id", as_of_date=asked.last, school_year=asked.school_year)
    barriers = _barriers(reader, asked)
    return [
        {**row, "title": _title(nodes, row["node_id"]), "barrier": barriers.get(row["node_id"])}
        for row in rows
    ]


def _barriers(reader: Reader, asked: Period) -> dict[str, str | None]:
    """What each unit last said stands in the way, up to the end of the period."""
    found: dict[str, str | None] = {}
    rows = reader.table("status_event", order="as_of_date", school_year=asked.school_year)
    for row in rows:
        if str(row["as_of_date"]) <= asked.last.isoformat():
            found[row["node_id"]] = row["barrier"]
    return found


def _silent_units(reader: Reader, asked: Period) -> list[Row]:
    """Units that reported in no month of the period."""
    rows = reader.table("unit_report", order="unit_id, month", month=list(asked.months))
    spoke = {row["unit_id"] for row in rows if row["has_reported"]}
    last: dict[str, Row] = {row["unit_id"]: row for row in rows if row["unit_id"] not in spoke}
    return list(last.values())


def _decisions(reader: Reader, asked: Period, nodes: Mapping[str, Row]) -> list[Row]:
    """What was decided in the period, and what was decided before and was not done by its end."""
    end, start = asked.last.isoformat(), asked.first.isoformat()
    found = []
    for row in reader.table("review_decision", order="held_on, node_id"):
        is_open = row["due_on"] is not None and (row["done_on"] is None or row["done_on"] > end)
        if row["held_on"] <= end and (is_open or row["held_on"] >= start):
            late = is_open and row["due_on"] <= end
            found.append({**row, "title": _title(nodes, row["node_id"]), "is_open": is_open, "is_late": late})
    return found


def _submissions(reader: Reader, asked: Period) -> list[Row]:
    """Federal files and reports due in the period, and those due before that have not been read."""
    start, end = asked.first.isoformat(), asked.last.isoformat()
    rows = reader.table("submission_register", order="due_on, submission_id, school_year")
    return [r for r in rows if r["due_on"] <= end and (r["due_on"] >= start or r["is_overdue"])]


def _measures(reader: Reader, asked: Period, nodes: Mapping[str, Row]) -> list[Row]:
    """The measures of strategies (each quarter) or of goals too (each year), of one organization each.

    Of a year's measure the latest year with something to say; of a monthly one the last month of the period.
    """
    kinds = ("strategy",) if asked.kind == "quarterly" else ("goal", "strategy")
    latest: dict[str, Row] = {}
    for row in reader.scorecard():
        node = nodes.get(row["node_id"])
        if node is None or node["node_type"] not in kinds or "/every-" in row["plan_measure_id"]:
            continue
        if row["school_year"] > asked.school_year or row["period"] not in ("annual", *asked.months):
            continue
        before = latest.get(row["plan_measure_id"])
        if before is None or _says_more(row, before):
            latest[row["plan_measure_id"]] = row
    return [latest[name] for name in sorted(latest)]


def _says_more(row: Row, before: Row) -> bool:
    """Whether a row is of a later time, unless its data are only not due yet."""
    return bool(
        (row["status"] != "NOT_DUE", row["school_year"], row["period"])
        > (before["status"] != "NOT_DUE", before["school_year"], before["period"])
    )


def _node_status(reader: Reader, asked: Period, nodes: Mapping[str, Row]) -> list[Row]:
    """Goals and strategies by their measures, in the school year of the period."""
    rows = reader.table("node_status", order="node_id", school_year=asked.school_year)
    return [{**row, "title": _title(nodes, row["node_id"])} for row in rows]


def _year_to_come(
    reader: Reader, asked: Period, nodes: Mapping[str, Row], milestones: Sequence[Row]
) -> dict[str, Any]:
    """What the annual review sets anew: milestones that were not met, next year's, strategies without one."""
    coming = [
        node
        for node in nodes.values()
        if node["node_type"] == "milestone" and node["school_year"] == asked.school_year + 1
    ]
    have = {node["parent_node_id"] for node in coming}
    targets = reader.table("target", order="plan_measure_id", school_year=asked.school_year + 1)
    return {
        "to_be_reset": [row for row in milestones if row["judgement"] in _TO_BE_RESET],
        "next_milestones": coming,
        "next_targets": targets,
        "strategy_money": [
            {**row, "title": _title(nodes, row["node_id"])}
            for row in reader.table("strategy_money", order="node_id", school_year=asked.school_year)
        ],
        "quadrants": quadrant_rows(reader, asked.school_year),
        "strategies_without_milestone": [
            node for node in nodes.values() if node["node_type"] == "strategy" and node["node_id"] not in have
        ],
    }


def _title(nodes: Mapping[str, Row], node_id: str) -> str:
    return str(nodes[node_id]["title"]) if node_id in nodes else ""
