"""Reading one file of a vendor's product through the product, bounds lifted to the size of a sample.

Put here: acquire and read of one file. Not here: what it should say (the tests).
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

from sources.acquire import acquire
from sources.read import ReadResult, read
from sources.registry import discover
from sources.snapshot import SnapshotStore
from warehouse.model.agency import ReleaseSettings, RowOverride


def read_results(
    source_id: str, file: Path, home: Path, *, school_year: int, release: str | None = None
) -> ReadResult:
    source = discover()[source_id]
    asked = ReleaseSettings(
        school_years=(school_year,),
        files={"results": (file.name,)},
        release=release,
        rows={"results": RowOverride(minimum=1)},
    )
    fetched = acquire(
        source,
        asked,
        school_year,
        store=SnapshotStore(home),
        data_root=file.parent,
        today=date(2026, 7, 1),
    )
    if fetched.error is not None:
        raise fetched.error
    return read(source, fetched, asked)["results"]
