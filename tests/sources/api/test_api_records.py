"""JSON records become cells by paths; what no header claims is never lost in silence."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from sources.claim import UnclaimedColumns, claim
from sources.columns import load_columns
from sources.descriptor_codes import descriptor_parser
from sources.descriptors import with_descriptors
from sources.readers.json_records import read_json_records
from sources.readers.request import LINE, ReadRequest
from sources.registry import discover
from sources.spec import TableSpec
from warehouse.model.agency import ReleaseSettings
from warehouse.model.errors import SpmError


def request_for(
    tmp_path: Path, lines: list[Any] | bytes, headers: tuple[str, ...], **table: Any
) -> ReadRequest:
    file = tmp_path / "records.jsonl"
    if isinstance(lines, bytes):
        file.write_bytes(lines)
    else:
        file.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return ReadRequest(
        path=file,
        address="records.jsonl",
        table_name="t",
        table=TableSpec(key=("id",), **table),
        headers=headers,
        release="all",
        school_year=2025,
        is_restricted=True,
    )


def cells_of(
    tmp_path: Path, lines: list[Any], headers: tuple[str, ...], **table: Any
) -> dict[str, list[Any]]:
    read = read_json_records(request_for(tmp_path, lines, headers, **table))
    found: dict[str, list[Any]] = read.to_pydict()
    return found


def test_values_keep_their_text(tmp_path: Path) -> None:
    record = {"a": "0010", "b": 10, "c": 1.5, "d": True, "e": None, "f": 1e-7, "g": 10**20, "h": "", "i": 3.0}
    cells = cells_of(tmp_path, [record], tuple(record))
    assert {name: cells[name][0] for name in record} == {
        "a": "0010",
        "b": "10",
        "c": "1.5",
        "d": "true",
        "e": None,
        "f": "0.0000001",
        "g": "1" + "0" * 20,
        "h": "",
        "i": "3.0",
    }


def test_paths_reach_into_objects_and_lists(tmp_path: Path) -> None:
    record = {
        "ref": {"id": "7", "link": {"href": "x"}},
        "races": [{"race": "A"}, {"race": "B"}, {"other": 1}],
        "scores": [{"method": "uri://x/M#Scale", "value": "5"}, {"method": "Raw", "value": "9"}],
        "place": {"state": "FK", "city": "Alder", "zip": None},
        "tags": ["p", "q"],
    }
    headers = (
        "ref.id",
        "ref.link",
        "races[].race",
        "scores[method=Scale].value",
        "scores[method=Raw].value",
        "scores[method=None].value",
        "place.state",
        "place.*",
        "tags[]",
    )
    cells = cells_of(tmp_path, [record], headers)
    assert [cells[header][0] for header in headers] == [
        "7",
        '{"href":"x"}',
        "A|B",
        "5",
        "9",
        None,
        "FK",
        None,
        "p|q",
    ]
    assert set(cells) == {*headers, LINE}


@pytest.mark.parametrize(
    ("record", "stranger"),
    [
        ({"id": "1", "new": 1}, "new"),
        ({"id": "1", "ref": {"id": 1, "new": 1}}, "ref.new"),
        ({"id": "1", "ref": 5}, "ref"),
        ({"id": "1", "ref": [1]}, "ref"),
        ({"id": "1", "list": {"a": 1}}, "list"),
    ],
)
def test_a_name_that_no_header_claims_is_refused_by_its_name(
    record: dict[str, Any], stranger: str, tmp_path: Path
) -> None:
    headers = ("id", "ref.id", "list[].a")
    cells = read_json_records(
        request_for(tmp_path, [{"id": "0", "ref": {"id": 0}, "list": []}, record], headers)
    )
    file = tmp_path / "columns.csv"
    lines = [f"t,c{i},text,,yes,{header}" for i, header in enumerate(headers)]
    file.write_text("\n".join(["table,column,type,member,required,all", *lines]) + "\n", encoding="utf-8")
    names = [name for name in cells.column_names if name != LINE]
    with pytest.raises(UnclaimedColumns, match=f"nknown header '{stranger}'"):
        claim(names, load_columns(file), "t", "all", file="records.jsonl", header_row=1)


def test_a_header_that_no_record_has_is_missed_unless_the_api_leaves_nulls_out(tmp_path: Path) -> None:
    lines = [{"id": "1", "gone": {"a": None}}, {"id": "2", "gone": None}]
    assert set(cells_of(tmp_path, lines, ("id", "gone.a", "never"))) == {"id", "gone.a", LINE}
    lenient = cells_of(tmp_path, lines, ("id", "gone.a", "never"), options={"absent_is_null": "yes"})
    assert lenient["never"] == [None, None]
    named = cells_of(tmp_path, lines, ("id", "never", "gone.*"), options={"absent_is_null": ("never",)})
    assert named["never"] == [None, None]


def test_a_list_can_become_rows(tmp_path: Path) -> None:
    lines = [
        {"id": "1", "scores": [{"m": "a", "v": 1}, {"m": "b", "v": 2}]},
        {"id": "2", "scores": []},
        {"id": "3"},
    ]
    options = {"explode": "scores"}
    cells = cells_of(tmp_path, lines, ("id", "scores.m", "scores.v"), options=options)
    assert list(zip(cells["id"], cells["scores.m"], cells["scores.v"], cells[LINE], strict=True)) == [
        ("1", "a", "1", 1),
        ("1", "b", "2", 1),
        ("2", None, None, 2),
        ("3", None, None, 3),
    ]


def test_more_records_than_a_chunk_keep_their_lines_and_late_strangers(tmp_path: Path) -> None:
    lines: list[dict[str, Any]] = [{"id": str(n)} for n in range(1, 45_001)]
    lines[44_000]["new"] = "x"
    cells = cells_of(tmp_path, lines, ("id",))
    assert cells[LINE] == list(range(1, 45_001))
    assert cells["id"] == [str(n) for n in cells[LINE]]
    assert Counter(cells["new"]) == {None: 44_999, "x": 1}


@pytest.mark.parametrize(
    ("content", "says", "line"),
    [
        (b'{"id": "1"}\n{"id": "2"', "no line end", 2),
        (b'{"id": "1"}\n{"id": \n', "not JSON", 2),
        (b'{"id": "1"}\n[1]\n', "no object", 2),
        (b'{"id": "1", "id": "2"}\n', "not JSON", 1),
        (b'{"id": NaN}\n', "not JSON", 1),
        (b'{"id": "\xff"}\n', "not JSON", 1),
        (b"[" * 100_000 + b"\n", "not JSON", 1),
        (b'{"id": "' + b"x" * 9 * 2**20 + b'"}\n', "longer than", 1),
    ],
)
def test_a_broken_line_is_refused_with_its_number_and_nothing_of_it(
    content: bytes, says: str, line: int, tmp_path: Path
) -> None:
    with pytest.raises(SpmError, match=says) as problem:
        read_json_records(request_for(tmp_path, content, ("id",)))
    assert problem.value.line == line
    assert problem.value.value is None


def test_an_empty_file_has_all_headers_and_no_rows(tmp_path: Path) -> None:
    table = read_json_records(request_for(tmp_path, b"", ("id", "ref.id")))
    assert (table.num_rows, table.column_names) == (0, ["id", "ref.id", LINE])


NINTH, LOCAL = (
    "uri://ed-fi.org/GradeLevelDescriptor#Ninth grade",
    "uri://state.example/GradeLevelDescriptor#09",
)


def grade_type(options: dict[str, str]) -> str:
    source = with_descriptors(discover()["edfi_ods"], ReleaseSettings(school_years=(2025,), options=options))
    return next(x.type.argument for x in source.columns.lines if x.column == "entry_grade")


def test_a_descriptor_means_what_the_sources_list_or_the_agency_says() -> None:
    assert descriptor_parser(grade_type({}))(NINTH) == "09"
    own = {"descriptors.GradeLevelDescriptor": "uri://state.example#09=09; uri://ed-fi.org#Ninth grade=hs"}
    parse = descriptor_parser(grade_type(own))
    assert (parse(LOCAL), parse(NINTH), parse(f"{LOCAL}|{LOCAL}")) == ("09", "hs", "09")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (LOCAL, "add uri://state.example#09 to"),
        ("uri://state.example/GradeLevelDescriptor#000012345", "add it to"),
        ("uri://ed-fi.org/SexDescriptor#Male", "no value of GradeLevelDescriptor"),
        ("Ninth grade", "no value of GradeLevelDescriptor"),
    ],
)
def test_a_descriptor_of_no_list_is_refused_and_named_unless_it_may_be_an_id(text: str, says: str) -> None:
    with pytest.raises(ValueError, match="GradeLevelDescriptor") as problem:
        descriptor_parser(grade_type({}))(text)
    assert says in str(problem.value)
    assert "12345" not in str(problem.value)


@pytest.mark.parametrize(
    ("option", "text", "says"),
    [
        ("descriptors.GradeLevelDescriptor", "09=09", "Not a descriptor and what it means"),
        ("descriptors.GradLevelDescriptor", "uri://a#9=09", "No column of the source has this descriptor"),
    ],
)
def test_an_option_about_descriptors_that_makes_no_sense_is_refused(
    option: str, text: str, says: str
) -> None:
    with pytest.raises(SpmError, match=says):
        grade_type({option: text})


def test_every_core_descriptor_of_the_list_is_one_of_the_ed_fi_alliance(shared_data: Path) -> None:
    """Recounted from the Alliance's own XML: no code of ours is invented or misspelt."""
    import csv
    import html
    import re

    folder = shared_data / "edfi" / "descriptors"
    with (discover()["edfi_ods"].folder / "descriptors.csv").open(encoding="utf-8", newline="") as handle:
        listed = list(csv.DictReader(handle))
    assert len(listed) > 100
    for name in {row["descriptor"] for row in listed}:
        text = (folder / f"{name}.xml").read_text(encoding="utf-8")
        known = {html.unescape(code) for code in re.findall(r"<CodeValue>(.*?)</CodeValue>", text)}
        assert {row["code_value"] for row in listed if row["descriptor"] == name} <= known


@pytest.mark.parametrize(
    ("file", "table"), [("search_results_grants", "awards"), ("search_results_subawards", "subawards")]
)
def test_real_captures_of_usaspending_have_no_header_that_we_do_not_know(
    file: str, table: str, shared_data: Path, tmp_path: Path
) -> None:
    source = discover()["usaspending_awards"]
    capture = json.loads((shared_data / "usaspending" / "api_fixtures" / f"{file}.json").read_text("utf-8"))
    request = source.spec.tables[table].request
    assert request is not None
    records = capture[request.records]
    assert len(records) == 3
    headers = tuple(h for line in source.columns.of(table) if (h := line.header("all")) and h != "<copy>")
    spec = source.spec.tables[table]
    cells = read_json_records(request_for(tmp_path, records, headers, options=spec.options))
    names = [name for name in cells.column_names if name != LINE]
    assert set(names) <= set(headers)
    amount = "Award Amount" if table == "awards" else "Sub-Award Amount"
    assert cells[amount].to_pylist() == [str(record[amount]) for record in records]
