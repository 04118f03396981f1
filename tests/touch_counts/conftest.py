"""The tree that every promise is tried in."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from scaffold import PROJECT, Tree
from small_state import AGENCY, DATA, SOURCES, write_files

CODE = ("assets", "checks", "pipelines", "sources", "warehouse", "pyproject.toml")


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """The project with the invented state Littleland in it."""
    root = tmp_path / "project"
    root.mkdir()
    for name in CODE:
        if (PROJECT / name).is_dir():
            shutil.copytree(PROJECT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(PROJECT / name, root / name)
    for name, files in SOURCES.items():
        write_files(root / "sources" / name, files)
    write_files(root / "agencies" / "littleland", AGENCY)
    write_files(root / "data", DATA)
    return Tree(root)
