"""What a core table's SQL reads: accepted files, and the agency's settings, crosswalks and plan.

Put here: showing inputs as views. Not here: which table reads what (`core_table`), computing it (`core`).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from assets.core_table import CoreTable, core_node
from assets.engine import (
    CORE_SCHEMAS,
    SAME_YEAR,
    YEAR_BEFORE,
    TableName,
    view_files,
    view_settings,
    view_text_csv,
    view_typed_files,
)
from assets.home import Home
from assets.lake import Node
from assets.mappings import show_mapped
from assets.plan_views import view_plan
from assets.raw import raw_node
from warehouse.model.contract import Contract
from warehouse.model.errors import SpmError
from warehouse.model.places import shown


def show_inputs(
    connection: duckdb.DuckDBPyConnection, home: Home, table: CoreTable, school_year: int
) -> None:
    """Create every view that the table's SQL and its mappings read."""
    view_settings(connection, settings_row(home, school_year))
    view_plan(connection, home.agency, table.all_reads)
    present: set[TableName] = set()
    for name in table.reads:
        files = list(input_files(home, name, school_year))
        if name.schema == "crosswalk":
            view_text_csv(connection, name, _crosswalk(home, name.table))
        elif name.schema in CORE_SCHEMAS and (name.schema != SAME_YEAR or not files):
            view_accepted(connection, home, name, school_year)
            present.add(name)
        elif files:
            view_files(connection, name, files)
            present.add(name)
    show_mapped(connection, table.contract, table.mappings, present)


def input_files(home: Home, name: TableName, school_year: int) -> Iterator[Path]:
    """The accepted files of a raw or core table for a year; none when the year has no input.

    `previous_year` and `to_date` name the accepted files of a core table in other years.
    """
    if name.schema == "raw":
        source, _, part = name.table.partition("__")
        yield from _file_of(home, raw_node(source), school_year, part)
    elif name.schema in CORE_SCHEMAS:
        for year in years_read(home, name.schema, school_year):
            yield from _file_of(home, core_node(name.table), year)


def view_accepted(
    connection: duckdb.DuckDBPyConnection, home: Home, name: TableName, school_year: int
) -> None:
    """Show what is accepted of a core table under a name for a year; without a version it has no rows.

    Raises:
        SpmError: A version is lost, or lacks columns that its contract has today.
    """
    contract, files = home.contracts[name.table], list(input_files(home, name, school_year))
    for file in files:
        year = file.parent.name.removeprefix("school_year=")
        require_todays_columns(contract, f"core.{name.table} of {year}", file)
    view_typed_files(connection, name, contract, files)


def years_read(home: Home, schema: str, school_year: int) -> tuple[int, ...]:
    """The declared years in which a core table is shown when its SQL name begins with this schema."""
    declared = home.agency.settings.school_years
    if schema == SAME_YEAR:
        return (school_year,)
    if schema == YEAR_BEFORE:
        return tuple(year for year in declared if year == school_year - 1)
    return tuple(year for year in declared if year <= school_year)


def accepted_by_year(home: Home, name: TableName, school_year: int) -> dict[str, str | None]:
    """The accepted versions of a core table in the years that its SQL name stands for."""
    node = core_node(name.table)
    return {str(year): accepted(home, node, year) for year in years_read(home, name.schema, school_year)}


def _file_of(home: Home, node: Node, year: int, part: str = "") -> Iterator[Path]:
    version = accepted(home, node, year)
    if version is None:
        return
    file = home.lake.file(node, year, version, part)
    if not file.exists():
        raise SpmError(
            f"The lake has lost {node.name} of {year}, version {version}",
            file=str(file.relative_to(home.root)),
            remedy="Refresh the year; the source is read again from its snapshot",
        )
    yield file


def require_todays_columns(contract: Contract, what: str, file: Path) -> None:
    """Refuse a version that was computed under an older contract.

    Its new columns would be null, which to a reader means that the year has no such facts.

    Raises:
        SpmError: The file lacks a column; `what` names it.
    """
    lacking = sorted({f.name for f in contract.fields} - set(pq.read_schema(file).names))
    if lacking:
        year = file.parent.name.removeprefix("school_year=")
        raise SpmError(
            f"{what} was computed before its contract had {', '.join(lacking)}",
            remedy=f"Refresh {year} too: leave --year out, or name both years",
        )


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
