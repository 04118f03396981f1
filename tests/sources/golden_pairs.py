"""Golden pairs: for each source a few invented rows that show its hard cases, and the rows they must give.

A pair lives in its source's folder, `sources/<id>/golden/`: a case (`golden.yml`, or `golden_<name>.yml`),
its input files, and `expected_<table>.csv` (or `expected_<name>_<table>.csv`), with `..._quarantine.csv`
beside it where rows are set aside.
"""

from __future__ import annotations

import csv
import sqlite3
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
from pydantic import Field

from sources.acquire import acquire
from sources.read import ReadResult, read
from sources.registry import Source, discover
from sources.snapshot import SnapshotStore
from warehouse.model.agency import ReleaseSettings, RowOverride
from warehouse.model.yaml_file import StrictModel, load_model

LINEAGE = ("source_id", "snapshot_sha256", "source_file", "school_year", "data_status")
TODAY = date(2026, 9, 30)


class Golden(StrictModel):
    """golden.yml."""

    school_year: int
    files: dict[str, tuple[str, ...]] | tuple[str, ...] = ()
    database: str | None = None
    release: str | None = None
    options: dict[str, str] = Field(default_factory=dict)


@dataclass(frozen=True)
class Pair:
    """One case of a source."""

    source: Source
    file: Path

    @property
    def name(self) -> str:
        return f"{self.source.id}{self.file.stem.removeprefix('golden')}"

    def expected(self, part: str) -> Path:
        case = self.file.stem.removeprefix("golden").removeprefix("_")
        return self.file.parent / ("_".join(x for x in ("expected", case, part) if x) + ".csv")

    def read(self, folder: Path) -> dict[str, ReadResult]:
        golden = load_model(self.file, Golden).value
        any_size = {name: RowOverride(minimum=0) for name in self.source.spec.tables}
        release = ReleaseSettings(
            school_years=(golden.school_year,),
            files=() if golden.database else golden.files,
            database=_built(self.file.parent / golden.database, folder) if golden.database else None,
            release=golden.release,
            rows=any_size,
            options=golden.options,
        )
        fetch = acquire(
            self.source,
            release,
            golden.school_year,
            store=SnapshotStore(folder / "snapshots"),
            data_root=self.file.parent,
            today=TODAY,
            environment={},
        )
        if fetch.error is not None:
            raise fetch.error
        return read(self.source, fetch, release)


def pairs() -> Iterator[Pair]:
    """Every case of every source."""
    for source in discover().values():
        for file in sorted((source.folder / "golden").glob("golden*.yml")):
            yield Pair(source, file)


def rows_of(table: pa.Table, columns: list[str]) -> Counter[tuple[str, ...]]:
    """A table's rows as text, each with how often it stands."""
    texts = [[_text(value) for value in table[name].to_pylist()] for name in columns]
    return Counter(zip(*texts, strict=True))


def rows_of_csv(file: Path) -> tuple[list[str], Counter[tuple[str, ...]]]:
    """The header and the rows of an expected file; numbers are compared as numbers."""
    with file.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.reader(handle))
    header = rows[0]
    assert all(len(row) == len(header) for row in rows), f"{file.name}: every row has {len(header)} cells"
    return header, Counter(tuple(row) for row in rows[1:])


def as_compared(rows: Counter[tuple[str, ...]], numeric: list[bool]) -> Counter[tuple[str, ...]]:
    """Rows whose decimals are written one way: 12.5 and 12.5000 are the same figure."""
    found: Counter[tuple[str, ...]] = Counter()
    for row, times in rows.items():
        found[tuple(_plain(c) if n and c else c for c, n in zip(row, numeric, strict=True))] += times
    return found


def _plain(text: str) -> str:
    return format(Decimal(text).normalize(), "f")


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value, "f")
    return value.isoformat() if isinstance(value, date) else str(value)


def _built(script: Path, folder: Path) -> str:
    """An SQLite database made from a script, by its URL."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{script.stem}.db"
    with sqlite3.connect(file) as connection:
        connection.executescript(script.read_text(encoding="utf-8"))
    connection.close()
    return f"sqlite:///{file}"
