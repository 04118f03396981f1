"""Core: union the mappings of the sources that are on, deduplicate, and write one file per table and year.

Put here: how a core table's SQL is assembled and run. Not here: any table's own SQL (`assets/core/*.sql`,
`sources/*/core/*.sql`) or whether the result is true (`checks`).
"""

from __future__ import annotations

from datetime import date

import pyarrow.parquet as pq

from assets.core_inputs import accepted, accepted_by_year, settings_row, show_inputs
from assets.core_table import CoreTable, core_node
from assets.engine import connect, write_table
from assets.home import Home
from assets.plan_views import plan_read
from assets.raw import raw_node
from assets.version import data_version
from warehouse.model.errors import SpmError
from warehouse.model.places import shown

AS_OF = "as_of"


def build_core(home: Home, table: CoreTable, school_year: int) -> tuple[str, int]:
    """Compute a core table for a year, unless the same version is already there.

    Returns:
        The data version and its number of rows. It is not accepted yet: checks decide that.

    Raises:
        SpmError: The SQL fails, or an input has no accepted version.
    """
    node = core_node(table.contract.table)
    version = core_version(home, table, school_year)
    file = home.lake.file(node, school_year, version)
    try:
        if not file.exists():
            with (
                connect(home.root / "temporary") as connection,
                home.lake.writing(file, restricted=table.contract.is_restricted) as temporary,
            ):
                show_inputs(connection, home, table, school_year)
                write_table(
                    connection, table.sql, table.contract, temporary, near_students=table.is_near_students
                )
    except SpmError as problem:
        home.lake.fail(node, school_year, reason=str(problem), version=version)
        raise
    home.lake.write_json(node, school_year, AS_OF, {"version": version, "as_of": home.as_of.isoformat()})
    return version, int(pq.read_metadata(file).num_rows)


def core_version(home: Home, table: CoreTable, school_year: int, *, as_of: date | None = None) -> str:
    """The data version a core table has from its accepted inputs, SQL, contract and settings.

    `as_of` is the day its rows speak for, where its SQL names one; default the home's.
    """
    settings = home.agency.settings
    inputs: dict[str, object] = {
        "contract": table.contract,
        "sql": table.sql_file,
        "mappings": {shown(path): path for path in table.mappings},
        "settings": _settings_read(home, table, school_year, as_of or home.as_of),
        "crosswalks": {
            n.table: home.agency.crosswalks[n.table]
            for n in table.reads
            if n.schema == "crosswalk" and n.table in home.agency.crosswalks
        },
        "agency": settings.agency_id,
        "plan": plan_read(home.agency, table.all_reads),
    }
    for source in table.sources:
        inputs[f"raw.{source}"] = accepted(home, raw_node(source), school_year)
    for name in table.core_inputs:
        inputs[f"core.{name}"] = accepted(home, core_node(name), school_year)
    for other in table.other_years:
        inputs[str(other)] = accepted_by_year(home, other, school_year)
    return data_version(inputs)


def built_as_of(home: Home, table: str, school_year: int) -> date | None:
    """The day that the accepted version of a core table speaks for."""
    kept = home.lake.read_json(core_node(table), school_year, AS_OF)
    state = home.lake.state(core_node(table), school_year)
    if kept is None or state is None or kept["version"] != state.accepted:
        return None
    return date.fromisoformat(kept["as_of"])


def _settings_read(
    home: Home, table: CoreTable, school_year: int, as_of: date
) -> dict[str, list[str | int | float]]:
    """The settings that a table's rows can depend on.

    `as_of` is the clock where the agency fixes no day, so it counts only where the SQL names it; otherwise
    everything would be computed anew every day.
    """
    texts = [table.sql, *(mapping.read_text(encoding="utf-8") for mapping in table.mappings)]
    read = {name: list(value) for name, value in settings_row(home, school_year).items() if name != "as_of"}
    if any("as_of" in text for text in texts):
        read["as_of"] = ["DATE", as_of.isoformat()]
    return read
