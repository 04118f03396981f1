"""An agency may name the headers and types of its own export; every mistake in that is told by its option."""

from __future__ import annotations

from pathlib import Path

import pytest
from money_reading import read_release

from warehouse.model.agency import ReleaseSettings
from warehouse.model.errors import SpmError

AWARDS = "PR Award Number,ALN,Recipient UEI,Award Amount,Drawn,Available Balance,Last Drawdown Date,"
AWARDS += "Performance Start,Performance End,Liquidation Date\n"
AWARDS += "S010A240088,84.010,,100.00,40.00,60.00,,,,01/28/2027\n"
DRAWS = "PR Award Number,Payment Request ID,Transaction Type,Request Date,Settlement Date,Amount,Status\n"
FILES = {"awards": ("awards.csv",), "draws": ("draws.csv",)}


def read_with(folder: Path, options: dict[str, str], awards: str = AWARDS):
    (folder / "awards.csv").write_text(awards, encoding="utf-8")
    (folder / "draws.csv").write_text(DRAWS, encoding="utf-8")
    release = ReleaseSettings(school_years=(2025,), files=FILES, options=options)
    return read_release("ed_g6_awards", release, folder, folder / "home")


def test_a_header_of_the_agency_is_read(tmp_path: Path):
    awards = AWARDS.replace(",Drawn,", ",Draws to Date,")
    found = read_with(tmp_path, {"columns.awards.drawn_usd": "Draws to  Date"}, awards)
    assert [str(v) for v in found["awards"].table["drawn_usd"].to_pylist()] == ["40.00"]


def test_without_the_option_the_stranger_is_named(tmp_path: Path):
    with pytest.raises(SpmError, match="'Draws to Date'"):
        read_with(tmp_path, {}, AWARDS.replace(",Drawn,", ",Draws to Date,"))


def test_a_column_that_the_export_lacks_is_null(tmp_path: Path):
    awards = AWARDS.replace(",Recipient UEI", "").replace("84.010,,", "84.010,")
    found = read_with(tmp_path, {"columns.awards.recipient_uei": "-"}, awards)
    assert found["awards"].table["recipient_uei"].to_pylist() == [None]


def test_columns_that_only_the_export_has_are_ignored_by_name(tmp_path: Path):
    awards = AWARDS.replace("ALN,", "ALN,Payee,Region,").replace("84.010,", "84.010,FDOE,VII,")
    assert read_with(tmp_path, {"ignored.awards": "Payee; Region"}, awards)["awards"].rows_out == 1


def test_a_balance_that_does_not_add_up_is_remarked(tmp_path: Path):
    found = read_with(tmp_path, {}, AWARDS.replace("60.00", "61.00"))
    (remark,) = found["awards"].warnings
    assert "award_usd is not the sum of drawn_usd, available_usd" in remark
    assert "100.00, its parts 101" in remark and "line 2" in remark


@pytest.mark.parametrize(
    "option, value, words",
    [
        ("columns.awards.drawn_us", "Draws", "Did you mean columns.awards.drawn_usd?"),
        ("columns.award.drawn_usd", "Draws", "The source has no such column"),
        ("columns.awards.award_usd", "-", "The column is required"),
        ("columns.awards.award_usd", "Drawn", "One header for two columns"),
        ("types.awards.drawn_usd", "dollars", "Unknown type"),
        ("types.awards.liquidation_on", "date", "its argument is missing"),
        ("ignored.refunds", "Payee", "The source has no such table"),
        ("ignored.awards", "Drawn", "One header for two columns"),
        ("column.awards.drawn_usd", "Draws", "Nothing reads the option"),
    ],
)
def test_a_mistake_is_told_by_its_option(tmp_path: Path, option: str, value: str, words: str):
    with pytest.raises(SpmError) as caught:
        read_with(tmp_path, {option: value})
    text = str(caught.value)
    assert words in text and "sources.yml" in text and "ed_g6_awards" in text


def test_headers_unpivoted_into_rows_are_not_renamed_here(tmp_path: Path):
    (tmp_path / "table.csv").write_text("2014_actual,2015_estimate,2016_estimate,program_name,state\n")
    options = {"columns.funds.amount_usd": "2014"}
    release = ReleaseSettings(school_years=(2014,), files=("table.csv",), options=options)
    with pytest.raises(SpmError, match="A column of several headers"):
        read_release("ed_state_tables", release, tmp_path, tmp_path / "home")


def test_another_release_of_the_agency_keeps_the_published_headers(tmp_path: Path):
    read_with(tmp_path, {"columns.awards.drawn_usd": "Draws"}, AWARDS.replace(",Drawn,", ",Draws,"))
    assert read_with(tmp_path, {})["awards"].rows_out == 1
