"""Connecticut's EdSight exports and the national files read by csv and pandas, by organization and group.

Put here: what a file prints, under the release's ids and groups. Nothing here uses the product's readers.
Not here: the comparison with the release (the tests), EDFacts' graduation cells (`acgr_cells`).
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

_RACES = {
    "American Indian or Alaska Native": "american_indian_or_alaska_native",
    "Indian or Alaska Native": "american_indian_or_alaska_native",
    "Asian": "asian",
    "Black or African American": "black_or_african_american",
    "Black": "black_or_african_american",
    "Hispanic/Latino of any race": "hispanic_or_latino",
    "Hispanic": "hispanic_or_latino",
    "Native Hawaiian or Other Pacific Islander": "native_hawaiian_or_other_pacific_islander",
    "Hawaiian or Pacific Islander": "native_hawaiian_or_other_pacific_islander",
    "Two or More Races": "two_or_more_races",
    "White": "white",
}
# By the words of the file's name, then by the cell.
GROUPS = {
    "ell": {
        "ELL": "english_learner",
        "Non-ELL": "not_english_learner",
        "Y": "english_learner",
        "N": "not_english_learner",
    },
    "gender": {"Female": "female", "Male": "male", "F": "female", "M": "male"},
    "lunch": {
        "Eligible For Free Lunch": "free_lunch",
        "Eligible For Reduced Lunch": "reduced_price_lunch",
        "Not Eligible For Lunch": "not_free_or_reduced_lunch",
    },
    "race": _RACES,
    "special-education": {
        "Special Education": "children_with_disabilities",
        "Non-Special Education": "not_children_with_disabilities",
        "Y": "children_with_disabilities",
        "N": "not_children_with_disabilities",
    },
    "high-needs": {"High Needs": "high_needs", "Non-High Needs": "not_high_needs"},
    "high-needs-f-r-ell-or-swd-": {"Y": "high_needs", "N": "not_high_needs"},
    "free-reduced-price-meal-eligibility-2-level-": {
        "Y": "free_or_reduced_lunch",
        "N": "not_free_or_reduced_lunch",
    },
    # Who is not eligible stands in the two-level file already.
    "free-reduced-price-meal-eligibility-3-level-": {"F": "free_lunch", "R": "reduced_price_lunch", "N": ""},
}


def clean(cell: str) -> str:
    """`="0010011"`, as a spreadsheet formula, is 0010011."""
    found = re.fullmatch(r'="?(.*?)"?', cell)
    return found[1] if found else cell


def printed(file: Path) -> Iterator[dict[str, str]]:
    """The rows under the header; of headers that stand twice (`%`), each carries its place."""
    # A quote after an equals sign opens no cell for csv, and one district's name has a comma.
    text = re.sub(r'^="', '"', file.read_text(encoding="ascii"), flags=re.MULTILINE)
    lines = [[clean(cell) for cell in row] for row in csv.reader(text.splitlines()) if row]
    start = next(i for i, row in enumerate(lines) if row[0] in ("District", "Organization", "Type"))
    header = [f"%{i}" if name == "%" else name for i, name in enumerate(lines[start])]
    header[0] = "District"
    for row in lines[start + 1 :]:
        yield dict(zip(header, row, strict=True))


class Districts:
    """The agency's reviewed list of EdSight's districts and their NCES ids."""

    def __init__(self, crosswalk: Path) -> None:
        with crosswalk.open(newline="", encoding="utf-8") as handle:
            rows = list(csv.DictReader(handle))
        self._nces = {
            r["lea_identifier_sea"]: r["lea_identifier_nces"] for r in rows if r["status"] == "reviewed"
        }
        names = {r["lea_name"]: r["lea_identifier_sea"] for r in rows}
        self._codes = names | {r["other_name"]: r["lea_identifier_sea"] for r in rows if r["other_name"]}

    def of_code(self, code: str) -> str:
        """The id in the release of a district's code."""
        return self._nces.get(code) or f"CT-{code}"

    def of_name(self, name: str) -> str:
        """The id in the release of a district's name; a name without a code is an id by itself."""
        if name == "State of Connecticut":
            return "CT"
        if name in self._codes:
            return self.of_code(self._codes[name])
        return "CT-name-" + re.sub(r"[^A-Za-z0-9]+", "-", name).lower()

    def of_row(self, row: dict[str, str]) -> str:
        """The school of the row, else its district, else the state."""
        if "School Code" in row:
            return f"CT-{row['District Code']}-{row['School Code']}"
        return self.of_code(row["District Code"]) if "District Code" in row else "CT"


def grouped(file: Path, row: dict[str, str]) -> tuple[str, str]:
    """Student group and grade of a row, from the words of the file's name and the row's cells."""
    words = re.sub(r"_(ct|grad|nongrad|all-grades-combined|all-grades)(?=[_.])", "", file.name)
    breakdown = words.removesuffix(".csv").split("_")[-1]
    grade = row.get("Grade", "all").removeprefix("Grade").strip()
    grade = {"Kindergarten": "kg"}.get(grade, grade if grade == "all" else grade.zfill(2))
    if breakdown in ("all-students", "grade"):
        return "all", grade
    by = next(k for k in row if k.split()[0] in ("English", "ELL", "Gender", "Free/Reduced", "Race/Ethnicity",
                                                 "Race", "Special", "High"))  # fmt: skip
    return GROUPS[breakdown][row[by]], grade


def of_year(folder: Path, kinds: str, school_year: int) -> list[Path]:
    """The exports of a kind (a glob of folders) and school year."""
    spelled = f"{school_year - 1}-{school_year % 100:02d}"
    found = sorted(folder.glob(f"ct_edsight/{kinds}/*__{spelled}[_.]*csv"))
    assert found, (kinds, school_year)
    return found


def number(cell: str) -> float | None:
    """A number, or nothing where the cell hides it."""
    return None if cell in ("*", "N/A", "") else float(cell)


def poverty(folder: Path, income_year: int, state: str) -> dict[str, tuple[int, int]]:
    """Poor children and children of ages 5 to 17 of each district of a state, and `state`'s own sum."""
    book = pd.read_excel(
        folder / "saipe" / f"ussd{income_year % 100}.xls", header=2, dtype=str, engine="calamine"
    )
    code, district, _, _, children, poor = (book.columns[i] for i in (1, 2, 3, 4, 5, 6))
    rows = book[book[code] == state]
    counts = zip(rows[poor], rows[children], strict=True)
    return {state + lea: (int(a), int(b)) for lea, (a, b) in zip(rows[district], counts, strict=True)}


def finance(folder: Path, state: str) -> pd.DataFrame:
    """The districts of a state in the joined finance survey of 2018-19."""
    file = pd.read_csv(folder / "f33_edfacts_saipe_merged" / "district_data_full.csv", dtype=str)
    return file[file["FIPST"] == state].set_index("LEAID")
