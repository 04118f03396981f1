"""Derived figures in the lake and in a release: computed anew when they must be, hidden with their parts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from small_state import AGENCY, DATA, ELM, OAK, STATE, littleland, refresh, refresh_year, write_data
from verdicts import Verdicts

from assets.core_inputs import accepted
from assets.coverage import coverage, plan_gaps
from assets.dagster_deps import derived_deps, key_of
from assets.derived import build_derived, derived_version, parts_file
from assets.derived_health import derived_health, renewable_derived
from assets.derived_measures import DERIVED, core_of, derived_measures, tables_of
from assets.home import Home
from assets.lake import Node
from assets.lineage import stake_of
from assets.measures import measures_node
from assets.publication import PublishReport, publish
from warehouse.model.measure import Change, Derived, Measure, load_measures
from warehouse.read import open_reader

RATE, FRESH = load_measures()["chronic_absence_rate"], load_measures()["measures_fresh_rate"]
CHANGED = RATE.model_copy(
    update={
        "id": "absence_change", "title": "Change", "kind": "derived", "core_table": "measures",
        "unit": "percentage_points", "derived": Derived(change=Change(of=RATE.id)), "roll_up": None,
        "interval": "none", "published": None, "numerator": None, "denominator": None,
    }
)  # fmt: skip
OWNERS = {"agency.yml": AGENCY["agency.yml"] + "owners: {student-data: Office}\n"}


def with_change(home: Home) -> Home:
    """Littleland with a measure that is the change of its rate of absence."""
    measures: dict[str, Measure] = {**home.agency.measures, CHANGED.id: CHANGED}
    return replace(home, agency=replace(home.agency, measures=measures))


@pytest.fixture
def home(tmp_path: Path, verdicts: Verdicts) -> Home:
    return with_change(littleland(tmp_path, agency=OWNERS))


def released(home: Home) -> PublishReport:
    refresh(home)
    return publish(home, code_version="test")


def read(home: Home, face: Any = "internal", **where: Any) -> list[dict[str, Any]]:
    with open_reader(home.warehouse_url, agency_id="littleland", face=face) as reader:
        return list(reader.measure_values(**where))


def changes(home: Home, face: Any = "internal") -> dict[str, tuple[float | None, str | None]]:
    rows = read(home, face, measure_id=CHANGED.id, school_year=2024)
    return {r["organization_id"]: (r["value"], r["null_reason"]) for r in rows}


def test_derived_measures_come_after_what_they_are_made_of_and_freshness_last(home: Home) -> None:
    assert [m.id for m in derived_measures(home)] == [CHANGED.id, FRESH.id]
    assert tables_of(home, [CHANGED]) == ("chronic_absence",)
    assert core_of(home, [CHANGED]) == ("organizations",)


def test_a_derived_measure_whose_figures_no_source_gives_is_not_computed(home: Home) -> None:
    """Nothing gives proficiency, nobody says which schools are in support, and there is no ledger."""
    known = {m.id for m in home.agency.measures.values() if m.is_of_figures}
    assert known > {CHANGED.id, FRESH.id}
    assert {c.measure_id for c in coverage(home)} & known == {CHANGED.id, FRESH.id}


def test_a_release_holds_derived_figures_of_every_year_that_has_some(home: Home) -> None:
    report = released(home)
    assert report.failing == ()
    found = changes(home)
    assert found[OAK] == (-10.0, None)
    assert found[ELM] == (-1.0, None)
    assert found[STATE] == (-4.0, None)
    assert read(home, measure_id=CHANGED.id, school_year=2023) == []
    fresh = {r["school_year"]: r["value"] for r in read(home, measure_id=FRESH.id, organization_id=STATE)}
    assert fresh == {2023: 100.0, 2024: 100.0}


def test_a_restated_year_is_a_new_change_of_the_next_once_it_is_refreshed(home: Home) -> None:
    released(home)
    write_data(home, "absence_2023.csv", DATA["absence_2023.csv"].replace(",100,20", ",100,50"))
    refresh_year(home, 2023)
    publish(home, code_version="test")
    assert "was not computed since" in (derived_health(home, CHANGED, 2024).reason or "")
    assert changes(home)[OAK] == (-10.0, None)  # carried forward, marked
    refresh_year(home, 2024)
    publish(home, code_version="test")
    assert changes(home)[OAK] == (-40.0, None)


def test_what_has_not_changed_is_not_computed_again(home: Home) -> None:
    refresh(home)
    version, rows = build_derived(home, 2024)
    assert (version, accepted(home, DERIVED, 2024)) == (derived_version(home, 2024), version)
    assert rows > 3
    assert renewable_derived(home, 2024) == []


def test_freshness_speaks_for_the_day_it_was_computed(tmp_path: Path, verdicts: Verdicts) -> None:
    agency = {"agency.yml": OWNERS["agency.yml"].replace("as_of: 2024-12-31\n", "")}
    home = littleland(tmp_path, agency=agency)
    refresh(home)
    later = replace(home, today=date(2025, 9, 1))
    assert derived_health(later, FRESH, 2024).is_good
    assert derived_version(later, 2024) != derived_version(home, 2024)


def test_a_failed_source_carries_its_changes_forward_and_freshness_tells_of_it(home: Home) -> None:
    released(home)
    write_data(home, "absence_2024.csv", f"School,Group,Eligible,Absent\n{OAK},All,1O0,10\n")
    report = released(home)
    assert {(f.measure_id, f.school_year) for f in report.failing} >= {(RATE.id, 2024), (CHANGED.id, 2024)}
    assert FRESH.id not in {f.measure_id for f in report.failing}
    assert changes(home)[OAK] == (-10.0, None)
    (fresh,) = read(home, measure_id=FRESH.id, organization_id=STATE, school_year=2024)
    assert (fresh["value"], fresh["null_reason"]) == (None, "not_yet_known")  # due only in March 2025


def test_a_change_is_hidden_where_one_of_its_figures_is(tmp_path: Path, verdicts: Verdicts) -> None:
    few = f"School,Group,Eligible,Absent\n{OAK},All,9,2\n{ELM},All,200,40\n"
    home = with_change(littleland(tmp_path, agency=OWNERS, data={"absence_2023.csv": few}))
    released(home)
    assert changes(home)[OAK][0] == pytest.approx(10 - 200 / 9)
    public = changes(home, "public")
    assert public[OAK] == (None, "suppressed")
    assert public[ELM] == (-1.0, None)
    (shown,) = read(home, "public", measure_id=RATE.id, organization_id=OAK, school_year=2024)
    assert shown["value"] == 10.0  # this year's own figure is shown; of 2023 there were too few
    fresh = read(home, "public", measure_id=FRESH.id, organization_id=STATE)
    assert {r["value"] for r in fresh} == {100.0}


def test_derived_figures_whose_parts_are_not_known_any_more_are_hidden_from_the_public(home: Home) -> None:
    refresh(home)
    version = accepted(home, DERIVED, 2024)
    assert version is not None
    parts_file(home, 2024, version).unlink()
    publish(home, code_version="test")
    assert changes(home)[ELM] == (-1.0, None)
    assert {*changes(home, "public").values()} == {(None, "suppressed")}


def test_what_rests_on_a_source_is_at_stake_through_derived_figures_too(home: Home) -> None:
    for node in (Node("raw", "little_absence"), measures_node("chronic_absence")):
        assert {RATE.id, CHANGED.id, FRESH.id} <= {*stake_of(home, node).measures}
    assert stake_of(home, DERIVED).measures == tuple(sorted((CHANGED.id, FRESH.id)))


def test_coverage_of_a_change_begins_with_the_second_year(home: Home) -> None:
    found = {(c.school_year, c.grain): c for c in coverage(home) if c.measure_id == CHANGED.id}
    assert set(found) == {(2024, "SCHOOL"), (2024, "LEA"), (2024, "SEA")}
    assert {(c.kind, c.basis, c.sources) for c in found.values()} == {
        ("figures", "derived", ("little_absence",))
    }
    assert {c.school_year for c in coverage(home) if c.measure_id == FRESH.id} == {2023, 2024}
    assert plan_gaps(home) == []


def test_dagster_is_told_that_derived_figures_rest_on_earlier_years_too(home: Home) -> None:
    deps = {d.asset_key: d.partition_mapping for d in derived_deps(home)}
    mapping = deps[key_of(measures_node("chronic_absence"))]
    assert isinstance(mapping, dg.StaticPartitionMapping)
    assert mapping.downstream_partition_keys_by_upstream_partition_key == {
        "2023": {"2023", "2024"}, "2024": {"2024"},
    }  # fmt: skip
