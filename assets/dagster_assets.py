"""The graph as Dagster sees it: one asset per source, core table, measured table, and one for the release.

Put here: what Dagster is told of a table. Not here: how it is made (`raw`, `core`) or when (`pipelines`).
"""

# Without `from __future__ import annotations`: Dagster compares the annotation of `context` with the class
# itself.
from dataclasses import asdict
from typing import Any

import dagster as dg

from assets.column_lineage import core_lineage, measure_lineage
from assets.core import build_core
from assets.core_table import CoreTable, core_node, core_tables
from assets.dagster_deps import core_deps, key_of, school_years
from assets.dagster_derived import derived_asset, derived_checks
from assets.dagster_lineage import lineage_metadata
from assets.dagster_parts import HOME_LOCK, column_schema, made, materialized, node_checks
from assets.derived_measures import DERIVED, derived_measures
from assets.description import (
    description_of,
    facts_of_source,
    snapshots_behind,
    sql_block,
    tags_of,
    why_empty,
)
from assets.gate import check_core, check_measures
from assets.guard import attempt, attempt_release
from assets.home import Home
from assets.lineage import family_of
from assets.measures import build_measures, measured_tables, measures_node, value_contract
from assets.publication import publish
from assets.published_tables import published_core_tables
from assets.raw import ACCOUNT, raw_node, refresh_raw
from assets.timing import Timings

RELEASE = dg.AssetKey(["published", "release"])


def build_assets(home: Home, timings: Timings, code_version: str) -> list[Any]:
    """Every asset and check of an agency."""
    years = school_years(home)
    tables = core_tables(home)
    measured, derived = measured_tables(home), derived_measures(home)
    return [
        *(_raw_asset(home, source, years, timings) for source in home.sources),
        *(_core_asset(home, table, years, timings) for table in tables.values()),
        *(_core_checks(home, table, years, timings) for table in tables.values()),
        *(_measures_asset(home, table, years, timings) for table in measured),
        *(_measures_checks(home, table, years, timings) for table in measured),
        *([derived_asset(home, years, timings), derived_checks(home, years, timings)] if derived else []),
        _release_asset(home, timings, code_version),
    ]


def _raw_asset(
    home: Home, source_id: str, years: dg.StaticPartitionsDefinition, timings: Timings
) -> dg.AssetsDefinition:
    spec = home.sources[source_id].spec
    node = raw_node(source_id)

    @dg.asset(
        key=key_of(node),
        partitions_def=years,
        group_name="raw",
        owners=[f"team:{spec.owner}"],
        kinds={"python", "parquet"},
        tags=tags_of(home, node, spec.privacy, (spec.family,)),
        description=f"{spec.title}. Published by {spec.publisher}; {spec.cadence}.",
        metadata=facts_of_source(home, source_id),
        required_resource_keys={HOME_LOCK},
    )
    def raw_source(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        year = int(context.partition_key)
        with timings.measure("fetch_and_read"):
            result = made(attempt(home, node, year, lambda: refresh_raw(home, source_id, year)))
        if result is None:
            return dg.MaterializeResult(
                metadata={"dagster/row_count": 0, "outcome": why_empty(home, node, year)}
            )
        account = home.lake.read_json(node, year, ACCOUNT) or []
        return dg.MaterializeResult(
            data_version=dg.DataVersion(result.version),
            metadata={
                "dagster/row_count": result.rows,
                "rows_quarantined": result.quarantined,
                "outcome": result.outcome,
                "snapshots": [f"{e['address']} sha256 {e['snapshot_sha256']}" for e in account],
            },
        )

    return raw_source


def _core_asset(
    home: Home, table: CoreTable, years: dg.StaticPartitionsDefinition, timings: Timings
) -> dg.AssetsDefinition:
    contract = table.contract
    node = core_node(contract.table)

    @dg.asset(
        key=key_of(node),
        deps=core_deps(home, table),
        partitions_def=years,
        group_name="core",
        owners=[f"team:{contract.owner}"],
        kinds={"duckdb", "parquet", "sql"},
        tags=tags_of(home, node, contract.privacy, family_of(home, table)),
        description=description_of(contract),
        metadata={
            "dagster/column_schema": column_schema(contract),
            "sql": dg.MetadataValue.md(sql_block(table.sql)),
            "other_years": [str(name) for name in table.other_years],
        },
        required_resource_keys={HOME_LOCK},
    )
    def core_table(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        year = int(context.partition_key)
        with timings.measure("sql"):
            version, rows = made(attempt(home, node, year, lambda: build_core(home, table, year)))
        lineage = lineage_metadata(core_lineage(home, table))
        return materialized(version, rows, snapshots_behind(home, table.sources, year), lineage)

    return core_table


def _measures_asset(
    home: Home, table: str, years: dg.StaticPartitionsDefinition, timings: Timings
) -> dg.AssetsDefinition:
    contract = value_contract(home, table)
    node = measures_node(table)
    measures = measured_tables(home)[table]
    core = core_tables(home)[table]
    listed = "\n".join(f"- `{m.id}`: {m.definition}" for m in measures)

    @dg.asset(
        key=key_of(node),
        deps=[key_of(core_node(name)) for name in dict.fromkeys((table, "organizations"))],
        partitions_def=years,
        group_name="measures",
        owners=[f"team:{owner}" for owner in sorted({m.owner for m in measures})],
        kinds={"duckdb", "parquet", "sql"},
        tags=tags_of(home, node, contract.privacy, family_of(home, core)),
        description=f"{description_of(contract)}\n\nMeasures of core.{table}, in one pass:\n\n{listed}",
        metadata={
            "dagster/column_schema": column_schema(contract),
            "formulas": {m.id: m.formula for m in measures},
        },
        required_resource_keys={HOME_LOCK},
    )
    def measures_of_table(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        year = int(context.partition_key)
        with timings.measure("sql"):
            version, rows = made(attempt(home, node, year, lambda: build_measures(home, table, year)))
        lineage = lineage_metadata(measure_lineage(core.contract, measures))
        return materialized(version, rows, snapshots_behind(home, core.sources, year), lineage)

    return measures_of_table


def _release_asset(home: Home, timings: Timings, code_version: str) -> dg.AssetsDefinition:
    plan = home.agency.plan
    contract = home.contracts["measure_value"]

    @dg.asset(
        key=RELEASE,
        deps=[
            *(key_of(measures_node(table)) for table in measured_tables(home)),
            *([key_of(DERIVED)] if derived_measures(home) else []),
            *(key_of(core_node(t.contract.table)) for t in published_core_tables(home).values()),
        ],
        group_name="published",
        owners=[f"team:{contract.owner}"],
        kinds={"sql", "sqlite" if home.warehouse_url.startswith("sqlite") else "postgres"},
        tags={"privacy": "internal"},
        description=(
            f"The current release of {home.agency.settings.name}: values, statuses and the plan "
            f"'{plan.title}', as one set of immutable slices. A year that failed keeps its last good version."
        ),
        metadata={"dagster/column_schema": column_schema(contract)},
        required_resource_keys={HOME_LOCK},
    )
    def release(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        with timings.measure("publish"):
            report = made(attempt_release(lambda: publish(home, code_version=code_version)))
        outcome = report.outcome
        return dg.MaterializeResult(
            metadata={
                "release_id": outcome.release_id,
                "unchanged": outcome.unchanged,
                "slices_added": outcome.added_slices,
                "slices_carried": [str(key) for key in outcome.carried],
                "not_renewed": [asdict(failing) for failing in report.failing],
                "slices_absent": len(outcome.absent),
            }
        )

    return release


def _core_checks(
    home: Home, table: CoreTable, years: dg.StaticPartitionsDefinition, timings: Timings
) -> dg.AssetChecksDefinition:
    node = core_node(table.contract.table)
    return node_checks(home, node, table.contract, years, timings, lambda y: check_core(home, table, y))


def _measures_checks(
    home: Home, table: str, years: dg.StaticPartitionsDefinition, timings: Timings
) -> dg.AssetChecksDefinition:
    contract = value_contract(home, table)
    return node_checks(
        home, measures_node(table), contract, years, timings, lambda y: check_measures(home, table, y)
    )
