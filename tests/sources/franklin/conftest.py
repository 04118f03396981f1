"""A Franklin of 2,000 students, read and mapped once for all tests of its sources."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pandas as pd
import pyarrow.parquet as pq
import pytest
from franklin_reading import OWN_SOURCES, YEAR, franklin, map_all, read_source

from simulator.generate import generate
from simulator.settings import Settings
from sources.read import ReadResult
from warehouse.model.agency import Agency


@pytest.fixture(scope="session")
def agency(project: Path) -> Agency:
    return franklin(project)


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("franklin_sources") / "data"
    return generate(Settings(students=2_000, seed=5, years=(YEAR,)), folder).folder


@pytest.fixture(scope="session")
def readings(
    agency: Agency, data: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, dict[str, ReadResult]]:
    home = tmp_path_factory.mktemp("franklin_home")
    return {source: read_source(agency, source, data, home) for source in OWN_SOURCES}


@pytest.fixture(scope="session")
def core(
    agency: Agency, readings: dict[str, dict[str, ReadResult]], project: Path
) -> duckdb.DuckDBPyConnection:
    return map_all(agency, readings, project)


@pytest.fixture(scope="session")
def truth(data: Path) -> pd.DataFrame:
    return pq.read_table(data / "truth" / "truth.parquet").to_pandas()
