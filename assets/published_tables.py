"""Core tables that are published as they stand: those whose contract says `published_as`.

Put here: which of their slices a release has. Not here: figures (`published_values`), declarations
(`publication`).
"""

from __future__ import annotations

import pyarrow.parquet as pq

from assets.core_table import CoreTable, core_node, core_tables
from assets.draft import NO_ROWS, NO_SOURCE, Draft, carried_slice
from assets.evidence import snapshots_behind
from assets.health import core_health
from assets.home import Home
from warehouse.model.contract import Contract
from warehouse.publication import FACES, AbsentSlice, Face, SliceData, SliceKey
from warehouse.store import Warehouse

ORGANIZATION = "organization"


def published_core_tables(home: Home) -> dict[str, CoreTable]:
    """The core tables of this agency that are published as they stand, by published name."""
    tables = core_tables(home).values()
    return {t.contract.published_as: t for t in tables if t.contract.published_as is not None}


def add_core_tables(draft: Draft, home: Home, warehouse: Warehouse, year: int) -> None:
    """Each of them for a year: as accepted, carried forward where it failed, absent where it has no rows."""
    for name, table in published_core_tables(home).items():
        if _add(draft, home, warehouse, name, table, year) and name == ORGANIZATION:
            draft.described_years.add(year)


def _add(draft: Draft, home: Home, warehouse: Warehouse, name: str, table: CoreTable, year: int) -> bool:
    """Whether the release describes the year by this table."""
    core = table.contract.table
    keys = [SliceKey(face, name, year) for face in faces_of(table.contract)]
    health = core_health(home, core, year)
    if not health.is_good:
        draft.carried += [carried_slice(key, health) for key in keys]
        return any(warehouse.current_rows(key) is not None for key in keys)
    state = home.lake.state(core_node(core), year)
    assert state is not None and state.accepted is not None  # noqa: S101 - good health means accepted
    rows = pq.read_table(home.lake.file(core_node(core), year, state.accepted))
    if not rows.num_rows:
        draft.absent += [AbsentSlice(key, NO_SOURCE if health.is_empty else NO_ROWS) for key in keys]
        return False
    snapshots = snapshots_behind(home, core, year)
    draft.slices += [SliceData(key, rows, snapshots) for key in keys]
    return True


def faces_of(contract: Contract) -> tuple[Face, ...]:
    """The faces a table that is published as it stands is shown in; what is internal stays inside."""
    return FACES if contract.privacy == "public" else ("internal",)
