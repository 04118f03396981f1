"""From a publication to stored slices: which are written, shared, carried forward, absent.

Put here: everything before the audit, and the verification of stored rows.
Not here: the order of transactions (`publish`), the canonical form (`slices`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from warehouse.ledger import ALL_YEARS
from warehouse.load import read_rows, write_rows
from warehouse.model.errors import SpmError
from warehouse.publication import FACES, AbsentSlice, Publication, SliceKey
from warehouse.schema import WarehouseSchema
from warehouse.slices import Layout, canonical_rows, content_hash, sort_rows


@dataclass(frozen=True)
class Prepared:
    """A slice ready to be stored: canonical rows and their name."""

    key: SliceKey
    rows: pa.Table
    layout: Layout
    content_hash: str
    snapshots: tuple[str, ...]


@dataclass(frozen=True)
class Entry:
    """A slice's place in a release. The carried_ fields are None when it is fresh."""

    key: SliceKey
    slice_id: int
    content_hash: str
    row_count: int
    snapshots: str
    carried_from: int | None = None
    carried_since: datetime | None = None
    carried_reason: str | None = None
    carried_claim: str | None = None


@dataclass(frozen=True)
class Current:
    """The current release when a publication begins; empty before the first."""

    release_id: int | None
    published_at: datetime | None
    content_hash: str | None
    entries: Mapping[SliceKey, Entry]


class DamagedWarehouse(SpmError):
    """Stored rows are not those that were published."""


def prepare(publication: Publication, schema: WarehouseSchema) -> list[Prepared]:
    """Check the publication and bring its rows into canonical form; touches no database.

    Raises:
        SpmError: A key is named twice or not allowed, or rows do not fit their contract.
    """
    _require_consistent_keys(publication, schema)
    prepared = []
    for data in sorted(publication.slices, key=lambda d: d.key.order):
        contract = schema.contract(data.key.table)
        rows = canonical_rows(data.key, data.rows, contract)
        layout = Layout.of(contract)
        prepared.append(Prepared(data.key, rows, layout, content_hash(layout, rows), data.snapshots))
    return prepared


def _require_consistent_keys(publication: Publication, schema: WarehouseSchema) -> None:
    kinds: dict[SliceKey, str] = {}
    for kind, items in (
        ("given", publication.slices),
        ("carried", publication.carried),
        ("absent", publication.absent),
    ):
        for item in items:
            if item.key in kinds:
                raise _misuse(f"Slice {item.key} is both {kinds[item.key]} and {kind}")
            kinds[item.key] = kind
    divisions: dict[tuple[str, str], tuple[bool, bool]] = {}
    for key, kind in kinds.items():
        schema.contract(key.table)
        if key.face not in FACES or key.school_year == ALL_YEARS:
            raise _misuse(f"Slice {key} has a face or school year that does not exist")
        division = (key.school_year is None, key.part == "")
        if divisions.setdefault((key.face, key.table), division) != division:
            # A key could stand in two slices of one release.
            raise _misuse(f"Slices of {key.face} {key.table} are not all divided alike, such as {key}")
        inside = kinds.get(SliceKey("internal", key.table, key.school_year, key.part))
        if inside is not None and kind == "given" and inside != "given":
            raise _misuse(f"Slice {key} is new while its internal one is {inside}")


def _misuse(what: str) -> SpmError:
    return SpmError(what, remedy="Correct the publisher: each key once, both faces alike")


def current_state(connection: sa.Connection, schema: WarehouseSchema) -> Current:
    """The current release and its slices."""
    pointer, release = schema.ledger("pointer"), schema.ledger("release")
    query = sa.select(release).join(pointer, pointer.c.release_id == release.c.release_id)
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        return Current(None, None, None, {})
    entries = {entry.key: entry for entry in release_entries(connection, schema, row["release_id"])}
    return Current(row["release_id"], row["published_at"], row["content_hash"], entries)


def release_entries(connection: sa.Connection, schema: WarehouseSchema, release_id: int) -> list[Entry]:
    """The slices of a release, in key order."""
    member, stored = schema.ledger("release_slice"), schema.ledger("slice")
    query = (
        sa.select(member, stored.c.content_hash, stored.c.row_count)
        .join(stored, stored.c.slice_id == member.c.slice_id)
        .where(member.c.release_id == release_id)
    )
    entries = [_entry(row) for row in connection.execute(query).mappings()]
    return sorted(entries, key=lambda e: e.key.order)


def _entry(row: Mapping[Any, Any]) -> Entry:
    return Entry(
        key=SliceKey(row["face"], row["table_name"], row["school_year"] or None, row["part"]),
        slice_id=row["slice_id"],
        content_hash=row["content_hash"],
        row_count=row["row_count"],
        snapshots=row["snapshots"],
        carried_from=row["carried_from_release_id"],
        carried_since=row["carried_forward_since"],
        carried_reason=row["carried_reason"],
        carried_claim=row["carried_claim"],
    )


def ledger_key(key: SliceKey) -> dict[str, Any]:
    """The key as the ledger's columns hold it."""
    year = ALL_YEARS if key.school_year is None else key.school_year
    return {"face": key.face, "table_name": key.table, "school_year": year, "part": key.part}


def store_slices(
    connection: sa.Connection,
    schema: WarehouseSchema,
    prepared: Sequence[Prepared],
    *,
    now: datetime,
    step: Callable[[str], None],
) -> tuple[list[Entry], int]:
    """Write the slices that are not stored yet; give every slice's entry and how many were written."""
    stored = schema.ledger("slice")
    key = (stored.c.face, stored.c.table_name, stored.c.school_year, stored.c.part, stored.c.content_hash)
    known = {tuple(row)[1:]: row.slice_id for row in connection.execute(sa.select(stored.c.slice_id, *key))}
    highest = max(known.values(), default=0)
    entries, written = [], 0
    for item in prepared:
        slice_id = known.get((*ledger_key(item.key).values(), item.content_hash))
        if slice_id is None:
            written += 1
            slice_id = highest + written
            _store(connection, schema, item, slice_id, now)
            step("slice_written")
        snapshots = " ".join(sorted(set(item.snapshots)))
        entries.append(Entry(item.key, slice_id, item.content_hash, len(item.rows), snapshots))
    return entries, written


def _store(
    connection: sa.Connection, schema: WarehouseSchema, item: Prepared, slice_id: int, now: datetime
) -> None:
    values = {
        "slice_id": slice_id,
        **ledger_key(item.key),
        "content_hash": item.content_hash,
        "row_count": len(item.rows),
        "layout": item.layout.to_json(),
        "created_at": now,
    }
    connection.execute(schema.ledger("slice").insert().values(values))
    table = schema.rows(item.key.face, item.key.table)
    write_rows(connection, table, slice_id, item.rows, layout=item.layout)


def carry_forward(publication: Publication, current: Current) -> tuple[list[Entry], list[AbsentSlice]]:
    """Entries kept from the current release, marked; and what is absent, also for want of an earlier one."""
    kept, absent = [], list(publication.absent)
    for item in publication.carried:
        earlier = current.entries.get(item.key)
        if earlier is None:
            absent.append(AbsentSlice(item.key, item.reason, item.claim))
            continue
        # A slice that was carried already keeps its first mark: it is no younger for failing again.
        is_first = earlier.carried_from is None
        kept.append(
            Entry(
                key=item.key,
                slice_id=earlier.slice_id,
                content_hash=earlier.content_hash,
                row_count=earlier.row_count,
                snapshots=earlier.snapshots,
                carried_from=current.release_id if is_first else earlier.carried_from,
                carried_since=current.published_at if is_first else earlier.carried_since,
                carried_reason=item.reason,
                carried_claim=item.claim,
            )
        )
    return kept, absent


def release_hash(publication: Publication, entries: Iterable[Entry], absent: Iterable[AbsentSlice]) -> str:
    """Names a release's content: its slices, marks, gaps and stamp; not its day, code or check results."""
    content = {
        "not_for_release": publication.not_for_release,
        "slices": sorted(
            [*e.key.order, e.content_hash, e.carried_from, e.carried_reason, e.carried_claim] for e in entries
        ),
        "absent": sorted([*a.key.order, a.reason, a.claim or ""] for a in absent),
    }
    return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()


def verify_slices(
    connection: sa.Connection, schema: WarehouseSchema, entries: Iterable[Entry], *, counted: set[int]
) -> None:
    """Compare stored rows with the ledger: by hash, or only by number for the slice ids in `counted`.

    Raises:
        DamagedWarehouse: Rows are missing, added or changed.
    """
    for (face, table), group in _by_table(entries).items():
        rows = schema.rows(face, table)  # type: ignore[arg-type]
        ids = [entry.slice_id for entry in group]
        counts = _row_counts(connection, rows, ids)
        layouts = _layouts(connection, schema, [i for i in ids if i not in counted])
        for entry in group:
            if counts.get(entry.slice_id, 0) != entry.row_count:
                raise _damage(entry, f"has {counts.get(entry.slice_id, 0)} rows, not {entry.row_count}")
            if entry.slice_id not in counted:
                _verify_hash(connection, rows, entry, layouts[entry.slice_id])


def _by_table(entries: Iterable[Entry]) -> dict[tuple[str, str], list[Entry]]:
    groups: dict[tuple[str, str], list[Entry]] = {}
    for entry in entries:
        groups.setdefault((entry.key.face, entry.key.table), []).append(entry)
    return groups


def _row_counts(connection: sa.Connection, rows: sa.Table, ids: list[int]) -> dict[int, int]:
    query = (
        sa.select(rows.c.slice_id, sa.func.count()).where(rows.c.slice_id.in_(ids)).group_by(rows.c.slice_id)
    )
    return {slice_id: count for slice_id, count in connection.execute(query)}


def _layouts(connection: sa.Connection, schema: WarehouseSchema, ids: list[int]) -> dict[int, Layout]:
    stored = schema.ledger("slice")
    query = sa.select(stored.c.slice_id, stored.c.layout).where(stored.c.slice_id.in_(ids))
    return {slice_id: Layout.from_json(text) for slice_id, text in connection.execute(query)}


def _verify_hash(connection: sa.Connection, rows: sa.Table, entry: Entry, layout: Layout) -> None:
    try:
        stored = sort_rows(read_rows(connection, rows, entry.slice_id, layout), layout.key)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
        raise _damage(entry, "holds a value that its column cannot have") from None
    if content_hash(layout, stored) != entry.content_hash:
        raise _damage(entry, "holds other rows than were published")


def _damage(entry: Entry, what: str) -> DamagedWarehouse:
    return DamagedWarehouse(
        f"Stored slice {entry.key} {what}; the pointer was not moved",
        remedy="Someone or something changed the database: restore it from a backup, or build a new "
        "warehouse with `spm refresh`",
    )
