"""`spm sources` and `spm quarantine`: what came, from where, and what of it could not be read.

Put here: layout, and writing the export. Not here: what is told (`sources_report`, `assets.quarantine`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from assets.home import Home, open_home
from assets.quarantine import quarantine
from pipelines.sources_report import Standing, account_of, age, standings
from pipelines.terminal import console, counted, print_json
from pipelines.wrong_use import WrongUse, meant
from warehouse.model.errors import SpmError

COLOURS = {
    "failed": "bold red",
    "refused": "bold red",
    "withdrawn": "bold red",
    "new": "green",
    "unchanged": "green",
    "not_yet_released": "dim",
    "never_fetched": "dim",
}
SHOWN_ROWS = 40


def run_sources(source_id: str | None, year: int | None, *, as_json: bool) -> int:
    """Print all sources, or everything about one."""
    home = open_home()
    if source_id is not None:
        _require_source(home, source_id)
        account = account_of(home, source_id, year)
        if as_json:
            print_json(account)
        else:
            _show_one(console(), account)
        return 0
    found = standings(home)
    if as_json:
        print_json([standing.to_json() for standing in found])
    else:
        _show_all(console(), home, found)
    return 0


def run_quarantine(source_id: str | None, year: int | None, export: Path | None, *, as_json: bool) -> int:
    """Print or export the rows that were set aside."""
    home = open_home()
    if source_id is not None:
        _require_source(home, source_id)
    rows = quarantine(
        home,
        source_ids=None if source_id is None else [source_id],
        years=None if year is None else [year],
    )
    if export is not None:
        _export(rows, export)
    if as_json:
        print_json(rows.to_pylist())
    elif export is None:
        _show_rows(console(), rows)
    else:
        console().print(f"{counted(rows.num_rows, 'row')} written to {export}", soft_wrap=True)
    return 0


def _require_source(home: Home, source_id: str) -> None:
    if source_id not in home.sources:
        raise WrongUse(
            f"{home.agency.settings.name} has no source of that name switched on",
            value=source_id,
            remedy=f"{meant(source_id, sorted(home.sources))}spm sources lists them",
        )


def _columns(table: Table, *names: str, right: tuple[str, ...] = ()) -> Table:
    for name in names:
        table.add_column(name, justify="right" if name in right else "left", overflow="fold")
    return table


def _table() -> Table:
    return Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")


def _outcome(outcome: str) -> str:
    return f"[{COLOURS.get(outcome, '')}]{outcome.replace('_', ' ')}[/]"


def _show_all(out: Console, home: Home, found: list[Standing]) -> None:
    names = ("source", "years", "outcome", "age", "rows", "quarantined", "remarks", "owner")
    right = ("age", "rows", "quarantined", "remarks")
    for family in dict.fromkeys(standing.family for standing in found):
        out.print(f"[bold]{family.replace('_', ' ').capitalize()}[/bold]")
        table = _columns(_table(), *names, right=right)
        for s in (s for s in found if s.family == family):
            years = [y.school_year for y in s.years]
            table.add_row(
                s.source_id,
                _years(years),
                _outcome(s.outcome),
                age(s.fetched_at),
                f"{s.rows:,}",
                f"{s.quarantined:,}" if s.quarantined else "",
                str(s.remarks or ""),
                s.owner,
            )
        out.print(table)
        out.print()
    for standing in found:
        for year in standing.years:
            if year.problem is not None:
                out.print(
                    f"[bold red]{standing.source_id} {year.school_year}[/]: {escape(year.problem)}",
                    soft_wrap=True,
                )
    out.print(f"{len(found)} sources of {home.agency.settings.name}. More of one: spm sources SOURCE")


def _years(years: list[int]) -> str:
    if not years:
        return ""
    is_run = years == list(range(years[0], years[-1] + 1)) and len(years) > 2
    return f"{years[0]}-{years[-1]}" if is_run else ", ".join(map(str, years))


def _show_one(out: Console, account: dict[str, Any]) -> None:
    out.print(f"[bold]{account['source_id']}[/bold]: {escape(account['title'])}; owner {account['owner']}")
    table = _columns(
        _table(), "year", "outcome", "age", "rows", "quarantined", right=("age", "rows", "quarantined")
    )
    for year in account["years"]:
        table.add_row(
            str(year["school_year"]),
            _outcome(year["outcome"]),
            age(year["fetched_at"]),
            f"{year['rows']:,}",
            f"{year['quarantined']:,}",
        )
    out.print(table)
    for year in account["years"]:
        if year["problem"]:
            out.print(f"[bold red]{year['school_year']}[/]: {escape(year['problem'])}", soft_wrap=True)
        for remark in year["remarks"]:
            out.print(f"[yellow]{year['school_year']}[/]: {escape(remark)}", soft_wrap=True)
    for c in account["corrections"]:
        place = f"{c['file']}, line {c['line']}, column {c['column_name']}"
        out.print(f"{c['school_year']} corrected: {place} ({c['correction']}): {escape(c['reason'])}")
    _show_files(out, account["files"])
    _show_revisions(out, account["revisions"])
    _show_fetches(out, account["fetches"])


def _show_files(out: Console, files: list[dict[str, Any]]) -> None:
    if not files:
        return
    out.print("\n[dim]Files behind the accepted rows[/dim]")
    table = _columns(_table(), "year", "table", "rows", "sha256", "file", right=("rows",))
    for entry in files[:SHOWN_ROWS]:
        table.add_row(
            str(entry["school_year"]),
            entry["table_name"],
            f"{entry['rows_out']:,}",
            entry["snapshot_sha256"][:12],
            entry["address"],
        )
    out.print(table)
    _more(out, len(files))


def _show_revisions(out: Console, found: list[dict[str, Any]]) -> None:
    for r in found:
        out.print(
            f"{r['school_year']} {r['table']}: the {r['counts']} edition counts; against the {r['beside']} "
            f"one {counted(r['changed'], 'row')} changed, {r['added']:,} added, {r['removed']:,} removed",
            soft_wrap=True,
        )


def _show_fetches(out: Console, fetches: list[dict[str, Any]]) -> None:
    if not fetches:
        return
    out.print("\n[dim]Fetches, newest first[/dim]")
    table = _columns(
        _table(), "at (UTC)", "year", "edition", "outcome", "seconds", "detail", right=("seconds",)
    )
    for fetch in fetches[:SHOWN_ROWS]:
        table.add_row(
            fetch["at"][:16].replace("T", " "),
            str(fetch["school_year"]),
            fetch["data_status"],
            _outcome(fetch["outcome"]),
            f"{fetch['seconds']:.2f}",
            escape(fetch["detail"]),
        )
    out.print(table)
    _more(out, len(fetches))


def _more(out: Console, count: int) -> None:
    if count > SHOWN_ROWS:
        out.print(f"[dim]and {count - SHOWN_ROWS} more; --json has all[/dim]")


def _show_rows(out: Console, rows: pa.Table) -> None:
    if rows.num_rows == 0:
        out.print("No rows are set aside.")
        return
    table = _columns(_table(), "source", "year", "file", "line", "column", "value", "reason", right=("line",))
    for row in rows.slice(0, SHOWN_ROWS).to_pylist():
        table.add_row(
            row["source_id"],
            str(row["school_year"]),
            row["source_file"],
            str(row["source_line"]),
            row["column"],
            escape(row["value"] if row["value"] is not None else "(withheld)"),
            escape(row["reason"]) + ("; the file was refused" if row["refused"] else ""),
        )
    out.print(table)
    if rows.num_rows > SHOWN_ROWS:
        out.print(f"[dim]and {rows.num_rows - SHOWN_ROWS} more; --export FILE writes all[/dim]")


def _write_csv(rows: pa.Table, file: Path) -> None:
    """Write csv that a spreadsheet takes for text: a cell such as `=1+1` of a broken file must not be run."""
    values = rows["value"]
    is_formula = pc.fill_null(pc.match_substring_regex(values, r"^[=+@\t\r]"), False)
    safe = pc.if_else(is_formula, pc.binary_join_element_wise("'", values, ""), values)
    pa_csv.write_csv(rows.set_column(rows.schema.get_field_index("value"), "value", safe), file)


def _export(rows: pa.Table, file: Path) -> None:
    """Write all rows, by the file's ending: csv or parquet."""
    writers = {".csv": _write_csv, ".parquet": pq.write_table}
    writer = writers.get(file.suffix.lower())
    if writer is None:
        raise WrongUse(
            "Rows are exported as .csv or .parquet",
            value=file.name,
            remedy="Give the file one of these endings",
        )
    try:
        writer(rows, file)
    except OSError as problem:
        raise SpmError(
            f"The export cannot be written ({problem.strerror or type(problem).__name__})",
            file=file,
            remedy="Choose a folder that exists and that you may write to",
        ) from None
