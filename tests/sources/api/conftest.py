"""Fixtures of the tests of HTTP APIs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from api_bench import ApiBench, offset_table
from small_server import SmallServer, serving


@pytest.fixture
def server() -> Iterator[SmallServer]:
    with serving() as small:
        yield small


@pytest.fixture
def bench(server: SmallServer, tmp_path: Path) -> ApiBench:
    return ApiBench(tmp_path, server.url, tables=offset_table())
