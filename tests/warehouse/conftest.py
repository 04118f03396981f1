"""Both engines for every test that names `url` or `warehouse`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from invented_release import AGENCY
from postgres import postgres_server, postgres_url  # noqa: F401

from warehouse.store import Warehouse


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'warehouse' / 'internal.db'}"


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest) -> str:
    """The address of an empty database."""
    return request.getfixturevalue(f"{request.param}_url")


@pytest.fixture
def warehouse(url: str) -> Iterator[Warehouse]:
    with Warehouse.open(url, AGENCY, wait_seconds=20) as opened:
        yield opened
