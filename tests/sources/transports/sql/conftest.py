"""A real SQLite file and a real PostgreSQL, either of them as the system that a source reads."""

from __future__ import annotations

from pathlib import Path

import pytest
from postgres import postgres_server, postgres_url  # noqa: F401
from sql_systems import System


@pytest.fixture(params=["sqlite", "postgresql"])
def system(request: pytest.FixtureRequest, tmp_path: Path) -> System:
    """An empty database of each kind, and a source that reads it."""
    if request.param == "sqlite":
        return sqlite_in(tmp_path)
    return System(request.getfixturevalue("postgres_url"), tmp_path)


@pytest.fixture
def sqlite(tmp_path: Path) -> System:
    return sqlite_in(tmp_path)


@pytest.fixture
def postgresql(postgres_url: str, tmp_path: Path) -> System:  # noqa: F811
    return System(postgres_url, tmp_path)


def sqlite_in(folder: Path) -> System:
    system = System(f"sqlite:///{folder}/money.db", folder)
    # Readers and writers beside each other, as a server allows it.
    with system.writer() as writer:
        writer.exec_driver_sql("PRAGMA journal_mode = WAL")
    return system
