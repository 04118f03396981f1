"""Reactions to runs that have ended, whoever started them.

Put here: which runs are looked at, and what of them. Not here: what is told and to whom (`alerts`).

A failed check leaves a run successful unless it blocks, and a failed run leaves no failed check: so there is
a sensor for each end. Both watch all code locations, since runs of the command line belong to none.
"""

# Without `from __future__ import annotations`: Dagster compares the annotation of `context` with the class.
from collections.abc import Iterator
from typing import Any

import dagster as dg

from assets.home import Home
from assets.lake import Node
from pipelines.alerts import send_alerts
from pipelines.findings import RUN, Finding, Observation, observe, of_release
from pipelines.jobs import PUBLISH
from pipelines.runs import INTERRUPTED, words_of

PARTITION = "dagster/partition"
RETRY_SECONDS = 300


def build_sensors(home: Home) -> list[dg.SensorDefinition]:
    """The success sensor, the failure sensor, and the one that delivers what was not accepted."""

    @dg.run_status_sensor(
        name="alert_after_success",
        run_status=dg.DagsterRunStatus.SUCCESS,
        monitor_all_code_locations=True,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Failed checks of green runs, and recoveries",
    )
    def alert_after_success(context: dg.RunStatusSensorContext) -> None:
        run = context.dagster_run
        seen = observations_of_run(home, context.instance, run)
        send_alerts(home, also=seen, run_id=run.run_id)

    @dg.run_failure_sensor(
        name="alert_after_failure",
        monitor_all_code_locations=True,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Failed runs",
    )
    def alert_after_failure(context: dg.RunFailureSensorContext) -> None:
        run = context.dagster_run
        seen = observations_of_run(home, context.instance, run, error=context.failure_event.message or "")
        send_alerts(home, also=seen, run_id=run.run_id)

    @dg.sensor(
        name="deliver_waiting_alerts",
        minimum_interval_seconds=RETRY_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Tries again what a webhook did not accept",
    )
    def deliver_waiting_alerts() -> dg.SkipReason:
        report = send_alerts(home)
        return dg.SkipReason(f"{report.waiting} messages wait ({report.last_error or 'nothing refused'})")

    return [alert_after_success, alert_after_failure, deliver_waiting_alerts]


def observations_of_run(
    home: Home, instance: dg.DagsterInstance, run: dg.DagsterRun, error: str | None = None
) -> list[Observation]:
    """What a run says that the lake may not know: a publication's end, a death without a trace."""
    year = int(run.tags[PARTITION]) if run.tags.get(PARTITION, "").isdigit() else None
    if not _is_latest(instance, run) or INTERRUPTED in run.tags:
        return []  # sensors come late, and a later run has the word; one that was stopped says nothing
    if run.job_name == PUBLISH:
        return [of_release(None if error is None else _failed_step(instance, run.run_id) or error)]
    name = f"job {run.job_name}"
    unexplained = error is not None and not _lake_explains(home, year)
    findings = (
        (Finding(RUN, name, year, True, f"{name}: {error}", "data-engineering"),) if unexplained else ()
    )
    return [Observation(name, year, findings, True), *_of_checks(home, instance, run.run_id, year)]


def _is_latest(instance: dg.DagsterInstance, run: dg.DagsterRun) -> bool:
    tags = {PARTITION: run.tags[PARTITION]} if PARTITION in run.tags else {}
    latest = instance.get_runs(filters=dg.RunsFilter(job_name=run.job_name, tags=tags), limit=1)
    return not latest or latest[0].run_id == run.run_id


def failed_evaluations(instance: dg.DagsterInstance, run_id: str) -> Iterator[tuple[str, Any]]:
    """The check evaluations of a run that did not pass: table and evaluation."""
    records = instance.get_records_for_run(
        run_id, of_type={dg.DagsterEventType.ASSET_CHECK_EVALUATION}
    ).records
    for record in records:
        event = record.event_log_entry.dagster_event
        data = event.asset_check_evaluation_data if event is not None else None
        if data is not None and not data.passed:
            yield ".".join(data.asset_key.path), data


def _of_checks(
    home: Home, instance: dg.DagsterInstance, run_id: str, year: int | None
) -> Iterator[Observation]:
    """Failed checks of tables the lake knows nothing of; elsewhere the lake is the better witness."""
    for table, data in failed_evaluations(instance, run_id):
        layer, _, name = table.partition(".")
        if layer in ("core", "measures") and home.lake.state(Node(layer, name), year) is None:  # type: ignore[arg-type]
            found = Finding(
                data.check_name,
                table,
                year,
                data.severity == dg.AssetCheckSeverity.ERROR,
                data.description or f"{table}: {data.check_name} failed",
                "data-engineering",
            )
            yield Observation(table, year, (found,), False)


def _lake_explains(home: Home, year: int | None) -> bool:
    return any(f.stops for seen in observe(home, None if year is None else [year]) for f in seen.findings)


def _failed_step(instance: dg.DagsterInstance, run_id: str) -> str | None:
    """What the first failed step of a run said."""
    for record in instance.get_records_for_run(run_id, of_type={dg.DagsterEventType.STEP_FAILURE}).records:
        event = record.event_log_entry.dagster_event
        if event is not None:
            return words_of(event)
    return None
