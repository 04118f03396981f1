"""Measures: the figures of one core table for one school year, as rows of the contract `measure_value`.

Put here: which measures a core table gives, and running their pass. Not here: the SQL (`measure_sql`), status
(`status`), suppression (`warehouse/public_face`).
"""

from __future__ import annotations

import pyarrow.parquet as pq

from assets.core_inputs import settings_row
from assets.core_table import CoreTable, core_node, core_tables
from assets.engine import TableName, connect, view_files, view_settings, write_table
from assets.home import Home
from assets.lake import Node
from assets.measure_sql import measures_sql
from assets.version import data_version
from warehouse.model.contract import Contract
from warehouse.model.errors import SpmError
from warehouse.model.measure import Measure

VALUE_CONTRACT = "measure_value"


def measures_node(core_table: str) -> Node:
    """The node of the measures of a core table."""
    return Node("measures", core_table)


def value_contract(home: Home, core_table: str) -> Contract:
    """The contract of the values of one core table's measures: `measure_value` under that table's name."""
    return home.contracts[VALUE_CONTRACT].model_copy(update={"table": core_table, "layer": "measures"})


def measured_tables(home: Home) -> dict[str, tuple[Measure, ...]]:
    """The core tables of this agency that measures are computed from, with their measures."""
    fed: dict[str, CoreTable] = core_tables(home)
    found: dict[str, tuple[Measure, ...]] = {}
    for table in fed:
        members = tuple(m for m in home.agency.measures.values() if m.core_table == table)
        if members:
            found[table] = members
    return found


def build_measures(home: Home, core_table: str, school_year: int) -> tuple[str, int]:
    """Compute the measures of a core table for a year, unless the same version is already there.

    Returns:
        The data version and its number of rows; not accepted yet, checks decide that.

    Raises:
        SpmError: The pass fails, or an input has no accepted version.
    """
    node = measures_node(core_table)
    version = measures_version(home, core_table, school_year)
    file = home.lake.file(node, school_year, version)
    contract = home.contracts[VALUE_CONTRACT]
    confidence = home.agency.settings.thresholds.confidence_percent
    sql = measures_sql(home.contracts[core_table], measured_tables(home)[core_table], confidence)
    try:
        with connect(home.root / "temporary") as connection:
            view_settings(connection, settings_row(home, school_year))
            for table in ("organizations", core_table):
                state = home.lake.state(core_node(table), school_year)
                if state is None or state.accepted is None:
                    raise SpmError(
                        f"core.{table} has no accepted version for {school_year}",
                        remedy="Refresh the year; look at the failure of that table first",
                    )
                files = [home.lake.file(core_node(table), school_year, state.accepted)]
                view_files(connection, TableName("core", table), files)
            if file.exists():
                return version, int(pq.read_metadata(file).num_rows)
            with home.lake.writing(file, restricted=False) as temporary:
                near = core_tables(home)[core_table].is_near_students
                return version, write_table(connection, sql, contract, temporary, near_students=near)
    except SpmError as problem:
        home.lake.fail(node, school_year, reason=str(problem), version=version)
        raise


def measures_version(home: Home, core_table: str, school_year: int) -> str:
    """The data version of the measures of a core table from its accepted inputs and definitions."""
    inputs: dict[str, object] = {
        "contract": home.contracts[VALUE_CONTRACT],
        "measures": {m.id: m for m in measured_tables(home)[core_table]},
        # A pass reads no other settings; what core rows owe to settings is in their versions.
        "state": home.agency.settings.state_abbreviation_code,
        "confidence_percent": home.agency.settings.thresholds.confidence_percent,
    }
    for table in ("organizations", core_table):
        state = home.lake.state(core_node(table), school_year)
        inputs[f"core.{table}"] = None if state is None else state.accepted
    return data_version(inputs)
