"""One file of a pattern does not go missing unsaid, and what is somebody's decision is not called missing."""

from __future__ import annotations

import stat
from datetime import date

import pytest
from invented_source import GOOD, YEAR, Workbench

from sources.acquire import FetchResult, remember
from sources.registry import Source
from warehouse.model.agency import ReleaseSettings, RowOverride

EARLY = date(2025, 7, 1)
MANY = "many/*.csv"


@pytest.fixture
def several(bench: Workbench) -> Workbench:
    """Three files of one pattern, read and accepted."""
    for name in ("a.csv", "b.csv", "c.csv"):
        bench.write(GOOD + name + "\n", f"many/{name}")
    accept(bench, bench.fetch(MANY), MANY)
    return bench


def accept(bench: Workbench, fetch: FetchResult, *patterns: str, source: Source | None = None) -> None:
    release = bench.release(*patterns)
    remember(source or bench.source(), release, YEAR, fetch.snapshots, store=bench.store)


def test_one_file_of_a_pattern_that_is_gone_is_withdrawn_by_name(several: Workbench):
    (several.data / "many" / "b.csv").unlink()
    for today in (EARLY, date(2026, 7, 1)):
        fetch = several.fetch(MANY, today=today)
        assert (fetch.outcome, fetch.snapshots) == ("withdrawn", ()) and fetch.error is not None
        assert fetch.error.file == "many/b.csv" and "sources.yml" in fetch.error.remedy


def test_the_number_of_files_that_are_gone_is_said(several: Workbench):
    for name in ("a.csv", "c.csv"):
        (several.data / "many" / name).unlink()
    fetch = several.fetch(MANY)
    assert fetch.error is not None
    assert fetch.error.file == "many/a.csv" and "and 1 more" in fetch.error.what


def test_it_stays_withdrawn_until_it_is_back(several: Workbench):
    content = (several.data / "many" / "b.csv").read_text()
    (several.data / "many" / "b.csv").unlink()
    assert [several.fetch(MANY).outcome for _ in range(2)] == ["withdrawn", "withdrawn"]
    several.write(content, "many/b.csv")
    assert several.fetch(MANY).outcome == "unchanged"


def test_another_setting_of_the_files_is_a_decision(several: Workbench):
    (several.data / "many" / "b.csv").unlink()
    fetch = several.fetch("many/a.csv", "many/c.csv")
    assert (fetch.outcome, fetch.error) == ("unchanged", None)
    accept(several, fetch, "many/a.csv", "many/c.csv")
    assert several.fetch(MANY).outcome == "unchanged"  # and back again: what was accepted last counts


def test_leaving_a_file_out_by_name_is_a_decision(several: Workbench):
    several.ignored = '{"many/b.csv": repeats the others}'
    assert [s.address for s in several.fetch(MANY).snapshots] == ["many/a.csv", "many/c.csv"]


def test_a_change_elsewhere_in_the_release_is_no_decision_about_its_files(several: Workbench):
    from sources.acquire import acquire

    (several.data / "many" / "b.csv").unlink()
    rows = {"counts": RowOverride(minimum=1)}
    release = ReleaseSettings(school_years=(YEAR,), files=(MANY,), rows=rows)
    fetch = acquire(
        several.source(),
        release,
        YEAR,
        store=several.store,
        data_root=several.data,
        today=EARLY,
    )
    assert fetch.outcome == "withdrawn"


def test_a_file_that_was_fetched_and_never_accepted_may_be_taken_away(several: Workbench):
    stray = several.write("no such header\n", "many/stray.csv")
    assert len(several.fetch(MANY).snapshots) == 4
    stray.unlink()
    assert several.fetch(MANY).outcome == "unchanged"


def test_a_new_file_beside_the_others_is_new(several: Workbench):
    several.write(GOOD + "d.csv\n", "many/d.csv")
    fetch = several.fetch(MANY)
    assert fetch.outcome == "new" and len(fetch.snapshots) == 4


def test_what_was_accepted_of_students_is_kept_private(bench: Workbench):
    bench.privacy = "restricted"
    bench.write(GOOD)
    accept(bench, bench.fetch(), source=bench.source())
    kept = bench.root / "snapshots" / "franklin_counts" / f"accepted-{YEAR}-final.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
