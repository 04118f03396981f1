"""The editions of a source's school year: fetched, judged together, and the outcome kept.

Put here: which editions have come. Not here: reading them (`raw`), how one is fetched (`sources.acquire`).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from assets.fetches import Fetch, Fetches
from assets.home import Home
from sources.acquire import FetchResult, acquire
from sources.registry import Source
from sources.snapshot import SnapshotStore
from sources.transports.arrival import Missing
from warehouse.model.agency import ReleaseSettings


@dataclass(frozen=True)
class Edition:
    """A release of the year, and what was fetched of it."""

    release: ReleaseSettings
    fetch: FetchResult

    @property
    def has_come(self) -> bool:
        """Whether its files are there."""
        return self.fetch.outcome in ("new", "unchanged")


def unset_variable(home: Home, releases: Sequence[ReleaseSettings]) -> str | None:
    """The variable without which the year is left as it stands, if it is not set here."""
    wanted = (release.only_where_set for release in releases if release.only_where_set)
    return next((name for name in wanted if not home.environment.get(name)), None)


def fetch_edition(
    home: Home, source: Source, release: ReleaseSettings, school_year: int, store: SnapshotStore
) -> Edition:
    """Fetch one release of the year, and keep what became of it."""
    start = time.perf_counter()
    fetch = acquire(
        source,
        release,
        school_year,
        store=store,
        data_root=home.require_data_root(),
        today=home.today,
        environment=home.environment,
    )
    Fetches(home.root).add(
        Fetch.of(source.id, school_year, release.data_status, fetch, time.perf_counter() - start)
    )
    return Edition(release, fetch)


def come(editions: Sequence[Edition]) -> list[Edition]:
    """The editions that have come, the one that counts first.

    Raises:
        SpmError: One failed or was withdrawn. An edition that is not there yet is no failure while another
            of the year is.
    """
    there = [edition for edition in editions if edition.has_come]
    for edition in editions:
        problem = edition.fetch.error
        is_awaited = isinstance(problem, Missing) and edition.fetch.outcome == "failed" and bool(there)
        if problem is not None and not is_awaited:
            raise problem
    return there


def outcome_of(source_id: str, school_year: int, editions: Sequence[Edition]) -> dict[str, Any]:
    """How the year's fetch ended: as its worst edition did, and a new one before an unchanged one."""
    order = ("failed", "withdrawn", "new", "unchanged", "not_yet_released")
    worst = min((edition.fetch for edition in editions), key=lambda fetch: order.index(fetch.outcome))
    return {
        "source_id": source_id,
        "school_year": school_year,
        "outcome": worst.outcome,
        "detail": worst.detail,
        "error": None if worst.error is None else str(worst.error),
    }
