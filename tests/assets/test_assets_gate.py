"""The gate accepts or refuses a version, and remembers its verdict as long as nothing behind it changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from small_state import DATA, ELM, OAK, littleland, refresh, refresh_year, with_settings, write_data
from verdicts import Verdicts

from assets.core import build_core
from assets.core_table import core_node, core_tables
from assets.gate import check_core, check_measures, last_results
from assets.home import Home
from assets.measures import build_measures, measures_node
from assets.raw import refresh_raw
from warehouse.model.agency import Waiver
from warehouse.model.errors import SpmError

NODE = core_node("chronic_absence")


def check(home: Home, year: int = 2023) -> list[Any]:
    table = core_tables(home)["chronic_absence"]
    build_core(home, table, year)
    return check_core(home, table, year)


def test_a_version_that_passes_is_accepted_with_its_rows(tmp_path: Path, verdicts: Verdicts) -> None:
    home = littleland(tmp_path)
    refresh(home)
    for node in (core_node("organizations"), NODE, measures_node("chronic_absence")):
        for year in (2023, 2024):
            state = home.lake.state(node, year)
            assert state is not None
            assert state.is_good
            assert state.accepted == state.version
            assert state.accepted_rows == 3


def test_a_version_that_fails_is_not_accepted_and_the_last_good_one_stays(
    tmp_path: Path, verdicts: Verdicts
) -> None:
    home = littleland(tmp_path)
    refresh(home)
    good = home.lake.state(NODE, 2023)
    write_data(home, "absence_2023.csv", DATA["absence_2023.csv"].replace(",100,20", ",100,21"))
    verdicts.failing.add(("core.chronic_absence", 2023))
    refresh_year(home, 2023)
    state = home.lake.state(NODE, 2023)
    assert good is not None
    assert state is not None
    assert (state.is_good, state.accepted, state.claim) == (False, good.accepted, "all_is_well")
    assert state.version not in (None, good.accepted)
    assert "core.chronic_absence" in (state.reason or "")
    assert "all is well" in (state.reason or "").lower()
    other = home.lake.state(NODE, 2024)
    assert other is not None
    assert other.is_good


def test_a_failed_table_stops_its_measures(tmp_path: Path, verdicts: Verdicts) -> None:
    home = littleland(tmp_path)
    verdicts.failing.add(("core.organizations", 2023))
    refresh_year(home, 2023)
    assert home.lake.state(measures_node("chronic_absence"), 2023) is None
    with pytest.raises(SpmError, match="no accepted version"):
        build_measures(home, "chronic_absence", 2023)


def test_a_verdict_is_used_again_while_nothing_changes(tmp_path: Path, verdicts: Verdicts) -> None:
    home = littleland(tmp_path)
    refresh(home)
    runs = len(verdicts.runs)
    refresh(replace(home, today=date(2025, 3, 1)))
    assert len(verdicts.runs) == runs
    assert [r.claim for r in last_results(home.lake, NODE, 2023)] == ["all_is_well"]


def test_a_bad_verdict_is_used_again_too_and_still_refuses(tmp_path: Path, verdicts: Verdicts) -> None:
    home = littleland(tmp_path)
    verdicts.failing.add(("core.chronic_absence", 2023))
    refresh_year(home, 2023)
    runs = len(verdicts.runs)
    assert [r.stops for r in check(home)] == [True]
    assert len(verdicts.runs) == runs
    state = home.lake.state(NODE, 2023)
    assert state is not None
    assert (state.is_good, state.accepted) == (False, None)


def of_absence(verdicts: Verdicts) -> list[tuple[str, int]]:
    """What was checked of absence; other tables and figures rest on it and are checked anew, too."""
    return [run for run in verdicts.runs if run[0].endswith(".chronic_absence")]


def test_new_data_are_checked_anew(tmp_path: Path, verdicts: Verdicts) -> None:
    home = littleland(tmp_path)
    refresh(home)
    verdicts.runs.clear()
    write_data(home, "absence_2023.csv", DATA["absence_2023.csv"].replace(",100,20", ",100,21"))
    refresh(home)
    assert of_absence(verdicts) == [("core.chronic_absence", 2023), ("measures.chronic_absence", 2023)]


def test_a_verdict_is_found_anew_once_a_waiver_begins_or_ends(tmp_path: Path, verdicts: Verdicts) -> None:
    home = littleland(tmp_path)
    refresh(home)
    waiver = Waiver(
        claim="all_is_well",
        table="core.chronic_absence",
        who="A. Steward",
        why="Known.",
        until=date(2025, 1, 31),
    )
    waived = replace(home, agency=replace(home.agency, waivers=(waiver,)))
    for day, runs in ((15, True), (31, False)):
        verdicts.runs.clear()
        check(replace(waived, today=date(2025, 1, day)))
        assert bool(verdicts.runs) is runs, day
    verdicts.runs.clear()
    check(replace(waived, today=date(2025, 2, 1)))
    assert verdicts.runs == [("core.chronic_absence", 2023)]


# With the real checks from here on.


def test_a_real_claim_that_fails_refuses_the_year_and_names_the_rows(tmp_path: Path) -> None:
    rows = f"School,Group,Eligible,Absent\n{OAK},All,100,20\n{ELM},All,200,201\n"
    home = littleland(tmp_path, data={"absence_2023.csv": rows})
    results = refresh_year(home, 2023)
    failed = {r.claim: r for r in results if r.stops}
    assert list(failed) == ["chronically_absent_do_not_exceed_eligible"]
    failure = failed["chronically_absent_do_not_exceed_eligible"]
    assert (failure.failing_rows, failure.checked_rows) == (1, 2)
    assert ELM in failure.failing_keys[0]
    state = home.lake.state(NODE, 2023)
    assert state is not None
    assert (state.is_good, state.accepted, state.claim) == (False, None, failure.claim)
    assert ELM in (state.reason or "")

    # A waiver lets it pass until its day, on the same version of the data; after that it fails again.
    waiver = Waiver(
        claim=failure.claim,
        table="core.chronic_absence",
        who="A. Steward",
        why="Known.",
        until=date(2025, 1, 31),
    )
    waived = replace(home, agency=replace(home.agency, waivers=(waiver,)), today=date(2025, 1, 31))
    assert [r.waived_by is not None for r in check(waived) if not r.passed] == [True]
    state = home.lake.state(NODE, 2023)
    assert state is not None
    assert state.is_good
    assert [r.stops for r in check(replace(waived, today=date(2025, 2, 1))) if not r.passed] == [True]
    state = home.lake.state(NODE, 2023)
    assert state is not None
    assert not state.is_good


def test_measures_of_littleland_pass_their_real_checks(tmp_path: Path) -> None:
    home = littleland(tmp_path)
    for source in home.sources:
        refresh_raw(home, source, 2023)
    for table in core_tables(home).values():
        build_core(home, table, 2023)
        assert [r.claim for r in check_core(home, table, 2023) if not r.passed] == []
    build_measures(home, "chronic_absence", 2023)
    results = check_measures(home, "chronic_absence", 2023)
    assert [r.claim for r in results if not r.passed] == []
    assert {"zero_of_zero_is_null", "key_is_unique"} <= {r.claim for r in results}


def test_settings_that_change_figures_are_checked_anew(tmp_path: Path, verdicts: Verdicts) -> None:
    home = littleland(tmp_path)
    refresh(home)
    verdicts.runs.clear()
    level = home.agency.settings.thresholds.model_copy(update={"confidence_percent": 90})
    refresh(with_settings(home, thresholds=level))
    assert of_absence(verdicts) == [("measures.chronic_absence", 2023), ("measures.chronic_absence", 2024)]
