"""Every file of California's folder is switched on, and those that feed no core table are recounted."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from sources.acquire import acquire
from sources.read import ReadResult, read
from sources.registry import discover
from sources.snapshot import SnapshotStore
from warehouse.model.agency import Agency, load_agency

YEAR = 2021


@pytest.fixture(scope="module")
def agency(project: Path) -> Agency:
    return load_agency(project / "agencies" / "california")


@pytest.fixture(scope="module")
def readings(
    agency: Agency, shared_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, ReadResult]:
    home = tmp_path_factory.mktemp("california_files")
    found = {}
    for source_id in ("ca_cde_school_crosswalk", "ca_cde_frpm"):
        source, release = discover()[source_id], agency.sources[source_id].for_year(YEAR)
        store = SnapshotStore(home)
        fetched = acquire(source, release, YEAR, store=store, data_root=shared_data, today=date(2026, 7, 1))
        assert fetched.error is None
        found[source_id] = read(source, fetched, release)["schools"]
    return found


@pytest.fixture(scope="module")
def printed(shared_data: Path) -> list[dict[str, str]]:
    with (shared_data / "ca_cde" / "school_info_short.txt").open(encoding="utf-8-sig", newline="") as handle:
        return list(csv.DictReader(handle))


def test_no_file_of_the_folder_is_left_unread(agency: Agency, shared_data: Path) -> None:
    declared = [
        file
        for source in agency.sources.values()
        for release in source.releases
        for group in (release.files.values() if isinstance(release.files, dict) else [release.files])
        for pattern in group
        if pattern.startswith("ca_cde/")
        for file in shared_data.glob(pattern)
    ]
    assert sorted(declared) == sorted((shared_data / "ca_cde").iterdir())


def test_every_school_of_the_crosswalk_is_read_as_printed(readings, printed) -> None:
    result = readings["ca_cde_school_crosswalk"]
    assert (result.rows_in, result.rows_quarantined) == (len(printed), 0)
    rows = {row["cds_code"]: row for row in result.table.to_pylist()}
    assert len(rows) == len(printed) == 3425
    for line in printed:
        row = rows[line["CDSCode"]]
        assert (row["nces_code"], row["zip_code"], row["school_name"]) == (
            line["NCESCode"],
            line["Zip"],
            line["School"],
        )
        assert (row["latitude_marker"] == "not_reported") == (line["Latitude"] == "No Data")


def test_the_crosswalk_and_the_directory_know_each_school_by_the_same_number(readings, shared_data) -> None:
    directory = pd.read_csv(shared_data / "nces_school_search" / "california_public_schools.csv", dtype=str)
    nces = dict(zip(directory["State School ID"].str[-7:], directory["NCES School ID"], strict=True))
    rows = readings["ca_cde_school_crosswalk"].table.to_pylist()
    whole = [r for r in rows if r["nces_code"].isdigit() and r["cds_code"][-7:] in nces]
    assert len(whole) == 2535
    same = [r for r in whole if nces[r["cds_code"][-7:]] == r["nces_code"]]
    assert all(nces[r["cds_code"][-7:]][-5:] == r["nces_code"][-5:] for r in whole)
    assert len(same) == 2106  # the others stand under another NCES district


def test_students_eligible_for_meals_are_counted_as_the_workbook_counts_them(readings, shared_data) -> None:
    book = pd.read_excel(shared_data / "ca_cde" / "frpm2021.xlsx", sheet_name=1, header=1, dtype=str)
    book.columns = [" ".join(name.split()) for name in book.columns]
    table = readings["ca_cde_frpm"].table
    assert table.num_rows == len(book) == 10547
    for column, header in (
        ("enrolled_k_12_students", "Enrollment (K-12)"),
        ("free_or_reduced_meal_k_12_students", "FRPM Count (K-12)"),
        ("free_meal_5_to_17_students", "Free Meal Count (Ages 5-17)"),
    ):
        assert table[column].to_pylist() == [int(float(cell)) for cell in book[header]]
    for row in table.slice(0, 2000).to_pylist():
        if row["enrolled_k_12_students"]:
            share = row["free_or_reduced_meal_k_12_students"] / row["enrolled_k_12_students"]
            assert abs(share - row["free_or_reduced_meal_k_12_share"]) < 1e-9
