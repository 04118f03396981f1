"""The ledger: which releases exist, of which slices each consists, how it was decided, which one is current.

Put here: the ledger's tables. Not here: tables of published rows (`schema`, from the contracts).
"""

from __future__ import annotations

from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKeyConstraint, Integer, SmallInteger, Table, Text
from sqlalchemy.schema import SchemaItem

# In the ledger school_year 0 means all years, so that keys hold no nulls.
ALL_YEARS = 0

# Publications end as: published, unchanged (same content), refused (by the audit), interrupted.
# Releases are: staged, published, refused, interrupted, pruned.


def _required(name: str, kind: type[sa.types.TypeEngine[Any]], *, key: bool = False) -> Column[Any]:
    # Ids are given under the publishers' lock, never by the database: both engines then count alike.
    autoincrement: Literal[False, "auto"] = False if key else "auto"
    return Column(name, kind, nullable=False, primary_key=key, autoincrement=autoincrement)


def _optional(name: str, kind: type[sa.types.TypeEngine[Any]]) -> Column[Any]:
    return Column(name, kind, nullable=True)


def define_ledger(metadata: sa.MetaData, schema: str | None) -> None:
    """Add the ledger's tables to the metadata."""
    for define in (_identity, _releases, _pointer, _publications, _slices, _absent, _evidence):
        define(metadata, schema)


def _reference(schema: str | None, table: str, column: str, *, local: str | None = None) -> SchemaItem:
    target = f"{schema}.{table}.{column}" if schema else f"{table}.{column}"
    return ForeignKeyConstraint([local or column], [target])


def _identity(metadata: sa.MetaData, schema: str | None) -> None:
    Table(
        "warehouse",
        metadata,
        _required("warehouse_id", Integer, key=True),
        _required("agency_id", Text),
        _required("created_at", sa.DateTime),
        Column("views_hash", Text, nullable=True),  # null: views not made yet
        schema=schema,
    )


def _releases(metadata: sa.MetaData, schema: str | None) -> None:
    Table(
        "release",
        metadata,
        _required("release_id", Integer, key=True),
        _required("agency_id", Text),
        _required("state", Text),
        _required("as_of", sa.Date),
        _required("created_at", sa.DateTime),
        _optional("published_at", sa.DateTime),  # null: never became current
        _required("code_version", Text),
        _required("settings_hash", Text),
        _required("content_hash", Text),
        _required("not_for_release", sa.Boolean),
        _optional("previous_release_id", Integer),  # null: the first
        _optional("name", Text),  # null: nobody named it
        schema=schema,
    )


def _pointer(metadata: sa.MetaData, schema: str | None) -> None:
    Table(
        "pointer",
        metadata,
        _required("pointer_id", Integer, key=True),
        _required("release_id", Integer),
        _required("moved_at", sa.DateTime),
        _reference(schema, "release", "release_id"),
        schema=schema,
    )
    Table(
        "pointer_move",
        metadata,
        _required("move_id", Integer, key=True),
        _optional("from_release_id", Integer),  # null: the first publication
        _required("to_release_id", Integer),
        _required("reason", Text),
        _required("moved_at", sa.DateTime),
        _reference(schema, "release", "release_id", local="to_release_id"),
        schema=schema,
    )


def _publications(metadata: sa.MetaData, schema: str | None) -> None:
    Table(
        "publication",
        metadata,
        _required("publication_id", Integer, key=True),
        _optional("release_id", Integer),  # null: did not get as far as a release
        _required("outcome", Text),
        _required("started_at", sa.DateTime),
        _optional("finished_at", sa.DateTime),  # null: under way, or interrupted
        _required("as_of", sa.Date),
        _required("code_version", Text),
        _required("settings_hash", Text),
        _reference(schema, "release", "release_id"),
        schema=schema,
    )


def _slice_key(*, key: bool) -> list[Column[Any]]:
    return [
        _required("face", Text, key=key),
        _required("table_name", Text, key=key),
        _required("school_year", SmallInteger, key=key),
        _required("part", Text, key=key),
    ]


def _slices(metadata: sa.MetaData, schema: str | None) -> None:
    Table(
        "slice",
        metadata,
        _required("slice_id", Integer, key=True),
        *_slice_key(key=False),
        _required("content_hash", Text),
        _required("row_count", sa.BigInteger),
        _required("layout", Text),
        _required("created_at", sa.DateTime),
        sa.UniqueConstraint(
            "face", "table_name", "school_year", "part", "content_hash", name="slice_content_is_unique"
        ),
        schema=schema,
    )
    Table(
        "release_slice",
        metadata,
        _required("release_id", Integer, key=True),
        *_slice_key(key=True),
        _required("slice_id", Integer),
        _required("snapshots", Text),
        _optional("carried_from_release_id", Integer),  # null: computed from this release's own inputs
        _optional("carried_forward_since", sa.DateTime),  # null: likewise
        _optional("carried_reason", Text),
        _optional("carried_claim", Text),
        _reference(schema, "release", "release_id"),
        _reference(schema, "slice", "slice_id"),
        sa.Index("release_slice_by_slice", "slice_id"),
        schema=schema,
    )


def _absent(metadata: sa.MetaData, schema: str | None) -> None:
    Table(
        "absent_slice",
        metadata,
        _required("release_id", Integer, key=True),
        *_slice_key(key=True),
        _required("reason", Text),
        _optional("claim", Text),  # null: no claim failed; there was no input
        _reference(schema, "release", "release_id"),
        schema=schema,
    )


def _evidence(metadata: sa.MetaData, schema: str | None) -> None:
    """What was known when a publication was decided; `detail` is JSON of what has no column."""
    columns = {
        "check_result": _check_columns(),
        "waiver": _waiver_columns(),
        "correction": _correction_columns(),
        "fetch_outcome": _fetch_columns(),
    }
    for name, own in columns.items():
        Table(
            name,
            metadata,
            _required("publication_id", Integer, key=True),
            _required("ordinal", Integer, key=True),
            *own,
            _optional("detail", Text),
            _reference(schema, "publication", "publication_id"),
            schema=schema,
        )


def _check_columns() -> list[Column[Any]]:
    return [
        _required("phase", Text),  # input: acted upon before publishing; audit: of the staged release
        _required("claim", Text),
        _required("sentence", Text),
        _required("table_name", Text),
        _optional("school_year", SmallInteger),  # null: all years
        _required("data_version", Text),
        _required("severity", Text),
        _required("blocking", sa.Boolean),
        _required("passed", sa.Boolean),
        _required("kind", Text),
        _required("checked_rows", sa.BigInteger),
        _required("failing_rows", sa.BigInteger),
        _required("failing_keys", Text),  # JSON list, or text as given; none for student-level tables
        _required("owner", Text),
        _required("remedy", Text),
        _optional("failing_rows_file", Text),  # null: no row failed
        _required("seconds", sa.Double),
        _optional("waived_by", Text),  # null: no waiver applies
    ]


def _waiver_columns() -> list[Column[Any]]:
    return [
        _required("claim", Text),
        _required("table_name", Text),
        _optional("school_year", SmallInteger),  # null: all years
        _required("who", Text),
        _required("why", Text),
        _required("until", sa.Date),
    ]


def _correction_columns() -> list[Column[Any]]:
    return [
        _required("source_id", Text),
        _optional("table_name", Text),  # null: all tables of the source
        _optional("school_year", SmallInteger),  # null: all years
        _optional("column_name", Text),  # null: the whole row
        _required("reason", Text),
    ]


def _fetch_columns() -> list[Column[Any]]:
    return [
        _required("source_id", Text),
        _optional("school_year", SmallInteger),  # null: not divided by year
        _required("outcome", Text),
    ]
