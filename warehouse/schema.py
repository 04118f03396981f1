"""The warehouse's tables: one per published contract and face, and the ledger.

A published table holds its contract's columns and `slice_id`. Rows of the public face stand in tables of
their own (`public_<table>`), so that no view of the public face reads a table with unsuppressed figures.

Put here: contracts to SQLAlchemy tables. Not here: the ledger's columns (`ledger`), views (`views`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Column, Integer, Table
from sqlalchemy.types import TypeEngine

from warehouse.ledger import define_ledger
from warehouse.model.contract import Contract, FieldSpec, published_contracts
from warehouse.model.errors import SpmError
from warehouse.money import DECIMALS, ExactDecimal
from warehouse.publication import FACES, Face

INTERNAL_SCHEMA = "spm_internal"
PUBLIC_SCHEMA = "spm_public"


@dataclass(frozen=True)
class WarehouseSchema:
    """The tables of one engine: in schema spm_internal on PostgreSQL, without a schema on SQLite."""

    metadata: sa.MetaData
    contracts: Mapping[str, Contract]
    schema: str | None

    def ledger(self, name: str) -> Table:
        """A table of the ledger."""
        return self.metadata.tables[f"{self.schema}.{name}" if self.schema else name]

    def rows(self, face: Face, table: str) -> Table:
        """The table that holds the rows of a published table's face."""
        return self.ledger(rows_table(face, table))

    def contract(self, table: str) -> Contract:
        """The contract of a published table.

        Raises:
            SpmError: No such table is published.
        """
        if table not in self.contracts:
            raise SpmError(
                "No contract publishes this table",
                value=table,
                remedy=f"Use one of {', '.join(sorted(self.contracts))}",
            )
        return self.contracts[table]


def rows_table(face: Face, table: str) -> str:
    """The name of the table with a face's rows."""
    return table if face == "internal" else f"public_{table}"


def warehouse_schema(dialect: str, contracts: Mapping[str, Contract] | None = None) -> WarehouseSchema:
    """The tables for a database ("sqlite" or "postgresql"), from the project's contracts unless given others.

    Raises:
        SpmError: A contract is about single students, or has a type that no published table may have.
    """
    published = dict(published_contracts() if contracts is None else contracts)
    schema = INTERNAL_SCHEMA if dialect == "postgresql" else None
    metadata = sa.MetaData(schema=schema)
    define_ledger(metadata, schema)
    for name, contract in sorted(published.items()):
        _require_publishable(contract)
        for face in FACES:
            _define_rows(metadata, schema, rows_table(face, name), contract)
    return WarehouseSchema(metadata=metadata, contracts=published, schema=schema)


def _require_publishable(contract: Contract) -> None:
    if contract.is_restricted:
        raise SpmError(
            "A table about single students is never published",
            value=contract.table,
            remedy="Publish figures computed from it",
        )
    for spec in contract.fields:
        if spec.type == "text_list":
            raise SpmError(
                "A published column cannot be a list",
                file=f"warehouse/contracts/{contract.table}.yml",
                column=spec.name,
                remedy="Publish one row per entry, or a text",
            )


def _define_rows(metadata: sa.MetaData, schema: str | None, name: str, contract: Contract) -> None:
    columns = [
        Column(f.name, column_type(f), nullable=f.nullable, autoincrement=False) for f in contract.fields
    ]
    Table(
        name,
        metadata,
        Column("slice_id", Integer, nullable=False, autoincrement=False),
        *columns,
        sa.PrimaryKeyConstraint("slice_id", *key_order(contract)),
        schema=schema,
        # Rows lie in the key's order: a slice is one stretch of the file, an organization one of the slice.
        sqlite_with_rowid=False,
    )


def key_order(contract: Contract) -> tuple[str, ...]:
    """The key in the order of the index: the organization first, what is constant in a slice last."""
    constant = ("school_year", "measure_id")
    first = [name for name in contract.key if name == "organization_id"]
    last = [name for name in contract.key if name in constant]
    return (*first, *(n for n in contract.key if n not in (*first, *last)), *last)


def column_type(field: FieldSpec) -> TypeEngine[Any]:
    """The database type of a contract's field."""
    if field.type in DECIMALS:
        return ExactDecimal(*DECIMALS[field.type])
    if field.type == "text":
        # Byte order, as in the canonical form: faster than a language's, and the same on every server.
        return sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    plain: dict[str, TypeEngine[Any]] = {
        "smallint": sa.SmallInteger(),
        "bigint": sa.BigInteger(),
        "boolean": sa.Boolean(),
        "date": sa.Date(),
        "timestamp": sa.DateTime(),
        "double": sa.Double(),
    }
    return plain[field.type]
