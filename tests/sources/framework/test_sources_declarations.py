"""A mistake in source.yml or columns.csv is an error with file and line before anything is read."""

from __future__ import annotations

import shutil

import pytest
from invented_source import COLUMNS_CSV, GOOD, Workbench

from sources.columns import load_columns
from sources.registry import SOURCES_ROOT, discover
from warehouse.model.contract import load_contracts
from warehouse.model.errors import SpmError

STRANGE_LINES = {
    "counts,students,number,,yes,Students": ("type", "number"),
    "counts,students,count,,maybe,Students": ("required", "maybe"),
    "counts,Students,count,,yes,Students": ("column", "Students"),
    "counts,students,id([0-9),,yes,Students": ("type", "[0-9"),
    "counts,students,id,,yes,Students": ("type", "id"),
    "counts,students,date,,yes,Students": ("type", "date"),
    "counts,students,code(F),,yes,Students": ("type", "code(F)"),
    "counts,students,boolean(Y),,yes,Students": ("type", "boolean(Y)"),
}


@pytest.mark.parametrize("line", sorted(STRANGE_LINES))
def test_a_line_of_columns_csv_that_makes_no_sense_is_named(tmp_path, line):
    file = tmp_path / "columns.csv"
    file.write_text(COLUMNS_CSV.replace("counts,students,count,,yes,Students", line))
    with pytest.raises(SpmError) as caught:
        load_columns(file)
    error = caught.value
    assert (error.line, error.column, error.value) == (4, *STRANGE_LINES[line])
    assert str(error.file).endswith("columns.csv") and error.remedy


def test_a_line_with_a_cell_too_few_is_named(tmp_path):
    file = tmp_path / "columns.csv"
    file.write_text(COLUMNS_CSV.replace(",yes,Students", ",yes"))
    with pytest.raises(SpmError, match="5 cells instead of 6") as caught:
        load_columns(file)
    assert caught.value.line == 4


@pytest.mark.parametrize(
    ("again", "what"),
    [
        ("counts,others,count,,yes,Students", "header of all"),
        ("counts,students,count,,yes,Students 2", "column"),
        ("counts,more,ignored,,no,Note", "header of all"),
    ],
)
def test_a_header_or_column_that_stands_twice_would_be_lost_and_is_refused(tmp_path, again, what):
    file = tmp_path / "columns.csv"
    file.write_text(COLUMNS_CSV + again + "\n")
    with pytest.raises(SpmError, match=f"The {what} stands in line") as caught:
        load_columns(file)
    assert caught.value.line == 7


def test_a_missing_columns_csv_is_an_error_that_says_so(tmp_path):
    with pytest.raises(SpmError, match=r"columns\.csv"):
        load_columns(tmp_path / "columns.csv")


def test_a_source_whose_folder_has_another_name_is_refused(bench: Workbench):
    source = bench.source()
    source.folder.rename(source.folder.parent / "other")
    with pytest.raises(SpmError, match="name") as caught:
        discover(source.folder.parent.parent.rename(bench.root / "renamed") / "0")
    assert caught.value.line == 1


@pytest.mark.parametrize(
    ("table", "columns", "what"),
    [
        ("pivot: student_group", COLUMNS_CSV, "pivot"),
        ("rows: {}", COLUMNS_CSV.replace("count,,yes", "count,all,yes"), "pivot"),
        ("rows: {}", COLUMNS_CSV.replace("counts,school_code,", "counts,code,"), "school_code"),
        ("rows: {}", COLUMNS_CSV.replace("counts,note", "other,note"), "line 6"),
        ("pivot: student_group", COLUMNS_CSV.replace("count,,yes", "count,all,yes"), "student_group"),
    ],
)
def test_source_yml_and_columns_csv_that_disagree_are_refused(bench, table, columns, what):
    bench.table, bench.columns = table, columns
    with pytest.raises(SpmError, match=what) as caught:
        bench.source()
    assert caught.value.line is not None and str(caught.value.file).endswith("source.yml")


def test_an_unknown_key_of_source_yml_is_refused_with_its_line(bench):
    bench.table = "delimeter: ';'"
    with pytest.raises(SpmError) as caught:
        bench.source()
    assert "delimeter" in str(caught.value) and caught.value.line == 15


def test_a_database_source_without_query_is_refused(bench):
    bench.reader = "database"
    with pytest.raises(SpmError, match="query"):
        bench.source()


def test_a_further_year_is_one_column_of_columns_csv(bench):
    lines = COLUMNS_CSV.splitlines()
    old = {"Students": "Pupils", "Rate": "-"}
    headers = [line.rsplit(",", 1)[1] for line in lines]
    bench.columns = (
        "\n".join(
            [f"{lines[0].removesuffix(',all')},2024,2025"]
            + [
                f"{line},{h}" if h not in old else f"{line.rsplit(',', 1)[0]},{old[h]},{h}"
                for line, h in zip(lines[1:], headers[1:], strict=True)
            ]
        )
        + "\n"
    )
    assert bench.read_text(GOOD).rows_out == 20
    columns = load_columns(bench.source().folder / "columns.csv")
    assert columns.release_for(None, 2024) == "2024"
    assert [line.header("2024") for line in columns.of("counts")][2:4] == ["Pupils", None]
    with pytest.raises(SpmError, match="2026"):
        columns.release_for(None, 2026)


def test_a_column_that_a_release_lacks_is_null_in_it(bench):
    bench.columns = COLUMNS_CSV.replace(",all\n", ",all,2025\n")
    bench.columns = "".join(
        line + ("\n" if n == 0 else f",{'-' if line.endswith('Rate') else line.rsplit(',', 1)[1]}\n")
        for n, line in enumerate(bench.columns.splitlines())
    )
    content = "\n".join(",".join(c for i, c in enumerate(x.split(",")) if i != 3) for x in GOOD.splitlines())
    # The year's own column is preferred to `all`.
    table = bench.source().columns
    assert table.release_for(None, 2025) == "2025"
    result = bench.read_text(content + "\n").table
    assert set(result["rate_percent"].to_pylist()) == {None} and result.num_rows == 20


# ---- wide files

WIDE_COLUMNS = """\
table,column,type,member,required,all
counts,school_code,id([0-9]{7}),,yes,School
counts,enrolled,count,all,yes,EALL
counts,absent,count,all,yes,CALL
counts,enrolled,count,female,yes,EF
counts,absent,count,female,yes,CF
counts,enrolled,count,homeless,yes,EH
"""


@pytest.fixture
def wide(bench: Workbench) -> Workbench:
    bench.columns, bench.key = WIDE_COLUMNS, "[school_code, student_group]"
    bench.table = "pivot: student_group\n    markers: {'--': suppressed}"
    return bench


def test_a_wide_file_becomes_a_row_per_member_with_its_line(wide):
    result = wide.read_text("School,EALL,CALL,EF,CF,EH\n0000001,10,3,5,--,2\n0000002,20,4,--,2,1\n")
    assert (result.rows_in, result.rows_out) == (6, 6)
    rows = result.table.select(
        ["school_code", "student_group", "enrolled", "absent", "absent_marker", "source_line"]
    ).to_pylist()
    assert [tuple(row.values()) for row in rows] == [
        ("0000001", "all", 10, 3, None, 2),
        ("0000002", "all", 20, 4, None, 3),
        ("0000001", "female", 5, None, "suppressed", 2),
        ("0000002", "female", None, 2, None, 3),
        ("0000001", "homeless", 2, None, None, 2),
        ("0000002", "homeless", 1, None, None, 3),
    ]


def test_a_bad_cell_of_one_member_sets_that_member_aside_alone(wide):
    wide.bounds = "{key_errors: 0, value_errors: 0.2}"
    result = wide.read_text("School,EALL,CALL,EF,CF,EH\n0000001,10,3,5,x,2\n0000002,20,4,6,2,1\n")
    assert (result.rows_in, result.rows_out, result.rows_quarantined) == (6, 5, 1)
    assert result.quarantine["column"].to_pylist() == ["CF"]


def test_a_bad_key_of_a_wide_file_sets_all_its_members_aside(wide):
    wide.bounds = "{key_errors: 0.5, value_errors: 0}"
    result = wide.read_text("School,EALL,CALL,EF,CF,EH\n1,10,3,5,1,2\n0000002,20,4,6,2,1\n")
    assert (result.rows_in, result.rows_out, result.rows_quarantined) == (6, 3, 3)


# ---- the project's own sources


def test_a_source_is_one_folder_that_needs_no_registration(tmp_path):
    name = "ca_cde_chronic_absence"
    shutil.copytree(SOURCES_ROOT / name, tmp_path / name)
    assert list(discover(tmp_path)) == [name]


def test_a_change_of_how_a_file_is_read_changes_the_version_and_a_mapping_does_not(bench):
    first = bench.source()
    bench.extra = {"reader.py": "x = 1\n"}
    assert bench.source().version != first.version
    bench.extra = {}
    again = bench.source()
    (again.folder / "core").mkdir()
    (again.folder / "core" / "organizations.sql").write_text("SELECT 1")
    assert again.version == first.version


@pytest.mark.parametrize("name", sorted(discover()))
def test_every_source_says_what_its_mappings_give(name):
    source = discover()[name]
    contracts = load_contracts()
    assert sorted({p.core_table for p in source.spec.provides}) == sorted(source.core_mappings)
    assert set(source.core_mappings) <= {c.table for c in contracts.values() if c.layer == "core"}


def test_the_general_directory_knows_no_state():
    for path in (SOURCES_ROOT / "nces_school_directory").rglob("*.sql"):
        assert "'CA" not in path.read_text() and "California" not in path.read_text()
