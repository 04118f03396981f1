"""The scorecard in the terminal: the plan's goals, and how the measures of each stand.

Put here: which rows of the scorecard are shown, and how. Not here: how a status is judged (`assets/status`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from assets.place import Place
from pipelines.scorecard_plan import goal_of, heading, node_rows, strategy_lines, work_line, work_rows
from pipelines.scorecard_rest import show_unjudged, unjudged
from pipelines.terminal import TRENDS, figure, figure_or_range, not_for_release, status_text, wording
from warehouse.read import Reader, Row

ORDER = (
    "OFF_TRACK", "OVERDUE_DATA", "AT_RISK", "INDETERMINATE", "ON_TRACK", "MET", "BASELINE_ONLY", "NOT_DUE",
    "SUPPRESSED", "NOT_APPLICABLE", None,
)  # fmt: skip
# Every organization of a type is a table of its own; the scorecard counts them instead.
EVERY = "every-"
KINDS = {"LEA": "districts", "SCHOOL": "schools"}


def scorecard(reader: Reader, *, year: int | None, organization: str | None) -> dict[str, Any]:
    """The scorecard as plain values: release, goals with their rows, counts, notes.

    Each measure is shown for its latest year (or month of it) with a status other than not due.
    """
    rows = reader.scorecard(school_year=year, organization_id=organization)
    rows = _latest(rows)
    standing, work = node_rows(reader, year), work_rows(reader, year)
    nodes = {node["node_id"]: node for node in reader.table("plan_node", order="node_id")}
    singles = [r for r in rows if organization or EVERY not in r["plan_measure_id"]]
    many = [r for r in rows if not organization and EVERY in r["plan_measure_id"]]
    goals = [node for node in nodes.values() if node["node_type"] == "goal"]
    return {
        "release": reader.release(),
        "goals": [
            {
                "node_id": goal["node_id"],
                "title": goal["title"],
                "status": standing.get(goal["node_id"]),
                "nodes": [
                    row
                    for node_id, row in sorted(standing.items())
                    if node_id != goal["node_id"] and goal_of(node_id) == goal["node_id"]
                ],
                "milestones": work.get(goal["node_id"], []),
                "rows": [r for r in singles if goal_of(r["node_id"]) == goal["node_id"]],
                "groups": _grouped([r for r in many if goal_of(r["node_id"]) == goal["node_id"]]),
            }
            for goal in goals
        ],
        "carried": _carried(reader),
        "special": _special(rows),
        "absent": reader.absent(),
        "unjudged": [] if organization else unjudged(reader, year),
    }


def show(console: Console, card: dict[str, Any], place: Place) -> None:
    """Print the scorecard."""
    release = card["release"]
    console.print(
        f"[bold]{escape(place.name)}[/bold], release {release['release_id']}, as of {release['as_of']}"
    )
    if stamp := not_for_release(release):
        console.print(stamp, style="bold red")
    for goal in card["goals"]:
        console.print()
        console.print(heading(goal))
        if goal["rows"]:
            console.print(_table(goal["rows"]))
        width = max((len(r["node_id"]) for r in (*goal["rows"], *goal["groups"])), default=0)
        for group in goal["groups"]:
            console.print(_group_line(group, width))
        if not goal["rows"] and not goal["groups"]:
            console.print("  no figures in this release", style="dim")
        for line in strategy_lines(goal):
            console.print(line)
        if work := work_line(goal["milestones"]):
            console.print(work)
    show_unjudged(console, card["unjudged"])
    _notes(console, card)
    console.print()
    console.print(f"Warehouse: {place.warehouse}", soft_wrap=True)


def _table(rows: Sequence[Row]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim", show_edge=False)
    table.add_column("  at")
    table.add_column("measure", ratio=3, overflow="fold")
    for name in ("year", "actual", "expected", "target"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("status", no_wrap=True)
    table.add_column("trend", no_wrap=True)
    for row in sorted(
        rows, key=lambda r: (r["node_id"], r["measure_id"], r["student_group"], r["school_year"])
    ):
        carried = "*" if row["carried_forward_since"] else ""
        table.add_row(
            f"  {row['node_id']}",
            escape(_what(row)),
            str(row["school_year"] if row["period"] == "annual" else row["period"]),
            figure_or_range(row, "actual", "actual_low", "actual_high") + carried,
            _expected(row),
            figure(row["target"], row["unit"], row["decimals"]),
            status_text(row["status"]),
            TRENDS.get(row["trend"] or "", ""),
        )
    return table


def _expected(row: Row) -> str:
    """The value expected, or the range that is good."""
    low, high = row.get("expected_low"), row.get("expected_high")
    if row["expected"] is not None or (low is None and high is None):
        return figure(row["expected"], row["unit"], row["decimals"])
    unit, decimals = row["unit"], row["decimals"]
    if low is None:
        return f"up to {figure(high, unit, decimals)}"
    return (
        f"from {figure(low, unit, decimals)}"
        if high is None
        else f"{low:g} to {figure(high, unit, decimals)}"
    )


def _what(row: Row) -> str:
    """The measure, and for whom when that is not everybody."""
    title = row["measure_title"] or row["measure_id"]
    parts = [
        wording(name, row[name])
        for name in ("student_group", "grade", "subject", "federal_program_code", "award_id", "strategy_id")
        if row[name] not in ("none", "all")
    ]
    parts = [part for part in parts if part.casefold() not in title.casefold()]
    where = "" if row["organization_type"] == "SEA" else f", {row['organization_name']}"
    for_whom = f" ({', '.join(parts)})" if parts else ""
    return f"{title}{for_whom}{where}"


def _group_line(group: dict[str, Any], width: int) -> str:
    counted = ", ".join(
        f"{number} {'not judged' if status is None else status.replace('_', ' ').lower()}"
        for status, number in group["statuses"]
    )
    kind = KINDS.get(group["organization_type"], group["organization_type"])
    what = f"{escape(group['title'])}, {group['school_year']}"
    return f"  {group['node_id']:<{width}}  {what}, {group['total']} {kind}: {counted}"


def _grouped(rows: Sequence[Row]) -> list[dict[str, Any]]:
    by_measure: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        by_measure.setdefault((row["node_id"], row["plan_measure_id"], row["school_year"]), []).append(row)
    groups = []
    for (node_id, _, year), found in sorted(by_measure.items()):
        counted = Counter(row["status"] for row in found)
        groups.append(
            {
                "node_id": node_id,
                "measure_id": found[0]["measure_id"],
                "title": _what({**found[0], "organization_type": "SEA"}),
                "organization_type": found[0]["organization_type"],
                "school_year": year,
                "total": len(found),
                "statuses": [(status, counted[status]) for status in ORDER if counted[status]],
            }
        )
    return groups


def _latest(rows: Sequence[Row]) -> list[Row]:
    """For each measure of the plan, the latest year or month that can be judged, else the latest."""
    moments: dict[str, tuple[bool, int, str]] = {}
    for row in rows:
        said = (row["status"] != "NOT_DUE", row["school_year"], row["period"])
        moments[row["plan_measure_id"]] = max(said, moments.get(row["plan_measure_id"], said))
    return [row for row in rows if (row["school_year"], row["period"]) == moments[row["plan_measure_id"]][1:]]


def _carried(reader: Reader) -> list[dict[str, Any]]:
    return [
        {
            "measure_id": s["part"],
            "school_year": s["school_year"],
            "since": s["carried_forward_since"],
            "reason": s["carried_reason"],
            "claim": s["carried_claim"],
        }
        for s in reader.slices(face="internal", table_name="measure_value")
        if s["carried_forward_since"]
    ]


def _special(rows: Sequence[Row]) -> list[str]:
    """The notes on special years, each once with all the measures it is about."""
    found: dict[str, dict[str, set[int]]] = {}
    for row in rows:
        if (row["status_reason"] or "").startswith("Special year"):
            years = found.setdefault(row["status_reason"], {})
            years.setdefault(row["measure_title"] or row["measure_id"], set()).add(row["school_year"])
    return sorted(
        f"{'; '.join(f'{title}, {_listed(years[title])}' for title in sorted(years))}: {reason}"
        for reason, years in found.items()
    )


def _listed(years: set[int]) -> str:
    return ", ".join(map(str, sorted(years)))


def _notes(console: Console, card: dict[str, Any]) -> None:
    notes = [f"[blue]special[/blue] {escape(text)}" for text in card["special"]]
    by_reason: dict[tuple[str, str], list[str]] = {}
    for item in card["carried"]:
        key = (str(item["since"])[:16], item["claim"] or item["reason"] or "")
        by_reason.setdefault(key, []).append(f"{item['measure_id']} {item['school_year']}")
    for (since, why), names in by_reason.items():
        text = f"{', '.join(names)}: carried forward since {since} UTC, because {why}"
        notes.append(f"[yellow]*[/yellow] {escape(text)}")
    if notes:
        console.print()
    for note in notes:
        console.print(note)
