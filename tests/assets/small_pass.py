"""One pass of measures over a few invented rows, in memory.

Put here: an invented state and how a pass is run over it. Not here: what any test expects.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from assets.engine import SCHEMAS, view_settings
from assets.measure_sql import measures_sql
from warehouse.model.contract import DUCKDB_TYPES, Contract, load_contracts
from warehouse.model.measure import Measure, load_measures

STATE, YEAR = "FK", 2024
NORTH, SOUTH, CHARTER = "8800001", "8800002", "8800003"  # the charter is an LEA of its own to NCES
ASH, BIRCH, CEDAR, DOGWOOD = "880000100001", "880000100002", "880000200003", "880000300004"
SCHOOLS = (ASH, BIRCH, CEDAR, DOGWOOD)
CONTRACTS = load_contracts()
MEASURES = load_measures()
Row = Mapping[str, Any]

_FILLER: Mapping[str, Any] = {
    "school_year": YEAR, "student_group": "all", "grade": "all", "subject": "ela", "is_additive": True,
    "data_status": "final", "source_id": "invented", "state_abbreviation_code": STATE,
    "is_in_directory": True, "cohort_length": 4, "has_results": True,
}  # fmt: skip


def organizations() -> list[Row]:
    """The state, three LEAs and four schools; North authorizes Dogwood, which reports as its own LEA."""
    leas = [(NORTH, "North"), (SOUTH, "South"), (CHARTER, "Dogwood Charter")]
    schools = [(ASH, "Ash", NORTH, NORTH), (BIRCH, "Birch", NORTH, NORTH), (CEDAR, "Cedar", SOUTH, SOUTH),
               (DOGWOOD, "Dogwood", NORTH, CHARTER)]  # fmt: skip
    return [
        {"organization_id": STATE, "organization_type": "SEA", "organization_name": "Franklin"},
        *({"organization_id": i, "organization_type": "LEA", "organization_name": n} for i, n in leas),
        *(
            {
                "organization_id": i,
                "organization_type": "SCHOOL",
                "organization_name": n,
                "authorizer_lea_id": a,
                "reporting_lea_id": r,
            }
            for i, n, a, r in schools
        ),
    ]


def table_of(contract: Contract, rows: Sequence[Row]) -> pa.Table:
    """Rows with the contract's columns; what is not given is null or the same for all."""
    names = [f.name for f in contract.fields]
    for row in rows:
        assert set(row) <= set(names), set(row) - set(names)
    full = [{n: row.get(n, _FILLER.get(n)) for n in names} for row in rows]
    money = {f.name for f in contract.fields if f.type in ("money", "percent", "decimal")}
    exact = [
        {k: Decimal(str(v)) if k in money and v is not None else v for k, v in row.items()} for row in full
    ]
    # Nullable throughout: not every column of every contract matters to a pass.
    schema = pa.schema([pa.field(f.name, f.type) for f in contract.arrow_schema()])
    return pa.Table.from_pylist(exact, schema=schema)


def run_pass(
    core_table: str,
    rows: Sequence[Row],
    measures: Sequence[Measure] | None = None,
    *,
    confidence: int = 95,
) -> list[dict[str, Any]]:
    """The `measure_value` rows of a core table with these rows."""
    contract, value = CONTRACTS[core_table], CONTRACTS["measure_value"]
    if measures is None:
        measures = [m for m in MEASURES.values() if m.core_table == core_table]
    with duckdb.connect(":memory:") as connection:
        for schema in SCHEMAS:
            connection.execute(f"CREATE SCHEMA {schema}")
        for name, content in (("organizations", organizations()), (core_table, rows)):
            connection.register("given", table_of(CONTRACTS[name], content))
            connection.execute(f"CREATE TABLE core.{name} AS SELECT * FROM given")
        view_settings(connection, {"state_abbreviation_code": ("VARCHAR", STATE)})
        columns = ", ".join(f"CAST({f.name} AS {DUCKDB_TYPES[f.type]}) AS {f.name}" for f in value.fields)
        sql = f"SELECT {columns} FROM ({measures_sql(contract, measures, confidence)})"
        found = connection.execute(sql).to_arrow_table().to_pylist()
    keys = [tuple(row[k] for k in value.key) for row in found]
    assert len(keys) == len(set(keys)), "the key of measure_value is not unique"
    return found


def one(found: Sequence[dict[str, Any]], organization: str, **where: Any) -> dict[str, Any]:
    """The one row of an organization that fits; its key says the rest."""
    fitting = [
        row
        for row in found
        if row["organization_id"] == organization and all(row[k] == v for k, v in where.items())
    ]
    assert len(fitting) == 1, (len(fitting), organization, where)
    return fitting[0]


def none_of(found: Sequence[dict[str, Any]], organization: str, **where: Any) -> bool:
    """Whether no row of an organization fits."""
    return not [
        row
        for row in found
        if row["organization_id"] == organization and all(row[k] == v for k, v in where.items())
    ]


def measure_file(folder: Path, text: str) -> Measure:
    """A measure read from YAML text as the only one of a folder."""
    name = text.split("id: ", 1)[1].split("\n", 1)[0]
    (folder / f"{name}.yml").write_text(text, encoding="utf-8")
    return load_measures(folder)[name]
