"""An invented source in a temporary folder, fetched and read through the product's own path by one call.

Put here: building small sources and files. Not here: what any test expects.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from sources.acquire import FetchResult, acquire
from sources.read import ReadResult, read
from sources.registry import Source, discover
from sources.snapshot import SnapshotStore
from warehouse.model.agency import ReleaseSettings

YEAR = 2025
DUE = date(2026, 7, 1)

SOURCE_YML = """\
id: franklin_counts
title: Counts of Franklin
publisher: Franklin Department of Education (invented)
licence: invented
family: student_performance
cadence: annual
expected_lag_days: 90
owner: student-data
contact: nobody
privacy: {privacy}
reader: {reader}
tables:
  counts:
    key: {key}
    {table}
provides: []
bounds: {bounds}
ignored_files: {ignored}
"""

COLUMNS_CSV = """\
table,column,type,member,required,all
counts,school_code,id([0-9]{7}),,yes,School Code
counts,school_name,text,,yes,School Name
counts,students,count,,yes,Students
counts,rate_percent,percent,,no,Rate
counts,note,ignored,,no,Note
"""

HEADER = "School Code,School Name,Students,Rate,Note"
ROWS = [f"{n:07d},School {n},{n * 10},{n}.5,x" for n in range(1, 21)]
GOOD = "\n".join([HEADER, *ROWS]) + "\n"


@dataclass
class Workbench:
    """A folder with one source, a data root and a snapshot store."""

    root: Path
    columns: str = COLUMNS_CSV
    key: str = "[school_code]"
    privacy: str = "public"
    reader: str = "delimited"
    table: str = "rows: {minimum: 15, maximum: 100}"
    bounds: str = "{key_errors: 0, value_errors: 0}"
    ignored: str = "{}"
    file_name: str = "counts.csv"
    extra: dict[str, str] = field(default_factory=dict)

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def store(self) -> SnapshotStore:
        return SnapshotStore(self.root / "snapshots")

    def source(self) -> Source:
        """The source as the registry finds it; a fresh root each time, since discovery is remembered."""
        tries = self.root / "sources"
        root = tries / str(len(list(tries.glob("*"))) if tries.is_dir() else 0)
        folder = root / "franklin_counts"
        folder.mkdir(parents=True)
        yml = SOURCE_YML.format(
            key=self.key,
            privacy=self.privacy,
            reader=self.reader,
            table=self.table,
            bounds=self.bounds,
            ignored=self.ignored,
        )
        (folder / "source.yml").write_text(yml, encoding="utf-8")
        (folder / "columns.csv").write_text(self.columns, encoding="utf-8")
        for name, text in self.extra.items():
            (folder / name).write_text(text, encoding="utf-8")
        return discover(root)["franklin_counts"]

    def write(self, content: str | bytes, name: str | None = None) -> Path:
        file = self.data / (name or self.file_name)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
        return file

    def release(self, *patterns: str, database: str | None = None) -> ReleaseSettings:
        files = () if database else (patterns or (self.file_name,))
        return ReleaseSettings(school_years=(YEAR,), files=files, database=database)

    def fetch(self, *patterns: str, today: date = DUE, database: str | None = None) -> FetchResult:
        release = self.release(*patterns, database=database)
        return acquire(self.source(), release, YEAR, store=self.store, data_root=self.data, today=today)

    def read(self, *patterns: str, database: str | None = None) -> ReadResult:
        release = self.release(*patterns, database=database)
        source = self.source()
        fetch = acquire(source, release, YEAR, store=self.store, data_root=self.data, today=DUE)
        if fetch.error is not None:
            raise fetch.error
        return read(source, fetch, release)["counts"]

    def read_text(self, content: str | bytes) -> ReadResult:
        self.write(content)
        return self.read()
