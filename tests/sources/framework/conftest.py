"""Fixtures of the tests of the sources framework."""

from __future__ import annotations

from pathlib import Path

import pytest
from invented_source import Workbench


@pytest.fixture
def bench(tmp_path: Path) -> Workbench:
    """An invented source with 20 good rows' worth of declarations."""
    return Workbench(tmp_path)
