"""A known error of a publisher is corrected once and counted, and a source that has changed is told."""

from __future__ import annotations

import re
import textwrap

import pytest
from invented_source import GOOD, HEADER, ROWS, YEAR, Workbench

from warehouse.model.errors import SpmError

RIGHT = {
    "table": "counts",
    "where": '{School Code: "0000004"}',
    "column": "Students",
    "expects": '"4000"',
    "becomes": '"40"',
    "why": "A hundredfold; told by telephone",
    "who": "data team",
    "reported_on": "2025-09-01",
    "school_years": f"[{YEAR}]",
}
WRONG = GOOD.replace("School 4,40,", "School 4,4000,")


def corrections(*changes: dict[str, str]) -> dict[str, str]:
    items = []
    for change in changes or ({},):
        fields = {**RIGHT, **change}
        lines = [f"{key}: {value}" for key, value in fields.items() if value is not None]
        items.append("- " + textwrap.indent("\n".join(lines), "  ").strip())
    return {"corrections.yml": "corrections:\n" + "\n".join(items) + "\n"}


def students(result) -> dict[int, int]:
    return dict(
        zip(result.table["source_line"].to_pylist(), result.table["students"].to_pylist(), strict=True)
    )


def refusal(bench: Workbench, content: str = WRONG) -> SpmError:
    with pytest.raises(SpmError) as caught:
        bench.read_text(content)
    assert caught.value.remedy
    assert caught.value.file.endswith("corrections.yml")
    return caught.value


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"where": '{school_code: "0000004"}', "column": "students"},
        {"where": '{School Name: "School 4", rate_percent: "4.5000"}'},
        {"release": "all"},
        {"school_years": f"[2019, {YEAR}]"},
    ],
)
def test_the_cell_is_corrected_before_it_is_typed_and_counted(bench, change):
    bench.extra = corrections(change)
    result = bench.read_text(WRONG)
    assert students(result) == students(bench_of(bench).read_text(GOOD))
    assert (result.corrected, result.rows_in, result.rows_out) == (1, 20, 20)
    (place,) = result.corrections
    assert (place.file, place.line, place.column) == ("counts.csv", 5, "Students")
    assert re.fullmatch(r"line 2 of .*corrections\.yml", place.correction)


def bench_of(bench: Workbench) -> Workbench:
    """The same source without corrections."""
    return Workbench(bench.root / "plain")


def test_a_cell_that_no_type_accepts_is_corrected(bench):
    bench.extra = corrections({"expects": '"4O"'})
    assert students(bench.read_text(GOOD.replace("School 4,40,", "School 4,4O,")))[5] == 40


def test_a_key_is_corrected_before_it_is_compared(bench):
    change = {"where": '{School Name: "School 4"}', "column": "School Code", "expects": '"4"'}
    bench.extra = corrections({**change, "becomes": '"0000004"'})
    result = bench.read_text(GOOD.replace("0000004,School 4", "4,School 4"))
    assert result.rows_out == 20 and "0000004" in result.table["school_code"].to_pylist()


def test_a_source_without_corrections_counts_none(bench):
    assert bench.read_text(GOOD).corrected == 0
    bench.extra = {"corrections.yml": "corrections: []\n"}
    assert bench.read_text(GOOD).corrected == 0


def test_other_years_and_releases_are_left_as_they_are(bench):
    bench.extra = corrections({"school_years": "[2019]"})
    assert students(bench.read_text(WRONG))[5] == 4000
    bench.columns = bench.columns.replace(",all\n", ",all,late\n", 1).replace("\ncounts", "\ncounts")
    lines = bench.columns.splitlines()
    bench.columns = "\n".join([lines[0], *(f"{x},{x.rsplit(',', 1)[1]}" for x in lines[1:])]) + "\n"
    bench.extra = corrections({"release": "late"})
    assert students(bench.read_text(WRONG))[5] == 4000


def test_another_edition_of_the_year_is_left_as_it_is(bench):
    bench.extra = corrections({"data_status": "preliminary"})
    assert students(bench.read_text(WRONG))[5] == 4000
    bench.extra = corrections({"data_status": "final"})
    assert students(bench.read_text(WRONG))[5] == 40


def test_a_source_that_has_repaired_itself_is_said(bench):
    bench.extra = corrections()
    error = refusal(bench, GOOD)
    assert "repaired itself: line 5 of counts.csv, column Students" in error.what and error.line == 2
    assert "Remove the correction" in error.remedy


def test_a_cell_that_changed_otherwise_is_said(bench):
    bench.extra = corrections()
    error = refusal(bench, GOOD.replace("School 4,40,", "School 4,41,"))
    assert "A cell changed" in error.what and "holds '41' and not '4000'" in error.what


def test_a_row_that_is_gone_is_said(bench):
    bench.extra = corrections({"where": '{School Code: "0000099"}'})
    assert "not in the source any more" in refusal(bench).what


def test_a_correction_that_fits_two_rows_is_refused(bench):
    bench.extra = corrections({"where": '{Note: "x"}'})
    assert "several rows: 20 rows of counts.csv, first line 2" in refusal(bench).what


def test_a_correction_that_fits_rows_of_two_files_is_refused(bench):
    bench.extra = corrections({"where": '{School Name: "School 4"}'})
    bench.write("\n".join([HEADER, *ROWS[:3], "0000004,School 4,4000,4.5,x"]) + "\n", "part/a.csv")
    bench.write("\n".join([HEADER, "0000044,School 4,4000,4.5,x", *ROWS[4:]]) + "\n", "part/b.csv")
    with pytest.raises(SpmError, match=r"several rows: line 5 of part/a.csv and line 2 of part/b.csv"):
        bench.read("part/*.csv")


def test_a_row_in_any_file_of_the_table_is_enough(bench):
    bench.extra = corrections()
    bench.write("\n".join([HEADER, *ROWS[:3]]) + "\n", "part/a.csv")
    bench.write("\n".join([HEADER, "0000004,School 4,4000,4.5,x", *ROWS[4:]]) + "\n", "part/b.csv")
    result = bench.read("part/*.csv")
    assert (result.corrected, result.corrections[0].file) == (1, "part/b.csv")


def test_two_corrections_of_one_cell_are_refused(bench):
    bench.extra = corrections({}, {"becomes": '"41"'})
    assert "Two corrections are about one cell" in refusal(bench).what


def test_two_cells_of_one_row_can_be_corrected(bench):
    bench.extra = corrections({}, {"column": "Rate", "expects": '"4.5"', "becomes": '"45"'})
    result = bench.read_text(WRONG)
    assert result.corrected == 2 and students(result)[5] == 40
    assert float(result.table["rate_percent"][3].as_py()) == 45


@pytest.mark.parametrize("change", [{"column": "Pupils"}, {"where": '{Code: "0000004"}'}])
def test_a_column_that_the_file_has_not_is_said(bench, change):
    bench.extra = corrections(change)
    error = refusal(bench)
    assert "names a column that counts.csv has not" in error.what and (
        "Pupils" in error.what or "Code" in error.what
    )


def test_a_member_of_a_pivot_is_named_in_where(bench):
    bench.columns = (
        "table,column,type,member,required,all\n"
        "counts,school_code,id([0-9]{7}),,yes,School Code\n"
        "counts,students,count,female,yes,F\ncounts,students,count,male,yes,M\n"
    )
    bench.table, bench.key = "pivot: sex", "[school_code, sex]"
    bench.extra = corrections({"where": '{school_code: "0000001", sex: male}', "column": "students"})
    result = bench.read_text("School Code,F,M\n0000001,4000,4000\n0000002,1,2\n")
    got = {(r["school_code"], r["sex"]): r["students"] for r in result.table.to_pylist()}
    assert got["0000001", "male"] == 40 and got["0000001", "female"] == 4000
    bench.extra = corrections({"where": '{school_code: "0000001"}', "column": "students"})
    assert "has several times" in refusal(bench, "School Code,F,M\n0000001,4000,4000\n").what


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"table": "rates"}, "no such table"),
        ({"release": '"1999"'}, "no such release"),
        ({"expects": "4000"}, "must be text in quotes"),
        ({"why": None}, "'why' is missing"),
        ({"where": "{}"}, "where"),
        ({"school_years": "[]"}, "school_years"),
        ({"reported_on": "last week"}, "reported_on"),
        ({"note": "x"}, "Unknown key 'note'"),
    ],
)
def test_a_correction_that_does_not_make_sense_is_refused_with_its_line(bench, change, says):
    bench.extra = corrections(change)
    error = refusal(bench)
    assert says in error.what and error.line >= 2


def test_a_message_about_a_restricted_file_holds_no_value(bench):
    bench.privacy, secret = "restricted", "7391846"
    bench.extra = corrections({"where": '{School Name: "School 4"}', "expects": f'"{secret}"'})
    assert secret not in str(vars(refusal(bench, GOOD.replace("School 4,40,", f"School 4,{secret}9,"))))


def test_corrections_are_part_of_the_version_that_reads_a_source(bench):
    before = bench.source().version
    bench.extra = corrections()
    after = bench.source().version
    bench.extra = corrections({"becomes": '"41"'})
    assert len({before, after, bench.source().version}) == 3


def test_typed_and_repeated_cells_of_parquet_are_corrected(bench):
    import io

    import pyarrow as pa
    import pyarrow.parquet as pq

    bench.reader, bench.file_name, bench.table = "parquet", "counts.parquet", "rows: {minimum: 1}"
    bench.columns = bench.columns.replace("counts,note,ignored,,no,Note\n", "")
    names = pa.array(["A", "A", "B"]).dictionary_encode()
    codes, rates = ["0000001", "0000002", "0000003"], pa.nulls(3, pa.float64())
    table = pa.table({"School Code": codes, "School Name": names, "Students": [1, 4000, 3], "Rate": rates})
    out = io.BytesIO()
    pq.write_table(table, out)
    bench.extra = corrections(
        {"where": '{School Code: "0000002"}'},
        {"where": '{School Name: "B"}', "column": "School Name", "expects": '"B"', "becomes": '"C"'},
        {"where": '{School Code: "0000001"}', "column": "Rate", "expects": '""', "becomes": '"50"'},
    )
    result = bench.read_text(out.getvalue())
    assert result.table["students"].to_pylist() == [1, 40, 3]
    assert result.table["school_name"].to_pylist() == ["A", "A", "C"]
    assert [None if x is None else int(x) for x in result.table["rate_percent"].to_pylist()] == [
        50,
        None,
        None,
    ]
