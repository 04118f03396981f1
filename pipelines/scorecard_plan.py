"""How goals and strategies stand as a whole, and how the work on them goes on, for the scorecard.

Put here: the status of nodes, and milestones counted by how they stand. Not here: the measures of a goal
(`scorecard`), reviews (`review`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from rich.text import Text

from pipelines.terminal import counted, status_text
from warehouse.read import Reader, Row

# A judgement of people says more than what the unit last reported, which says more than nothing.
_ORDER = (
    "MET", "PARTIAL", "CARRIED_FORWARD", "NOT_MET", "COMPLETE", "IN_PROGRESS", "DELAYED", "NOT_STARTED",
    "CANCELLED", "NOT_REPORTED",
)  # fmt: skip


def node_rows(reader: Reader, year: int | None) -> dict[str, Row]:
    """The status of each node, in the year asked for or the latest in which its measures are judged."""
    found: dict[str, Row] = {}
    for row in reader.table("node_status", order="school_year", school_year=year):
        before = found.get(row["node_id"])
        if before is None or row["measures_judged"] or not before["measures_judged"]:
            found[row["node_id"]] = row
    return found


def work_rows(reader: Reader, year: int | None) -> dict[str, list[Row]]:
    """The milestones below each goal, as they last stood in the year asked for or the latest there is."""
    rows = reader.table("plan_status", order="as_of_date", school_year=year, node_type="milestone")
    latest = max((row["school_year"] for row in rows), default=None)
    last = {row["node_id"]: row for row in rows if row["school_year"] == latest}
    found: dict[str, list[Row]] = {}
    for node_id in sorted(last):
        found.setdefault(goal_of(node_id), []).append(last[node_id])
    return found


def goal_of(node_id: str) -> str:
    """The goal that a node stands below; in a nested plan with the owner before it."""
    parts = node_id.split(".")
    return ".".join(parts[:2]) if parts[0].startswith("L") else parts[0]


def standing(row: Row) -> str:
    """How a milestone stands: as it was judged, else as its unit reports it."""
    return str(row["judgement"] or row["status"] or "NOT_REPORTED")


def heading(goal: Mapping[str, Any]) -> Text:
    """The goal with its status and how that came about."""
    text = Text(f"{goal['node_id']}  {goal['title']}", style="bold")
    if goal["status"] is not None:
        text.append("  ")
        text.append_text(status_text(goal["status"]["status"]))
        text.append(f" in {goal['status']['school_year']}", style="dim")
    return text


def strategy_lines(goal: Mapping[str, Any]) -> list[Text]:
    """Each strategy and milestone of the goal with a status of its own."""
    lines = []
    for row in goal["nodes"]:
        text = Text(f"  {row['node_id']}: ", style="dim")
        text.append_text(status_text(row["status"]))
        text.append(
            f", {counted(row['measures_judged'], 'measure')} judged in {row['school_year']}", style="dim"
        )
        lines.append(text)
    return lines


def work_line(milestones: Sequence[Row]) -> str:
    """The milestones of a goal in one line; empty when there are none."""
    if not milestones:
        return ""
    found = Counter(standing(row) for row in milestones)
    parts = [f"{found[name]} {name.replace('_', ' ').lower()}" for name in _ORDER if found[name]]
    late = sum(1 for row in milestones if row["is_overdue"])
    if late:
        parts.append(f"{late} of them overdue")
    year, day = milestones[0]["school_year"], max(row["as_of_date"] for row in milestones)
    return f"  {counted(len(milestones), 'milestone')} of {year}, as of {day}: {', '.join(parts)}"
