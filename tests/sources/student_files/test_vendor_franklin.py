"""Franklin's testing vendor: records of single students count to the truth, and to what the state submits."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from student_files_reading import read_results

from simulator.generate import generate
from simulator.settings import Settings
from sources.read import ReadResult
from warehouse.model.agency import load_agency
from warehouse.model.errors import SpmError

YEAR = 2025
SUBJECTS = {"RLA": "ela", "MTH": "mathematics", "SCI": "science"}
GRADES = {"11": "hs"}


@pytest.fixture(scope="module")
def franklin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("vendor") / "data"
    return generate(Settings(students=2_000, seed=3, years=(YEAR,)), folder).folder


@pytest.fixture(scope="module")
def results(franklin: Path, tmp_path_factory: pytest.TempPathFactory) -> ReadResult:
    file = franklin / "assessment" / f"summative_{YEAR}.txt"
    home = tmp_path_factory.mktemp("vendor_home")
    return read_results("assessment_vendor_results", file, home, school_year=YEAR)


@pytest.fixture(scope="module")
def counted(results: ReadResult) -> pd.DataFrame:
    """Students, scored and proficient by subject, school and grade: no row is about a student any more."""
    frame = results.table.select(
        ["subject", "school_identifier_sea", "grade", "scale_score", "performance_level"]
    ).to_pandas()
    frame["scored"] = frame["scale_score"].notna()
    frame["proficient"] = frame["performance_level"].isin(["3", "4"])
    keys = ["subject", "school_identifier_sea", "grade"]
    sums = frame.groupby(keys, observed=True)[["scored", "proficient"]].sum()
    return sums.assign(students=frame.groupby(keys, observed=True).size()).reset_index()


def test_every_record_is_read(franklin: Path, results: ReadResult) -> None:
    records = (franklin / "assessment" / f"summative_{YEAR}.txt").read_text("ascii").splitlines()
    assert len(records) == results.rows_out == results.rows_in > 1500
    assert {len(record) for record in records} == {100}


def test_results_by_subject_and_grade_are_the_truth(franklin: Path, counted: pd.DataFrame) -> None:
    found = counted.groupby(["subject", "grade"])[["students", "scored", "proficient"]].sum()
    with (franklin / "truth" / f"assessment_results_{YEAR}.csv").open(newline="") as handle:
        truth = {
            (SUBJECTS[row["subject"]], GRADES.get(row["grade"], row["grade"])): (
                int(row["students"]),
                int(row["scored_students"]),
                int(row["proficient_students"]),
            )
            for row in csv.DictReader(handle)
        }
    assert {key: tuple(map(int, row)) for key, row in found.iterrows()} == truth
    assert {subject for subject, _ in truth} == set(SUBJECTS.values())


def test_reading_by_school_and_grade_is_the_true_proficiency(franklin: Path, counted: pd.DataFrame) -> None:
    truth = pq.read_table(franklin / "truth" / "truth.parquet").to_pandas()
    truth = truth[
        (truth["measure_id"] == "ela_proficiency_rate")
        & (truth["organization_type"] == "SCHOOL")
        & (truth["student_group"] == "all")
        & (truth["grade"] != "all")
    ]
    expected = {
        (row.organization_id, row.grade): (int(row.numerator), int(row.denominator))
        for row in truth.itertuples(index=False)
    }
    schools = pq.read_table(franklin / "sis" / f"schools_{YEAR}.parquet").to_pandas()
    nces = dict(zip(schools["school_identifier_sea"], schools["school_identifier_nces"], strict=True))
    ela = counted[(counted["subject"] == "ela") & (counted["scored"] > 0)]
    found = {
        (nces[row.school_identifier_sea], row.grade): (int(row.proficient), int(row.scored))
        for row in ela.itertuples(index=False)
    }
    assert found == expected and len(found) > 20


@pytest.mark.parametrize(("specification", "subject"), [("FS175", "mathematics"), ("FS179", "science")])
def test_scored_students_are_those_the_state_submits(
    franklin: Path, counted: pd.DataFrame, specification: str, subject: str
) -> None:
    with (franklin / "truth" / f"edfacts_totals_{YEAR}.csv").open(newline="") as handle:
        submitted = [
            row
            for row in csv.DictReader(handle)
            if row["file_specification"] == specification and row["level"] == "SEA"
        ]
    totals = Counter()
    for row in submitted:
        if row["columns"].split() == ["GradeLevelID", "AssessAdministeredID", "ProficiencyStatusID"]:
            totals[row["table_type"]] += int(float(row["amount"]))
    assert len(totals) == 2
    assert totals.total() == int(counted[counted["subject"] == subject]["scored"].sum())


def test_the_agency_switches_every_year_on_and_maps_it_to_no_core_table(project: Path) -> None:
    agency = load_agency(project / "agencies" / "franklin")
    years = [y for r in agency.sources["assessment_vendor_results"].releases for y in r.school_years]
    assert years == [2023, 2024, 2025]


def test_a_shifted_record_is_refused_and_shows_nothing_of_the_student(franklin: Path, tmp_path: Path) -> None:
    records = (franklin / "assessment" / f"summative_{YEAR}.txt").read_text("ascii").splitlines()
    records[7] = records[7][:20] + records[7][21:] + " "
    file = tmp_path / "shifted.txt"
    file.write_text("".join(f"{record}\n" for record in records), "ascii")
    with pytest.raises(SpmError) as refused:
        read_results("assessment_vendor_results", file, tmp_path / "home", school_year=YEAR)
    assert refused.value.line == 8 and refused.value.value is None
    assert records[7][21:30] not in str(refused.value)
