"""The disclosure rules of the public files, held against the table of the files' documentation."""

from __future__ import annotations

import numpy as np
import pytest

from simulator.federal_public.blurring import blurred, in_words_of_express
from simulator.federal_public.results import Unit, _guarded

# Every mark that a cell of so many students may print, in rising order.
TWENTIETHS = ["LE5", "6-9", *(f"{n}-{n + 4}" for n in range(10, 95, 5)), "GE95"]
MARKS = {
    (1, 5): ["PS"],
    (6, 15): ["LT50", "GE50"],
    (16, 30): ["LE20", "21-39", "40-59", "60-79", "GE80"],
    (31, 60): ["LE10", "11-19", *(f"{n}-{n + 9}" for n in range(20, 90, 10)), "GE90"],
    (61, 300): TWENTIETHS,
    (301, 400): ["LE1", *(str(n) for n in range(2, 99)), "GE99"],
}


@pytest.mark.parametrize(("sizes", "marks"), MARKS.items())
def test_a_cell_prints_the_marks_of_its_size_in_order(sizes: tuple[int, int], marks: list[str]) -> None:
    for size in {sizes[0], sum(sizes) // 2, sizes[1]}:
        printed = list(dict.fromkeys(blurred(part, size) for part in range(size + 1)))
        assert [mark for mark in marks if mark in printed] == printed
    printed = [blurred(part, sizes[1]) for part in range(sizes[1] + 1)]
    assert set(printed) == set(marks)


def test_a_range_always_holds_the_percent_it_hides() -> None:
    for size in range(6, 401):
        for part in range(size + 1):
            mark, percent = blurred(part, size), 100 * part / size
            if mark.startswith(("LE", "LT")):
                assert percent <= int(mark[2:]) + 0.5
            elif mark.startswith("GE"):
                assert percent >= int(mark[2:]) - 0.5
            else:
                low, _, high = mark.partition("-")
                assert int(low) - 0.5 <= percent <= int(high or low) + 0.5


def test_all_students_are_whole_from_two_hundred_unless_a_tiny_neighbour_would_be_told() -> None:
    assert blurred(104, 200, is_all=True) == "50-54"
    assert blurred(105, 201, is_all=True) == "52"
    assert blurred(105, 201) == "50-54"
    assert blurred(105, 201, is_all=True, is_guarded=True) == "50-54"
    assert blurred(157, 301, is_all=True, is_guarded=True) == "52"


def test_only_the_larger_of_two_schools_is_guarded() -> None:
    scored = np.zeros((5, 1, 1), dtype=np.int64)
    scored[:, 0, 0] = [6, 250, 7, 250, 3]
    units = tuple(Unit(n, lea, n) for n, lea in enumerate((0, 0, 1, 1, 2)))
    assert _guarded(units, scored) == {1}


def test_nobody_is_no_percent() -> None:
    assert blurred(0, 0) == "n/a"


@pytest.mark.parametrize(
    ("text", "words"),
    [("PS", "S"), ("n/a", "-"), ("LT50", "<50%"), ("GE80", ">=80%"), ("LE20", "<=20%"), ("90-94", "90-94%"),
     ("93", "93%")],
)  # fmt: skip
def test_express_writes_signs_instead_of_letters(text: str, words: str) -> None:
    assert in_words_of_express(text) == words
