"""No cell of a column of figures in the real files is neither a figure, nor a range, nor a mark we know."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from sources.ranges import KNOWN_MARKS, parse_figure

# Folders with figures; the others hold layouts, codes, directories and money by account.
FOLDERS = (
    "ca_cde",
    "ct_edsight",
    "edfacts_acgr",
    "f33_edfacts_saipe_merged",
    "naep",
    "nces_school_search",
    "saipe",
)
# What stands in a column of figures and is none: grades, codes, bands, years and estimates with a note.
WORDS = {
    "ca_cde": r"K|P|Adult|Post Secondary|[0-9A-Z]{4}|[0-9]{5,12}No Data|No Data([0-9]{5}|No Data)",
    "ct_edsight": r"[0-9]{4}-[0-9]{2}|_|Local|State|Federal|Tuition & Other",
    "naep": r"[0-9]{4}¹|[0-9]{3}!",
    "nces_school_search": r"KG|PK|AE|UG",
}
MARKS_THERE = {"PS", ".", "", "*", "N/A", "--", "NT", "No Data", "‡", "—", "†", "–"}
NUMBER = re.compile(r"-?\$?(?:[0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)?(?:\.[0-9]+)?%?(?:[eE]-?[0-9]+)?")


def is_number(text: str) -> bool:
    return any(c.isdigit() for c in text) and NUMBER.fullmatch(text) is not None


def no_number(_: str) -> int:
    raise ValueError("plain numbers are not asked for")


def grids(path: Path) -> Iterator[list[list[str]]]:
    if path.suffix.lower() in (".csv", ".txt"):
        raw = path.read_bytes()
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = raw.decode("cp1252")
        yield list(csv.reader(io.StringIO(text, newline="")))
    elif path.suffix.lower() in (".xls", ".xlsx"):
        book = CalamineWorkbook.from_path(str(path))
        for name in book.sheet_names:
            yield [[str(cell) for cell in row] for row in book.get_sheet_by_name(name).to_python()]


def is_figure(text: str) -> bool:
    return is_number(text) or parses(text, {})


def parses(text: str, marks: dict[str, str]) -> bool:
    try:
        parse_figure(text, "percent", marks, exact=no_number)
    except ValueError:
        return False
    return True


def columns_of_figures(grid: list[list[str]]) -> Iterator[list[str]]:
    """The cells of each column of which a third of what is no mark are figures, without headers and notes."""
    width = max(map(len, grid), default=0)
    rows = [[cell.strip() for cell in row] for row in grid if len(row) == width]
    rows = [row for row in rows if sum(map(bool, row)) > 2]
    first = next((i for i, row in enumerate(rows) if any(map(is_number, row[2:]))), len(rows))
    for texts in map(list, zip(*rows[first:], strict=True)):
        plain = [text for text in texts if text not in KNOWN_MARKS]
        figures = sum(map(is_figure, plain))
        if figures > 5 and 3 * figures >= len(plain):
            yield texts


@pytest.fixture(scope="module")
def cells(shared_data: Path) -> dict[str, Counter[str]]:
    """By folder, the cells in columns of figures that are no numbers."""
    found = {}
    for folder in FOLDERS:
        found[folder] = Counter(
            text
            for path in sorted((shared_data / folder).rglob("*"))
            if path.is_file()
            for grid in grids(path)
            for column in columns_of_figures(grid)
            for text in column
            if not is_number(text)
        )
    return found


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_cell_in_a_column_of_figures_is_known(cells, folder):
    words = re.compile(WORDS.get(folder, ""))
    strange = [text for text in cells[folder] if not parses(text, KNOWN_MARKS) and not words.fullmatch(text)]
    assert strange == []


def test_the_marks_and_ranges_that_the_files_are_known_for_were_looked_at(cells):
    seen = {text for counts in cells.values() for text in counts}
    assert seen >= MARKS_THERE
    assert {"GE95", "LE5", "LT50", "GE50", "21-39", "LE1", "GE99"} <= set(cells["edfacts_acgr"])
    assert sum(cells["edfacts_acgr"].values()) > 100_000
