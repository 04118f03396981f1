"""What a failed source does not touch is renewed in the same refresh."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_state import ELM, OAK, STATE, with_names, write_data

from assets.home import Home
from pipelines.refresh import refresh
from warehouse.read import open_reader


def state_rate(home: Home, year: int) -> dict[str, object]:
    with open_reader(home.warehouse_url) as reader:
        rows = reader.measure_values(
            measure_id="chronic_absence_rate", organization_id=STATE, school_year=year, student_group="all"
        )
    return dict(rows[0])


def test_a_bad_source_of_names_fails_the_refresh_and_keeps_no_other_figure_back(tmp_path: Path) -> None:
    home = with_names(tmp_path)
    assert not refresh(home).failed
    write_data(home, "names.csv", f"School,Pupils\n{OAK},1O0\n")
    write_data(
        home, "absence_2024.csv", f"School,Group,Eligible,Absent\n{OAK},All,100,40\n{ELM},All,200,20\n"
    )
    report = refresh(home)
    assert report.failed
    assert {f.table for f in report.failures} == {"raw.little_names"}
    renewed = state_rate(home, 2024)
    assert renewed["value"] == pytest.approx(20.0)
    assert renewed["carried_forward_since"] is None
