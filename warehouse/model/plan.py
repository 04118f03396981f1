"""The agency's strategic plan: goals, strategies, milestones, actions, and the measures they are judged by.

Put here: the shape of `plan.yml` and its rules that need no data (ids, polarity, years, units).
Not here: status and trend (`assets/status`), whether a measure has input (`pipelines/plan_check`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Literal

from pydantic import Field

from warehouse.model.measure import DIMENSIONS, Measure, OrganizationType
from warehouse.model.yaml_file import Located, Location, StrictModel, load_model

Role = Literal["goal", "strategy", "milestone", "productivity", "context"]


class Unit(StrictModel):
    """A division or unit of the agency."""

    unit_id: str
    name: str
    unit_type: Literal["agency", "division", "unit", "strand"]
    parent: str | None = None


class Baseline(StrictModel):
    """Where the measure starts; without a value, the actual of that year."""

    school_year: int
    value: float | None = None


class Target(StrictModel):
    """A value to reach by the end of a school year."""

    school_year: int
    value: float
    kind: Literal["interim", "annual", "long_term", "statutory_limit"] = "annual"


class Scope(StrictModel):
    """For whom a measure is judged: one organization, or every organization of a type."""

    organization: str | None = None
    organization_type: OrganizationType | None = None


class PlanMeasure(StrictModel):
    """A measure in its place in the plan."""

    measure: str
    role: Role
    scope: Scope
    student_group: str | None = None
    grade: str | None = None
    subject: str | None = None
    federal_program_code: str | None = None
    award_id: str | None = None
    weight: float = Field(default=1.0, ge=0)
    required: bool = True
    baseline: Baseline | None = None
    targets: tuple[Target, ...] = ()
    tolerance: float = Field(default=1.0, ge=0)
    path: Literal["linear", "stepped"] = "linear"

    def dimension(self, name: str) -> str:
        """The value of one of the figure's dimensions, `none` where the plan names none."""
        return getattr(self, name) or "none"


class Resource(StrictModel):
    """Money given to a strategy."""

    award_id: str | None = None
    account: str | None = None
    amount_usd: float = Field(ge=0)


class Action(StrictModel):
    """Work of weeks or months with one lead and named outputs."""

    code: str = Field(pattern=r"^A[0-9]+$")
    title: str
    lead: str
    start: date | None = None
    due: date
    outputs: tuple[str, ...] = ()


class Milestone(StrictModel):
    """Where a strategy should stand at the end of one school year."""

    code: str = Field(pattern=r"^M[0-9]+$")
    title: str
    school_year: int
    lead_unit: str
    collaborators: tuple[str, ...] = ()
    due: date | None = None
    measures: tuple[PlanMeasure, ...] = ()
    actions: tuple[Action, ...] = ()


class TheoryOfAction(StrictModel):
    """If we ..., then ..., and ..."""

    if_: str = Field(alias="if")
    then: str
    and_: str | None = Field(default=None, alias="and")

    @property
    def sentence(self) -> str:
        """The theory as one sentence."""
        end = f", and {self.and_}" if self.and_ else ""
        return f"If {self.if_}, then {self.then}{end}."


class Strategy(StrictModel):
    """How a goal is to be reached, written as a theory of action."""

    code: str = Field(pattern=r"^S[0-9]+$")
    title: str
    theory_of_action: TheoryOfAction
    lead_unit: str | None = None
    measures: tuple[PlanMeasure, ...] = ()
    resources: tuple[Resource, ...] = ()
    milestones: tuple[Milestone, ...] = ()


class Goal(StrictModel):
    """What should be true in three to five years."""

    code: str = Field(pattern=r"^G[0-9]+$")
    title: str
    description: str | None = None
    lead_unit: str | None = None
    measures: tuple[PlanMeasure, ...]
    strategies: tuple[Strategy, ...] = ()


class Plan(StrictModel):
    """The whole of `plan.yml`."""

    plan_id: str
    title: str
    owning_organization: str
    vision: str
    mission: str
    values: tuple[str, ...] = ()
    version: int = Field(ge=1)
    effective_from: date
    approved_by: str
    change_note: str
    is_worked_example: bool = False
    units: tuple[Unit, ...]
    goals: tuple[Goal, ...]


@dataclass(frozen=True)
class Node:
    """A goal, strategy, milestone or action with its id in the plan and its place in the file."""

    node_id: str
    parent_id: str | None
    item: Goal | Strategy | Milestone | Action
    location: Location


@dataclass(frozen=True)
class PlacedMeasure:
    """A plan measure with its id, its node and its place in the file."""

    plan_measure_id: str
    node_id: str
    item: PlanMeasure
    location: Location


def nodes(plan: Plan) -> Iterator[Node]:
    """Every node of the plan, parents before children."""
    for g, goal in enumerate(plan.goals):
        at: Location = ("goals", g)
        yield Node(goal.code, None, goal, at)
        for s, strategy in enumerate(goal.strategies):
            strategy_id = f"{goal.code}.{strategy.code}"
            here = (*at, "strategies", s)
            yield Node(strategy_id, goal.code, strategy, here)
            for m, milestone in enumerate(strategy.milestones):
                milestone_id = f"{strategy_id}.{milestone.code}"
                there = (*here, "milestones", m)
                yield Node(milestone_id, strategy_id, milestone, there)
                for a, action in enumerate(milestone.actions):
                    yield Node(f"{milestone_id}.{action.code}", milestone_id, action, (*there, "actions", a))


def placed_measures(plan: Plan) -> Iterator[PlacedMeasure]:
    """Every measure of the plan in its place."""
    for node in nodes(plan):
        for index, item in enumerate(getattr(node.item, "measures", ())):
            scope = item.scope.organization or f"every-{item.scope.organization_type}"
            dimensions = [item.dimension(d) for d in DIMENSIONS if item.dimension(d) != "none"]
            name = "/".join([node.node_id, item.measure, scope, *dimensions])
            yield PlacedMeasure(name, node.node_id, item, (*node.location, "measures", index))


def load_plan(path: Path, measures: Mapping[str, Measure]) -> Located[Plan]:
    """Read a plan and check all that needs no data.

    Raises:
        SpmError: Unknown measure, target against polarity, unknown unit, repeated code or measure, or a
            dimension the measure does not have; names file and line.
    """
    located = load_model(path, Plan)
    _check_codes(located)
    _check_units(located)
    seen: set[str] = set()
    for placed in placed_measures(located.value):
        _check_measure(located, placed, measures)
        if placed.plan_measure_id in seen:
            raise located.error(
                placed.location,
                "The same measure stands twice at this node",
                value=placed.plan_measure_id,
                remedy="Keep one, or give them different groups or scopes",
            )
        seen.add(placed.plan_measure_id)
    return located


def _check_codes(located: Located[Plan]) -> None:
    seen: set[str] = set()
    for node in nodes(located.value):
        if node.node_id in seen:
            raise located.error(
                (*node.location, "code"), "Code stands twice", value=node.node_id, remedy="Number it anew"
            )
        seen.add(node.node_id)
        if isinstance(node.item, Goal) and not node.item.measures:
            raise located.error(
                node.location, f"Goal {node.node_id} has no measure", remedy="Give every goal a measure"
            )


def _check_units(located: Located[Plan]) -> None:
    units = {u.unit_id for u in located.value.units}
    for index, unit in enumerate(located.value.units):
        if unit.parent is not None and unit.parent not in units:
            raise located.error(
                ("units", index, "parent"),
                "Unknown unit",
                value=unit.parent,
                remedy=f"Name one of {', '.join(sorted(units))}, or add it to units",
            )
    for node in nodes(located.value):
        lead = getattr(node.item, "lead_unit", None)
        named = [("lead_unit", lead)] if lead else []
        named += [("collaborators", name) for name in getattr(node.item, "collaborators", ())]
        for key, name in named:
            if name not in units:
                raise located.error(
                    (*node.location, key),
                    "Unknown unit",
                    value=name,
                    remedy=f"Name one of {', '.join(sorted(units))}, or add it to units",
                )


def _check_measure(located: Located[Plan], placed: PlacedMeasure, measures: Mapping[str, Measure]) -> None:
    item, at = placed.item, placed.location
    measure = measures.get(item.measure)
    if measure is None:
        near = get_close_matches(item.measure, list(measures), n=1)
        hint = f"Did you mean {near[0]!r}" if near else f"Use one of {', '.join(sorted(measures))}"
        raise located.error((*at, "measure"), "No such measure", value=item.measure, remedy=hint)
    if (item.scope.organization is None) == (item.scope.organization_type is None):
        raise located.error(
            (*at, "scope"),
            "A scope is one organization or one organization type",
            remedy="Give exactly one of organization and organization_type",
        )
    for name in DIMENSIONS:
        _check_dimension(located, placed, measure, name)
    _check_targets(located, placed, measure)


def _check_dimension(located: Located[Plan], placed: PlacedMeasure, measure: Measure, name: str) -> None:
    given = getattr(placed.item, name)
    if given is not None and name not in measure.by:
        raise located.error(
            (*placed.location, name),
            f"{measure.id} is not told apart by {name}",
            value=given,
            remedy=f"Remove {name}",
        )
    if given is None and name in measure.by and name not in measure.totals_over:
        raise located.error(
            placed.location, f"{measure.id} needs {name}", remedy=f"Add {name}, for example {name}: 'all'"
        )


def _check_targets(located: Located[Plan], placed: PlacedMeasure, measure: Measure) -> None:
    targets, at = placed.item.targets, (*placed.location, "targets")
    years = [t.school_year for t in targets]
    if years != sorted(set(years)):
        raise located.error(at, "Targets are not in the order of their years", remedy="Order them by year")
    baseline = placed.item.baseline
    if baseline is not None and years and baseline.school_year >= years[0]:
        raise located.error(at, "A target lies before the baseline", remedy="Correct the years")
    if measure.polarity == "informational" and targets:
        raise located.error(
            at,
            f"{measure.id} is informational and takes no target",
            remedy="Remove the targets, or choose a measure with a good direction",
        )
    points = ([baseline.value] if baseline and baseline.value is not None else []) + [
        t.value for t in targets
    ]
    direction = 1 if measure.polarity == "higher" else -1
    for earlier, (index, later) in zip(points, enumerate(points[1:]), strict=False):
        if direction * (later - earlier) < 0:
            offset = index if len(points) > len(targets) else index + 1
            raise located.error(
                (*at, offset, "value"),
                f"Target runs against the measure's polarity ({measure.polarity} is better)",
                value=str(later),
                remedy=f"Set a target that does not fall back behind {earlier}",
            )
