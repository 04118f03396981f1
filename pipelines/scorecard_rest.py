"""The figures that no goal of the plan asks for: the state's own of the latest year, so none goes unseen.

Put here: which they are, and their table. Not here: what the plan judges (`scorecard`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pipelines.explained_figure import WHOLE, WHOLE_YEAR
from pipelines.terminal import figure, wording
from warehouse.model.dimensions import DIMENSIONS
from warehouse.read import Reader, Row


def unjudged(reader: Reader, year: int | None) -> list[Row]:
    """The state's figures of measures that the plan does not use, of a year, or each of its latest."""
    used = {row["measure_id"] for row in reader.table("plan_measure")}
    others = [row for row in reader.table("measure", order="measure_id") if row["measure_id"] not in used]
    if not others:
        return []
    measures = {row["measure_id"]: row for row in others}
    whole = {name: list(WHOLE) for name in DIMENSIONS if name != "subject"}
    rows = reader.measure_values(
        measure_id=list(measures),
        organization_type="SEA",
        period=WHOLE_YEAR,
        school_year=year,
        **whole,
    )
    known = [row for row in rows if row["value"] is not None or row["value_low"] is not None]
    latest: dict[str, int] = {}
    for row in known:
        latest[row["measure_id"]] = max(row["school_year"], latest.get(row["measure_id"], 0))
    return [
        {**row, "measure_title": measures[row["measure_id"]]["title"],
         "decimals": measures[row["measure_id"]]["decimals"]}
        for row in known
        if row["school_year"] == latest[row["measure_id"]]
    ]  # fmt: skip


def show_unjudged(console: Console, rows: Sequence[dict[str, Any]]) -> None:
    """Print them, if there are any."""
    if not rows:
        return
    console.print("\n[bold]Not asked for by the plan[/bold]")
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, show_header=False, show_edge=False)
    table.add_column("measure", ratio=3, overflow="fold")
    table.add_column("year", no_wrap=True)
    table.add_column("value", justify="right", no_wrap=True)
    for row in rows:
        subject = "" if row["subject"] == "none" else f" ({wording('subject', row['subject'])})"
        value = (
            figure(row["value"], row["unit"], row["decimals"])
            if row["value"] is not None
            else f"{row['value_low']:g} to {figure(row['value_high'], row['unit'], 0)}"
        )
        table.add_row(f"  {escape(row['measure_title'])}{subject}", str(row["school_year"]), value)
    console.print(table)
