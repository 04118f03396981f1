"""Two releases side by side: which slices differ, and in which rows.

Slices are named by their content, so equal ones are passed over without reading a row; of the others the
database gives only the rows that differ.

Put here: what two releases hold differently. Not here: why (`pipelines/differences`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from warehouse.ledger import ALL_YEARS
from warehouse.publication import Face
from warehouse.read import Reader, Row, plain
from warehouse.schema import WarehouseSchema, warehouse_schema


@dataclass(frozen=True)
class Member:
    """A slice as a release holds it."""

    slice_id: int
    content_hash: str
    row_count: int
    snapshots: tuple[str, ...]
    carried_forward_since: str | None
    carried_reason: str | None


@dataclass(frozen=True)
class SlicePair:
    """One table's year and part in two releases; None where a release has no such slice."""

    table: str
    school_year: int | None
    part: str
    before: Member | None
    after: Member | None

    @property
    def differs(self) -> bool:
        """Whether the two hold other rows."""
        first = None if self.before is None else self.before.content_hash
        second = None if self.after is None else self.after.content_hash
        return first != second


def schema_of(reader: Reader) -> WarehouseSchema:
    """The tables of the reader's database."""
    return warehouse_schema(reader.connection.dialect.name)


def slice_pairs(
    reader: Reader, before: int, after: int, *, table: str | None = None, face: Face = "internal"
) -> list[SlicePair]:
    """The slices of two releases side by side, in the order table, year, part."""
    schema = schema_of(reader)
    held = [_members(reader, schema, release, table, face) for release in (before, after)]
    return [
        SlicePair(name, None if year == ALL_YEARS else year, part, held[0].get(key), held[1].get(key))
        for key in sorted(held[0].keys() | held[1].keys())
        for name, year, part in [key]
    ]


def _members(
    reader: Reader, schema: WarehouseSchema, release: int, table: str | None, face: Face
) -> dict[tuple[str, int, str], Member]:
    member, stored = schema.ledger("release_slice"), schema.ledger("slice")
    query = (
        sa.select(member, stored.c.content_hash, stored.c.row_count)
        .join(stored, stored.c.slice_id == member.c.slice_id)
        .where(member.c.release_id == release, member.c.face == face)
    )
    if table is not None:
        query = query.where(member.c.table_name == table)
    return {
        (row["table_name"], row["school_year"], row["part"]): Member(
            slice_id=row["slice_id"],
            content_hash=row["content_hash"],
            row_count=row["row_count"],
            snapshots=tuple(str(row["snapshots"] or "").split()),
            carried_forward_since=None
            if row["carried_forward_since"] is None
            else str(row["carried_forward_since"])[:19],
            carried_reason=row["carried_reason"],
        )
        for row in reader.connection.execute(query).mappings()
    }


def differing_rows(reader: Reader, pair: SlicePair, face: Face = "internal") -> tuple[list[Row], list[Row]]:
    """The rows of a pair that only the first, and only the second release has."""
    return _only(reader, pair, pair.before, pair.after, face), _only(
        reader, pair, pair.after, pair.before, face
    )


def rows_of(reader: Reader, pair: SlicePair, member: Member | None, face: Face = "internal") -> list[Row]:
    """All rows of one side of a pair."""
    return _only(reader, pair, member, None, face)


def _only(reader: Reader, pair: SlicePair, own: Member | None, other: Member | None, face: Face) -> list[Row]:
    if own is None:
        return []
    schema = schema_of(reader)
    table = schema.rows(face, pair.table)
    columns = [table.c[f.name] for f in schema.contract(pair.table).fields]
    query: Any = sa.select(*columns).where(table.c.slice_id == own.slice_id)
    if other is not None:
        query = query.except_(sa.select(*columns).where(table.c.slice_id == other.slice_id))
    found = reader.connection.execute(query).mappings()
    return [{name: plain(name, value) for name, value in row.items()} for row in found]
