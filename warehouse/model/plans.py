"""All plans of an agency folder: its own, those of districts and schools aligned to it, and earlier versions.

Put here: reading `plans/` and `plan_versions/`, and the rules between plans. Not here: the rules within one
plan (`plan_rules`), what a version changed (`plan_changes`).
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

from warehouse.model.measure import Measure
from warehouse.model.plan import Plan
from warehouse.model.plan_rules import check_plan, load_plan, require_change_note
from warehouse.model.yaml_file import Located, load_model


def load_own_plan(folder: Path, measures: Mapping[str, Measure]) -> Located[Plan]:
    """The agency's own plan.

    Raises:
        SpmError: A rule is broken, or it says that it is aligned to another.
    """
    located = load_plan(folder / "plan.yml", measures)
    if located.value.aligned_to_plan is not None:
        raise located.error(
            ("aligned_to_plan",),
            "The agency's own plan is the one that others are aligned to",
            value=located.value.aligned_to_plan,
            remedy="Remove the key here, or move the plan into the folder plans",
        )
    for index, goal in enumerate(located.value.goals):
        if goal.aligned_to is not None:
            raise located.error(
                ("goals", index, "aligned_to"),
                "A goal of the agency's own plan is aligned to none above it",
                value=goal.aligned_to,
                remedy="Remove the key",
            )
    return located


def load_nested_plans(folder: Path, own: Plan, measures: Mapping[str, Measure]) -> tuple[Located[Plan], ...]:
    """The plans of districts and schools in `plans/`, each goal aligned to one of the agency's.

    Raises:
        SpmError: A rule is broken within or between the plans; names file and line.
    """
    found: list[Located[Plan]] = []
    for path in sorted((folder / "plans").glob("*.yml")):
        located = load_model(path, Plan)
        _check_alignment(located, own)  # before the rest: its node ids depend on it
        check_plan(located, measures)
        for key in ("plan_id", "node_prefix"):
            taken = {getattr(own, key), *(getattr(other.value, key) for other in found)}
            if getattr(located.value, key) in taken:
                place = "plan_id" if key == "plan_id" else "owning_organization"
                raise located.error(
                    (place,),
                    "Two plans have one id" if key == "plan_id" else "An organization has two plans",
                    value=getattr(located.value, place),
                    remedy="Give each plan an id of its own, and each organization one plan",
                )
        found.append(located)
    return tuple(found)


def _check_alignment(located: Located[Plan], own: Plan) -> None:
    plan = located.value
    if plan.aligned_to_plan != own.plan_id:
        raise located.error(
            ("aligned_to_plan",),
            "A plan in the folder plans is aligned to the agency's own",
            value=plan.aligned_to_plan,
            remedy=f"Write aligned_to_plan: {own.plan_id}",
        )
    if plan.owning_organization == own.owning_organization:
        raise located.error(
            ("owning_organization",),
            "The agency's own plan is plan.yml",
            value=plan.owning_organization,
            remedy="Name the district or school whose plan it is",
        )
    goals = [goal.code for goal in own.goals]
    for index, goal in enumerate(plan.goals):
        if goal.aligned_to is None:
            raise located.error(
                ("goals", index),
                f"Goal {goal.code} does not say which goal of the agency's plan it serves",
                remedy=f"Add aligned_to with one of {', '.join(goals)}",
            )
        if goal.aligned_to not in goals:
            raise located.error(
                ("goals", index, "aligned_to"),
                "The agency's plan has no such goal",
                value=goal.aligned_to,
                remedy=f"Use one of {', '.join(goals)}",
            )


def load_plan_versions(folder: Path, current: Located[Plan]) -> tuple[Plan, ...]:
    """The earlier versions of the agency's own plan in `plan_versions/`, the first one first.

    They are held to the shape of a plan and not to today's measures, which may be others than theirs were.

    Raises:
        SpmError: A file is no plan, its name is not its version, or numbers or days do not rise.
    """
    found: list[Located[Plan]] = []
    for path in (folder / "plan_versions").glob("*.yml"):
        located = load_model(path, Plan)
        if path.stem != str(located.value.version):
            raise located.error(
                ("version",),
                "Version and file name differ",
                value=str(located.value.version),
                remedy=f"Rename the file to {located.value.version}.yml, or correct the version",
            )
        found.append(located)
    found.sort(key=lambda item: item.value.version)
    _check_order([*found, current])
    return tuple(item.value for item in found)


def _check_order(versions: list[Located[Plan]]) -> None:
    newest = versions[-1]
    for earlier, later in pairwise(versions):
        if earlier.value.plan_id != newest.value.plan_id:
            raise earlier.error(
                ("plan_id",),
                "An earlier version is of another plan",
                value=earlier.value.plan_id,
                remedy=f"Write plan_id: {newest.value.plan_id}",
            )
        if earlier.value.version >= later.value.version:
            raise newest.error(
                ("version",),
                f"plan.yml is the newest version, and there is a version {earlier.value.version}",
                value=str(newest.value.version),
                remedy=f"Write a version above {earlier.value.version}, or remove that file",
            )
        if earlier.value.effective_from >= later.value.effective_from:
            raise later.error(
                ("effective_from",),
                f"Version {later.value.version} is not in force later than version {earlier.value.version}",
                value=later.value.effective_from.isoformat(),
                remedy=f"Give a day after {earlier.value.effective_from}",
            )
    for located in versions:
        require_change_note(located)
