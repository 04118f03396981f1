"""A good Franklin, refreshed once, and the rounds of damage that tests share."""

from __future__ import annotations

import sys
from pathlib import Path

# Golden pairs and invented workbooks are those of the tests of sources.
for folder in ("sources", "sources/framework"):
    sys.path.append(str(Path(__file__).resolve().parents[1] / folder))

import pytest  # noqa: E402
from happenings import Rounds  # noqa: E402
from refreshed import Refreshed, franklin  # noqa: E402


@pytest.fixture(scope="session")
def good(tmp_path_factory: pytest.TempPathFactory) -> Refreshed:
    place = franklin(tmp_path_factory.mktemp("franklin"))
    assert not place.report.failed, list(place.report.lines())
    return place


@pytest.fixture(scope="session")
def rounds(good: Refreshed, tmp_path_factory: pytest.TempPathFactory) -> Rounds:
    return Rounds(good, tmp_path_factory.mktemp)
