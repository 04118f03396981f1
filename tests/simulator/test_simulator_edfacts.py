"""Franklin's submission files keep their own promises; read here by plain means."""

from __future__ import annotations

import csv
from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from simulator.edfacts.files import FileType, file_types
from simulator.edfacts.population import lasting

YEAR = 2025


def records(folder: Path, kind: FileType) -> tuple[list[str], list[dict[str, str]]]:
    """The header record's fields and the records by column."""
    content = (folder / "edfacts" / str(YEAR) / kind.file_name).read_bytes().decode("utf-8")
    assert content.endswith("\r\n")
    header, *body = content.split("\r\n")[:-1]
    names = [name for name, _ in kind.columns]
    if kind.extension == "txt":
        ends = np.cumsum([length for _, length in kind.columns])
        assert {len(line) for line in body} == {int(ends[-1])}
        cut = [
            [line[end - length : end].strip() for end, (_, length) in zip(ends, kind.columns, strict=True)]
            for line in body
        ]
        places = np.cumsum((0, 50, 10, 25, 32, 9))
        fields = [header[a:b].strip() for a, b in pairwise(places.tolist())]
    else:
        separator = "," if kind.extension == "csv" else "\t"
        cut, fields = [line.split(separator) for line in body], header.split(separator)
    assert {len(cells) for cells in cut} == {len(names)}
    return fields, [dict(zip(names, cells, strict=True)) for cells in cut]


def of(specification: str, level: str) -> FileType:
    return file_types()[specification, level]


@pytest.mark.parametrize("key", sorted(file_types()))
def test_a_file_keeps_its_header_record_and_its_lengths(folder: Path, key: tuple[str, str]) -> None:
    kind = file_types()[key]
    fields, rows = records(folder, kind)
    assert fields[0] == kind.title and len(kind.title) <= 50
    assert fields[1] == str(len(rows)) != "0"
    assert fields[2] == kind.file_name and len(kind.file_name) <= 25
    assert fields[4] == f"{YEAR - 1}-{YEAR}"
    assert [row["FileRecordNumber"] for row in rows] == [str(n) for n in range(1, len(rows) + 1)]
    lengths = dict(kind.columns)
    for row in rows:
        assert {row["FIPSStateCode"], row["StateAgencyNumber"]} == {"88", "01"}
        assert bool(row.get("StateLEAIDNumber")) == (kind.level != "SEA")
        assert bool(row.get("StateSchoolIDNumber")) == (kind.level == "SCH")
        assert all(len(text) <= lengths[column] for column, text in row.items())
        assert not any(text for column, text in row.items() if column.startswith("Filler"))


def test_names_with_commas_are_submitted_tab_delimited(folder: Path) -> None:
    _, rows = records(folder, of("FS029", "LEA"))
    assert all("," in row["LEAName"] for row in rows)
    assert {row["LEASysOpStatus"] for row in rows} == {"1", "2"}  # closed LEAs too


def test_every_category_set_of_membership_adds_up_to_the_same_students(folder: Path) -> None:
    for level in ("SCH", "LEA", "SEA"):
        sums: Counter[tuple[bool, ...]] = Counter()
        for row in records(folder, of("FS052", level))[1]:
            filled = tuple(bool(row[c]) for c in ("GradeLevelID", "RaceEthnicityID", "GenderID"))
            sums[filled] += int(row["Amount"])
            assert row["TotalIndicator"] == ("N" if all(filled) else "Y")
        assert len(sums) == 6 and len(set(sums.values())) == 1


def test_a_homeless_mover_counts_in_both_leas_and_once_in_the_state(folder: Path) -> None:
    totals = [
        sum(int(r["Amount"]) for r in records(folder, of("FS118", level))[1] if r["TotalIndicator"] == "Y")
        for level in ("LEA", "SEA")
    ]
    assert totals[0] >= totals[1] > 0


def test_rates_are_those_of_the_cohort_counts(folder: Path) -> None:
    counts: dict[str, Counter[str]] = {}
    for row in records(folder, of("FS151", "SCH"))[1]:
        others = [v for c, v in row.items() if c.endswith("ID") and c != "CohortStatusID"]
        if row["CohortStatusID"] and row["TableTypeAbbrv"] == "ADJCOHORT" and not any(others):
            counts.setdefault(row["StateSchoolIDNumber"], Counter())[row["CohortStatusID"]] += int(
                row["Amount"]
            )
    rates = {
        row["StateSchoolIDNumber"]: row["Amount"]
        for row in records(folder, of("FS150", "SCH"))[1]
        if row["TotalIndicator"] == "Y"
    }
    assert rates == {
        school: f"{100 * (c['COHYES'] + c['COHALTDPL']) / c.total():.1f}" for school, c in counts.items()
    }


def test_whoever_has_a_score_took_part(folder: Path) -> None:
    for achievement, participation in (("FS175", "FS185"), ("FS178", "FS188"), ("FS179", "FS189")):
        scored = sum_of_totals(folder, achievement)
        took_part = sum_of_totals(folder, participation, without={"NPART", "MEDEXEMPT"})
        assert scored == took_part > 0


def sum_of_totals(folder: Path, specification: str, without: frozenset[str] | set[str] = frozenset()) -> int:
    rows = records(folder, of(specification, "SEA"))[1]
    return sum(
        int(r["Amount"])
        for r in rows
        if r["TotalIndicator"] == "Y" and r.get("TestingStatusID", "") not in without
    )


def test_allocations_to_leas_are_whole_dollars_and_the_totals_file_has_them(folder: Path) -> None:
    _, rows = records(folder, of("FS193", "LEA"))
    with (folder / "truth" / f"edfacts_totals_{YEAR}.csv").open(encoding="utf-8", newline="") as handle:
        (line,) = (x for x in csv.DictReader(handle) if x["file_specification"] == "FS193")
    assert sum(int(row["Amount"]) for row in rows) == int(line["amount"]) > 0


def test_lasting_draws_are_even_and_of_one_purpose_each() -> None:
    numbers = np.arange(200_000, dtype=np.int64) + 70_000_000
    first, second = lasting(numbers, 1), lasting(numbers, 2)
    assert first.min() >= 0 and first.max() < 1
    assert abs(first.mean() - 0.5) < 0.005 and abs(np.corrcoef(first, second)[0, 1]) < 0.01
    assert np.array_equal(first[::7], lasting(numbers[::7], 1))
