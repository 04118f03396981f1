"""Running a core table's own SQL over rows that a test gives.

Put here: the database that SQL of `assets/core` reads. Not here: any table's rows (the tests).
"""

from __future__ import annotations

from typing import Any

import duckdb

from assets.core_table import CORE_SQL
from assets.engine import SCHEMAS, empty_rows, tables_read
from warehouse.model.contract import Contract, load_contracts

CONTRACTS = load_contracts()

Row = dict[str, Any]


def run(table: str, school_year: int, **rows: list[Row]) -> list[Row]:
    """The rows of a core table's own SQL over rows given by `schema__table`."""
    connection = duckdb.connect()
    for schema in SCHEMAS:
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
    connection.execute(
        f"CREATE TABLE agency.settings AS SELECT CAST({school_year} AS SMALLINT) AS school_year"
    )
    for name, given in rows.items():
        schema, _, core = name.partition("__")
        _fill(connection, f"{schema}.{core}", CONTRACTS[core], given)
    sql = (CORE_SQL / f"{table}.sql").read_text(encoding="utf-8")
    for name in tables_read(sql):
        if name.table in CONTRACTS and f"{name.schema}__{name.table}" not in rows:
            _fill(connection, str(name), CONTRACTS[name.table], [])
    found = connection.execute(f"SELECT * FROM ({sql}) ORDER BY ALL")
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _fill(connection: duckdb.DuckDBPyConnection, name: str, contract: Contract, rows: list[Row]) -> None:
    connection.execute(f"CREATE TABLE {name} AS {empty_rows(contract)}")
    # Mappings may rank their rows by a column that no contract has.
    connection.execute(f"ALTER TABLE {name} ADD COLUMN precedence SMALLINT")
    columns = [*(f.name for f in contract.fields), "precedence"]
    marks = ", ".join("?" for _ in columns)
    for row in rows:
        connection.execute(f"INSERT INTO {name} VALUES ({marks})", [row.get(c) for c in columns])
