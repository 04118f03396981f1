"""The workbook in which units report: what the template offers, and what a unit is told to mend."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from assets.home import Home
from pipelines.status_workbook import Remark, check_filled, status_source, write_template
from sources.acquire import acquire
from sources.read import read
from sources.snapshot import SnapshotStore
from tests.small_state import littleland
from warehouse.model.agency import ReleaseSettings, load_agency
from warehouse.model.errors import SpmError

FIRST_ROW = 5
GOOD: dict[str, Any] = {
    "Status": "In progress",
    "As of": date(2024, 10, 31),
    "Percent complete": 40,
    "What happened": "Two of five done",
    "Reported by": "Unit lead",
    "Review": "Monthly",
}


@pytest.fixture
def franklin(tmp_path: Path, project: Path) -> Home:
    """A home with Franklin's plan and nothing else."""
    return replace(littleland(tmp_path), agency=load_agency(project / "agencies" / "franklin"))


def filled(home: Home, file: Path, *rows: dict[str, Any]) -> Path:
    """A template of the literacy unit with its first rows filled in, cell by cell."""
    write_template(home, file, unit="literacy", school_year=None)
    workbook = openpyxl.load_workbook(file)
    sheet = workbook["Status"]
    columns = {cell.value: cell.column for cell in sheet[FIRST_ROW - 1]}
    for number, row in enumerate(rows, start=FIRST_ROW):
        for name, value in row.items():
            sheet.cell(number, columns[name], value)
    workbook.save(file)
    return file


def test_the_template_has_a_row_for_each_milestone_and_action_of_the_unit(
    franklin: Home, tmp_path: Path
) -> None:
    file = tmp_path / "w.xlsx"
    assert write_template(franklin, file, unit="literacy", school_year=None) == 6
    sheet = openpyxl.load_workbook(file)["Status"]
    codes = [sheet.cell(row, 1).value for row in range(FIRST_ROW, FIRST_ROW + 6)]
    assert codes == ["G2.S1.M1", "G2.S1.M1.A1", "G2.S1.M1.A2", "G2.S1.M2", "G2.S1.M2.A1", "G2.S1.M2.A2"]
    of_a_year = write_template(franklin, tmp_path / "year.xlsx", unit=None, school_year=2025)
    assert of_a_year < write_template(franklin, tmp_path / "all.xlsx", unit=None, school_year=None)


def test_a_workbook_that_is_there_is_never_written_over(franklin: Home, tmp_path: Path) -> None:
    file = filled(franklin, tmp_path / "w.xlsx", GOOD)
    before = file.read_bytes()
    with pytest.raises(SpmError, match="may hold reports"):
        write_template(franklin, file, unit=None, school_year=None)
    assert file.read_bytes() == before


def test_a_workbook_is_not_written_under_the_name_of_another_kind_of_file(
    franklin: Home, tmp_path: Path
) -> None:
    with pytest.raises(SpmError, match=r"Call it w\.xlsx"):
        write_template(franklin, tmp_path / "w.csv", unit=None, school_year=None)
    assert not (tmp_path / "w.csv").exists()


def test_the_template_offers_exactly_the_choices_that_can_be_read(franklin: Home, tmp_path: Path) -> None:
    file = tmp_path / "w.xlsx"
    write_template(franklin, file, unit=None, school_year=None)
    rules = openpyxl.load_workbook(file)["Status"].data_validations.dataValidation
    offered = {
        choice for rule in rules if rule.type == "list" for choice in rule.formula1.strip('"').split(",")
    }
    (lines,) = [status_source().columns.of(table) for table in status_source().spec.tables]
    known = {p.split("=")[0] for x in lines if x.type.kind == "code" for p in x.type.argument.split("|")}
    assert offered == known and "In progress" in offered


def test_an_empty_template_reports_nothing_and_has_nothing_to_mend(franklin: Home, tmp_path: Path) -> None:
    assert check_filled(franklin, filled(franklin, tmp_path / "w.xlsx")) == (0, [])


def test_a_well_filled_workbook_can_be_read(franklin: Home, tmp_path: Path) -> None:
    file = filled(
        franklin, tmp_path / "w.xlsx", GOOD, {**GOOD, "Status": "Complete", "Percent complete": 100}
    )
    assert check_filled(franklin, file) == (2, [])


@pytest.mark.parametrize(
    ("wrong", "column", "words"),
    [
        ({"Status": "In progess"}, "Status", "is not one of the choices: Cancelled, Complete"),
        ({"As of": date(2099, 1, 1)}, "As of", "2099-01-01 has not come yet"),
        ({"As of": "10/31/2024"}, "As of", "is not a day; write it such as"),
        ({"Percent complete": 0.4}, "Percent complete", "whole number from 0 to 100"),
        ({"Percent complete": 140}, "Percent complete", "140 is more than 100"),
        ({"Reported by": None}, "Reported by", "must not be empty"),
        ({"As of": None}, "As of", "must not be empty"),
        ({"Code": "G9.S9.M9"}, "Code", "The plan has no G9.S9.M9"),
        ({"Code": "literacy 1"}, "Code", "is not a code of the plan"),
    ],
)
def test_a_unit_is_told_row_and_column_in_plain_words(
    franklin: Home, tmp_path: Path, wrong: dict[str, Any], column: str, words: str
) -> None:
    _, remarks = check_filled(franklin, filled(franklin, tmp_path / "w.xlsx", {**GOOD, **wrong}))
    (remark,) = remarks
    assert (remark.row, remark.column) == (FIRST_ROW, column) and words in remark.text


def test_everything_to_mend_is_told_at_once_in_the_order_of_the_sheet(franklin: Home, tmp_path: Path) -> None:
    rows = ({**GOOD, "Code": "G9.S9.M9"}, GOOD, {**GOOD, "Status": "done"}, {**GOOD, "As of": "soon"})
    _, remarks = check_filled(franklin, filled(franklin, tmp_path / "w.xlsx", *rows))
    assert [remark.row for remark in remarks] == [5, 7, 8]
    assert all(isinstance(remark, Remark) for remark in remarks)


def test_two_reports_of_one_milestone_for_one_day_are_told(franklin: Home, tmp_path: Path) -> None:
    rows = (GOOD, {**GOOD, "Code": "G2.S1.M1"})
    _, remarks = check_filled(franklin, filled(franklin, tmp_path / "w.xlsx", *rows))
    assert [remark.row for remark in remarks] == [5, 6]
    assert "reported twice for the same day" in remarks[0].text


@pytest.mark.parametrize(
    ("unit", "year", "words"),
    [("literature", None, "The plan has no such unit"), ("fde", None, "no milestone to report on")],
)
def test_a_unit_without_milestones_is_refused(
    franklin: Home, tmp_path: Path, unit: str, year: int | None, words: str
) -> None:
    with pytest.raises(SpmError, match=words):
        write_template(franklin, tmp_path / "w.xlsx", unit=unit, school_year=year)


def test_another_file_is_no_status_workbook(franklin: Home, tmp_path: Path) -> None:
    other = tmp_path / "other.xlsx"
    openpyxl.Workbook().save(other)
    with pytest.raises(SpmError, match="No sheet 'Status'"):
        check_filled(franklin, other)
    with pytest.raises(SpmError, match="no such workbook"):
        check_filled(franklin, tmp_path / "absent.xlsx")
    with pytest.raises(SpmError, match="cannot be written"):
        write_template(franklin, tmp_path / "absent" / "w.xlsx", unit=None, school_year=None)


def test_a_slip_of_one_unit_does_not_hold_up_what_the_others_report(franklin: Home, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    filled(franklin, tmp_path / "in" / "status_a.xlsx", {**GOOD, "Status": "nearly"})
    other = {**GOOD, "Code": "G1.S1.M1"}
    filled(franklin, tmp_path / "in" / "status_b.xlsx", other)
    release = ReleaseSettings(school_years=(2025,), files=("in/status_*.xlsx",))
    source = status_source()
    store = SnapshotStore(tmp_path / "snapshots")
    fetch = acquire(source, release, 2025, store=store, data_root=tmp_path, today=date(2025, 7, 1))
    result = read(source, fetch, release)["status"]
    assert result.table["node_id"].to_pylist() == ["G1.S1.M1"]
    assert result.warnings == (
        "1 row is set aside (in/status_a.xlsx, line 5, column Status); spm quarantine lists them",
    )
