"""EDFacts' public graduation files read by csv and regular expressions, and what their cells can mean."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from compared import Figure

FILES = {
    2012: ("Edfacts 2012.csv", "1112"),
    2013: ("EdFacts 2013.csv", "1213"),
    2014: ("EdFacts 2014.csv", "1314"),
}
GROUPS = {
    "ALL": "all",
    "MAM": "american_indian_or_alaska_native",
    "MAS": "asian_or_pacific_islander",
    "MBL": "black_or_african_american",
    "MHI": "hispanic_or_latino",
    "MTR": "two_or_more_races",
    "MWH": "white",
    "CWD": "children_with_disabilities",
    "ECD": "economically_disadvantaged",
    "LEP": "english_learner",
}


@dataclass(frozen=True)
class Cell:
    """A school's rate of one group. `low` and `high` are percents, of a range only."""

    kind: str
    exact: int | None = None
    low: int | None = None
    high: int | None = None

    def graduates(self, cohort: int) -> tuple[int, int]:
        """The fewest and the most graduates that the cell allows, by whole numbers throughout."""
        if self.exact is not None:
            # A whole percent is anything that rounds to it: half a point on either side.
            low, high = 10 * self.exact - 5, 10 * self.exact + 5
        else:
            low = 10 * (self.low if self.low is not None else 0)
            high = 10 * (self.high if self.high is not None else 100)
        low, high = max(low, 0), min(high, 1000)
        return -(-cohort * low // 1000), cohort * high // 1000


def classify(text: str) -> Cell:
    if text in ("", "."):
        return Cell("not_reported")
    if text == "PS":
        return Cell("suppressed")
    if re.fullmatch(r"\d{1,3}", text):
        return Cell("exact", exact=int(text))
    if found := re.fullmatch(r"(\d{1,2})-(\d{1,2})", text):
        return Cell("ranged", low=int(found[1]), high=int(found[2]))
    if found := re.fullmatch(r"G[ET](\d{1,2})", text):
        return Cell("ranged", low=int(found[1]), high=100)
    if found := re.fullmatch(r"L[ET](\d{1,2})", text):
        return Cell("ranged", low=0, high=int(found[1]))
    raise AssertionError(f"a rate cell nobody has described: {text!r}")


def rows(shared_data: Path, year: int) -> list[dict[str, str]]:
    """The file's rows, with the year taken off the headers (`ALL_RATE_1314` is `ALL_RATE`)."""
    name, suffix = FILES[year]
    with (shared_data / "edfacts_acgr" / name).open(newline="", encoding="ascii") as handle:
        return [{k.removesuffix(f"_{suffix}"): v for k, v in row.items()} for row in csv.DictReader(handle)]


def bound(cells: Sequence[tuple[int | None, Cell]]) -> Figure:
    """What the cells allow of the schools together: a range, or nothing where a rate has no cohort."""
    if any(n is None and cell.kind != "not_reported" for n, cell in cells):
        return Figure()
    shown = [(n, cell.graduates(n)) for n, cell in cells if n is not None]
    n = sum(size for size, _ in shown)
    if n == 0:
        return Figure(n=0 if shown else None)
    low, high = (sum(ends[i] for _, ends in shown) for i in (0, 1))
    return Figure(value_low=100 * low / n, value_high=100 * high / n, n=n)
