"""A good Franklin, refreshed once, and the rounds of damage that tests share."""

from __future__ import annotations

import pytest
from happenings import Rounds
from refreshed import Refreshed, franklin


@pytest.fixture(scope="session")
def good(tmp_path_factory: pytest.TempPathFactory) -> Refreshed:
    place = franklin(tmp_path_factory.mktemp("franklin"))
    assert not place.report.failed, list(place.report.lines())
    return place


@pytest.fixture(scope="session")
def rounds(good: Refreshed, tmp_path_factory: pytest.TempPathFactory) -> Rounds:
    return Rounds(good, tmp_path_factory.mktemp)
