"""Whether the derived figures of a year are accepted, whether they may be published, and if not, why.

Put here: their checks, and the walk from a derived measure to the tables behind its figures. Not here: those
tables' own health (`health`), what a check does to the lake (`gate`).
"""

from __future__ import annotations

from assets.derived import derived_as_of, derived_version
from assets.derived_measures import DERIVED, core_of, derived_measures, tables_of, ways_of
from assets.gate import judge
from assets.health import Health, core_health, measures_health, state_problem, was_refused
from assets.home import Home
from assets.lake import Node
from assets.measures import value_contract
from checks.result import CheckResult
from warehouse.model.measure import Measure


def check_derived(home: Home, school_year: int) -> list[CheckResult]:
    """Check the derived figures that were just built, and accept them if nothing blocking failed."""
    version = derived_version(home, school_year)
    return judge(home, DERIVED, value_contract(home, DERIVED.table), school_year, version)


def derived_health(home: Home, measure: Measure, school_year: int) -> Health:
    """The health of a derived measure for a year.

    Only this year's tables count: figures of earlier years are those last accepted, as a release shows them.
    How fresh figures are is known all the better where one of them failed.
    """
    empty = []
    for table in core_of(home, [measure]):
        health = core_health(home, table, school_year)
        if not health.is_good:
            return health
    for table in () if "fresh" in ways_of(measure) else tables_of(home, [measure]):
        health = measures_health(home, table, school_year)
        if not health.is_good:
            return health
        empty.append(health.is_empty)
    version = derived_version(home, school_year, as_of=derived_as_of(home, school_year))
    problem = state_problem(home, DERIVED, value_contract(home, DERIVED.table), school_year, version)
    return problem or Health(is_empty=bool(empty) and all(empty))


def renewable_derived(home: Home, school_year: int) -> list[Node]:
    """The derived figures, where they could be computed anew although something else of the year failed."""
    if not derived_measures(home) or not core_health(home, "organizations", school_year).is_good:
        return []
    version = derived_version(home, school_year)
    if was_refused(home, DERIVED, school_year, version):
        return []
    problem = state_problem(home, DERIVED, value_contract(home, DERIVED.table), school_year, version)
    return [] if problem is None else [DERIVED]
