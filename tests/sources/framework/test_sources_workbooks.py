"""A workbook gives what a person sees in it; what calamine would call empty is told, and no bomb goes off."""

from __future__ import annotations

import re
import struct
import zipfile
import zlib

import pytest
from invented_source import Workbench
from invented_workbooks import cell_replaced, ole, protection, repacked, with_sheet, xls, xlsx

from sources.readers import limits
from sources.readers.looks import cell_name, column_number
from sources.readers.ole import Container
from warehouse.model.errors import SpmError

COLUMNS = """\
table,column,type,member,required,all
counts,school_code,id([0-9]{7}),,yes,School Code
counts,students,count,,no,Students
"""
ROWS = [("School Code", "Students"), *((f"{n:07d}", n * 10) for n in range(1, 21))]
GOOD = xlsx(*ROWS)
DIVISION_BY_ZERO = bytes([2, 0, 7, 0, 0, 0, 0xFF, 0xFF])
OLD = {(r, c): v for r, row in enumerate(ROWS) for c, v in enumerate(row)}


@pytest.fixture
def workbook(bench: Workbench) -> Workbench:
    bench.reader, bench.file_name, bench.columns = "workbook", "counts.xlsx", COLUMNS
    bench.table = 'markers: {"#N/A": not_available}'
    return bench


@pytest.fixture
def old(workbook: Workbench) -> Workbench:
    workbook.file_name = "counts.xls"
    return workbook


def refusal(bench: Workbench, content: bytes) -> SpmError:
    with pytest.raises(SpmError) as caught:
        bench.read_text(content)
    assert caught.value.file == bench.file_name and caught.value.remedy
    return caught.value


# ---- formulas and errors


def test_a_formula_that_was_never_calculated_refuses_the_workbook_with_its_cell(workbook):
    formula = xlsx(*ROWS[:4], ("0000004", "=SUM(B2:B4)"))
    error = refusal(workbook, formula)
    assert "formula in cell B5 has no value" in error.what and error.line == 5


@pytest.mark.parametrize(
    "xml", ['<c r="B3"><f>10+10</f></c>', '<c r="B3" s="1"><f t="shared" si="0"/><v></v></c>']
)
def test_a_formula_without_value_is_found_however_it_is_written(workbook, xml):
    assert "cell B3" in refusal(workbook, with_sheet(GOOD, cell_replaced("B3", xml))).what


def test_a_formula_is_read_by_the_value_it_was_saved_with_and_told(workbook):
    xml = '<c r="B3"><f>IF(A3&lt;"1",10+10,3>2)</f><v>20</v></c>'
    result = workbook.read_text(with_sheet(GOOD, cell_replaced("B3", xml)))
    assert result.table["students"].to_pylist()[:3] == [10, 20, 30]
    (warning,) = result.warnings
    assert "counts.xlsx: 1 cells are formulas, the first B3" in warning


def test_a_formula_whose_result_is_an_empty_text_is_an_empty_cell(workbook):
    xml = '<c r="B3" t="str"><f>""</f><v></v></c>'
    assert (
        workbook.read_text(with_sheet(GOOD, cell_replaced("B3", xml))).table["students"].to_pylist()[1]
        is None
    )


def test_a_formula_above_the_header_row_is_no_matter(workbook):
    workbook.table = "header_row: 2"
    content = xlsx(("=TODAY()",), *ROWS)
    assert workbook.read_text(content).warnings == () and workbook.read_text(content).rows_out == 20


def test_an_error_in_a_cell_is_its_text_and_no_blank(workbook):
    xml = '<c r="B3" t="e"><v>#REF!</v></c>'
    error = refusal(workbook, with_sheet(GOOD, cell_replaced("B3", xml)))
    assert (error.line, error.column, error.value) == (3, "Students", "#REF!")


def test_an_error_may_be_declared_as_a_mark(workbook):
    xml = '<c r="B3" t="e"><f>NA()</f><v>#N/A</v></c>'
    table = workbook.read_text(with_sheet(GOOD, cell_replaced("B3", xml))).table
    assert (
        table["students"].to_pylist()[1] is None
        and table["students_marker"].to_pylist()[1] == "not_available"
    )


def test_an_old_workbook_tells_errors_and_formulas_too(old):
    cells = {**OLD, (3, 1): ("error", 42), (4, 1): ("formula", struct.pack("<d", 40.0))}
    result = old.read_text(xls(cells))
    assert result.table["students"].to_pylist()[:4] == [10, 20, None, 40]
    assert result.table["students_marker"].to_pylist()[2] == "not_available"
    assert "the first B5" in result.warnings[0]
    error = refusal(old, xls({**OLD, (3, 1): ("formula", DIVISION_BY_ZERO)}))
    assert (error.line, error.value) == (4, "#DIV/0!")


def test_an_old_workbook_without_any_of_this_is_read_without_a_word(old):
    result = old.read_text(xls(OLD))
    assert result.table["students"].to_pylist() == [n * 10 for n in range(1, 21)] and result.warnings == ()


# ---- what is no workbook, or not an open one


def test_a_workbook_with_a_password_is_told_as_such(workbook):
    error = refusal(workbook, ole({"EncryptionInfo": b"x", "EncryptedPackage": b"y" * 5000}))
    assert "protected by a password" in error.what and "take the password away" in error.remedy


def test_an_old_workbook_with_a_password_is_told_as_such(old):
    assert "protected by a password" in refusal(old, xls(OLD, before=protection())).what


@pytest.mark.parametrize(
    "page", [b"<html><body>Sign in</body></html>", b"\xef\xbb\xbf\r\n<?xml version='1.0'?><Workbook/>"]
)
def test_a_web_page_under_the_name_of_a_workbook_is_told_as_such(old, page):
    assert "web page or XML" in refusal(old, page).what


def test_a_zip_of_something_else_is_no_workbook(workbook, tmp_path):
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("a.csv", "a,b\n")
    assert "a zip of something else" in refusal(workbook, (tmp_path / "x.zip").read_bytes()).what


def test_containers_with_chains_that_run_in_circles_end(old):
    content = bytearray(xls(OLD))
    for place in range(0, len(content) - 4, 4):
        if content[place : place + 4] == b"\xfe\xff\xff\xff" and place >= 512:
            content[place : place + 4] = b"\x00\x00\x00\x00"
    assert "Not a readable workbook" in refusal(old, bytes(content)).what
    with pytest.raises(ValueError):
        Container(b"x" * 1000)


# ---- bombs


def bomb(name: str, megabytes: int) -> bytes:
    """A workbook of some kilobytes with a part that unpacks to very much."""
    return repacked(GOOD, lambda part, body: body + b" " * (megabytes << 20) if part.endswith(name) else body)


@pytest.mark.parametrize("part", ["sheet1.xml", "styles.xml"])
def test_a_part_that_unpacks_to_a_thousandfold_is_refused(workbook, part):
    content = bomb(part, 80)
    assert len(content) < 500_000
    error = refusal(workbook, content)
    assert part in error.what and "unpacks to more than" in error.what


def test_a_part_that_hides_its_size_is_refused_too(workbook):
    """The directory says that the part has some bytes; what comes out is counted all the same."""
    content = bytearray(bomb("styles.xml", 80))
    size = struct.pack("<I", max(item.file_size for item in zipfile.ZipFile(_file(content)).infolist()))
    assert content.count(size) >= 1
    assert (
        "unpacks to more than"
        in refusal(workbook, bytes(content.replace(size, struct.pack("<I", 1000)))).what
    )


def test_parts_that_are_large_together_are_refused(workbook, monkeypatch):
    monkeypatch.setattr(limits, "LARGEST_UNPACKED", 3000)
    assert "unpacks to more than" in refusal(workbook, GOOD).what


def test_a_stray_cell_in_the_last_corner_is_refused_before_memory_is_asked_for(workbook):
    stray = '<row r="1048576"><c r="XFD1048576" t="n"><v>1</v></c></row></sheetData>'
    error = refusal(workbook, with_sheet(GOOD, lambda x: x.replace("</sheetData>", stray)))
    assert "reaches over 1048576 rows and 16384 columns" in error.what and "stray cell" in error.remedy


def test_blank_cells_that_are_only_painted_are_no_matter(workbook):
    painted = '<row r="1048576"><c r="XFD1048576" s="1"/></row></sheetData>'
    content = with_sheet(GOOD, lambda x: x.replace("</sheetData>", painted))
    assert workbook.read_text(content).rows_out == 20


def test_a_row_without_end_is_refused(workbook, monkeypatch):
    monkeypatch.setattr("sources.readers.looks._LONGEST_ROW", 1000)
    content = with_sheet(GOOD, lambda x: re.sub("</?row[^>]*>", "", x))
    assert "a row is longer than" in refusal(workbook, content).what


def test_a_workbook_larger_than_its_kind_is_refused_before_it_is_opened(workbook, monkeypatch):
    monkeypatch.setitem(limits.LARGEST_FILE, "workbook", 1000)
    assert f"has {len(GOOD)} bytes" in refusal(workbook, GOOD).what


@pytest.mark.parametrize("name", ["_rels/workbook.xml.rels", "xl/workbook.xml", "sheet1.xml"])
def test_a_workbook_whose_parts_are_emptied_is_refused(workbook, name):
    emptied = repacked(GOOD, lambda part, body: b"" if part.endswith(name) else body)
    assert (
        "Not a readable workbook" in refusal(workbook, emptied).what
        or "No sheet" in refusal(workbook, emptied).what
    )


def test_a_damaged_part_is_refused(workbook):
    content = bytearray(GOOD)
    item = zipfile.ZipFile(_file(content)).getinfo("xl/worksheets/sheet1.xml")
    for place in range(item.header_offset + 70, item.header_offset + 90):
        content[place] ^= 0xFF
    assert "workbook" in refusal(workbook, bytes(content)).what.lower()
    assert zlib.crc32(bytes(content)) != zlib.crc32(GOOD)


@pytest.mark.parametrize(
    ("letters", "number"), [("A", 1), ("Z", 26), ("AA", 27), ("ZZ", 702), ("XFD", 16384)]
)
def test_columns_are_counted_as_spreadsheets_do(letters, number):
    assert column_number(letters.encode()) == number
    assert cell_name((0, number - 1)) == f"{letters}1"


def _file(content: bytes):
    import io

    return io.BytesIO(bytes(content))
