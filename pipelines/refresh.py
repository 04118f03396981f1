"""A whole refresh: every school year, then the release, then the alerts. What `spm refresh` and `daily` do.

Put here: the order of things and the account of a refresh. Not here: what a step does (`assets`), how the
account looks in a terminal (`commands`).
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from assets.coverage import require_inputs
from assets.home import Home
from assets.raw import WARNINGS, left_as_it_stands, raw_node
from assets.timing import Part
from pipelines.alerts import AlertReport, send_alerts
from pipelines.findings import STEP, Finding, Observation, observe, of_release
from pipelines.interruption import Interruption
from pipelines.locking import home_lock
from pipelines.session import Progress, Session, YearOutcome
from pipelines.wrong_use import WrongUse

if TYPE_CHECKING:
    import dagster as dg


@dataclass
class RefreshReport:
    """The account of a refresh.

    `failures` stop something from being published and make the refresh fail; `warnings` do not. `remarks`
    counts what was unusual when files were read, `left` names the sources that are not reached from here.
    `release` is what the publication says of itself: release_id, unchanged, slices_added, carried,
    slices_absent.
    """

    years: list[YearOutcome] = field(default_factory=list)
    failures: list[Finding] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)
    remarks: int = 0
    left: list[str] = field(default_factory=list)
    release: dict[str, Any] | None = None
    release_error: str | None = None
    alerts: AlertReport | None = None
    seconds: dict[Part, float] = field(default_factory=dict)
    total_seconds: float = 0.0

    @property
    def failed(self) -> bool:
        """Whether the exit code must not be 0."""
        return bool(self.failures) or self.release_error is not None or not all(y.is_good for y in self.years)

    def lines(self) -> Iterator[str]:
        """The account in plain text, one line a fact."""
        for year in self.years:
            yield f"{year.school_year}: {'refreshed' if year.is_good else 'FAILED'} in {year.seconds:.1f} s"
        yield from (f"FAILED {f.text}" for f in self.failures)
        yield from (f"warning {f.text}" for f in self.warnings)
        if self.left:
            yield f"Left as they stand, not reached from here: {', '.join(self.left)}"
        if self.remarks:
            yield f"{self.remarks} remarks on files: spm sources"
        if self.release_error is not None:
            yield f"FAILED {self.release_error}"
        elif self.release is not None:
            state = "unchanged" if self.release["unchanged"] else "published"
            yield f"Release {self.release['release_id']} {state}"

    def to_json(self) -> dict[str, Any]:
        """The account as plain values."""
        return {
            "failed": self.failed,
            "years": [vars(year) for year in self.years],
            "failures": [vars(f) for f in self.failures],
            "warnings": [vars(f) for f in self.warnings],
            "remarks": self.remarks,
            "left": self.left,
            "release": self.release,
            "release_error": self.release_error,
            "alerts": None
            if self.alerts is None
            else {"new": len(self.alerts.added), "waiting": self.alerts.waiting},
            "seconds": {part: round(value, 3) for part, value in self.seconds.items()},
            "total_seconds": round(self.total_seconds, 3),
        }


def refresh(
    home: Home,
    *,
    years: Sequence[int] | None = None,
    select: Sequence[str] = (),
    instance: dg.DagsterInstance | None = None,
    is_locked: bool = False,
    progress: Progress = lambda _: None,
) -> RefreshReport:
    """Refresh school years one after another, publish once, and send alerts.

    A year that fails does not keep the others from being refreshed, nor the release from being published:
    what failed is carried forward in it.

    Args:
        home: The agency and its working folder.
        years: School years; default all that the agency declares.
        select: Sources, core tables or measures to refresh with what they need; default everything.
        instance: Where Dagster keeps the runs; default the home's own.
        is_locked: The caller holds the home's lock.
        progress: Called with a sentence before each part.

    Raises:
        WrongUse: `select` or `years` name something that is not there, or no source is switched on.
        SpmError: Another run holds the home, or the plan asks for a measure without input.
        Interrupted: It was stopped; no further year, no publication and no alert came after that.
    """
    start = time.perf_counter()
    report, interruption = RefreshReport(), Interruption()
    chosen_years = _years(home, years)
    if not home.sources:
        raise WrongUse(
            "No source is switched on, so there is nothing to refresh",
            remedy=f"Name one under `sources` in sources.yml of {home.agency.folder.name}, with its files",
        )
    require_inputs(home)
    lock = nullcontext() if is_locked else home_lock(home.root, "spm refresh")
    with (
        lock,
        interruption.watch(),
        Session(home, interruption, instance=instance, progress=progress) as session,
    ):
        chosen = session.selection(select)
        for year in chosen_years:
            outcome, unexplained = session.run_year(year, chosen)
            report.years.append(outcome)
            report.failures += unexplained
        report.failures += session.not_renewed(select, chosen_years)
        report.release, report.release_error = session.publish()
        _gather(report, home)
        progress("Alerts")
        report.alerts = send_alerts(home, also=_also(report))
    report.seconds = dict(session.timings.seconds)
    report.total_seconds = time.perf_counter() - start
    return report


def publish_only(home: Home, *, progress: Progress = lambda _: None) -> RefreshReport:
    """Publish what the lake accepts, and send alerts.

    Raises:
        SpmError: Another run holds the home, or the plan asks for a measure without input.
        Interrupted: It was stopped.
    """
    start = time.perf_counter()
    report, interruption = RefreshReport(), Interruption()
    require_inputs(home)
    with home_lock(home.root, "spm publish"), interruption.watch():
        with Session(home, interruption, progress=progress) as session:
            report.release, report.release_error = session.publish()
        report.alerts = send_alerts(home, also=[of_release(report.release_error)])
    report.seconds = dict(session.timings.seconds)
    report.total_seconds = time.perf_counter() - start
    return report


def _years(home: Home, asked: Sequence[int] | None) -> Sequence[int]:
    declared = home.agency.settings.school_years
    for year in asked or ():
        if year not in declared:
            raise WrongUse(
                f"{home.agency.settings.name} does not declare the school year {year}",
                remedy=f"Choose one of {', '.join(map(str, declared))}, or add it to agency.yml",
            )
    # Earlier years first: core tables may read the year before.
    return [year for year in declared if year in asked] if asked else declared


def _gather(report: RefreshReport, home: Home) -> None:
    """Add what the lake says of the years that were refreshed."""
    years = [year.school_year for year in report.years]
    for seen in observe(home, years):
        for finding in seen.findings:
            (report.failures if finding.stops else report.warnings).append(finding)
    report.left = [s for s in home.sources if any(left_as_it_stands(home, s, year) for year in years)]
    report.remarks = sum(
        len(home.lake.read_json(raw_node(s), year, WARNINGS) or ()) for s in home.sources for year in years
    )


def _also(report: RefreshReport) -> list[Observation]:
    unknown = [f for f in report.failures if f.claim == STEP and f.owner == "data-engineering"]
    return [
        of_release(report.release_error),
        *(Observation(f.table, f.school_year, (f,), False) for f in unknown),
    ]
