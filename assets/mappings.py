"""Mappings: the SQL by which sources feed a core table, and their union by name.

Put here: which mappings there are, what they read, and showing them as `mapped.<table>`.
Not here: a core table's own SQL and its inputs (`core`).
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

import duckdb

from assets.engine import TableName, empty_rows, tables_read
from assets.home import Home
from warehouse.model.contract import Contract
from warehouse.model.errors import SpmError
from warehouse.model.places import shown


def mappings_of(home: Home, table: str) -> tuple[Path, ...]:
    """The mapping of every source that is switched on and feeds the core table."""
    found = (source.core_mappings.get(table) for source in home.sources.values())
    return tuple(path for path in found if path is not None)


def show_mapped(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    mappings: Sequence[Path],
    present: set[TableName],
) -> None:
    """`mapped.<table>`: the union by name of the mappings whose raw tables are there this year."""
    union = [f"SELECT *, CAST(NULL AS SMALLINT) AS precedence FROM ({empty_rows(contract)})"]
    for mapping in mappings:
        if _is_fed_this_year(mapping, present):
            _require_fit(connection, contract, mapping)
            union.append(f"({_text(mapping)})")
    sql = " UNION ALL BY NAME ".join(union)
    try:
        connection.execute(f"CREATE VIEW mapped.{contract.table} AS {sql}")
    except duckdb.Error as problem:
        raise SpmError(
            f"A mapping to {contract.name} does not fit it: {str(problem).splitlines()[0]}",
            file=", ".join(shown(path) for path in mappings),
            remedy="Give the contract's columns, by name, with castable types",
        ) from None


def _require_fit(connection: duckdb.DuckDBPyConnection, contract: Contract, mapping: Path) -> None:
    """Refuse a mapping that DuckDB cannot bind, or that gives a column which the contract lacks.

    The union is by name: a misspelt column would be dropped, and the right one be null, in silence.
    """
    try:
        given = [str(row[0]) for row in connection.execute(f"DESCRIBE {_text(mapping)}").fetchall()]
    except duckdb.Error as problem:
        raise SpmError(
            f"A mapping to {contract.name} does not fit it: {str(problem).splitlines()[0]}",
            file=shown(mapping),
            remedy="Give the contract's columns, by name, from columns that its source has",
        ) from None
    known = [*(f.name for f in contract.fields), "precedence"]
    for name in given:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f"Did you mean {near[0]!r}? Otherwise" if near else "Add it to the contract, or"
            raise SpmError(
                f"A mapping to {contract.name} gives a column that its contract lacks",
                file=shown(mapping),
                column=name,
                remedy=f"{hint} leave it out",
            )


def _is_fed_this_year(mapping: Path, present: set[TableName]) -> bool:
    """Whether the mapping's own source has rows this year; what it reads beside them must be there too.

    Raises:
        SpmError: Its own rows are there and those of another source are not: they would be lost in silence.
    """
    source = mapping.parent.parent.name
    wanted = [n for n in sql_reads(mapping) if n.schema == "raw"]
    own = [n for n in wanted if n.table.split("__")[0] == source]
    missing = [n for n in wanted if n not in present]
    if not missing:
        return True
    if any(n in present for n in own):
        raise SpmError(
            f"The mapping needs {missing[0]}, which has no rows for the school year",
            file=shown(mapping),
            remedy="Declare a release of that source for the year in the agency's sources.yml",
        )
    return False


def sql_reads(path: Path) -> tuple[TableName, ...]:
    """The tables that a SQL file reads.

    Raises:
        SpmError: It is not SQL, or reads a table of no known schema; names the file.
    """
    try:
        return tables_read(_text(path))
    except SpmError as problem:
        raise SpmError(problem.what, file=shown(path), remedy=problem.remedy) from None


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8").strip().rstrip(";")
