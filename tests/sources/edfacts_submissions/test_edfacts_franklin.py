"""Franklin's submissions: all rows read, and their totals those of the people they were counted from."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path

import pytest
from edfacts_rendering import FRANKLIN_YEAR, submissions

from sources.read import ReadResult

Results = dict[str, dict[str, ReadResult]]


def test_every_record_of_every_file_is_read(results: Results, submitted: Path) -> None:
    files = sorted((submitted / "edfacts" / str(FRANKLIN_YEAR)).iterdir())
    promised = 0
    for path in files:
        lines = path.read_bytes().decode("utf-8").split("\r\n")
        assert lines[-1] == ""
        promised += len(lines) - 2
    assert len(files) > 60
    assert sum(r.rows_out for tables in results.values() for r in tables.values()) == promised
    assert all(r.rows_quarantined == 0 for tables in results.values() for r in tables.values())


def test_no_total_of_franklins_is_below_its_details(results: Results) -> None:
    told = [w for tables in results.values() for r in tables.values() for w in r.warnings]
    assert told
    assert all("no code list is held" in w for w in told)


def test_sums_of_one_set_are_the_people_counted(results: Results, submitted: Path) -> None:
    path = submitted / "truth" / f"edfacts_totals_{FRANKLIN_YEAR}.csv"
    with path.open(encoding="utf-8", newline="") as handle:
        expected = list(csv.DictReader(handle))
    assert len({x["file_specification"] for x in expected}) >= 20
    for line in expected:
        (source_id,) = (s for s in results if s.split("_")[1].upper() == line["file_specification"])
        assert sum_of(results[source_id]["submission"], source_id, line) == Decimal(line["amount"]), line


def sum_of(result: ReadResult, source_id: str, line: dict[str, str]) -> Decimal:
    """The sum over rows that fill exactly the columns of one set, over plain Python rows."""
    source = submissions()[source_id]
    columns = {str(x.header("all")): x for x in source.columns.of("submission")}
    codes = dict(p.split("=") for p in columns["TableTypeAbbrv"].type.argument.split("|"))
    table_type = codes.get(line["table_type"], line["table_type"])
    others = {"level", "lea_identifier_sea", "school_identifier_sea", "table_type", "category_set"}
    categories = [c for c in source.spec.tables["submission"].key if c not in others]
    filled = {columns[header].column for header in line["columns"].split()}
    level = {"SCH": "SCHOOL"}.get(line["level"], line["level"])
    return sum(
        (
            Decimal(str(row[columns["Amount"].column]))
            for row in result.table.to_pylist()
            if row["level"] == level
            and row["table_type"] == table_type
            and {c for c in categories if row[c] is not None} == filled
        ),
        Decimal(0),
    )


def test_the_school_file_and_the_membership_file_agree_with_the_student_records(
    results: Results, submitted: Path
) -> None:
    directory = results["edfacts_fs029_directory"]["schools"].table.to_pylist()
    member = results["edfacts_fs052_membership"]["submission"].table.to_pylist()
    totals = {
        r["school_identifier_sea"] for r in member if r["category_set"] == "TOT" and r["level"] == "SCHOOL"
    }
    assert totals == {r["school_identifier_sea"] for r in directory}
    assert all(r["nces_lea_id"].startswith("88") for r in directory)


@pytest.mark.parametrize("source_id", sorted(submissions()))
def test_every_specification_has_rows(results: Results, source_id: str) -> None:
    assert all(result.rows_out > 0 for result in results[source_id].values())
