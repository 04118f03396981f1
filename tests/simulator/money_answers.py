"""What the truth tells about money, and small tools to recount it by; shared by two test files."""

from __future__ import annotations

import csv
import sqlite3
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest

YEARS = (2024, 2025)
AS_OF = date(2025, 9, 30)
ENDS = [
    date(2023 + n // 12, n % 12 + 1, 1) - timedelta(days=1) for n in range(7, 31)
]  # July 2023 to June 2025
Key = tuple[str, int, str, str, str]  # organization, school year, period, program, award
Cell = tuple[Decimal | None, Decimal, float]


def read_truth(folder: Path) -> dict[str, dict[Key, Cell]]:
    """The answers by measure; those of LEAs in one view are enough for money, and it has no other."""
    answers: dict[str, dict[Key, Cell]] = defaultdict(dict)
    for row in pq.read_table(folder / "truth" / "truth.parquet").to_pylist():
        key = (row["organization_id"], row["school_year"], row["period"], row["federal_program_code"],
               row["award_id"])  # fmt: skip
        if {row["student_group"], row["subject"]} == {"none"} and row["organization_view"] in (
            "none",
            "as_published",
        ):
            assert key not in answers[row["measure_id"]]
            answers[row["measure_id"]][key] = (row["numerator"], row["denominator"], row["value"])
    return answers


def rows(folder: Path, query: str, database: str = "grants/grants_management.db") -> list[tuple]:  # type: ignore[type-arg]
    connection = sqlite3.connect(folder / database)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def table(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def sy(of: date) -> int:
    return (of + timedelta(days=184)).year


def month(of: date) -> str:
    return of.isoformat()[:7]


def close(found: dict[Key, Cell], expected: dict[Key, Cell]) -> None:
    """The same keys; counts and dollars exact, values to twelve digits."""
    expected = {key: cell for key, cell in expected.items() if key[1] in YEARS}
    assert expected
    assert found.keys() == expected.keys()
    assert {key: cell[:2] for key, cell in found.items()} == {key: cell[:2] for key, cell in expected.items()}
    assert {k: c[2] for k, c in found.items()} == pytest.approx(
        {k: c[2] for k, c in expected.items()}, rel=1e-12, abs=1e-9
    )


def rates(counts: dict[Key, list[int]], unit: int = 1) -> dict[Key, Cell]:
    return {
        key: (Decimal(part) / unit, Decimal(whole) / unit, 100 * part / whole)
        for key, (part, whole) in counts.items()
    }
