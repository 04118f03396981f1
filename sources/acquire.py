"""Acquire a source for a school year: ask, keep, receipt. Gives an outcome, never just an exception.

Put here: what became of a fetch. Not here: how bytes come (`transports`), what they mean (`read`), where they
are kept (`snapshot`).
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Literal

from sources.database_name import shown_database
from sources.registry import Source
from sources.snapshot import Snapshot, SnapshotStore
from sources.transports import database, files
from sources.transports.arrival import Arrival, Missing, Wanted
from sources.transports.library_logs import keep_libraries_quiet
from warehouse.model.agency import ReleaseSettings
from warehouse.model.errors import SpmError

Outcome = Literal["new", "unchanged", "not_yet_released", "withdrawn", "failed"]


@dataclass(frozen=True)
class FetchResult:
    """How a fetch ended.

    `error` is set for `failed` and `withdrawn`; `missing` names the file that is not yet released.
    """

    outcome: Outcome
    snapshots: tuple[Snapshot, ...]
    detail: str
    error: SpmError | None = None
    missing: str | None = None


def acquire(
    source: Source,
    release: ReleaseSettings,
    school_year: int,
    *,
    store: SnapshotStore,
    data_root: Path,
    today: date,
    environment: Mapping[str, str] | None = None,
) -> FetchResult:
    """Fetch what a release declares for a school year into the snapshot store.

    A missing file is `withdrawn` when there was one before, `not_yet_released` before its usual day, and
    `failed` afterwards. `remember` says what "before" is for one file of a pattern among others.
    """
    keep_libraries_quiet()
    known = os.environ if environment is None else environment
    with store.incoming() as folder:
        wanted = Wanted(source, release, school_year, data_root, store, folder, known)
        try:
            kept = [_keep(wanted, arrival) for arrival in _once(_transport(release)(wanted))]
            if gone := _gone(wanted, [snapshot for snapshot, _ in kept]):
                return _withdrawn(source, gone)
        except Missing as problem:
            return _missing(wanted, today, problem)
        except SpmError as problem:
            return FetchResult("failed", (), problem.what, problem)
        except OSError as problem:
            return _unreadable(source, problem)
    is_new = any(new for _, new in kept)
    snapshots = tuple(snapshot for snapshot, _ in kept)
    counted = f"{len(snapshots)} file" + ("" if len(snapshots) == 1 else "s")
    return FetchResult("new" if is_new else "unchanged", snapshots, counted)


def remember(
    source: Source,
    release: ReleaseSettings,
    school_year: int,
    snapshots: Iterable[Snapshot],
    *,
    store: SnapshotStore,
) -> None:
    """Note that these files were read and accepted for a school year: none of them may go missing unsaid.

    Called once the files are accepted and not when they are fetched, so that a stray file that was refused
    may be taken away again.
    """
    setting, restricted = _setting(source, release), source.spec.is_restricted
    store.accept(source.id, school_year, release.data_status, snapshots, setting, restricted=restricted)


def _transport(release: ReleaseSettings) -> Callable[[Wanted], Iterator[Arrival]]:
    if release.database is not None:
        return database.arrivals
    if release.api is not None:
        from sources.transports import api  # only who asks the web pays for its libraries

        return api.arrivals
    return files.arrivals


def _once(arrivals: Iterable[Arrival]) -> Iterator[Arrival]:
    """Each file once, though two patterns may match it."""
    seen: set[tuple[str, str]] = set()
    for arrival in arrivals:
        if (arrival.table, arrival.address) not in seen:
            seen.add((arrival.table, arrival.address))
            yield arrival


def _setting(source: Source, release: ReleaseSettings) -> str:
    """A hash of all that decides which files are looked for; another one is somebody's decision."""
    decided = {
        "files": release.files,
        "database": None if release.database is None else shown_database(release.database),
        "api": release.api,
        "tables": sorted(source.spec.tables),
        "ignored": sorted(source.spec.ignored_files),
    }
    return hashlib.sha256(json.dumps(decided, sort_keys=True).encode()).hexdigest()


def _gone(wanted: Wanted, found: list[Snapshot]) -> list[str]:
    """The addresses accepted before under the same setting that are not found now."""
    setting = _setting(wanted.source, wanted.release)
    before = wanted.store.accepted(wanted.source.id, wanted.school_year, wanted.release.data_status, setting)
    return sorted(before - {snapshot.address for snapshot in found})


def _withdrawn(source: Source, gone: list[str]) -> FetchResult:
    more = f", and {len(gone) - 1} more" if len(gone) > 1 else ""
    error = SpmError(
        f"{source.spec.title}: a file that was read before is gone{more}",
        file=gone[0],
        remedy="Put it back; if it is meant to be gone, name the files that remain in sources.yml",
    )
    return FetchResult("withdrawn", (), error.what, error)


def _keep(wanted: Wanted, arrival: Arrival) -> tuple[Snapshot, bool]:
    """The snapshot of an arrival, and whether it is new."""
    if arrival.open is None:
        if arrival.held is None:
            raise AssertionError("An arrival has bytes or names what is held")
        return arrival.held, False
    with arrival.open() as stream:
        return wanted.store.put_once(
            stream,
            source_id=wanted.source.id,
            school_year=wanted.school_year,
            table=arrival.table,
            address=arrival.address,
            version=wanted.source.version,
            restricted=wanted.source.spec.is_restricted,
            etag=arrival.etag,
            detail=arrival.detail,
        )


def _unreadable(source: Source, problem: OSError) -> FetchResult:
    error = SpmError(
        f"{source.spec.title}: a file cannot be read ({problem.strerror or type(problem).__name__})",
        file=Path(str(problem.filename or "?")).name,
        remedy="Look at its permissions and at the disk, then refresh again",
    )
    return FetchResult("failed", (), error.what, error)


def _missing(wanted: Wanted, today: date, problem: Missing) -> FetchResult:
    source, year, address = wanted.source, wanted.school_year, problem.file or ""
    due = date(year, 6, 30) + timedelta(days=source.spec.expected_lag_days)
    # A database's tables are kept as `<database>#<table>.parquet`.
    if any(wanted.store.has_any(source.id, year, a) for a in (address, f"{address}#*")):
        return FetchResult("withdrawn", (), "The file was there before and is gone", problem)
    if today <= due:
        return FetchResult("not_yet_released", (), f"Expected by {due.isoformat()}", missing=address)
    return FetchResult("failed", (), problem.what, problem)
