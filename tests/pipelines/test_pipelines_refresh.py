"""Whole refreshes of an invented agency."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assets.core_table import core_node
from assets.home import Home
from assets.measures import measures_node
from pipelines.instance import open_instance
from pipelines.locking import HomeBusy, home_lock
from pipelines.refresh import refresh
from tests.pipelines.tiny_agency import FILES, make_home, put, write_source
from warehouse.model.errors import SpmError
from warehouse.read import open_reader

TOO_MANY_ABSENT = "School,Name,Eligible,Absent\n990001000001,Oak,100,120\n990001000002,Elm,200,30\n"


def value_of(home: Home, year: int) -> float:
    with open_reader(home.warehouse_url) as reader:
        rows = reader.measure_values(
            measure_id="chronic_absence_rate", organization_id="TL", school_year=year, student_group="all"
        )
    return float(rows[0]["value"])


def test_a_refresh_publishes_every_declared_year_and_says_where_the_seconds_went(home: Home) -> None:
    report = refresh(home)
    assert not report.failed
    assert [year.is_good for year in report.years] == [True, True]
    assert value_of(home, 2023) == pytest.approx(100 * 50 / 300)
    assert value_of(home, 2024) == pytest.approx(10)
    assert {"fetch_and_read", "sql", "checks", "publish", "dagster"} <= set(report.seconds)
    assert sum(report.seconds.values()) <= report.total_seconds
    assert json.loads(json.dumps(report.to_json()))["failed"] is False


def test_refreshing_again_adds_no_release(home: Home) -> None:
    first, second = refresh(home), refresh(home)
    assert first.release is not None and second.release is not None
    assert second.release["unchanged"] and first.release["release_id"] == second.release["release_id"]


def test_a_failed_check_stops_what_is_downstream_and_a_good_year_does_not_hide_it(home: Home) -> None:
    put(home, 2023, TOO_MANY_ABSENT)
    report = refresh(home)
    assert report.failed
    assert [(year.school_year, year.is_good) for year in report.years] == [(2023, False), (2024, True)]
    claims = {(f.claim, f.table, f.school_year) for f in report.failures}
    assert claims == {("chronically_absent_do_not_exceed_eligible", "core.chronic_absence", 2023)}
    assert "990001000001" in report.failures[0].text
    assert home.lake.state(measures_node("chronic_absence"), 2023) is None
    assert home.lake.state(measures_node("chronic_absence"), 2024) is not None


def test_a_refused_file_names_line_column_and_value_once_and_its_year_keeps_the_last_good_figure(
    home: Home,
) -> None:
    refresh(home)
    put(home, 2023, FILES["absence_2023.csv"].replace("Oak,100", "Oak,1O0"))
    put(home, 2024, FILES["absence_2024.csv"].replace("Oak,100,10", "Oak,100,40"))
    report = refresh(home)
    assert report.failed
    refused = [f for f in report.failures if f.table == "raw.tiny_absence"]
    assert len(report.failures) == 1 and len(refused) == 1
    for part in ("absence_2023.csv", "line 2", "Eligible", "1O0"):
        assert part in refused[0].text
    assert refused[0].objectives == ("G1",)
    assert value_of(home, 2023) == pytest.approx(100 * 50 / 300)
    assert value_of(home, 2024) == pytest.approx(20)


def test_a_year_without_declared_files_materializes_no_rows_and_fails_nothing(home: Home) -> None:
    sources = home.agency.folder / "sources.yml"
    sources.write_text("\n".join(sources.read_text().splitlines()[:-1]) + "\n")
    assert home.sources_root is not None
    report = refresh(make_home(home.root.parent, home.sources_root))
    assert [year.is_good for year in report.years] == [True, True]


def test_a_second_run_gets_one_clear_message(home: Home) -> None:
    with home_lock(home.root, "spm refresh"), pytest.raises(HomeBusy) as refused:
        refresh(home)
    assert "spm refresh" in str(refused.value) and "Wait" in str(refused.value)
    assert not refresh(home, years=[2024]).failed


def test_only_what_is_selected_is_refreshed(home: Home) -> None:
    refresh(home, years=[2024], select=["organizations"])
    assert home.lake.state(core_node("organizations"), 2024) is not None
    assert home.lake.state(core_node("chronic_absence"), 2024) is None
    assert home.lake.state(core_node("organizations"), 2023) is None


@pytest.mark.parametrize(("years", "select"), [([1999], []), (None, ["no_such_table"])])
def test_an_unknown_year_or_name_is_refused(home: Home, years: list[int] | None, select: list[str]) -> None:
    with pytest.raises(SpmError) as refused:
        refresh(home, years=years, select=select)
    assert "2023" in str(refused.value) or "chronic_absence" in str(refused.value)


def test_the_history_of_a_refresh_is_read_by_dagsters_own_storage(home: Home) -> None:
    import dagster as dg

    from assets.dagster_deps import key_of

    refresh(home)
    instance = dg.DagsterInstance.from_config(str(home.root / "dagster"))
    try:
        assert len(instance.get_runs()) == 3
        key = key_of(measures_node("chronic_absence"))
        assert instance.get_materialized_partitions(key) == {"2023", "2024"}
    finally:
        instance.dispose()


def test_the_quick_event_log_is_used_unless_the_agency_names_a_storage(home: Home) -> None:
    from pipelines.event_log import KeptOpenEventLog

    instance = open_instance(home.root)
    assert isinstance(instance.event_log_storage, KeptOpenEventLog)
    instance.dispose()
    settings = home.root / "dagster" / "dagster.yaml"
    settings.write_text(settings.read_text() + f"storage: {{sqlite: {{base_dir: '{home.root}/own'}}}}\n")
    instance = open_instance(home.root)
    assert not isinstance(instance.event_log_storage, KeptOpenEventLog)
    instance.dispose()


def test_a_new_agency_whose_source_feeds_nothing_yet_is_refreshed_and_published(tmp_path: Path) -> None:
    write_source(tmp_path / "sources")
    home = make_home(tmp_path, tmp_path / "sources")
    folder = tmp_path / "sources" / "tiny_absence"
    text = (folder / "source.yml").read_text()
    (folder / "source.yml").write_text(text[: text.index("provides:")] + "provides: []\n")
    for mapping in (folder / "core").iterdir():
        mapping.unlink()
    plan = home.agency.folder / "plan.yml"
    plan.write_text(plan.read_text()[: plan.read_text().index("goals:")] + "goals: []\n")
    report = refresh(make_home(tmp_path, tmp_path / "sources"))
    assert not report.failed, list(report.lines())
    assert report.release is not None


def test_an_agency_without_a_source_is_told_so(home: Home) -> None:
    (home.agency.folder / "sources.yml").write_text("sources: {}\n")
    assert home.sources_root is not None
    with pytest.raises(SpmError, match="No source is switched on"):
        refresh(make_home(home.root.parent, home.sources_root))


def test_a_selected_source_that_failed_is_told_once(home: Home) -> None:
    put(home, 2024, "")
    report = refresh(home, years=[2024], select=["tiny_absence"])
    assert report.failed
    assert not [f for f in report.failures if "was asked for" in f.text]
