"""The order of things when a release is made; nothing readers see changes before the last transaction.

1. Slices that nothing refers to yet are written and committed.
2. A staged release refers to them; the audit reads it, its results are committed. A failure ends here.
3. One transaction verifies rows and verdict, and moves the pointer.

A process that dies leaves at most unreferenced slices and a staged release; the next publication marks the
latter, and pruning removes what is not used.

Put here: that order. Not here: what each step does to slices (`staging`), or the public file (`public_file`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from warehouse.evidence import record, record_checks, stops
from warehouse.publication import AbsentSlice, Audit, AuditRefused, Publication, PublishOutcome
from warehouse.schema import WarehouseSchema
from warehouse.staging import (
    Current,
    Entry,
    Prepared,
    carry_forward,
    current_state,
    ledger_key,
    release_hash,
    store_slices,
    verify_slices,
)

# Where a test can make a publication die; in this order, the last two after the pointer has moved.
STEPS = (
    "publication_recorded",
    "slice_written",
    "slices_committed",
    "release_staged",
    "audited",
    "audit_committed",
    "slices_verified",
    "pointer_moved",
    "release_committed",
    "public_face_written",
    "public_face_renamed",
)


def next_id(connection: sa.Connection, column: sa.Column[Any]) -> int:
    """The next id of a ledger table; publishers are alone, so no two take the same."""
    highest = connection.execute(sa.select(sa.func.max(column))).scalar_one()
    return int(highest or 0) + 1


def mark_interrupted(connection: sa.Connection, schema: WarehouseSchema) -> int:
    """Mark what an earlier process left unfinished; gives how many releases that were."""
    release, publication = schema.ledger("release"), schema.ledger("publication")
    left = sa.update(release).where(release.c.state == "staged").values(state="interrupted")
    marked = connection.execute(left).rowcount
    connection.execute(
        sa.update(publication).where(publication.c.outcome == "started").values(outcome="interrupted")
    )
    return int(marked)


class Publishing:
    """One publication under the publishers' lock, on the connection that holds it."""

    def __init__(
        self,
        connection: sa.Connection,
        schema: WarehouseSchema,
        publication: Publication,
        *,
        clock: Callable[[], datetime],
        step: Callable[[str], None],
    ) -> None:
        self._connection = connection
        self._schema = schema
        self._publication = publication
        self._clock = clock
        self._step = step
        self._publication_id = 0
        self._release_id = 0

    def run(self, prepared: Sequence[Prepared], audit: Audit | None) -> PublishOutcome:
        """Publish the prepared slices.

        Raises:
            AuditRefused: The audit failed.
            DamagedWarehouse: Stored rows are not those that were written.
        """
        connection = self._connection
        with connection.begin():
            mark_interrupted(connection, self._schema)
            self._begin()
        self._step("publication_recorded")
        with connection.begin():
            fresh, written = store_slices(
                connection, self._schema, prepared, now=self._clock(), step=self._step
            )
        self._step("slices_committed")
        with connection.begin():
            current = current_state(connection, self._schema)
            kept, absent = carry_forward(self._publication, current)
            entries = [*fresh, *kept]
            content = release_hash(self._publication, entries, absent)
            self._stage(entries, absent, content, current)
        self._step("release_staged")
        self._audit(audit)
        unchanged = content == current.content_hash
        self._decide(entries, current, unchanged=unchanged)
        return PublishOutcome(
            release_id=current.release_id if unchanged and current.release_id else self._release_id,
            added_slices=written,
            shared_slices=len(entries) - written,
            carried=tuple(entry.key for entry in kept),
            absent=tuple(item.key for item in absent),
            unchanged=unchanged,
        )

    def _decide(self, entries: Sequence[Entry], current: Current, *, unchanged: bool) -> None:
        """The transaction that moves the pointer, or finds that it need not move."""
        with self._connection.begin():
            self._require_verdict()
            vouched = {entry.slice_id for entry in current.entries.values()}
            verify_slices(self._connection, self._schema, entries, counted=vouched)
            self._step("slices_verified")
            self._confirm(current) if unchanged else self._move_pointer(current)
            self._step("pointer_moved")
        self._step("release_committed")

    def _begin(self) -> None:
        table = self._schema.ledger("publication")
        self._publication_id = next_id(self._connection, table.c.publication_id)
        values = {"publication_id": self._publication_id, "outcome": "started", **self._made_with()}
        self._connection.execute(table.insert().values(started_at=self._clock(), **values))

    def _made_with(self) -> dict[str, Any]:
        given = self._publication
        return {
            "as_of": given.as_of,
            "code_version": given.code_version,
            "settings_hash": given.settings_hash,
        }

    def _stage(
        self, entries: Sequence[Entry], absent: Sequence[AbsentSlice], content: str, current: Current
    ) -> None:
        connection, schema, given = self._connection, self._schema, self._publication
        release = schema.ledger("release")
        self._release_id = next_id(connection, release.c.release_id)
        connection.execute(
            release.insert().values(
                release_id=self._release_id,
                agency_id=given.agency_id,
                state="staged",
                created_at=self._clock(),
                content_hash=content,
                not_for_release=given.not_for_release,
                previous_release_id=current.release_id,
                **self._made_with(),
            )
        )
        members = [self._member(entry) for entry in entries]
        if members:
            connection.execute(schema.ledger("release_slice").insert(), members)
        gaps = [
            {"release_id": self._release_id, **ledger_key(a.key), "reason": a.reason, "claim": a.claim}
            for a in absent
        ]
        if gaps:
            connection.execute(schema.ledger("absent_slice").insert(), gaps)
        self._update_publication(release_id=self._release_id)
        number = self._publication_id
        record_checks(connection, schema, number, given.check_results, phase="input")
        record(connection, schema, "waiver", number, given.waivers)
        record(connection, schema, "correction", number, given.corrections)
        record(connection, schema, "fetch_outcome", number, given.fetch_outcomes)

    def _member(self, entry: Entry) -> dict[str, Any]:
        return {
            "release_id": self._release_id,
            **ledger_key(entry.key),
            "slice_id": entry.slice_id,
            "snapshots": entry.snapshots,
            "carried_from_release_id": entry.carried_from,
            "carried_forward_since": entry.carried_since,
            "carried_reason": entry.carried_reason,
            "carried_claim": entry.carried_claim,
        }

    def _audit(self, audit: Audit | None) -> None:
        if audit is None:
            return
        with self._connection.begin():
            results: Sequence[Mapping[str, Any]] = audit(self._connection, self._release_id)
            self._step("audited")
            record_checks(self._connection, self._schema, self._publication_id, results, phase="audit")
            refusing = [result for result in results if stops(result)]
            if refusing:
                self._set_state("refused")
                self._update_publication(outcome="refused", finished_at=self._clock())
        self._step("audit_committed")
        if refusing:
            raise AuditRefused(refusing)

    def _require_verdict(self) -> None:
        """Read the verdict back from the ledger: what is committed decides, not what we remember."""
        table = self._schema.ledger("check_result")
        query = sa.select(table).where(
            table.c.publication_id == self._publication_id, table.c.phase == "audit"
        )
        results = [{**row, "table": row["table_name"]} for row in self._connection.execute(query).mappings()]
        refusing = [result for result in results if stops(result)]
        if refusing:
            raise AuditRefused(refusing)

    def _move_pointer(self, current: Current) -> None:
        now = self._clock()
        self._set_state("published", published_at=now)
        move_pointer(self._connection, self._schema, current.release_id, self._release_id, "publish", now)
        self._update_publication(outcome="published", finished_at=now)

    def _confirm(self, current: Current) -> None:
        """The content is the current release's: the staged one goes, the publication confirms the current."""
        self._update_publication(
            outcome="unchanged", finished_at=self._clock(), release_id=current.release_id
        )
        for name in ("release_slice", "absent_slice", "release"):
            table = self._schema.ledger(name)
            self._connection.execute(sa.delete(table).where(table.c.release_id == self._release_id))

    def _set_state(self, state: str, **values: Any) -> None:
        table = self._schema.ledger("release")
        change = sa.update(table).where(table.c.release_id == self._release_id)
        self._connection.execute(change.values(state=state, **values))

    def _update_publication(self, **values: Any) -> None:
        table = self._schema.ledger("publication")
        change = sa.update(table).where(table.c.publication_id == self._publication_id)
        self._connection.execute(change.values(**values))


def move_pointer(
    connection: sa.Connection,
    schema: WarehouseSchema,
    origin: int | None,
    target: int,
    reason: str,
    now: datetime,
) -> None:
    """Make a release current, and record that it was done."""
    pointer, moves = schema.ledger("pointer"), schema.ledger("pointer_move")
    if origin is None:
        connection.execute(pointer.insert().values(pointer_id=1, release_id=target, moved_at=now))
    else:
        connection.execute(sa.update(pointer).values(release_id=target, moved_at=now))
    connection.execute(
        moves.insert().values(
            move_id=next_id(connection, moves.c.move_id),
            from_release_id=origin,
            to_release_id=target,
            reason=reason,
            moved_at=now,
        )
    )
