"""Dagster, loaded once for one refresh or publication.

Put here: running a year or the publication, and what became of it. Not here: their order (`refresh`).
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assets.derived_health import renewable_derived
from assets.derived_measures import DERIVED, derived_measures
from assets.health import renewable
from assets.home import Home, claim_home
from assets.timing import Timings
from pipelines.findings import STEP, Finding, observe
from pipelines.instance import open_instance
from pipelines.interruption import Interruption, LakeMemory, StoppableTimings

if TYPE_CHECKING:
    import dagster as dg

    from pipelines.runs import Ended

Progress = Callable[[str], None]


@dataclass(frozen=True)
class YearOutcome:
    """How the run of one school year ended."""

    school_year: int
    run_id: str
    is_good: bool
    seconds: float


class Session:
    """Dagster, loaded once, and the definitions of this home."""

    def __init__(
        self,
        home: Home,
        interruption: Interruption,
        *,
        instance: dg.DagsterInstance | None = None,
        progress: Progress = lambda _: None,
    ) -> None:
        claim_home(home)
        progress("Loading")
        self._home, self._interruption, self._progress = home, interruption, progress
        self._memory = LakeMemory(home)
        self.timings: Timings = StoppableTimings(interruption, self._memory.look)
        with self.timings.measure("import"):
            # Dagster and all it needs take seconds to import, which other commands must not pay.
            from pipelines import runs, selection
            from pipelines.definitions import build_definitions
        self._runs, self._selection = runs, selection
        with self.timings.measure("dagster"):
            self._definitions = build_definitions(home, timings=self.timings, lock_is_held=True)
            self._given = instance
            self._instance = instance or open_instance(home.root)

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        if self._given is None:
            self._instance.dispose()

    def selection(self, names: Sequence[str]) -> list[dg.AssetKey] | None:
        """The assets that names stand for; None for no names, which is everything.

        Raises:
            WrongUse: There is nothing of a name.
        """
        return self._selection.selected_keys(self._home, self._definitions, names) if names else None

    def not_renewed(self, names: Sequence[str], years: Sequence[int]) -> list[Finding]:
        """What was asked for by name and is not there after all years."""
        return list(self._selection.not_renewed(self._home, names, years))

    def run_year(self, year: int, chosen: Sequence[dg.AssetKey] | None) -> tuple[YearOutcome, list[Finding]]:
        """Refresh a school year; the findings are the failures that the lake has no record of.

        When something failed, what does not rest on it is run once more: Dagster skips all that is downstream
        of a failed source, also where it merely adds names of organizations.

        Raises:
            Interrupted: The work shall stop; the lake is as before the step that was stopped.
        """
        self._progress(f"School year {year}")
        self._memory.begin(year)
        try:
            ended, seconds = self._run("refresh", partition=str(year), asset_keys=chosen)
            failures = dict(ended.failures)
            rest = [] if ended.success else self._rest_of(year, chosen)
            if rest:
                again, more = self._run("refresh", partition=str(year), asset_keys=rest)
                failures, seconds = {**failures, **again.failures}, seconds + more
        except BaseException:
            if self._interruption.number is not None:
                self._memory.restore()
            raise
        outcome = YearOutcome(year, ended.run_id, ended.success, seconds)
        return outcome, [] if ended.success else _unexplained(self._home, year, failures)

    def _rest_of(self, year: int, chosen: Sequence[dg.AssetKey] | None) -> list[dg.AssetKey]:
        """What a failed run has skipped and could be computed all the same."""
        from assets.dagster_deps import key_of

        nodes = renewable(self._home, year)
        if nodes and derived_measures(self._home):
            nodes.append(DERIVED)
        elif not nodes:
            nodes = renewable_derived(self._home, year)
        keys = [key_of(node) for node in nodes]
        return [key for key in keys if chosen is None or key in chosen]

    def publish(self) -> tuple[dict[str, Any] | None, str | None]:
        """Publish; what the release says of itself, or why there is none.

        Raises:
            Interrupted: The work shall stop.
        """
        self._progress("Publishing")
        self._memory.begin(None)
        ended, _ = self._run("publish")
        if ended.success:
            return ended.release, None
        return None, "; ".join(ended.failures.values()) or "The publication failed"

    def _run(self, job: str, **more: Any) -> tuple[Ended, float]:
        start, before = time.perf_counter(), self.timings.total
        ended = self._runs.execute(self._definitions, job, self._instance, **more)
        seconds = time.perf_counter() - start
        self.timings.add("dagster", seconds - (self.timings.total - before))
        if ended.release is not None and not ended.release["unchanged"]:
            self._interruption.published = ended.release["release_id"]
        if ended.was_interrupted:
            self._interruption.note(signal.SIGINT)
        if self._interruption.number is not None:
            self._runs.mark_interrupted(self._instance, ended.run_id)
            self._interruption.stop_if_any()
        return ended, seconds


def _unexplained(home: Home, year: int, failures: dict[str, str]) -> list[Finding]:
    """Failed steps of which the lake has no record, such as a failure of Dagster itself.

    Judged table by table: a file that was refused must not hide that another table crashed.
    """
    known = {seen.table for seen in observe(home, [year]) for f in seen.findings if f.stops}
    return [
        Finding(STEP, table, year, True, f"{table}, school year {year}: {text}", "data-engineering")
        for table, text in failures.items()
        if table not in known
    ]
