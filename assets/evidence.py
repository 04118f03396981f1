"""What a publication rests on besides figures: snapshots, check results, corrections, outcomes of fetches.

Put here: gathering it from the lake. Not here: what is published of it (`publication`, `warehouse.evidence`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from assets.core_table import core_node, core_tables
from assets.gate import last_results
from assets.home import Home
from assets.measures import measured_tables, measures_node
from assets.raw import ACCOUNT, CORRECTIONS, raw_node
from checks.result import CheckResult


def snapshots_behind(home: Home, table: str, year: int) -> tuple[str, ...]:
    """The snapshots a core table's rows came from."""
    tables = core_tables(home)
    names = [table, *tables[table].core_inputs]
    sources = sorted({s for name in names for s in tables[name].sources})
    entries = [entry for source in sources for entry in account_of(home, source, year)]
    return tuple(sorted({entry["snapshot_sha256"] for entry in entries}))


def account_of(home: Home, source: str, year: int) -> list[dict[str, Any]]:
    """The snapshots of a source's accepted version; none for a year without a declared release."""
    state = home.lake.state(raw_node(source), year)
    declared = home.settings_of(source).for_year(year) is not None
    if not declared or state is None or state.accepted is None:
        return []
    return list(home.lake.read_json(raw_node(source), year, ACCOUNT) or [])


def last_results_of(home: Home) -> Iterator[CheckResult]:
    """The last results of every table and year that was checked."""
    for year in home.agency.settings.school_years:
        for table in core_tables(home):
            yield from last_results(home.lake, core_node(table), year)
        for table in measured_tables(home):
            yield from last_results(home.lake, measures_node(table), year)


def fetch_outcomes(home: Home) -> Iterator[dict[str, Any]]:
    """How the last fetch of every source and year ended."""
    for year in home.agency.settings.school_years:
        for source in home.sources:
            outcome = home.lake.read_json(raw_node(source), year, "fetch")
            if outcome is not None:
                yield outcome


def corrections(home: Home) -> Iterator[dict[str, Any]]:
    """The cells of accepted files that corrections.yml changed, with why."""
    for year in home.agency.settings.school_years:
        for source in home.sources:
            if account_of(home, source, year):
                yield from home.lake.read_json(raw_node(source), year, CORRECTIONS) or []
