"""What Dagster is told of dependencies: keys, school years as partitions, and which year rests on which.

Put here: the graph's edges. Not here: its assets (`dagster_assets`), or what SQL reads (`core_table`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import dagster as dg

from assets.core_inputs import years_read
from assets.core_table import CoreTable, core_node, core_tables
from assets.derived_measures import core_of, derived_measures, tables_of
from assets.engine import SAME_YEAR, YEARS_TO_DATE
from assets.home import Home
from assets.lake import Node
from assets.measures import measures_node
from assets.raw import raw_node


def school_years(home: Home) -> dg.StaticPartitionsDefinition:
    """The years the agency declares, never the calendar: a year whose file has not come holds up no other."""
    return dg.StaticPartitionsDefinition([str(year) for year in home.agency.settings.school_years])


def key_of(node: Node) -> dg.AssetKey:
    """The asset key of a node."""
    return dg.AssetKey([node.layer, node.table])


def core_deps(home: Home, table: CoreTable) -> list[dg.AssetDep]:
    """What a core table rests on, with the years of it.

    Dagster's graph is one of tables, whatever the year, and has no circles: an asset may depend on itself
    only where its partitions are windows of time, which school years of a list are not. So a table that is
    computed after this one, or is this one, is left out although its earlier year is read; the refresh takes
    years in their order, and a data version holds what was read.
    """
    sources = [dg.AssetDep(key_of(raw_node(s))) for s in table.sources if s in home.sources]
    order = list(core_tables(home))
    own = order.index(table.contract.table)
    read: dict[str, list[str]] = {}
    for name in table.core_inputs:
        read.setdefault(name, []).append(SAME_YEAR)
    for other in table.other_years:
        read.setdefault(other.table, []).append(other.schema)
    return [*sources, *(_core_dep(home, name, s) for name, s in read.items() if order.index(name) < own)]


def derived_deps(home: Home) -> list[dg.AssetDep]:
    """What the derived figures rest on: figures of this and of earlier years, and core tables of this one."""
    measures = derived_measures(home)
    earlier = dg.StaticPartitionMapping(years_by_year_read(home, [YEARS_TO_DATE]))
    return [
        *(dg.AssetDep(key_of(core_node(t))) for t in core_of(home, measures)),
        *(
            dg.AssetDep(key_of(measures_node(t)), partition_mapping=earlier)
            for t in tables_of(home, measures)
        ),
    ]


def _core_dep(home: Home, name: str, schemas: Sequence[str]) -> dg.AssetDep:
    key = key_of(core_node(name))
    if list(schemas) == [SAME_YEAR]:
        return dg.AssetDep(key)
    return dg.AssetDep(key, partition_mapping=dg.StaticPartitionMapping(years_by_year_read(home, schemas)))


def years_by_year_read(home: Home, schemas: Sequence[str]) -> Mapping[str, set[str]]:
    """The years that rest on each year of a core table read under these schemas."""
    found: dict[str, set[str]] = {}
    for year in home.agency.settings.school_years:
        for read in {read for schema in schemas for read in years_read(home, schema, year)}:
            found.setdefault(str(read), set()).add(str(year))
    return found
