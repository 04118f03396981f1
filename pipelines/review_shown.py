"""A review in the terminal: its tables, in the order in which they are talked about.

Put here: columns and headings. Not here: what a review looks at (`review`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rich.console import Console, RenderableType
from rich.markup import escape
from rich.table import Table

from pipelines.terminal import figure, figure_or_range, not_for_release, status_text

Cell = Callable[[Mapping[str, Any]], RenderableType]
Column = tuple[str, Cell]
_NUMBERS = frozenset({"actual", "expected", "target", "done", "age", "requests", "overdue", "oldest"})


def show(console: Console, found: Mapping[str, Any]) -> None:
    """Print a review."""
    release = found["release"]
    console.print(
        f"[bold]{found['review_type'].capitalize()} review of {found['period']}[/bold], "
        f"release {release['release_id']}, as of {release['as_of']}"
    )
    if stamp := not_for_release(release):
        console.print(stamp, style="bold red")
    for name, (heading, columns, empty) in _PARTS.items():
        if name in found:
            _part(console, heading, columns, found[name], empty)


def _part(
    console: Console, heading: str, columns: Sequence[Column], rows: Sequence[Mapping[str, Any]], empty: str
) -> None:
    console.print()
    console.print(f"[bold]{heading}[/bold]")
    if not rows:
        console.print(f"  {empty}", style="dim")
        return
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim", show_edge=False)
    for title, _ in columns:
        is_number = title in _NUMBERS or title.endswith("$")
        table.add_column(title, justify="right" if is_number else "left", overflow="fold")
    for row in rows:
        table.add_row(*(cell(row) for _, cell in columns))
    console.print(table)


def _text(name: str) -> Cell:
    return lambda row: escape("" if row.get(name) is None else str(row[name]))


def _words(name: str) -> Cell:
    return lambda row: "" if row.get(name) is None else str(row[name]).replace("_", " ").lower()


def _dollars(name: str) -> Cell:
    return lambda row: "" if row.get(name) is None else f"{row[name]:,.2f}"


def _status(name: str) -> Cell:
    return lambda row: status_text(row[name])


def _flag(name: str, word: str) -> Cell:
    return lambda row: f"[red]{word}[/red]" if row.get(name) else ""


def _number(name: str) -> Cell:
    return lambda row: figure(row[name], row["unit"], row["decimals"])


def _actual(row: Mapping[str, Any]) -> str:
    return figure_or_range(dict(row), "actual", "actual_low", "actual_high")


def _when(row: Mapping[str, Any]) -> str:
    return str(row["school_year"] if row["period"] == "annual" else row["period"])


_WORK: tuple[Column, ...] = (
    ("code", _text("node_id")), ("what", _text("title")), ("unit", _text("lead_unit_id")),
    ("due", _text("due_on")), ("reported", _words("status")), ("done", _text("percent_complete")),
    ("on", _text("reported_on")),
)  # fmt: skip
_PARTS: dict[str, tuple[str, Sequence[Column], str]] = {
    "node_status": (
        "Goals and strategies by their measures",
        (("code", _text("node_id")), ("what", _text("title")), ("status", _status("status")),
         ("by", _text("rule"))),
        "none is judged",
    ),
    "measures": (
        "Their measures",
        (("at", _text("node_id")), ("measure", _text("measure_title")), ("group", _words("student_group")),
         ("for", _when), ("actual", _actual), ("expected", _number("expected")),
         ("target", _number("target")), ("status", _status("status")), ("trend", _words("trend"))),
        "none",
    ),
    "milestones": (
        "Milestones",
        (*_WORK, ("by its actions", _words("status_of_actions")), ("judged", _words("judgement")),
         ("", _flag("is_overdue", "overdue"))),
        "none in the school year",
    ),
    "actions": (
        "Actions",
        (*_WORK, ("", _flag("is_overdue", "overdue")), ("in the way", _text("barrier"))),
        "none in the school year",
    ),
    "silent_units": (
        "Units that have not reported",
        (("unit", _text("unit_name")), ("last report", _text("last_reported_on"))),
        "all have reported",
    ),
    "money": (
        "Money by award: authorized - drawn = available; ledger against draws",
        (("award", _text("award_id")), ("program", _text("federal_program_code")),
         ("authorized $", _dollars("authorized_usd")), ("drawn $", _dollars("drawn_usd")),
         ("available $", _dollars("available_usd")), ("ledger - drawn $", _dollars("ledger_less_drawn_usd")),
         ("unexplained $", _dollars("unexplained_usd")), ("age", _text("unexplained_days"))),
        "no award is known",
    ),
    "open_requests": (
        "Reimbursement requests that are open",
        (("program", _text("federal_program_code")), ("requests", _text("requests")),
         ("amount $", _dollars("amount_usd")), ("overdue", _text("overdue")),
         ("oldest", lambda row: f"{row['oldest_days']} d"), ("request", _text("oldest_request"))),
        "none",
    ),
    "decisions": (
        "Decisions of the period, and earlier ones not done",
        (("held", _text("held_on")), ("code", _text("node_id")), ("decision", _text("decision")),
         ("owner", _text("owner_role")), ("due", _text("due_on")), ("done", _text("done_on")),
         ("", _flag("is_late", "late"))),
        "none",
    ),
    "submissions": (
        "Federal files and reports due",
        (("due", _text("due_on")), ("file", _text("submission_id")), ("what", _text("title")),
         ("of", _text("school_year")), ("read", _text("read_on")), ("", _flag("is_overdue", "overdue")),
         ("day", lambda row: "" if row["is_due_verified"] else "not verified")),
        "none",
    ),
    "strategy_money": (
        "Money of strategies in the school year",
        (("code", _text("node_id")), ("what", _text("title")), ("planned $", _dollars("planned_usd")),
         ("spent $", _dollars("expended_usd")), ("spent to date $", _dollars("expended_to_date_usd")),
         ("", _words("money_reason"))),
        "no strategy has money",
    ),
    "quadrants": (
        "Spending and outcome, against the median of peers",
        (("quadrant", _words("quadrant")), ("organizations", _text("organizations")),
         ("which", lambda row: escape(", ".join(row["names"])))),
        "the plan chooses no two measures, or they have no figures",
    ),
    "to_be_reset": (
        "Milestones to be set anew",
        (("code", _text("node_id")), ("what", _text("title")), ("judged", _words("judgement"))),
        "every milestone was met",
    ),
    "next_milestones": (
        "Milestones of the next school year",
        (("code", _text("node_id")), ("what", _text("title")), ("unit", _text("lead_unit_id")),
         ("due", _text("due_on"))),
        "none is set",
    ),
    "strategies_without_milestone": (
        "Strategies without a milestone in the next school year",
        (("code", _text("node_id")), ("what", _text("title"))),
        "none",
    ),
    "next_targets": (
        "Targets of the next school year",
        (("measure", _text("plan_measure_id")), ("by", _text("period")), ("target", _text("target_value")),
         ("low", _text("target_low")), ("high", _text("target_high"))),
        "none",
    ),
}  # fmt: skip
