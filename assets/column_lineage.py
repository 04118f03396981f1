"""From which columns a column is computed, read from the SQL itself.

A core table's columns come from its own SQL, from the mappings that feed it, and through these from the raw
tables of the sources that are switched on. A column that is written as a constant has no origin.

Put here: reading SQL for its columns. Not here: what rests on which table (`lineage`), how the answer is
shown (`dagster_assets`, `pipelines/dictionary`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from assets.core_inputs import settings_row
from assets.core_table import CoreTable, core_tables
from assets.engine import TableName, tables_read
from assets.home import Home
from sources.rows import no_rows
from warehouse.model.contract import Contract
from warehouse.model.measure import DIMENSIONS, Measure

# What a reader adds to every row of a source.
_ADDED = ("school_year", "source_id", "snapshot_sha256", "source_line", "data_status")
_YEARS = ("core", "previous_year", "to_date")
Schema = tuple[tuple[str, tuple[tuple[str, tuple[str, ...]], ...]], ...]
Columns = Mapping[str, frozenset["ColumnOrigin"]]


@dataclass(frozen=True, order=True)
class ColumnOrigin:
    """A column of a table as SQL names it, such as raw.census_saipe__districts."""

    table: str
    column: str


def core_lineage(home: Home, table: CoreTable) -> Columns:
    """For each column of a core table, the columns of raw, core and agency tables that it is computed from.

    Raises:
        SpmError: A source's columns cannot be read.
    """
    names = tuple(f.name for f in table.contract.fields)
    own = _columns_of(table.sql, names, _schema(home, table.sql))
    mapped: dict[str, set[ColumnOrigin]] = {name: set() for name in (*names, "precedence")}
    for mapping in table.mappings:
        sql = mapping.read_text(encoding="utf-8").strip().rstrip(";")
        for name, origins in _columns_of(sql, tuple(mapped), _schema(home, sql)).items():
            mapped[name] |= origins
    return {name: frozenset(_through(origins, mapped)) for name, origins in own.items()}


def measure_lineage(contract: Contract, measures: Iterable[Measure]) -> Columns:
    """For the columns of figures, the core columns that their formulas and their key read."""
    known = {f.name for f in contract.fields}
    found: dict[str, set[str]] = {name: {name} & known for name in ("organization_id", "school_year")}
    for measure in measures:
        for name in DIMENSIONS:
            if name in measure.by:
                found.setdefault(name, set()).add(name)
        for name, fragments in _formulas(measure).items():
            read = {column for text in fragments for column in columns_of(text)}
            found.setdefault(name, set()).update(read & known)
    return {
        name: frozenset(ColumnOrigin(contract.name, column) for column in columns)
        for name, columns in found.items()
    }


def origins_of(home: Home, table: str, column: str) -> frozenset[ColumnOrigin]:
    """The raw columns and settings that a column of a core table goes back to, through other core tables."""
    tables, found, seen = core_tables(home), set(), set()
    waiting = [ColumnOrigin(f"core.{table}", column)]
    while waiting:
        origin = waiting.pop()
        schema, _, name = origin.table.partition(".")
        if origin in seen:
            continue
        seen.add(origin)
        if schema in _YEARS and name in tables:
            waiting += core_lineage(home, tables[name]).get(origin.column, frozenset())
        elif schema not in _YEARS:
            found.add(origin)
    return frozenset(found)


@lru_cache(maxsize=512)
def columns_of(fragment: str) -> tuple[str, ...]:
    """The columns that a formula or condition names."""
    import sqlglot
    from sqlglot import exp

    tree = sqlglot.parse_one(f"SELECT {fragment}", read="duckdb")
    return tuple(dict.fromkeys(column.name for column in tree.find_all(exp.Column)))


def _formulas(measure: Measure) -> dict[str, list[str]]:
    condition = [measure.where] if measure.where else []
    given = {
        "numerator": [measure.numerator] if measure.numerator else [],
        "denominator": [measure.denominator] if measure.denominator else [],
        "n": [text for text in (measure.n or measure.denominator,) if text],
    }
    value = [text for text in (measure.value, measure.numerator, measure.denominator) if text]
    return {name: [*texts, *condition] for name, texts in {**given, "value": value}.items() if texts}


def _through(origins: Iterable[ColumnOrigin], mapped: Mapping[str, set[ColumnOrigin]]) -> set[ColumnOrigin]:
    """Origins with the union of the mappings replaced by what the mappings read."""
    found: set[ColumnOrigin] = set()
    for origin in origins:
        if origin.table.startswith("mapped."):
            found |= mapped.get(origin.column, set())
        else:
            found.add(origin)
    return found


def _schema(home: Home, sql: str) -> Schema:
    """The columns of the tables that a SQL text reads, as a value that can be remembered."""
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for name in tables_read(sql):
        columns = _columns(home, name)
        if columns:
            found.setdefault(name.schema, {})[name.table] = columns
    return tuple((schema, tuple(sorted(tables.items()))) for schema, tables in sorted(found.items()))


def _columns(home: Home, name: TableName) -> tuple[str, ...]:
    """The columns of a table as SQL sees it; none where only the plan or a crosswalk knows them."""
    if name.schema == "raw":
        source_id, _, part = name.table.partition("__")
        source = home.sources.get(source_id)
        if source is None or part not in source.spec.tables:
            return ()
        return (*no_rows(source.columns.of(part), source.spec.tables[part]).schema.names, *_ADDED)
    if name.schema == "agency":
        settings = settings_row(home, home.agency.settings.school_years[-1])
        return tuple(settings) if name.table == "settings" else ()
    contract = home.contracts.get(name.table)
    if contract is None:
        return ()
    columns = tuple(f.name for f in contract.fields)
    return (*columns, "precedence") if name.schema == "mapped" else columns


@lru_cache(maxsize=512)
def _columns_of(sql: str, names: tuple[str, ...], schema: Schema) -> Columns:
    import sqlglot
    from sqlglot import exp
    from sqlglot.lineage import lineage
    from sqlglot.optimizer.qualify import qualify
    from sqlglot.optimizer.scope import build_scope

    known: dict[str, object] = {
        s: {t: dict.fromkeys(columns, "TEXT") for t, columns in tables} for s, tables in schema
    }
    tree: Any = qualify(
        sqlglot.parse_one(sql, read="duckdb"),
        schema=known,
        dialect="duckdb",
        validate_qualify_columns=False,
        identify=False,
    )
    _align_unions(tree)
    scope = build_scope(tree)
    given = set(tree.named_selects)
    found: dict[str, frozenset[ColumnOrigin]] = {}
    for name in names:
        if name not in given:
            found[name] = frozenset()
            continue
        ends = lineage(name, tree, scope=scope, dialect="duckdb", trim_selects=False).walk()
        found[name] = frozenset(
            ColumnOrigin(f"{end.expression.db}.{end.expression.name}", end.name.split(".")[-1].strip('"'))
            for end in ends
            if not end.downstream and isinstance(end.expression, exp.Table) and end.expression.db
        )
    return found


def _align_unions(tree: Any) -> None:
    """Give the sides of every union by name the same columns in the same order, as the database does."""
    from sqlglot import exp

    # From the inside out: a side may be a union itself.
    for union in reversed(list(tree.find_all(exp.SetOperation))):
        if not union.args.get("by_name"):
            continue
        sides = (union.left, union.right)
        names = list(dict.fromkeys(name for side in sides for name in side.named_selects))
        for side in sides:
            for select in side.find_all(exp.Select) if isinstance(side, exp.SetOperation) else (side,):
                if isinstance(select, exp.Select) and _is_top(select, side):
                    own = {s.alias_or_name: s for s in select.expressions}
                    padded = [own.get(n) or exp.alias_(exp.Null(), n) for n in names]
                    select.set("expressions", padded)
        union.set("by_name", False)


def _is_top(select: Any, side: Any) -> bool:
    """Whether a SELECT gives the side's own rows, and is not a part of what it reads."""
    from sqlglot import exp

    node = select
    while node is not side:
        parent = node.parent
        if not isinstance(parent, exp.SetOperation):
            return False
        node = parent
    return True
