"""Reading a plan and holding it to the rules that need no data.

Put here: ids, units, dimensions, polarity and order of years. Not here: the shape of a plan (`plan`), whether
a measure has input (`assets/coverage`).
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path

from warehouse.model.measure import DIMENSIONS, Measure
from warehouse.model.plan import Goal, PlacedMeasure, Plan, nodes, placed_measures
from warehouse.model.yaml_file import Located, load_model


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
