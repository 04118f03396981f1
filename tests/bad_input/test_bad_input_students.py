"""No student's id or value leaves the restricted lake, however the student-level files are broken."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from refreshed import Refreshed, copied

from pipelines.refresh import refresh

# Recognisable, and of the form of a real id where the defect is elsewhere.
STUDENT = "987654321"
ODD_ID = "9876543215X"
WORD = "ZZSUSPENDEDZZ"
SECRETS = (STUDENT, ODD_ID, WORD)
YEARS = (2023, 2024, 2025)


def column_changed(table: pa.Table, name: str, change: Callable[[list], None]) -> pa.Table:
    values = table[name].cast(pa.string()).to_pylist()
    change(values)
    return table.set_column(table.schema.get_field_index(name), name, pa.array(values, pa.string()))


def rewrite(path: Path, **changes: Callable[[list], None]) -> None:
    table = pq.read_table(path)
    for name, change in changes.items():
        table = column_changed(table, name, change)
    pq.write_table(table, path)


def planted(row: int, value: str) -> Callable[[list], None]:
    def change(values: list) -> None:
        values[row] = value

    return change


def unknown_status(sis: Path, year: int) -> None:
    rewrite(
        sis / f"attendance_{year}.parquet", student_id=planted(5, STUDENT), attendance_status=planted(5, WORD)
    )


def day_twice(sis: Path, year: int) -> None:
    path = sis / f"attendance_{year}.parquet"
    rewrite(path, student_id=planted(5, STUDENT))
    table = pq.read_table(path)
    pq.write_table(pa.concat_tables([table, table.slice(5, 1)]), path)


def malformed_id(sis: Path, year: int) -> None:
    rewrite(sis / f"students_{year}.parquet", student_id=planted(3, ODD_ID))


def student_nobody_lists(sis: Path, year: int) -> None:
    """Readable, so that it reaches the core table and its checks: a student without grade or groups."""
    rewrite(sis / f"attendance_{year}.parquet", student_id=planted(5, STUDENT))


def id_for_a_day(sis: Path, year: int) -> None:
    rewrite(sis / f"attendance_{year}.parquet", date=planted(5, STUDENT))


def unknown_grade_of_a_known_student(sis: Path, year: int) -> None:
    path = sis / f"students_{year}.parquet"
    rewrite(path, student_id=planted(3, STUDENT), grade=planted(3, WORD))


ROUNDS = {
    "unreadable": {2023: unknown_status, 2024: day_twice, 2025: malformed_id},
    "implausible": {2023: id_for_a_day, 2024: unknown_grade_of_a_known_student, 2025: student_nobody_lists},
}


def bytes_below(folder: Path) -> bytes:
    return b"\n".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


@pytest.mark.parametrize("name", ROUNDS)
def test_a_broken_student_file_fails_and_tells_no_student(name, good: Refreshed, tmp_path, capfd, caplog):
    place = copied(good, tmp_path)
    for year, damage in ROUNDS[name].items():
        damage(place.data / "sis", year)
    report = refresh(place.home, years=YEARS)
    assert {f.school_year for f in report.failures} == set(YEARS), list(report.lines())
    assert {f.table for f in report.failures} <= {"raw.sis_attendance", "core.student_attendance"}
    told = json.dumps(report.to_json()) + "\n".join(report.lines())
    printed = "".join(capfd.readouterr()) + caplog.text
    kept = {
        "report": told.encode(),
        "output": printed.encode(),
        "Dagster's history": bytes_below(place.root / "dagster"),
        "alerts": bytes_below(place.root / "alerts"),
        "warehouse": bytes_below(place.root / "warehouse"),
        "states": b"\n".join(p.read_bytes() for p in (place.root / "lake").rglob("*.json")),
    }
    assert all(kept[name] for name in kept if name != "output")
    assert [
        (where, secret) for where, text in kept.items() for secret in SECRETS if secret.encode() in text
    ] == []
    # The files were looked for rightly: the restricted snapshots do hold them.
    secret = {"unreadable": ODD_ID, "implausible": STUDENT}[name]
    found = [
        pq.read_table(p, columns=["student_id"])["student_id"].cast(pa.string()).to_pylist()
        for p in (place.root / "snapshots" / "sis_attendance").glob("*.parquet")
        if "student_id" in pq.ParquetFile(p).schema_arrow.names
    ]
    assert any(secret in ids for ids in found)


def test_no_file_with_students_can_be_read_by_others(good: Refreshed, tmp_path):
    """Restricted snapshots, lake and failing rows are the owner's alone, after a failure too."""
    place = copied(good, tmp_path)
    student_nobody_lists(place.data / "sis", 2025)
    refresh(place.home, years=[2025])
    restricted = [
        *(place.root / "snapshots" / "sis_attendance").rglob("*.parquet"),
        *(place.root / "lake" / "raw" / "sis_attendance").rglob("*.parquet"),
        *(place.root / "lake" / "core" / "student_attendance").rglob("*.parquet"),
        *(place.root / "failing_rows").rglob("*.parquet"),
    ]
    assert len(restricted) > 10
    assert [path.name for path in restricted if path.stat().st_mode & 0o077] == []
