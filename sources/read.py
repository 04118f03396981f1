"""Read a source's snapshots of a school year into typed tables, and account for every row.

Put here: several files to one table, duplicate keys, bounds, the account.
Not here: one file (`rows`, `readers`).
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sources.acquire import FetchResult
from sources.archives import unpacked
from sources.claim import claim
from sources.columns import ColumnLine
from sources.query import shown_database
from sources.open_codes import unlisted_codes
from sources.readers.choice import chosen_reader
from sources.readers.remarks import reader_warnings
from sources.readers.request import LINE, ReadRequest
from sources.registry import Source
from sources.reshape import reshape
from sources.rows import (
    QUARANTINE,
    Refusal,
    no_rows,
    quarantine_table,
    type_rows,
    with_absent,
    with_lineage,
)
from sources.snapshot import Snapshot
from sources.spec import TableSpec
from warehouse.model.agency import ReleaseSettings
from warehouse.model.errors import SpmError


class BoundExceeded(SpmError):
    """More rows cannot be read than the source's bounds allow, or too few came.

    Attributes:
        table: The table whose rows they are.
        quarantine: The rows that cannot be read, so that whoever mends the file sees all of them.
    """

    table: str = ""
    quarantine: pa.Table | None = None


@dataclass(frozen=True)
class ReadResult:
    """A table of a source for a year.

    Attributes:
        table: Typed rows with lineage.
        quarantine: Rows set aside, with file, line, column and reason.
        rows_in: Rows of the files at the long grain; always rows_out + rows_quarantined.
        warnings: What is unusual and refuses nothing, a sentence each.
        corrected: Cells that corrections.yml changed.
    """

    table: pa.Table
    quarantine: pa.Table
    rows_in: int
    warnings: tuple[str, ...] = ()
    corrected: int = 0

    @property
    def rows_out(self) -> int:
        """Rows read."""
        return int(self.table.num_rows)

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
    return {name: _read_table(source, name, fetch.snapshots, release) for name in source.spec.tables}


def _read_table(
    source: Source, name: str, snapshots: tuple[Snapshot, ...], release: ReleaseSettings
) -> ReadResult:
    spec = source.spec.tables[name]
    tables: list[pa.Table] = []
    set_aside: list[pa.Table] = []
    warnings: list[str] = []
    rows_in = physical = 0
    for snapshot in (s for s in snapshots if s.table in ("", name)):
        request, cells = _read_file(source, name, spec, snapshot, release)
        physical += cells.num_rows
        cells = reshape(request, cells)
        headers = [c for c in cells.column_names if c != LINE]
        lines = claim(
            headers,
            source.columns,
            name,
            request.release,
            file=snapshot.address,
            header_row=spec.header_row,
            is_restricted=request.is_restricted,
        )
        warnings += _warnings(request, cells, lines)
        typed = type_rows(request, cells, lines)
        typed = with_absent(typed, source.columns.of(name), has_markers=bool(spec.markers))
        rows_in += typed.rows_in
        tables.append(with_lineage(typed, snapshot, release.data_status))
        set_aside.append(quarantine_table(typed.refusals, snapshot, name))
    if not tables and spec.optional:
        empty = pa.Table.from_pylist([], schema=QUARANTINE)
        return ReadResult(no_rows(source.columns.of(name), spec), empty, 0)
    if not tables:
        raise SpmError(
            f"No file for table {name!r} of {source.id}", remedy="Name its files in the agency's sources.yml"
        )
    table = pa.concat_tables(tables, promote_options="default")
    table, duplicates = _without_duplicates(source, name, spec, table)
    quarantine = pa.concat_tables([*set_aside, duplicates])
    result = ReadResult(table, quarantine, rows_in, tuple(warnings))
    if result.rows_in != result.rows_out + result.rows_quarantined:
        raise AssertionError(f"{source.id}.{name} loses rows")  # never: it would be our own mistake
    _require_rows(source, name, spec, release, physical)
    _require_bounds(source, name, result)
    return result


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
    with unpacked(request) as member:
        return request, reader(member)


def _warnings(request: ReadRequest, cells: pa.Table, lines: tuple[ColumnLine, ...]) -> list[str]:
    """What is unusual in a file; nothing is told of files about single students."""
    if request.is_restricted:
        return []
    said = [*reader_warnings(cells), *unlisted_codes(cells, lines, request.release)]
    return [f"{request.address}: {text}" for text in said]


def _without_duplicates(
    source: Source, name: str, spec: TableSpec, table: pa.Table
) -> tuple[pa.Table, pa.Table]:
    """Set aside every row whose key stands more than once: none of them can be believed."""
    empty = pa.Table.from_pylist([], schema=QUARANTINE)
    rows = _repeated_rows(table, spec.key)
    if not rows:
        return table, empty
    keep = np.ones(table.num_rows, dtype=bool)
    keep[rows] = False
    return table.filter(pa.array(keep)), _duplicates(source, name, spec, table, rows)


def _repeated_rows(table: pa.Table, key: tuple[str, ...]) -> list[int]:
    """The positions of rows whose key stands more than once."""
    keys = ", ".join(f'"{column}"' for column in key)
    # What does not fit into memory goes to a private folder that does not outlive the question: keys of
    # students may be among it, and DuckDB's default is `.tmp` in the current folder, open to all.
    with (
        tempfile.TemporaryDirectory(prefix="spm-keys-") as spill,
        duckdb.connect(":memory:", config={"temp_directory": spill}) as connection,
    ):
        connection.register("rows", table.select(list(key)))
        repeated = f"SELECT {keys} FROM rows GROUP BY ALL HAVING count(*) > 1"
        found = connection.execute(f"SELECT count(*) FROM ({repeated})").fetchone()
        if found is None or found[0] == 0:
            return []
        numbered = table.select(list(key)).append_column("position", pa.array(np.arange(table.num_rows)))
        connection.register("numbered", numbered)
        # By partition and not by join: a blank part of a key equals another blank here.
        matches = connection.execute(
            f"SELECT position FROM numbered QUALIFY count(*) OVER (PARTITION BY {keys}) > 1 ORDER BY position"
        ).fetchall()
    return [int(row[0]) for row in matches]


def _duplicates(source: Source, name: str, spec: TableSpec, table: pa.Table, rows: list[int]) -> pa.Table:
    taken = table.take(pa.array(rows))
    keys = taken.select(list(spec.key)).to_pylist()
    lines = taken["source_line"].to_pylist()
    groups: dict[tuple[str, ...], list[int]] = {}
    for key, line in zip(keys, lines, strict=True):
        groups.setdefault(tuple(str(v) for v in key.values()), []).append(line)
    refused = []
    for index, key in enumerate(keys):
        same = groups[tuple(str(v) for v in key.values())]
        others = ", ".join(str(x) for x in same[:4] if x != lines[index]) or str(lines[index])
        text = None if source.spec.is_restricted else ", ".join(f"{k}={v}" for k, v in key.items())
        refused.append(
            {
                "source_id": source.id,
                "school_year": taken["school_year"][index].as_py(),
                "table": name,
                "source_file": taken["source_file"][index].as_py(),
                "source_line": lines[index],
                "column": ", ".join(spec.key),
                "value": text,
                "reason": f"the key stands more than once, also in line {others}",
                "is_key": True,
                "snapshot_sha256": taken["snapshot_sha256"][index].as_py(),
            }
        )
    return pa.Table.from_pylist(refused, schema=QUARANTINE)


def _require_rows(
    source: Source, name: str, spec: TableSpec, release: ReleaseSettings, physical: int
) -> None:
    """Hold the number of rows to the agency's bounds for the table, else the source's own."""
    bounds: Any = release.rows.get(name, spec.rows)
    low, high = bounds.minimum, bounds.maximum
    if (low is not None and physical < low) or (high is not None and physical > high):
        expected = f"at least {low}" if low is not None and physical < low else f"at most {high}"
        raise BoundExceeded(
            f"{physical} rows where {expected} are expected",
            file=_files(release, name),
            remedy="Fetch the file again, it may be cut off; if the number is right, move the bound",
        )


def _require_bounds(source: Source, name: str, result: ReadResult) -> None:
    if result.rows_quarantined == 0:
        return
    keys = pc.sum(result.quarantine["is_key"]).as_py() or 0
    values = result.rows_quarantined - keys
    bounds = source.spec.bounds
    if keys <= bounds.key_errors * result.rows_in and values <= bounds.value_errors * result.rows_in:
        return
    first = _first(result.quarantine, is_key=keys > bounds.key_errors * result.rows_in)
    more = f"; {result.rows_quarantined - 1} more rows cannot be read" if result.rows_quarantined > 1 else ""
    problem = BoundExceeded(
        f"{_capital(str(first.reason))}{more}",
        file=str(first.value_file),
        line=first.line,
        column=first.column,
        value=first.value,
        remedy="Have the publisher correct it, then fetch again; until then nothing of the file is used",
    )
    problem.table, problem.quarantine = name, result.quarantine
    raise problem


@dataclass(frozen=True)
class _First(Refusal):
    value_file: str = ""


def _first(quarantine: pa.Table, *, is_key: bool) -> _First:
    chosen = quarantine.filter(pc.equal(quarantine["is_key"], is_key))
    row = (chosen if chosen.num_rows else quarantine).slice(0, 1).to_pylist()[0]
    return _First(
        row["source_line"], row["column"], row["value"], row["reason"], row["is_key"], row["source_file"]
    )


def _files(release: ReleaseSettings, name: str) -> str:
    files = release.files.get(name, ()) if isinstance(release.files, dict) else release.files
    return ", ".join(files[:3]) or shown_database(str(release.database))


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
