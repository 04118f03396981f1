"""Rows in = rows out + rows quarantined: every file of every source and year of the four agencies.

What is in a file is counted here from its bytes, by csv, json, calamine, SQL or the Parquet footer.
"""

from __future__ import annotations

import csv
import json
import re
import sqlite3
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from python_calamine import CalamineWorkbook

AGENCIES = ("california", "connecticut", "maine", "small_franklin")


def csv_rows(path: Path) -> tuple[list[str], int]:
    """Header and number of lines below it that hold anything."""
    with path.open(newline="", encoding="utf-8-sig") as handle:
        header, *lines = csv.reader(handle)
    return header, sum(any(cell.strip() for cell in line) for line in lines)


def plain(path: Path, _: str) -> int:
    return csv_rows(path)[1]


def wide(pattern: str) -> Callable[[Path, str], int]:
    """A file with one column a group that matches the pattern: a row of the lake for each."""

    def count(path: Path, _: str) -> int:
        header, lines = csv_rows(path)
        groups = sum(re.fullmatch(pattern, name) is not None for name in header)
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


def footer(path: Path, _: str) -> int:
    return pq.ParquetFile(path).metadata.num_rows


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


# Databases that a source reads, by the folder they stand in.
DATABASES = {"state_grants_management": "grants/", "state_general_ledger": "ledger/"}

COUNTERS: dict[str, Callable[[Path, str], int]] = {
    "nces_school_directory": plain,
    "ca_cde_chronic_absence": wide(r"EE[A-Z]+"),
    "ca_cde_ela": wide(r"ETE.+"),
    "ca_cde_frpm": sheet(1, 1),
    "edfacts_graduation_rate": wide(r"[A-Z]+_COHORT_\d{4}"),
    "census_saipe": sheet(0, 2),
    "lea_finance": plain,
    "ct_edsight_chronic_absence": edsight,
    "ct_edsight_graduation": edsight,
    "ct_edsight_smarter_balanced": edsight,
    "ct_edsight_revenue": edsight,
    "fac_single_audit": workbook_lines,
    "sis_attendance": footer,
    "state_grants_management": database,
    "state_general_ledger": database,
    "ed_g6_awards": plain,
    "ed_title_i_allocations": allocation_workbook,
    "nces_f33": plain,
    "census_school_finance": plain,
    "ed_state_tables": wide(r"\d{4}_(actual|estimate)"),
    "usaspending_prime_awards": plain,
}


@cache
def counted(source: str, table: str, path: Path) -> int:
    counter = submission if source.startswith("edfacts_fs") else COUNTERS[source]
    return counter(path, table)


def account(release):
    """The rows of the published account, each with its file."""
    rows = release.select(
        "SELECT source_id, table_name, school_year, address, rows_in, rows_out, rows_quarantined "
        "FROM current_source_snapshot"
    )
    for source, table, year, address, *numbers in rows:
        name = address.split("#")[0]
        path = release.data / (DATABASES.get(source, "") + name)
        yield source, table, year, path, numbers


@pytest.mark.parametrize("agency", AGENCIES)
def test_rows_in_are_the_rows_of_the_file(request, agency):
    release = request.getfixturevalue(agency)
    wrong = [
        (source, table, year, path.name, rows_in, rows)
        for source, table, year, path, (rows_in, _, _) in account(release)
        if rows_in != (rows := counted(source, table, path))
    ]
    assert wrong == []


@pytest.mark.parametrize("agency", AGENCIES)
def test_rows_in_are_rows_out_and_rows_quarantined(request, agency):
    numbers = [n for *_, n in account(request.getfixturevalue(agency))]
    assert numbers
    assert all(rows_in == out + aside for rows_in, out, aside in numbers)


@pytest.mark.parametrize("agency", AGENCIES)
def test_rows_out_and_quarantined_are_those_the_lake_holds(request, agency):
    release = request.getfixturevalue(agency)
    sums: dict[tuple[str, str, int], list[int]] = {}
    for source, table, year, _, (_, out, aside) in account(release):
        total = sums.setdefault((source, table, year), [0, 0])
        total[0] += out
        total[1] += aside
    for (source, table, year), (out, aside) in sums.items():
        for part, number in ((table, out), (f"quarantine_{table}", aside)):
            file = release.lake_file("raw", source, year, part)
            assert pq.ParquetFile(file).metadata.num_rows == number, (source, part, year)


@pytest.mark.parametrize("agency", AGENCIES)
def test_every_declared_source_year_and_table_is_accounted_for(request, agency):
    release = request.getfixturevalue(agency)
    home = release.home
    declared = {
        (source, table, year)
        for source, settings in home.agency.sources.items()
        for declaration in settings.releases
        for year in declaration.school_years
        for table in home.sources[source].spec.tables
    }
    assert {(source, table, year) for source, table, year, *_ in account(release)} == declared


@pytest.mark.parametrize("agency", AGENCIES)
def test_every_file_that_the_agency_declares_is_accounted_for(request, agency):
    release = request.getfixturevalue(agency)
    declared = set()
    for source, settings in release.home.agency.sources.items():
        left_out = release.home.sources[source].spec.ignored_files  # by name, with the reason
        for declaration in settings.releases:
            files = declaration.files
            groups = files.values() if isinstance(files, dict) else [files]
            for pattern in (pattern for group in groups for pattern in group):
                declared |= {
                    (source, year, f)
                    for f in release.data.glob(pattern)
                    if not any(f.match(name) for name in left_out)
                    for year in declaration.school_years
                }
    accounted = {
        (source, year, path) for source, _, year, path, _ in account(release) if source not in DATABASES
    }
    assert accounted == declared
