"""Reading a plan and holding its nodes, units and money to the rules that need no data.

Put here: codes, units, dates, resources and order of a plan's nodes. Not here: the rules of its measures
(`plan_measure_rules`), nested plans and versions (`plans`), whether a measure has input (`assets/coverage`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

from warehouse.model.measure import Measure
from warehouse.model.plan import Action, Goal, Milestone, Node, Plan, Strategy, nodes
from warehouse.model.plan_measure_rules import check_measures
from warehouse.model.yaml_file import Located, Location, load_model

# An award's number (FAIN) is capital letters and digits; an account is what the ledger calls it.
_AWARD = re.compile(r"[A-Z0-9]{8,30}")
_ACCOUNT = re.compile(r"[0-9A-Za-z]+([-.][0-9A-Za-z]+)*")


def load_plan(path: Path, measures: Mapping[str, Measure]) -> Located[Plan]:
    """Read a plan and check all that needs no data.

    Raises:
        SpmError: A rule is broken; names file and line.
    """
    located = load_model(path, Plan)
    check_plan(located, measures)
    return located


def check_plan(located: Located[Plan], measures: Mapping[str, Measure]) -> None:
    """Hold a plan to every rule that needs no data.

    Raises:
        SpmError: A rule is broken; names file and line.
    """
    require_change_note(located)
    _check_codes(located)
    _check_units(located)
    for node in nodes(located.value):
        _check_named_units(located, node)
        _check_categories(located, node)
        _check_dates(located, node)
        if isinstance(node.item, Strategy):
            _check_strategy(located, node.item, node.location)
    check_measures(located, measures)


def require_change_note(located: Located[Plan]) -> None:
    """Refuse a version of a plan that does not say what changed.

    Raises:
        SpmError: Its note is empty.
    """
    if not located.value.change_note.strip():
        raise located.error(
            ("change_note",),
            "A version of the plan says what changed",
            remedy="Write a sentence; for a first version 'First version.'",
        )


def _check_codes(located: Located[Plan]) -> None:
    seen: set[str] = set()
    for node in nodes(located.value):
        if node.node_id in seen:
            raise located.error(
                (*node.location, "code"), "Code stands twice", value=node.node_id, remedy="Number it anew"
            )
        seen.add(node.node_id)
        kind = {Goal: "Goal", Strategy: "Strategy"}.get(type(node.item))
        if kind and not getattr(node.item, "measures", ()):
            raise located.error(
                node.location,
                f"{kind} {node.node_id} has no measure",
                remedy=f"Give every {kind.lower()} a measure",
            )


def _check_units(located: Located[Plan]) -> None:
    units = located.value.units
    parents: dict[str, str | None] = {}
    for index, unit in enumerate(units):
        if unit.unit_id in parents:
            raise located.error(
                ("units", index, "unit_id"), "Unit stands twice", value=unit.unit_id, remedy="Keep one"
            )
        parents[unit.unit_id] = unit.parent
    for index, unit in enumerate(units):
        if unit.parent is not None and unit.parent not in parents:
            raise _unknown_unit(located, ("units", index, "parent"), unit.parent)
    for index, unit in enumerate(units):
        above, passed = unit.parent, {unit.unit_id}
        while above is not None:
            if above in passed:
                raise located.error(
                    ("units", index, "parent"),
                    "Units stand above each other in a circle",
                    value=unit.unit_id,
                    remedy="Let one of them have no parent, or another",
                )
            passed.add(above)
            above = parents[above]


def _check_named_units(located: Located[Plan], node: Node) -> None:
    units = {u.unit_id for u in located.value.units}
    lead = getattr(node.item, "lead_unit", None)
    named = [("lead_unit", lead)] if lead else []
    named += [("collaborators", name) for name in getattr(node.item, "collaborators", ())]
    for key, name in named:
        if name not in units:
            raise _unknown_unit(located, (*node.location, key), name)
    names = [name for _, name in named]
    for name in names:
        if names.count(name) > 1:
            raise located.error(
                (*node.location, "collaborators"),
                "A unit has one part in a piece of work",
                value=name,
                remedy="Name the lead only as lead_unit, and each collaborator once",
            )


def _unknown_unit(located: Located[Plan], at: Location, name: str) -> Exception:
    units = sorted({u.unit_id for u in located.value.units})
    return located.error(
        at,
        "Unknown unit",
        value=name,
        remedy=f"Name one of {', '.join(units)}, or add it to units",
    )


def _check_categories(located: Located[Plan], node: Node) -> None:
    known = [c.code for c in located.value.categories]
    for code in getattr(node.item, "categories", ()):
        if code not in known:
            raise located.error(
                (*node.location, "categories"),
                "Unknown category",
                value=code,
                remedy=f"Name one of {', '.join(known) or 'none'}, or add it to categories of the plan",
            )


def _check_dates(located: Located[Plan], node: Node) -> None:
    item, at = node.item, node.location
    if isinstance(item, Action) and item.start is not None and item.start > item.due:
        raise located.error(
            (*at, "start"),
            "The action starts after it is due",
            value=item.start.isoformat(),
            remedy="Exchange the dates, or correct one",
        )
    if not isinstance(item, Milestone):
        return
    first, last = date(item.school_year - 1, 7, 1), date(item.school_year, 6, 30)
    for where, what, due in _due_dates(item, at):
        if due > last or (what == "milestone" and due < first):
            raise located.error(
                where,
                f"The {what} is due {'after' if due > last else 'before'} the milestone's school year "
                f"{item.school_year}, which runs from {first} to {last}",
                value=due.isoformat(),
                remedy="Correct the day or the school year",
            )


def _due_dates(item: Milestone, at: Location) -> Iterator[tuple[Location, str, date]]:
    if item.due is not None:
        yield (*at, "due"), "milestone", item.due
    for index, action in enumerate(item.actions):
        yield (*at, "actions", index, "due"), "action", action.due


def _check_strategy(located: Located[Plan], strategy: Strategy, at: Location) -> None:
    if strategy.outcome is not None and strategy.outcome not in {m.measure for m in strategy.measures}:
        raise located.error(
            (*at, "outcome"),
            "The outcome is not a measure of the strategy",
            value=strategy.outcome,
            remedy="Name one of its measures, or add it to them",
        )
    for index, resource in enumerate(strategy.resources):
        here = (*at, "resources", index)
        if resource.award_id is None and resource.account is None:
            raise located.error(
                here, "Money comes from an award or an account", remedy="Add award_id or account"
            )
        if resource.award_id is not None and not _AWARD.fullmatch(resource.award_id):
            raise located.error(
                (*here, "award_id"),
                "Not the number of an award",
                value=resource.award_id,
                remedy="Write the FAIN as on the award notice, such as S010A240012",
            )
        if resource.account is not None and not _ACCOUNT.fullmatch(resource.account):
            raise located.error(
                (*here, "account"),
                "Not an account",
                value=resource.account,
                remedy="Write it as the ledger does, such as 01-4100",
            )
