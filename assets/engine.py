"""The compute engine: DuckDB over the lake's Parquet files.

Put here: a connection with views, what a SQL text reads, and writing a query's result as one typed file.
Not here: which SQL (see `core`, `measure_sql`).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import duckdb

from assets.spill import spill_folder
from warehouse.model.contract import DUCKDB_TYPES, Contract
from warehouse.model.errors import SpmError

# Core tables of the year itself, of the year before it, and of all declared years up to it.
SAME_YEAR, YEAR_BEFORE, YEARS_TO_DATE = "core", "previous_year", "to_date"
CORE_SCHEMAS = (SAME_YEAR, YEAR_BEFORE, YEARS_TO_DATE)
# What is beyond this is spilled, unless SPM_ENGINE_MEMORY says otherwise. DuckDB's own default is 80 % of the
# machine; with this one a million students take less than 2 GiB, Python included.
MEMORY_LIMIT = "1GiB"
SCHEMAS = ("raw", "mapped", *CORE_SCHEMAS, "measures", "crosswalk", "agency", "published")


@dataclass(frozen=True, order=True)
class TableName:
    """A table as SQL names it: schema and table."""

    schema: str
    table: str

    def __str__(self) -> str:
        return f"{self.schema}.{self.table}"


@lru_cache(maxsize=512)
def tables_read(sql: str) -> tuple[TableName, ...]:
    """The schema-qualified tables a SQL text reads, sorted; CTEs have no schema and do not count.

    Raises:
        SpmError: The text is not SQL.
    """
    import sqlglot
    from sqlglot import exp
    from sqlglot.errors import ParseError, TokenError

    try:
        tree = sqlglot.parse_one(sql, read="duckdb")
    except (ParseError, TokenError) as problem:
        raise SpmError(
            f"Not valid SQL: {str(problem).splitlines()[0]}", remedy="Correct the SQL file"
        ) from None
    found = {TableName(t.db, t.name) for t in tree.find_all(exp.Table) if t.db}
    unknown = [name for name in found if name.schema not in SCHEMAS]
    if unknown:
        raise SpmError(
            f"SQL reads {unknown[0]}, which is in none of the schemas {', '.join(SCHEMAS)}",
            remedy="Name tables as raw.<source>__<table>, core.<table>, previous_year.<core table>, "
            "to_date.<core table>, mapped.<table> or crosswalk.<name>",
        )
    return tuple(sorted(found))


@contextmanager
def connect(temporary: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """An in-memory database with our schemas, which spills only into a private folder below `temporary`."""
    with spill_folder(temporary) as folder:
        connection = duckdb.connect(
            ":memory:",
            config={
                "temp_directory": str(folder),
                "autoinstall_known_extensions": "false",
                "memory_limit": os.environ.get("SPM_ENGINE_MEMORY", MEMORY_LIMIT),
            },
        )
        try:
            for schema in SCHEMAS:
                connection.execute(f"CREATE SCHEMA {schema}")
            yield connection
        finally:
            connection.close()


def view_files(connection: duckdb.DuckDBPyConnection, name: TableName, files: Sequence[Path]) -> None:
    """Show Parquet files as a view; the files must have one schema.

    A folder `school_year=2024` must not be taken for a column: DuckDB 1.5.5 would show its BIGINT instead of
    the file's SMALLINT, keep the file's statistics, and fail at grouping ("statistics are corrupt").
    """
    listed = ", ".join(_literal(str(file)) for file in files)
    connection.execute(
        f"CREATE OR REPLACE VIEW {name} AS SELECT * FROM read_parquet([{listed}], hive_partitioning = false)"
    )


def view_typed_files(
    connection: duckdb.DuckDBPyConnection, name: TableName, contract: Contract, files: Sequence[Path]
) -> None:
    """Show files of a contract's table as a view of exactly its columns; without files it has no rows."""
    if not files:
        connection.execute(f"CREATE OR REPLACE VIEW {name} AS {empty_rows(contract)}")
        return
    listed = ", ".join(_literal(str(file)) for file in files)
    columns = ", ".join(f"CAST({f.name} AS {DUCKDB_TYPES[f.type]}) AS {f.name}" for f in contract.fields)
    connection.execute(
        f"CREATE OR REPLACE VIEW {name} AS "
        f"SELECT {columns} FROM read_parquet([{listed}], hive_partitioning = false, union_by_name = true)"
    )


def view_text_csv(connection: duckdb.DuckDBPyConnection, name: TableName, file: Path) -> None:
    """Show a crosswalk as a view; every column is text, empty is null."""
    connection.execute(
        f"CREATE OR REPLACE VIEW {name} AS SELECT * FROM read_csv({_literal(str(file))}, header = true, "
        "all_varchar = true, delim = ',', quote = '\"', escape = '\"', nullstr = '')"
    )


def view_settings(
    connection: duckdb.DuckDBPyConnection, values: Mapping[str, tuple[str, str | int | float]]
) -> None:
    """Show the agency's settings as a view of one row; `values` gives SQL type and value by name."""
    columns = ", ".join(
        f"CAST({_literal(str(value))} AS {kind}) AS {name}" for name, (kind, value) in values.items()
    )
    connection.execute(f"CREATE OR REPLACE VIEW agency.settings AS SELECT {columns}")


def empty_rows(contract: Contract) -> str:
    """A SELECT of no rows with the contract's columns and types."""
    columns = ", ".join(f"CAST(NULL AS {DUCKDB_TYPES[f.type]}) AS {f.name}" for f in contract.fields)
    return f"SELECT {columns} WHERE false"


def write_table(
    connection: duckdb.DuckDBPyConnection, sql: str, contract: Contract, file: Path, *, near_students: bool
) -> int:
    """Write a query's rows, typed and ordered as the contract says, as one Parquet file.

    Returns:
        The number of rows.

    Raises:
        SpmError: The SQL fails. With `near_students` (the table or anything it is computed from is
            restricted) the database's words are withheld, since they may quote a cell.
    """
    columns = ", ".join(f"CAST({f.name} AS {DUCKDB_TYPES[f.type]}) AS {f.name}" for f in contract.fields)
    order = ", ".join(contract.key)
    try:
        connection.execute(
            f"COPY (SELECT {columns} FROM ({sql}) ORDER BY {order}) TO {_literal(str(file))} "
            # Into the file that is there with its rights, and not into one of DuckDB's own beside it.
            "(FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false)"
        )
        row = connection.execute(f"SELECT count(*) FROM read_parquet({_literal(str(file))})").fetchone()
    except duckdb.Error as problem:
        words = type(problem).__name__ if near_students else str(problem).splitlines()[0]
        raise SpmError(
            f"Computing {contract.name} failed: {words}",
            remedy=f"Correct assets/core/{contract.table}.sql or the mapping that feeds it",
        ) from None
    return int(row[0]) if row else 0


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
