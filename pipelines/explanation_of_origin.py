"""Where a figure came from in the terminal: core rows with file and line, snapshots, checks.

Put here: wording and layout of rows, files and checks.
Not here: which they are (`explained_rows`, `explain`), the figure itself (`explanation`).
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from warehouse.read import Row

INDENT = " " * 12
MOST_FILES = 10
# Files of lines; rows of all others (workbooks, databases, Parquet) are counted, not numbered by an editor.
LINED = (".csv", ".txt", ".tsv", ".dat", ".psv")


def line(console: Console, name: str, text: str) -> None:
    """One entry of the account: its name in bold, its text beside it."""
    grid = Table.grid(padding=(0, 1))
    grid.add_column(width=11, style="bold")
    grid.add_column(overflow="fold")
    grid.add_row(name, escape(text))
    console.print(grid)


def show_core(console: Console, account: dict[str, Any]) -> None:
    """Print the core rows behind the figure, each with where it came from."""
    core, value, sides = account["core_rows"], account["value"], account["sides"]
    if core is None and value["basis"] == "derived":
        line(console, "Core rows", "none of its own: it is computed from figures, each with its own rows")
        return
    if core is None:
        line(console, "Core rows", f"{value['core_rows']:,} (not shown: this lake no longer has them)")
        return
    if sides:
        line(console, "Core rows", f"{core['count']:,} of {core['table']}; each side's command shows its own")
    else:
        line(console, "Core rows", f"{core['count']:,} of {core['table']}")
    if core["count"] != value["core_rows"]:
        _aside(
            console,
            f"the release was made from {value['core_rows']:,}: the lake holds a later version of the table",
        )
    _show_gaps_in_rows(console, core, value)
    for row in core["rows"]:
        _aside(console, _row_text(row), soft_wrap=True)
    if core["rows"] and len(core["rows"]) < core["count"]:
        _aside(console, f"… and {core['count'] - len(core['rows']):,} more")
    _show_computed(console, core)


def _show_gaps_in_rows(console: Console, core: dict[str, Any], value: Row) -> None:
    """Why a figure is no exact one: rows that are hidden, and rows without a count that is summed."""
    if value["value"] is not None:
        return
    for reason, number in core["hidden"].items():
        _aside(console, f"{number:,} of them {reason.replace('_', ' ')}")
    for column, number in core["incomplete"].items():
        _aside(console, f"{number:,} of them without {column}")


def _row_text(row: Row) -> str:
    """A row's file and line, then its key and what the formula uses; wholes (`all`) are left out."""
    words = [
        f"{name} {_plain(given)}"
        for name, given in row["values"].items()
        if given is not None and given not in ("all", "none")
    ]
    return f"{_place(row)}: {', '.join(words)}"


def _place(row: Row) -> str:
    if row["is_computed"]:
        return "computed"
    address = row["address"] or f"{row['source_id']} (its file is not part of the release)"
    kind = "line" if address.lower().endswith(LINED) else "row"
    return address if row["source_line"] is None else f"{address} {kind} {row['source_line']}"


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float | Decimal):
        return f"{value:,.0f}" if value == int(value) else f"{float(value):,.10g}"
    return str(value)


def _show_computed(console: Console, core: dict[str, Any]) -> None:
    organizations = core["computed_for"]
    if not organizations:
        return
    # Schools have twelve digits; the agency and its units have other ids.
    kind = "school" if all(len(name) == 12 for name in organizations) else "organization"
    several = f"{len(organizations):,} {kind}s"
    whose = f"{kind} {organizations[0]}" if len(organizations) == 1 else several
    for source in core["computed_from"]:
        restricted = source["is_restricted"]
        what = f"computed from {source['table']}" + (" (restricted)" if restricted else "")
        folder = "the lake's restricted folder" if restricted else "the lake"
        line(console, "Students" if restricted else "Computed", f"{what}: rows of {whose} in {folder}")


def show_snapshots(console: Console, snapshots: Sequence[Row], table: str) -> None:
    """Print the files of rows behind the figure; the others that were read only as a number."""
    behind = [row for row in snapshots if row["stands"] in ("figure", "unknown")]
    for row in behind[:MOST_FILES]:
        line(console, "Source", f"{row['source_id']}.{row['table_name']}: {row['address']}")
        rows = "row" if row["rows_in"] == 1 else "rows"
        _aside(
            console,
            f"received {str(row['fetched_at'])[:16]} UTC, {row['rows_in']:,} {rows}, "
            f"{row['rows_quarantined']:,} quarantined, sha256 {row['snapshot_sha256'][:16]}…",
        )
    if len(behind) > MOST_FILES:
        _aside(console, f"and {len(behind) - MOST_FILES:,} more files behind the figure (--json lists all)")
    made_of = sum(row["stands"] == "made_of" for row in snapshots)
    if made_of:
        line(console, "Source", f"{made_of:,} files, behind the figures it is made of (--json lists all)")
    others = sum(row["stands"] == "table" for row in snapshots)
    if others:
        files = "1 more file was" if others == 1 else f"{others:,} more files were"
        _aside(console, f"and {files} read for {table} (--json lists all)")
    named = sorted({row["source_id"] for row in snapshots if row["stands"] == "organizations"})
    if named:
        line(console, "Also", f"names and ids of organizations from {', '.join(named)}")


def show_checks(console: Console, checks: Sequence[Row]) -> None:
    """Print how many checks hold, and by name those that do not."""
    failed = [row for row in checks if not row["passed"]]
    waived = [row for row in failed if row["waived_by"]]
    line(
        console,
        "Checks",
        f"{len(checks) - len(failed)} hold, {len(failed) - len(waived)} fail, {len(waived)} waived",
    )
    for row in failed:
        by = f" (waived by {row['waived_by']})" if row["waived_by"] else ""
        text = f"{row['severity']}: {row['table_name']} {row['claim']}{by}"
        console.print(f"{INDENT}{escape(text)}", style="yellow", soft_wrap=True)


def _aside(console: Console, text: str, *, soft_wrap: bool = False) -> None:
    console.print(f"{INDENT}{escape(text)}", style="dim", soft_wrap=soft_wrap)
