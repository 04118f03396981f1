"""One small Franklin for all tests of the simulator."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_franklin import SMALL

from simulator.generate import Written, generate


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """2,000 students, two school years."""
    return generate(SMALL, tmp_path_factory.mktemp("franklin") / "data")


@pytest.fixture(scope="session")
def folder(small: Written) -> Path:
    """Where it was written."""
    return small.folder
