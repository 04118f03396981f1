"""Two releases side by side in the terminal: what differs, why, and a rate's change taken apart.

Put here: wording and layout. Not here: what differs (`differences`), the parts of a change (`change`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pipelines.terminal import counted, figure, status_text, wording
from warehouse.model.measure import DIMENSIONS

CAUSES = {
    "new_data": "new data",
    "restated_source": "restated source",
    "withdrawn_source": "source withdrawn",
    "changed_formula": "changed formula",
    "changed_setting": "changed setting",
    "organization_change": "organizations",
    "follows": "follows",
    "code": "program",
}


def show_differences(console: Console, account: dict[str, Any], limit: int) -> None:
    """Print what differs between two releases; of each measure's year the `limit` largest changes."""
    before, after = account["before"], account["after"]
    console.print(
        f"[bold]Release {before['release_id']}[/bold] ({str(before['published_at'])[:16]}) to "
        f"[bold]release {after['release_id']}[/bold] ({str(after['published_at'])[:16]})"
    )
    for found in account["measures"]:
        _show_measure(console, found, limit)
    if not account["measures"]:
        console.print("No figure differs.")
    for row in account["carried"]:
        since, why = row["since"][:16], escape(row["reason"] or "")
        which = f"{row['measure_id']}, {row['school_year']}"
        console.print(f"\n[yellow]*[/yellow] {which}: carried forward since {since}: {why}")
    _show_statuses(console, account["statuses"], limit)
    console.print(f"\nUnchanged: {account['unchanged']:,}, each a measure's year", style="dim")


def _show_measure(console: Console, found: dict[str, Any], limit: int) -> None:
    happened = Counter(row["happened"] for row in found["figures"])
    tally = ", ".join(f"{happened[name]:,} {name}" for name in ("changed", "new", "gone") if happened[name])
    console.print(f"\n[bold]{found['measure_id']}[/bold], {found['school_year']}: {tally}")
    for cause in found["causes"]:
        console.print(f"  because {CAUSES.get(cause['kind'], cause['kind'])}: {escape(cause['text'])}")
    table = _table("organization", "for", "before", "after", "change", "cause")
    largest = sorted(found["figures"], key=lambda row: (-abs(row["change"] or 0), row["organization_id"]))
    for row in largest[:limit]:
        table.add_row(
            escape(f"  {row['organization_name'] or row['organization_id']}"),
            _for_whom(row),
            _value(row, "before"),
            _value(row, "after"),
            "" if row["change"] is None else f"{row['change']:+,.3g}",
            ", ".join(CAUSES.get(kind, kind) for kind in row["causes"]),
        )
    console.print(table)
    if len(largest) > limit:
        console.print(f"  and {len(largest) - limit:,} more (--limit, or --json for all)", style="dim")


def _value(row: dict[str, Any], side: str) -> str:
    if row[f"value_{side}"] is not None:
        return figure(row[f"value_{side}"], row["unit"])
    if row[f"value_low_{side}"] is not None:
        return f"{row[f'value_low_{side}']:g} to {row[f'value_high_{side}']:g}"
    return "not there" if row["happened"] == ("new" if side == "before" else "gone") else "hidden or unknown"


def _for_whom(row: dict[str, Any]) -> str:
    told = [wording(name, row[name]) for name in DIMENSIONS if row[name] not in ("none", "all")]
    period = [] if row["period"] == "annual" else [row["period"]]
    return ", ".join((*told, *period)) or "all"


def _show_statuses(console: Console, rows: Sequence[dict[str, Any]], limit: int) -> None:
    if not rows:
        return
    console.print(f"\n[bold]Judgements that changed[/bold]: {len(rows):,}")
    table = _table("measure of the plan", "year", "was", "is", "because")
    for row in rows[:limit]:
        table.add_row(
            escape(f"  {row['plan_measure_id']}"),
            str(row["school_year"]),
            status_text(row["status_before"]),
            status_text(row["status_after"]),
            ", ".join(row["because"]),
        )
    console.print(table)
    if len(rows) > limit:
        console.print(f"  and {len(rows) - limit:,} more (--limit, or --json for all)", style="dim")


def show_change(console: Console, account: dict[str, Any], limit: int) -> None:
    """Print a rate's change and what each part contributed to it."""
    measure = account["measure"]
    unit, places = measure["unit"], measure["decimals"]
    points = "percentage_points" if unit == "percent" else unit
    before, after = account["before"], account["after"]
    console.print(f"[bold]{escape(measure['title'])}[/bold], {escape(account['organization_name'])}")
    for side in (before, after):
        counts = f"({side['numerator']:,.0f} of {side['denominator']:,.0f})"
        where = f"{side['school_year']}, release {side['release_id']}"
        console.print(f"  {where}: {figure(side['value'], unit, places + 1)} {counts}")

    def signed(value: float) -> str:
        return ("+" if value >= 0 else "") + figure(value, points, places + 2)

    console.print(f"  change {signed(account['change'])}")
    console.print(f"    within the parts {signed(account['within'])}: the same parts do differently")
    console.print(f"    mix of the parts {signed(account['mix'])}: the parts have other shares of the whole")
    table = _table(
        f"part ({account['by']})", "share before", "share after", "before", "after", "within", "mix"
    )
    for part in account["parts"][:limit]:
        table.add_row(
            escape(f"  {part['name']}"),
            f"{part['share_before']:.1f} %",
            f"{part['share_after']:.1f} %",
            figure(part["before"], unit, places),
            figure(part["after"], unit, places),
            signed(part["within"]),
            signed(part["mix"]),
        )
    console.print(table)
    rest = account["parts"][limit:]
    if rest:
        together = sum(p["within"] + p["mix"] for p in rest)
        console.print(f"  and {counted(len(rest), 'part')}, together {signed(together)}", style="dim")


def _table(*names: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim", show_edge=False)
    for index, name in enumerate(names):
        table.add_column(f"  {name}" if index == 0 else name, overflow="fold")
    return table
