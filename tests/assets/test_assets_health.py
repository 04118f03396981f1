"""Health names the first thing upstream that is not good, and nothing when the accepted is the truth."""

from __future__ import annotations

from pathlib import Path

from small_state import AGENCY, DATA, OAK, littleland, refresh, refresh_year, with_settings, write_data
from verdicts import Verdicts

from assets.core_table import core_node, core_tables
from assets.health import Health, core_health, measures_health
from assets.home import Home
from assets.lake import Node
from assets.raw import refresh_raw
from warehouse.model.errors import SpmError

ABSENCE = "chronic_absence"


def forget(home: Home, node: Node, year: int) -> None:
    (home.lake.folder(node, year) / "state.json").unlink()


def test_what_was_refreshed_is_good(tmp_path: Path, verdicts: Verdicts) -> None:
    home = littleland(tmp_path)
    refresh(home)
    for year in (2023, 2024):
        assert core_health(home, "organizations", year) == Health()
        assert core_health(home, ABSENCE, year).is_good
        assert measures_health(home, ABSENCE, year) == Health()


def test_a_source_never_refreshed_is_named(tmp_path: Path, verdicts: Verdicts) -> None:
    home = littleland(tmp_path)
    refresh_year(home, 2023)
    assert core_health(home, ABSENCE, 2024).reason == "raw.little_directory was never refreshed for 2024"
    refresh_raw(home, "little_directory", 2024)
    assert core_health(home, "organizations", 2024).reason == "core.organizations was never computed for 2024"


def test_a_source_that_was_refused_is_named_with_its_error(tmp_path: Path, verdicts: Verdicts) -> None:
    home = littleland(tmp_path)
    refresh(home)
    write_data(home, "absence_2024.csv", f"School,Group,Eligible,Absent\n{OAK},All,1O0,10\n")
    refresh_year(home, 2024)
    health = measures_health(home, ABSENCE, 2024)
    assert not health.is_good
    assert "raw.little_absence: " in (health.reason or "")
    assert "1O0" in (health.reason or "")
    assert core_health(home, "organizations", 2024).is_good
    assert measures_health(home, ABSENCE, 2023).is_good  # a failed year is not the fault of another


def test_a_failed_check_is_named_with_its_claim(tmp_path: Path, verdicts: Verdicts) -> None:
    home = littleland(tmp_path)
    verdicts.failing.add(("core.organizations", 2024))
    refresh(home)
    health = measures_health(home, ABSENCE, 2024)
    assert health.claim == "all_is_well"
    assert (health.reason or "").startswith("core.organizations: ")
    assert measures_health(home, ABSENCE, 2023).is_good


def test_a_failed_check_of_measures_is_named(tmp_path: Path, verdicts: Verdicts) -> None:
    home = littleland(tmp_path)
    verdicts.failing.add(("measures.chronic_absence", 2024))
    refresh(home)
    health = measures_health(home, ABSENCE, 2024)
    assert (health.claim, (health.reason or "").split(":")[0]) == ("all_is_well", "measures.chronic_absence")
    assert core_health(home, ABSENCE, 2024).is_good


def test_measures_never_computed_are_named(tmp_path: Path, verdicts: Verdicts) -> None:
    home = littleland(tmp_path)
    refresh(home)
    forget(home, Node("measures", ABSENCE), 2024)
    assert (
        measures_health(home, ABSENCE, 2024).reason == "measures.chronic_absence was never computed for 2024"
    )


def test_what_was_not_computed_since_its_inputs_changed_is_named(tmp_path: Path, verdicts: Verdicts) -> None:
    home = littleland(tmp_path)
    refresh(home)
    write_data(home, "absence_2024.csv", DATA["absence_2024.csv"].replace(",100,10", ",100,11"))
    refresh_raw(home, "little_absence", 2024)
    changed = "was not computed since its inputs or definitions changed"
    assert measures_health(home, ABSENCE, 2024).reason == f"core.chronic_absence {changed}"
    assert core_health(home, "organizations", 2024).is_good


def test_what_was_not_computed_since_definitions_changed_is_named(tmp_path: Path, verdicts: Verdicts) -> None:
    home = littleland(tmp_path)
    refresh(home)
    level = home.agency.settings.thresholds.model_copy(update={"confidence_percent": 90})
    reason = measures_health(with_settings(home, thresholds=level), ABSENCE, 2024).reason
    assert reason == "measures.chronic_absence was not computed since its inputs or definitions changed"
    with core_tables(home)["organizations"].mappings[0].open("a", encoding="utf-8") as handle:
        handle.write("-- changed\n")
    reason = core_health(home, ABSENCE, 2024).reason
    assert reason == "core.organizations was not computed since its inputs or definitions changed"


def test_a_year_without_a_declared_source_is_empty_and_no_failure(tmp_path: Path, verdicts: Verdicts) -> None:
    line = "      - {school_years: [2024], files: [absence_2024.csv]}\n"
    home = littleland(tmp_path, agency={"sources.yml": AGENCY["sources.yml"].replace(line, "")})
    refresh(home)
    assert measures_health(home, ABSENCE, 2024) == Health(is_empty=True)
    assert measures_health(home, ABSENCE, 2023) == Health(is_empty=False)


def test_a_file_that_is_not_yet_released_is_no_failure(tmp_path: Path, verdicts: Verdicts) -> None:
    later = AGENCY["agency.yml"].replace("school_years: [2023, 2024]", "school_years: [2023, 2024, 2025]")
    sources = AGENCY["sources.yml"].replace("[2023, 2024], files: [dir", "[2023, 2024, 2025], files: [dir")
    sources += "      - {school_years: [2025], files: [absence_2025.csv]}\n"
    home = littleland(tmp_path, agency={"agency.yml": later, "sources.yml": sources})
    refresh(home)
    assert home.lake.read_json(Node("raw", "little_absence"), 2025, "fetch")["outcome"] == "not_yet_released"
    assert home.lake.state(core_node(ABSENCE), 2025) is not None
    assert measures_health(home, ABSENCE, 2025) == Health(is_empty=False)


def test_a_file_that_is_gone_is_a_failure(tmp_path: Path, verdicts: Verdicts) -> None:
    home = littleland(tmp_path)
    refresh(home)
    (tmp_path / "data" / "absence_2024.csv").unlink()
    try:
        refresh_raw(home, "little_absence", 2024)
    except SpmError as error:
        assert "absence_2024.csv" in str(error)
    health = core_health(home, ABSENCE, 2024)
    assert not health.is_good
    assert "absence_2024.csv" in (health.reason or "")
