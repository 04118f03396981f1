"""Each shared reader gives the cells of its format, with physical lines, or says what is wrong."""

from __future__ import annotations

import datetime as dt
import io
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from invented_source import GOOD, Workbench
from openpyxl import Workbook

from warehouse.model.errors import SpmError

# ---- EDFacts submission files

SUBMISSION = "FKSCHCHRONABSEv000001.csv"
RECORDS = [f"{n},88,{n:07d},{n * 10}" for n in range(1, 4)]
LAYOUT = """\
table,level,first_year,column,start,length,required,codes
counts,SCH,2025,FileRecordNumber,1,10,yes,
counts,SCH,2025,FIPSStateCode,11,2,yes,
counts,SCH,2025,StateSchoolIDNumber,13,7,yes,
counts,SCH,2025,Amount,20,10,yes,
"""


@pytest.fixture
def submission(bench: Workbench) -> Workbench:
    bench.reader, bench.file_name = "edfacts_submission", SUBMISSION
    bench.columns = (
        "table,column,type,member,required,all\n"
        "counts,record_number,count,,yes,FileRecordNumber\n"
        "counts,state,ignored,,no,FIPSStateCode\n"
        "counts,level,ignored,,no,<level>\n"
        "counts,school_code,id([0-9]{7}),,yes,StateSchoolIDNumber\n"
        "counts,students,count,,yes,Amount\n"
    )
    bench.table, bench.extra = "layout: layout.csv", {"layout.csv": LAYOUT}
    return bench


def submitted(total="3", name=SUBMISSION, period="2024-2025", records=tuple(RECORDS), sep=",") -> str:
    header = sep.join(["CHRONIC ABSENTEEISM", total, name, "FS195", period, ""])
    return "".join(f"{line}\r\n" for line in [header, *(r.replace(",", sep) for r in records)])


def refusal(bench: Workbench, content: str | bytes) -> SpmError:
    with pytest.raises(SpmError) as caught:
        bench.read_text(content)
    return caught.value


def test_a_submission_is_read_by_position_and_its_header_record_is_line_1(submission):
    table = submission.read_text(submitted()).table
    assert table["students"].to_pylist() == [10, 20, 30]
    assert table["source_line"].to_pylist() == [2, 3, 4]


def test_a_submission_in_tab_form_is_read_alike(submission):
    name = SUBMISSION.replace(".csv", ".tab")
    submission.write(submitted(name=name, sep="\t"), name)
    assert submission.read(name).table["students"].to_pylist() == [10, 20, 30]


def test_a_period_with_a_blank_is_the_same_period(submission):
    assert submission.read_text(submitted(period="2024 2025")).rows_out == 3


def test_a_submission_shorter_than_its_header_promises_is_refused(submission):
    error = refusal(submission, submitted(records=RECORDS[:2]))
    assert (error.line, error.value) == (
        1,
        "3",
    ) and "another number of records than the 2 of the file" in error.what


def test_a_submission_under_another_name_is_refused(submission):
    error = refusal(submission, submitted(name="FKSCHMEMBERv000001.csv"))
    assert error.column == "file name" and error.value == "FKSCHMEMBERv000001.csv"


@pytest.mark.parametrize("period", ["2023-2024", "2024-2026", "2023-2025", "2025", ""])
def test_a_submission_of_another_period_is_refused(submission, period):
    error = refusal(submission, submitted(period=period))
    assert error.line == 1 and ("period" in error.what or "header record" in error.what)


def test_a_record_with_a_field_too_few_is_named(submission):
    error = refusal(submission, submitted(records=[RECORDS[0], "2,88", RECORDS[2]]))
    assert error.line == 3 and "2 fields" in error.what


def test_a_submission_torn_inside_its_last_amount_is_refused(submission):
    error = refusal(submission, submitted()[:-3])
    assert error.line == 4 and "no line end" in error.what


def test_a_submission_without_header_record_is_refused(submission):
    assert "header record" in refusal(submission, "".join(f"{r}\r\n" for r in RECORDS)).what


# ---- workbooks

WORKBOOK_COLUMNS = """\
table,column,type,member,required,all
counts,school_code,id([0-9]{7}),,yes,School Code
counts,students,count,,yes,Students (all)
counts,rate_percent,percent,,no,Rate
counts,opened,date(%Y-%m-%d),,no,Opened
"""


@pytest.fixture
def workbook(bench: Workbench) -> Workbench:
    bench.reader, bench.file_name, bench.columns = "workbook", "counts.xlsx", WORKBOOK_COLUMNS
    bench.table = "header_row: 2\n    sheet: Data"
    return bench


def sheet(*rows: tuple[object, ...], header=("School Code", "Students\n(all)", "Rate", "Opened")) -> bytes:
    book = Workbook()
    book.active.title = "Title"
    data = book.create_sheet("Data")
    data.append(["Invented by hand"])
    data.append(list(header))
    for row in rows:
        data.append(list(row))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_a_sheet_is_read_below_its_header_row_with_newlines_in_headers_evened(workbook):
    content = sheet(("0000001", 1200, 12.5, dt.date(2020, 8, 1)), (), ("0000002", 7.0, None, None))
    table = workbook.read_text(content).table
    assert table["students"].to_pylist() == [1200, 7]
    assert table["opened"].to_pylist() == [dt.date(2020, 8, 1), None]
    assert table["source_line"].to_pylist() == [3, 5]


def test_a_small_decimal_of_a_sheet_is_no_exponent(workbook):
    workbook.columns = WORKBOOK_COLUMNS.replace("rate_percent,percent", "rate_percent,decimal")
    table = workbook.read_text(sheet(("0000001", 1, 0.00002, None))).table
    assert table["rate_percent"].to_pylist()[0] == Decimal("0.00002")


def test_an_id_that_excel_made_a_number_is_suspected_of_lost_zeros(workbook):
    error = refusal(workbook, sheet((1, 1, None, None)))
    assert "eading zeros lost?" in error.what and (error.line, error.column) == (3, "School Code")


def test_a_cell_beyond_the_last_header_is_not_dropped_in_silence(workbook):
    error = refusal(workbook, sheet(("0000001", 1, None, None, 99)))
    assert error.line == 3 and error.value == "99"


def test_a_header_row_that_is_empty_is_refused(workbook):
    workbook.table = "header_row: 9\n    sheet: Data"
    assert refusal(workbook, sheet(("0000001", 1, None, None))).line == 9


def test_a_missing_sheet_is_named_with_those_there_are(workbook):
    workbook.table = "header_row: 2\n    sheet: Counts"
    error = refusal(workbook, sheet())
    assert "'Counts'" in error.what and "'Title', 'Data'" in error.what


def test_a_sheet_can_be_named_by_its_place(workbook):
    workbook.table = "header_row: 2\n    sheet: 2"
    assert workbook.read_text(sheet(("0000001", 1, None, None))).rows_out == 1


@pytest.mark.parametrize("share", [0, 0.1, 0.5, 0.9, 0.99])
def test_a_workbook_cut_anywhere_is_refused(workbook, share):
    content = sheet(*((f"{n:07d}", n, None, None) for n in range(1, 50)))
    error = refusal(workbook, content[: int(len(content) * share)])
    assert error.file == "counts.xlsx" and "cut off" in error.remedy


def test_text_under_the_name_of_a_workbook_is_refused(workbook):
    assert "workbook" in refusal(workbook, GOOD).what


# ---- Parquet


@pytest.fixture
def parquet(bench: Workbench) -> Workbench:
    bench.reader, bench.file_name, bench.table = "parquet", "counts.parquet", "rows: {minimum: 1}"
    bench.columns = (
        "table,column,type,member,required,all\n"
        "counts,school_code,id([0-9]{7}),,yes,school_code\n"
        "counts,students,count,,yes,students\n"
        "counts,day,date(%Y-%m-%d),,no,day\n"
    )
    return bench


def parquet_bytes(table: pa.Table, **options: object) -> bytes:
    out = io.BytesIO()
    pq.write_table(table, out, **options)
    return out.getvalue()


def test_typed_columns_of_parquet_are_kept_over_row_groups(parquet):
    count = 1000
    table = pa.table(
        {
            "school_code": pa.array([f"{n:07d}" for n in range(count)]),
            "students": pa.array(range(count), pa.int16()),
            "day": pa.array([dt.date(2024, 9, 1)] * count),
        }
    )
    result = parquet.read_text(parquet_bytes(table, row_group_size=64)).table
    assert result["students"].to_pylist() == list(range(count))
    assert result["source_line"].to_pylist() == list(range(1, count + 1))
    assert result["day"].to_pylist() == [dt.date(2024, 9, 1)] * count


def test_a_parquet_file_cut_off_is_refused(parquet):
    content = parquet_bytes(pa.table({"school_code": ["0000001"], "students": [1], "day": [None]}))
    assert "Parquet" in refusal(parquet, content[: len(content) // 2]).what


def test_a_number_where_parquet_should_hold_an_id_is_suspected_of_lost_zeros(parquet):
    table = pa.table({"school_code": [1], "students": [1], "day": pa.array([None], pa.date32())})
    assert "eading zeros lost?" in refusal(parquet, parquet_bytes(table)).what


@pytest.mark.parametrize(("kind", "name"), [(pa.list_(pa.int64()), "list"), (pa.binary(), "binary")])
def test_a_parquet_column_that_holds_no_cells_is_named(parquet, kind, name):
    table = pa.table({"school_code": ["0000001"], "students": pa.array([None], kind), "day": ["x"]})
    error = refusal(parquet, parquet_bytes(table))
    assert error.column == "students" and f"of type {name}" in error.what


# ---- a source's own reader

READER = """
import pyarrow as pa
from sources.readers.request import text_table

def read_file(request):
    words = request.path.read_text().split()
    lines = list(range(1, len(words) // 2 + 1))
    return text_table(["School Code", "Students"], [words[::2], words[1::2]], lines)
"""


@pytest.fixture
def custom(bench: Workbench) -> Workbench:
    bench.reader, bench.table, bench.extra = "custom", "rows: {minimum: 1}", {"reader.py": READER}
    bench.columns = (
        "table,column,type,member,required,all\n"
        "counts,school_code,id([0-9]{7}),,yes,School Code\n"
        "counts,students,count,,yes,Students\n"
    )
    return bench


def test_a_source_with_its_own_reader_is_claimed_and_typed_like_any_other(custom):
    table = custom.read_text("0000001 10 0000002 20").table
    assert table["students"].to_pylist() == [10, 20]
    assert refusal(custom, "0000001 10 2 20").line == 2


def test_a_custom_source_without_reader_says_where_to_put_it(custom):
    custom.extra = {}
    assert refusal(custom, "0000001 10").file.endswith("franklin_counts/reader.py")


def test_a_reader_without_read_file_says_so(custom):
    custom.extra = {"reader.py": "x = 1\n"}
    assert "read_file" in refusal(custom, "0000001 10").what
