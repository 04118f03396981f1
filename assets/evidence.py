"""What a publication rests on besides figures: snapshots, check results, corrections, outcomes of fetches.

Put here: gathering it from the lake. Not here: what is published of it (`publication`, `warehouse.evidence`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from assets.core_inputs import years_read
from assets.core_table import core_node, core_tables
from assets.derived_measures import DERIVED
from assets.gate import last_results
from assets.home import Home
from assets.measures import measured_tables, measures_node
from assets.raw import ACCOUNT, CORRECTIONS, raw_node
from checks.result import CheckResult


def snapshots_behind(home: Home, table: str, year: int) -> tuple[str, ...]:
    """The snapshots a core table's rows came from."""
    tables = core_tables(home)
    read = {(s, y) for name, y in rows_behind(home, table, year) for s in tables[name].sources}
    entries = [entry for source, of_year in sorted(read) for entry in account_of(home, source, of_year)]
    return tuple(sorted({entry["snapshot_sha256"] for entry in entries}))


def rows_behind(home: Home, table: str, year: int) -> set[tuple[str, int]]:
    """The core tables, each with its year, that a core table's rows of a year are computed from; itself too.

    Organizations of other years only say what became of them, and count in their own year.
    """
    tables = core_tables(home)
    found: set[tuple[str, int]] = set()
    waiting = [(table, year)]
    while waiting:
        name, of_year = waiting.pop()
        if (name, of_year) in found:
            continue
        found.add((name, of_year))
        waiting += [(n, of_year) for n in tables[name].core_inputs]
        waiting += [
            (other.table, y)
            for other in tables[name].other_years
            if other.table != "organizations"
            for y in years_read(home, other.schema, of_year)
        ]
    return found


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
        yield from last_results(home.lake, DERIVED, year)


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
