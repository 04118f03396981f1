"""Each agency refreshed once; every test of a figure reads the release and the lake of that one refresh."""

from __future__ import annotations

from pathlib import Path

import pytest
from refreshed import Refreshed, environment, franklin, refreshed

from assets.home import claim_home, open_home
from assets.raw import refresh_raw


@pytest.fixture(scope="session")
def california(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Refreshed:
    """Everything of 2020-21; of the other years the sources, so that all rows of all files are accounted for."""
    root = tmp_path_factory.mktemp("california")
    home = open_home(environment("california", root, shared_data))
    claim_home(home)
    for year in home.agency.settings.school_years:
        for source in home.sources:
            if year != 2021:
                refresh_raw(home, source, year)
    return refreshed("california", root, shared_data, [2021])


@pytest.fixture(scope="session")
def connecticut(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Refreshed:
    return refreshed("connecticut", tmp_path_factory.mktemp("connecticut"), shared_data)


@pytest.fixture(scope="session")
def maine(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Refreshed:
    return refreshed("maine", tmp_path_factory.mktemp("maine"), shared_data)


@pytest.fixture(scope="session")
def small_franklin(tmp_path_factory: pytest.TempPathFactory) -> Refreshed:
    return franklin(tmp_path_factory.mktemp("franklin"))
