"""An invented source whose files are on real servers, acquired, read and accepted by the product's own path.

Put here: building the source, its release and its environment. Not here: what any test expects.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from sources.acquire import FetchResult, acquire, remember
from sources.read import ReadResult, read
from sources.registry import Source, discover
from sources.snapshot import Snapshot, SnapshotStore
from warehouse.model.agency import ReleaseSettings

YEAR = 2025
DUE = date(2026, 7, 1)
HEADER = "School Code,School Name,Students,Rate,Note"
ROWS = [f"{n:07d},School {n},{n * 10},{n}.5,x" for n in range(1, 21)]
GOOD = ("\n".join([HEADER, *ROWS]) + "\n").encode()
OTHER = GOOD.replace(b"School 1,10", b"School 1,17")
QUICK = {"attempts": "3", "retry_wait_seconds": "0.01", "timeout_seconds": "5"}
SECRETS = {
    "USER_ONE": "user-of-franklin-5521",
    "WORD_ONE": "wörd&of=franklin-7733",
    "TOKEN_ONE": "tok-franklin-9941",
}

SOURCE_YML = """\
id: franklin_drop
title: Counts of Franklin
publisher: Franklin Department of Education (invented)
licence: invented
family: student_performance
cadence: annual
expected_lag_days: 90
owner: student-data
contact: nobody
privacy: {privacy}
reader: delimited
tables:
  counts:
    key: [school_code]
provides: []
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


@dataclass
class Bench:
    """One source, its releases and a store."""

    root: Path
    privacy: str = "public"
    ignored: str = "{}"
    environment: dict[str, str] = field(default_factory=lambda: dict(SECRETS))
    options: dict[str, str] = field(default_factory=lambda: dict(QUICK))
    secrets: dict[str, str] = field(default_factory=dict)

    @property
    def data(self) -> Path:
        (self.root / "data").mkdir(exist_ok=True)
        return self.root / "data"

    @property
    def store(self) -> SnapshotStore:
        return SnapshotStore(self.root / "snapshots")

    def source(self) -> Source:
        tries = self.root / "sources"
        root = tries / str(len(list(tries.glob("*"))) if tries.is_dir() else 0)
        folder = root / "franklin_drop"
        folder.mkdir(parents=True)
        (folder / "source.yml").write_text(SOURCE_YML.format(privacy=self.privacy, ignored=self.ignored))
        (folder / "columns.csv").write_text(COLUMNS_CSV)
        return discover(root)["franklin_drop"]

    def release(self, *files: str, **given: Any) -> ReleaseSettings:
        return ReleaseSettings(
            school_years=(YEAR,), files=files, options=self.options, secrets=self.secrets, **given
        )

    def fetch(self, *files: str, today: date = DUE, **given: Any) -> FetchResult:
        return acquire(
            self.source(),
            self.release(*files, **given),
            YEAR,
            store=self.store,
            data_root=self.data,
            today=today,
            environment=self.environment,
        )

    def take(self, *files: str, **given: Any) -> FetchResult:
        """Fetch, and accept what came, as a refresh does once it was read."""
        fetch = self.fetch(*files, **given)
        assert fetch.error is None, str(fetch.error)
        remember(self.source(), self.release(*files, **given), YEAR, fetch.snapshots, store=self.store)
        return fetch

    def read(self, *files: str) -> ReadResult:
        fetch = self.fetch(*files)
        assert fetch.error is None, str(fetch.error)
        return read(self.source(), fetch, self.release(*files))["counts"]

    def kept(self) -> list[Path]:
        """Every file in the store, but the note of what was accepted."""
        return [p for p in (self.root / "snapshots").rglob("*") if p.is_file() and "accepted" not in p.name]


def only(fetch: FetchResult) -> Snapshot:
    (snapshot,) = fetch.snapshots
    return snapshot


def words(fetch: FetchResult) -> str:
    """All that a person is told of a failure."""
    assert fetch.error is not None
    return f"{fetch.detail} {fetch.error} {fetch.error.remedy}"
