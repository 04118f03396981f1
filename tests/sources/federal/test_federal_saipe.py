"""Census poverty estimates: ids keep their zeros, and rows and sums equal the workbook's."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
from federal_reading import assert_all_rows_accounted_for, query, run_mapping
from python_calamine import CalamineWorkbook

FILES = {2014: "ussd13.xls", 2019: "ussd18.xls", 2020: "ussd19.xls"}
HEADERS = (
    "State Postal Code",
    "State FIPS Code",
    "District ID",
    "Name",
    "Estimated Total Population",
    "Estimated Population 5-17",
    "Estimated number of relevant children 5 to 17 years old in poverty who are related to the householder",
)


def sheet_rows(shared_data: Path, year: int) -> list[list[object]]:
    """The body of the workbook; in ussd19 most state codes are numbers, written out here with two digits."""
    rows = (
        CalamineWorkbook.from_path(shared_data / "saipe" / FILES[year]).get_sheet_by_index(0).to_python()[3:]
    )
    return [[row[0], f"{int(row[1]):02d}", *row[2:]] for row in rows]


@pytest.mark.parametrize("year", FILES)
def test_rows_and_sums_equal_the_workbook_for_every_state(declared, shared_data, year):
    reading = declared("california", "census_saipe", year)
    assert_all_rows_accounted_for(reading)
    table = reading.tables["districts"].table
    got = query(
        table,
        "SELECT state_ansi_code, count(*), sum(population_total), sum(population_5_17), "
        "sum(children_5_17_in_poverty) FROM rows GROUP BY ALL",
    )
    expected: dict[str, list[int]] = {}
    for row in sheet_rows(shared_data, year):
        totals = expected.setdefault(str(row[1]), [0, 0, 0, 0])
        for place, number in enumerate([1, *row[4:7]]):
            totals[place] += int(number)
    assert {state: list(numbers) for state, *numbers in got} == expected


@pytest.mark.parametrize("year", FILES)
def test_district_ids_keep_their_leading_zeros_and_their_row(declared, shared_data, year):
    table = declared("california", "census_saipe", year).tables["districts"].table
    ids = {
        (f"{state}{district}", line)
        for state, district, line in zip(
            table["state_ansi_code"].to_pylist(),
            table["district_id"].to_pylist(),
            table["source_line"].to_pylist(),
            strict=True,
        )
    }
    assert ids == {(f"{row[1]}{row[2]}", n) for n, row in enumerate(sheet_rows(shared_data, year), start=4)}
    assert {len(lea) for lea, _ in ids} == {7}
    assert any(lea.startswith("0") for lea, _ in ids)


def test_californias_districts_are_its_own_and_may_be_summed(declared, shared_data):
    rows = [row for row in sheet_rows(shared_data, 2019) if row[1] == "06"]
    mapped = run_mapping(declared("california", "census_saipe", 2019), "poverty")
    assert set(mapped["organization_id"].to_pylist()) == {f"06{row[2]}" for row in rows}
    assert sum(mapped["children_5_17_in_poverty"].to_pylist()) == sum(int(row[6]) for row in rows)
    assert set(mapped["is_additive"].to_pylist()) == {True}
    named = run_mapping(declared("california", "census_saipe", 2019), "organizations")
    assert set(named["organization_id"].to_pylist()) == set(mapped["organization_id"].to_pylist())


def invented_workbook(path: Path, *, header_row: int = 3) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.cell(1, 1, "Invented estimates")
    for column, header in enumerate(HEADERS, start=1):
        sheet.cell(header_row, column, header)
    for offset, row in enumerate(
        [("FK", "99", "00010", "Ash Hollow", 1000, 200, 30), ("FK", "99", "00020", "Birch", 90, 9, 0)],
        start=1,
    ):
        for column, value in enumerate(row, start=1):
            sheet.cell(header_row + offset, column, value)
    book.save(path)


def test_a_workbook_of_the_newer_kind_reads_the_same(read_files, tmp_path):
    invented_workbook(tmp_path / "ussd23.xlsx")
    reading = read_files(
        "census_saipe", ("ussd23.xlsx",), school_year=2024, rows={"districts": {"minimum": 1}}
    )
    table = reading.tables["districts"].table
    assert table.select(["district_id", "population_5_17", "source_line"]).to_pylist() == [
        {"district_id": "00010", "population_5_17": 200, "source_line": 4},
        {"district_id": "00020", "population_5_17": 9, "source_line": 5},
    ]
