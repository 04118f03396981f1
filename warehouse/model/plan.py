"""The agency's strategic plan: goals, strategies, milestones, actions, and the measures they are judged by.

Put here: the shape of `plan.yml`, and the ids of its nodes. Not here: its rules (`plan_rules`), status and
trend (`assets/status`), whether a measure has input (`assets/coverage`).
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
# How the statuses of a node's measures become one: the worst of those required, or the weighted mean.
RollUpRule = Literal["worst_required", "weighted"]
PlanKind = Literal["SPM", "ESSA_STATE_PLAN", "SPP_APR", "PERKINS", "OTHER"]
_MONTH = r"^[0-9]{4}-(0[1-9]|1[0-2])$"


class Category(StrictModel):
    """A code by which strategies and their milestones and actions are sorted, such as one of four domains."""

    code: str = Field(pattern=r"^[A-Za-z0-9_.-]+$")
    title: str


class Unit(StrictModel):
    """A division or unit of the agency."""

    unit_id: str
    name: str
    unit_type: Literal["agency", "division", "unit", "strand"]
    parent: str | None = None


class Baseline(StrictModel):
    """Where the measure starts; without a value, the actual of that year (and month, for a monthly one)."""

    school_year: int
    value: float | None = None
    period: str | None = Field(default=None, pattern=_MONTH)


class Target(StrictModel):
    """A value to reach by the end of a school year, or of one month of it.

    A measure that is good within a range needs no value; its target may narrow the range by `low` and `high`.
    """

    school_year: int
    value: float | None = None
    low: float | None = None
    high: float | None = None
    kind: Literal["interim", "annual", "long_term", "statutory_limit"] = "annual"
    period: str | None = Field(default=None, pattern=_MONTH)


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
    strategy_id: str | None = None
    period: Literal["annual", "month"] = "annual"
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
    """Money given to a strategy: from an award, from an account, or from an account of an award.

    Money of no school year is planned for the plan's first.
    """

    award_id: str | None = None
    account: str | None = None
    school_year: int | None = None
    amount_usd: float = Field(ge=0)


class Action(StrictModel):
    """Work of weeks or months with one lead and named outputs; its unit is the milestone's unless it says."""

    code: str = Field(pattern=r"^A[0-9]+$")
    title: str
    lead: str
    lead_unit: str | None = None
    collaborators: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    planned_cost_usd: float | None = Field(default=None, ge=0)
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
    categories: tuple[str, ...] = ()
    planned_cost_usd: float | None = Field(default=None, ge=0)
    due: date | None = None
    roll_up: RollUpRule | None = None
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
    """How a goal is to be reached, written as a theory of action.

    `outcome` names the measure of the strategy whose gain its money is set against; default the first.
    """

    code: str = Field(pattern=r"^S[0-9]+$")
    title: str
    theory_of_action: TheoryOfAction
    lead_unit: str | None = None
    collaborators: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    outcome: str | None = None
    roll_up: RollUpRule | None = None
    measures: tuple[PlanMeasure, ...] = ()
    resources: tuple[Resource, ...] = ()
    milestones: tuple[Milestone, ...] = ()

    @property
    def outcome_measure(self) -> PlanMeasure | None:
        """The measure that its money is set against: that of `outcome`, else its first strategy one."""
        named = [m for m in self.measures if m.measure == self.outcome]
        return next(iter(named or [m for m in self.measures if m.role == "strategy"]), None)


class Goal(StrictModel):
    """What should be true in three to five years.

    In a nested plan it names the goal of the agency's plan that it serves.
    """

    code: str = Field(pattern=r"^G[0-9]+$")
    title: str
    description: str | None = None
    lead_unit: str | None = None
    aligned_to: str | None = None
    roll_up: RollUpRule | None = None
    measures: tuple[PlanMeasure, ...]
    strategies: tuple[Strategy, ...] = ()


class SpendingOutcome(StrictModel):
    """The spending and the outcome that set organizations side by side, each against its peers' median."""

    organization_type: OrganizationType
    spending: str
    outcome: str
    student_group: str | None = None
    grade: str | None = None
    subject: str | None = None


class Plan(StrictModel):
    """The whole of `plan.yml`, or of a plan of a district or school in `plans/`.

    `aligned_to_plan` is the id of the agency's plan in a nested one, and absent in the agency's own.
    """

    plan_id: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]*$")
    plan_kind: PlanKind = "SPM"
    title: str
    owning_organization: str
    aligned_to_plan: str | None = None
    vision: str
    mission: str
    values: tuple[str, ...] = ()
    version: int = Field(ge=1)
    effective_from: date
    approved_by: str
    change_note: str
    is_worked_example: bool = False
    roll_up: RollUpRule = "worst_required"
    categories: tuple[Category, ...] = ()
    spending_outcome: SpendingOutcome | None = None
    units: tuple[Unit, ...]
    goals: tuple[Goal, ...]

    @property
    def node_prefix(self) -> str:
        """What the ids of its nodes begin with: nothing in the agency's plan, `L<owner>.` in a nested one."""
        if self.aligned_to_plan is None:
            return ""
        return f"L{''.join(c for c in self.owning_organization.upper() if c.isalnum())}."


@dataclass(frozen=True)
class Node:
    """A goal, strategy, milestone or action with its id in the plan and its place in the file.

    `lead_unit` is the unit that leads it: an action's own or that of its milestone.
    """

    node_id: str
    parent_id: str | None
    item: Goal | Strategy | Milestone | Action
    location: Location
    lead_unit: str | None = None


@dataclass(frozen=True)
class PlacedMeasure:
    """A plan measure with its id, its node, its place in the file, and how its node rolls up."""

    plan_measure_id: str
    node_id: str
    item: PlanMeasure
    location: Location
    roll_up: RollUpRule = "worst_required"


def nodes(plan: Plan) -> Iterator[Node]:
    """Every node of the plan, parents before children."""
    for g, goal in enumerate(plan.goals):
        at: Location = ("goals", g)
        goal_id = f"{plan.node_prefix}{goal.code}"
        yield Node(goal_id, None, goal, at, goal.lead_unit)
        for s, strategy in enumerate(goal.strategies):
            strategy_id = f"{goal_id}.{strategy.code}"
            here = (*at, "strategies", s)
            yield Node(strategy_id, goal_id, strategy, here, strategy.lead_unit)
            for m, milestone in enumerate(strategy.milestones):
                yield from _below(
                    f"{strategy_id}.{milestone.code}", strategy_id, milestone, (*here, "milestones", m)
                )


def _below(milestone_id: str, strategy_id: str, milestone: Milestone, at: Location) -> Iterator[Node]:
    """A milestone and its actions."""
    yield Node(milestone_id, strategy_id, milestone, at, milestone.lead_unit)
    for a, action in enumerate(milestone.actions):
        unit = action.lead_unit or milestone.lead_unit
        yield Node(f"{milestone_id}.{action.code}", milestone_id, action, (*at, "actions", a), unit)


def placed_measures(plan: Plan) -> Iterator[PlacedMeasure]:
    """Every measure of the plan in its place."""
    for node in nodes(plan):
        rule = getattr(node.item, "roll_up", None) or plan.roll_up
        for index, item in enumerate(getattr(node.item, "measures", ())):
            scope = item.scope.organization or f"every-{item.scope.organization_type}"
            dimensions = [item.dimension(d) for d in DIMENSIONS if item.dimension(d) != "none"]
            monthly = ["by-month"] if item.period == "month" else []
            name = "/".join([node.node_id, item.measure, scope, *dimensions, *monthly])
            yield PlacedMeasure(name, node.node_id, item, (*node.location, "measures", index), rule)
