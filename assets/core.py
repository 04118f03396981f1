"""Core: union the mappings of the sources that are on, deduplicate, and write one file per table and year.

Put here: how a core table's SQL is assembled and run. Not here: any table's own SQL (`assets/core/*.sql`,
`sources/*/core/*.sql`) or whether the result is true (`checks`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from pathlib import Path

import duckdb

from assets.engine import (
    TableName,
    connect,
    empty_rows,
    view_files,
    view_plan_nodes,
    view_settings,
    view_text_csv,
    write_table,
)
from assets.home import Home
from assets.lake import Node
from assets.mappings import mappings_of, show_mapped, sql_reads
from assets.raw import raw_node
from assets.version import data_version
from checks.suites import load_suites
from warehouse.model.contract import Contract
from warehouse.model.errors import SpmError
from warehouse.model.places import PROJECT, shown
from warehouse.model.plan import nodes

CORE_SQL = PROJECT / "assets" / "core"
AS_OF = "as_of"


@dataclass(frozen=True)
class CoreTable:
    """A core table of this agency: its contract, its SQL, and the mappings that feed it.

    `unfed` names the core tables it reads that nothing feeds here; they are shown to its SQL without rows.
    `compared` names the tables that suites compare it with. `is_near_students` says that it, or anything it
    is computed from, is restricted, so that a database's words about it may quote a student's cell.
    """

    contract: Contract
    sql_file: Path
    mappings: tuple[Path, ...]
    unfed: frozenset[str] = frozenset()
    is_near_students: bool = False
    compared: tuple[TableName, ...] = ()

    @cached_property
    def sql(self) -> str:
        """The table's own SQL."""
        return self.sql_file.read_text(encoding="utf-8")

    @cached_property
    def reads(self) -> tuple[TableName, ...]:
        """Everything it reads, through its mappings too, without `mapped` and `agency`."""
        names = set(sql_reads(self.sql_file))
        for mapping in self.mappings:
            names.update(sql_reads(mapping))
        # What a row refers to, or a suite compares it with, must be there to be checked: it is an input too.
        names.update(TableName("core", r.table) for r in self.contract.references)
        names.update(self.compared)
        return tuple(sorted(n for n in names if n.schema not in ("mapped", "agency")))

    @property
    def core_inputs(self) -> tuple[str, ...]:
        """The core tables it reads and that are fed."""
        return tuple(n.table for n in self.reads if n.schema == "core" and n.table not in self.unfed)

    @property
    def sources(self) -> tuple[str, ...]:
        """The sources it reads."""
        return tuple(sorted({n.table.split("__")[0] for n in self.reads if n.schema == "raw"}))


def core_node(table: str) -> Node:
    """The node of a core table."""
    return Node("core", table)


def core_tables(home: Home) -> dict[str, CoreTable]:
    """The core tables this agency can fill from its sources, in an order in which they can be computed.

    A table belongs when one of its mappings' sources is on, or when all it reads are tables that belong.
    """
    candidates = {
        contract.table: CoreTable(
            contract,
            CORE_SQL / f"{contract.table}.sql",
            mappings_of(home, contract.table),
            compared=_compared(home, contract.name),
        )
        for contract in home.contracts.values()
        if contract.layer == "core" and contract.partitioned
    }
    chosen: dict[str, CoreTable] = {}
    waiting = dict(candidates)
    while waiting:
        ready = [
            name
            for name, table in waiting.items()
            if all(i in chosen for i in _known_inputs(table, candidates))
        ]
        if not ready:
            raise SpmError(
                f"Core tables read each other in a circle: {', '.join(sorted(waiting))}",
                remedy="Break the circle in assets/core",
            )
        for name in sorted(ready):
            chosen[name] = waiting.pop(name)
    unfed = frozenset(name for name, table in chosen.items() if not _is_fed(table, chosen))
    fed: dict[str, CoreTable] = {}
    for name, table in chosen.items():  # in an order in which they can be computed
        if name not in unfed:
            own = replace(table, unfed=unfed)
            near = _is_restricted(home, own) or any(fed[i].is_near_students for i in own.core_inputs)
            fed[name] = replace(own, is_near_students=near)
    return fed


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
    with duckdb.connect(":memory:") as connection:
        row = connection.execute("SELECT count(*) FROM read_parquet(?)", [str(file)]).fetchone()
    return version, int(row[0]) if row else 0


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
        "plan_nodes": _plan_nodes(home) if _reads_plan(table) else (),
    }
    for source in table.sources:
        inputs[f"raw.{source}"] = _accepted(home, raw_node(source), school_year)
    for name in table.core_inputs:
        inputs[f"core.{name}"] = _accepted(home, core_node(name), school_year)
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


def show_inputs(
    connection: duckdb.DuckDBPyConnection, home: Home, table: CoreTable, school_year: int
) -> None:
    """Create every view that the table's SQL and its mappings read."""
    view_settings(connection, settings_row(home, school_year))
    view_plan_nodes(connection, _plan_nodes(home))
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
    version = _accepted(home, node, school_year)
    if version is not None:
        file = home.lake.file(node, school_year, version, parts)
        if not file.exists():
            raise SpmError(
                f"The lake has lost {name} of {school_year}, version {version}",
                file=str(file.relative_to(home.root)),
                remedy="Refresh the year; the source is read again from its snapshot",
            )
        yield file


def _accepted(home: Home, node: Node, school_year: int) -> str | None:
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
        "reimbursement_days": ("INTEGER", t.reimbursement_days),
        "as_of": ("DATE", home.as_of.isoformat()),
    }


def _plan_nodes(home: Home) -> tuple[str, ...]:
    return tuple(node.node_id for node in nodes(home.agency.plan))


def _reads_plan(table: CoreTable) -> bool:
    texts = (table.sql_file, *table.mappings)
    return any(TableName("agency", "plan_nodes") in sql_reads(text) for text in texts)


def _is_restricted(home: Home, table: CoreTable) -> bool:
    return table.contract.is_restricted or any(home.sources[s].spec.is_restricted for s in table.sources)


def _compared(home: Home, name: str) -> tuple[TableName, ...]:
    """The core tables, and raw tables of sources that are on, which suites compare a table with."""
    needed = {n for claim in load_suites() if claim.table == name for n in claim.needs if n != name}
    tables = sorted(TableName(*n.split(".", 1)) for n in needed)
    return tuple(
        t
        for t in tables
        if t.schema == "core" or (t.schema == "raw" and t.table.split("__")[0] in home.sources)
    )


def _known_inputs(table: CoreTable, candidates: dict[str, CoreTable]) -> Sequence[str]:
    for name in table.core_inputs:
        if name not in candidates:
            raise SpmError(
                f"{table.contract.name} reads core.{name}, which has no contract",
                file=shown(table.sql_file),
                remedy="Correct the name or add the contract",
            )
    return table.core_inputs


def _is_fed(table: CoreTable, chosen: dict[str, CoreTable]) -> bool:
    if table.mappings:
        return True
    own = [i for i in table.core_inputs if i != "organizations"]
    return bool(own) and all(_is_fed(chosen[i], chosen) for i in own)


def _crosswalk(home: Home, name: str) -> Path:
    path = home.agency.crosswalks.get(name)
    if path is None:
        raise SpmError(
            f"The agency has no crosswalk {name!r}",
            file=shown(home.agency.folder / "crosswalks" / f"{name}.csv"),
            remedy="Create it",
        )
    return path
