"""What Dagster keeps of the checks of one run, written for many of them by one statement.

Put here: rows of Dagster's tables `event_logs` and `asset_check_executions`, as Dagster itself writes them
one by one; a test compares the two. Not here: when they are written (`event_log`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from dagster._core.events import DagsterEventType
from dagster._core.events.log import EventLogEntry
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus
from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable, SqlEventLogStorageTable

# An event, and its row of `event_logs`.
Row = tuple[EventLogEntry, dict[str, Any]]

_OF_PLAN = AssetCheckExecutionsTable.c
_EVALUATED = (
    AssetCheckExecutionsTable.update()
    .where(
        _OF_PLAN.asset_key == sa.bindparam("of_asset"),
        _OF_PLAN.check_name == sa.bindparam("of_check"),
        _OF_PLAN.run_id == sa.bindparam("of_run"),
        _OF_PLAN.partition.is_not_distinct_from(sa.bindparam("of_partition")),
    )
    .values(
        {
            name: sa.bindparam(f"new_{name}")
            for name in (
                "execution_status",
                "evaluation_event",
                "evaluation_event_timestamp",
                "evaluation_event_storage_id",
                "materialization_event_storage_id",
            )
        }
    )
)


def insert_events(connection: sa.Connection, rows: Sequence[Row]) -> range:
    """Add events to a shard's log; their ids follow each other, since this transaction holds the file."""
    connection.execute(SqlEventLogStorageTable.insert(), [row for _, row in rows])
    last = int(connection.execute(sa.select(sa.func.max(SqlEventLogStorageTable.c.id))).scalar_one())
    return range(last - len(rows) + 1, last + 1)


def record_checks(
    connection: sa.Connection, rows: Sequence[Row], storage_ids: Sequence[int]
) -> list[tuple[EventLogEntry, int]]:
    """Record checks as planned or evaluated.

    Returns:
        The evaluations, with their ids, if some had no plan; Dagster's way of writing one finds out which.
    """
    numbered = [(event, row, number) for (event, row), number in zip(rows, storage_ids, strict=True)]
    planned = [_planned(*each) for each in numbered if _is_plan(each[0])]
    if planned:
        connection.execute(AssetCheckExecutionsTable.insert(), [row for rows in planned for row in rows])
    evaluated = [each for each in numbered if not _is_plan(each[0])]
    if not evaluated:
        return []
    updated = connection.execute(_EVALUATED, [_evaluated(*each) for each in evaluated]).rowcount
    return [] if updated == len(evaluated) else [(event, number) for event, _, number in evaluated]


def _is_plan(event: EventLogEntry) -> bool:
    return event.dagster_event_type is DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED


def _planned(event: EventLogEntry, row: dict[str, Any], storage_id: int) -> list[dict[str, Any]]:
    plan: Any = event.get_dagster_event().event_specific_data
    partitions = plan.partitions_subset.get_partition_keys() if plan.partitions_subset else [None]
    return [
        {
            "asset_key": plan.asset_key.to_string(),
            "check_name": plan.check_name,
            "partition": partition,
            "run_id": event.run_id,
            "execution_status": AssetCheckExecutionRecordStatus.PLANNED.value,
            "evaluation_event": row["event"],
            "evaluation_event_timestamp": _moment(event),
            "evaluation_event_storage_id": storage_id,
        }
        for partition in partitions
    ]


def _evaluated(event: EventLogEntry, row: dict[str, Any], storage_id: int) -> dict[str, Any]:
    evaluation: Any = event.get_dagster_event().event_specific_data
    status = AssetCheckExecutionRecordStatus
    target = evaluation.target_materialization_data
    return {
        "of_asset": evaluation.asset_key.to_string(),
        "of_check": evaluation.check_name,
        "of_run": event.run_id,
        "of_partition": evaluation.partition,
        "new_execution_status": (status.SUCCEEDED if evaluation.passed else status.FAILED).value,
        "new_evaluation_event": row["event"],
        "new_evaluation_event_timestamp": _moment(event),
        "new_evaluation_event_storage_id": storage_id,
        "new_materialization_event_storage_id": target.storage_id if target else None,
    }


def _moment(event: EventLogEntry) -> datetime:
    return datetime.fromtimestamp(event.timestamp, UTC).replace(tzinfo=None)
