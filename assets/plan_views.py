"""The plan as SQL sees it: views `agency.plan_*` and `agency.targets` for core tables and mappings.

Put here: which views there are, and showing them. Not here: the rows of the plan's tables (`plan_tables`),
which the views are, the agency's settings (`core_inputs`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

import duckdb
import pyarrow as pa

from assets.engine import TableName
from assets.plan_tables import plan_table
from warehouse.model.agency import Agency
from warehouse.model.contract import load_contracts


def _units(agency: Agency) -> pa.Table:
    """The units of the agency's own plan: they are organizations, those of a district's plan are not."""
    columns = ("unit_id", "name", "unit_type", "parent")
    schema = pa.schema([pa.field(column, pa.string()) for column in columns])
    rows = [{column: getattr(unit, column) for column in columns} for unit in agency.plan.units]
    return pa.Table.from_pylist(rows, schema=schema)


def _as_published(table: str) -> Callable[[Agency], pa.Table]:
    return lambda agency: plan_table(agency, table, load_contracts()[table])


# Each view with what it shows: nodes, measures, targets and money of all plans, units of the agency's own.
VIEWS: Mapping[TableName, Callable[[Agency], pa.Table]] = {
    TableName("agency", "plan_units"): _units,
    **{
        TableName("agency", table): _as_published(table)
        for table in ("plan_nodes", "plan_measures", "plan_resources", "targets")
    },
}


def view_plan(
    connection: duckdb.DuckDBPyConnection, agency: Agency, names: Collection[TableName] = tuple(VIEWS)
) -> None:
    """Create the views of the plan that are named; one without rows has its columns all the same."""
    for name, rows in VIEWS.items():
        if name not in names:
            continue
        connection.register("plan_rows", rows(agency))
        connection.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT * FROM plan_rows")
        connection.unregister("plan_rows")


def plan_read(agency: Agency, names: frozenset[TableName]) -> dict[str, list[dict[str, object]]]:
    """The rows of the views of the plan that are among `names`: they are inputs of what reads them."""
    return {str(name): rows(agency).to_pylist() for name, rows in VIEWS.items() if name in names}
