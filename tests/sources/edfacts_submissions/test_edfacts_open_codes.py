"""Codes that are on no list: taken as written and told, or refused where the list is known."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from edfacts_rendering import YEAR, file_name, record, render, submissions

from sources.acquire import FetchResult
from sources.read import BoundExceeded, ReadResult, read
from sources.snapshot import Snapshot
from warehouse.model.agency import ReleaseSettings

Reader = Callable[[str, str, list[dict[str, str]]], ReadResult]


@pytest.fixture
def read_rows(tmp_path: Path) -> Reader:
    """Read records as a release of one file."""

    def reader(source_id: str, level: str, records: list[dict[str, str]]) -> ReadResult:
        source = submissions()[source_id]
        name = file_name(source, "submission", level, "csv")
        path = tmp_path / name
        path.write_bytes(render(source, "submission", level, records))
        snapshot = Snapshot(source_id, YEAR, "", "0" * 64, name, "2026-01-01T00:00:00Z", 1, path)
        release = ReleaseSettings(school_years=(YEAR,), files=(name,))
        return read(source, FetchResult("new", (snapshot,), ""), release)["submission"]

    return reader


def test_a_code_on_no_list_is_taken_and_told(read_rows: Reader) -> None:
    row = record(1, "SCH", "CHRONABSENT", GenderID="X", LEPStatusID="LEP", TotalIndicator="N", Amount="4")
    result = read_rows("edfacts_fs195_chronic_absence", "SCH", [row])
    (only,) = result.table.to_pylist()
    assert (only["sex"], only["english_learner"], only["student_count"]) == ("X", "english_learner", 4)
    (told,) = result.warnings
    assert told == "FKSCHCHRONABSEv000001.csv: GenderID: no code list is held for X; taken as written"


def test_many_strange_codes_are_told_in_one_sentence_a_column(read_rows: Reader) -> None:
    rows = [
        record(
            n, "SCH", "CHRONABSENT", GenderID=f"X{n:02d}", LEPStatusID="LEP", TotalIndicator="N", Amount="1"
        )
        for n in range(1, 12)
    ]
    (told,) = read_rows("edfacts_fs195_chronic_absence", "SCH", rows).warnings
    assert "X01, X02, X03, X04, X05, X06, X07, X08 and 3 more" in told


def test_a_code_that_its_list_has_not_is_refused(read_rows: Reader) -> None:
    row = record(1, "LEA", "TITLEIPART", RaceEthnicityID="MW", TotalIndicator="N", Amount="4")
    with pytest.raises(BoundExceeded, match="Unknown code") as caught:
        read_rows("edfacts_fs037_title_i_participation", "LEA", [row])
    assert (caught.value.column, caught.value.value, caught.value.line) == ("RaceEthnicityID", "MW", 2)


def test_the_same_categories_twice_are_a_duplicate_whatever_their_numbers(read_rows: Reader) -> None:
    rows = [
        record(n, "SCH", "MEMBER", GradeLevelID="KG", TotalIndicator="Y", Amount=amount)
        for n, amount in ((1, "12"), (2, "13"))
    ]
    with pytest.raises(BoundExceeded, match="key stands more than once"):
        read_rows("edfacts_fs052_membership", "SCH", rows)


def test_an_indicator_that_contradicts_its_set_refuses_the_file(read_rows: Reader) -> None:
    row = record(1, "SCH", "MEMBER", GradeLevelID="KG", TotalIndicator="N", Amount="12")
    with pytest.raises(BoundExceeded, match="Rows of ST4 are totals, so the indicator must be Y") as caught:
        read_rows("edfacts_fs052_membership", "SCH", [row])
    assert (caught.value.column, caught.value.line) == ("TotalIndicator", 2)
