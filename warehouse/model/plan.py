"""The agency's strategic plan: goals, strategies, milestones, actions, and the measures they are judged by.

Put here: the shape of `plan.yml`. Not here: its rules (`plan_rules`), status and trend (`assets/status`),
whether a measure has input (`assets/coverage`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

from pydantic import Field

from warehouse.model.measure import DIMENSIONS, OrganizationType
from warehouse.model.yaml_file import Location, StrictModel

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
