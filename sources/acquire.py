"""Acquire a source's files for a school year: find, copy, receipt. Gives an outcome, never just an exception.

Put here: where bytes come from. Not here: what they mean (`read`), where they are kept (`snapshot`).
"""

from __future__ import annotations

import glob
import hashlib
import json
import os
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Literal

import fsspec

from sources.query import Missing, query_to_parquet, shown_database
from sources.registry import Source
from sources.snapshot import Snapshot, SnapshotStore
from warehouse.model.agency import ReleaseSettings, SourceSettings
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


@dataclass(frozen=True)
class _Found:
    """A file to keep: the table it is for, its address as people know it, and where its filesystem has it."""

    table: str
    address: str
    filesystem: Any
    path: str


def acquire(
    source: Source,
    settings: SourceSettings,
    school_year: int,
    *,
    store: SnapshotStore,
    data_root: Path,
    today: date,
) -> FetchResult:
    """Fetch what the agency declares for a school year into the snapshot store.

    A missing file is `withdrawn` when there was one before, `not_yet_released` before its usual day, and
    `failed` afterwards. `remember` says what "before" is for one file of a pattern among others.
    """
    release = settings.for_year(school_year)
    if release is None:
        return FetchResult("not_yet_released", (), "No release is declared for the school year")
    with tempfile.TemporaryDirectory(prefix="spm-fetch-") as folder:
        try:
            found = list(dict.fromkeys(_find(source, release, data_root, Path(folder))))
            if gone := _gone(source, release, school_year, store, found):
                return _withdrawn(source, gone)
            kept = [_keep(source, school_year, store, item) for item in found]
        except Missing as problem:
            return _missing(source, school_year, store, today, problem)
        except SpmError as problem:
            return FetchResult("failed", (), problem.what, problem)
        except OSError as problem:
            return _unreadable(source, problem)
    is_new = any(new for _, new in kept)
    snapshots = tuple(snapshot for snapshot, _ in kept)
    return FetchResult("new" if is_new else "unchanged", snapshots, f"{len(snapshots)} files")


def remember(
    source: Source,
    settings: SourceSettings,
    school_year: int,
    snapshots: Iterable[Snapshot],
    *,
    store: SnapshotStore,
) -> None:
    """Note that these files were read and accepted for a school year: none of them may go missing unsaid.

    Called once the files are accepted and not when they are fetched, so that a stray file that was refused
    may be taken away again.
    """
    release = settings.for_year(school_year)
    if release is not None:
        addresses = (snapshot.address for snapshot in snapshots)
        setting = _setting(source, release)
        store.accept(source.id, school_year, addresses, setting, restricted=source.spec.is_restricted)


def _setting(source: Source, release: ReleaseSettings) -> str:
    """A hash of all that decides which files are looked for; another one is somebody's decision."""
    decided = {
        "files": release.files,
        "database": None if release.database is None else shown_database(release.database),
        "tables": sorted(source.spec.tables),
        "ignored": sorted(source.spec.ignored_files),
    }
    return hashlib.sha256(json.dumps(decided, sort_keys=True).encode()).hexdigest()


def _gone(
    source: Source, release: ReleaseSettings, school_year: int, store: SnapshotStore, found: list[_Found]
) -> list[str]:
    """The addresses accepted before under the same setting that are not found now."""
    before = store.accepted(source.id, school_year, _setting(source, release))
    return sorted(before - {item.address for item in found})


def _withdrawn(source: Source, gone: list[str]) -> FetchResult:
    more = f", and {len(gone) - 1} more" if len(gone) > 1 else ""
    error = SpmError(
        f"{source.spec.title}: a file that was read before is gone{more}",
        file=gone[0],
        remedy="Put it back; if it is meant to be gone, name the files that remain in sources.yml",
    )
    return FetchResult("withdrawn", (), error.what, error)


def _find(source: Source, release: ReleaseSettings, data_root: Path, temporary: Path) -> Iterator[_Found]:
    if release.database is not None:
        url = release.database.replace("{data}", str(data_root))
        for name, table in source.spec.tables.items():
            if table.query is None:
                raise SpmError(
                    f"Table {name!r} of {source.id} has no query",
                    file=f"sources/{source.id}/source.yml",
                    column=f"tables.{name}.query",
                    remedy="Add the query that reads it",
                )
            file = temporary / f"{name}.parquet"
            query_to_parquet(url, table.query, file, source_id=source.id)
            address = f"{shown_database(url)}#{name}.parquet"
            yield _Found(name, address, fsspec.filesystem("file"), str(file))
        return
    files = release.files if isinstance(release.files, dict) else {"": release.files}
    for table_name, patterns in files.items():
        for pattern in patterns:
            yield from _match(source, table_name, pattern, data_root)


def _match(source: Source, table: str, pattern: str, data_root: Path) -> Iterator[_Found]:
    filesystem = fsspec.filesystem("file")
    # Absolute, as fsspec answers; the root itself is a name, never a pattern.
    root = os.path.abspath(data_root)  # noqa: PTH100 - resolve() would follow links, and fsspec does not
    literal = os.path.join(root, pattern)  # noqa: PTH118 - a name may hold [ or *, so it is tried as it stands
    matches = [literal] if filesystem.isfile(literal) else filesystem.glob(f"{glob.escape(root)}/{pattern}")
    files = sorted(match for match in matches if filesystem.isfile(match))
    if not files:
        raise Missing(
            f"{source.spec.title}: no file",
            file=pattern,
            remedy=f"Put the file there below {Path(root).name}/, or correct the agency's sources.yml",
        )
    found = [_Found(table, os.path.relpath(file, root), filesystem, file) for file in files]
    kept = [item for item in found if not _is_ignored(source, item.address)]
    if not kept:
        raise SpmError(
            f"{source.spec.title}: every file of the pattern is one that the source leaves out",
            file=pattern,
            remedy=f"Name another file; ignored_files of sources/{source.id}/source.yml says why",
        )
    yield from kept


def _is_ignored(source: Source, address: str) -> bool:
    return any(fnmatchcase(address, pattern) for pattern in source.spec.ignored_files)


def _keep(source: Source, school_year: int, store: SnapshotStore, item: _Found) -> tuple[Snapshot, bool]:
    etag = item.filesystem.info(item.path).get("ETag")
    with item.filesystem.open(item.path, "rb") as stream:
        return store.put_once(
            stream,
            source_id=source.id,
            school_year=school_year,
            table=item.table,
            address=item.address,
            version=source.version,
            restricted=source.spec.is_restricted,
            etag=etag,
        )


def _unreadable(source: Source, problem: OSError) -> FetchResult:
    error = SpmError(
        f"{source.spec.title}: a file cannot be read ({problem.strerror or type(problem).__name__})",
        file=Path(str(problem.filename or "?")).name,
        remedy="Look at its permissions and at the disk, then refresh again",
    )
    return FetchResult("failed", (), error.what, error)


def _missing(
    source: Source, school_year: int, store: SnapshotStore, today: date, problem: Missing
) -> FetchResult:
    due = date(school_year, 6, 30) + timedelta(days=source.spec.expected_lag_days)
    address = problem.file or ""
    # A database's tables are kept as `<database>#<table>.parquet`.
    if any(store.has_any(source.id, school_year, a) for a in (address, f"{address}#*")):
        return FetchResult("withdrawn", (), "The file was there before and is gone", problem)
    if today <= due:
        return FetchResult("not_yet_released", (), f"Expected by {due.isoformat()}", missing=address)
    return FetchResult("failed", (), problem.what, problem)
