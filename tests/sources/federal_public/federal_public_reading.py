"""Public federal files read by the product's own path, for the tests beside it.

Put here: reading a source from files of a folder, and a small invented source for the shapes of files.
Not here: what the figures should be.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sources.acquire import acquire
from sources.read import ReadResult, read
from sources.registry import Source, discover
from sources.snapshot import SnapshotStore
from warehouse.model.agency import ReleaseSettings, RowOverride

TODAY = date(2026, 9, 30)
SOURCE_YML = """\
id: invented
title: An invented source
publisher: nobody
licence: invented
family: directory
cadence: annual
expected_lag_days: 90
owner: student-data
contact: nobody
privacy: public
reader: delimited
tables:
  rows:
{table}
  others:
    key: [unit]
    optional: true
provides: []
"""


def read_files(
    source: Source, school_year: int, files: dict[str, tuple[str, ...]], data: Path, *, any_size: bool = False
) -> dict[str, ReadResult]:
    """All tables of a source from files below `data`; raises what the fetch or the read refuses."""
    rows = {name: RowOverride(minimum=0) for name in source.spec.tables} if any_size else {}
    release = ReleaseSettings(school_years=(school_year,), files=files, rows=rows)
    with tempfile.TemporaryDirectory() as folder:
        store = SnapshotStore(Path(folder))
        fetched = acquire(source, release, school_year, store=store, data_root=data, today=TODAY)
        if fetched.error is not None:
            raise fetched.error
        return read(source, fetched, release)


def known(source_id: str) -> Source:
    return discover()[source_id]


@dataclass
class Bench:
    """A source with one table, `rows`, declared as a test likes it, and one that is optional."""

    root: Path
    table: str
    columns: str

    def read(self, content: bytes, name: str = "rows.csv") -> ReadResult:
        return self.read_all(content, name)["rows"]

    def read_all(self, content: bytes, name: str = "rows.csv") -> dict[str, ReadResult]:
        data = self.root / "data"
        data.mkdir(parents=True, exist_ok=True)
        (data / name).write_bytes(content)
        return read_files(self._source(), 2019, {"rows": (name,)}, data)

    def _source(self) -> Source:
        tries = self.root / "sources"
        root = tries / str(len(list(tries.glob("*"))))
        folder = root / "invented"
        folder.mkdir(parents=True)
        table = "\n".join(f"    {line}" for line in self.table.strip().splitlines())
        (folder / "source.yml").write_text(SOURCE_YML.format(table=table), encoding="utf-8")
        header = "table,column,type,member,required,all\n"
        (folder / "columns.csv").write_text(
            f"{header}{self.columns}others,unit,text,,yes,UNIT\n", encoding="utf-8"
        )
        return discover(root)["invented"]
