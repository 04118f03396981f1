"""Homes of Tinyland."""

from __future__ import annotations

from pathlib import Path

import pytest

from assets.home import Home
from tests.pipelines.tiny_agency import make_home, write_source


@pytest.fixture(scope="session")
def tiny_sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with Tinyland's one source."""
    root = tmp_path_factory.mktemp("sources")
    write_source(root)
    return root


@pytest.fixture
def home(tmp_path: Path, tiny_sources: Path) -> Home:
    """A new home."""
    return make_home(tmp_path, tiny_sources)
