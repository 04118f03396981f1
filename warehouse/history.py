"""Earlier releases: listed, made current again, named, pruned.

Put here: what is done to releases that exist. Not here: how one is made (`publish`).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa

from warehouse.model.errors import SpmError
from warehouse.publication import FACES, PruneOutcome, ReleaseInfo
from warehouse.publish import mark_interrupted, move_pointer
from warehouse.schema import WarehouseSchema
from warehouse.staging import current_state, release_entries, verify_slices


def list_releases(connection: sa.Connection, schema: WarehouseSchema) -> list[ReleaseInfo]:
    """The readable releases, oldest first."""
    release, pointer = schema.ledger("release"), schema.ledger("pointer")
    current = connection.execute(sa.select(pointer.c.release_id)).scalar_one_or_none()
    query = sa.select(release).where(release.c.state == "published").order_by(release.c.release_id)
    return [
        ReleaseInfo(
            release_id=row["release_id"],
            agency_id=row["agency_id"],
            as_of=row["as_of"],
            published_at=row["published_at"],
            code_version=row["code_version"],
            settings_hash=row["settings_hash"],
            content_hash=row["content_hash"],
            not_for_release=row["not_for_release"],
            previous_release_id=row["previous_release_id"],
            name=row["name"],
            is_current=row["release_id"] == current,
        )
        for row in connection.execute(query).mappings()
    ]


def require_release(connection: sa.Connection, schema: WarehouseSchema, release_id: int) -> None:
    """Refuse a release that cannot be read.

    Raises:
        SpmError: It never became current, was pruned, or never was.
    """
    known = {info.release_id for info in list_releases(connection, schema)}
    if release_id not in known:
        listed = ", ".join(str(number) for number in sorted(known)) or "none"
        raise SpmError(
            "There is no such release",
            value=str(release_id),
            remedy=f"Use one that `spm releases` lists: {listed}",
        )


def roll_back(connection: sa.Connection, schema: WarehouseSchema, release_id: int, now: datetime) -> bool:
    """Make an earlier release current, after verifying it; False if it is current already."""
    require_release(connection, schema, release_id)
    current = current_state(connection, schema)
    if current.release_id == release_id:
        return False
    vouched = {entry.slice_id for entry in current.entries.values()}
    verify_slices(connection, schema, release_entries(connection, schema, release_id), counted=vouched)
    move_pointer(connection, schema, current.release_id, release_id, "rollback", now)
    return True


def name_release(
    connection: sa.Connection, schema: WarehouseSchema, release_id: int, name: str | None
) -> None:
    """Name a release, such as "2025 Q3 review", so that pruning keeps it; None takes the name away."""
    require_release(connection, schema, release_id)
    release = schema.ledger("release")
    connection.execute(sa.update(release).where(release.c.release_id == release_id).values(name=name))


def prune_releases(
    connection: sa.Connection, schema: WarehouseSchema, *, keep_last: int | None, keep: Collection[int]
) -> PruneOutcome:
    """Remove releases that nobody keeps, and slices that no kept release has."""
    mark_interrupted(connection, schema)
    removed = _doomed(list_releases(connection, schema), keep_last, keep)
    release = schema.ledger("release")
    connection.execute(sa.update(release).where(release.c.release_id.in_(removed)).values(state="pruned"))
    unreadable = sa.select(release.c.release_id).where(release.c.state.not_in(("published", "staged")))
    for name in ("release_slice", "absent_slice"):
        table = schema.ledger(name)
        connection.execute(sa.delete(table).where(table.c.release_id.in_(unreadable)))
    slices, rows = _remove_orphans(connection, schema)
    return PruneOutcome(releases=tuple(removed), slices=slices, rows=rows)


def _doomed(releases: list[ReleaseInfo], keep_last: int | None, keep: Collection[int]) -> list[int]:
    if keep_last is None:
        return []
    newest = {info.release_id for info in releases[max(len(releases) - keep_last, 0) :]}
    return [
        info.release_id
        for info in releases
        if not (info.is_current or info.name or info.release_id in newest or info.release_id in keep)
    ]


def _remove_orphans(connection: sa.Connection, schema: WarehouseSchema) -> tuple[int, int]:
    stored, member = schema.ledger("slice"), schema.ledger("release_slice")
    used = sa.select(member.c.slice_id)
    orphans = connection.execute(
        sa.select(stored.c.slice_id, stored.c.table_name, stored.c.face).where(stored.c.slice_id.not_in(used))
    ).all()
    rows = 0
    for face in FACES:
        for table in sorted({orphan.table_name for orphan in orphans if orphan.face == face}):
            ids = [o.slice_id for o in orphans if (o.face, o.table_name) == (face, table)]
            target = schema.rows(face, table)
            rows += connection.execute(sa.delete(target).where(target.c.slice_id.in_(ids))).rowcount
            connection.execute(sa.delete(stored).where(stored.c.slice_id.in_(ids)))
    return len(orphans), rows
