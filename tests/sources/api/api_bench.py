"""An invented source behind an HTTP API, acquired and read through the product's own path.

Put here: building the source, and finding secrets in whatever was written. Not here: what any test expects.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import yaml
from small_server import KEY, SECRET

from sources.acquire import FetchResult, acquire, remember
from sources.read import ReadResult, read
from sources.registry import Source, discover
from sources.snapshot import SnapshotStore
from warehouse.model.agency import ReleaseSettings

YEAR = 2025
QUICK = {"read": 0.4, "connect": 2, "attempts": 3, "first_wait": 0.01, "longest_wait": 0.02}
COLUMNS = """\
table,column,type,member,required,all
{table},row_id,id(R[0-9]{{5}}),,yes,id
{table},students,count,,yes,students
{table},school_name,text,,yes,name
"""


@dataclass
class ApiBench:
    """A source folder, a store, and an environment with secrets."""

    root: Path
    url: str
    api: dict[str, Any] = field(default_factory=dict)
    tables: dict[str, dict[str, Any]] = field(default_factory=dict)
    columns: str | None = None
    privacy: str = "public"
    secrets: dict[str, str] = field(default_factory=dict)
    options: dict[str, str] = field(default_factory=dict)
    path: str = ""
    lag: int = 90

    @property
    def store(self) -> SnapshotStore:
        return SnapshotStore(self.root / "snapshots")

    def source(self) -> Source:
        folder = self.root / f"sources{len(list(self.root.glob('sources*')))}" / "franklin_api"
        folder.mkdir(parents=True)
        spec = {
            "id": "franklin_api",
            "title": "Franklin's API",
            "publisher": "Franklin (invented)",
            "licence": "invented",
            "family": "directory",
            "cadence": "daily",
            "expected_lag_days": self.lag,
            "owner": "student-data",
            "contact": "nobody",
            "privacy": self.privacy,
            "reader": "json_records",
            "api": {"patience": QUICK, **self.api},
            "tables": {
                name: {"key": ["row_id"], "rows": {"minimum": 0}, **table}
                for name, table in self.tables.items()
            },
            "provides": [],
        }
        (folder / "source.yml").write_text(yaml.safe_dump(spec, sort_keys=False), encoding="utf-8")
        lines = [COLUMNS.format(table=name) for name in self.tables]
        text = lines[0] + "".join(part.split("\n", 1)[1] for part in lines[1:])
        (folder / "columns.csv").write_text(self.columns or text, encoding="utf-8")
        return discover(folder.parent)["franklin_api"]

    def release(self) -> ReleaseSettings:
        return ReleaseSettings(
            school_years=(YEAR,), api=self.url + self.path, secrets=self.secrets, options=self.options
        )

    def fetch(self, source: Source | None = None) -> FetchResult:
        return acquire(
            source or self.source(),
            self.release(),
            YEAR,
            store=self.store,
            data_root=self.root,
            today=date(2025, 7, 1),
            environment={"THE_KEY": KEY, "THE_ID": "client", "THE_SECRET": SECRET},
        )

    def accept(self, source: Source, fetch: FetchResult) -> None:
        remember(source, self.release(), YEAR, fetch.snapshots, store=self.store)

    def read(self, fetch: FetchResult, source: Source | None = None) -> dict[str, ReadResult]:
        return read(source or self.source(), fetch, self.release())

    def spooled(self) -> list[Path]:
        return sorted((self.store.root / "franklin_api" / "spool").glob("*.jsonl"))


def records_of(fetch: FetchResult, table: str = "schools") -> list[dict[str, Any]]:
    """The records of a snapshot."""
    (snapshot,) = (s for s in fetch.snapshots if s.table == table)
    return [json.loads(line) for line in snapshot.path.read_text(encoding="utf-8").splitlines()]


def written_anywhere(root: Path, text: str) -> list[str]:
    """Every file below a folder that has a text."""
    files = (path for path in root.rglob("*") if path.is_file())
    return [str(path) for path in files if text.encode() in path.read_bytes()]


def offset_table(size: int = 10, **request: Any) -> dict[str, dict[str, Any]]:
    """One table, by offset with Total-Count."""
    paging = {"style": "offset", "size": size, "total": {"header": "Total-Count"}}
    return {"schools": {"request": {"path": "/schools", "identity": ["id"], "paging": paging, **request}}}
