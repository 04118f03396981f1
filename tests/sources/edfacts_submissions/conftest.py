"""A Franklin of 2,000 students whose submissions are read once."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pytest
from edfacts_rendering import FRANKLIN_YEAR, submissions

from assets.engine import empty_rows
from simulator.generate import generate
from simulator.settings import Settings
from sources.acquire import acquire
from sources.read import ReadResult, read
from sources.snapshot import SnapshotStore
from warehouse.model.agency import load_agency
from warehouse.model.contract import load_contracts


@pytest.fixture(scope="session")
def submitted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The generated state."""
    folder = tmp_path_factory.mktemp("edfacts") / "data"
    return generate(Settings(students=2_000, seed=3, years=(FRANKLIN_YEAR,)), folder).folder


@pytest.fixture(scope="session")
def results(
    project: Path, submitted: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, dict[str, ReadResult]]:
    """Every table of every submission source, as Franklin's sources.yml declares them."""
    agency = load_agency(project / "agencies" / "franklin")
    store = SnapshotStore(tmp_path_factory.mktemp("edfacts_home"))
    found = {}
    for source_id, source in submissions().items():
        release = agency.sources[source_id].for_year(FRANKLIN_YEAR)
        assert release is not None
        fetched = acquire(
            source, release, FRANKLIN_YEAR, store=store, data_root=submitted, today=date(2026, 7, 1)
        )
        if fetched.error is not None:
            raise fetched.error
        found[source_id] = read(source, fetched, release)
    return found


@pytest.fixture
def raw(results: dict[str, dict[str, ReadResult]]) -> duckdb.DuckDBPyConnection:
    """A database with the raw tables of the sources that have mappings, and no organizations."""
    database = duckdb.connect()
    for schema in ("raw", "core", "agency"):
        database.execute(f"CREATE SCHEMA {schema}")
    database.execute(
        "CREATE TABLE agency.settings AS SELECT '88' AS state_ansi_code, 'FK' AS state_abbreviation_code"
    )
    database.execute(f"CREATE TABLE core.organizations AS {empty_rows(load_contracts()['organizations'])}")
    for source_id, tables in results.items():
        if submissions()[source_id].core_mappings:
            for name, result in tables.items():
                database.register("given", result.table)
                database.execute(f"CREATE TABLE raw.{source_id}__{name} AS SELECT * FROM given")
    return database
