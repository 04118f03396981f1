"""The rules of a plan's measures that need no data: known, told apart, targets in a good direction.

Put here: measure, scope, dimensions, role, baseline and targets. Not here: nodes, units and money
(`plan_rules`), whether a measure has input (`assets/coverage`).
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches

from warehouse.model.contract import load_contracts
from warehouse.model.measure import DIMENSIONS, Measure
from warehouse.model.plan import Baseline, PlacedMeasure, Plan, Target, nodes, placed_measures
from warehouse.model.yaml_file import Located

# Which role of a measure belongs to which kind of node; the others may stand anywhere.
_OWN_ROLES = {"goal": "Goal", "strategy": "Strategy", "milestone": "Milestone"}
_EXAMPLES = {
    "student_group": "all", "grade": "all", "subject": "math", "federal_program_code": "'84.010'",
    "award_id": "the award's number (FAIN)", "strategy_id": "the strategy's code, such as G1.S1",
}  # fmt: skip


def check_measures(located: Located[Plan], measures: Mapping[str, Measure]) -> None:
    """Hold every measure of a plan to the rules.

    Raises:
        SpmError: A rule is broken; names file and line.
    """
    kinds = {node.node_id: type(node.item).__name__ for node in nodes(located.value)}
    seen: set[str] = set()
    strategies = [node_id for node_id, kind in kinds.items() if kind == "Strategy"]
    for placed in placed_measures(located.value):
        _check_measure(located, placed, measures, kinds[placed.node_id])
        if placed.item.strategy_id is not None and placed.item.strategy_id not in strategies:
            raise located.error(
                (*placed.location, "strategy_id"),
                "Unknown strategy",
                value=placed.item.strategy_id,
                remedy=f"Use one of {', '.join(strategies) or 'none: the plan has no strategy'}",
            )
        if placed.plan_measure_id in seen:
            raise located.error(
                placed.location,
                "The same measure stands twice at this node",
                value=placed.plan_measure_id,
                remedy="Keep one, or give them different groups or scopes",
            )
        seen.add(placed.plan_measure_id)
    _check_weights(located)
    _check_side_by_side(located, measures)


def _known(
    located: Located[Plan], at: tuple[str | int, ...], name: str, measures: Mapping[str, Measure]
) -> Measure:
    measure = measures.get(name)
    if measure is None:
        near = get_close_matches(name, list(measures), n=1)
        hint = f"Did you mean {near[0]!r}" if near else f"Use one of {', '.join(sorted(measures))}"
        raise located.error(at, "No such measure", value=name, remedy=hint)
    return measure


def _check_measure(
    located: Located[Plan], placed: PlacedMeasure, measures: Mapping[str, Measure], node_kind: str
) -> None:
    item, at = placed.item, placed.location
    measure = _known(located, (*at, "measure"), item.measure, measures)
    if (item.scope.organization is None) == (item.scope.organization_type is None):
        raise located.error(
            (*at, "scope"),
            "A scope is one organization or one organization type",
            remedy="Give exactly one of organization and organization_type",
        )
    if _OWN_ROLES.get(item.role, node_kind) != node_kind:
        raise located.error(
            (*at, "role"),
            f"The role {item.role!r} belongs to a {item.role}, and this is a {node_kind.lower()}",
            value=item.role,
            remedy=f"Write role: {node_kind.lower()}, productivity or context",
        )
    grains = measure.grains
    if item.scope.organization_type is not None and item.scope.organization_type not in grains:
        raise located.error(
            (*at, "scope"),
            f"{measure.id} has no figures for every {item.scope.organization_type}",
            value=item.scope.organization_type,
            remedy=f"Use one of {', '.join(grains)}",
        )
    for name in DIMENSIONS:
        _check_dimension(located, placed, measure, name)
    _check_period(located, placed, measure)
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
            placed.location,
            f"{measure.id} needs {name}",
            remedy=f"Add {name}, such as {name}: {_EXAMPLES[name]}",
        )
    contract = load_contracts().get(measure.core_table)
    fields = {} if contract is None else {f.name: f for f in contract.fields}
    codes = fields[name].codes if name in fields else None
    if given is not None and codes is not None and given not in codes:
        raise located.error(
            (*placed.location, name),
            f"Unknown {name.replace('_', ' ')}",
            value=given,
            remedy=f"Use one of {', '.join(codes)}",
        )


def _check_period(located: Located[Plan], placed: PlacedMeasure, measure: Measure) -> None:
    item, at = placed.item, placed.location
    by_month = measure.periods is not None and measure.periods.every == "month"
    if item.period == "month" and not by_month:
        raise located.error(
            (*at, "period"),
            f"{measure.id} has no figures by month",
            remedy="Remove period, or choose a measure with monthly figures",
        )
    if item.period == "annual" and measure.periods is not None and measure.periods.year == "none":
        raise located.error(
            at,
            f"{measure.id} has no figure of the year as a whole",
            remedy="Add period: month, so that its months are judged",
        )
    dated: list[tuple[tuple[str | int, ...], Baseline | Target]] = [
        (("targets", index), target) for index, target in enumerate(item.targets)
    ]
    if item.baseline is not None:
        dated.insert(0, (("baseline",), item.baseline))
    for where, point in dated:
        if point.period is None:
            continue
        if item.period != "month":
            raise located.error(
                (*at, *where, "period"),
                "A month belongs to a measure that is judged by month",
                value=point.period,
                remedy="Add period: month to the measure, or remove it here",
            )
        if school_year_of(point.period) != point.school_year:
            raise located.error(
                (*at, *where, "period"),
                f"The month lies outside the school year {point.school_year}",
                value=point.period,
                remedy=f"Write school_year: {school_year_of(point.period)}, or correct the month",
            )


def school_year_of(month: str) -> int:
    """The school year of a month such as '2024-09': July begins the next one."""
    year, number = int(month[:4]), int(month[5:7])
    return year + 1 if number >= 7 else year


def _check_targets(located: Located[Plan], placed: PlacedMeasure, measure: Measure) -> None:
    item, at = placed.item, (*placed.location, "targets")
    targets, baseline = item.targets, item.baseline
    moments = [_moment(t.school_year, t.period) for t in targets]
    if moments != sorted(set(moments)):
        raise located.error(at, "Targets are not in the order of their years", remedy="Order them by year")
    if baseline is not None and moments and _moment(baseline.school_year, baseline.period) >= moments[0]:
        raise located.error(at, "A target lies before the baseline", remedy="Correct the years")
    if measure.polarity == "informational" and targets:
        raise located.error(
            at,
            f"{measure.id} is informational and takes no target",
            remedy="Remove the targets, or choose a measure with a good direction",
        )
    if measure.polarity == "in_range":
        for index, target in enumerate(targets):
            _check_range(located, (*at, index), target, measure)
        return
    for index, target in enumerate(targets):
        if target.value is None or target.low is not None or target.high is not None:
            raise located.error(
                (*at, index),
                f"A target of {measure.id} is one value",
                remedy="Give value, and neither low nor high",
            )
    _check_direction(located, placed, measure)


def _moment(school_year: int, period: str | None) -> str:
    """The month in which a point of the path stands: its own, else the last of the school year."""
    return period or f"{school_year}-06"


def _check_range(located: Located[Plan], at: tuple[str | int, ...], target: Target, measure: Measure) -> None:
    if target.value is not None or (target.low is None and target.high is None):
        raise located.error(
            at, f"A target of {measure.id} is a range", remedy="Give low or high or both, and no value"
        )
    if target.low is not None and target.high is not None and target.low > target.high:
        raise located.error(
            (*at, "low"),
            "The range of a target is reversed",
            value=str(target.low),
            remedy="Exchange low and high",
        )
    whole = measure.range
    if whole is None:
        return
    for name in ("low", "high"):
        bound = getattr(target, name)
        below = bound is not None and whole.low is not None and bound < whole.low
        above = bound is not None and whole.high is not None and bound > whole.high
        if below or above:
            raise located.error(
                (*at, name),
                f"A target may narrow the range of {measure.id} and not leave it",
                value=str(bound),
                remedy=f"Stay within {whole.low} and {whole.high}",
            )


def _check_direction(located: Located[Plan], placed: PlacedMeasure, measure: Measure) -> None:
    """No target may be worse than the baseline, and no later one worse than an earlier one."""
    at, baseline = (*placed.location, "targets"), placed.item.baseline
    direction = 1 if measure.polarity == "higher" else -1
    before = None if baseline is None else baseline.value
    words = "Target runs against the measure's polarity"
    for index, target in enumerate(placed.item.targets):
        assert target.value is not None  # noqa: S101 - held above
        if before is not None and direction * (target.value - before) < 0:
            raise located.error(
                (*at, index, "value"),
                f"{words} ({measure.polarity} is better)",
                value=str(target.value),
                remedy=f"Set a target that does not fall back behind {before}",
            )
        before, words = target.value, "Interim targets turn back"


def _check_weights(located: Located[Plan]) -> None:
    """A weighted node needs a weight to go by."""
    found: dict[str, list[PlacedMeasure]] = {}
    for placed in placed_measures(located.value):
        if placed.roll_up == "weighted" and placed.item.required and placed.item.role != "context":
            found.setdefault(placed.node_id, []).append(placed)
    for node_id, own in found.items():
        if not sum(placed.item.weight for placed in own):
            raise located.error(
                (*own[0].location, "weight"),
                f"{node_id} rolls up by weight, and no measure of it has any",
                remedy="Give one of its required measures a weight above 0",
            )


def _check_side_by_side(located: Located[Plan], measures: Mapping[str, Measure]) -> None:
    chosen = located.value.spending_outcome
    if chosen is None:
        return
    for key in ("spending", "outcome"):
        measure = _known(located, ("spending_outcome", key), getattr(chosen, key), measures)
        if chosen.organization_type not in measure.grains:
            raise located.error(
                ("spending_outcome", key),
                f"{measure.id} has no figures for every {chosen.organization_type}",
                value=measure.id,
                remedy=f"Choose a measure that has, or one of {', '.join(measure.grains)}",
            )
    outcome = measures[chosen.outcome]
    if outcome.polarity not in ("higher", "lower"):
        raise located.error(
            ("spending_outcome", "outcome"),
            f"Of {outcome.id} neither more nor less is better",
            value=outcome.id,
            remedy="Choose a measure with a good direction",
        )
