"""What is wrong with a file is said once, clearly, with its place; and nothing of the file is read."""

from __future__ import annotations

import pytest
from invented_source import GOOD, HEADER, ROWS, Workbench

from sources.claim import UnclaimedColumns
from sources.read import BoundExceeded
from warehouse.model.errors import SpmError


def refusal(bench: Workbench, content: str | bytes) -> SpmError:
    with pytest.raises(SpmError) as caught:
        bench.read_text(content)
    assert caught.value.remedy
    assert caught.value.file == "counts.csv"
    return caught.value


def changed(line: int, text: str) -> str:
    """The good file with another text in a physical line."""
    lines = GOOD.splitlines()
    lines[line - 1] = text
    return "\n".join(lines) + "\n"


def test_a_good_file_is_read_whole(bench):
    result = bench.read_text(GOOD)
    assert (result.rows_in, result.rows_out, result.rows_quarantined) == (20, 20, 0)


def test_lineage_names_the_file_and_its_physical_line(bench):
    table = bench.read_text(GOOD).table
    assert table.column_names == [
        "school_code",
        "school_name",
        "students",
        "rate_percent",
        "source_id",
        "snapshot_sha256",
        "source_file",
        "source_line",
        "school_year",
        "data_status",
    ]
    first = table.slice(0, 1).to_pylist()[0]
    assert (first["source_line"], first["source_file"], first["school_year"]) == (2, "counts.csv", 2025)


def test_lines_after_a_newline_inside_quotes_keep_their_physical_number(bench):
    table = bench.read_text(changed(3, '0000002,"School\n2",20,2.5,x')).table
    assert table["source_line"].to_pylist()[:3] == [2, 3, 5]


@pytest.mark.parametrize("share", [0.3, 0.5, 0.62, 0.9])
def test_a_file_cut_anywhere_is_refused(bench, share):
    error = refusal(bench, GOOD[: int(len(GOOD) * share)])
    assert "cut off" in error.remedy


def test_a_cut_inside_the_last_cell_is_noticed_though_no_cell_is_missing(bench):
    columns = bench.columns.replace("counts,note,ignored,,no,Note\n", "counts,last,count,,yes,Last\n")
    bench.columns = columns
    content = GOOD.replace("Note", "Last").replace(",x\n", ",1024\n")
    assert bench.read_text(content).rows_out == 20
    error = refusal(bench, content[:-3])  # 10 instead of 1024 in the last line
    assert error.line == 21 and "no line end" in error.what


def test_a_file_cut_between_two_lines_falls_under_the_row_minimum(bench):
    error = refusal(bench, "\n".join([HEADER, *ROWS[:10]]) + "\n")
    assert isinstance(error, BoundExceeded)
    assert "10 rows" in error.what and "at least 15" in error.what


def test_more_rows_than_the_maximum_are_read_and_told(bench):
    bench.table = "rows: {maximum: 19}"
    result = bench.read_text(GOOD)
    assert result.rows_out == 20
    (warning,) = result.warnings
    assert "20 rows where at most 19 are expected" in warning and "move the bound" in warning


def test_as_many_rows_as_the_bounds_say_are_no_matter(bench):
    bench.table = "rows: {minimum: 20, maximum: 20}"
    assert bench.read_text(GOOD).warnings == ()


def test_values_may_be_wrong_in_one_row_of_a_hundred_and_keys_in_none(bench):
    from sources.spec import Bounds

    assert (Bounds().key_errors, Bounds().value_errors) == (0, 0.01)
    bench.bounds, bench.table = "{}", "rows: {minimum: 1}"
    rows = [f"{n:07d},School {n},{n},{n % 100}.5,x" for n in range(1, 201)]
    two = [*rows[:-2], "0000199,S,many,9,x", "0000200,S,many,9,x"]
    result = bench.read_text("\n".join([HEADER, *two]) + "\n")
    assert (result.rows_in, result.rows_out, result.rows_quarantined) == (200, 198, 2)
    three = [*two[:-3], "0000198,S,many,9,x", *two[-2:]]
    assert "2 more rows" in refusal(bench, "\n".join([HEADER, *three]) + "\n").what
    assert refusal(bench, "\n".join([HEADER, *rows, rows[0]]) + "\n").column == "school_code"


def test_a_file_that_holds_every_row_twice_is_refused_in_a_moment_and_its_rows_are_known(bench):
    rows = [f"{n:07d},School {n},{n},{n % 100}.5,x" for n in range(50_000)]
    with pytest.raises(BoundExceeded) as caught:
        bench.read_text("\n".join([HEADER, *rows, *rows]) + "\n")
    assert caught.value.line == 2 and "also in line 50002; 99999 more rows" in caught.value.what
    aside = caught.value.quarantine
    assert aside.num_rows == 100_000
    assert aside.slice(50_000, 1).to_pylist()[0]["reason"].endswith("also in line 2")


def test_a_key_that_stands_three_times_is_told_with_the_number_of_others(bench):
    bench.bounds = "{key_errors: 0.5, value_errors: 0}"
    result = bench.read_text(GOOD + ROWS[0] + "\n" + ROWS[0] + "\n")
    told = {row["source_line"]: row["reason"] for row in result.quarantine.to_pylist()}
    assert told == {
        2: "the key stands more than once, also in line 22 and 1 more",
        22: "the key stands more than once, also in line 2 and 1 more",
        23: "the key stands more than once, also in line 2 and 1 more",
    }
    assert (result.rows_in, result.rows_out) == (22, 19)


def test_an_added_column_is_named(bench):
    content = "\n".join(line + ",1" for line in GOOD.splitlines()).replace("Note,1", "Note,Grade") + "\n"
    error = refusal(bench, content)
    assert isinstance(error, UnclaimedColumns)
    assert (error.line, error.column) == (1, "Grade")
    assert "columns.csv" in error.remedy


def test_a_renamed_column_is_recognized_and_the_line_to_edit_is_named(bench):
    error = refusal(bench, GOOD.replace("Students", "Student Count"))
    assert isinstance(error, UnclaimedColumns)
    assert error.column == "Student Count"
    assert "Did you mean 'Students'" in error.remedy and "line 4 of" in error.remedy


def test_a_dropped_column_is_named_with_the_line_that_expects_it(bench):
    content = "\n".join(line.rsplit(",", 1)[0] for line in GOOD.splitlines()) + "\n"
    error = refusal(bench, content)
    assert error.column == "Note" and "line 6 of" in error.remedy


def test_a_header_that_stands_twice_is_refused(bench):
    error = refusal(bench, GOOD.replace(",Note", ",Students"))
    assert "twice" in error.what and error.column == "Students"


def test_a_letter_in_a_count_is_refused_with_its_place_and_text(bench):
    error = refusal(bench, changed(5, '0000004,School 4,"1,O23",4.5,x'))
    assert isinstance(error, BoundExceeded)
    assert (error.line, error.column, error.value) == (5, "Students", "1,O23")


def test_thousands_separators_are_read_only_where_they_group_by_three(bench):
    table = bench.read_text(changed(5, '0000004,School 4,"1,023",4.5,x')).table
    assert table["students"].to_pylist()[3] == 1023
    assert refusal(bench, changed(5, '0000004,School 4,"10,23",4.5,x')).value == "10,23"


def test_a_key_that_stands_twice_is_refused_with_both_lines(bench):
    error = refusal(bench, changed(9, ROWS[3]))
    assert isinstance(error, BoundExceeded)
    assert error.line == 5 and "line 9" in error.what
    assert error.value == "school_code=0000004"


def test_a_key_that_stands_twice_with_a_blank_part_is_refused(bench):
    bench.table = "rows: {minimum: 1}"
    bench.columns = bench.columns.replace("id([0-9]{7}),,yes", "id([0-9]{7}),,no")
    error = refusal(bench, f"{HEADER}\n,A,1,,x\n,B,2,,x\n{ROWS[0]}\n")
    assert error.line == 2 and "line 3" in error.what


def test_lost_leading_zeros_are_suspected_and_not_mended(bench):
    error = refusal(bench, changed(5, "4,School 4,40,4.5,x"))
    assert "eading zeros lost?" in error.what
    assert (error.line, error.column, error.value) == (5, "School Code", "4")


def test_an_empty_cell_that_is_required_is_refused(bench):
    error = refusal(bench, changed(5, "0000004,School 4,,4.5,x"))
    assert (error.line, error.column) == (5, "Students") and "empty" in error.what


def test_an_empty_cell_that_is_not_required_is_null(bench):
    assert (
        bench.read_text(changed(5, "0000004,School 4,40,  ,x")).table["rate_percent"].to_pylist()[3] is None
    )


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le"])
def test_another_encoding_is_named(bench, encoding):
    error = refusal(bench, GOOD.encode(encoding))
    assert error.line == 1 and "Not utf-8 text" in error.what and "source.yml" in error.remedy


def test_an_undecodable_byte_is_named_with_line_and_place(bench):
    error = refusal(bench, changed(5, "0000004,Peña,40,4.5,x").encode("latin-1"))
    assert error.line == 5 and "byte 11 of the line is 0xf1" in error.what


def test_a_byte_order_mark_is_no_part_of_the_first_header(bench):
    assert bench.read_text(b"\xef\xbb\xbf" + GOOD.encode()).rows_out == 20


def test_a_line_with_a_cell_too_many_is_named(bench):
    error = refusal(bench, changed(7, ROWS[5] + ",extra"))
    assert error.line == 7 and "6 cells" in error.what


def test_a_quote_that_is_never_closed_is_refused(bench):
    assert "delimited" in refusal(bench, changed(7, '0000006,"School 6,60,6.5,x')).what


@pytest.mark.parametrize("content", ["", "\n"])
def test_an_empty_file_is_refused(bench, content):
    assert "no header row" in refusal(bench, content).what


def test_rows_within_the_bound_are_set_aside_and_accounted_for(bench):
    bench.bounds = "{key_errors: 0, value_errors: 0.1}"
    result = bench.read_text(changed(5, "0000004,School 4,forty,4.5,x"))
    assert (result.rows_in, result.rows_out, result.rows_quarantined) == (20, 19, 1)
    aside = result.quarantine.to_pylist()[0]
    assert (aside["source_line"], aside["column"], aside["value"]) == (5, "Students", "forty")
    assert "whole number" in aside["reason"]
    assert 5 not in result.table["source_line"].to_pylist()


def test_a_bound_for_values_does_not_excuse_a_key(bench):
    bench.bounds = "{key_errors: 0, value_errors: 0.5}"
    assert refusal(bench, changed(5, "4,School 4,40,4.5,x")).column == "School Code"


def test_two_bad_cells_of_a_row_set_one_row_aside(bench):
    bench.bounds = "{key_errors: 0, value_errors: 0.1}"
    result = bench.read_text(changed(5, "0000004,School 4,forty,many,x"))
    assert (result.rows_out, result.rows_quarantined) == (19, 1)


def test_a_release_of_several_files_is_one_table_that_knows_its_files(bench):
    bench.write("\n".join([HEADER, *ROWS[:8]]) + "\n", "part/a.csv")
    bench.write("\n".join([HEADER, *ROWS[8:]]) + "\n", "part/b.csv")
    result = bench.read("part/*.csv")
    assert result.rows_out == 20
    assert set(result.table["source_file"].to_pylist()) == {"part/a.csv", "part/b.csv"}


def test_a_key_that_stands_in_two_files_is_refused(bench):
    bench.write(GOOD, "part/a.csv")
    bench.write("\n".join([HEADER, ROWS[0]]) + "\n", "part/b.csv")
    with pytest.raises(BoundExceeded, match="more than once"):
        bench.read("part/*.csv")
