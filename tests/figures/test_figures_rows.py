"""Rows in = rows out + rows quarantined: every file of every source and year of the four agencies.

What is in a file is counted from its bytes (see `file_counters`).
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from file_counters import COUNTERS, submission

AGENCIES = ("california", "connecticut", "maine", "small_franklin")

# Databases that a source reads, by the folder they stand in.
DATABASES = {"state_grants_management": "grants/", "state_general_ledger": "ledger/"}


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


def is_here(declaration) -> bool:
    """Whether the system that a release comes from is one that this run can reach."""
    return declaration.only_where_set is None or declaration.only_where_set in os.environ


def tables_of(declaration, spec) -> set[str]:
    """Every table; of files named by table those that are named, and those that must be there."""
    if not isinstance(declaration.files, dict):
        return set(spec.tables)
    return {name for name, table in spec.tables.items() if name in declaration.files or not table.optional}


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
        if is_here(declaration)
        for year in declaration.school_years
        for table in tables_of(declaration, home.sources[source].spec)
    }
    assert {(source, table, year) for source, table, year, *_ in account(release)} == declared


@pytest.mark.parametrize("agency", AGENCIES)
def test_every_file_that_the_agency_declares_is_accounted_for(request, agency):
    release = request.getfixturevalue(agency)
    declared = set()
    for source, settings in release.home.agency.sources.items():
        left_out = release.home.sources[source].spec.ignored_files  # by name, with the reason
        for declaration in filter(is_here, settings.releases):
            files = declaration.files
            groups = files.values() if isinstance(files, dict) else [files]
            patterns = [pattern for group in groups for pattern in group]
            declared |= {
                (source, year, file)
                for year in declaration.school_years
                for pattern in patterns
                for file in release.data.glob(pattern.replace("{school_year}", str(year)))
                if not any(file.match(name) for name in left_out)
            }
    accounted = {
        (source, year, path) for source, _, year, path, _ in account(release) if source not in DATABASES
    }
    assert accounted == declared
