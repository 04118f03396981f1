"""What Dagster is told."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import dagster as dg
import pytest

from assets.dagster_assets import RELEASE
from assets.home import Home
from pipelines.definitions import build_definitions
from pipelines.instance import dagster_home, open_instance, quiet_environment
from pipelines.jobs import DAILY, PUBLISH, REFRESH
from pipelines.locking import home_lock
from pipelines.refresh import refresh
from pipelines.runs import execute
from pipelines.sensors import failed_evaluations, observations_of_run
from tests.pipelines.tiny_agency import put

CORE = dg.AssetKey(["core", "chronic_absence"])


def test_the_graph_goes_from_raw_to_the_release_by_layer(home: Home) -> None:
    graph = build_definitions(home).resolve_asset_graph()
    layers = {graph.get(key).group_name for key in graph.get_all_asset_keys()}
    assert layers == {"raw", "core", "measures", "published"}
    assert dg.AssetKey(["raw", "tiny_absence"]) in graph.get(CORE).parent_keys
    assert dg.AssetKey(["measures", "chronic_absence"]) in graph.get(RELEASE).parent_keys


def test_a_table_says_who_owns_it_what_its_columns_mean_and_which_objective_it_serves(home: Home) -> None:
    asset = build_definitions(home).resolve_asset_graph().get(CORE)
    assert list(asset.owners) == ["team:student-data"]
    assert "objective/G1" in asset.tags and asset.tags["privacy"] == "public"
    columns = {column.name: column for column in asset.metadata["dagster/column_schema"].columns}
    assert columns["eligible_students"].description
    assert columns["organization_id"].constraints.nullable is False


def test_partitions_are_the_declared_years_and_the_release_has_none(home: Home) -> None:
    graph = build_definitions(home).resolve_asset_graph()
    assert graph.get(CORE).partitions_def.get_partition_keys() == ["2023", "2024"]
    assert graph.get(RELEASE).partitions_def is None


def test_the_daily_schedule_runs_in_the_agencys_time_zone(home: Home) -> None:
    schedule = build_definitions(home).resolve_schedule_def("daily_refresh")
    assert schedule.execution_timezone == "America/Chicago"
    assert schedule.cron_schedule == "30 5 * * *" and schedule.job_name == DAILY


def test_alert_sensors_watch_every_code_location(home: Home) -> None:
    for name in ("alert_after_success", "alert_after_failure"):
        sensor = build_definitions(home).resolve_sensor_def(name)
        assert sensor.default_status == dg.DefaultSensorStatus.RUNNING


def test_the_workspace_loads(project: Path, tmp_path: Path) -> None:
    environment = {**os.environ, **quiet_environment(tmp_path), "SPM_HOME": str(tmp_path)}
    done = subprocess.run(
        [str(Path(sys.executable).with_name("dagster")), "definitions", "validate", "-w", "workspace.yaml"],
        cwd=project, env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_dagsters_folder_has_telemetry_off_and_keeps_changes_of_the_agency(tmp_path: Path) -> None:
    settings = dagster_home(tmp_path) / "dagster.yaml"
    assert "enabled: false" in settings.read_text()
    settings.write_text("telemetry: {enabled: false}\n")
    assert dagster_home(tmp_path) / "dagster.yaml" == settings
    assert settings.read_text() == "telemetry: {enabled: false}\n"


def test_a_run_of_dagster_waits_for_the_homes_lock_and_then_says_who_holds_it(home: Home) -> None:
    definitions = build_definitions(home, wait_seconds=0)
    with open_instance(home.root) as instance, home_lock(home.root, "spm refresh"):
        ended = execute(definitions, REFRESH, instance, partition="2023")
    assert not ended.success
    assert "Another run is writing to this working folder: spm refresh" in " ".join(ended.failures.values())


def test_the_daily_job_refreshes_every_year_and_publishes(home: Home) -> None:
    with open_instance(home.root) as instance:
        assert execute(build_definitions(home), DAILY, instance).success
        jobs = sorted(run.job_name for run in instance.get_runs())
    assert jobs == [DAILY, PUBLISH, REFRESH, REFRESH]


def test_the_daily_job_fails_when_a_year_failed(home: Home) -> None:
    put(home, 2023, "School,Name,Eligible,Absent\n990001000001,Oak,100,120\n")
    with open_instance(home.root) as instance:
        ended = execute(build_definitions(home), DAILY, instance)
    assert not ended.success
    assert "chronically_absent_do_not_exceed_eligible" in " ".join(ended.failures.values())


def test_failed_checks_of_a_run_are_found_and_left_to_the_lake(home: Home) -> None:
    put(home, 2023, "School,Name,Eligible,Absent\n990001000001,Oak,100,120\n")
    report = refresh(home, years=[2023])
    with open_instance(home.root) as instance:
        run = instance.get_run_by_id(report.years[0].run_id)
        assert run is not None
        found = {(table, data.check_name) for table, data in failed_evaluations(instance, run.run_id)}
        assert found == {("core.chronic_absence", "chronically_absent_do_not_exceed_eligible")}
        seen = observations_of_run(home, instance, run, error="Steps failed")
    assert [f for o in seen for f in o.findings] == []


def test_a_run_that_died_without_a_trace_is_told(home: Home) -> None:
    report = refresh(home, years=[2023])
    with open_instance(home.root) as instance:
        run = instance.get_run_by_id(report.years[0].run_id)
        assert run is not None
        seen = observations_of_run(home, instance, run, error="The process was killed")
    assert ["The process was killed" in f.text for o in seen for f in o.findings] == [True]


def test_an_older_run_does_not_speak_for_a_later_one(home: Home) -> None:
    earlier, _ = refresh(home, years=[2023]), refresh(home, years=[2023])
    with open_instance(home.root) as instance:
        run = instance.get_run_by_id(earlier.years[0].run_id)
        assert run is not None
        assert observations_of_run(home, instance, run, error="killed") == []


def test_an_unexpected_error_about_students_reaches_dagster_without_its_words(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    from assets import dagster_assets, guard

    def fail(*_: object) -> None:
        try:
            raise ValueError("student 47110815-4711 has grade 'secret'")
        except ValueError as problem:
            raise RuntimeError("cell of student 47110815-4711") from problem

    monkeypatch.setattr(dagster_assets, "refresh_raw", fail)
    monkeypatch.setattr(guard, "is_about_students", lambda *_: True)
    report = refresh(replace(home), years=[2023])
    assert report.failed and "RuntimeError" in report.failures[0].text
    kept = b"".join(p.read_bytes() for p in home.root.rglob("*") if p.is_file())
    assert b"47110815-4711" not in kept
