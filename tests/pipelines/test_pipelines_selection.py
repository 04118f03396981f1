"""What `--select` takes along, what a refresh refuses before anything runs, and that it hides no failure."""

from __future__ import annotations

from pathlib import Path

import pytest

import assets.dagster_assets
from assets.core_table import core_node
from assets.home import Home
from assets.raw import raw_node
from pipelines.refresh import publish_only, refresh
from pipelines.wrong_use import WrongUse
from tests.pipelines.tiny_agency import PLAN, make_home
from tests.small_state import littleland, write_data
from warehouse.model.errors import SpmError
from warehouse.read import open_reader

LATE = """\
sources:
  little_directory:
    releases:
      - {school_years: [2023, 2024], files: [directory.csv]}
  little_absence:
    releases:
      - {school_years: [2023], files: [absence_2023.csv]}
"""


def test_a_selected_source_brings_what_its_figures_need_from_others(tmp_path: Path) -> None:
    home = littleland(tmp_path)
    report = refresh(home, years=[2024], select=["little_absence"])
    assert not report.failed, list(report.lines())
    assert home.lake.state(raw_node("little_directory"), 2024) is not None
    with open_reader(home.warehouse_url) as reader:
        names = {row["organization_name"] for row in reader.measure_values(organization_type="SCHOOL")}
    assert names == {"Oak", "Elm"}


@pytest.mark.parametrize("name", ["little_absence", "chronic_absence", "chronic_absence_rate"])
def test_a_selected_name_that_no_file_renews_fails_the_refresh_and_is_named(
    tmp_path: Path, name: str
) -> None:
    home = littleland(tmp_path, agency={"sources.yml": LATE})
    report = refresh(home, years=[2024], select=[name])
    assert report.failed
    assert [f.text for f in report.failures if f.text.startswith(f"{name} was asked for")], list(
        report.lines()
    )
    assert not refresh(home, years=[2023, 2024], select=[name]).failed


def test_a_selected_table_without_a_measure_of_its_own_is_renewed_with_its_checks(tmp_path: Path) -> None:
    home = littleland(tmp_path)
    assert not refresh(home, years=[2024], select=["organizations"]).failed
    state = home.lake.state(core_node("organizations"), 2024)
    assert state is not None and state.is_good
    assert home.lake.state(raw_node("little_absence"), 2024) is None


def test_a_name_nearly_right_is_suggested(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match="Did you mean 'little_absence'"):
        refresh(littleland(tmp_path), select=["litle_absence"])


@pytest.mark.parametrize("run", [refresh, publish_only])
def test_a_plan_with_a_measure_without_input_is_refused_before_anything_runs(
    home: Home,
    run,  # type: ignore[no-untyped-def]
) -> None:
    plan = PLAN.replace("chronic_absence_rate", "graduation_rate_4yr").replace("        grade: all\n", "")
    (home.agency.folder / "plan.yml").write_text(plan)
    assert home.sources_root is not None
    home = make_home(home.root.parent, home.sources_root)
    with pytest.raises(SpmError, match="measure without input") as refused:
        run(home)
    assert refused.value.line == 16 and str(refused.value.file).endswith("plan.yml")
    assert not home.root.exists()


def test_a_refused_file_does_not_hide_that_another_table_crashed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = assets.dagster_assets.snapshots_behind

    def crash(home, sources, year):  # type: ignore[no-untyped-def]
        if "little_directory" in sources:
            raise RuntimeError("the account of snapshots is unreadable")
        return real(home, sources, year)

    monkeypatch.setattr(assets.dagster_assets, "snapshots_behind", crash)
    home = littleland(tmp_path)
    write_data(home, "absence_2024.csv", "School,Group,Eligible\n")
    report = refresh(home, years=[2024])
    failed = {f.table: f.text for f in report.failures}
    assert set(failed) == {"raw.little_absence", "core.organizations"}
    assert "the account of snapshots is unreadable" in failed["core.organizations"]
