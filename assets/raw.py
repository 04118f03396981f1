"""Raw: acquire a source's files for a school year and read them into the lake.

Put here: fetch, read, keep, and the account of rows, for every edition of the year. Not here: how a format is
read (`sources`), the history of fetches (`fetches`).

The edition that counts stands under the table's own name (`<table>`), the others beside it
(`<table>@preliminary`), so that what a publisher revised can be compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from assets.editions import Edition, come, fetch_edition, outcome_of, unset_variable
from assets.home import Home
from assets.lake import Node
from assets.version import data_version
from sources.acquire import FetchResult, remember
from sources.read import BoundExceeded, ReadResult, read
from sources.registry import Source
from sources.snapshot import SnapshotStore
from warehouse.model.errors import SpmError

ACCOUNT = "account"
WARNINGS = "warnings"
CORRECTIONS = "corrections"


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
    """Acquire and read one source for one school year; None when there is nothing of it for the year.

    Raises:
        SpmError: It could not be fetched or was refused; the last accepted version stays and the failure
            is recorded.
    """
    source, node = home.sources[source_id], raw_node(source_id)
    releases = home.settings_of(source_id).editions(school_year)
    if not releases:
        return None
    variable = unset_variable(home, releases)
    if variable is not None:
        return _as_it_stands(home, node, school_year, variable)
    store = SnapshotStore(home.root / "snapshots")
    try:
        editions = [fetch_edition(home, source, release, school_year, store) for release in releases]
        home.lake.write_json(node, school_year, "fetch", outcome_of(source_id, school_year, editions))
        there = come(editions)
        if not there:
            _require_never_read(home, node, school_year, editions[0].fetch)
            return None
        result = _read_and_accept(home, source, school_year, there)
        _forget_refused(home, source, school_year)
        for edition in there:
            remember(source, edition.release, school_year, edition.fetch.snapshots, store=store)
        return result
    except SpmError as problem:
        if isinstance(problem, BoundExceeded):
            _keep_refused(home, source, school_year, problem)
        home.lake.fail(node, school_year, reason=str(problem))
        raise


def left_as_it_stands(home: Home, source_id: str, school_year: int) -> str | None:
    """The variable for want of which a refresh leaves a source's year alone here, if there is one."""
    return unset_variable(home, home.settings_of(source_id).editions(school_year))


def quarantine_part(table: str) -> str:
    """The lake's name for the rows of a table that were set aside."""
    return f"quarantine_{table}"


def refused_file(home: Home, source_id: str, school_year: int, table: str) -> Path:
    """Where the rows stand that had a table refused the last time; absent when it was not."""
    return home.lake.file(raw_node(source_id), school_year, "last", f"refused_{table}")


def edition_part(table: str, data_status: str) -> str:
    """The lake's name for a table's edition that does not count."""
    return f"{table}@{data_status}"


def _as_it_stands(home: Home, node: Node, school_year: int, variable: str) -> RawResult | None:
    """What was accepted before, untouched; None when nothing ever was."""
    state = home.lake.state(node, school_year)
    detail = f"Left as it stands: {variable} is not set here"
    if state is None or state.accepted is None:
        fetch = FetchResult("not_yet_released", (), detail)
        release = home.settings_of(node.table).editions(school_year)[0]
        outcome = outcome_of(node.table, school_year, [Edition(release, fetch)])
        home.lake.write_json(node, school_year, "fetch", outcome)
        return None
    quarantined = _quarantined(home, node, school_year)
    return RawResult(state.accepted, state.accepted_rows, quarantined, detail, reused=True)


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


def _read_and_accept(home: Home, source: Source, school_year: int, editions: Sequence[Edition]) -> RawResult:
    node, counting = raw_node(source.id), editions[0]
    version = _version(source, editions)
    outcome = "new" if any(e.fetch.outcome == "new" for e in editions) else "unchanged"
    state = home.lake.state(node, school_year)
    if state is not None and state.accepted == version and _is_whole(home, source, school_year, version):
        home.lake.accept(node, school_year, version, state.accepted_rows)
        quarantined = _quarantined(home, node, school_year)
        return RawResult(version, state.accepted_rows, quarantined, outcome, reused=True)
    read_editions = [(edition, read(source, edition.fetch, edition.release)) for edition in editions]
    results = read_editions[0][1]
    _keep(home, source, school_year, version, results)
    for edition, others in read_editions[1:]:
        _keep_beside(home, source, school_year, version, edition.release.data_status, others)
    home.lake.write_json(node, school_year, ACCOUNT, _account(counting.fetch, results))
    warnings = [f"{table}: {text}" for table, result in results.items() for text in result.warnings]
    home.lake.write_json(node, school_year, WARNINGS, warnings)
    home.lake.write_json(node, school_year, CORRECTIONS, _corrections(source, school_year, results))
    rows = sum(r.rows_out for r in results.values())
    home.lake.accept(node, school_year, version, rows)
    return RawResult(version, rows, sum(r.rows_quarantined for r in results.values()), outcome, False)


def _keep_refused(home: Home, source: Source, school_year: int, problem: BoundExceeded) -> None:
    """Keep the rows for which a table was refused, until the year is accepted again."""
    if problem.quarantine is not None:
        file = refused_file(home, source.id, school_year, problem.table)
        with home.lake.writing(file, restricted=source.spec.is_restricted) as temporary:
            pq.write_table(problem.quarantine, temporary, compression="zstd")


def _forget_refused(home: Home, source: Source, school_year: int) -> None:
    for table in source.spec.tables:
        refused_file(home, source.id, school_year, table).unlink(missing_ok=True)


def _version(source: Source, editions: Sequence[Edition]) -> str:
    """A hash of what the rows rest on: how they are read, and the files of every edition."""
    kept = [
        {
            "release": edition.release,
            "snapshots": sorted((s.table, s.address, s.sha256) for s in edition.fetch.snapshots),
        }
        for edition in editions
    ]
    return data_version({"source": source.version, "editions": kept})


def _quarantined(home: Home, node: Node, school_year: int) -> int:
    account = home.lake.read_json(node, school_year, ACCOUNT) or []
    return sum(entry["rows_quarantined"] for entry in account)


def _is_whole(home: Home, source: Source, school_year: int, version: str) -> bool:
    """Whether the lake still has every file of a version; it can lose one, and no file is not no rows."""
    parts = (part for table in source.spec.tables for part in (table, quarantine_part(table)))
    return all(home.lake.file(raw_node(source.id), school_year, version, part).is_file() for part in parts)


def _keep(home: Home, source: Source, school_year: int, version: str, results: dict[str, ReadResult]) -> None:
    for table, result in results.items():
        _write(home, source, school_year, version, table, result.blocks())
        _write(home, source, school_year, version, quarantine_part(table), [result.quarantine])


def _keep_beside(
    home: Home,
    source: Source,
    school_year: int,
    version: str,
    data_status: str,
    results: dict[str, ReadResult],
) -> None:
    for table, result in results.items():
        _write(home, source, school_year, version, edition_part(table, data_status), result.blocks())


def _write(
    home: Home, source: Source, school_year: int, version: str, part: str, blocks: Iterable[pa.Table]
) -> None:
    """Write a table of which one row group after the other is in memory."""
    file = home.lake.file(raw_node(source.id), school_year, version, part)
    with home.lake.writing(file, restricted=source.spec.is_restricted) as temporary, ExitStack() as opened:
        writer: pq.ParquetWriter | None = None
        for block in blocks:
            if writer is None:
                writer = opened.enter_context(pq.ParquetWriter(temporary, block.schema, compression="zstd"))
            writer.write_table(block)


def _account(fetch: FetchResult, results: dict[str, ReadResult]) -> list[dict[str, Any]]:
    """One entry per snapshot and table: where it came from and what became of its rows."""
    entries: list[dict[str, Any]] = []
    for table, result in results.items():
        read, set_aside = _rows_by_snapshot(result.rows), _rows_by_snapshot(result.quarantine)
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


def _corrections(source: Source, school_year: int, results: dict[str, ReadResult]) -> list[dict[str, Any]]:
    """The cells that corrections.yml changed: where each stands and why, never what it holds."""
    return [
        {
            "source_id": source.id,
            "table_name": table,
            "school_year": school_year,
            "column_name": cell.column,
            "reason": cell.why,
            "file": cell.file,
            "line": cell.line,
            "correction": cell.correction,
        }
        for table, result in results.items()
        for cell in result.corrections
    ]


def _rows_by_snapshot(table: pa.Table) -> dict[str, int]:
    counts = table["snapshot_sha256"].value_counts()
    return {entry["values"]: entry["counts"] for entry in counts.to_pylist()}
