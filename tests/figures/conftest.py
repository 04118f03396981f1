"""Each agency refreshed once; every test of a figure reads the release and the lake of that one refresh."""

from __future__ import annotations

from pathlib import Path

import pytest
from refreshed import Refreshed, environment, franklin, refreshed

from assets.home import claim_home, open_home
from assets.raw import refresh_raw


def figures_of(agency: str, years: list[int], root: Path, data: Path) -> Refreshed:
    """A refresh of the years whose figures are recounted; of the others, only what the sources hold.

    Every file of the agency is read and accounted for in the release, at a third of the time.
    """
    home = open_home(environment(agency, root, data))
    claim_home(home)
    for year in home.agency.settings.school_years:
        for source in home.sources:
            if year not in years:
                refresh_raw(home, source, year)
    return refreshed(agency, root, data, years)


@pytest.fixture(scope="session")
def california(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Refreshed:
    return figures_of("california", [2014, 2019, 2021], tmp_path_factory.mktemp("california"), shared_data)


@pytest.fixture(scope="session")
def connecticut(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Refreshed:
    years = [2012, 2013, 2014, 2016, 2019]
    return figures_of("connecticut", years, tmp_path_factory.mktemp("connecticut"), shared_data)


@pytest.fixture(scope="session")
def maine(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Refreshed:
    years = [2012, 2013, 2014, 2022]
    return figures_of("maine", years, tmp_path_factory.mktemp("maine"), shared_data)


@pytest.fixture(scope="session")
def small_franklin(tmp_path_factory: pytest.TempPathFactory) -> Refreshed:
    return franklin(tmp_path_factory.mktemp("franklin"))
