"""Reading a release of a money source by the product's own path, for the tests beside it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from sources.acquire import acquire
from sources.read import ReadResult, read
from sources.registry import Source, discover
from sources.snapshot import SnapshotStore
from warehouse.model.agency import ReleaseSettings

TODAY = date(2026, 9, 30)


def read_release(
    source: str | Source, release: ReleaseSettings, data: Path, home: Path
) -> dict[str, ReadResult]:
    """Every table of the release's first school year; raises what the fetch or the read refuses."""
    found = discover()[source] if isinstance(source, str) else source
    year = release.school_years[0]
    store = SnapshotStore(home / "snapshots")
    fetch = acquire(found, release, year, store=store, data_root=data, today=TODAY, environment={})
    if fetch.error is not None:
        raise fetch.error
    return read(found, fetch, release)
