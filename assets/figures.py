"""Accepted figures of a year and of those before it, at hand for figures that are made of them.

Put here: reading what is accepted, and rows of figures made from it. Not here: which figures are derived how
(`derived_change`, `derived_targets`, `derived_cost`, `derived_fresh`), or when (`derived`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from assets.engine import TableName, view_typed_files
from assets.home import Home
from warehouse.model.contract import Contract
from warehouse.model.measure import DIMENSIONS, Measure
from warehouse.model.plan import PlanMeasure

WHOLE = ("none", "all")
_JOIN = "\x1f"  # stands in no id, so that no two keys give the same text
PARTS_SCHEMA = pa.schema([pa.field("figure", pa.string()), pa.field("part", pa.string())])

Row = dict[str, Any]


@dataclass
class Made:
    """Figures just made, and the keys of the figures that each of them is made of."""

    rows: list[Row] = field(default_factory=list)
    parts: list[tuple[str, str]] = field(default_factory=list)

    def add(self, row: Row, parts: Iterable[Row], key: Sequence[str]) -> None:
        """A figure with what it is made of."""
        self.rows.append(row)
        own = key_text(row, key)
        self.parts += [(own, key_text(part, key)) for part in parts]


class Figures:
    """Accepted figures in SQL as `figures`, those just made among them, and the year's organizations."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, home: Home, year: int, files: Sequence[Path]
    ) -> None:
        self.connection, self.home, self.year = connection, home, year
        self.contract: Contract = home.contracts["measure_value"]
        self.key = self.contract.key
        view_typed_files(connection, TableName("measures", "accepted"), self.contract, files)
        for name, schema in (("made", self.contract.arrow_schema()), ("parts", PARTS_SCHEMA)):
            nullable = pa.schema([pa.field(f.name, f.type) for f in schema])
            connection.register("given", nullable.empty_table())
            connection.execute(f"CREATE TABLE measures.{name} AS SELECT * FROM given")
            connection.unregister("given")
        connection.execute(
            "CREATE VIEW measures.figures AS SELECT * FROM measures.accepted UNION ALL BY NAME "
            "SELECT * FROM measures.made"
        )
        found = connection.execute(
            "SELECT organization_id, organization_type, organization_name, parent_organization_id "
            "FROM core.organizations"
        ).to_arrow_table()
        self.organizations: dict[str, Row] = {row["organization_id"]: row for row in found.to_pylist()}

    @property
    def state(self) -> str:
        """The organization id of the state."""
        return self.home.agency.settings.state_abbreviation_code

    def table(self, where: str, values: Sequence[Any] = ()) -> pa.Table:
        """The figures for which a condition holds; of several views of an LEA the one that is judged."""
        views = ", ".join(f"'{view}'" for view in self._views)
        others = ", ".join(name for name in self.key if name != "organization_view")
        return self.connection.execute(
            f"SELECT * FROM measures.figures WHERE ({where}) AND organization_view IN ({views}) "
            f"QUALIFY row_number() OVER (PARTITION BY {others} "
            f"ORDER BY list_position([{views}], organization_view)) = 1",
            list(values),
        ).to_arrow_table()

    def rows(self, where: str, values: Sequence[Any] = ()) -> list[Row]:
        """The figures for which a condition holds, as rows."""
        return list(self.table(where, values).to_pylist())

    def has_rows(self, table: str) -> bool:
        """Whether a core table says anything of the year."""
        return self.connection.execute(f"SELECT 1 FROM core.{table} LIMIT 1").fetchone() is not None

    def keep(self, made: Made) -> None:
        """Let figures that are made later read these."""
        schema = pa.schema([pa.field(f.name, f.type) for f in self.contract.arrow_schema()])
        self._insert("made", pa.Table.from_pylist(made.rows, schema=schema))
        columns = [[own for own, _ in made.parts], [part for _, part in made.parts]]
        self._insert("parts", pa.table(columns, schema=PARTS_SCHEMA))

    def _insert(self, name: str, rows: pa.Table) -> None:
        self.connection.register("given", rows)
        self.connection.execute(f"INSERT INTO measures.{name} BY NAME SELECT * FROM given")
        self.connection.unregister("given")

    @property
    def _views(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(("none", "as_published", self.home.agency.settings.default_lea_view)))


def answers(item: PlanMeasure, *, organization: str | None = None) -> tuple[str, list[Any]]:
    """The condition under which a figure answers a measure of the plan, in any year."""
    scope = item.scope
    one = organization or scope.organization
    place = "organization_id" if one is not None else "organization_type"
    names = ["measure_id", place, *DIMENSIONS]
    values = [item.measure, one or scope.organization_type, *(item.dimension(d) for d in DIMENSIONS)]
    period = (
        "regexp_full_match(period, '[0-9]{4}-[0-9]{2}')" if item.period == "month" else "period = 'annual'"
    )
    return " AND ".join([*(f"{name} = ?" for name in names), period]), values


def key_text(row: Mapping[str, Any], key: Sequence[str]) -> str:
    """A figure's key as one text."""
    return _JOIN.join(str(row[name]) for name in key)


def key_sql(alias: str, key: Sequence[str]) -> str:
    """The same in SQL."""
    return f"concat_ws(chr(31), {', '.join(f'{alias}.{name}' for name in key)})"


def exact(row: Row) -> Fraction:
    """A figure that is there, without the rounding of its division where its counts are known."""
    numerator, denominator = row["numerator"], row["denominator"]
    if numerator is None or not denominator:
        return Fraction(row["value"])
    return Fraction(numerator) / Fraction(denominator) * (100 if row["unit"] == "percent" else 1)


def blank_row(figures: Figures, measure: Measure, organization: Row, **given: Any) -> Row:
    """A row of a derived figure in which only its place is known; `given` says the rest."""
    row: Row = dict.fromkeys(f.name for f in figures.contract.fields)
    row |= {name: "none" for name in DIMENSIONS}
    row |= {
        "measure_id": measure.id,
        "organization_id": organization["organization_id"],
        "organization_type": organization["organization_type"],
        "organization_name": organization["organization_name"],
        "organization_view": "none",
        "school_year": figures.year,
        "period": "annual",
        "unit": measure.unit,
        "basis": "derived",
        "is_ranged": False,
        "is_partial_coverage": False,
        "data_status": "final",
        "measure_version": measure.version,
        "core_rows": 0,
    }
    return row | given


def data_status(parts: Iterable[Row]) -> str:
    """What is preliminary in one part is so in the whole."""
    found = {part["data_status"] for part in parts}
    return next((status for status in ("preliminary", "revised") if status in found), "final")


def cannot_be_compared(home: Home, measure_id: str, before: int, year: int) -> bool:
    """Whether a special year or a change of the measure lies between two years."""
    measure = home.agency.measures[measure_id]
    broken = any(before < other <= year for other in measure.comparability_breaks)
    return broken or any(home.agency.condition(measure_id, y) is not None for y in (before, year))
