"""One bad source stops what rests on it and nothing else; the public reads no counts in a failure."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from small_state import (
    ELM,
    OAK,
    SOURCES,
    STATE,
    littleland,
    refresh_year,
    with_names,
    with_settings,
    write_data,
)
from verdicts import Verdicts

from assets.core import build_core
from assets.core_table import core_node, core_tables
from assets.draft import PUBLIC_REASON
from assets.gate import RESULTS, check_core, check_measures
from assets.health import core_health, measures_health, renewable
from assets.home import Home
from assets.lake import Node
from assets.measures import build_measures
from assets.publication import publish
from warehouse.read import open_reader

RATE = "chronic_absence_rate"
NEWER = f"School,Group,Eligible,Absent\n{OAK},All,100,40\n{ELM},All,200,20\n"


def state_value(home: Home, year: int, face: str = "internal") -> dict[str, object]:
    with open_reader(home.warehouse_url, face=face) as reader:  # type: ignore[arg-type]
        rows = reader.measure_values(
            measure_id=RATE, organization_id=STATE, school_year=year, student_group="all"
        )
    return dict(rows[0])


def test_a_bad_source_of_names_does_not_stop_the_figures_of_the_others(
    tmp_path: Path, verdicts: Verdicts
) -> None:
    home = with_names(tmp_path)
    for year in (2023, 2024):
        refresh_year(home, year)
    write_data(home, "names.csv", f"School,Pupils\n{OAK},1O0\n")
    write_data(home, "absence_2024.csv", NEWER)
    refresh_year(home, 2024)
    due = [n.name for n in renewable(home, 2024)]
    assert [name for name in due if name.endswith("chronic_absence")] == [
        "core.chronic_absence", "measures.chronic_absence",
    ]  # fmt: skip
    assert "core.organizations" not in due
    assert core_health(home, "organizations", 2024).is_good

    table = core_tables(home)["chronic_absence"]
    build_core(home, table, 2024)
    check_core(home, table, 2024)
    build_measures(home, "chronic_absence", 2024)
    check_measures(home, "chronic_absence", 2024)
    assert not [n.name for n in renewable(home, 2024) if n.name.endswith("chronic_absence")]
    assert measures_health(home, "chronic_absence", 2024).is_good


def test_a_bad_directory_stops_the_year(tmp_path: Path, verdicts: Verdicts) -> None:
    home = with_names(tmp_path)
    refresh_year(home, 2024)
    write_data(home, "directory.csv", f"School,Name\n{OAK[1:]},Oak\n")
    write_data(home, "absence_2024.csv", NEWER)
    refresh_year(home, 2024)
    assert not [n.name for n in renewable(home, 2024) if n.name.endswith("chronic_absence")]
    assert "raw.little_directory" in str(measures_health(home, "chronic_absence", 2024).reason)


def test_what_was_refused_itself_is_not_tried_again(tmp_path: Path, verdicts: Verdicts) -> None:
    home = with_names(tmp_path)
    verdicts.failing.add(("core.chronic_absence", 2024))
    refresh_year(home, 2024)
    assert not [n.name for n in renewable(home, 2024) if n.name.endswith("chronic_absence")]


def test_the_public_reads_no_message_that_could_tell_a_count(tmp_path: Path, verdicts: Verdicts) -> None:
    home = with_names(tmp_path)
    for year in (2023, 2024):
        refresh_year(home, year)
    publish(home, code_version="test")
    write_data(home, "absence_2024.csv", f"School,Group,Eligible,Absent\n{OAK},All,1O7,10\n")
    refresh_year(home, 2024)
    publish(home, code_version="test")
    assert "1O7" in str(state_value(home, 2024)["carried_reason"])
    public = state_value(home, 2024, "public")
    assert public["carried_reason"] == PUBLIC_REASON
    assert public["carried_forward_since"] is not None


def test_a_higher_minimum_n_hides_carried_figures_too(tmp_path: Path, verdicts: Verdicts) -> None:
    home = with_names(tmp_path)
    for year in (2023, 2024):
        refresh_year(home, year)
    publish(home, code_version="test")
    write_data(home, "absence_2024.csv", f"School,Group,Eligible,Absent\n{OAK},All,1O7,10\n")
    refresh_year(home, 2024)
    stricter = with_settings(home, minimum_n=150)
    publish(stricter, code_version="test")
    with open_reader(home.warehouse_url, face="public") as reader:
        assert reader.measure_values(measure_id=RATE, school_year=2024) == []
        shown = reader.measure_values(measure_id=RATE, school_year=2023, organization_id=OAK)
        assert [row["value"] for row in shown] == [None]
    assert state_value(home, 2024)["value"] == pytest.approx(16.0)


def test_a_verdict_under_other_claims_is_no_verdict(tmp_path: Path, verdicts: Verdicts) -> None:
    home = with_names(tmp_path)
    refresh_year(home, 2024)
    node: Node = core_node("chronic_absence")
    kept = home.lake.read_json(node, 2024, RESULTS)
    home.lake.write_json(node, 2024, RESULTS, {**kept, "checks": "of yesterday"})
    assert "was not judged since its claims" in str(measures_health(home, "chronic_absence", 2024).reason)


def test_a_day_that_passes_makes_nothing_stale(tmp_path: Path, verdicts: Verdicts) -> None:
    by_day = SOURCES["little_absence"]["core/chronic_absence.sql"].replace(
        "FROM raw.little_absence__rows AS x",
        "FROM raw.little_absence__rows AS x, agency.settings AS a WHERE x.school_year <= year(a.as_of)",
    )
    home = with_settings(
        littleland(tmp_path, sources={"little_absence": {"core/chronic_absence.sql": by_day}}), as_of=None
    )
    refresh_year(home, 2024)
    tomorrow = replace(home, today=date(2025, 1, 16))
    assert measures_health(tomorrow, "chronic_absence", 2024).is_good
    first = home.lake.state(core_node("chronic_absence"), 2024)
    refresh_year(tomorrow, 2024)
    second = home.lake.state(core_node("chronic_absence"), 2024)
    assert first is not None and second is not None and first.accepted != second.accepted
