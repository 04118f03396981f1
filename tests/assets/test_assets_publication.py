"""A release holds what is good, carries forward what failed, and says of what is absent why."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from small_state import (
    AGENCY,
    DATA,
    ELM,
    LEA,
    OAK,
    STATE,
    littleland,
    refresh,
    refresh_year,
    with_settings,
    write_data,
)
from verdicts import Verdicts

from assets.home import Home
from assets.publication import PublishReport, publish
from assets.raw import refresh_raw
from warehouse.read import Reader, open_reader

RATE = "chronic_absence_rate"


def released(home: Home) -> PublishReport:
    refresh(home)
    return publish(home, code_version="test")


def read(home: Home, ask: Any, face: Any = "internal") -> Any:
    with open_reader(home.warehouse_url, agency_id="littleland", face=face) as reader:
        return ask(reader)


def state_values(home: Home) -> dict[int, tuple[float, str | None]]:
    """The state's rate by year, with the time since which it is carried forward."""
    rows = read(home, lambda r: r.measure_values(measure_id=RATE, organization_id=STATE, student_group="all"))
    return {row["school_year"]: (row["value"], row["carried_forward_since"]) for row in rows}


def break_2024(home: Home) -> None:
    write_data(home, "absence_2024.csv", f"School,Group,Eligible,Absent\n{OAK},All,1O0,10\n")


def test_a_release_has_the_figures_statuses_organizations_and_snapshots(
    tmp_path: Path, verdicts: Verdicts
) -> None:
    home = littleland(tmp_path)
    report = released(home)
    assert report.failing == ()
    assert not report.outcome.unchanged
    assert state_values(home) == {2023: (20.0, None), 2024: (16.0, None)}

    def ask(reader: Reader) -> None:
        assert reader.release()["as_of"] == "2024-12-31"
        organizations = reader.table("organization", school_year=2024)
        assert {o["organization_id"] for o in organizations} == {STATE, LEA, OAK, ELM}
        snapshots = reader.table("source_snapshot", school_year=2024)
        assert {(s["address"], s["rows_in"], s["rows_out"]) for s in snapshots} == {
            ("absence_2024.csv", 2, 2), ("directory.csv", 2, 2),
        }  # fmt: skip
        assert [n["node_id"] for n in reader.table("plan_node")] == ["G1"]
        assert len(reader.table("measure")) == len(home.agency.measures)
        assert {c["claim"] for c in reader.checks()} >= {"all_is_well"}

    read(home, ask)


def test_the_plan_is_judged_for_every_year_from_its_baseline(tmp_path: Path, verdicts: Verdicts) -> None:
    home = littleland(tmp_path)
    released(home)
    rows = read(home, lambda r: r.table("measure_status", order="school_year"))
    assert [(r["school_year"], r["actual"], r["expected"], r["status"], r["trend"]) for r in rows] == [
        (2023, 20.0, 20.0, "BASELINE_ONLY", None),
        (2024, 16.0, 18.0, "ON_TRACK", "IMPROVING"),
    ]
    assert [r["baseline"] for r in rows] == [20.0, 20.0]  # the plan gives the year, the figure is its actual
    assert rows[1]["gap_closed"] == pytest.approx(4 / 6)
    assert (rows[1]["target"], rows[1]["target_school_year"], rows[1]["node_id"]) == (14.0, 2026, "G1")


def test_publishing_the_same_content_adds_no_release(tmp_path: Path, verdicts: Verdicts) -> None:
    home = littleland(tmp_path)
    first = released(home)
    later = replace(home, today=date(2025, 6, 1))
    again = released(later)
    assert again.outcome.unchanged
    assert again.outcome.release_id == first.outcome.release_id
    assert len(read(home, lambda r: r.releases())) == 1


def test_a_year_whose_source_is_refused_carries_its_last_good_figures_marked(
    tmp_path: Path, verdicts: Verdicts
) -> None:
    home = littleland(tmp_path)
    released(home)
    break_2024(home)
    write_data(home, "absence_2023.csv", DATA["absence_2023.csv"].replace(",100,20", ",100,50"))
    report = released(home)
    values = state_values(home)
    assert values[2023] == (30.0, None)  # the good year is renewed
    assert values[2024][0] == 16.0  # the failed one keeps its last good figure, marked
    assert values[2024][1] is not None
    assert {(f.measure_id, f.school_year) for f in report.failing} == {
        (RATE, 2024), ("chronic_absence_gap", 2024),
    }  # fmt: skip
    assert all("1O0" in f.reason for f in report.failing)
    slices = read(home, lambda r: r.slices(table_name="measure_value", school_year=2024, part=RATE))
    assert {s["face"] for s in slices} == {"internal", "public"}
    assert all(s["carried_forward_since"] for s in slices)


def test_statuses_are_judged_on_what_is_carried(tmp_path: Path, verdicts: Verdicts) -> None:
    home = littleland(tmp_path)
    released(home)
    break_2024(home)
    released(home)
    rows = read(home, lambda r: r.table("measure_status", school_year=2024))
    assert [(r["actual"], r["status"]) for r in rows] == [(16.0, "ON_TRACK")]


def test_a_failed_check_carries_forward_and_names_its_claim(tmp_path: Path, verdicts: Verdicts) -> None:
    home = littleland(tmp_path)
    released(home)
    write_data(home, "absence_2024.csv", DATA["absence_2024.csv"].replace(",100,10", ",100,11"))
    verdicts.failing.add(("measures.chronic_absence", 2024))
    report = released(home)
    assert {f.claim for f in report.failing} == {"all_is_well"}
    assert state_values(home)[2024][0] == 16.0
    slices = read(home, lambda r: r.slices(table_name="measure_value", school_year=2024, part=RATE))
    assert {s["carried_claim"] for s in slices} == {"all_is_well"}


def test_a_year_recovers_once_its_source_does(tmp_path: Path, verdicts: Verdicts) -> None:
    home = littleland(tmp_path)
    released(home)
    break_2024(home)
    released(home)
    write_data(home, "absence_2024.csv", DATA["absence_2024.csv"].replace(",38", ",35"))
    report = released(home)
    assert report.failing == ()
    assert state_values(home)[2024] == (15.0, None)
    assert read(home, lambda r: [s for s in r.slices() if s["carried_forward_since"]]) == []


def test_recovering_with_the_bytes_of_before_removes_the_mark(tmp_path: Path, verdicts: Verdicts) -> None:
    home = littleland(tmp_path)
    released(home)
    break_2024(home)
    released(home)
    write_data(home, "absence_2024.csv", DATA["absence_2024.csv"])
    released(home)
    assert state_values(home)[2024] == (16.0, None)


def test_a_year_that_never_was_good_is_absent_with_its_reason(tmp_path: Path, verdicts: Verdicts) -> None:
    home = littleland(tmp_path)
    break_2024(home)
    report = released(home)
    assert (RATE, 2024) in {(f.measure_id, f.school_year) for f in report.failing}
    assert set(state_values(home)) == {2023}
    absent = read(home, lambda r: r.absent(table_name="measure_value", part=RATE))
    assert {a["school_year"] for a in absent} == {2024}
    assert all("1O0" in a["reason"] for a in absent)


def test_a_year_without_a_source_is_absent_and_no_failure(tmp_path: Path, verdicts: Verdicts) -> None:
    line = "      - {school_years: [2024], files: [absence_2024.csv]}\n"
    home = littleland(tmp_path, agency={"sources.yml": AGENCY["sources.yml"].replace(line, "")})
    report = released(home)
    assert report.failing == ()
    absent = read(home, lambda r: r.absent(table_name="measure_value", part=RATE, school_year=2024))
    assert {a["reason"] for a in absent} == {"No source is declared for the school year"}


def test_a_measure_without_rows_is_absent_and_no_failure(tmp_path: Path, verdicts: Verdicts) -> None:
    home = littleland(tmp_path)
    assert released(home).failing == ()
    absent = read(home, lambda r: r.absent(part="chronic_absence_gap", school_year=2024))
    # There is a figure of all students only, so there is no gap.
    assert {a["reason"] for a in absent} == {"The sources of the school year hold no rows for it"}


def test_organizations_of_a_failed_year_are_carried_too(tmp_path: Path, verdicts: Verdicts) -> None:
    home = littleland(tmp_path)
    released(home)
    write_data(home, "directory.csv", "School,Name\nx,Oak\n")
    report = released(home)
    assert {f.school_year for f in report.failing} == {2023, 2024}
    assert state_values(home)[2024][0] == 16.0
    names = read(home, lambda r: {o["organization_name"] for o in r.table("organization", school_year=2024)})
    assert {"Oak", "Elm"} <= names
    slices = read(home, lambda r: r.slices(table_name="organization", school_year=2024))
    assert all(s["carried_forward_since"] for s in slices)
    assert len(read(home, lambda r: r.table("measure_status"))) == 2


def test_a_year_without_organizations_has_no_statuses(tmp_path: Path, verdicts: Verdicts) -> None:
    home = littleland(tmp_path)
    verdicts.failing.add(("core.organizations", 2024))
    released(home)
    rows = read(home, lambda r: r.table("measure_status"))
    assert [r["school_year"] for r in rows] == [2023]


def test_a_changed_definition_is_published_only_once_it_is_computed(
    tmp_path: Path, verdicts: Verdicts
) -> None:
    home = littleland(tmp_path)
    released(home)
    level = home.agency.settings.thresholds.model_copy(update={"confidence_percent": 90})
    changed = with_settings(home, thresholds=level)
    report = publish(changed, code_version="test")
    assert all("was not computed since" in f.reason for f in report.failing)
    assert report.failing
    assert released(changed).failing == ()


def test_a_source_that_is_no_longer_declared_is_no_longer_named(tmp_path: Path, verdicts: Verdicts) -> None:
    home = littleland(tmp_path)
    released(home)
    line = "      - {school_years: [2024], files: [absence_2024.csv]}\n"
    without = littleland(tmp_path, agency={"sources.yml": AGENCY["sources.yml"].replace(line, "")})
    released(without)
    rows = read(home, lambda r: r.table("source_snapshot", school_year=2024))
    assert {r["source_id"] for r in rows} == {"little_directory"}
    assert set(state_values(home)) == {2023}


def test_the_public_face_hides_small_groups_and_so_do_its_statuses(
    tmp_path: Path, verdicts: Verdicts
) -> None:
    rows = f"School,Group,Eligible,Absent\n{OAK},All,9,4\n"
    home = littleland(tmp_path, data={"absence_2024.csv": rows})
    released(home)
    for face, value, status in (("internal", 100 * 4 / 9, "OFF_TRACK"), ("public", None, "SUPPRESSED")):
        found = read(
            home, lambda r: r.measure_values(measure_id=RATE, organization_id=STATE, school_year=2024), face
        )
        assert [r["value"] for r in found] == [value]
        judged = read(home, lambda r: r.table("measure_status", school_year=2024), face)
        assert [(r["actual"], r["status"]) for r in judged] == [(value, status)]


def test_reading_a_source_again_is_not_work_done_again(tmp_path: Path, verdicts: Verdicts) -> None:
    home = littleland(tmp_path)
    first = refresh_raw(home, "little_absence", 2024)
    again = refresh_raw(home, "little_absence", 2024)
    assert first is not None
    assert again is not None
    assert (first.reused, again.reused) == (False, True)
    assert replace(first, reused=True, outcome="unchanged") == again
    assert refresh_raw(home, "little_absence", 2024) == again


def test_a_refused_source_keeps_its_last_good_version(tmp_path: Path, verdicts: Verdicts) -> None:
    home = littleland(tmp_path)
    refresh(home)
    from assets.raw import raw_node

    good = home.lake.state(raw_node("little_absence"), 2024)
    break_2024(home)
    refresh_year(home, 2024)
    state = home.lake.state(raw_node("little_absence"), 2024)
    assert good is not None
    assert state is not None
    assert (state.is_good, state.accepted) == (False, good.accepted)
