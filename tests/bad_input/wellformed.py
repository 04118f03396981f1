"""Good files to break: every golden input of every source, and one invented file for each shared reader.

Put here: finding them, reading one of them by the product's own path, what its good rows are. Not here: how
they are broken (`mutations`), what may come of it (`test_bad_input_mutations`).
"""

from __future__ import annotations

import io
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import Any

from golden_pairs import Golden, Pair, _built, pairs

from sources.acquire import FetchResult, acquire
from sources.columns import ColumnLine
from sources.descriptors import with_descriptors
from sources.own_headers import with_own_headers
from sources.read import ReadResult, read
from sources.registry import Source
from sources.snapshot import Snapshot, SnapshotStore
from sources.spec import TableSpec
from warehouse.model.agency import ReleaseSettings, RowOverride
from warehouse.model.errors import SpmError
from warehouse.model.yaml_file import load_model

LINEAGE = {"source_id", "snapshot_sha256", "source_file", "source_line", "school_year", "data_status"}
TODAY = date(2026, 9, 30)


@dataclass(frozen=True)
class GoodFile:
    """One file of one table, with the others that the table needs."""

    source: Source
    release: ReleaseSettings
    table: str
    snapshot: Snapshot
    others: tuple[Snapshot, ...]

    @property
    def name(self) -> str:
        return f"{self.source.id}.{self.table}:{Path(self.snapshot.address).name}"

    @property
    def spec(self) -> TableSpec:
        return self.source.spec.tables[self.table]

    @property
    def reader(self) -> str:
        return self.spec.reader or self.source.spec.reader

    @cached_property
    def lines(self) -> tuple[ColumnLine, ...]:
        """What columns.csv says of the headers, ignored ones too."""
        return self.source.columns.of(self.table)

    @cached_property
    def label(self) -> str:
        return self.source.columns.release_for(self.release.release, self.snapshot.school_year)

    @cached_property
    def packed(self) -> bytes:
        return self.snapshot.path.read_bytes()

    @cached_property
    def content(self) -> bytes:
        """What the reader reads: the file, or the one member of its archive."""
        member = self._member
        if member is None:
            return self.packed
        with zipfile.ZipFile(io.BytesIO(self.packed)) as archive:
            return archive.read(member)

    @cached_property
    def _member(self) -> str | None:
        if self.spec.member is None or not self.packed.startswith(b"PK\x03\x04"):
            return None
        with zipfile.ZipFile(io.BytesIO(self.packed)) as archive:
            pattern = self.spec.member.lower()
            return next(name for name in archive.namelist() if fnmatchcase(name.lower(), pattern))

    @property
    def is_archive(self) -> bool:
        return self._member is not None

    def with_content(self, content: bytes) -> bytes:
        """The file as it would come with another content."""
        if self._member is None:
            return content
        out = io.BytesIO()
        with (
            zipfile.ZipFile(io.BytesIO(self.packed)) as old,
            zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
        ):
            for name in old.namelist():
                new.writestr(name, content if name == self._member else old.read(name))
        return out.getvalue()

    @property
    def shape(self) -> str:
        """text, json, xlsx, ole, parquet or zip: what kind of bytes it is."""
        if self.content.startswith(b"PAR1"):
            return "parquet"
        if self.content.startswith(b"PK\x03\x04"):
            return "xlsx"
        if self.content.startswith(b"\xd0\xcf\x11\xe0"):
            return "ole"
        is_json = self.content.lstrip()[:1] in (b"{", b"[")
        return "json" if is_json and self.reader in ("custom", "json_records") else "text"

    def read(self, path: Path | None = None, *, minimum: int = 0) -> ReadResult:
        """Read the table with this file's bytes at another path."""
        changed = self.snapshot if path is None else replace(self.snapshot, path=path)
        release = self.release.model_copy(update={"rows": {self.table: RowOverride(minimum=minimum)}})
        fetch = FetchResult("new", (*self.others, changed), "", None)
        return read(self.source, fetch, release)[self.table]

    @cached_property
    def good(self) -> ReadResult:
        return self.read()

    @cached_property
    def good_rows(self) -> Counter[tuple[Any, ...]]:
        return rows_of(self.good)


def rows_of(result: ReadResult) -> Counter[tuple[Any, ...]]:
    """The rows of a table without where they came from."""
    columns = [result.table[c].to_pylist() for c in sorted(set(result.table.column_names) - LINEAGE)]
    return Counter(zip(*columns, strict=True))


def only(source: Source, table: str) -> Source:
    """The source with one of its tables."""
    spec = source.spec.model_copy(update={"tables": {table: source.spec.tables[table]}})
    return replace(source, spec=spec)


def golden_files(folder: Path) -> Iterator[GoodFile]:
    """Every file of every golden pair, for the first table it feeds."""
    for number, pair in enumerate(pairs()):
        try:
            yield from _of_pair(pair, folder / str(number))
        except SpmError:
            continue  # the tests of golden pairs say so


def _of_pair(pair: Pair, folder: Path) -> Iterator[GoodFile]:
    golden = load_model(pair.file, Golden).value
    release = ReleaseSettings(
        school_years=(golden.school_year,),
        files=() if golden.database else golden.files,
        database=_built(pair.file.parent / golden.database, folder) if golden.database else None,
        release=golden.release,
        options=golden.options,
    )
    fetch = acquire(
        pair.source,
        release,
        golden.school_year,
        store=SnapshotStore(folder / "snapshots"),
        data_root=pair.file.parent,
        today=TODAY,
        environment={},
    )
    if fetch.error is not None:
        raise fetch.error
    year = golden.school_year
    source = with_descriptors(with_own_headers(pair.source, release, year), release)
    release = release.model_copy(update={"options": {}})
    for snapshot in fetch.snapshots:
        table = snapshot.table or next(iter(pair.source.spec.tables))
        others = tuple(s for s in fetch.snapshots if s is not snapshot and s.table in ("", table))
        yield GoodFile(only(source, table), release, table, snapshot, others)
