"""The plan as tables: nodes, measures in their place, targets, student groups, measure definitions.

Put here: declarations turned into rows of their contracts. Not here: figures or status.
"""

from __future__ import annotations

import csv
from typing import Any

import pyarrow as pa

from warehouse.model.agency import Agency
from warehouse.model.contract import Contract
from warehouse.model.places import CODES
from warehouse.model.plan import Action, Goal, Milestone, Node, Strategy, nodes, placed_measures


def plan_node_rows(agency: Agency, contract: Contract) -> pa.Table:
    """Every goal, strategy, milestone and action."""
    return _table([_node_row(agency, node) for node in nodes(agency.plan)], contract)


def plan_measure_rows(agency: Agency, contract: Contract) -> pa.Table:
    """Every measure in its place in the plan."""
    state = agency.settings.state_abbreviation_code
    rows = []
    for placed in placed_measures(agency.plan):
        item = placed.item
        one = item.scope.organization
        rows.append(
            {
                "plan_measure_id": placed.plan_measure_id,
                "node_id": placed.node_id,
                "measure_id": item.measure,
                "role": item.role,
                "organization_id": one,
                "organization_type": item.scope.organization_type or _type_of(one or "", state),
                "student_group": item.dimension("student_group"),
                "grade": item.dimension("grade"),
                "subject": item.dimension("subject"),
                "federal_program_code": item.dimension("federal_program_code"),
                "weight": item.weight,
                "is_required": item.required,
                "baseline_school_year": None if item.baseline is None else item.baseline.school_year,
                "baseline_value": None if item.baseline is None else item.baseline.value,
                "tolerance": item.tolerance,
                "path": item.path,
            }
        )
    return _table(rows, contract)


def target_rows(agency: Agency, contract: Contract) -> pa.Table:
    """Every target of the plan."""
    return _table(
        [
            {
                "plan_measure_id": placed.plan_measure_id,
                "school_year": target.school_year,
                "target_kind": target.kind,
                "target_value": target.value,
            }
            for placed in placed_measures(agency.plan)
            for target in placed.item.targets
        ],
        contract,
    )


def measure_rows(agency: Agency, contract: Contract) -> pa.Table:
    """The definition of every measure the agency's plan or sources use."""
    return _table(
        [
            {
                "measure_id": m.id,
                "title": m.title,
                "definition": m.definition,
                "limits": m.limits,
                "kind": m.kind,
                "formula": m.formula,
                "core_table": m.core_table,
                "unit": m.unit,
                "decimals": m.decimals,
                "polarity": m.polarity,
                "range_low": None if m.range is None else m.range.low,
                "range_high": None if m.range is None else m.range.high,
                "counts_people": m.counts_people,
                "minimum_n_rule": m.minimum_n_rule,
                "cadence": m.cadence,
                "expected_lag_days": m.expected_lag_days,
                "owner": m.owner,
                "federal_reference": m.federal_reference,
                "measure_version": m.version,
            }
            for m in agency.measures.values()
        ],
        contract,
    )


def student_group_rows(contract: Contract) -> pa.Table:
    """The student groups and their codes, from `warehouse/codes/student_groups.csv`."""
    with (CODES / "student_groups.csv").open(encoding="utf-8", newline="") as handle:
        rows = [{k: v or None for k, v in row.items()} for row in csv.DictReader(handle)]
    return _table(rows, contract)


def _node_row(agency: Agency, node: Node) -> dict[str, Any]:
    item = node.item
    row: dict[str, Any] = {
        "node_id": node.node_id,
        "parent_node_id": node.parent_id,
        "title": item.title,
        "plan_id": agency.plan.plan_id,
        "plan_version": agency.plan.version,
    }
    if isinstance(item, Goal):
        row |= {"node_type": "goal", "description": item.description, "lead": item.lead_unit}
    elif isinstance(item, Strategy):
        row |= {
            "node_type": "strategy",
            "lead": item.lead_unit,
            "theory_of_action": item.theory_of_action.sentence,
        }
    elif isinstance(item, Milestone):
        row |= {
            "node_type": "milestone",
            "school_year": item.school_year,
            "lead": item.lead_unit,
            "due_on": item.due,
        }
    elif isinstance(item, Action):
        row |= {
            "node_type": "action",
            "lead": item.lead,
            "start_on": item.start,
            "due_on": item.due,
            "outputs": "; ".join(item.outputs) or None,
        }
    return row


def _type_of(organization: str, state: str) -> str:
    """An organization named in a plan is the state, a school (12 digits) or an LEA."""
    if organization == state:
        return "SEA"
    return "SCHOOL" if len(organization) == 12 and organization.isdigit() else "LEA"


def _table(rows: list[dict[str, Any]], contract: Contract) -> pa.Table:
    schema = contract.arrow_schema()
    ordered = sorted(rows, key=lambda row: tuple(str(row[name]) for name in contract.key))
    return pa.Table.from_pylist([{n: row.get(n) for n in schema.names} for row in ordered], schema=schema)
