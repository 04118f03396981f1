"""California's four sources of 2020-21 through the product: acquire, read, core.

Put here: running the product and reading its lake.
Not here: recounts, which the tests make with plain pandas.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from assets.core import build_core
from assets.core_table import core_node, core_tables
from assets.home import Home, open_home
from assets.raw import raw_node, refresh_raw

YEAR = 2021
SOURCES = ("nces_school_directory", "ca_cde_chronic_absence", "ca_cde_ela", "ca_cde_frpm")
TABLES = ("organizations", "chronic_absence", "assessment_results", "unmatched_organizations")


@dataclass(frozen=True)
class California:
    """The home of one run."""

    home: Home
    data: Path

    def account(self, source_id: str) -> list[dict[str, int]]:
        """What became of a source's rows, table by table."""
        return self.home.lake.read_json(raw_node(source_id), YEAR, "account") or []

    def core(self, table: str) -> pd.DataFrame:
        """A core table of 2020-21."""
        state = self.home.lake.state(core_node(table), YEAR)
        assert state is not None and state.accepted is not None
        return pd.read_parquet(self.home.lake.file(core_node(table), YEAR, state.accepted))


def carry_to_core(data: Path, root: Path) -> California:
    """Refresh the sources and build their core tables, accepted without their checks (tested elsewhere)."""
    home = open_home(
        {"SPM_AGENCY": "agencies/california", "SPM_HOME": str(root / "home"), "SPM_DATA": str(data)}
    )
    for source in SOURCES:
        assert refresh_raw(home, source, YEAR) is not None
    tables = core_tables(home)
    for name in TABLES:
        version, rows = build_core(home, tables[name], YEAR)
        home.lake.accept(core_node(name), YEAR, version, rows)
    return California(home, data)
