"""The status of every milestone, strategy and goal of a release, from the statuses of its measures.

Put here: which statuses go into which node, and the rows of `node_status`. Not here: the rules (`roll_up`),
how work goes on (`core.plan_status`): the two stand side by side.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from assets.roll_up import JUDGED, RULE_VERSIONS, Part, roll_up
from warehouse.model.agency import Agency
from warehouse.model.contract import Contract
from warehouse.model.plan import PlacedMeasure, placed_measures

# A measure shown for context says nothing of whether a node is on its way.
_ROLLED_ROLES = ("goal", "strategy", "milestone", "productivity")


def node_status_tables(
    agency: Agency, statuses: Mapping[tuple[str, int], pa.Table], contract: Contract
) -> dict[int, pa.Table]:
    """Rows of `node_status` by school year.

    Args:
        agency: Whose plans the nodes are of.
        statuses: All `measure_status` rows of a face of the release, by measure and school year.
        contract: The contract `node_status`.
    """
    found = _by_measure_and_year(statuses)
    rows: dict[int, list[dict[str, Any]]] = {}
    for node_id, placed in _by_node(agency).items():
        for year in sorted({year for p in placed for year in found.get(p.plan_measure_id, {})}):
            parts = [
                Part(p.plan_measure_id, own, p.item.weight, p.item.required)
                for p in placed
                if (own := found.get(p.plan_measure_id, {}).get(year))
            ]
            if any(part.is_required for part in parts):
                rows.setdefault(year, []).append(_row(node_id, year, placed[0], parts))
    schema = contract.arrow_schema()
    return {
        year: pa.Table.from_pylist(sorted(own, key=lambda row: str(row["node_id"])), schema=schema)
        for year, own in sorted(rows.items())
    }


def _by_node(agency: Agency) -> dict[str, list[PlacedMeasure]]:
    found: dict[str, list[PlacedMeasure]] = {}
    for plan in agency.plans:
        for placed in placed_measures(plan):
            if placed.item.role in _ROLLED_ROLES:
                found.setdefault(placed.node_id, []).append(placed)
    return found


def _by_measure_and_year(
    statuses: Mapping[tuple[str, int], pa.Table],
) -> dict[str, dict[int, tuple[str | None, ...]]]:
    """The statuses of each measure of the plan; where months are judged, each organization's last one."""
    last: dict[tuple[str, int, str, str], tuple[str, str | None]] = {}
    for row in _rows(list(statuses.values())):
        key = (row["plan_measure_id"], row["school_year"], row["organization_id"], row["organization_view"])
        if key not in last or _is_later(row["period"], row["status"], last[key]):
            last[key] = (row["period"], row["status"])
    found: dict[str, dict[int, tuple[str | None, ...]]] = {}
    for (plan_measure_id, year, *_), (_, status) in sorted(last.items()):
        years = found.setdefault(plan_measure_id, {})
        years[year] = (*years.get(year, ()), status)
    return found


def _rows(tables: Sequence[pa.Table]) -> Iterator[dict[str, Any]]:
    names = ["plan_measure_id", "school_year", "organization_id", "organization_view", "period", "status"]
    for table in tables:
        yield from table.select(names).to_pylist()


def _is_later(period: str, status: str | None, before: tuple[str, str | None]) -> bool:
    """Whether a month says more than the one before: the last that is judged counts, else the last."""
    return (status in JUDGED, period) > (before[1] in JUDGED, before[0])


def _row(node_id: str, year: int, placed: PlacedMeasure, parts: Sequence[Part]) -> dict[str, Any]:
    rolled = roll_up(placed.roll_up, parts)
    return {
        "node_id": node_id,
        "school_year": year,
        "rule": RULE_VERSIONS[placed.roll_up],
        "status": rolled.status,
        "score": rolled.score,
        "inputs": "; ".join(rolled.inputs),
        "measures_judged": rolled.judged,
        "measures_not_judged": rolled.not_judged,
    }
