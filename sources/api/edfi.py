"""The protocol `edfi`: tables are resources of an Ed-Fi ODS, kept up to date by change queries.

A table's `identity` is the natural key: no tombstone tells of a record that was deleted and entered again
under its key, so the new one takes the place of the old.
What is held stays; what changed since is laid over it by id, and deleted records are taken away: each time
a complete snapshot, all tables at one change version. It must have as many records as the ODS says.
Put here: from what is held to what is current. Not here: single requests (`edfi_ods`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sources.api.client import ApiClient, StatusError, connect
from sources.api.edfi_ods import Ods, Versions, discover
from sources.api.fill import fill
from sources.api.place import spool_folder
from sources.api.records import RecordStore, record_store
from sources.api.rest import agency_options, open_bytes, request_of, table_address, year_values
from sources.api.spec import ApiSpec
from sources.api.spool import Spool, SpoolState, sweep
from sources.snapshot import Snapshot
from sources.transports.arrival import Arrival, Missing, Wanted
from warehouse.model.errors import SpmError

# How often changes that arrive while reading are caught up with before the rest is left for the next time.
ROUNDS = 4


@dataclass
class _Table:
    """A table under way."""

    name: str
    resource: str
    address: str
    params: dict[str, str]
    question: str
    store: RecordStore
    held: Snapshot | None
    version: int | None = None
    differing: int = 0
    detail: dict[str, str] = field(default_factory=dict)


class _Incomplete(SpmError):
    """What is held cannot be brought up to date by changes alone."""


def edfi_arrivals(api: ApiSpec, wanted: Wanted) -> Iterator[Arrival]:
    """Bring every table up to date, or say that what is held is current.

    Raises:
        SpmError: The ODS cannot be reached, or its records do not add up.
    """
    options = agency_options(api, wanted)
    sweep(spool_folder(wanted), api.spool_hours)
    with ExitStack() as stack:
        client = stack.enter_context(connect(api, wanted))
        ods = discover(client, {k.removeprefix("option:"): v for k, v in options.items()})
        tables = [_prepare(client, name, options, stack) for name in wanted.source.spec.tables]
        versions = ods.versions(try_snapshot=not any(_was_without_snapshot(t) for t in tables))
        if versions is not None and all(_is_current(table, versions) for table in tables):
            yield from (Arrival(table.name, table.address, None, held=table.held) for table in tables)
            return
        _bring_up_to_date(ods, tables, versions)
        for table in tables:
            yield _arrival(wanted, ods, table)
            _spool(client, table).discard()


def _prepare(client: ApiClient, name: str, options: dict[str, str], stack: ExitStack) -> _Table:
    wanted = client.wanted
    request = request_of(wanted, name)
    values = {**options, **year_values(wanted.school_year)}
    resource = fill(request.path, values).strip("/")
    params = {key: fill(text, values) for key, text in request.params.items()}
    digest = hashlib.sha256(json.dumps([resource, params], sort_keys=True).encode()).hexdigest()
    address = table_address(client, name, f"/{resource}")
    store = stack.enter_context(record_store(wanted.folder / f"{name}.db", ("id",), request.identity))
    held = wanted.held(name, address)
    usable = held if held is not None and held.detail.get("question") == digest else None
    return _Table(name, resource, address, params, digest, store, usable)


def _held_version(table: _Table) -> int | None:
    text = table.held.detail.get("change_version", "") if table.held is not None else ""
    return int(text) if text.isdigit() else None


def _was_without_snapshot(table: _Table) -> bool:
    return table.held is not None and table.held.detail.get("isolated_snapshot") == "not offered"


def _is_current(table: _Table, versions: Versions) -> bool:
    return _held_version(table) == versions.newest


def _bring_up_to_date(ods: Ods, tables: list[_Table], versions: Versions | None) -> None:
    for table in tables:
        held = _held_version(table)
        reaches = (
            versions is not None and held is not None and versions.oldest <= held + 1 <= versions.newest + 1
        )
        if reaches and table.held is not None:
            table.store.load(table.held.path)
            table.version = held
            table.detail["method"] = "changes"
        else:
            _read_whole(ods, table, versions)
    newest = _catch_up(ods, tables, versions)
    for table in tables:
        problem = _problem(ods, table, newest)
        if problem is None:
            continue
        table.store.remove_all()
        _spool(ods.client, table).discard()
        _read_whole(ods, table, versions if newest is None else Versions(newest.oldest, newest.newest))
        newest = _catch_up(ods, tables, newest)
        table.detail["fetched_twice"] = "yes"
        if (again := _problem(ods, table, newest)) is not None:
            raise again


def _catch_up(ods: Ods, tables: list[_Table], versions: Versions | None) -> Versions | None:
    """Lay changes over the tables until there are no new ones; gives the newest versions seen."""
    newest = versions
    for _ in range(ROUNDS):
        if newest is None:
            return None
        for table in tables:
            if table.version is not None and table.version < newest.newest:
                try:
                    _apply(ods, table, table.version + 1, newest.newest)
                except _Incomplete:
                    table.store.remove_all()
                    _read_whole(ods, table, newest)
                table.version = newest.newest
        after = ods.versions()
        if after is None or after.newest == newest.newest:
            return newest
        newest = after
    return newest


def _apply(ods: Ods, table: _Table, low: int, high: int) -> None:
    """Lay the changes of a window over the table."""
    moved = ods.tombstones(table.resource, "keyChanges", low, high)
    _count(table, "keys_changed", len(moved))
    gone = ods.tombstones(table.resource, "deletes", low, high)
    changed = 0
    for records in ods.window(table.resource, table.params, low, high):
        moved.difference_update(record.get("id") for record in records)
        changed += table.store.replace(records)
    removed = table.store.remove((identifier,) for identifier in gone)
    # A record with a new key that the window does not bring has changed again since, or left the question.
    if any(table.store.has((identifier,)) for identifier in moved - gone):
        raise _Incomplete("A record got another key and changed again", remedy="Read it whole")
    _count(table, "records_changed", changed)
    _count(table, "records_deleted", removed)


def _count(table: _Table, name: str, number: int) -> None:
    table.detail[name] = str(int(table.detail.get(name, "0")) + number)


def _read_whole(ods: Ods, table: _Table, versions: Versions | None) -> None:
    """Read all records, going on from the pages of a fetch that was cut."""
    spool = _spool(ods.client, table)
    kept = spool.state()
    state: SpoolState | None = None
    if kept is not None and kept.position is not None:
        try:
            state = _read_on(ods, table, spool, kept)
            table.detail["resumed_at_page"] = str(kept.pages + 1)
        except (Missing, StatusError):
            state = None
    elif kept is not None:
        state = kept
    if state is None:
        state = _read_on(ods, table, spool, _begin(ods, table, spool, versions))
    repeated = table.differing = 0
    for batch in spool.batches(state):
        added = table.store.add(batch)
        repeated, table.differing = repeated + added.alike, table.differing + added.differing
    began = json.loads(state.first_page)
    table.version = began["version"]
    table.detail.update(
        method=began["method"], pages=str(state.pages), repeated_records_dropped=str(repeated)
    )


def _begin(ods: Ods, table: _Table, spool: Spool, versions: Versions | None) -> SpoolState:
    spool.begin()
    total = ods.total(table.resource, table.params)
    where = ods.first_step(table.resource, table.params, total)
    began = {"version": versions.newest if versions else None, "method": where["method"]}
    return spool.start(where, total, json.dumps(began))


def _read_on(ods: Ods, table: _Table, spool: Spool, state: SpoolState) -> SpoolState:
    where: dict[str, Any] | None = state.position
    while where is not None:
        records, where = ods.step(table.resource, table.params, where)
        state = spool.keep(records, state, state.total, where)
    return state


def _problem(ods: Ods, table: _Table, newest: Versions | None) -> SpmError | None:
    """Whether the table has as many records as the ODS says, give or take the changes since."""
    have, promised = table.store.count(), ods.total(table.resource, table.params)
    after = ods.versions() if newest is not None and have != promised else newest
    since = after.newest - table.version if after is not None and table.version is not None else 0
    table.detail["promised_records"] = str(promised)
    where = ods.client.shown(ods.data + table.resource)
    if abs(have - promised) > since:
        return SpmError(
            f"{ods.client.title}: {have} records came where {promised} are promised",
            file=where,
            remedy="Refresh again; if it stays so, ask who runs the ODS",
        )
    if table.differing and newest is None:
        return SpmError(
            f"{ods.client.title}: {table.differing} records came twice and differ",
            file=where,
            remedy="Refresh again when nobody writes there, or have change queries switched on",
        )
    return None


def _arrival(wanted: Wanted, ods: Ods, table: _Table) -> Arrival:
    file = wanted.folder / f"{table.name}.jsonl"
    table.detail["records"] = str(table.store.write(file))
    table.detail["question"] = table.question
    if table.version is not None:
        table.detail["change_version"] = str(table.version)
        table.detail["isolated_snapshot"] = "used" if ods.snapshot else "not offered"
    return Arrival(table.name, table.address, partial(open_bytes, file), detail=table.detail)


def _spool(client: ApiClient, table: _Table) -> Spool:
    wanted = client.wanted
    asked = [table.name, wanted.school_year, wanted.release.data_status, client.base, table.question]
    return Spool(spool_folder(wanted), asked, client.api.spool_hours)
