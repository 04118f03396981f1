"""Editions of a year, releases that are left as they stand, the table of fetches, and rows set aside."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from assets.fetches import Fetch, Fetches
from assets.home import Home
from assets.quarantine import quarantine
from assets.raw import raw_node, refresh_raw
from assets.revisions import Revision, revisions
from tests.small_state import AGENCY, DATA, ELM, OAK, SOURCES, littleland
from warehouse.model.errors import SpmError

ABSENCE = "little_absence"
PRELIMINARY = f"School,Group,Eligible,Absent\n{OAK},All,100,12\n{ELM},All,200,38\n{OAK},Female,50,5\n"
EDITIONS = AGENCY["sources.yml"].replace(
    "- {school_years: [2024], files: [absence_2024.csv]}",
    "- {school_years: [2024], files: [absence_2024_early.csv], data_status: preliminary}\n"
    "      - {school_years: [2024], files: [absence_2024.csv]}",
)


def with_editions(tmp_path: Path, **data: str) -> Home:
    early = {"absence_2024_early.csv": PRELIMINARY, **data}
    return littleland(tmp_path, agency={"sources.yml": EDITIONS}, data=early)


def absent(home: Home, table: str = "rows") -> dict[str, int]:
    """Absent students by school and group of the table's accepted version."""
    import pyarrow.parquet as pq

    state = home.lake.state(raw_node(ABSENCE), 2024)
    assert state is not None and state.accepted is not None
    rows = pq.read_table(home.lake.file(raw_node(ABSENCE), 2024, state.accepted, table)).to_pylist()
    return {f"{row['school_id']} {row['student_group']}": row["absent"] for row in rows}


def test_the_final_edition_counts_and_the_preliminary_one_stands_beside_it(tmp_path: Path) -> None:
    home = with_editions(tmp_path)
    refresh_raw(home, ABSENCE, 2024)
    assert absent(home) == {f"{OAK} all": 10, f"{ELM} all": 38}
    assert absent(home, "rows@preliminary") == {f"{OAK} all": 12, f"{ELM} all": 38, f"{OAK} female": 5}


def test_what_was_revised_between_editions_is_counted(tmp_path: Path) -> None:
    home = with_editions(tmp_path)
    refresh_raw(home, ABSENCE, 2024)
    assert list(revisions(home, ABSENCE, 2024)) == [
        Revision("rows", "final", "preliminary", rows=(2, 3), added=0, removed=1, changed=1)
    ]
    refresh_raw(home, ABSENCE, 2023)
    assert list(revisions(home, ABSENCE, 2023)) == []


def test_the_preliminary_edition_serves_until_the_final_one_comes(tmp_path: Path) -> None:
    home = with_editions(tmp_path)
    final = tmp_path / "data" / "absence_2024.csv"
    final.unlink()
    refresh_raw(home, ABSENCE, 2024)
    assert absent(home)[f"{OAK} all"] == 12
    final.write_text(DATA["absence_2024.csv"], encoding="utf-8")
    refresh_raw(home, ABSENCE, 2024)
    assert absent(home)[f"{OAK} all"] == 10


def test_a_broken_final_edition_leaves_the_last_good_rows(tmp_path: Path) -> None:
    home = with_editions(tmp_path)
    final = tmp_path / "data" / "absence_2024.csv"
    final.unlink()
    refresh_raw(home, ABSENCE, 2024)
    final.write_text(DATA["absence_2024.csv"].replace("100,10", "100,ten"), encoding="utf-8")
    with pytest.raises(SpmError, match=r"(?i)not a whole number"):
        refresh_raw(home, ABSENCE, 2024)
    assert absent(home)[f"{OAK} all"] == 12


def test_a_final_edition_that_is_gone_is_withdrawn_though_another_edition_is_there(tmp_path: Path) -> None:
    home = with_editions(tmp_path)
    refresh_raw(home, ABSENCE, 2024)
    (tmp_path / "data" / "absence_2024.csv").unlink()
    with pytest.raises(SpmError):
        refresh_raw(home, ABSENCE, 2024)
    assert Fetches(home.root).of(ABSENCE, 2024)[1].outcome == "withdrawn"
    assert absent(home)[f"{OAK} all"] == 10


def test_nothing_new_in_any_edition_is_not_read_again(tmp_path: Path) -> None:
    home = with_editions(tmp_path)
    first, second = refresh_raw(home, ABSENCE, 2024), refresh_raw(home, ABSENCE, 2024)
    assert first is not None and second is not None
    assert (first.reused, second.reused, second.outcome) == (False, True, "unchanged")
    assert second.version == first.version


def where_set(tmp_path: Path, environment: dict[str, str]) -> Home:
    sources = AGENCY["sources.yml"].replace(
        "files: [absence_2024.csv]}", "files: [absence_2024.csv], only_where_set: LITTLE_SYSTEMS}"
    )
    return replace(littleland(tmp_path, agency={"sources.yml": sources}), environment=environment)


def test_a_system_that_is_out_of_reach_here_is_left_as_it_stands(tmp_path: Path) -> None:
    reached = where_set(tmp_path, {"LITTLE_SYSTEMS": "yes"})
    assert refresh_raw(reached, ABSENCE, 2024) is not None
    (tmp_path / "data" / "absence_2024.csv").unlink()
    here = replace(reached, environment={})
    result = refresh_raw(here, ABSENCE, 2024)
    assert result is not None and result.reused and result.rows == 2
    assert "LITTLE_SYSTEMS is not set here" in result.outcome
    state = here.lake.state(raw_node(ABSENCE), 2024)
    assert state is not None and state.is_good


def test_a_system_that_was_never_reached_here_gives_no_rows_and_no_failure(tmp_path: Path) -> None:
    home = where_set(tmp_path, {})
    assert refresh_raw(home, ABSENCE, 2024) is None
    fetch = home.lake.read_json(raw_node(ABSENCE), 2024, "fetch")
    assert fetch["outcome"] == "not_yet_released" and "LITTLE_SYSTEMS" in fetch["detail"]


def test_every_fetch_is_kept_with_its_outcome(tmp_path: Path) -> None:
    home = littleland(tmp_path)
    file = tmp_path / "data" / "absence_2024.csv"
    refresh_raw(home, ABSENCE, 2024)
    refresh_raw(home, ABSENCE, 2024)
    file.write_text(DATA["absence_2024.csv"].replace("38", "39"), encoding="utf-8")
    refresh_raw(home, ABSENCE, 2024)
    file.unlink()
    with pytest.raises(SpmError):
        refresh_raw(home, ABSENCE, 2024)
    kept = Fetches(home.root).of(ABSENCE)
    assert [f.outcome for f in kept] == ["withdrawn", "new", "unchanged", "new"]
    assert kept[-1] == Fetch(
        kept[-1].at, ABSENCE, 2024, "final", "new", "1 file", 1, len(DATA["absence_2024.csv"]),
        kept[-1].seconds,
    )  # fmt: skip
    assert [f.outcome for f in Fetches(home.root).last()] == ["withdrawn"]


def test_a_home_without_fetches_has_none(tmp_path: Path) -> None:
    assert Fetches(tmp_path).last() == []


def test_rows_for_which_a_file_is_refused_can_be_listed_until_it_is_mended(tmp_path: Path) -> None:
    home = littleland(tmp_path)
    good = DATA["absence_2024.csv"]
    file = tmp_path / "data" / "absence_2024.csv"
    file.write_text(good.replace("100,10", "100,ten").replace("200,38", "many,38"), encoding="utf-8")
    with pytest.raises(SpmError):
        refresh_raw(home, ABSENCE, 2024)
    rows = quarantine(home, source_ids=[ABSENCE]).to_pylist()
    assert [(r["source_file"], r["source_line"], r["column"], r["value"], r["refused"]) for r in rows] == [
        ("absence_2024.csv", 2, "Absent", "ten", True),
        ("absence_2024.csv", 3, "Eligible", "many", True),
    ]
    assert quarantine(home, years=[2023]).num_rows == 0
    file.write_text(good, encoding="utf-8")
    refresh_raw(home, ABSENCE, 2024)
    assert quarantine(home).num_rows == 0


def test_rows_set_aside_within_the_bounds_can_be_listed(tmp_path: Path) -> None:
    spec = SOURCES[ABSENCE]["source.yml"] + "bounds: {key_errors: 0, value_errors: 0.5}\n"
    home = littleland(tmp_path, sources={ABSENCE: {"source.yml": spec}})
    file = tmp_path / "data" / "absence_2024.csv"
    file.write_text(DATA["absence_2024.csv"].replace("100,10", "100,ten"), encoding="utf-8")
    result = refresh_raw(home, ABSENCE, 2024)
    assert result is not None and (result.rows, result.quarantined) == (1, 1)
    (row,) = quarantine(home).to_pylist()
    assert (row["value"], row["reason"], row["refused"]) == (
        "ten", "not a whole number of zero or more", False,
    )  # fmt: skip
