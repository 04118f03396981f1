"""Raw: acquire a source's files for a school year and read them into the lake.

Put here: fetch, read, keep, and the account of rows. Not here: how a format is read (`sources`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from assets.home import Home
from assets.lake import Node
from assets.version import data_version
from sources.acquire import FetchResult, acquire, remember
from sources.read import ReadResult, read
from sources.registry import Source
from sources.snapshot import SnapshotStore
from warehouse.model.agency import ReleaseSettings
from warehouse.model.errors import SpmError

ACCOUNT = "account"


@dataclass(frozen=True)
class RawResult:
    """What reading a source for a year gave."""

    version: str
    rows: int
    quarantined: int
    outcome: str
    reused: bool


def raw_node(source_id: str) -> Node:
    """The node of a source."""
    return Node("raw", source_id)


def refresh_raw(home: Home, source_id: str, school_year: int) -> RawResult | None:
    """Acquire and read one source for one school year; None when the agency declares nothing for it.

    Raises:
        SpmError: It could not be fetched or was refused; the last accepted version stays and the failure
            is recorded.
    """
    source = home.sources[source_id]
    settings = home.settings_of(source_id)
    release = settings.for_year(school_year)
    if release is None:
        return None
    node = raw_node(source_id)
    store = SnapshotStore(home.root / "snapshots")
    try:
        fetch = acquire(
            source,
            settings,
            school_year,
            store=store,
            data_root=home.require_data_root(),
            today=home.today,
        )
        _record_fetch(home, node, school_year, fetch)
        if fetch.error is not None:
            raise fetch.error
        if fetch.outcome == "not_yet_released":
            _require_never_read(home, node, school_year, fetch)
            return None
        result = _read_and_accept(home, source, school_year, fetch, release)
        remember(source, settings, school_year, fetch.snapshots, store=store)
        return result
    except SpmError as problem:
        home.lake.fail(node, school_year, reason=str(problem))
        raise


def _require_never_read(home: Home, node: Node, school_year: int, fetch: FetchResult) -> None:
    """A year that was read cannot be one whose file has not come: its path was changed, or a file was added.

    Raises:
        SpmError: The year has an accepted version, which would otherwise pass for what is declared now.
    """
    state = home.lake.state(node, school_year)
    if state is not None and state.accepted is not None:
        raise SpmError(
            f"{home.sources[node.table].spec.title}: no file, though the year was read before",
            file=fetch.missing,
            remedy="Put the file there, or correct the agency's sources.yml",
        )


def _read_and_accept(
    home: Home, source: Source, school_year: int, fetch: FetchResult, release: ReleaseSettings
) -> RawResult:
    node = raw_node(source.id)
    version = data_version(
        {
            "source": source.version,
            "release": release,
            "snapshots": sorted((s.table, s.address, s.sha256) for s in fetch.snapshots),
        }
    )
    state = home.lake.state(node, school_year)
    if state is not None and state.accepted == version and _is_whole(home, source, school_year, version):
        home.lake.accept(node, school_year, version, state.accepted_rows)
        account = home.lake.read_json(node, school_year, ACCOUNT) or []
        quarantined = sum(entry["rows_quarantined"] for entry in account)
        return RawResult(version, state.accepted_rows, quarantined, fetch.outcome, reused=True)
    results = read(source, fetch, home.settings_of(source.id), school_year)
    _keep(home, source, school_year, version, results)
    home.lake.write_json(node, school_year, ACCOUNT, _account(fetch, results))
    rows = sum(r.rows_out for r in results.values())
    home.lake.accept(node, school_year, version, rows)
    return RawResult(version, rows, sum(r.rows_quarantined for r in results.values()), fetch.outcome, False)


def _is_whole(home: Home, source: Source, school_year: int, version: str) -> bool:
    """Whether the lake still has every file of a version; it can lose one, and no file is not no rows."""
    parts = (part for table in source.spec.tables for part in (table, _quarantine(table)))
    return all(home.lake.file(raw_node(source.id), school_year, version, part).is_file() for part in parts)


def _quarantine(table: str) -> str:
    return f"quarantine_{table}"


def _keep(home: Home, source: Source, school_year: int, version: str, results: dict[str, ReadResult]) -> None:
    restricted = source.spec.privacy == "restricted"
    for table, result in results.items():
        for part, content in ((table, result.table), (_quarantine(table), result.quarantine)):
            file = home.lake.file(raw_node(source.id), school_year, version, part)
            with home.lake.writing(file, restricted=restricted) as temporary:
                pq.write_table(content, temporary, compression="zstd")


def _account(fetch: FetchResult, results: dict[str, ReadResult]) -> list[dict[str, Any]]:
    """One entry per snapshot and table: where it came from and what became of its rows."""
    entries: list[dict[str, Any]] = []
    for table, result in results.items():
        read, set_aside = _rows_by_snapshot(result.table), _rows_by_snapshot(result.quarantine)
        for snapshot in (s for s in fetch.snapshots if s.table in ("", table)):
            out, quarantined = read.get(snapshot.sha256, 0), set_aside.get(snapshot.sha256, 0)
            entries.append(
                {
                    "source_id": snapshot.source_id,
                    "table_name": table,
                    "school_year": snapshot.school_year,
                    "snapshot_sha256": snapshot.sha256,
                    "address": snapshot.address,
                    "fetched_at": str(snapshot.fetched_at),
                    "size_bytes": snapshot.bytes,
                    "rows_in": out + quarantined,
                    "rows_out": out,
                    "rows_quarantined": quarantined,
                }
            )
    return entries


def _rows_by_snapshot(table: pa.Table) -> dict[str, int]:
    counts = table["snapshot_sha256"].cast(pa.string()).value_counts()
    return {entry["values"]: entry["counts"] for entry in counts.to_pylist()}


def _record_fetch(home: Home, node: Node, school_year: int, fetch: FetchResult) -> None:
    home.lake.write_json(
        node,
        school_year,
        "fetch",
        {
            "source_id": node.table,
            "school_year": school_year,
            "outcome": fetch.outcome,
            "detail": fetch.detail,
            "error": None if fetch.error is None else str(fetch.error),
        },
    )
