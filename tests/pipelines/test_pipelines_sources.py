"""`spm sources` and `spm quarantine`: what is told, and what is written."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from assets.home import Home
from assets.raw import refresh_raw
from pipelines.commands import sources as command
from pipelines.sources_report import account_of, age, standings
from pipelines.wrong_use import WrongUse
from tests.small_state import AGENCY, DATA, SOURCES, littleland
from warehouse.model.errors import SpmError

ABSENCE = "little_absence"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """Littleland with both sources read for 2024, and the commands looking at it."""
    home = littleland(tmp_path)
    for source in SOURCES:
        refresh_raw(home, source, 2024)
    monkeypatch.setattr(command, "open_home", lambda: home)
    return home


def break_file(home: Home) -> None:
    assert home.data_root is not None
    content = DATA["absence_2024.csv"].replace("100,10", "100,ten")
    (home.data_root / "absence_2024.csv").write_text(content, encoding="utf-8")
    with pytest.raises(SpmError):
        refresh_raw(home, ABSENCE, 2024)


def test_every_source_is_told_with_its_outcome_rows_and_owner(home: Home) -> None:
    told = {s.source_id: (s.outcome, s.rows, s.quarantined, s.owner) for s in standings(home)}
    assert told == {
        "little_directory": ("new", 2, 0, "student-data"),
        "little_absence": ("new", 2, 0, "student-data"),
    }
    (year,) = [y for y in standings(home, [ABSENCE])[0].years if y.school_year == 2023]
    assert (year.outcome, year.fetched_at, year.rows) == ("never_fetched", None, 0)


def test_a_file_that_came_and_was_refused_is_told_as_refused(home: Home) -> None:
    break_file(home)
    (standing,) = standings(home, [ABSENCE])
    assert standing.outcome == "refused" and standing.rows == 2
    assert "not a whole number" in str(standing.years[1].problem).lower()


def test_all_that_is_known_of_one_source_is_one_document(home: Home, capsys: pytest.CaptureFixture) -> None:
    refresh_raw(home, ABSENCE, 2024)
    assert command.run_sources(ABSENCE, 2024, as_json=True) == 0
    account = json.loads(capsys.readouterr().out)
    assert account == json.loads(json.dumps(account_of(home, ABSENCE, 2024)))
    assert [f["outcome"] for f in account["fetches"]] == ["unchanged", "new"]
    assert [(f["address"], f["rows_out"]) for f in account["files"]] == [("absence_2024.csv", 2)]


def test_the_page_of_sources_can_be_read_by_people(home: Home, capsys: pytest.CaptureFixture) -> None:
    break_file(home)
    command.run_sources(None, None, as_json=False)
    page = capsys.readouterr().out
    for words in ("little_directory", "refused", "2023, 2024", "student-data", "Not a whole number"):
        assert words in page
    command.run_sources(ABSENCE, None, as_json=False)
    one = capsys.readouterr().out
    for words in ("absence_2024.csv", "Fetches, newest first", "final"):
        assert words in one


def test_an_unknown_source_is_wrong_use_with_a_suggestion(home: Home) -> None:
    with pytest.raises(WrongUse, match="Did you mean 'little_absence'"):
        command.run_sources("litle_absence", None, as_json=False)
    with pytest.raises(WrongUse):
        command.run_quarantine("nothing_like_it", None, None, as_json=False)


def test_rows_set_aside_are_listed_and_exported(home: Home, capsys: pytest.CaptureFixture) -> None:
    command.run_quarantine(None, None, None, as_json=False)
    assert "No rows are set aside" in capsys.readouterr().out
    break_file(home)
    command.run_quarantine(ABSENCE, 2024, None, as_json=False)
    page = capsys.readouterr().out
    assert "Absent" in page and "ten" in page and "the file was refused" in page
    csv_file, parquet_file = home.root / "q.csv", home.root / "q.parquet"
    for file in (csv_file, parquet_file):
        command.run_quarantine(None, None, file, as_json=False)
    (row,) = csv.DictReader(csv_file.open(encoding="utf-8"))
    assert (row["source_line"], row["column"], row["value"]) == ("2", "Absent", "ten")
    assert pq.read_table(parquet_file).to_pylist()[0]["reason"] == row["reason"]


def test_an_export_that_cannot_be_written_says_why(home: Home) -> None:
    with pytest.raises(WrongUse, match=r"\.csv or \.parquet"):
        command.run_quarantine(None, None, home.root / "q.xlsx", as_json=False)
    with pytest.raises(SpmError, match="cannot be written"):
        command.run_quarantine(None, None, home.root / "absent" / "q.csv", as_json=False)


def test_the_value_of_a_students_row_is_withheld(tmp_path: Path, monkeypatch, capsys) -> None:
    spec = SOURCES[ABSENCE]["source.yml"].replace("privacy: public", "privacy: restricted")
    home = littleland(tmp_path, sources={ABSENCE: {"source.yml": spec}})
    monkeypatch.setattr(command, "open_home", lambda: home)
    break_file(home)
    command.run_quarantine(None, None, None, as_json=False)
    page = capsys.readouterr().out
    assert "(withheld)" in page and "ten" not in page.replace("written", "")


def test_a_year_of_several_editions_is_new_when_one_of_them_is(tmp_path: Path) -> None:
    final = "- {school_years: [2024], files: [absence_2024.csv]}"
    both = f"{final}\n      - {{school_years: [2024], files: [early.csv], data_status: preliminary}}"
    settings = AGENCY["sources.yml"].replace(final, both)
    home = littleland(
        tmp_path, agency={"sources.yml": settings}, data={"early.csv": DATA["absence_2024.csv"]}
    )
    assert home.data_root is not None
    last = home.data_root / "absence_2024.csv"
    content = last.read_bytes()

    def of_2024() -> str:
        (standing,) = standings(home, [ABSENCE])
        return next(year.outcome for year in standing.years if year.school_year == 2024)

    def outcome() -> str:
        refresh_raw(home, ABSENCE, 2024)
        return of_2024()

    last.unlink()
    assert (outcome(), outcome()) == ("new", "unchanged")  # the final edition is awaited
    last.write_bytes(content)
    assert (outcome(), outcome()) == ("new", "unchanged")
    last.unlink()
    with pytest.raises(SpmError):
        outcome()
    assert of_2024() == "withdrawn"


def test_a_source_left_as_it_stands_keeps_its_rows_in_the_list(home: Home) -> None:
    settings = home.agency.sources[ABSENCE]
    unset = tuple(r.model_copy(update={"only_where_set": "NOT_SET_HERE"}) for r in settings.releases)
    sources = {**home.agency.sources, ABSENCE: settings.model_copy(update={"releases": unset})}
    away = replace(home, agency=replace(home.agency, sources=sources))
    refresh_raw(away, ABSENCE, 2024)
    assert standings(away, [ABSENCE])[0].rows == 2


@pytest.mark.parametrize(
    ("at", "words"),
    [
        ("2026-11-24T11:59:30+00:00", "30 s"),
        ("2026-11-24T11:15:00+00:00", "45 min"),
        ("2026-11-23T13:00:00+00:00", "23 h"),
        ("2026-11-01T12:00:00+00:00", "23 d"),
        (None, ""),
    ],
)
def test_an_age_is_said_as_people_say_it(at: str | None, words: str) -> None:
    assert age(at, datetime(2026, 11, 24, 12, tzinfo=UTC)) == words


def test_a_cell_that_a_spreadsheet_would_run_is_exported_as_text(home: Home) -> None:
    assert home.data_root is not None
    content = DATA["absence_2024.csv"].replace("100,10", "=1+1,10").replace("200,38", "-200,38")
    (home.data_root / "absence_2024.csv").write_text(content, encoding="utf-8")
    with pytest.raises(SpmError):
        refresh_raw(home, ABSENCE, 2024)
    command.run_quarantine(None, None, home.root / "q.csv", as_json=False)
    rows = csv.DictReader((home.root / "q.csv").open(encoding="utf-8"))
    assert [row["value"] for row in rows] == ["'=1+1", "-200"]
