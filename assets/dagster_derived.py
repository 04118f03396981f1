"""The derived figures as Dagster sees them: one asset a year, after the figures they are made of.

Put here: what Dagster is told of them. Not here: how they are made (`derived`), other assets
(`dagster_assets`).
"""

# Without `from __future__ import annotations`: Dagster compares the annotation of `context` with the class
# itself.
from typing import Any

import dagster as dg

from assets.core_table import core_tables
from assets.dagster_deps import derived_deps, key_of
from assets.dagster_parts import HOME_LOCK, column_schema, made, materialized, node_checks
from assets.derived import build_derived
from assets.derived_health import check_derived
from assets.derived_measures import DERIVED, core_of, derived_measures, tables_of
from assets.description import description_of, snapshots_behind, tags_of
from assets.guard import attempt
from assets.home import Home
from assets.lineage import family_of
from assets.measures import value_contract
from assets.timing import Timings


def derived_asset(home: Home, years: dg.StaticPartitionsDefinition, timings: Timings) -> dg.AssetsDefinition:
    """The asset of the figures that are made of figures."""
    contract = value_contract(home, DERIVED.table)
    measures, tables = derived_measures(home), core_tables(home)
    behind = sorted({*tables_of(home, measures), *core_of(home, measures)} - {"organizations"})
    families = sorted({family for name in behind for family in family_of(home, tables[name])})
    sources = sorted({source for name in behind for source in tables[name].sources})
    listed = "\n".join(f"- `{m.id}`: {m.definition}" for m in measures)

    @dg.asset(
        key=key_of(DERIVED),
        deps=derived_deps(home),
        partitions_def=years,
        group_name="measures",
        owners=[f"team:{owner}" for owner in sorted({m.owner for m in measures})],
        kinds={"duckdb", "parquet", "sql"},
        tags=tags_of(home, DERIVED, contract.privacy, families),
        description=f"{description_of(contract)}\n\nMeasures made of other figures:\n\n{listed}",
        metadata={
            "dagster/column_schema": column_schema(contract),
            "formulas": {m.id: m.formula for m in measures},
        },
        required_resource_keys={HOME_LOCK},
    )
    def derived_figures(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        year = int(context.partition_key)
        with timings.measure("sql"):
            version, rows = made(attempt(home, DERIVED, year, lambda: build_derived(home, year)))
        return materialized(version, rows, snapshots_behind(home, sources, year), {})

    return derived_figures


def derived_checks(
    home: Home, years: dg.StaticPartitionsDefinition, timings: Timings
) -> dg.AssetChecksDefinition:
    """The checks of the derived figures."""
    contract = value_contract(home, DERIVED.table)
    return node_checks(home, DERIVED, contract, years, timings, lambda year: check_derived(home, year))
