"""One small Franklin for all tests of the simulator."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from small_franklin import SMALL

from simulator.generate import Written, generate
from simulator.web.limits import Limits
from simulator.web.serve import Systems


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """2,000 students, two school years."""
    return generate(SMALL, tmp_path_factory.mktemp("franklin") / "data")


@pytest.fixture(scope="session")
def folder(small: Written) -> Path:
    """Where it was written."""
    return small.folder


@pytest.fixture(scope="session")
def served(folder: Path) -> Iterator[Systems]:
    """Its web systems; no test of them lets changes happen."""
    with Systems(folder) as running:
        yield running


@pytest.fixture
def systems(served: Systems) -> Iterator[Systems]:
    """The same, without faults and with the limits of the real systems."""
    served.faults()
    served.limits(**Limits().told())
    served.forget()
    yield served
    served.faults()
    served.limits(**Limits().told())
