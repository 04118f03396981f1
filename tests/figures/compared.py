"""Figures of a release against figures counted from the files: the same keys, exact counts, rates to 1e-12.

Put here: what a figure is for the comparison, and the comparison. Not here: how files are counted.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from math import isclose
from typing import NamedTuple

from refreshed import Refreshed


class Figure(NamedTuple):
    """A figure as counted from files; what is not given must not stand in the release."""

    numerator: float | None = None
    denominator: float | None = None
    value: float | None = None
    value_low: float | None = None
    value_high: float | None = None
    n: int | None = None


def ratio(numerator: float, denominator: float, factor: float = 100) -> Figure:
    """A figure of two exact counts (or sums of dollars); its n is the denominator."""
    value = factor * numerator / denominator if denominator else None
    return Figure(numerator, denominator, value, n=int(denominator))


def released(
    home: Refreshed, measure: str, key: str, where: str = "true"
) -> dict[tuple[object, ...], Figure]:
    """Figures of a measure by the columns of `key`, each key once."""
    width = len(key.split(","))
    rows = home.select(
        f"SELECT {key}, numerator, denominator, value, value_low, value_high, n FROM current_measure_value "
        f"WHERE measure_id = ? AND ({where})",
        measure,
    )
    found = {tuple(row[:width]): Figure(*row[width:]) for row in rows}
    assert len(found) == len(rows), "two figures of one key"
    return found


def assert_equal(found: Mapping[Hashable, Figure], wanted: Mapping[Hashable, Figure], at_least: int) -> None:
    """Every figure is there, none more, and each is the counted one; `at_least` have a value or a range."""
    missing, more = wanted.keys() - found.keys(), found.keys() - wanted.keys()
    assert (sorted(missing, key=str)[:3], sorted(more, key=str)[:3]) == ([], [])
    wrong = [(key, found[key], figure) for key, figure in wanted.items() if not _same(found[key], figure)]
    assert wrong[:3] == []
    shown = sum(f.value is not None or f.value_low is not None for f in wanted.values())
    assert shown >= at_least, "too few figures to prove anything"


def _same(found: Figure, wanted: Figure) -> bool:
    if (found.numerator, found.denominator, found.n) != (wanted.numerator, wanted.denominator, wanted.n):
        return False
    pairs = zip(found[2:5], wanted[2:5], strict=True)
    return all(
        (a is None and b is None)
        or (a is not None and b is not None and isclose(a, b, rel_tol=1e-12, abs_tol=1e-11))
        for a, b in pairs
    )
