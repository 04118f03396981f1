"""What the folders of submission sources say of themselves holds together."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from edfacts_rendering import layout_lines, submissions, tables_of

from sources.open_codes import is_open

SPECIFICATIONS = [
    *(
        "002",
        "009",
        "029",
        "033",
        "037",
        "039",
        "052",
        "103",
        "118",
        "129",
        "134",
        "141",
        "150",
        "151",
        "175",
        "178",
        "179",
    ),
    *(
        "185",
        "188",
        "189",
        "193",
        "194",
        "195",
        "199",
        "200",
        "201",
        "202",
        "203",
        "205",
        "206",
        "210",
        "211",
    ),
    "212",
]
ALL = sorted(submissions())
# The layout without the Title I status, for which alone the file is read.
NOT_HELD = {("129", "SCH", 2023)}


def test_every_file_specification_of_the_issue_has_its_folder() -> None:
    assert [name.split("_")[1].removeprefix("fs") for name in ALL] == SPECIFICATIONS


@pytest.mark.parametrize("source_id", ALL)
def test_layout_and_columns_name_the_same_columns(source_id: str) -> None:
    source = submissions()[source_id]
    for table in tables_of(source):
        in_layout = {
            line["column"]
            for line in layout_lines(source_id)
            if line["table"] == table and not line["column"].startswith("Filler")
        }
        in_columns = {str(line.header("all")) for line in source.columns.of(table)}
        assert in_columns - {"<level>", "<category_set>"} == in_layout


@pytest.mark.parametrize("source_id", ALL)
def test_a_list_is_open_exactly_where_it_was_not_available(source_id: str) -> None:
    source = submissions()[source_id]
    for table in tables_of(source):
        codes = {x["column"]: x["codes"] for x in layout_lines(source_id) if x["table"] == table}
        for line in source.columns.of(table):
            header = str(line.header("all"))
            if not header.startswith("<"):
                assert is_open(line) == (codes[header] == "not_available"), header
            if codes.get(header) == "listed":
                assert line.type.kind == "code"


@pytest.mark.parametrize("source_id", ALL)
def test_the_key_is_the_natural_one(source_id: str) -> None:
    source = submissions()[source_id]
    for name, table in source.spec.tables.items():
        assert "record_number" not in table.key
        categories = {
            line.column
            for line in source.columns.of(name)
            if line.type.kind in ("code", "id") and not str(line.header("all")).startswith(("File", "FIPS"))
        }
        assert set(table.key) <= categories | {"category_set", "state_ansi_code"}


def reference(shared_data: Path) -> dict[tuple[str, str, int], list[tuple[str, int, int]]]:
    found: dict[tuple[str, str, int], list[tuple[str, int, int]]] = {}
    path = shared_data / "edfacts_filespec" / "edfacts_record_layouts.csv"
    with path.open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            if not row["column_name"].startswith("Carriage"):
                key = (row["file_spec"].removeprefix("FS"), row["level"], int(row["sy_end"]))
                found.setdefault(key, []).append((row["column_name"], int(row["start"]), int(row["length"])))
    return found


def test_the_layouts_are_those_of_the_reference_of_every_year_it_has(shared_data: Path) -> None:
    known = reference(shared_data)
    compared = 0
    for (specification, level, year), columns in known.items():
        if (specification, level, year) in NOT_HELD:
            continue
        for source_id in (s for s in ALL if s.split("_")[1] == f"fs{specification}"):
            ours = [x for x in layout_lines(source_id) if x["level"] == level]
            first = max(int(x["first_year"]) for x in ours if int(x["first_year"]) <= year)
            mine = [
                (x["column"], int(x["start"]), int(x["length"]))
                for x in ours
                if int(x["first_year"]) == first
            ]
            assert mine == columns, (specification, level, year)
            compared += 1
    assert compared > 140
    held = {(s, level) for s, level, _ in known}
    for source_id in ALL:
        for level in {x["level"] for x in layout_lines(source_id)}:
            assert (source_id.split("_")[1].removeprefix("fs"), level) in held


def test_listed_codes_and_sets_are_those_of_the_reference(shared_data: Path) -> None:
    path = shared_data / "edfacts_filespec" / "edfacts_category_options.csv"
    sets: dict[str, set[tuple[str, str]]] = {}
    sizes: dict[tuple[str, str, str], set[str]] = {}
    codes: dict[str, set[str]] = {}
    with path.open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            specification = row["file_spec"].lower()
            sets.setdefault(specification, set()).add((row["table_name"], row["category_set"]))
            key = (specification, row["table_name"], row["category_set"])
            if row["category_code"] != "NOCATS":
                sizes.setdefault(key, set()).add(row["category_code"])
                if row["category_code"] != "LANGHOME":
                    codes.setdefault(specification, set()).add(row["option_code"])
    for source_id in ALL:
        specification = source_id.split("_")[1]
        source = submissions()[source_id]
        file = source.folder / "category_sets.csv"
        assert file.exists() == (specification in sets), source_id
        if not file.exists():
            continue
        with file.open(encoding="utf-8", newline="") as handle:
            ours = list(csv.DictReader(handle))
        assert {(x["table_type"], x["category_set"]) for x in ours} == sets[specification]
        for x in ours:
            key = (specification, x["table_type"], x["category_set"])
            assert len(x["columns"].split()) == len(sizes.get(key, ()))
            assert x["total_indicator"] == ("N" if x["category_set"].startswith("CS") else "Y")
        listed = {x["column"] for x in layout_lines(source_id) if x["codes"] == "listed"}
        mine = {
            pair.split("=")[0]
            for line in source.columns.lines
            if line.header("all") in listed - {"TableTypeAbbrv", "TotalIndicator"}
            for pair in line.type.argument.split("|")
        }
        assert mine == codes[specification]


@pytest.mark.parametrize("source_id", ALL)
def test_the_page_about_submissions_says_what_the_layout_says(project: Path, source_id: str) -> None:
    lines = (project / "docs" / "edfacts.md").read_text(encoding="utf-8").splitlines()
    (row,) = (line for line in lines if f"sources/{source_id}/source.yml" in line)
    _, _, _, levels, _, held, missing, _, _ = (cell.strip() for cell in row.split("|"))
    layout = layout_lines(source_id)
    assert levels.split(", ") == list(dict.fromkeys(x["level"] for x in layout))
    for cell, kinds in ((held, ("listed", "pattern")), (missing, ("not_available",))):
        said = {part.split("`")[1] for part in cell.split(", ") if "`" in part}
        assert said == {x["column"] for x in layout if x["codes"] in kinds} - {"TotalIndicator"}
