"""California's real files, carried to core once for all tests of this folder."""

from __future__ import annotations

from pathlib import Path

import pytest
from california_reading import California, carry_to_core


@pytest.fixture(scope="session")
def california(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> California:
    """The state's four sources of 2020-21, in the lake of a temporary home."""
    return carry_to_core(shared_data, tmp_path_factory.mktemp("california"))
