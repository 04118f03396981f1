"""What rests on what: from a source or table to the measures and the plan's objectives that need it.

Put here: the walk along the declared dependencies, for tags and messages. Not here: whether a table is good
(`health`), or Dagster's own graph (`dagster_assets`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from assets.core_inputs import settings_row
from assets.core_table import CoreTable, core_tables
from assets.derived_measures import DERIVED, core_of, derived_measures, tables_of
from assets.home import Home
from assets.lake import Node
from assets.measures import measured_tables
from warehouse.model.measure import Measure
from warehouse.model.plan import placed_measures


@dataclass(frozen=True)
class Stake:
    """What is at stake when a table is not good: measures, and the nodes of the plan judged by them."""

    measures: tuple[str, ...]
    objectives: tuple[str, ...]


def stake_of(home: Home, node: Node) -> Stake:
    """The measures and objectives that rest on a source or a table."""
    tables = core_tables(home)
    if node.layer == "raw":
        fed = {name for name, table in tables.items() if node.table in table.sources}
    else:
        fed = {node.table}
    if node.layer != "measures":
        fed = _with_downstream(fed, tables)
    measures = [m.id for table, found in measured_tables(home).items() if table in fed for m in found]
    measures += [m.id for m in derived_measures(home) if node == DERIVED or _rests_on(home, m, node, fed)]
    serving = {
        placed.node_id
        for plan in home.agency.plans
        for placed in placed_measures(plan)
        if placed.item.measure in measures
    }
    return Stake(tuple(sorted(measures)), tuple(sorted(serving)))


def _rests_on(home: Home, measure: Measure, node: Node, fed: set[str]) -> bool:
    """Whether a derived measure is made of figures of one of some tables, or reads one itself."""
    read = set(tables_of(home, [measure]))
    if node.layer != "measures":
        read |= set(core_of(home, [measure]))
    return bool(fed & read)


def family_of(home: Home, table: CoreTable) -> tuple[str, ...]:
    """The families of the sources that feed a core table, its own first and sorted."""
    return tuple(sorted({home.sources[s].spec.family for s in table.sources if s in home.sources}))


def is_about_students(home: Home, node: Node) -> bool:
    """Whether a node is restricted, or is computed from something that is.

    A message of the database may then quote a student's cell.
    """
    if node.layer == "raw":
        return home.sources[node.table].spec.is_restricted
    tables = core_tables(home)
    if node == DERIVED:
        return any(tables[name].is_near_students for name in core_of(home, derived_measures(home)))
    return node.table in tables and tables[node.table].is_near_students


def settings_behind(home: Home, core_table: str) -> frozenset[str]:
    """The columns of `agency.settings` that the SQL of a core table, or of one it is computed from, names."""
    tables = core_tables(home)
    if core_table not in tables:
        return frozenset()
    texts, waiting, seen = [], [core_table], set()
    while waiting:
        name = waiting.pop()
        if name in seen or name not in tables:
            continue
        seen.add(name)
        table = tables[name]
        texts += [table.sql, *(path.read_text(encoding="utf-8") for path in table.mappings)]
        waiting += table.all_core_inputs
    words = set(re.findall(r"[a-z_]+", " ".join(texts)))
    return frozenset(settings_row(home, home.agency.settings.school_years[-1])) & words


def _with_downstream(fed: set[str], tables: Mapping[str, CoreTable]) -> set[str]:
    found = set(fed)
    more = True
    while more:  # what is read of other years may stand later in the order, so one walk is not enough
        new = {name for name, t in tables.items() if name not in found and found & {*t.all_core_inputs}}
        found |= new
        more = bool(new)
    # Measures of every table read the organizations, so all of them rest on it.
    return set(tables) if "organizations" in found else found
