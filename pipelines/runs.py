"""One Dagster run in this process, and what it came to in plain values.

Put here: executing a job and reading its events. Not here: which jobs there are (`jobs`), or the order of
runs (`refresh`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import dagster as dg

from assets.dagster_assets import RELEASE

# The tag of a run that Ctrl-C or SIGTERM stopped.
INTERRUPTED = "spm/interrupted"
# The command line tells what failed once and in its own words; Dagster's console would repeat it at length.
_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@dataclass(frozen=True)
class Ended:
    """How a run ended: what failed, by step, and what the release asset said of itself."""

    run_id: str
    success: bool
    failures: dict[str, str]
    release: dict[str, Any] | None
    was_interrupted: bool = False


def execute(
    definitions: dg.Definitions,
    job: str,
    instance: dg.DagsterInstance,
    *,
    partition: str | None = None,
    asset_keys: Sequence[dg.AssetKey] | None = None,
) -> Ended:
    """Run a job, or only some of its assets, to its end; a failure is an answer, not an exception."""
    result = definitions.resolve_job_def(job).execute_in_process(
        instance=instance,
        partition_key=partition,
        asset_selection=asset_keys,
        raise_on_error=False,
        run_config=_QUIET,
    )
    return Ended(
        run_id=result.run_id,
        success=result.success,
        failures=_failures(result),
        release=_release(result),
        was_interrupted=any(_is_interruption(event) for event in result.all_events),
    )


def mark_interrupted(instance: dg.DagsterInstance, run_id: str) -> None:
    """Say of a run that it was stopped: Dagster calls it failed, and sensors must not raise an alarm."""
    instance.add_run_tags(run_id, {INTERRUPTED: "yes"})


def _is_interruption(event: dg.DagsterEvent) -> bool:
    source = event.step_failure_data.error_source if event.is_step_failure else None
    return source is not None and source.name == "INTERRUPT"


def _failures(result: dg.ExecuteInProcessResult) -> dict[str, str]:
    found = {_table_of(event): words_of(event) for event in result.all_events if event.is_step_failure}
    if not found and not result.success:
        errors = [getattr(e.event_specific_data, "error", None) for e in result.all_events]
        told = [cause for cause in map(_first_cause, errors) if cause]
        found["dagster"] = told[0] if told else "the run ended without a reason"
    return found


def words_of(event: dg.DagsterEvent) -> str:
    """What a failed step said: our own words where it had some, else the error's first line."""
    data = event.step_failure_data
    if data.user_failure_data is not None and data.user_failure_data.description:
        return data.user_failure_data.description
    return _first_cause(data.error) or "failed"


def _first_cause(error: Any) -> str | None:
    """The first line of the error at the bottom of Dagster's own ones."""
    while error is not None and error.cause is not None:
        error = error.cause
    return None if error is None else str(error.message).strip().splitlines()[0]


def _table_of(event: dg.DagsterEvent) -> str:
    """A step is named after its asset key, `core__chronic_absence`, or its checks."""
    return (event.step_key or "dagster").replace("__checks", "").replace("__", ".", 1)


def _release(result: dg.ExecuteInProcessResult) -> dict[str, Any] | None:
    for event in result.get_asset_materialization_events():
        if event.asset_key == RELEASE:
            metadata = event.step_materialization_data.materialization.metadata
            return {name: value.value for name, value in metadata.items()}
    return None
