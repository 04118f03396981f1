"""What a core table's SQL reads: accepted files, and the agency's settings, crosswalks and plan.

Put here: showing inputs as views. Not here: which table reads what (`core_table`), computing it (`core`).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb

from assets.core_table import CoreTable, core_node
from assets.engine import (
    TableName,
    empty_rows,
    view_files,
    view_plan_nodes,
    view_settings,
    view_text_csv,
)
from assets.home import Home
from assets.lake import Node
from assets.mappings import show_mapped
from assets.raw import raw_node
from warehouse.model.errors import SpmError
from warehouse.model.places import shown
from warehouse.model.plan import nodes


def show_inputs(
    connection: duckdb.DuckDBPyConnection, home: Home, table: CoreTable, school_year: int
) -> None:
    """Create every view that the table's SQL and its mappings read."""
    view_settings(connection, settings_row(home, school_year))
    view_plan_nodes(connection, plan_nodes(home))
    present: set[TableName] = set()
    for name in table.reads:
        files = list(input_files(home, name, school_year))
        if name.schema == "crosswalk":
            view_text_csv(connection, name, _crosswalk(home, name.table))
        elif files:
            view_files(connection, name, files)
            present.add(name)
        elif name.schema == "core":
            connection.execute(f"CREATE VIEW {name} AS {empty_rows(home.contracts[name.table])}")
            present.add(name)
    show_mapped(connection, table.contract, table.mappings, present)


def input_files(home: Home, name: TableName, school_year: int) -> Iterator[Path]:
    """The accepted files of a raw or core table for a year; none when the year has no input."""
    if name.schema == "raw":
        source, _, part = name.table.partition("__")
        node, parts = raw_node(source), part
    elif name.schema == "core":
        node, parts = core_node(name.table), ""
    else:
        return
    version = accepted(home, node, school_year)
    if version is not None:
        file = home.lake.file(node, school_year, version, parts)
        if not file.exists():
            raise SpmError(
                f"The lake has lost {name} of {school_year}, version {version}",
                file=str(file.relative_to(home.root)),
                remedy="Refresh the year; the source is read again from its snapshot",
            )
        yield file


def accepted(home: Home, node: Node, school_year: int) -> str | None:
    """The accepted version of an input; none for a source that the agency no longer declares for the year."""
    if node.layer == "raw" and home.settings_of(node.table).for_year(school_year) is None:
        return None
    state = home.lake.state(node, school_year)
    return None if state is None else state.accepted


def settings_row(home: Home, school_year: int) -> dict[str, tuple[str, str | int | float]]:
    """The one row of `agency.settings`: SQL type and value by column."""
    s, t = home.agency.settings, home.agency.settings.thresholds
    return {
        "agency_id": ("VARCHAR", s.agency_id),
        "state_ansi_code": ("VARCHAR", s.state_ansi_code),
        "state_abbreviation_code": ("VARCHAR", s.state_abbreviation_code),
        "state_name": ("VARCHAR", s.state_name),
        "school_year": ("SMALLINT", school_year),
        "chronic_absence_percent": ("DECIMAL(5,2)", t.chronic_absence_percent),
        "minimum_days_enrolled": ("INTEGER", t.minimum_days_enrolled),
        "full_academic_year_days": ("INTEGER", t.full_academic_year_days),
        "participation_floor_percent": ("DECIMAL(5,2)", t.participation_floor_percent),
        "reimbursement_days": ("INTEGER", t.reimbursement_days),
        "availability_months": ("INTEGER", t.availability_months),
        "liquidation_days": ("INTEGER", t.liquidation_days),
        "subrecipient_liquidation_days": ("INTEGER", t.subrecipient_liquidation_days),
        "carryover_cap_percent": ("DECIMAL(5,2)", t.carryover_cap_percent),
        "carryover_floor_usd": ("DECIMAL(18,2)", t.carryover_floor_usd),
        "subaward_report_floor_usd": ("DECIMAL(18,2)", t.subaward_report_floor_usd),
        "maintenance_of_effort_percent": ("DECIMAL(5,2)", t.maintenance_of_effort_percent),
        "applications_due": ("VARCHAR", t.applications_due),
        "as_of": ("DATE", home.as_of.isoformat()),
    }


def _crosswalk(home: Home, name: str) -> Path:
    path = home.agency.crosswalks.get(name)
    if path is None:
        raise SpmError(
            f"The agency has no crosswalk {name!r}",
            file=shown(home.agency.folder / "crosswalks" / f"{name}.csv"),
            remedy="Create it",
        )
    return path


def plan_nodes(home: Home) -> tuple[str, ...]:
    """The codes of the plan's goals, strategies, milestones and actions."""
    return tuple(node.node_id for node in nodes(home.agency.plan))
