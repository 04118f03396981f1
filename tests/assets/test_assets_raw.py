"""Raw: what was read once is read again only if need be, and nothing goes missing unsaid."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest
from small_state import AGENCY, ELM, OAK, littleland, write_data

from assets.home import Home
from assets.raw import raw_node, refresh_raw
from warehouse.model.errors import SpmError

ABSENCE = "little_absence"
BY_SCHOOL = {
    "agency": {
        "sources.yml": AGENCY["sources.yml"].replace("absence_2023.csv", '"absence_2023_*.csv"'),
    },
    "data": {
        "absence_2023_elm.csv": f"School,Group,Eligible,Absent\n{ELM},All,200,40\n",
        "absence_2023_oak.csv": f"School,Group,Eligible,Absent\n{OAK},All,100,20\n",
    },
}


def data_of(home: Home) -> Path:
    assert home.data_root is not None
    return home.data_root


def test_a_file_of_a_pattern_that_is_gone_fails_the_year_and_the_last_good_rows_stay(tmp_path: Path) -> None:
    home = littleland(tmp_path, **BY_SCHOOL)
    before = refresh_raw(home, ABSENCE, 2023)
    (data_of(home) / "absence_2023_elm.csv").unlink()
    with pytest.raises(SpmError, match="is gone") as caught:
        refresh_raw(home, ABSENCE, 2023)
    assert caught.value.file == "absence_2023_elm.csv"
    state = home.lake.state(raw_node(ABSENCE), 2023)
    assert before is not None and state is not None
    assert (state.outcome, state.accepted, state.accepted_rows) == ("failed", before.version, 2)


def test_a_stray_file_that_was_refused_may_be_taken_away(tmp_path: Path) -> None:
    home = littleland(tmp_path, **BY_SCHOOL)
    refresh_raw(home, ABSENCE, 2023)
    write_data(home, "absence_2023_notes.csv", "no such header\n")
    with pytest.raises(SpmError):
        refresh_raw(home, ABSENCE, 2023)
    (data_of(home) / "absence_2023_notes.csv").unlink()
    again = refresh_raw(home, ABSENCE, 2023)
    assert again is not None and again.rows == 2


def test_a_version_whose_files_are_all_there_is_not_read_again(tmp_path: Path) -> None:
    home = littleland(tmp_path)
    first, again = (refresh_raw(home, ABSENCE, 2023) for _ in range(2))
    assert first is not None and again is not None
    assert (first.reused, again.reused, again.version) == (False, True, first.version)


@pytest.mark.parametrize("part", ["rows", "quarantine_rows"])
def test_a_file_that_the_lake_has_lost_is_read_again(tmp_path: Path, part: str) -> None:
    home = littleland(tmp_path)
    first = refresh_raw(home, ABSENCE, 2023)
    assert first is not None
    file = home.lake.file(raw_node(ABSENCE), 2023, first.version, part)
    rows = pq.read_metadata(file).num_rows
    file.unlink()
    again = refresh_raw(home, ABSENCE, 2023)
    assert again is not None
    assert (again.reused, again.version, again.rows) == (False, first.version, first.rows)
    assert pq.read_metadata(file).num_rows == rows
