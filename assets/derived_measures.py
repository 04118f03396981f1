"""Which derived measures an agency has, and the measures and tables that each rests on.

Put here: the answer from declarations alone. Not here: computing them (`derived`).
"""

from __future__ import annotations

from collections.abc import Iterable

from assets.core_table import core_tables
from assets.derived_cost import MONEY
from assets.home import Home
from assets.measures import measured_tables, measures_node
from warehouse.model.measure import Measure
from warehouse.model.plan import Strategy, nodes, placed_measures

DERIVED = measures_node("derived")


def derived_measures(home: Home) -> tuple[Measure, ...]:
    """The measures of figures that this agency can compute, in an order in which they can be computed."""
    known = {m.id for measures in measured_tables(home).values() for m in measures}
    waiting = [m for m in home.agency.measures.values() if m.is_of_figures]
    # How fresh everything is can only be said once everything else is there.
    waiting.sort(key=lambda m: m.derived is not None and m.derived.fresh is not None)
    ordered: list[Measure] = []
    while ready := next((m for m in waiting if _is_possible(home, m, known)), None):
        waiting.remove(ready)
        ordered.append(ready)
        known.add(ready.id)
    return tuple(ordered)


def operands_of(home: Home, measure: Measure) -> tuple[str, ...]:
    """The measures whose figures a derived one is made of, as the plan says where the measure does not."""
    derived, plan = measure.derived, home.agency.plan
    if derived is not None and derived.cost_per_outcome is not None:
        outcomes = [
            n.item.outcome_measure for n in nodes(plan) if isinstance(n.item, Strategy) and n.item.resources
        ]
        return tuple(dict.fromkeys(item.measure for item in outcomes if item is not None))
    if derived is not None and derived.fresh is not None:
        placed = [p.item.measure for p in placed_measures(plan) if p.item.required]
        catalogue = home.agency.measures
        return tuple(dict.fromkeys(m for m in placed if "fresh" not in ways_of(catalogue[m])))
    return measure.operands


def tables_of(home: Home, measures: Iterable[Measure]) -> tuple[str, ...]:
    """The core tables whose figures some derived measures are made of, at first hand or through another."""
    found: set[str] = set()
    waiting, catalogue = list(measures), home.agency.measures
    seen: set[str] = set()
    while waiting:
        measure = waiting.pop()
        if measure.id in seen:
            continue
        seen.add(measure.id)
        if measure.is_of_figures:
            waiting += [catalogue[name] for name in operands_of(home, measure)]
        else:
            found.add(measure.core_table)
    return tuple(table for table in measured_tables(home) if table in found)


def core_of(home: Home, measures: Iterable[Measure]) -> tuple[str, ...]:
    """The core tables that derived measures read beside figures; organizations always."""
    found = {"organizations"}
    for measure in measures:
        way = measure.derived
        if way is not None and way.mean_change is not None:
            sides = (way.mean_change.cohort, way.mean_change.against)
            found |= {side.table for side in sides if side is not None}
        if way is not None and way.cost_per_outcome is not None:
            found.add(MONEY)
    return tuple(table for table in core_tables(home) if table in found)


def _is_possible(home: Home, measure: Measure, known: set[str]) -> bool:
    way, tables = measure.derived, core_tables(home)
    if way is None or not set(core_of(home, [measure])) >= _core_wanted(measure):
        return False
    operands = set(operands_of(home, measure))
    if way.targets_met is not None:
        with_targets = {p.item.measure for p in placed_measures(home.agency.plan) if p.item.targets}
        return bool(operands & with_targets & known)
    if way.cost_per_outcome is not None:
        return MONEY in tables and bool(operands & known)
    if way.fresh is not None:
        return bool(operands)
    return operands <= known


def _core_wanted(measure: Measure) -> set[str]:
    way = measure.derived
    if way is None or way.mean_change is None:
        return set()
    return {side.table for side in (way.mean_change.cohort, way.mean_change.against) if side is not None}


def ways_of(measure: Measure) -> tuple[str, ...]:
    """How a measure is derived, by name; nothing for one that is not."""
    return () if measure.derived is None else measure.derived.ways


def years_of(measure: Measure, school_year: int) -> tuple[int, ...]:
    """The years whose figures a derived one of a year compares; those of a baseline are the plan's affair."""
    way = measure.derived
    if way is None:
        return (school_year,)
    compared = way.change or way.mean_change
    back = compared.years if compared is not None else int(way.cost_per_outcome is not None)
    return tuple(sorted({school_year - back, school_year}))
