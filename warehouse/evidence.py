"""What was known when a publication was decided: check results, waivers, corrections, fetch outcomes.

Put here: mappings to rows of those tables.
Not here: what a check is (`checks`), what a failure does (`publish`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa

from warehouse.model.errors import SpmError
from warehouse.schema import WarehouseSchema

_ALIASES = {"table": "table_name", "column": "column_name"}
# What a result says when its author left it out; claim, table and passed must be given.
_CHECK_DEFAULTS: dict[str, Any] = {
    "sentence": "",
    "data_version": "",
    "severity": "error",
    "blocking": True,
    "kind": "data",
    "checked_rows": 0,
    "failing_rows": 0,
    "failing_keys": (),
    "owner": "",
    "remedy": "",
    "seconds": 0.0,
}


def stops(result: Mapping[str, Any]) -> bool:
    """Whether a result forbids a publication: blocking, failed, not waived."""
    return bool(result.get("blocking", True)) and not result["passed"] and not result.get("waived_by")


def record_checks(
    connection: sa.Connection,
    schema: WarehouseSchema,
    publication_id: int,
    results: Sequence[Mapping[str, Any]],
    *,
    phase: str,
) -> None:
    """Add check results of a phase ("input" or "audit") to a publication."""
    complete = [{**_CHECK_DEFAULTS, **result, "phase": phase} for result in results]
    record(connection, schema, "check_result", publication_id, complete)


def record(
    connection: sa.Connection,
    schema: WarehouseSchema,
    table_name: str,
    publication_id: int,
    items: Sequence[Mapping[str, Any]],
) -> None:
    """Add rows to a table of evidence; what has no column of its own goes to `detail` as JSON.

    Raises:
        SpmError: A mapping lacks what the table requires.
    """
    table = schema.ledger(table_name)
    counted = sa.select(sa.func.count()).where(table.c.publication_id == publication_id)
    start = connection.execute(counted.select_from(table)).scalar_one()
    rows = [
        {**_row(table, item), "publication_id": publication_id, "ordinal": start + number}
        for number, item in enumerate(items)
    ]
    if rows:
        connection.execute(table.insert(), rows)


def _row(table: sa.Table, item: Mapping[str, Any]) -> dict[str, Any]:
    named = {_ALIASES.get(name, name): value for name, value in item.items()}
    columns = {c.name: c for c in table.columns if c.name not in ("publication_id", "ordinal", "detail")}
    row: dict[str, Any] = {}
    for name, column in columns.items():
        value = named.pop(name, None)
        if value is None and not column.nullable:
            raise SpmError(
                f"A {table.name.replace('_', ' ')} lacks {name!r}",
                column=name,
                remedy="Correct the publisher that recorded it",
            )
        row[name] = _stored(value, column)
    detail = named.pop("detail", None)
    row["detail"] = (
        detail if not named and isinstance(detail, str | None) else _json({"detail": detail, **named})
    )
    return row


def _stored(value: Any, column: sa.Column[Any]) -> Any:
    if isinstance(column.type, sa.Text) and value is not None and not isinstance(value, str):
        return _json(value) if isinstance(value, list | tuple | dict) else str(value)
    if isinstance(column.type, sa.Date) and isinstance(value, str):
        return date.fromisoformat(value)
    return value


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str, sort_keys=True)
