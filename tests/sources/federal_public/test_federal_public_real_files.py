"""Real NAEP exports and assistance listings, every row accounted for and recounted a second way."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest
from federal_public_reading import known, read_files
from python_calamine import CalamineWorkbook

from sources.read import ReadResult
from warehouse.model.federal_program import load_federal_programs

XLS = ("naep/NDECoreExcel_*.Xls",)
LISTINGS = {
    "listings": "fac/cfda-lookup.csv",
    "active_listings": "fac/active-alns.csv",
    "clusters": "fac/cluster-names.csv",
    "agencies": "fac/cfda-agencies.csv",
    "functions": "assistance_listings/program-to-function-sub-function.csv",
    "inventory": "assistance_listings/2020-federal-program-inventory-pilot-data.csv",
}
ENCODINGS = {"inventory": "cp1252"}


@pytest.fixture(scope="module")
def exports(shared_data: Path) -> dict[str, ReadResult]:
    return read_files(known("naep_exports"), 2019, {"data_explorer": XLS, "notes": XLS}, shared_data)


@pytest.fixture(scope="module")
def listings(shared_data: Path) -> dict[str, ReadResult]:
    files = {table: (file,) for table, file in LISTINGS.items()}
    return read_files(known("assistance_listings"), 2022, files, shared_data)


def sheets(shared_data: Path) -> dict[str, list[list[object]]]:
    return {
        f"naep/{file.name}": CalamineWorkbook.from_path(str(file))
        .get_sheet_by_index(0)
        .to_python(skip_empty_area=False)
        for file in sorted((shared_data / "naep").glob("*.Xls"))
    }


def test_every_row_of_an_export_is_data_a_note_the_header_or_blank(
    shared_data: Path, exports: dict[str, ReadResult]
) -> None:
    for address, rows in sheets(shared_data).items():
        filled = {n for n, row in enumerate(rows, start=1) if any(str(cell).strip() for cell in row)}
        found: list[int] = []
        for result in exports.values():
            assert result.rows_quarantined == 0
            table = result.table.to_pandas()
            found += table.loc[table["source_file"] == address, "source_line"].tolist()
        assert sorted(found) == sorted(filled - {9}), address


def test_no_export_of_the_folder_is_left_out(shared_data: Path, exports: dict[str, ReadResult]) -> None:
    read = set(exports["data_explorer"].table["source_file"].to_pylist())
    assert read == {f"naep/{file.name}" for file in (shared_data / "naep").glob("*.Xls")}
    # The seven tidy columns of the third kind of file are made of these exports; see the next test.
    others = {file.name for file in (shared_data / "naep").iterdir()} - {Path(name).name for name in read}
    assert {name for name in others if not name.startswith(("math_", "reading_"))} == {"D2.csv"}


def test_scores_are_those_that_others_took_from_the_same_exports(
    shared_data: Path, exports: dict[str, ReadResult]
) -> None:
    """A tidy csv of the race export, made by somebody else: each of 5,088 cells, and which are missing."""
    words = {"National Avg.": "National", "DC": "District of Columbia"}
    tidy = {}
    with (shared_data / "naep" / "D2.csv").open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            if row["race.ethnicity"] == "All students":
                continue  # from an export that is not here
            where = words.get(row["jurisdiction"], row["jurisdiction"])
            key = (row["year"], where, row["race.ethnicity"], row["accommodations.permitted"])
            tidy[key] = None if row["avg.scale.score"] == "NA" else float(row["avg.scale.score"])
    frame = exports["data_explorer"].table.to_pandas()
    race = frame[frame["variable_code"] == "SDRACE"]
    ours = {
        (r.assessment_year, r.jurisdiction, r.category, "yes" if pd.isna(r.year_mark) else "no"): (
            None if pd.isna(r.estimate) else r.estimate
        )
        for r in race.itertuples()
    }
    assert ours.keys() == tidy.keys()
    differing = [k for k, score in tidy.items() if (score is None) != (ours[k] is None)]
    assert differing == []
    assert all(ours[k] == pytest.approx(score, abs=1e-9) for k, score in tidy.items() if score is not None)


def test_marks_of_an_export_keep_their_meaning(shared_data: Path, exports: dict[str, ReadResult]) -> None:
    printed: Counter[str] = Counter()
    for rows in sheets(shared_data).values():
        printed.update(str(row[3]) for row in rows[9:] if row[1] and not isinstance(row[3], float))
    table = exports["data_explorer"].table.to_pandas()
    markers = table["estimate_marker"].value_counts()
    assert markers["reporting_standards_not_met"] == printed.pop("‡")
    assert markers["not_available"] == printed.pop("—")
    doubtful = table[table["estimate_mark"] == "!"]
    assert sorted(f"{r.estimate:g}!" for r in doubtful.itertuples()) == sorted(printed.elements())
    assert all("Nonresponse" in note for note in doubtful["estimate_note"])
    without = table[table["year_mark"] == "¹"]
    assert set(without["year_note"]) == {"Accommodations were not permitted for this assessment."}
    assert set(without["assessment_year"]) == {"1992", "1994", "1998", "2000"}


@pytest.mark.parametrize("year", [2019, 2022])
def test_state_means_are_read_from_every_csv(shared_data: Path, year: int) -> None:
    result = read_files(known("naep_exports"), year, {"state_means": (f"naep/*_{year}.csv",)}, shared_data)[
        "state_means"
    ]
    again = {}
    for file in (shared_data / "naep").glob(f"*_{year}.csv"):
        name, grade, _ = file.stem.split("_")
        lines = file.read_text(encoding="utf-8-sig").splitlines()[1:]
        for line in lines:
            where, score = line.rsplit(",", 1)
            again[("ela" if name == "reading" else "math", f"{int(grade):02d}", where)] = score
    frame = result.table.to_pandas()
    assert len(frame) == len(again) == 4 * 54
    for row in frame.itertuples():
        score = again[(row.subject, row.grade, row.jurisdiction)]
        assert score == "—" if pd.isna(row.mean_score) else float(score) == row.mean_score


def test_a_file_of_another_assessment_is_refused(shared_data: Path) -> None:
    with pytest.raises(Exception, match="another school year than 2019"):
        read_files(known("naep_exports"), 2019, {"state_means": ("naep/math_4_2022.csv",)}, shared_data)


@pytest.mark.parametrize("table", sorted(LISTINGS))
def test_every_line_of_the_listings_is_read_cell_by_cell(
    shared_data: Path, listings: dict[str, ReadResult], table: str
) -> None:
    path = shared_data / LISTINGS[table]
    with path.open(encoding=ENCODINGS.get(table, "utf-8"), newline="") as handle:
        lines = list(csv.reader(handle))
    body = lines if table == "functions" else lines[1:]
    result = listings[table]
    assert (result.rows_out, result.rows_quarantined) == (len(body), 0)
    columns = [c.column for c in known("assistance_listings").columns.of(table)][: len(lines[0])]
    found = Counter(zip(*(map(as_text, result.table[c].to_pylist()) for c in columns), strict=True))
    assert found == Counter(tuple(as_text(cell) for cell in line) for line in body)


def as_text(cell: object) -> str:
    """A cell as both sides write it: one date is printed with its time, which is the same on every line."""
    text = "" if cell is None else str(cell).strip()
    return text.removesuffix(" at 13.32.03")


def test_a_line_that_stands_twice_is_numbered(listings: dict[str, ReadResult]) -> None:
    counts = Counter(listings["functions"].table["line_repetition"].to_pylist())
    assert counts == {1: 7987, 2: 46}


def test_our_programs_bear_the_titles_of_their_listings(listings: dict[str, ReadResult]) -> None:
    table = listings["active_listings"].table
    titles = dict(
        zip(table["federal_program_code"].to_pylist(), table["program_title"].to_pylist(), strict=True)
    )
    for program in load_federal_programs().programs:
        assert titles[program.federal_program_code] == program.title
