"""The plan as SQL sees it: views `agency.plan_*` for core tables and mappings.

Put here: which rows a view of the plan has, and showing them. Not here: the plan's published tables
(`plan_tables`), the agency's settings (`core_inputs`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import duckdb
import pyarrow as pa

from assets.engine import TableName
from warehouse.model.plan import Plan

Rows = list[dict[str, str | None]]


def _units(plan: Plan) -> Rows:
    return [
        {"unit_id": u.unit_id, "name": u.name, "unit_type": u.unit_type, "parent": u.parent}
        for u in plan.units
    ]


# By view: its columns, all text, and its rows.
VIEWS: Mapping[TableName, tuple[tuple[str, ...], Callable[[Plan], Rows]]] = {
    TableName("agency", "plan_units"): (("unit_id", "name", "unit_type", "parent"), _units),
}


def view_plan(connection: duckdb.DuckDBPyConnection, plan: Plan) -> None:
    """Create every view of the plan; one without rows has its columns all the same."""
    for name, (columns, rows) in VIEWS.items():
        schema = pa.schema([pa.field(column, pa.string()) for column in columns])
        connection.register("plan_rows", pa.Table.from_pylist(rows(plan), schema=schema))
        connection.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT * FROM plan_rows")
        connection.unregister("plan_rows")


def plan_read(plan: Plan, names: frozenset[TableName]) -> dict[str, Rows]:
    """The rows of the views of the plan that are among `names`: they are inputs of what reads them."""
    return {str(name): rows(plan) for name, (_, rows) in VIEWS.items() if name in names}
