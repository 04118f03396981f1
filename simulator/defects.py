"""Known defects, planted on request in a finished set of files.

Put here: one function a defect, each saying exactly where it put it; tests look for that place in the error.
Not here: what a refresh should do about them (the product's tests).

The truth is not touched: it stays what the undamaged systems say. No defect tells a student's value: `value`
is null for the student-level extracts.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from simulator.settings import SimulatorError


@dataclass(frozen=True)
class Planted:
    """Where a defect is: file relative to the folder, physical line (or row), column, the text there.

    `found_by` says what would find it, or begins with `undetectable`; the older defects say it in their text.
    """

    name: str
    file: str
    line: int | None = None
    column: str | None = None
    value: str | None = None
    found_by: str | None = None

    def as_dict(self) -> dict[str, object]:
        """The same as plain values."""
        return asdict(self)


Planter = Callable[[Path, int], Planted]
_PLANTERS: dict[str, Planter] = {}


def defect(planter: Planter) -> Planter:
    """Register a planter under its function's name."""
    _PLANTERS[planter.__name__] = planter
    return planter


def names() -> tuple[str, ...]:
    """All defects that can be planted."""
    return tuple(sorted(_PLANTERS))


def require_known(asked: Sequence[str]) -> None:
    """Refuse a defect nobody wrote.

    Raises:
        SimulatorError: With the names there are.
    """
    for name in asked:
        if name not in _PLANTERS:
            raise SimulatorError(f"No defect {name!r}; there are {', '.join(names())} (--defect).")


def plant(name: str, folder: Path, year: int) -> Planted:
    """Plant one defect in the files of a school year."""
    require_known([name])
    return _PLANTERS[name](folder, year)


def _sis(folder: Path, year: int) -> tuple[Path, pa.Table]:
    path = folder / "sis" / f"attendance_{year}.parquet"
    return path, pq.read_table(path)


def _replace(path: Path, table: pa.Table) -> None:
    part = path.with_suffix(".partial")
    pq.write_table(table, part, compression="zstd")
    part.replace(path)


@defect
def duplicated_student_day(folder: Path, year: int) -> Planted:
    """One student-day stands twice in the attendance extract, the second time as its last row."""
    path, table = _sis(folder, year)
    _replace(path, pa.concat_tables([table, table.slice(0, 1)]))
    return Planted("duplicated_student_day", f"sis/{path.name}", table.num_rows + 1, "student_id")


@defect
def unknown_grade(folder: Path, year: int) -> Planted:
    """The first row of the students extract has a grade no state has."""
    path = folder / "sis" / f"students_{year}.parquet"
    table = pq.read_table(path)
    grades = table["grade"].to_pylist()
    grades[0] = "14"
    _replace(path, table.set_column(table.schema.get_field_index("grade"), "grade", pa.array(grades)))
    return Planted("unknown_grade", f"sis/{path.name}", 1, "grade")


@defect
def impossible_days(folder: Path, year: int) -> Planted:
    """The last tenth of the attendance extract says absent: an export that failed open."""
    path, table = _sis(folder, year)
    column = table.schema.get_field_index("attendance_status")
    words = np.array(table["attendance_status"].to_pylist(), dtype=object)
    words[len(words) * 9 // 10 :] = "absent_unexcused"
    coded = pa.array(words.tolist(), pa.string()).dictionary_encode()
    _replace(path, table.set_column(column, "attendance_status", coded))
    return Planted("impossible_days", f"sis/{path.name}", len(words) * 9 // 10 + 1, "attendance_status")


def _lines(path: Path) -> list[str]:
    return path.read_bytes().decode("utf-8").split("\r\n")


def _submission(folder: Path, year: int, name: str) -> Path:
    return folder / "edfacts" / str(year) / f"FK{name}v000001.csv"


@defect
def fs195_total_disagrees(folder: Path, year: int) -> Planted:
    """The first school's FS195 total is one more than its category sets add up to."""
    path = _submission(folder, year, "SCHCHRONABSE")
    lines = _lines(path)
    index = next(i for i, line in enumerate(lines) if i and line.split(",")[-3] == "Y")
    cells = lines[index].split(",")
    cells[-1] = str(int(cells[-1]) + 1)
    lines[index] = ",".join(cells)
    path.write_bytes("\r\n".join(lines).encode("utf-8"))
    return Planted("fs195_total_disagrees", _relative(path, folder), index + 1, "Amount", cells[-1])


@defect
def letter_in_submission_count(folder: Path, year: int) -> Planted:
    """The first count of the FS151 school file has a letter O for a zero."""
    path = _submission(folder, year, "SCHGRADCOHRT")
    lines = _lines(path)
    cells = lines[1].split(",")
    cells[-1] = "1O23"
    lines[1] = ",".join(cells)
    path.write_bytes("\r\n".join(lines).encode("utf-8"))
    return Planted("letter_in_submission_count", _relative(path, folder), 2, "Amount", "1O23")


@defect
def lost_leading_zero_in_submission(folder: Path, year: int) -> Planted:
    """The first school of the FS151 file lost the zero its state id begins with, on all its lines."""
    path = _submission(folder, year, "SCHGRADCOHRT")
    lines = _lines(path)
    school = lines[1].split(",")[4]
    short = school.removeprefix("0")
    lines = [line.replace(f",{school},", f",{short},") for line in lines]
    path.write_bytes("\r\n".join(lines).encode("utf-8"))
    return Planted(
        "lost_leading_zero_in_submission", _relative(path, folder), 2, "StateSchoolIDNumber", short
    )


@defect
def header_record_count_wrong(folder: Path, year: int) -> Planted:
    """The FS178 header record promises one record more than there are."""
    path = _submission(folder, year, "SCHSTUPERRLA")
    lines = _lines(path)
    cells = lines[0].split(",")
    cells[1] = str(int(cells[1]) + 1)
    lines[0] = ",".join(cells)
    path.write_bytes("\r\n".join(lines).encode("utf-8"))
    return Planted("header_record_count_wrong", _relative(path, folder), 1, "total records", cells[1])


@defect
def file_cut_in_half(folder: Path, year: int) -> Planted:
    """The FS178 file ends in the middle of a line."""
    path = _submission(folder, year, "SCHSTUPERRLA")
    content = path.read_bytes()
    cut = content[: len(content) // 2]
    cut = cut[:-4] if cut.endswith(b"\r\n") else cut
    path.write_bytes(cut)
    return Planted("file_cut_in_half", _relative(path, folder), cut.count(b"\n") + 1)


def _relative(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix()


def _finance(folder: Path, year: int) -> tuple[Path, list[list[str]]]:
    path = folder / "finance" / str(year) / "district_data_full.csv"
    return path, list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"))))


def _write_csv(path: Path, rows: list[list[str]], encoding: str = "utf-8") -> None:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    path.write_bytes(text.getvalue().encode(encoding))


@defect
def letter_in_count(folder: Path, year: int) -> Planted:
    """The first LEA's membership reads 1,O23."""
    path, rows = _finance(folder, year)
    rows[1][rows[0].index("MEMBERSCH")] = "1,O23"
    _write_csv(path, rows)
    return Planted("letter_in_count", _relative(path, folder), 2, "MEMBERSCH", "1,O23")


@defect
def duplicated_key(folder: Path, year: int) -> Planted:
    """The first LEA stands twice in the finance file, the second time at its end."""
    path, rows = _finance(folder, year)
    rows.append(rows[1])
    _write_csv(path, rows)
    return Planted("duplicated_key", _relative(path, folder), len(rows), "LEAID", rows[1][0])


@defect
def added_column(folder: Path, year: int) -> Planted:
    """The finance file has a column nobody announced."""
    path, rows = _finance(folder, year)
    _write_csv(path, [[*row, "NOTE" if i == 0 else ""] for i, row in enumerate(rows)])
    return Planted("added_column", _relative(path, folder), 1, "NOTE")


@defect
def renamed_column(folder: Path, year: int) -> Planted:
    """The finance file calls TOTALEXP by another name."""
    path, rows = _finance(folder, year)
    rows[0][rows[0].index("TOTALEXP")] = "TOTAL_EXP"
    _write_csv(path, rows)
    return Planted("renamed_column", _relative(path, folder), 1, "TOTAL_EXP")


@defect
def changed_encoding(folder: Path, year: int) -> Planted:
    """The finance file is saved as cp1252, with an accent in the first LEA's name."""
    path, rows = _finance(folder, year)
    rows[1][rows[0].index("LEANM")] = "Alder Fálls Unified"
    _write_csv(path, rows, "cp1252")
    return Planted("changed_encoding", _relative(path, folder), 2, "LEANM", None)


@defect
def lost_leading_zero(folder: Path, year: int) -> Planted:
    """The first school of the directory lost the zero its state district id begins with, as Excel does."""
    path = folder / "directory" / "franklin_public_schools.csv"
    rows = list(csv.reader(io.StringIO(path.read_bytes().decode("utf-8"))))
    column = rows[0].index("State District ID")
    line = next(i for i, row in enumerate(rows) if i and row[column].startswith("FK-0"))
    rows[line][column] = rows[line][column].replace("FK-0", "FK-", 1)
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    path.write_bytes(text.getvalue().encode("utf-8"))
    return Planted(
        "lost_leading_zero", _relative(path, folder), line + 1, "State District ID", rows[line][column]
    )


@defect
def missing_file(folder: Path, year: int) -> Planted:
    """The SAIPE workbook of the year has not come."""
    path = folder / "saipe" / f"ussd{(year - 1) % 100:02d}.xlsx"
    path.unlink()
    return Planted("missing_file", _relative(path, folder))


@defect
def audit_total_disagrees(folder: Path, year: int) -> Planted:
    """The coversheet of the state's audit is a dollar more than its schedule."""
    path = folder / "fac" / f"880001-{year % 100:02d}" / "federal-awards-880001.json"
    sheets = json.loads(path.read_text(encoding="utf-8"))
    total = next(item for item in sheets[0]["ranges"] if item["name"] == "total_amount_expended")
    total["values"] = [total["values"][0] + 1]
    path.write_text(json.dumps(sheets, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return Planted("audit_total_disagrees", _relative(path, folder), 5, "total_amount_expended")
