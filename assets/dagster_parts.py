"""What all of Dagster's assets share: the lock they hold, how their checks run, and what they tell.

Put here: parts of an asset. Not here: the assets (`dagster_assets`, `dagster_derived`), their edges
(`dagster_deps`).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import dagster as dg

from assets.description import column_description
from assets.guard import Told, judge_node
from assets.home import Home
from assets.lake import Node
from assets.timing import Timings
from checks.dagster_checks import build_table_checks
from checks.result import CheckResult
from warehouse.model.contract import Contract

# A resource of this name is held by every run that writes to the home; `pipelines` says what it is.
HOME_LOCK = "home_lock"

Made = TypeVar("Made")


def node_checks(
    home: Home,
    node: Node,
    contract: Contract,
    years: dg.StaticPartitionsDefinition,
    timings: Timings,
    check: Callable[[int], list[CheckResult]],
) -> dg.AssetChecksDefinition:
    """All checks of a node, which run once for all of them."""

    def run(_: Contract, year: int | None) -> list[CheckResult]:
        return judge_node(home, node, year, timings, check)

    return build_table_checks(contract, run, partitions_def=years)


def made(outcome: Made | Told) -> Made:
    """The outcome, or Dagster's own failure; raised here, where no other exception is being handled."""
    if isinstance(outcome, Told):
        raise dg.Failure(description=outcome.words, allow_retries=False)
    return outcome


def materialized(
    version: str, rows: int, snapshots: Sequence[str], lineage: Mapping[str, Any]
) -> dg.MaterializeResult[Any]:
    """What Dagster keeps of a table that was made."""
    return dg.MaterializeResult(
        data_version=dg.DataVersion(version),
        metadata={"dagster/row_count": rows, "snapshots": list(snapshots), **lineage},
    )


def column_schema(contract: Contract) -> dg.TableSchema:
    """A contract's columns, for Dagster's page of a table."""
    columns = [
        dg.TableColumn(
            f.name,
            f.type,
            description=column_description(f),
            constraints=dg.TableColumnConstraints(nullable=f.nullable),
            tags={"privacy": f.privacy},
        )
        for f in contract.fields
    ]
    return dg.TableSchema(columns=columns)
