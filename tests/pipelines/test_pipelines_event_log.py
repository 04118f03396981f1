"""Our event log against Dagster's own: the same events give the same rows, in fewer writes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from operator import itemgetter
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster._core.events import DagsterEventType
from dagster._core.events.log import EventLogEntry
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage

from pipelines import event_log
from pipelines.event_log import KeptOpenEventLog

YEARS = dg.StaticPartitionsDefinition(["2024", "2025"])


def _run(folder: Path) -> Sequence[EventLogEntry]:
    """All events of a run of one asset with 30 checks, as Dagster wrote them."""
    names = [f"claim_{number}" for number in range(30)]

    @dg.asset(partitions_def=YEARS)
    def table() -> dg.MaterializeResult[Any]:
        return dg.MaterializeResult(metadata={"rows": 1})

    @dg.multi_asset_check(
        specs=[dg.AssetCheckSpec(name, asset="table", partitions_def=YEARS) for name in names]
    )
    def checks() -> Iterator[dg.AssetCheckResult]:
        for name in names:
            warn = dg.AssetCheckSeverity.WARN
            yield dg.AssetCheckResult(check_name=name, passed=name != "claim_7", severity=warn)

    job = dg.define_asset_job("refresh", executor_def=dg.in_process_executor, partitions_def=YEARS)
    definitions = dg.Definitions(assets=[table], asset_checks=[checks], jobs=[job])
    with dg.DagsterInstance.local_temp(str(folder)) as instance:
        done = definitions.resolve_job_def("refresh").execute_in_process(
            instance=instance, partition_key="2024"
        )
        return instance.all_logs(done.run_id)


@pytest.fixture(scope="module")
def events(tmp_path_factory: pytest.TempPathFactory) -> Sequence[EventLogEntry]:
    return _run(tmp_path_factory.mktemp("dagster"))


def _written(folder: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Every row that tells of events, without the moment at which the database took it."""
    rows = {}
    for file in sorted(folder.glob("*.db")):
        connection = sqlite3.connect(file)
        for table in ("event_logs", "asset_check_executions", "asset_keys", "asset_event_tags"):
            found = connection.execute(f"SELECT * FROM {table} ORDER BY id")
            kept = [i for i, column in enumerate(found.description) if column[0] != "create_timestamp"]
            rows[f"{file.stem}.{table}"] = [tuple(row[i] for i in kept) for row in found]
        connection.close()
    return rows


def _stored(folder: Path, kind: type[SqliteEventLogStorage], events: Sequence[EventLogEntry]) -> Any:
    folder.mkdir()
    log = kind(str(folder))
    for event in events:
        log.store_event(event)
    log.dispose()
    return _written(folder)


def test_the_same_events_give_the_same_rows_as_dagsters_own_log(
    events: Sequence[EventLogEntry], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = _stored(tmp_path / "theirs", SqliteEventLogStorage, events)
    assert len(theirs["index.asset_check_executions"]) == 30
    assert _stored(tmp_path / "ours", KeptOpenEventLog, events) == theirs
    monkeypatch.setattr(event_log, "MOST_KEPT_BACK", 7)
    assert _stored(tmp_path / "in_parts", KeptOpenEventLog, events) == theirs


def test_an_evaluation_that_nobody_planned_is_recorded_all_the_same(
    events: Sequence[EventLogEntry], tmp_path: Path
) -> None:
    plan = DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED
    unplanned = [e for i, e in enumerate(events) if e.dagster_event_type is not plan or i % 2]
    theirs = _stored(tmp_path / "theirs", SqliteEventLogStorage, unplanned)
    ours = _stored(tmp_path / "ours", KeptOpenEventLog, unplanned)
    assert len(ours["index.asset_check_executions"]) == 30
    # The unplanned ones are added after the planned ones were completed.
    assert sorted(ours["index.asset_check_executions"], key=itemgetter(2)) == sorted(
        theirs["index.asset_check_executions"], key=itemgetter(2)
    )


def test_what_is_kept_back_is_written_before_anybody_reads_and_in_few_transactions(
    events: Sequence[EventLogEntry], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = KeptOpenEventLog(str(tmp_path))
    opened: list[str] = []
    engine = log._engine

    def counted(shard: str) -> Any:
        opened.append(shard)
        return engine(shard)

    monkeypatch.setattr(log, "_engine", counted)
    checks = [e for e in events if e.dagster_event_type in event_log.KEPT_BACK]
    for event in checks:
        log.store_event(event)
    assert opened == []
    assert len(log.get_logs_for_run(events[0].run_id)) == len(checks)
    assert len(opened) < 6
    log.dispose()


def test_a_new_materialization_is_seen_although_the_last_was_remembered(
    events: Sequence[EventLogEntry], tmp_path: Path
) -> None:
    log = KeptOpenEventLog(str(tmp_path))
    made = [e for e in events if e.dagster_event_type is DagsterEventType.ASSET_MATERIALIZATION]
    for count in (0, 1, 2):
        for _ in range(2):
            assert len(log.fetch_materializations(dg.AssetKey("table"), limit=5).records) == count
        log.store_event(made[0])
    log.dispose()
