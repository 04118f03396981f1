"""The rows of the lake's core table that a figure was made from, and the files those rows were read from.

Put here: which core rows stand behind one figure, and where each came from.
Not here: which figure (`explain`), how it looks (`explanation`), how figures are computed
(`assets/measure_sql`, whose placing of rows is followed here and tested against its counts).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import duckdb

from assets.core_table import CoreTable, core_node, core_tables
from assets.engine import TableName, connect, view_files
from assets.measure_sql import period_of
from pipelines.explained_figure import WHOLE_YEAR
from warehouse.model.contract import Contract
from warehouse.model.errors import SpmError
from warehouse.model.measure import DIMENSIONS, Measure
from warehouse.read import Row

if TYPE_CHECKING:
    from assets.home import Home

MOST_ROWS = 10
# The source of rows that are computed from other core tables rather than read from a file.
COMPUTED = "core"
ORIGIN = ("source_id", "snapshot_sha256", "source_line")
SUMMED = {
    "sum_of_schools": "SCHOOL",
    "sum_of_leas": "LEA",
    "sum_of_units": "UNIT",
    "sum_of_divisions": "DIVISION",
    "sum_of_cbos": "CBO",
}


def rows_behind(
    home: Home, measure: Measure, value: Row, snapshots: Sequence[Row], most: int = MOST_ROWS
) -> dict[str, Any] | None:
    """The core rows behind a figure.

    Args:
        home: The home whose lake is read.
        measure: A measure that is computed from core rows, so not a gap.
        value: The figure, a row of `measure_value`.
        snapshots: The files of the release, to name the file of each row.
        most: How many rows are given; all are counted.

    Returns:
        Table, count, the first rows with their file, the origins (source and snapshot) of all rows, and what
        computed rows were computed from. None when the lake no longer has the table, or it is restricted.
    """
    table, year = measure.core_table, value["school_year"]
    if home.contracts[table].is_restricted:
        return None
    with connect(home.root / "temporary") as connection:
        for name in ("organizations", table):
            state = home.lake.state(core_node(name), year)
            if state is None or state.accepted is None:
                return None
            file = home.lake.file(core_node(name), year, state.accepted)
            if not file.exists():
                return None
            view_files(connection, TableName("core", name), [file])
        return _account(connection, home, measure, value, snapshots, most)


def _account(
    connection: duckdb.DuckDBPyConnection,
    home: Home,
    measure: Measure,
    value: Row,
    snapshots: Sequence[Row],
    most: int,
) -> dict[str, Any]:
    contract = home.contracts[measure.core_table]
    condition, given = _condition(home, measure, value)
    behind = f"FROM {contract.name} AS c WHERE {condition}"
    columns = shown_columns(home, measure)
    origin = _origin(contract)
    chosen, order = ", ".join((*columns, *origin.values())), ", ".join(contract.key)
    listed = connection.execute(f"SELECT {chosen} {behind} ORDER BY {order} LIMIT {most}", given).fetchall()
    rows = [
        {
            "values": dict(zip(columns, row, strict=False)),
            **dict(zip(ORIGIN, row[len(columns) :], strict=True)),
        }
        for row in listed
    ]
    source, sha256 = origin["source_id"], origin["snapshot_sha256"]
    origins = connection.execute(f"SELECT DISTINCT {source}, {sha256} {behind}", given).fetchall()
    computed = f"SELECT DISTINCT organization_id {behind} AND {source} = '{COMPUTED}' ORDER BY ALL"
    return {
        "table": contract.name,
        "count": _count(connection, behind, given),
        "rows": [
            {**row, "address": _address(row, snapshots), "is_computed": row["source_id"] == COMPUTED}
            for row in rows
        ],
        "origins": sorted((str(name), own) for name, own in origins if own is not None),
        "sources": sorted(_sources(connection, home, measure.core_table)),
        "computed_from": _computed_from(home, measure.core_table),
        "computed_for": [name for (name,) in connection.execute(computed, given).fetchall()],
        "incomplete": _incomplete(connection, measure, behind, given),
        "hidden": _hidden(connection, contract.fields, behind, given),
    }


def _origin(contract: Contract) -> dict[str, str]:
    """The columns of lineage as SQL; a table that is computed from others altogether has none."""
    known = {f.name for f in contract.fields}
    computed = {"source_id": f"'{COMPUTED}'", "snapshot_sha256": "CAST(NULL AS VARCHAR)"}
    return {name: name if name in known else computed.get(name, "NULL") for name in ORIGIN}


def shown_columns(home: Home, measure: Measure) -> list[str]:
    """The key of the core table, and the columns used by the formula, its condition and what is published."""
    contract = home.contracts[measure.core_table]
    used = columns_of(
        [measure.numerator, measure.denominator, measure.value, measure.n, measure.where], measure
    )
    names = (*contract.key, *(f.name for f in contract.fields if f.name in used), "suppression")
    known = {f.name for f in contract.fields}
    return [name for name in dict.fromkeys(names) if name in known and name != "school_year"]


def columns_of(fragments: Sequence[str | None], measure: Measure | None = None) -> set[str]:
    """The columns that SQL fragments name, and those that a measure takes as published."""
    import sqlglot
    from sqlglot import exp

    found: set[str] = set()
    for fragment in fragments:
        if fragment is not None:
            tree = sqlglot.parse_one(f"SELECT {fragment}", read="duckdb")
            found.update(column.name for column in tree.find_all(exp.Column))
    published = None if measure is None else measure.published
    if published is not None:
        named = (published.value, published.low, published.high, published.n)
        found.update(name for name in named if name is not None)
    return found


def _condition(home: Home, measure: Measure, value: Row) -> tuple[str, list[str]]:
    """Which rows the figure was made from, as SQL with parameters."""
    names = {f.name for f in home.contracts[measure.core_table].fields}
    kind = SUMMED.get(value["basis"])
    if kind is None:
        parts, given = ["c.organization_id = ?"], [str(value["organization_id"])]
    else:
        together = (kind,) if measure.roll_up is None else measure.roll_up.sources
        placed, given = _placed(value, kind, together)
        parts = [f"c.organization_id IN (SELECT organization_id FROM core.organizations WHERE {placed})"]
        parts += ["c.is_additive"] if "is_additive" in names else []
    for name in DIMENSIONS:
        # A total over a dimension has `none`: it is made from the rows of all its values.
        if name in measure.by and value[name] != "none":
            parts.append(f"c.{name} = ?")
            given.append(str(value[name]))
    if measure.where is not None:
        parts.append(f"({measure.where})")
    parts += _of_period(measure, value)
    return " AND ".join(parts), given


def _of_period(measure: Measure, value: Row) -> list[str]:
    """The part of the year that a figure is about; the whole year may stand for its last part."""
    periods = measure.periods
    if periods is None or (value["period"] == WHOLE_YEAR and periods.year != "last"):
        return []
    own = period_of(periods, f"c.{periods.date}")
    if value["period"] != WHOLE_YEAR:
        return [f"{own} = '{value['period']}'"]
    last = period_of(periods, f"max({periods.date})")
    return [f"{own} = (SELECT {last} FROM core.{measure.core_table})"]


def _placed(value: Row, kind: str, together: Sequence[str]) -> tuple[str, list[str]]:
    if value["organization_type"] == "SEA":
        return f"organization_type IN ({', '.join('?' for _ in together)})", list(together)
    column = "reporting_lea_id" if value["organization_view"] == "reporting_lea" else "authorizer_lea_id"
    if kind != "SCHOOL":
        column = "parent_organization_id"
    return f"organization_type = ? AND {column} = ?", [kind, str(value["organization_id"])]


def _count(connection: duckdb.DuckDBPyConnection, behind: str, given: Sequence[str]) -> int:
    row = connection.execute(f"SELECT count(*) {behind}", given).fetchone()
    return int(row[0]) if row else 0


def _incomplete(
    connection: duckdb.DuckDBPyConnection, measure: Measure, behind: str, given: Sequence[str]
) -> dict[str, int]:
    """How many rows lack a count that the formula sums, by column."""
    from sqlglot import exp, parse_one

    fragments = [f for f in (measure.numerator, measure.denominator) if f is not None]
    trees = [parse_one(f"SELECT {fragment}", read="duckdb") for fragment in fragments]
    sums = [found for tree in trees for found in tree.find_all(exp.Sum)]
    summed = sorted({column.name for found in sums for column in found.find_all(exp.Column)})
    counts = {name: _count(connection, f"{behind} AND {name} IS NULL", given) for name in summed}
    return {name: number for name, number in counts.items() if number}


def _hidden(
    connection: duckdb.DuckDBPyConnection, fields: Sequence[Any], behind: str, given: Sequence[str]
) -> dict[str, int]:
    """How many rows are hidden, by reason."""
    if not any(f.name == "suppression" for f in fields):
        return {}
    query = f"SELECT suppression, count(*) {behind} AND suppression IS NOT NULL GROUP BY ALL ORDER BY ALL"
    return dict(connection.execute(query, given).fetchall())


def _address(row: Row, snapshots: Sequence[Row]) -> str | None:
    """The file of a row; files with the same bytes cannot be told apart and are all named."""
    same = {
        s["address"]
        for s in snapshots
        if s["snapshot_sha256"] == row["snapshot_sha256"] and s["source_id"] == row["source_id"]
    }
    return " or ".join(sorted(same)) or None


def _computed_from(home: Home, table: str) -> list[dict[str, Any]]:
    """The core tables that computed rows of a table come from, and the sources of those."""
    tables = _tables(home)
    return [
        {
            "table": home.contracts[name].name,
            "is_restricted": home.contracts[name].is_restricted,
            "sources": list(tables[name].sources),
        }
        for name in (tables[table].core_inputs if table in tables else ())
        if name != "organizations"
    ]


def _sources(connection: duckdb.DuckDBPyConnection, home: Home, table: str) -> set[str]:
    """The sources that a core table is made from, be it that all their rows gave way to better ones."""
    source = _origin(home.contracts[table])["source_id"]
    named = connection.execute(f"SELECT DISTINCT {source} FROM core.{table}").fetchall()
    tables = _tables(home)
    declared = tables[table].sources if table in tables else ()
    inputs = (name for source in _computed_from(home, table) for name in source["sources"])
    return {*(str(name) for (name,) in named if name != COMPUTED), *declared, *inputs}


def _tables(home: Home) -> dict[str, CoreTable]:
    """The agency's core tables; none where its declarations are broken: what it published stays readable."""
    try:
        return core_tables(home)
    except SpmError:
        return {}
