"""What each input can give: measure by school year, grain and kind of figure.

Put here: the answer from declarations alone, before any data is read.
Not here: whether the data came (`health`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from assets.core_table import CoreTable, core_tables
from assets.derived_fresh import kinds_of_leads
from assets.derived_measures import derived_measures, operands_of, years_of
from assets.engine import CORE_SCHEMAS, YEAR_BEFORE, tables_read
from assets.home import Home
from assets.plan_tables import type_of
from warehouse.model.measure import Measure
from warehouse.model.plan import PlacedMeasure, Plan, placed_measures
from warehouse.model.yaml_file import Located

Kind = Literal["counts", "figures", "bound"]


@dataclass(frozen=True)
class Coverage:
    """A measure's figures of a school year at one grain.

    `kind` is `counts` with numerator and denominator, `figures` published without counts, or `bound`: summed
    from an incomplete file and never judged.
    """

    measure_id: str
    school_year: int
    grain: str
    kind: Kind
    basis: str
    sources: tuple[str, ...]


@dataclass(frozen=True)
class _Provided:
    """What one source gives for a year."""

    source: str
    grains: tuple[str, ...]
    counts: bool
    is_additive: bool


@dataclass(frozen=True)
class _Given:
    """The kind of figure known for a grain so far, and the sources behind it."""

    kind: Kind
    basis: str
    sources: frozenset[str] = frozenset()

    @property
    def rank(self) -> tuple[bool, int]:
        """Smaller is better."""
        return self.basis != "published", ("counts", "figures", "bound").index(self.kind)


def coverage(home: Home) -> list[Coverage]:
    """Everything the agency's declared inputs can give, in the order measure, year, grain."""
    tables = core_tables(home)
    found: list[Coverage] = []
    for measure in sorted(home.agency.measures.values(), key=lambda m: m.id):
        if measure.core_table in tables:
            for year in home.agency.settings.school_years:
                found += _of_year(home, tables, measure, year)
    for measure in derived_measures(home):
        for year in home.agency.settings.school_years:
            found += _of_figures(home, measure, year, found)
    return sorted(found, key=lambda c: (c.measure_id, c.school_year, c.grain))


def plan_gaps(home: Home) -> list[tuple[Located[Plan], PlacedMeasure, str]]:
    """Measures of the plans that no declared input can ever give at the grain the plan asks for."""
    given = coverage(home)
    gaps = []
    plans = [home.agency.plan_file, *home.agency.nested_plans]
    for plan, placed in [(one, p) for one in plans for p in placed_measures(one.value)]:
        scope = placed.item.scope
        grain = scope.organization_type or type_of(scope.organization or "", home.agency)
        own = [c for c in given if c.measure_id == placed.item.measure]
        if not own:
            gaps.append((plan, placed, "no source that is switched on gives it"))
        elif not any(c.grain == grain for c in own):
            there = ", ".join(sorted({c.grain for c in own}))
            gaps.append((plan, placed, f"its inputs give it for {there} and not for {grain}"))
    return gaps


def require_inputs(home: Home) -> None:
    """Refuse a plan that asks for a measure without input.

    Raises:
        SpmError: Names the first such measure with file, line and remedy.
    """
    for plan, placed, reason in plan_gaps(home):
        raise plan.error(
            (*placed.location, "measure"),
            f"The plan asks for a measure without input: {reason}",
            value=placed.item.measure,
            remedy="Switch a source on in sources.yml that provides it, or take the measure out of the plan; "
            "a new plan may begin with `goals: []`",
        )


def _of_year(home: Home, tables: dict[str, CoreTable], measure: Measure, year: int) -> list[Coverage]:
    base = measure if measure.gap is None else home.agency.measures[measure.gap.of]
    grains: dict[str, _Given] = {}
    for provided in _provided(home, tables, base, year):
        for grain in provided.grains:
            if grain in measure.grains:
                _note(
                    grains, grain, _Given("counts" if provided.counts else "figures", "published"), provided
                )
        roll, kind = base.roll_up, _rolled_kind(base, provided)
        source = None if roll is None else next((s for s in roll.sources if s in provided.grains), None)
        if roll is not None and source is not None and kind is not None:
            for grain in (g for g in roll.to if g in measure.grains):
                _note(grains, grain, _Given(kind, f"sum of {source} rows"), provided)
    return [
        Coverage(
            measure.id,
            year,
            grain,
            given.kind,
            "derived" if measure.gap else given.basis,
            tuple(sorted(given.sources)),
        )
        for grain, given in sorted(grains.items())
    ]


def _of_figures(home: Home, measure: Measure, year: int, given: list[Coverage]) -> list[Coverage]:
    """What figures made of others can be given: where all that they are made of is, in each year compared."""
    way, operands = measure.derived, operands_of(home, measure)
    assert way is not None  # noqa: S101 - what is made of figures is derived
    own = [c for c in given if c.measure_id in operands]
    is_of_plan = way.targets_met is not None or way.cost_per_outcome is not None or way.fresh is not None
    for of_year in years_of(measure, year):
        there = {c.measure_id for c in own if c.school_year == of_year}
        if not there or (not is_of_plan and there != {*operands}):
            return []
    now = [c for c in own if c.school_year in years_of(measure, year)]
    sources = tuple(sorted({source for c in now for source in c.sources}))
    kind: Kind = "counts" if is_of_plan else "figures"
    same = way.change is not None or way.targets_met is not None
    grains = [g for g in measure.grains if not same or any(c.grain == g for c in now)]
    if way.fresh is not None:
        grains = [g for g in grains if g in {"SEA", *kinds_of_leads(home.agency.plan)}]
    return [Coverage(measure.id, year, grain, kind, "derived", sources) for grain in sorted(grains)]


def _rolled_kind(measure: Measure, provided: _Provided) -> Kind | None:
    """What a sum over units is: exact from counts; a bound from numbers and ranges; or nothing."""
    if not provided.is_additive:
        return None
    if provided.counts:
        return "counts"
    published = measure.published
    return (
        "bound" if published is not None and published.low is not None and published.n is not None else None
    )


def _provided(home: Home, tables: dict[str, CoreTable], measure: Measure, year: int) -> Iterator[_Provided]:
    """What each source declared for the year gives to the core table of a measure."""
    for name, of_year in _feeding(tables, measure.core_table, year):
        for source_id in tables[name].sources:
            release = home.settings_of(source_id).for_year(of_year)
            if release is None:
                continue
            source = home.sources[source_id]
            label = source.columns.release_for(release.release, of_year)
            for p in source.spec.provides:
                if p.core_table == name and (p.measures is None or measure.id in p.measures):
                    is_additive = not {"*", label} & set(p.not_additive_in)
                    yield _Provided(source_id, tuple(p.grains), p.counts, is_additive)


def _feeding(tables: dict[str, CoreTable], table: str, year: int) -> list[tuple[str, int]]:
    """The table and the core tables its rows are computed from, each with the year; organizations describe.

    Where rows of its own year feed a table, those of the year before only add to them.
    """
    read = [n for n in tables_read(tables[table].sql) if n.schema in CORE_SCHEMAS and n.table in tables]
    own = [n for n in read if n.table not in ("organizations", table)]
    same = [n.table for n in own if n.schema != YEAR_BEFORE]
    if same or tables[table].mappings:
        return [(name, year) for name in dict.fromkeys((table, *same))]
    return [(n.table, year - 1) for n in own]


def _note(grains: dict[str, _Given], grain: str, given: _Given, provided: _Provided) -> None:
    """Keep the best figure for a grain: published before summed, then counts before figures before bounds."""
    before = grains.get(grain)
    sources = {provided.source} | (set() if before is None else before.sources)
    best = given if before is None or given.rank < before.rank else before
    grains[grain] = replace(best, sources=frozenset(sources))
