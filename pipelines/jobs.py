"""The jobs: refresh a school year, publish, do both for all years, rebuild a year.

Put here: which assets a job runs. Not here: when it runs (`schedules`).
"""

# Without `from __future__ import annotations`: Dagster reads the annotations of ops.
from collections.abc import Callable
from typing import Any

import dagster as dg

from assets.dagster_assets import RELEASE
from assets.dagster_deps import school_years
from assets.dagster_parts import HOME_LOCK
from assets.home import Home
from pipelines.refresh import refresh

REFRESH = "refresh"
PUBLISH = "publish"
REBUILD_YEAR = "rebuild_year"
DAILY = "daily"

LAYERS = ("raw", "core", "measures")


def refresh_job(home: Home) -> Any:
    """Raw to measures, one school year a run, in one process."""
    return dg.define_asset_job(
        REFRESH,
        selection=dg.AssetSelection.groups(*LAYERS),
        partitions_def=school_years(home),
        executor_def=dg.in_process_executor,
        description="Fetch, read, compute and check one school year. What has not changed is not recomputed.",
    )


def publish_job() -> Any:
    """The release, once, after all years."""
    return dg.define_asset_job(
        PUBLISH,
        selection=dg.AssetSelection.assets(RELEASE),
        executor_def=dg.in_process_executor,
        description="Assemble, audit and publish a release from what the lake accepts.",
    )


def rebuild_year_job(home: Home) -> Any:
    """Core and measures of a year from the snapshots already read; fetches nothing."""
    return dg.define_asset_job(
        REBUILD_YEAR,
        selection=dg.AssetSelection.groups("core", "measures"),
        partitions_def=school_years(home),
        executor_def=dg.in_process_executor,
        description="Compute and check one school year again from what was last read.",
    )


def daily_job(open_home: Callable[[], Home]) -> dg.JobDefinition:
    """Everything `spm refresh` does, as one op.

    Not one run per year and a sensor that waits for all of them: a run that dies without an end event would
    hold the publication for ever, and a sensor would need the daemon to be up at the right moment. Here the
    years, the publication and the alerts are one sequence, the same as on the command line, and each year is
    still a run of its own in the history.
    """

    @dg.op(required_resource_keys={HOME_LOCK})
    def refresh_and_publish(context: dg.OpExecutionContext) -> None:
        report = refresh(open_home(), instance=context.instance, is_locked=True)
        for line in report.lines():
            context.log.info(line)
        if report.failed:
            raise dg.Failure(description="\n".join(f.text for f in report.failures), allow_retries=False)

    @dg.job(
        name=DAILY,
        executor_def=dg.in_process_executor,
        description="Refresh every declared school year, publish, and send alerts.",
    )
    def daily() -> None:
        refresh_and_publish()

    return daily
