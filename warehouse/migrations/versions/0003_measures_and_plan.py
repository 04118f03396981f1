"""Measures of every kind, the plan's versions and reviews, money and organizations are published.

Tables whose columns or key have grown are built anew with their rows: a row of an earlier release says of a new
column what was true of it then. Slices keep the layout that they were written with, so they stay verifiable.

Frozen: later changes to contracts need a migration of their own, this one stays as it is.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from warehouse.money import ExactDecimal

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# "name type" of each column, "null" behind it where it may be null; every table has slice_id before these.
CREATED: dict[str, tuple[str, ...]] = {
    "agency_setting": (
        "setting text",
        "setting_value text",
    ),
}
CHANGED: dict[str, tuple[str, ...]] = {
    "organization": (
        "organization_id text",
        "school_year smallint",
        "organization_type text",
        "organization_name text",
        "state_abbreviation_code text",
        "lea_identifier_nces text null",
        "lea_identifier_sea text null",
        "school_identifier_nces text null",
        "school_identifier_sea text null",
        "authorizer_lea_id text null",
        "reporting_lea_id text null",
        "parent_organization_id text null",
        "uei text null",
        "prior_lea_identifier_sea text null",
        "prior_school_identifier_sea text null",
        "merged_into_organization_id text null",
        "closed_on date null",
        "is_charter boolean null",
        "charter_school_number text null",
        "charter_funding_type text null",
        "operational_status text null",
        "is_in_directory boolean",
        "source_id text",
        "snapshot_sha256 text null",
        "source_line bigint null",
        "data_status text",
    ),
}
# What the rows of earlier releases say in columns that must not be null.
THEN: dict[str, dict[str, str]] = {}
KEYS = {
    "agency_setting": "slice_id setting",
    "organization": "slice_id organization_id school_year",
}
TYPES = {
    "bigint": sa.BigInteger(),
    "boolean": sa.Boolean(),
    "date": sa.Date(),
    "smallint": sa.SmallInteger(),
    "text": sa.Text().with_variant(sa.Text(collation="C"), "postgresql"),
}


def upgrade() -> None:
    bind = op.get_bind()
    schema = "spm_internal" if bind.dialect.name == "postgresql" else None
    _drop_views(bind)
    for name in CREATED:
        for table in (name, f"public_{name}"):
            _create(table, name, CREATED[name], schema)
    for name, columns in CHANGED.items():
        for table in (name, f"public_{name}"):
            _rebuild(bind, table, name, columns, schema)


def _drop_views(bind: sa.Connection) -> None:
    """Views read the tables that are built anew; opening the warehouse makes them again after every migration."""
    inspector = sa.inspect(bind)
    for schema in ("spm_internal", "spm_public") if bind.dialect.name == "postgresql" else (None,):
        if schema is not None and schema not in inspector.get_schema_names():
            continue
        for view in inspector.get_view_names(schema=schema):
            cascade = " CASCADE" if schema else ""
            place = f"{schema}." if schema else ""
            op.execute(f"DROP VIEW IF EXISTS {place}{view}{cascade}")


def _create(table: str, name: str, columns: tuple[str, ...], schema: str | None) -> None:
    op.create_table(
        table,
        sa.Column("slice_id", sa.Integer(), nullable=False, autoincrement=False),
        *(_column(text) for text in columns),
        sa.PrimaryKeyConstraint(*KEYS[name].split()),
        schema=schema,
        sqlite_with_rowid=False,
    )


def _rebuild(
    bind: sa.Connection, table: str, name: str, columns: tuple[str, ...], schema: str | None
) -> None:
    """A table with new columns or another key, with the rows it has."""
    before = {c["name"] for c in sa.inspect(bind).get_columns(table, schema=schema)}
    place = f"{schema}." if schema else ""
    op.rename_table(table, f"{table}_before", schema=schema)
    if schema is not None:
        # PostgreSQL keeps the name of the key's index, which the new table asks for.
        op.execute(f"ALTER TABLE {place}{table}_before DROP CONSTRAINT {table}_pkey")
    _create(table, name, columns, schema)
    names = ["slice_id", *(text.split()[0] for text in columns)]
    told = [n if n in before else THEN.get(name, {}).get(n, "NULL") for n in names]
    op.execute(
        f"INSERT INTO {place}{table} ({', '.join(names)}) SELECT {', '.join(told)} FROM {place}{table}_before"
    )
    op.drop_table(f"{table}_before", schema=schema)


def _column(text: str) -> sa.Column:
    name, kind, *rest = text.split()
    return sa.Column(name, TYPES[kind], nullable=rest == ["null"], autoincrement=False)
