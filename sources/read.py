"""Read a source's snapshots of a school year into typed tables, and account for every row.

Put here: several files to one table, and the account of their rows.
Not here: one file (`rows`, `readers`), corrections, duplicate keys (`duplicates`), bounds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pyarrow as pa

from sources.acquire import FetchResult
from sources.archives import unpacked
from sources.bounds import BoundExceeded, require_bounds, require_rows
from sources.claim import claim
from sources.coded import decoded, decoded_blocks, stacked
from sources.columns import ColumnLine
from sources.corrections import Corrected, Corrector
from sources.descriptors import with_descriptors
from sources.duplicates import without_duplicates
from sources.open_codes import unlisted_codes
from sources.own_headers import with_own_headers
from sources.readers.choice import chosen_reader
from sources.readers.limits import require_file
from sources.readers.remarks import reader_warnings
from sources.readers.request import LINE, ReadRequest
from sources.registry import Source
from sources.reshape import reshape
from sources.rows import (
    QUARANTINE,
    REPEATED,
    no_rows,
    quarantine_table,
    type_rows,
    with_absent,
    with_lineage,
)
from sources.snapshot import Snapshot
from sources.spec import TableSpec
from sources.sums import sum_warnings
from warehouse.model.agency import ReleaseSettings
from warehouse.model.errors import SpmError

__all__ = ["BoundExceeded", "ReadResult", "read"]


@dataclass(frozen=True)
class ReadResult:
    """A table of a source for a year.

    Attributes:
        rows: Typed rows with lineage, their columns kept as codes.
        quarantine: Rows set aside, with file, line, column and reason.
        rows_in: Rows of the files at the long grain; always rows_out + rows_quarantined.
        warnings: What is unusual and refuses nothing, a sentence each.
        corrected: How many cells corrections.yml changed.
        corrections: Those cells, by place.
    """

    rows: pa.Table
    quarantine: pa.Table
    rows_in: int
    warnings: tuple[str, ...] = ()
    corrections: tuple[Corrected, ...] = ()

    @property
    def table(self) -> pa.Table:
        """The rows as plain columns, all at once; who writes them takes `blocks`."""
        return decoded(self.rows, keep=REPEATED)

    def blocks(self) -> Iterator[pa.Table]:
        """The rows as plain columns, so many at once as a row group has."""
        return decoded_blocks(self.rows, keep=REPEATED)

    @property
    def rows_out(self) -> int:
        """Rows read."""
        return int(self.rows.num_rows)

    @property
    def corrected(self) -> int:
        """Cells corrected."""
        return len(self.corrections)

    @property
    def rows_quarantined(self) -> int:
        """Rows set aside."""
        return int(self.quarantine.num_rows)


def read(source: Source, fetch: FetchResult, release: ReleaseSettings) -> dict[str, ReadResult]:
    """Read every table of a source from the snapshots of one release and year.

    Raises:
        SpmError: A file is not of its format, has other headers, or more rows than the bounds allow cannot be
            read; nothing of the year is accepted then.
    """
    if fetch.snapshots:
        source = with_own_headers(source, release, fetch.snapshots[0].school_year)
        source = with_descriptors(source, release)
    return {name: _read_table(source, name, fetch.snapshots, release) for name in source.spec.tables}


@dataclass
class _Gathered:
    """What the files of one table gave."""

    tables: list[pa.Table] = field(default_factory=list)
    set_aside: list[pa.Table] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    rows_in: int = 0
    physical: int = 0


def _read_table(
    source: Source, name: str, snapshots: tuple[Snapshot, ...], release: ReleaseSettings
) -> ReadResult:
    spec = source.spec.tables[name]
    label = source.columns.release_for(release.release, snapshots[0].school_year) if snapshots else ""
    year = snapshots[0].school_year if snapshots else 0
    corrector = source.corrections.corrector(name, year, label, release.data_status)
    found = _Gathered()
    for snapshot in (s for s in snapshots if s.table in ("", name)):
        _take_file(found, source, name, snapshot, release, corrector)
    if not found.tables and spec.optional:
        empty = pa.Table.from_pylist([], schema=QUARANTINE)
        return ReadResult(no_rows(source.columns.of(name), spec), empty, 0)
    if not found.tables:
        raise SpmError(
            f"No file for table {name!r} of {source.id}", remedy="Name its files in the agency's sources.yml"
        )
    table = stacked(found.tables)
    found.tables.clear()
    table, duplicates = without_duplicates(source, name, table)
    quarantine = pa.concat_tables([*found.set_aside, duplicates])
    found.warnings += require_rows(source, name, release, found.physical)
    found.warnings += sum_warnings(table, spec, is_restricted=source.spec.is_restricted)
    found.warnings += require_bounds(source, name, quarantine, found.rows_in)
    result = ReadResult(table, quarantine, found.rows_in, tuple(found.warnings), corrector.finish())
    if result.rows_in != result.rows_out + result.rows_quarantined:
        raise AssertionError(f"{source.id}.{name} loses rows")  # never: it would be our own mistake
    return result


def _take_file(
    found: _Gathered,
    source: Source,
    name: str,
    snapshot: Snapshot,
    release: ReleaseSettings,
    corrector: Corrector,
) -> None:
    """Read one file of a table, correct and type its cells, and account for its rows."""
    spec = source.spec.tables[name]
    request, cells = _read_file(source, name, spec, snapshot, release)
    found.physical += cells.num_rows
    cells = reshape(request, cells)
    lines = claim(
        [c for c in cells.column_names if c != LINE],
        source.columns,
        name,
        request.release,
        file=snapshot.address,
        header_row=spec.header_row,
        is_restricted=request.is_restricted,
    )
    found.warnings += _warnings(request, cells, lines)
    cells = corrector.apply(request, cells, lines)
    typed = type_rows(request, cells, lines)
    typed = with_absent(typed, source.columns.of(name), has_markers=bool(spec.markers))
    found.rows_in += typed.rows_in
    found.tables.append(with_lineage(typed, snapshot, release.data_status))
    found.set_aside.append(quarantine_table(typed.refusals, snapshot, name))


def _read_file(
    source: Source, name: str, spec: TableSpec, snapshot: Snapshot, release: ReleaseSettings
) -> tuple[ReadRequest, pa.Table]:
    label = source.columns.release_for(release.release, snapshot.school_year)
    headers = tuple(h for h in (line.header(label) for line in source.columns.of(name)) if h is not None)
    request = ReadRequest(
        path=snapshot.path,
        address=snapshot.address,
        table_name=name,
        table=spec,
        headers=headers,
        release=label,
        school_year=snapshot.school_year,
        is_restricted=source.spec.is_restricted,
        folder=source.folder,
    )
    reader = chosen_reader(source, spec)
    require_file(request, spec.reader or source.spec.reader)
    with unpacked(request) as member:
        return request, reader(member)


def _warnings(request: ReadRequest, cells: pa.Table, lines: tuple[ColumnLine, ...]) -> list[str]:
    """What is unusual in a file; nothing is told of files about single students."""
    if request.is_restricted:
        return []
    said = [*reader_warnings(cells), *unlisted_codes(cells, lines, request.release)]
    return [f"{request.address}: {text}" for text in said]
