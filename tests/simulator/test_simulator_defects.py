"""Each defect stands where it says it stands, and changes nothing else."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from small_franklin import digests

from simulator import defects
from simulator.settings import SimulatorError

STUDENT_LEVEL = {"duplicated_student_day", "unknown_grade", "impossible_days"}


@pytest.fixture
def copy(folder: Path, tmp_path: Path) -> Path:
    target = tmp_path / "data"
    shutil.copytree(folder, target)
    return target


@pytest.mark.parametrize("name", defects.names())
def test_a_defect_changes_exactly_the_file_it_names(name: str, folder: Path, copy: Path) -> None:
    planted = defects.plant(name, copy, 2025)
    before, after = digests(folder), digests(copy)
    changed = {file for file in before if before[file] != after.get(file)}
    assert changed == {planted.file}
    assert set(after) <= set(before)
    assert planted.name == name


@pytest.mark.parametrize("name", defects.names())
def test_planting_twice_gives_the_same_bytes(name: str, folder: Path, tmp_path: Path) -> None:
    found = []
    for number in range(2):
        target = tmp_path / str(number)
        shutil.copytree(folder, target)
        defects.plant(name, target, 2025)
        found.append(digests(target))
    assert found[0] == found[1]


@pytest.mark.parametrize("name", sorted(STUDENT_LEVEL))
def test_a_student_level_defect_tells_no_value(name: str, copy: Path) -> None:
    assert defects.plant(name, copy, 2025).value is None


@pytest.mark.parametrize(
    "name",
    [
        "letter_in_submission_count",
        "fs195_total_disagrees",
        "header_record_count_wrong",
        "letter_in_count",
        "duplicated_key",
        "lost_leading_zero",
        "lost_leading_zero_in_submission",
        "added_column",
        "renamed_column",
    ],
)
def test_a_text_defect_stands_on_the_line_it_names(name: str, copy: Path) -> None:
    planted = defects.plant(name, copy, 2025)
    with (copy / planted.file).open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert planted.line is not None
    row = rows[planted.line - 1]
    if planted.value is not None:
        assert planted.value in row
    elif planted.column is not None:
        assert planted.column in row


def test_the_repeated_student_day_is_the_last_row(copy: Path) -> None:
    planted = defects.plant("duplicated_student_day", copy, 2025)
    table = pq.read_table(copy / planted.file)
    assert planted.line == table.num_rows
    repeated = table.slice(table.num_rows - 1, 1).to_pylist() == table.slice(0, 1).to_pylist()
    assert repeated  # compared apart, so that a failure prints no row


def test_the_cut_file_ends_within_a_line(copy: Path) -> None:
    planted = defects.plant("file_cut_in_half", copy, 2025)
    content = (copy / planted.file).read_bytes()
    assert not content.endswith(b"\n")
    assert content.count(b"\n") + 1 == planted.line


def test_the_changed_encoding_is_not_utf_8(copy: Path) -> None:
    planted = defects.plant("changed_encoding", copy, 2025)
    with pytest.raises(UnicodeDecodeError):
        (copy / planted.file).read_bytes().decode("utf-8")


def test_the_audit_no_longer_adds_up(copy: Path) -> None:
    planted = defects.plant("audit_total_disagrees", copy, 2025)
    cover, form = json.loads((copy / planted.file).read_text())
    spent = next(item["values"] for item in form["ranges"] if item["name"] == "amount_expended")
    assert cover["ranges"][-1]["values"][0] == sum(spent) + 1


def test_the_missing_file_is_gone(copy: Path) -> None:
    assert not (copy / defects.plant("missing_file", copy, 2025).file).exists()


def test_an_unknown_defect_is_refused_with_the_names_there_are(copy: Path) -> None:
    with pytest.raises(SimulatorError, match="letter_in_count"):
        defects.plant("gremlins", copy, 2025)
