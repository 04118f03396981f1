"""What `spm sources` tells: how each source stands, and how one of them came to stand so.

Put here: gathering it from the lake and the table of fetches. Not here: layout (`commands.sources`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from assets.fetches import Fetch, Fetches
from assets.home import Home
from assets.raw import ACCOUNT, CORRECTIONS, WARNINGS, raw_node
from assets.revisions import revisions

# Which outcome speaks for a source whose years ended differently.
_WORST = ("failed", "withdrawn", "refused", "new", "unchanged", "not_yet_released", "never_fetched")


@dataclass(frozen=True)
class YearStanding:
    """One source and school year.

    Attributes:
        outcome: Of the last fetch; `refused` when what came was not accepted, `never_fetched` when none was.
        fetched_at: When it was last fetched (UTC).
        rows: Rows of the accepted version.
        quarantined: Rows of it that were set aside.
        remarks: What was unusual when it was read.
        problem: Why the last attempt failed.
    """

    school_year: int
    outcome: str
    fetched_at: str | None
    rows: int
    quarantined: int
    remarks: tuple[str, ...]
    problem: str | None


@dataclass(frozen=True)
class Standing:
    """One source over all its declared years."""

    source_id: str
    title: str
    family: str
    owner: str
    years: tuple[YearStanding, ...]

    @property
    def outcome(self) -> str:
        """The worst of the years' outcomes."""
        return min((y.outcome for y in self.years), key=_WORST.index, default="never_fetched")

    @property
    def fetched_at(self) -> str | None:
        """When it was last fetched."""
        return max((y.fetched_at for y in self.years if y.fetched_at), default=None)

    @property
    def rows(self) -> int:
        """Rows of all years."""
        return sum(y.rows for y in self.years)

    @property
    def quarantined(self) -> int:
        """Rows set aside in all years."""
        return sum(y.quarantined for y in self.years)

    @property
    def remarks(self) -> int:
        """How many remarks reading it gave."""
        return sum(len(y.remarks) for y in self.years)

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        totals = {
            name: getattr(self, name) for name in ("outcome", "fetched_at", "rows", "quarantined", "remarks")
        }
        return {**asdict(self), **totals}


def standings(home: Home, source_ids: Sequence[str] | None = None) -> list[Standing]:
    """How the sources stand, in the order of sources.yml."""
    last: dict[tuple[str, int], list[Fetch]] = {}
    for fetch in Fetches(home.root).last():
        last.setdefault((fetch.source_id, fetch.school_year), []).append(fetch)
    return [_standing(home, source_id, last) for source_id in source_ids or home.sources]


def account_of(home: Home, source_id: str, year: int | None = None) -> dict[str, Any]:
    """Everything known of one source: its standing, files, remarks, revisions and fetches."""
    (standing,) = standings(home, [source_id])
    years = [y for y in standing.years if year in (None, y.school_year)]
    node = raw_node(source_id)
    return {
        **standing.to_json(),
        "years": [asdict(y) for y in years],
        "files": [entry for y in years for entry in home.lake.read_json(node, y.school_year, ACCOUNT) or []],
        "corrections": [
            entry for y in years for entry in home.lake.read_json(node, y.school_year, CORRECTIONS) or []
        ],
        "revisions": [
            {"school_year": y.school_year, **asdict(revision)}
            for y in years
            for revision in revisions(home, source_id, y.school_year)
        ],
        "fetches": [asdict(fetch) for fetch in Fetches(home.root).of(source_id, year)],
    }


def age(fetched_at: str | None, now: datetime | None = None) -> str:
    """How long ago, as people say it: `3 min`, `5 h`, `12 d`."""
    if fetched_at is None:
        return ""
    seconds = ((now or datetime.now(UTC)) - datetime.fromisoformat(fetched_at)).total_seconds()
    for size, name in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{int(seconds // size)} {name}"
    return f"{max(0, int(seconds))} s"


def _standing(home: Home, source_id: str, last: Mapping[tuple[str, int], Sequence[Fetch]]) -> Standing:
    spec = home.sources[source_id].spec
    years = tuple(_year(home, source_id, year, last) for year in _declared(home, source_id))
    return Standing(source_id, spec.title, spec.family, spec.owner, years)


def _declared(home: Home, source_id: str) -> Iterator[int]:
    settings = home.settings_of(source_id)
    return (year for year in home.agency.settings.school_years if settings.for_year(year) is not None)


def _speaking(fetches: Sequence[Fetch], declared: Collection[str], *, is_good: bool) -> Fetch | None:
    """The fetch that speaks for a year of several editions: the worst one of those that are declared.

    Where the year is good, an edition that has not come is awaited and speaks only when none has.
    """
    those = [fetch for fetch in fetches if fetch.data_status in declared]
    came = [fetch for fetch in those if fetch.outcome in ("new", "unchanged")]
    return min((is_good and came) or those, key=lambda fetch: _WORST.index(fetch.outcome), default=None)


def _year(
    home: Home, source_id: str, year: int, last: Mapping[tuple[str, int], Sequence[Fetch]]
) -> YearStanding:
    node, state = raw_node(source_id), home.lake.state(raw_node(source_id), year)
    declared = {release.data_status for release in home.settings_of(source_id).editions(year)}
    is_good = state is not None and state.is_good
    fetch = _speaking(last.get((source_id, year), ()), declared, is_good=is_good)
    account = home.lake.read_json(node, year, ACCOUNT) or []
    problem = None if state is None or state.is_good else state.reason
    came = fetch is not None and fetch.outcome in ("new", "unchanged")
    outcome = "never_fetched" if fetch is None else fetch.outcome
    return YearStanding(
        school_year=year,
        outcome="refused" if came and problem is not None else outcome,
        fetched_at=None if fetch is None else fetch.at,
        rows=0 if state is None or state.accepted is None else state.accepted_rows,
        quarantined=sum(entry["rows_quarantined"] for entry in account),
        remarks=tuple(home.lake.read_json(node, year, WARNINGS) or ()),
        problem=problem,
    )
