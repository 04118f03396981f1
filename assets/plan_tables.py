"""The plan as tables: nodes, measures in their place, targets, and what belongs to nodes.

Put here: declarations of plans turned into rows of their contracts. Not here: definitions of measures and
student groups (`definition_tables`), versions (`plan_version_tables`), figures or status.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

import pyarrow as pa

from assets.plan_version_tables import change_rows, version_rows
from warehouse.model.agency import Agency
from warehouse.model.contract import Contract
from warehouse.model.measure import DIMENSIONS
from warehouse.model.plan import (
    Action,
    Goal,
    Milestone,
    Node,
    Plan,
    Strategy,
    Target,
    nodes,
    placed_measures,
)

Rows = list[dict[str, Any]]


def plan_table(agency: Agency, table: str, contract: Contract) -> pa.Table:
    """The rows of one of the plan's tables, by its name among the contracts, typed and in order."""
    return typed(PLAN_TABLES[table](agency), contract)


def _node_rows(agency: Agency) -> Rows:
    """Every goal, strategy, milestone and action of the agency's plan and of those aligned to it."""
    return [row for plan in agency.plans for row in _nodes_of(plan)]


def _nodes_of(plan: Plan) -> Iterator[dict[str, Any]]:
    school_year: int | None = None
    for node in nodes(plan):
        if isinstance(node.item, Milestone):
            school_year = node.item.school_year
        elif not isinstance(node.item, Action):
            school_year = None
        yield _node_row(plan, node, school_year)


def _node_row(plan: Plan, node: Node, school_year: int | None) -> dict[str, Any]:
    item = node.item
    row: dict[str, Any] = {
        "node_id": node.node_id,
        "parent_node_id": node.parent_id,
        "node_type": type(item).__name__.lower(),
        "title": item.title,
        "school_year": school_year,
        "lead": item.lead if isinstance(item, Action) else node.lead_unit,
        "lead_unit_id": node.lead_unit,
        "category_codes": "; ".join(getattr(item, "categories", ())) or None,
        "planned_cost_usd": _money(getattr(item, "planned_cost_usd", None)),
        "due_on": getattr(item, "due", None),
        "roll_up": None if isinstance(item, Action) else item.roll_up or plan.roll_up,
        "plan_id": plan.plan_id,
        "plan_version": plan.version,
    }
    if isinstance(item, Goal):
        row |= {"description": item.description, "aligned_to_node_id": item.aligned_to}
    elif isinstance(item, Strategy):
        row["theory_of_action"] = item.theory_of_action.sentence
    elif isinstance(item, Action):
        row |= {"start_on": item.start, "outputs": "; ".join(item.outputs) or None}
    return row


def _measure_rows(agency: Agency) -> Rows:
    """Every measure in its place in a plan."""
    rows = []
    for plan in agency.plans:
        for placed in placed_measures(plan):
            item, one = placed.item, placed.item.scope.organization
            baseline = item.baseline
            rows.append(
                {
                    "plan_measure_id": placed.plan_measure_id,
                    "node_id": placed.node_id,
                    "measure_id": item.measure,
                    "role": item.role,
                    "organization_id": one,
                    "organization_type": item.scope.organization_type or type_of(one or "", agency),
                    **{name: item.dimension(name) for name in DIMENSIONS},
                    "judged_by": item.period,
                    "weight": item.weight,
                    "is_required": item.required,
                    "baseline_school_year": None if baseline is None else baseline.school_year,
                    "baseline_period": None if baseline is None else baseline.period,
                    "baseline_value": None if baseline is None else baseline.value,
                    "tolerance": item.tolerance,
                    "path": item.path,
                }
            )
    return rows


def _target_rows(agency: Agency) -> Rows:
    """Every target of the plans."""
    return [
        {"plan_measure_id": placed.plan_measure_id, **_target(target)}
        for plan in agency.plans
        for placed in placed_measures(plan)
        for target in placed.item.targets
    ]


def _target(target: Target) -> dict[str, Any]:
    return {
        "school_year": target.school_year,
        "period": target.period or "annual",
        "target_kind": target.kind,
        "target_value": target.value,
        "target_low": target.low,
        "target_high": target.high,
    }


def _unit_rows(agency: Agency) -> Rows:
    """The divisions and units of every plan."""
    return [
        {
            "plan_id": plan.plan_id,
            "unit_id": unit.unit_id,
            "parent_unit_id": unit.parent,
            "unit_type": unit.unit_type,
            "unit_name": unit.name,
        }
        for plan in agency.plans
        for unit in plan.units
    ]


def _node_unit_rows(agency: Agency) -> Rows:
    """The lead and the collaborators of every node."""
    rows: Rows = []
    for plan in agency.plans:
        for node in nodes(plan):
            parts = [(node.lead_unit, "lead")] if node.lead_unit else []
            helping = [name for name in getattr(node.item, "collaborators", ()) if name != node.lead_unit]
            parts += [(name, "collaborator") for name in helping]
            rows += [
                {"node_id": node.node_id, "unit_id": unit, "unit_role": role, "plan_id": plan.plan_id}
                for unit, role in parts
            ]
    return rows


def _output_rows(agency: Agency) -> Rows:
    """Every output of an action."""
    return [
        {"node_id": node.node_id, "output_number": number, "output": output}
        for plan in agency.plans
        for node in nodes(plan)
        if isinstance(node.item, Action)
        for number, output in enumerate(node.item.outputs, start=1)
    ]


def _resource_rows(agency: Agency) -> Rows:
    """The money of every strategy."""
    rows: Rows = []
    for plan in agency.plans:
        first = plan.effective_from.year + (plan.effective_from.month >= 7)
        for node in nodes(plan):
            for number, resource in enumerate(getattr(node.item, "resources", ()), start=1):
                rows.append(
                    {
                        "node_id": node.node_id,
                        "resource_number": number,
                        "award_id": resource.award_id,
                        "account": resource.account,
                        "school_year": resource.school_year or first,
                        "amount_usd": _money(resource.amount_usd),
                        "plan_id": plan.plan_id,
                    }
                )
    return rows


PLAN_TABLES: Mapping[str, Callable[[Agency], Rows]] = {
    "plan_nodes": _node_rows,
    "plan_measures": _measure_rows,
    "targets": _target_rows,
    "plan_units": _unit_rows,
    "plan_node_units": _node_unit_rows,
    "plan_outputs": _output_rows,
    "plan_resources": _resource_rows,
    "plan_versions": version_rows,
    "plan_changes": change_rows,
}


def type_of(organization: str, agency: Agency) -> str:
    """The type of an organization named in a plan, from the form of its id.

    The state is its two letters, a unit `<state>-unit.<unit>`, a school has 12 digits; others are LEAs.
    """
    state = agency.settings.state_abbreviation_code
    if organization == state:
        return "SEA"
    unit = organization.removeprefix(f"{state}-unit.")
    if unit != organization:
        kinds = {u.unit_id: u.unit_type for u in agency.plan.units}
        return "DIVISION" if kinds.get(unit) == "division" else "UNIT"
    return "SCHOOL" if len(organization) == 12 and organization.isdigit() else "LEA"


def _money(value: float | None) -> Decimal | None:
    return None if value is None else Decimal(str(value)).quantize(Decimal("0.01"))


def typed(rows: Rows, contract: Contract) -> pa.Table:
    """Rows as a table of their contract, in the order of its key."""
    schema = contract.arrow_schema()
    ordered = sorted(rows, key=lambda row: tuple(str(row[name]) for name in contract.key))
    return pa.Table.from_pylist([{n: row.get(n) for n in schema.names} for row in ordered], schema=schema)
