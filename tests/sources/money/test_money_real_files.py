"""Real public money files: every row accounted for, and figures recounted with plain csv."""

from __future__ import annotations

import csv
import re
from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path

import pyarrow.compute as pc
import pytest
from money_reading import read_release
from python_calamine import CalamineWorkbook

from sources.registry import discover
from warehouse.model.agency import ReleaseSettings, load_agency

COMPANION = "f33/2021306_FY19_F33_Version2a_CompanionFile.xlsx"


def declared(project: Path, agency: str, source: str, year: int) -> ReleaseSettings:
    releases = load_agency(project / "agencies" / agency).sources[source].releases
    (found,) = [release for release in releases if year in release.school_years]
    return found


def lines(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as handle:
        return list(csv.DictReader(handle))


@pytest.fixture
def layout(shared_data: Path) -> list[tuple[str, str, str]]:
    """Name, type and label of every variable, as the survey's companion workbook lists them."""
    sheet = CalamineWorkbook.from_path(str(shared_data / COMPANION)).get_sheet_by_name("File Layout")
    _, *rows = sheet.to_python()
    return [(str(name).strip(), str(kind), str(label)) for name, _, kind, label in rows if name]


def test_every_variable_of_the_survey_is_mapped_in_the_order_of_its_layout(layout):
    mapped = [line.header("2019") for line in discover()["nces_f33"].columns.of("districts")]
    assert mapped == [name for name, *_ in layout]
    assert len(mapped) == 262


def test_only_variables_that_the_layout_calls_numeric_are_numbers(layout):
    kinds = {line.header("2019"): line.type.kind for line in discover()["nces_f33"].columns.of("districts")}
    for name, kind, _ in layout:
        assert (kinds[name] in {"money", "count", "decimal"}) == (kind == "Numeric"), name


def test_every_flag_belongs_to_the_column_it_flags():
    columns = {line.header("2019"): line.column for line in discover()["nces_f33"].columns.of("districts")}
    flags = [header for header in columns if header.startswith("FL_")]
    assert len(flags) == 117
    for header in flags:
        name = header.removeprefix("FL_")
        flagged = columns["_" + name if name[0].isdigit() else name].removesuffix("_usd")
        assert columns[header] == f"{flagged}_flag"


def test_the_sums_are_those_that_the_labels_state(layout):
    columns = {line.header("2019"): line.column for line in discover()["nces_f33"].columns.of("districts")}
    stated = {}
    for name, _, label in layout:
        match = re.search(r"\(equals ([A-Z0-9 +]+)\)", label)
        if match:
            stated[columns[name]] = sorted(columns[part.strip()] for part in match[1].split("+"))
    sums = discover()["nces_f33"].spec.tables["districts"].sums
    assert {total: sorted(parts) for total, parts in sums.items()} == stated


def test_census_totals_are_thousands_and_none_is_lost(shared_data: Path, project: Path, tmp_path: Path):
    release = declared(project, "connecticut", "census_school_finance", 2016)
    result = read_release("census_school_finance", release, shared_data, tmp_path)["districts"]
    rows = lines(shared_data / "f33/DistrictFunding2016.csv")
    assert result.rows_out == len(rows) == 13_465
    assert result.warnings == ()
    for column, header in (
        ("total_revenue_thousand_usd", "TOTALREV"),
        ("total_expenditure_thousand_usd", "TOTALEXP"),
        ("fall_membership_students", "ENROLL"),
    ):
        assert pc.sum(result.table[column]).as_py() == sum(int(row[header]) for row in rows)
    # Names do not tell districts apart, which is why nothing is matched to an organization.
    names = Counter((row["STATE"], row["NAME"]) for row in rows)
    assert max(names.values()) > 2


@pytest.mark.parametrize("agency", ["california", "connecticut", "maine"])
def test_state_funds_equal_the_table(shared_data: Path, project: Path, tmp_path: Path, agency: str):
    release = declared(project, agency, "ed_state_tables", 2014)
    table = read_release("ed_state_tables", release, shared_data, tmp_path)["funds"].table
    rows = lines(shared_data / "usaspending/DeptEducationSpending2014.csv")
    expected: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for row in rows:
        for header in ("2014_actual", "2015_estimate", "2016_estimate"):
            expected[row["state"], f"fy{header}"] += Decimal(row[header])
    found: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for row in table.select(["state_name", "figure", "amount_usd"]).to_pylist():
        found[row["state_name"], row["figure"]] += row["amount_usd"]
    assert found == expected
    assert table.num_rows == 3 * len(rows)


def test_an_award_found_for_several_districts_belongs_to_none(
    shared_data: Path, project: Path, tmp_path: Path
):
    release = declared(project, "california", "usaspending_prime_awards", 2021)
    result = read_release("usaspending_prime_awards", release, shared_data, tmp_path)["awards"]
    rows = lines(shared_data / "usaspending/district_prime_awards_flat.csv")
    times = Counter(row["award_id"] for row in rows)
    single = [row for row in rows if row["award_id"] and times[row["award_id"]] == 1]
    assert sorted(result.table["award_id"].to_pylist()) == sorted(row["award_id"] for row in single)
    assert pc.sum(result.table["amount_usd"]).as_py() == sum(Decimal(row["amount"]) for row in single)
    reasons = Counter(
        "no id" if reason == "the cell is empty" else "several"
        for reason in result.quarantine["reason"].to_pylist()
    )
    assert reasons == {
        "no id": times[""],
        "several": sum(n for award, n in times.items() if award and n > 1),
    }


def test_the_bulk_download_is_mapped_column_by_column(shared_data: Path):
    listed = [
        row["csv_column"]
        for row in lines(shared_data / "usaspending/bulk_download_columns_assistance.csv")
        if (row["download_type"], row["award_category"]) == ("award", "assistance")
    ]
    mapped = [
        header
        for line in discover()["usaspending_prime_awards"].columns.of("awards")
        if (header := line.header("award_summaries")) is not None
    ]
    assert mapped == listed and len(listed) == 99
