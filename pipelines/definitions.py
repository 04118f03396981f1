"""One Dagster `Definitions` for tests, the command line and `dagster dev` alike.

Put here: what is put together. Not here: any of the parts (`jobs`, `schedules`, `sensors`, `assets`).
"""

# Without `from __future__ import annotations`: Dagster reads the annotations of resources.
import os
from collections.abc import Iterator

import dagster as dg

from assets.dagster_assets import build_assets
from assets.dagster_parts import HOME_LOCK
from assets.home import Home, claim_home, open_home
from assets.timing import Timings
from pipelines.code_version import code_version
from pipelines.jobs import daily_job, publish_job, rebuild_year_job, refresh_job
from pipelines.locking import home_lock
from pipelines.schedules import daily_schedule
from pipelines.sensors import build_sensors

# A run that Dagster starts waits this long for one that a person started.
WAIT_SECONDS = 30 * 60

os.environ.setdefault("DAGSTER_DISABLE_TELEMETRY", "yes")
os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")


def build_definitions(
    home: Home | None = None,
    *,
    timings: Timings | None = None,
    lock_is_held: bool = False,
    wait_seconds: float = WAIT_SECONDS,
) -> dg.Definitions:
    """Everything that Dagster runs for one agency.

    Args:
        home: The agency and its working folder; default the one that the environment names.
        timings: Where steps write how long they took.
        lock_is_held: The caller holds the home's lock already, so that runs do not take it again.
        wait_seconds: How long a run waits for the lock.

    Raises:
        SpmError: A declaration is wrong; names file and line.
    """
    given = home
    home = open_home() if given is None else given
    # A code server may live for weeks: what it runs daily asks for today's home.
    daily = daily_job(lambda: given or open_home())
    return dg.Definitions(
        assets=build_assets(home, timings or Timings(), code_version()),
        jobs=[refresh_job(home), publish_job(), rebuild_year_job(home), daily],
        schedules=[daily_schedule(home, daily)],
        sensors=build_sensors(home),
        resources={HOME_LOCK: _lock(home, wait_seconds, is_held=lock_is_held)},
        executor=dg.in_process_executor,
    )


def _lock(home: Home, wait_seconds: float, *, is_held: bool) -> dg.ResourceDefinition:
    @dg.resource(description="One run that writes per working folder")
    def lock(context: dg.InitResourceContext) -> Iterator[None]:
        if is_held:
            yield None
            return
        claim_home(home)
        run = context.run.job_name if context.run else "a Dagster run"
        with home_lock(home.root, f"Dagster job {run}", wait_seconds=wait_seconds):
            yield None

    return lock


def __getattr__(name: str) -> dg.Definitions:
    """`defs`, for workspace.yaml; made when asked for, so that importing the module needs no agency."""
    if name == "defs":
        return build_definitions()
    raise AttributeError(name)
