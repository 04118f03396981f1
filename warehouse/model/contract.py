"""One contract per table: grain, key, fields, references, claims.

Put here: what a table is, and the Arrow schema that follows from it.
Not here: SQL that fills a table (`assets/core`), database types (`warehouse/schema`), how claims are
tested (`checks`).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Literal

import pyarrow as pa
from pydantic import Field

from warehouse.model.codes import read_codes
from warehouse.model.errors import SpmError
from warehouse.model.places import CONTRACTS, FIELDS
from warehouse.model.yaml_file import Located, StrictModel, load_model

FieldType = Literal[
    "text",
    "smallint",
    "bigint",
    "boolean",
    "date",
    "timestamp",
    "double",
    "decimal",
    "money",
    "percent",
    "text_list",
]
Severity = Literal["error", "warn"]
Privacy = Literal["public", "internal", "restricted"]
FedBy = Literal["all", "any"]

ARROW_TYPES: dict[str, pa.DataType] = {
    "text": pa.string(),
    "smallint": pa.int16(),
    "bigint": pa.int64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
    "double": pa.float64(),
    "decimal": pa.decimal128(18, 2),
    "money": pa.decimal128(18, 2),
    "percent": pa.decimal128(9, 4),
    "text_list": pa.list_(pa.string()),
}
DUCKDB_TYPES: dict[str, str] = {
    "text": "VARCHAR",
    "smallint": "SMALLINT",
    "bigint": "BIGINT",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
    "double": "DOUBLE",
    "decimal": "DECIMAL(18,2)",
    "money": "DECIMAL(18,2)",
    "percent": "DECIMAL(9,4)",
    "text_list": "VARCHAR[]",
}


class FieldSpec(StrictModel):
    """One column: its name, type, unit and meaning, and the values it may take.

    `codes` holds the allowed values; in YAML an entry `@student_groups` stands for all of
    `codes/student_groups.csv`.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    type: FieldType
    description: str
    unit: str | None = None
    nullable: bool = False
    null_means: str | None = None
    pattern: str | None = None
    codes: tuple[str, ...] | None = None
    minimum: float | None = None
    maximum: float | None = None
    privacy: Privacy = "public"


class Reference(StrictModel):
    """Rows of this table point at rows of another; nulls point nowhere and pass."""

    columns: tuple[str, ...]
    table: str
    to: tuple[str, ...]


class ClaimSpec(StrictModel):
    """A sentence about the table's rows, and the SQL that selects the rows for which it is false.

    `failing_rows` reads `{table}` and may read other tables by `layer.table`; it must give the key columns.
    """

    claim: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    sentence: str
    failing_rows: str
    severity: Severity = "error"
    remedy: str
    owner: str | None = None


class RowBounds(StrictModel):
    """How many rows a healthy table has; an empty table (a year without input) is not judged."""

    minimum: int | None = None
    maximum: int | None = None


class _FieldUse(StrictModel):
    """A contract's mention of a field: all of it here, or the name of one in `fields.yml` with overrides."""

    name: str
    type: FieldType | None = None
    description: str | None = None
    unit: str | None = None
    nullable: bool | None = None
    null_means: str | None = None
    pattern: str | None = None
    codes: tuple[str, ...] | None = None
    minimum: float | None = None
    maximum: float | None = None
    privacy: Privacy | None = None


class _ContractFile(StrictModel):
    table: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    layer: Literal["core", "published"]
    title: str
    grain: str
    key: tuple[str, ...]
    partitioned: bool = True
    privacy: Privacy = "public"
    owner: str
    history: str
    published_as: str | None = None
    fed_by: FedBy = "all"
    fields: tuple[_FieldUse, ...]
    references: tuple[Reference, ...] = ()
    claims: tuple[ClaimSpec, ...] = ()
    rows: RowBounds = RowBounds()


class _FieldsFile(StrictModel):
    fields: tuple[FieldSpec, ...]


class Contract(StrictModel):
    """A table's contract, with every field resolved. See `_ContractFile` for the YAML.

    A core table that is also published as it stands names its published table in `published_as`, so that
    its columns are listed once. A table without mappings belongs to an agency when all the core tables that
    it reads do; with `fed_by: any` it tells of whatever there is, and one of them is enough.
    """

    table: str
    layer: Literal["core", "measures", "published"]
    title: str
    grain: str
    key: tuple[str, ...]
    partitioned: bool
    privacy: Privacy
    owner: str
    history: str
    published_as: str | None = None
    fed_by: FedBy = "all"
    fields: tuple[FieldSpec, ...]
    references: tuple[Reference, ...] = ()
    claims: tuple[ClaimSpec, ...] = ()
    rows: RowBounds = RowBounds()

    @property
    def name(self) -> str:
        """The table as SQL names it, such as `core.chronic_absence`."""
        return f"{self.layer}.{self.table}"

    @property
    def is_restricted(self) -> bool:
        """Whether rows are about single students."""
        return self.privacy == "restricted"

    def field(self, name: str) -> FieldSpec:
        """The field of that name.

        Raises:
            KeyError: There is none.
        """
        for spec in self.fields:
            if spec.name == name:
                return spec
        raise KeyError(name)

    def arrow_schema(self) -> pa.Schema:
        """The Arrow schema: fields in contract order, nullable as declared."""
        return pa.schema([pa.field(f.name, ARROW_TYPES[f.type], nullable=f.nullable) for f in self.fields])


def load_contracts(root: Path = CONTRACTS, fields_file: Path = FIELDS) -> dict[str, Contract]:
    """All contracts of a folder, by table name.

    Raises:
        SpmError: A file is wrong, a shared field is unknown, a key or reference names no field.
    """
    return dict(_load_contracts(root, fields_file))


def published_contracts(contracts: Mapping[str, Contract] | None = None) -> dict[str, Contract]:
    """The contracts of the warehouse's tables, by published table name.

    They are those of layer `published` and the core tables that are published as they stand.
    """
    published: dict[str, Contract] = {}
    for contract in (contracts or load_contracts()).values():
        if contract.layer == "published":
            published[contract.table] = contract
        elif contract.published_as is not None:
            name = contract.published_as
            published[name] = contract.model_copy(update={"table": name, "layer": "published"})
    return published


@lru_cache(maxsize=8)
def _load_contracts(root: Path, fields_file: Path) -> tuple[tuple[str, Contract], ...]:
    shared = {f.name: f for f in load_model(fields_file, _FieldsFile).value.fields}
    contracts: dict[str, Contract] = {}
    for path in sorted(root.glob("*.yml")):
        located = load_model(path, _ContractFile)
        contract = _resolve(located, shared)
        if contract.table != path.stem:
            raise located.error(("table",), "Table and file name differ", remedy=f"Rename to {path.stem!r}")
        contracts[contract.table] = contract
    for contract in contracts.values():
        _check_references(contract, contracts, root)
    return tuple(contracts.items())


def _resolve(located: Located[_ContractFile], shared: dict[str, FieldSpec]) -> Contract:
    file = located.value
    fields = tuple(_resolve_field(located, i, shared) for i in range(len(file.fields)))
    names = [f.name for f in fields]
    for name in names:
        if names.count(name) > 1:
            raise located.error(("fields",), f"Field {name!r} stands twice", remedy="Keep one of the two")
    for name in file.key:
        if name not in names:
            raise located.error(("key",), f"Key column {name!r} is not a field", remedy="Add it to fields")
        if fields[names.index(name)].nullable:
            raise located.error(("key",), f"Key column {name!r} is nullable", remedy="A key is never null")
    values = {name: getattr(file, name) for name in _ContractFile.model_fields if name != "fields"}
    return Contract(fields=fields, **values)


def _resolve_field(located: Located[_ContractFile], index: int, shared: dict[str, FieldSpec]) -> FieldSpec:
    use = located.value.fields[index]
    given = {k: v for k, v in use.model_dump().items() if v is not None}
    base = shared.get(use.name)
    if base is None and (use.type is None or use.description is None):
        raise located.error(
            ("fields", index),
            f"Field {use.name!r} is neither in fields.yml nor described here",
            remedy="Give it a type and a description, or add it to warehouse/fields.yml",
        )
    merged = {**(base.model_dump() if base else {}), **given}
    if merged.get("codes"):
        merged["codes"] = tuple(
            code
            for entry in merged["codes"]
            for code in (read_codes(entry[1:]) if entry.startswith("@") else (entry,))
        )
    return FieldSpec(**merged)


def _check_references(contract: Contract, contracts: dict[str, Contract], root: Path) -> None:
    own = {f.name for f in contract.fields}
    for reference in contract.references:
        absent = [c for c in reference.columns if c not in own]
        if absent or len(reference.columns) != len(reference.to):
            raise SpmError(
                f"Contract {contract.table!r} refers by columns that do not pair up with "
                f"{reference.table!r}: {', '.join(absent or reference.columns)}",
                file=root / f"{contract.table}.yml",
                column="references",
                remedy="Name as many of its own fields in `columns` as there are columns in `to`",
            )
        target = contracts.get(reference.table)
        missing = target is None or any(c not in {f.name for f in target.fields} for c in reference.to)
        if missing:
            raise SpmError(
                f"Contract {contract.table!r} references {reference.table!r}, which has no such columns",
                file=root / f"{contract.table}.yml",
                column="references",
                remedy="Correct the reference",
            )
