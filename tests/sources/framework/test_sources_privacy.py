"""No value of a restricted source reaches an error, a quarantine row or a log, whatever is wrong."""

from __future__ import annotations

import json
import sys
import traceback
import zipfile

import pytest
from invented_source import GOOD, HEADER, ROWS, Workbench

import sources.read
from sources.duplicates import without_duplicates
from warehouse.model.errors import SpmError

LAYOUT = """\
table,level,first_year,column,start,length,required,codes
counts,SCH,2025,FIPSStateCode,1,2,yes,
counts,SCH,2025,School Code,3,7,yes,
"""
# Stands for what only a student's record would hold.
SECRET = "7391846"

BAD_LINES = {
    "a bad count": f"0000004,School 4,{SECRET}x,4.5,x",
    "a lost zero": f"{SECRET[:6]},School 4,40,4.5,x",
    "a cell too many": f"0000004,School 4,40,4.5,x,{SECRET}",
    "a bad percent": f"0000004,School 4,40,{SECRET},x",
    "a stray quote": f'0000004,"{SECRET}"x,40,4.5,x',
    "an open quote": f'0000004,"{SECRET},40,4.5,x',
}


@pytest.fixture
def restricted(bench: Workbench) -> Workbench:
    bench.privacy = "restricted"
    return bench


def everything_said(problem: BaseException) -> str:
    """The message, its attributes, its causes and the traceback, as a log or a run's event would hold it."""
    return "".join(traceback.format_exception(problem)) + repr(vars(problem))


@pytest.mark.parametrize("kind", sorted(BAD_LINES))
def test_an_error_about_a_restricted_file_withholds_the_value(restricted, caplog, kind):
    lines = GOOD.splitlines()
    lines[4] = BAD_LINES[kind]
    with pytest.raises(SpmError) as caught:
        restricted.read_text("\n".join(lines) + "\n")
    said = everything_said(caught.value) + caplog.text
    assert SECRET[:6] not in said
    assert caught.value.value is None
    assert caught.value.file == "counts.csv"


def test_a_duplicate_key_of_a_restricted_file_is_told_by_its_lines_alone(restricted):
    row = f"{SECRET},School,1,1,x"
    with pytest.raises(SpmError) as caught:
        restricted.read_text("\n".join([GOOD.rstrip("\n"), row, row]) + "\n")
    assert SECRET not in everything_said(caught.value)
    assert caught.value.line == 22 and "line 23" in caught.value.what


def test_an_undecodable_restricted_file_is_told_by_line_and_byte(restricted):
    with pytest.raises(SpmError) as caught:
        restricted.read_text(GOOD.encode() + f"{SECRET},Pe".encode() + b"\xf1a,1,1,x\n")
    assert SECRET not in everything_said(caught.value) and caught.value.line == 22


def test_a_restricted_file_without_header_row_is_refused_without_quoting_its_first_record(restricted):
    with pytest.raises(SpmError) as caught:
        restricted.read_text(f"{SECRET},School,{SECRET},50,x\n" * 20)
    assert SECRET not in everything_said(caught.value)
    assert caught.value.line == 1 and "'School Code'" in caught.value.what


def test_a_strange_header_of_a_restricted_file_is_named_beside_its_known_ones(restricted):
    with pytest.raises(SpmError) as caught:
        restricted.read_text(GOOD.replace("Rate", "Percent"))
    assert caught.value.column == "Percent"


def test_a_header_row_of_a_restricted_file_that_runs_into_the_first_record_is_not_quoted(restricted):
    with pytest.raises(SpmError) as caught:
        restricted.read_text(f"{HEADER}0000001,Ada {SECRET[:2]},1,{SECRET[:3]},x\n")
    said = str(caught.value) + repr(vars(caught.value))
    assert "Ada" not in said and SECRET[:3] not in said
    assert caught.value.line == 1


@pytest.mark.parametrize("header", [SECRET, f"Score of {SECRET}", "2011-04-30", "4/30/11", "x" * 80])
def test_a_header_of_a_restricted_file_that_looks_like_a_value_is_withheld(restricted, header):
    lines = [f"{line},1" for line in GOOD.splitlines()]
    lines[0] = f"{HEADER},{header}"
    with pytest.raises(SpmError) as caught:
        restricted.read_text("\n".join(lines) + "\n")
    assert header not in everything_said(caught.value)
    assert "unknown header '(withheld)'" in caught.value.what.lower()


@pytest.mark.parametrize("where", ["student", "results.student"])
def test_names_in_a_restricted_json_record_that_are_ids_are_withheld(restricted, where):
    restricted.reader, restricted.file_name = "json_records", "counts.jsonl"
    restricted.columns = restricted.columns.replace("note,ignored,,no,Note", "note,text,,no,results.note")
    record = {
        "School Code": "0000001",
        "School Name": "S",
        "Students": 1,
        "Rate": 1,
        "results": {"note": "x"},
    }
    target = record["results"] if "." in where else record
    target[SECRET] = 1
    restricted.write(json.dumps(record) + "\n")
    with pytest.raises(SpmError) as caught:
        restricted.read()
    assert SECRET not in everything_said(caught.value)
    assert "(withheld)" in caught.value.what and ("results." in caught.value.what) == ("." in where)


def test_a_header_that_stands_twice_in_other_letters_is_withheld_when_it_looks_like_a_value(restricted):
    restricted.table = "header_case: any"
    twice = f"A{SECRET},a{SECRET}"
    with pytest.raises(SpmError) as caught:
        restricted.read_text(f"{HEADER},{twice}\n" + "".join(f"{row},1,2\n" for row in ROWS))
    assert SECRET not in everything_said(caught.value)


@pytest.mark.parametrize(
    "cell", [f"uri://{SECRET}/GradeDescriptor#x", f"uri://a.example/GradeDescriptor#{SECRET}"]
)
def test_a_descriptor_that_no_list_has_is_withheld_when_an_id_may_stand_in_it(restricted, cell):
    restricted.columns = restricted.columns.replace("note,ignored", "note,descriptor(GradeDescriptor)")
    restricted.extra = {"descriptors.csv": "namespace,descriptor,code_value,canonical\n"}
    restricted.bounds = "{key_errors: 0, value_errors: 1}"
    result = restricted.read_text(GOOD.replace(",x\n", f",{cell}\n"))
    assert result.rows_quarantined == len(ROWS)
    assert SECRET not in str(result.quarantine.to_pylist())


def test_a_member_of_a_restricted_archive_that_is_named_by_an_id_is_withheld(restricted):
    restricted.file_name, restricted.table = "counts.zip", 'member: "*.csv"'
    restricted.data.mkdir(parents=True)
    with zipfile.ZipFile(restricted.data / "counts.zip", "w") as archive:
        archive.writestr(f"{SECRET}.txt", "x")
    with pytest.raises(SpmError) as caught:
        restricted.read()
    assert SECRET not in everything_said(caught.value) and "it holds (withheld).txt" in caught.value.what


def test_a_reader_withholds_the_value_of_a_restricted_file_too(restricted):
    restricted.reader, restricted.file_name = "edfacts_submission", "FKSCHCHRONABSEv000001.csv"
    restricted.table, restricted.extra = "layout: layout.csv", {"layout.csv": LAYOUT}
    restricted.write(f"CHRONIC ABSENTEEISM,{SECRET},FKSCHCHRONABSEv000001.csv,FS195,2024-2025\n1,2,3,4,5\n")
    with pytest.raises(SpmError) as caught:
        restricted.read()
    assert SECRET not in everything_said(caught.value)
    assert caught.value.line == 1 and caught.value.column == "total records"
    assert caught.value.value is None


def test_a_quarantine_row_of_a_restricted_source_has_place_and_reason_but_no_value(restricted):
    restricted.bounds = "{key_errors: 0.2, value_errors: 0.2}"
    lines = GOOD.splitlines()
    lines[4], lines[6] = BAD_LINES["a bad count"], ROWS[9]
    result = restricted.read_text("\n".join(lines) + "\n")
    aside = result.quarantine.to_pylist()
    assert (result.rows_in, result.rows_out, result.rows_quarantined) == (20, 17, 3)
    assert [row["source_line"] for row in aside] == [5, 7, 11]
    assert {row["value"] for row in aside} == {None}
    assert SECRET not in str(aside)


def test_the_same_row_of_a_public_source_keeps_its_value(bench):
    bench.bounds = "{key_errors: 0, value_errors: 0.2}"
    lines = GOOD.splitlines()
    lines[4] = BAD_LINES["a bad count"]
    assert bench.read_text("\n".join(lines) + "\n").quarantine["value"].to_pylist() == [f"{SECRET}x"]


def test_looking_for_keys_that_stand_twice_opens_no_file(restricted, monkeypatch):
    opened: list[object] = []
    is_looking = [False]

    def watched(*arguments):
        is_looking[0] = True
        try:
            return without_duplicates(*arguments)
        finally:
            is_looking[0] = False

    # An audit hook stays for the life of the process; it hears only what is asked for here.
    sys.addaudithook(lambda event, what: opened.append(what) if is_looking[0] and event == "open" else None)
    monkeypatch.setattr(sources.read, "without_duplicates", watched)
    assert restricted.read_text(GOOD).rows_out == len(ROWS)
    restricted.bounds = "{key_errors: 0.2, value_errors: 0.2}"
    assert restricted.read_text(GOOD.replace(ROWS[9], ROWS[8])).rows_quarantined == 2
    assert opened == []
