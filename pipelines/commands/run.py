"""Commands that write: refresh, publish, rollback.

Put here: progress and the printed account. Not here: the order of the work (`refresh`).
"""

from __future__ import annotations

import sys

from rich.console import Console
from rich.markup import escape

from assets.home import Home, open_home
from assets.place import find_place
from assets.timing import Part
from pipelines.locking import home_lock
from pipelines.refresh import RefreshReport, publish_only, refresh
from pipelines.terminal import console, counted, print_json
from warehouse.engine import parse_url, shown_url

PARTS: dict[Part, str] = {
    "import": "importing libraries",
    "fetch_and_read": "fetching and reading",
    "sql": "SQL",
    "checks": "checks",
    "publish": "publishing",
    "dagster": "Dagster",
}


def run_refresh(years: list[int] | None, select: list[str], *, as_json: bool) -> int:
    """Refresh, publish, alert; exit code 1 if anything failed."""
    home = open_home()
    progress = Console(stderr=True, highlight=False)
    report = refresh(home, years=years, select=select, progress=lambda what: tell(progress, what))
    return _account(report, home, as_json=as_json)


def run_publish(*, as_json: bool) -> int:
    """Publish what the lake accepts."""
    home = open_home()
    progress = Console(stderr=True, highlight=False)
    return _account(publish_only(home, progress=lambda what: tell(progress, what)), home, as_json=as_json)


def run_rollback(release: int) -> int:
    """Make an earlier release current again."""
    from warehouse.store import Warehouse

    place = find_place()
    with (
        home_lock(place.root, "spm rollback"),
        Warehouse.open(place.warehouse_url, place.agency_id) as warehouse,
    ):
        warehouse.rollback(release)
    console().print(f"Release {release} is current again. `spm refresh` publishes a new one.")
    return 0


def tell(progress: Console, what: str) -> None:
    """Say what is being done, to people only: a log file needs no dots."""
    if sys.stderr.isatty():
        progress.print(f"{what} …", style="dim")


def _account(report: RefreshReport, home: Home, *, as_json: bool) -> int:
    if as_json:
        print_json(report.to_json())
    else:
        show(console(), report, home)
        console().print(f"Warehouse: {shown_url(parse_url(home.warehouse_url))}", soft_wrap=True)
    return 1 if report.failed else 0


def show(out: Console, report: RefreshReport, home: Home) -> None:
    """Print the account of a refresh: years, each failure once, the release, where the seconds went."""
    for year in report.years:
        state = "refreshed" if year.is_good else "[bold red]failed[/bold red]"
        out.print(f"{year.school_year}  {state}, {year.seconds:.1f} s")
    for finding in report.failures:
        out.print(f"\n[bold red]FAILED[/bold red] {escape(finding.text)}", soft_wrap=True)
    for finding in report.warnings:
        out.print(f"\n[yellow]warning[/yellow] {escape(finding.text)}", soft_wrap=True)
    if report.failures or report.warnings:
        out.print()
    if report.left:
        out.print(f"Left as they stand, not reached from here: {', '.join(report.left)}", soft_wrap=True)
    if report.remarks:
        out.print(f"{counted(report.remarks, 'remark')} on how files were read: spm sources")
    _show_release(out, report)
    if report.alerts is not None and report.alerts.added:
        waiting = f", {report.alerts.waiting} not accepted yet" if report.alerts.waiting else ""
        file = home.root / "alerts" / "alerts.jsonl"
        out.print(f"{counted(len(report.alerts.added), 'new alert')} in {file}{waiting}", soft_wrap=True)
    split = ", ".join(
        f"{PARTS[p]} {report.seconds[p]:.1f}" for p in PARTS if report.seconds.get(p, 0) >= 0.05
    )
    out.print(f"{report.total_seconds:.1f} s: {split}", style="dim")


def _show_release(out: Console, report: RefreshReport) -> None:
    if report.release_error is not None:
        out.print(f"[bold red]Not published[/bold red] {escape(report.release_error)}", soft_wrap=True)
        return
    release = report.release or {}
    if release["unchanged"]:
        out.print(f"Release {release['release_id']} stays current: nothing has changed")
        return
    out.print(f"Release {release['release_id']} published: {counted(release['slices_added'], 'new slice')}")
    for item in release["not_renewed"]:
        out.print(
            f"  [yellow]*[/yellow] {item['measure_id']} {item['school_year']} not renewed", soft_wrap=True
        )
