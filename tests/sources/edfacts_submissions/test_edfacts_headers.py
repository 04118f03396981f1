"""A submission file is held to its name and its header record."""

from __future__ import annotations

from pathlib import Path

import pytest
from edfacts_rendering import YEAR, file_name, read_bytes, record, render, submissions

from sources.registry import Source
from warehouse.model.errors import SpmError


@pytest.fixture
def membership() -> Source:
    return submissions()["edfacts_fs052_membership"]


def rows() -> list[dict[str, str]]:
    grade = {"GradeLevelID": "KG", "TotalIndicator": "Y", "Amount": "12"}
    return [
        record(1, "SCH", "MEMBER", **grade),
        record(2, "SCH", "MEMBER", TotalIndicator="Y", Amount="12"),
    ]


def refusal(source: Source, folder: Path, content: bytes, name: str = "", year: int = YEAR) -> SpmError:
    with pytest.raises(SpmError) as caught:
        name = name or file_name(source, "submission", "SCH", "csv")
        read_bytes(source, "submission", content, folder, name, year)
    assert caught.value.remedy
    return caught.value


@pytest.mark.parametrize("lie", ["1", "3", "x", "-2", "2.0", ""])
def test_another_number_of_records_than_promised_is_refused(
    membership: Source, tmp_path: Path, lie: str
) -> None:
    error = refusal(membership, tmp_path, render(membership, "submission", "SCH", rows(), total=lie))
    assert error.line == 1
    if lie:
        assert "another number of records than the 2" in str(error) and error.value == lie


def test_a_cut_at_a_record_boundary_is_caught_by_the_promised_number(
    membership: Source, tmp_path: Path
) -> None:
    whole = render(membership, "submission", "SCH", rows())
    cut = whole[: whole.rindex(b"\r\n", 0, -2) + 2]
    assert "promises another number" in str(refusal(membership, tmp_path, cut))


@pytest.mark.parametrize("period", ["2022-2023", "2024-2025", "2023-2025", "2024", "2023/2024"])
def test_another_reporting_period_is_refused(membership: Source, tmp_path: Path, period: str) -> None:
    error = refusal(membership, tmp_path, render(membership, "submission", "SCH", rows(), period=period))
    assert "not 2023-2024" in str(error) and error.value == period


def test_a_period_with_a_blank_is_understood(membership: Source, tmp_path: Path) -> None:
    content = render(membership, "submission", "SCH", rows(), period="2023 2024")
    name = file_name(membership, "submission", "SCH", "csv")
    assert read_bytes(membership, "submission", content, tmp_path, name).num_rows == 2


def test_the_name_in_the_header_record_must_be_the_files_own(membership: Source, tmp_path: Path) -> None:
    content = render(membership, "submission", "SCH", rows(), name="FKSCHMEMBERv000002.csv")
    error = refusal(membership, tmp_path, content)
    assert "names another file than FKSCHMEMBERv000001.csv" in str(error)


@pytest.mark.parametrize(
    "name",
    [
        "SCHMEMBERv000001.csv",  # no state
        "FKSTAMEMBERv000001.csv",  # no such level
        "FKSCHMEMBER000001.csv",  # no v
        "FKSCHMEMBERv000001.xls",
        "FKSCHMEMBERv000001",
        "FKSCHMEMBERSHIPv000001.csv",  # ten letters
        "FKSCHMEMBERv000001000001.csv",  # 28 characters
        "membership.csv",
    ],
)
def test_a_name_that_is_no_submissions_is_refused(membership: Source, tmp_path: Path, name: str) -> None:
    content = render(membership, "submission", "SCH", rows(), name=name)
    error = refusal(membership, tmp_path, content, name)
    assert "Not the name of a submission file" in str(error) and error.value == name


def test_another_file_type_in_the_name_is_refused(membership: Source, tmp_path: Path) -> None:
    name = "FKSCHTEACHERv000001.csv"
    error = refusal(membership, tmp_path, render(membership, "submission", "SCH", rows(), name=name), name)
    assert "another file type than MEMBER" in str(error) and error.value == "TEACHER"


def test_another_file_type_in_the_header_record_is_refused(tmp_path: Path) -> None:
    science = submissions()["edfacts_fs179_science_achievement"]
    mathematics = "SCHOOL STUDENT PERFORMANCE MATH"  # of the same layout
    content = render(science, "submission", "SCH", [], title=mathematics)
    error = refusal(science, tmp_path, content, file_name(science, "submission", "SCH", "csv"))
    assert "another file type" in str(error) and error.value == mathematics


@pytest.mark.parametrize("written", ["school#membership#table", "School  Membership Table"])
def test_a_file_type_may_be_written_as_programs_do(membership: Source, tmp_path: Path, written: str) -> None:
    content = render(membership, "submission", "SCH", rows(), title=written)
    name = file_name(membership, "submission", "SCH", "csv")
    assert read_bytes(membership, "submission", content, tmp_path, name).num_rows == 2


def test_a_level_that_the_specification_has_not_is_refused(tmp_path: Path) -> None:
    absence = submissions()["edfacts_fs195_chronic_absence"]
    error = refusal(absence, tmp_path, b"x\r\n", "FKLEACHRONABSEv000001.csv")
    assert "There is no LEA layout of this table, only SCH" in str(error)


def test_a_directory_of_schools_is_not_read_as_one_of_districts(tmp_path: Path) -> None:
    directory = submissions()["edfacts_fs029_directory"]
    content = render(directory, "schools", "SCH", [], "tab")
    with pytest.raises(SpmError, match="There is no SCH layout"):
        read_bytes(directory, "districts", content, tmp_path, file_name(directory, "schools", "SCH", "tab"))


def test_a_year_before_the_first_layout_is_refused_and_a_later_one_is_read(tmp_path: Path) -> None:
    exits = submissions()["edfacts_fs211_el_exited"]
    name = file_name(exits, "submission", "LEA", "csv")
    old = render(exits, "submission", "LEA", [], period="2021-2022")
    error = refusal(exits, tmp_path, old, name, 2022)
    assert "No layout is held for 2022; the first is that of 2023" in str(error)
    new = render(exits, "submission", "LEA", [], period="2029-2030")
    assert read_bytes(exits, "submission", new, tmp_path, name, 2030).num_rows == 0


@pytest.mark.parametrize("content", [b"", b"\r\n\r\n", b"1,01,01,0010,00100,MEMBER,KG,,,Y,,12\r\n"])
def test_a_file_without_header_record_is_refused(membership: Source, tmp_path: Path, content: bytes) -> None:
    error = refusal(membership, tmp_path, content)
    assert "header record" in str(error) or "is empty" in str(error)


def test_a_header_record_alone_is_a_file_of_no_records(membership: Source, tmp_path: Path) -> None:
    content = render(membership, "submission", "SCH", [])
    name = file_name(membership, "submission", "SCH", "csv")
    assert read_bytes(membership, "submission", content, tmp_path, name).num_rows == 0


def test_blank_fields_after_the_fifth_are_filler(membership: Source, tmp_path: Path) -> None:
    content = render(membership, "submission", "SCH", rows(), period="2023-2024,,")
    name = file_name(membership, "submission", "SCH", "csv")
    assert read_bytes(membership, "submission", content, tmp_path, name).num_rows == 2
