"""Records of submission files: shifted, torn, quoted and padded ones, in three formats."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from edfacts_rendering import file_name, layout, read_bytes, record, render, submissions

from sources.readers.remarks import refused_rows
from sources.registry import Source
from warehouse.model.errors import SpmError


@pytest.fixture
def lunch() -> Source:
    return submissions()["edfacts_fs033_school_lunch"]


def rows() -> list[dict[str, str]]:
    free = {"LunchProgramStatusID": "FL", "TotalIndicator": "N", "Amount": "7"}
    return [
        record(1, "SCH", "LUNCHFREERED", Explanation="see note", **free),
        record(2, "SCH", "LUNCHFREERED", TotalIndicator="Y", Amount="7"),
    ]


def read(source: Source, folder: Path, content: bytes, extension: str = "csv") -> pa.Table:
    return read_bytes(
        source, "submission", content, folder, file_name(source, "submission", "SCH", extension)
    )


def text(source: Source, extension: str = "csv") -> str:
    return render(source, "submission", "SCH", rows(), extension).decode("utf-8")


def test_a_comma_inside_a_value_of_a_csv_file_is_a_width_error_that_names_the_way_out(
    lunch: Source, tmp_path: Path
) -> None:
    broken = text(lunch).replace("see note", "see note, page 2").encode()
    with pytest.raises(SpmError, match="11 fields in a record whose layout has 10") as caught:
        read(lunch, tmp_path, broken)
    assert caught.value.line == 2 and ".tab" in caught.value.remedy


def test_a_comma_inside_a_value_of_a_tab_file_is_a_comma(lunch: Source, tmp_path: Path) -> None:
    content = text(lunch, "tab").replace("see note", "see note, page 2").encode()
    assert read(lunch, tmp_path, content, "tab")["Explanation"][0].as_py() == "see note, page 2"


@pytest.mark.parametrize(
    ("written", "meant"),
    [('"see note, page 2"', "see note, page 2"), ('5" pipe', '5" pipe'), ('say ""no""', 'say ""no""')],
)
def test_quotes_are_understood_where_they_quote_and_kept_where_they_do_not(
    lunch: Source, tmp_path: Path, written: str, meant: str
) -> None:
    content = text(lunch).replace("see note", written).encode()
    assert read(lunch, tmp_path, content)["Explanation"][0].as_py() == meant


@pytest.mark.parametrize("extension", ["csv", "tab", "txt"])
@pytest.mark.parametrize("end", ["\n", "\r"])
def test_line_ends_and_a_byte_order_mark_make_no_difference(
    lunch: Source, tmp_path: Path, extension: str, end: str
) -> None:
    plain = read(lunch, tmp_path, text(lunch, extension).encode(), extension)
    other = b"\xef\xbb\xbf" + text(lunch, extension).replace("\r\n", end).encode()
    assert read(lunch, tmp_path, other, extension).equals(plain)


def test_blank_fields_beyond_the_layout_are_trailing_delimiters(lunch: Source, tmp_path: Path) -> None:
    content = text(lunch).replace(",7\r\n", ",7,,\r\n").encode()
    assert read(lunch, tmp_path, content)["Amount"].to_pylist() == ["7", "7"]


@pytest.mark.parametrize("extension", ["csv", "tab", "txt"])
def test_a_record_that_lost_a_field_or_has_one_more_is_refused(
    lunch: Source, tmp_path: Path, extension: str
) -> None:
    lines = text(lunch, extension).split("\r\n")
    separator = {"csv": ",", "tab": "\t"}.get(extension)
    first, rest = lines[1].split(separator, 1) if separator else (lines[1][:1], lines[1][2:])
    for shifted in (rest, first + (separator or "") + "X" + (separator or "") + rest + "xx"):
        broken = "\r\n".join([lines[0], shifted, *lines[2:]]).encode()
        with pytest.raises(SpmError, match="in a record whose layout has") as caught:
            read(lunch, tmp_path, broken, extension)
        assert caught.value.line == 2


@pytest.mark.parametrize("extension", ["csv", "tab", "txt"])
def test_a_file_torn_in_a_record_is_refused(lunch: Source, tmp_path: Path, extension: str) -> None:
    whole = text(lunch, extension).encode()
    for lost in (1, 2, 3, 20):
        with pytest.raises(SpmError):
            read(lunch, tmp_path, whole[:-lost] if lost > 2 else whole[: -lost - 2], extension)


@pytest.mark.parametrize("extension", ["csv", "tab", "txt"])
def test_something_where_the_layout_keeps_a_place_free_is_refused(tmp_path: Path, extension: str) -> None:
    absence = submissions()["edfacts_fs195_chronic_absence"]
    row = record(1, "SCH", "CHRONABSENT", GenderID="F", RaceEthnicityID="AM7", TotalIndicator="N", Amount="1")
    content = render(absence, "submission", "SCH", [{**row, "Filler1": "WDIS"}], extension)
    with pytest.raises(SpmError, match="keeps positions 159 to 248 free") as caught:
        read(absence, tmp_path, content, extension)
    assert caught.value.value == "WDIS" and caught.value.line == 2


def test_a_value_longer_than_its_place_is_refused(lunch: Source, tmp_path: Path) -> None:
    row = {**rows()[0], "StateSchoolIDNumber": "1" * 21}
    content = render(lunch, "submission", "SCH", [row])
    with pytest.raises(SpmError, match="longer than the 20 characters") as caught:
        read(lunch, tmp_path, content)
    assert caught.value.column == "StateSchoolIDNumber"


def test_fixed_width_counts_characters_and_not_bytes(lunch: Source, tmp_path: Path) -> None:
    row = {**rows()[0], "Explanation": "Española, 12 niños"}
    content = render(lunch, "submission", "SCH", [row], "txt")
    assert len(content.split(b"\r\n")[1]) > sum(n for _, n in layout(lunch.id, "submission", "SCH"))
    assert read(lunch, tmp_path, content, "txt")["Explanation"].to_pylist() == ["Española, 12 niños"]


def test_shifted_columns_of_the_right_number_are_refused(lunch: Source, tmp_path: Path) -> None:
    lines = text(lunch).split("\r\n")
    cells = lines[1].split(",")
    lines[1] = ",".join([*cells[1:], cells[0]])  # one column to the left
    with pytest.raises(SpmError, match="longer than the 2 characters") as caught:
        read(lunch, tmp_path, "\r\n".join(lines).encode())
    assert (caught.value.line, caught.value.column) == (2, "StateAgencyNumber")


def test_codes_in_their_neighbours_column_are_no_set_or_no_code(tmp_path: Path) -> None:
    source = submissions()["edfacts_fs037_title_i_participation"]
    row = record(
        1, "LEA", "TITLEIPART", MigrantStatusID="LEP", TotalIndicator="", Explanation="N", Amount="4"
    )
    content = render(source, "submission", "LEA", [row])
    table = read_bytes(source, "submission", content, tmp_path, file_name(source, "submission", "LEA", "csv"))
    assert "TotalIndicator is empty" in refused_rows(table)[0].reason


@pytest.mark.parametrize(
    ("level", "column"),
    [("SCH", "StateSchoolIDNumber"), ("SCH", "StateLEAIDNumber"), ("LEA", "StateLEAIDNumber")],
)
def test_a_record_without_the_ids_of_its_level_is_refused(tmp_path: Path, level: str, column: str) -> None:
    source = submissions()["edfacts_fs052_membership"]
    row = record(1, level, "MEMBER", TotalIndicator="Y", Amount="1", **{column: ""})
    content = render(source, "submission", level, [row])
    table = read_bytes(source, "submission", content, tmp_path, file_name(source, "submission", level, "csv"))
    (refused,) = refused_rows(table)
    assert (refused.row, refused.column) == (0, column) and f"a {level} record must have it" in refused.reason


def test_two_states_in_a_file_are_refused(lunch: Source, tmp_path: Path) -> None:
    content = render(lunch, "submission", "SCH", [rows()[0], {**rows()[1], "FIPSStateCode": "02"}])
    with pytest.raises(SpmError, match="of one state") as caught:
        read(lunch, tmp_path, content)
    assert caught.value.line == 3 and caught.value.value == "02"
