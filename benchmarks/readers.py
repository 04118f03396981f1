"""How fast each reader reads, against plain pandas on the same file in the same run.

Put here: files of a fixed size for each reader, and the clock.
Not here: whole refreshes (`refresh`).

Readers do more than pandas: they keep the line of every record, refuse what is not well-formed, and hold
sizes to their limits. What is timed is from the file to a table of text cells, types not included.

    .venv/bin/python benchmarks/readers.py [--runs 3] [--rows 500000]
    SPM_DATA=<folder of the public files> .venv/bin/python benchmarks/readers.py

prints a table in Markdown; with SPM_DATA the real files come after the generated ones.
"""

from __future__ import annotations

import argparse
import csv
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from openpyxl import Workbook

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from sources.readers.choice import READERS
from sources.readers.request import ReadRequest
from sources.spec import TableSpec

YEAR = 2025
NAMES = ("school_code", "school_name", "grade", "group", "students", "absent", "rate", "counted_on")
LAYOUT = "table,level,first_year,column,start,length,required,codes\n"


@dataclass(frozen=True)
class Measured:
    """A file, how our reader is asked for it, and how pandas reads it."""

    what: str
    reader: str
    path: Path
    request: ReadRequest
    pandas: Callable[[Path], pd.DataFrame]


def main() -> None:
    """Write the files, time both, print the table."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--rows", type=int, default=500_000)
    arguments = parser.parse_args()
    print("| file | MB | rows | reader s | MB/s | rows/s | pandas s | pandas / reader |")
    print("|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory(prefix="spm-benchmark-") as folder:
        for item in [*generated(Path(folder), arguments.rows), *real()]:
            print(_line(item, arguments.runs), flush=True)


def _line(item: Measured, runs: int) -> str:
    reader = READERS[item.reader]
    ours, theirs, rows = [], [], 0
    for _ in range(runs):
        seconds, table = _timed(lambda: reader(item.request))
        rows = int(table.num_rows)
        ours.append(seconds)
        theirs.append(_timed(lambda: item.pandas(item.path))[0])
    size, mine, plain = item.path.stat().st_size / 2**20, statistics.median(ours), statistics.median(theirs)
    speed = f"{size / mine:.0f} | {rows / mine:,.0f}"
    return (
        f"| {item.what} | {size:.1f} | {rows:,} | {mine:.2f} | {speed} | {plain:.2f} | {plain / mine:.1f} |"
    )


def _timed(call: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    result = call()
    return time.perf_counter() - start, result


def generated(folder: Path, rows: int) -> Iterator[Measured]:
    """One file for each reader, the same at every run."""
    frame = _frame(rows)
    yield _delimited(folder / "plain.csv", frame, csv.QUOTE_MINIMAL, "csv, few quotes")
    yield _delimited(folder / "quoted.csv", frame, csv.QUOTE_ALL, "csv, every cell quoted")
    path = folder / "counts.parquet"
    pq.write_table(pa.Table.from_pandas(frame), path, compression="zstd")
    yield Measured("Parquet", "parquet", path, _request(path), pd.read_parquet)
    yield _workbook(folder / "counts.xlsx", frame.head(rows // 25))
    yield _json_records(folder / "counts.jsonl", frame.head(rows // 4))
    yield _fixed_width(folder / "counts.txt", frame)
    yield _submission(folder / "FKSCHINVENTEDv000001.csv", frame)
    yield _edsight(folder / "invented-absence__2024-25_all-students.csv", frame.head(rows // 4))


def real() -> Iterator[Measured]:
    """Public files, where they are."""
    root = os.environ.get("SPM_DATA")
    if root is None:
        return
    for name, reader, table in (
        ("edfacts_acgr/EdFacts 2014.csv", "delimited", {}),
        ("ca_cde/caela.txt", "delimited", {}),
        ("f33_edfacts_saipe_merged/district_data_full.csv", "delimited", {}),
        ("ca_cde/frpm2021.xlsx", "workbook", {"sheet": 2, "header_row": 2}),
        ("saipe/ussd18.xls", "workbook", {"header_row": 3}),
    ):
        path = Path(root) / name
        if path.exists():
            options = dict(table)
            sheet = int(str(options.get("sheet", 1))) - 1
            plain = _read_csv if reader == "delimited" else _read_excel(sheet)
            yield Measured(name, reader, path, _request(path, **options), plain)


def _read_csv(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype=str)


def _read_excel(sheet: int) -> Callable[[Path], pd.DataFrame]:
    return lambda path: pd.read_excel(path, sheet_name=sheet, header=None, dtype=str, engine="calamine")


def _frame(rows: int) -> pd.DataFrame:
    chance = np.random.default_rng(2025)
    schools = chance.integers(1, 1200, rows)
    return pd.DataFrame(
        {
            "school_code": [f"{n:07d}" for n in schools],
            "school_name": [f"Peña School {n}, North" if n % 50 == 0 else f"School {n}" for n in schools],
            "grade": chance.choice(["KG", "01", "02", "03", "04", "05"], rows),
            "group": chance.choice(["all", "english_learner", "low_income"], rows),
            "students": chance.integers(1, 900, rows).astype(str),
            "absent": chance.choice(["<10", "*", "12", "45", "103"], rows),
            "rate": chance.choice(["GE95", "PS", "21-39", "47.5", "88"], rows),
            "counted_on": chance.choice(["2024-10-01", "2025-01-15"], rows),
        }
    )


def _request(
    path: Path, headers: tuple[str, ...] = NAMES, folder: Path | None = None, **table: Any
) -> ReadRequest:
    spec = TableSpec(key=("school_code",), **table)
    return ReadRequest(path, path.name, "counts", spec, headers, "all", YEAR, False, folder)


def _delimited(path: Path, frame: pd.DataFrame, quoting: int, what: str) -> Measured:
    frame.to_csv(path, index=False, quoting=quoting, lineterminator="\r\n")  # type: ignore[call-overload]
    return Measured(what, "delimited", path, _request(path), _read_csv)


def _workbook(path: Path, frame: pd.DataFrame) -> Measured:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Data")
    for row in [NAMES, *frame.itertuples(index=False)]:
        sheet.append(list(row))
    book.save(path)
    return Measured("xlsx", "workbook", path, _request(path), _read_excel(0))


def _json_records(path: Path, frame: pd.DataFrame) -> Measured:
    frame.to_json(path, orient="records", lines=True, force_ascii=False)
    plain: Callable[[Path], pd.DataFrame] = lambda p: pd.read_json(p, lines=True, dtype=False)  # noqa: E731
    return Measured("JSON Lines", "json_records", path, _request(path), plain)


def _fixed_width(path: Path, frame: pd.DataFrame) -> Measured:
    widths = (7, 24, 2, 15, 6, 6, 5, 10)
    layout, start = LAYOUT, 1
    for name, width in zip(NAMES, widths, strict=True):
        layout += f"counts,,{YEAR},{name},{start},{width},yes,\n"
        start += width
    (path.parent / "layout.csv").write_text(layout, encoding="utf-8")
    columns = [frame[n].str.pad(w, side="right") for n, w in zip(NAMES, widths, strict=True)]
    lines = columns[0].str.cat(columns[1:])
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    request = _request(path, folder=path.parent, layout="layout.csv")
    plain: Callable[[Path], pd.DataFrame] = lambda p: pd.read_fwf(p, widths=widths, dtype=str, header=None)  # noqa: E731
    return Measured("fixed width", "fixed_width", path, request, plain)


def _submission(path: Path, frame: pd.DataFrame) -> Measured:
    names = ("FileRecordNumber", "FIPSStateCode", "StateSchoolIDNumber", "Grade", "Amount")
    lengths = (10, 2, 7, 15, 10)
    layout, start = LAYOUT, 1
    for name, length in zip(names, lengths, strict=True):
        layout += f"counts,SCH,{YEAR},{name},{start},{length},yes,\n"
        start += length
    (path.parent / "submission.csv").write_text(layout, encoding="utf-8")
    cells = zip(frame["school_code"], frame["grade"], frame["students"], strict=True)
    body = [f"{n},88,{code},{grade},{count}" for n, (code, grade, count) in enumerate(cells, start=1)]
    head = f"INVENTED COUNTS,{len(body)},{path.name},FS999,{YEAR - 1}-{YEAR}"
    path.write_text("\n".join([head, *body]) + "\n", encoding="utf-8")
    request = _request(path, names, path.parent, layout="submission.csv")
    plain: Callable[[Path], pd.DataFrame] = lambda p: pd.read_csv(p, dtype=str, header=None, skiprows=1)  # noqa: E731
    return Measured("EDFacts submission, csv", "edfacts_submission", path, request, plain)


def _edsight(path: Path, frame: pd.DataFrame) -> Measured:
    lines = [
        "Invented Absence, 2024-25",
        "All Districts, All Students",
        "",
        "District,District Code,% Absent",
    ]
    lines += [
        f'"District {c}","=""{c}""",{n}' for c, n in zip(frame["school_code"], frame["students"], strict=True)
    ]
    path.write_text("\r\n".join(lines) + "\r\n", encoding="utf-8", newline="")
    options = {"title": "Invented Absence", "title_labels": {"all-students": "All Students"}}
    request = _request(path, ("<code>", "<name>", "% Absent"), options=options)
    plain: Callable[[Path], pd.DataFrame] = lambda p: pd.read_csv(p, dtype=str, skiprows=3)  # noqa: E731
    return Measured("EdSight export", "edsight", path, request, plain)


if __name__ == "__main__":
    main()
