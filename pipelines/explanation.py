"""The account of one figure in the terminal.

Put here: wording and layout. Not here: what the account holds (`explain`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pipelines.explain import COMPUTED, DIMENSIONS
from pipelines.terminal import figure, figure_or_range, not_for_release, status_text
from warehouse.read import Row

INDENT = " " * 12


def show(console: Console, account: dict[str, Any]) -> None:
    """Print the account of a figure."""
    value, measure, release = account["value"], account["measure"], account["release"]
    name = escape(value["organization_name"])
    console.print(f"[bold]{escape(measure['title'])}[/bold], {name}, {value['school_year']}")
    told = ", ".join(f"{n.replace('_', ' ')} {value[n]}" for n in DIMENSIONS if value[n] != "none")
    view = "" if value["organization_view"] == "none" else f"view {value['organization_view']}"
    console.print("; ".join(part for part in (told, view) if part), style="dim")
    if stamp := not_for_release(release):
        console.print(stamp, style="bold red")
    _line(console, "Figure", _figure(value))
    if value["denominator"] is not None:
        _line(console, "Counts", f"{value['numerator']:,.10g} of {value['denominator']:,.10g}")
    if value["interval_low"] is not None:
        low, high = (
            value["interval_low"],
            figure(value["interval_high"], measure["unit"], measure["decimals"]),
        )
        _line(console, "Interval", f"{low:.{measure['decimals']}f} to {high} (Wilson)")
    _line(console, "Basis", f"{str(value['basis']).replace('_', ' ')}, {value['data_status']}")
    _line(console, "Means", measure["definition"])
    _line(console, "Formula", measure["formula"] + f", from core.{measure['core_table']}")
    _line(console, "Limits", measure["limits"])
    _show_carried(console, account["slice"])
    _show_objectives(console, account["objectives"])
    _show_core(console, account["core_rows"], value)
    _show_snapshots(console, account["snapshots"], account["core_rows"])
    _show_checks(console, account["checks"])
    _show_history(console, account["history"], measure)


def _line(console: Console, name: str, text: str) -> None:
    grid = Table.grid(padding=(0, 1))
    grid.add_column(width=11, style="bold")
    grid.add_column(overflow="fold")
    grid.add_row(name, escape(text))
    console.print(grid)


def _figure(value: Row) -> str:
    shown = figure_or_range(value, "value", "value_low", "value_high")
    if shown:
        return shown + (" (a bound: the file is incomplete)" if value["is_partial_coverage"] else "")
    why = value["suppression"] or value["null_reason"] or "unknown"
    return f"none ({why.replace('_', ' ')})"


def _show_carried(console: Console, slice_: Row | None) -> None:
    if slice_ is not None and slice_["carried_forward_since"]:
        since = str(slice_["carried_forward_since"])[:16]
        _line(console, "Carried", f"forward since {since} UTC, because {slice_['carried_reason']}")


def _show_objectives(console: Console, rows: Sequence[Row]) -> None:
    for row in rows:
        _line(console, "Objective", f"{row['node_id']} {row['node_title']} ({row['role']})")
        parts = [
            f"{name} {figure(row[name], row['unit'], row['decimals'])}"
            for name in ("baseline", "expected", "target")
            if row[name] is not None
        ]
        console.print(INDENT, status_text(row["status"]), f": {row['status_reason']}", sep="")
        if parts:
            console.print(f"{INDENT}{', '.join(parts)}", style="dim")
    if not rows:
        _line(console, "Objective", "the plan does not judge this figure")


def _show_core(console: Console, core: dict[str, Any] | None, value: Row) -> None:
    if core is None:
        _line(
            console,
            "Core rows",
            f"{value['core_rows']:,} (not shown: about single students, or not in this lake)",
        )
        return
    _line(console, "Core rows", f"{core['count']:,} of {core['table']}")
    for row in core["rows"]:
        words = [
            f"{name} {_plain(given)}"
            for name, given in row.items()
            if given is not None and name != "school_year" and given not in ("all", "none", COMPUTED)
        ]
        console.print(f"{INDENT}{escape(', '.join(words))}", style="dim", soft_wrap=True)
    if len(core["rows"]) < core["count"]:
        console.print(f"{INDENT}… and {core['count'] - len(core['rows']):,} more", style="dim")


def _plain(value: Any) -> str:
    return (
        f"{value:,}"
        if isinstance(value, int) and not isinstance(value, bool) and value > 9999
        else str(value)
    )


def _show_snapshots(console: Console, snapshots: Sequence[Row], core: dict[str, Any] | None) -> None:
    """The files that hold the figures in full; those that only name organizations in one line."""
    figures = None if core is None else core["sources"]
    for row in snapshots:
        if figures is not None and row["source_id"] not in figures:
            continue
        aside = f", {row['rows_quarantined']:,} quarantined" if row["rows_quarantined"] else ""
        _line(console, "Source", f"{row['source_id']}.{row['table_name']}: {row['address']}")
        console.print(
            f"{INDENT}received {str(row['fetched_at'])[:16]} UTC, {row['rows_in']:,} rows{aside}, "
            f"sha256 {row['snapshot_sha256'][:16]}…",
            style="dim",
        )
    others = sorted(
        {r["source_id"] for r in snapshots if figures is not None and r["source_id"] not in figures}
    )
    if others:
        _line(console, "Also", f"names and ids of organizations from {', '.join(others)}")


def _show_checks(console: Console, checks: Sequence[Row]) -> None:
    failed = [row for row in checks if not row["passed"]]
    waived = [row for row in failed if row["waived_by"]]
    _line(
        console,
        "Checks",
        f"{len(checks) - len(failed)} hold, {len(failed) - len(waived)} fail, {len(waived)} waived",
    )
    for row in failed:
        by = f" (waived by {row['waived_by']})" if row["waived_by"] else ""
        console.print(
            f"{INDENT}{row['severity']}: {row['table_name']} {row['claim']}{escape(by)}", style="yellow"
        )


def _show_history(console: Console, history: Sequence[Row], measure: Row) -> None:
    as_shown = {"unit": measure["unit"], "decimals": measure["decimals"]}
    earlier = [f"release {row['release_id']}: {_figure({**row, **as_shown})}" for row in history]
    _line(console, "Reported", "; ".join(earlier[-6:]))
