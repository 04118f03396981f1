"""Homes refreshed once for all tests that only read them, and what a test asks of a release.

A test that changes a home or its data takes a copy (`Refreshed.copy`).
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assets.home import Home, open_home
from assets.lake import Node
from pipelines.refresh import RefreshReport, refresh
from simulator.generate import generate
from simulator.settings import Settings

FRANKLIN = Settings(students=2_000, seed=23)
_FRANKLIN: list[Refreshed] = []


@dataclass(frozen=True)
class Refreshed:
    """A home after a refresh, and the account of that refresh."""

    root: Path
    data: Path
    agency: str
    report: RefreshReport

    @property
    def home(self) -> Home:
        """The home, opened anew."""
        return open_home(environment(self.agency, self.root, self.data))

    def select(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Rows of the internal face of the warehouse, by plain SQL."""
        return select(self.root, query, *parameters)

    def lake_file(self, layer: str, table: str, school_year: int, part: str = "") -> Path:
        """The accepted file of a table of the lake."""
        lake, node = self.home.lake, Node(layer, table)  # type: ignore[arg-type]
        state = lake.state(node, school_year)
        assert state is not None
        assert state.accepted is not None
        return lake.file(node, school_year, state.accepted, part)


def environment(agency: str | Path, root: Path, data: Path) -> dict[str, str]:
    """What `open_home` reads."""
    folder = agency if isinstance(agency, Path) else Path("agencies") / agency
    return {"SPM_AGENCY": str(folder), "SPM_HOME": str(root), "SPM_DATA": str(data)}


def select(root: Path, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
    """Rows of the internal face of a home's SQLite warehouse."""
    address = f"file:{root / 'warehouse' / 'internal.db'}?mode=ro"
    connection = sqlite3.connect(address, uri=True)
    try:
        return connection.execute(query, parameters).fetchall()
    finally:
        connection.close()


def refreshed(agency: str, root: Path, data: Path, years: Sequence[int] | None = None) -> Refreshed:
    """Refresh an agency of `agencies/` into a new home."""
    report = refresh(open_home(environment(agency, root, data)), years=years)
    return Refreshed(root, data, agency, report)


def franklin(folder: Path) -> Refreshed:
    """A small Franklin, generated and refreshed once for the whole run; `folder` is used the first time."""
    if not _FRANKLIN:
        data = generate(FRANKLIN, folder / "systems").folder
        _FRANKLIN.append(refreshed("franklin", folder / "home", data))
    return _FRANKLIN[0]


def copied(of: Refreshed, folder: Path) -> Refreshed:
    """The same home and data once more, to be changed."""
    shutil.copytree(of.root, folder / "home", ignore=shutil.ignore_patterns("*.lock"))
    shutil.copytree(of.data, folder / "data")
    return Refreshed(folder / "home", folder / "data", of.agency, of.report)
