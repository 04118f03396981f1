"""How many rows of the lake a file must give, by source: counted in its bytes, by csv, json, calamine or SQL.

Put here: counters, which know a format and nothing of the product. Not here: what the product says of a file
(see `test_figures_rows`).
"""

from __future__ import annotations

import csv
import io
import json
import re
import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
from python_calamine import CalamineWorkbook


def csv_rows(path: Path) -> tuple[list[str], int]:
    """Header and number of lines below it that hold anything; of a zip, of the one csv in it."""
    content = path.read_bytes()
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            (name,) = (name for name in archive.namelist() if name.endswith(".csv"))
            content = archive.read(name)
    # Letters of another code page count for nothing here.
    text = content.decode("utf-8-sig", errors="replace")
    header, *lines = csv.reader(io.StringIO(text, newline=""))
    return header, sum(any(cell.strip() for cell in line) for line in lines)


def plain(path: Path, _: str) -> int:
    return csv_rows(path)[1]


def wide(pattern: str) -> Callable[[Path, str], int]:
    """A file with columns a group that match the pattern: a row of the lake for each group."""

    def count(path: Path, _: str) -> int:
        header, lines = csv_rows(path)
        matches = [match for name in header if (match := re.fullmatch(pattern, name))]
        groups = len({match.groups() or match.group() for match in matches})
        assert groups > 1
        return groups * lines

    return count


def sheet(number: int, title_rows: int) -> Callable[[Path, str], int]:
    def count(path: Path, _: str) -> int:
        rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(number).to_python()
        return sum(any(cell != "" for cell in row) for row in rows[title_rows + 1 :])

    return count


def edsight(path: Path, _: str) -> int:
    """The lines below the line of headers, which begins with the word District or Organization."""
    lines = [line for line in path.read_text(encoding="ascii").splitlines() if line.strip()]
    first = next(i for i, line in enumerate(lines) if re.match(r'"(District|Organization)"', line))
    below = lines[first + 1 :]
    if re.search(r"revenue-sources__", path.name):
        return len(below)
    # Of every line the headers' number of cells: none is part of the one before.
    width = len(next(csv.reader([lines[first]])))
    assert {len(row) for row in csv.reader(below)} == {width}
    return len(below)


def edsight_printed(path: Path, _: str) -> int:
    """Lines below the line of headers, none of them part of the one before."""
    return len(_below_headers(path)[1])


def edsight_cells(path: Path, _: str) -> int:
    """A row of the lake for each cell that is no name."""
    header, lines = _below_headers(path)
    names = {"District", "District Code", "School", "School Code", "Grade", "Race"}
    return sum(name not in names for name in header) * len(lines)


def _below_headers(path: Path) -> tuple[list[str], list[str]]:
    lines = [line for line in path.read_text(encoding="ascii").splitlines() if line.strip()]
    first = next(
        i
        for i, line in enumerate(lines)
        if re.match(r'"(District|Organization|Type|State|Grade|Race)",', line)
    )
    return next(csv.reader([lines[first]])), lines[first + 1 :]


def exports_and_means(path: Path, table: str) -> int:
    """Of an export the statistics of its years, or the rows that are text alone; of a csv its lines."""
    if table == "state_means":
        return plain(path, table)
    rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()
    if table == "notes":
        said = [[str(cell).strip() for cell in row] for row in rows]
        return sum(bool(row[0]) and not any(row[1:]) for row in said)
    (header,) = [row for row in rows if row[0] == "Year"]
    years = sum(re.match(r"[0-9]{4}", str(row[0])) is not None for row in rows)
    return years * (len(header) - 3)


def listings(path: Path, table: str) -> int:
    """All of these lists have a header, except the one of functions."""
    return plain(path, table) + (table == "functions")


def reports(path: Path, _: str) -> int:
    """Rows of the sheet Status in which a unit wrote something."""
    sheet = CalamineWorkbook.from_path(str(path)).get_sheet_by_name("Status")
    rows = sheet.to_python(skip_empty_area=False)
    written = [i for i, name in enumerate(rows[3]) if name not in ("Code", "What it is", "Due")]
    return sum(any(row[i] != "" for i in written) for row in rows[4:])


def text_lines(path: Path, _: str) -> int:
    return len(path.read_bytes().split(b"\n")) - 1


def workbook_lines(path: Path, _: str) -> int:
    form = next(s for s in json.loads(path.read_text(encoding="utf-8")) if s["name"] == "Form")
    (length,) = {len(column["values"]) for column in form["ranges"]}
    return length


def submission(path: Path, _: str) -> int:
    """What the header record promises, and as many lines follow it."""
    header, *records = path.read_text(encoding="utf-8").splitlines()
    fields = {".csv": header.split(","), ".tab": header.split("\t"), ".txt": [header[:50], header[50:60]]}
    promised = int(fields[path.suffix][1])
    assert promised == len(records)
    return promised


def student_records(path: Path, table: str) -> int:
    return plain(path, table) if path.suffix == ".csv" else pq.ParquetFile(path).metadata.num_rows


def database(path: Path, table: str) -> int:
    name = {"requests": "reimbursement_request", "budgets": "budget_line", "entries": "entry"}.get(
        table, table if table == "carryover" else table.removesuffix("s")
    )
    with sqlite3.connect(path) as connection:
        return int(connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0])


def allocation_workbook(path: Path, table: str) -> int:
    """Rows with a figure in their last cell, or any other row that says something but the header."""
    rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()
    said = [row for row in rows if any(cell != "" for cell in row)]
    figures = sum(isinstance(row[-1], float) for row in said)
    return figures if table == "allocations" else len(said) - figures - 1


COUNTERS: dict[str, Callable[[Path, str], int]] = {
    "nces_school_directory": plain,
    "ca_cde_chronic_absence": wide(r"EE[A-Z]+"),
    "ca_cde_ela": wide(r"ETE.+"),
    "ca_cde_frpm": sheet(1, 1),
    "ca_cde_school_crosswalk": plain,
    "edfacts_graduation_rate": wide(r"[A-Z]+_COHORT_\d{4}"),
    "census_saipe": sheet(0, 2),
    "lea_finance": plain,
    "ct_edsight_chronic_absence": edsight,
    "ct_edsight_graduation": edsight,
    "ct_edsight_smarter_balanced": edsight,
    "ct_edsight_revenue": edsight,
    "ct_edsight_expenditures": edsight_printed,
    "ct_edsight_per_pupil_expenditures": edsight_printed,
    "ct_edsight_special_education_expenditures": edsight_printed,
    "ct_edsight_sanctions": edsight_printed,
    "ct_edsight_enrollment": edsight_cells,
    "fac_single_audit": workbook_lines,
    "sis_attendance": student_records,
    "state_grants_management": database,
    "state_general_ledger": database,
    "ed_g6_awards": plain,
    "ed_title_i_allocations": allocation_workbook,
    "nces_f33": plain,
    "census_school_finance": plain,
    "ed_state_tables": wide(r"\d{4}_(?:actual|estimate)"),
    "usaspending_prime_awards": plain,
    "naep_exports": exports_and_means,
    "assistance_listings": listings,
    "edfacts_assessments_wide": wide(r"(?i)([A-Z]{1,3}_(?:MTH|RLA)..)(?:NUM|PCT)[A-Z]+(?:_[0-9]{4})?"),
    "edfacts_assessments_long": plain,
    "ed_data_express": plain,
    "nces_ccd_directory": plain,
    "nces_ccd_membership": plain,
    "assessment_vendor_results": text_lines,
    "plan_status_workbook": reports,
    "state_growth_results": plain,
    "state_elp_progress": plain,
    "state_migrant_services": plain,
    "state_idea_evaluations": plain,
    "cclc_21apr": plain,
    "perkins_car": plain,
    "state_school_expenditures": plain,
    "state_maintenance_of_effort": plain,
    "state_monitoring": plain,
    "review_decisions": plain,
}
