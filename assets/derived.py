"""Figures made of accepted figures: one node, `measures.derived`, computed after all others of a year.

Put here: what derived figures rest on, their version, and running them. Not here: which derived measures an
agency has (`derived_measures`), how each is made (`derived_change`, `derived_targets`, `derived_cost`,
`derived_fresh`), whether they may be published (`derived_health`).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path

import duckdb

from assets.core_inputs import accepted, require_todays_columns, settings_row, view_accepted
from assets.core_table import core_node, core_tables
from assets.derived_change import change, mean_change
from assets.derived_cost import cost_per_outcome
from assets.derived_fresh import fresh
from assets.derived_measures import DERIVED, core_of, derived_measures, operands_of, tables_of, ways_of
from assets.derived_targets import targets_met
from assets.engine import TableName, connect, view_settings, write_table
from assets.figures import Figures
from assets.health import measures_health
from assets.home import Home
from assets.lake import Node
from assets.measures import VALUE_CONTRACT, measures_node
from assets.status import STATUS_RULE
from assets.version import data_version
from warehouse.model.errors import SpmError
from warehouse.model.measure import Measure

PARTS = "parts"
AS_OF = "as_of"


def derived_version(home: Home, school_year: int, *, as_of: date | None = None) -> str:
    """The data version of the derived figures, from all accepted figures of this and earlier years.

    `as_of` counts only where freshness is asked for: it moves with the clock where the agency fixes no day.
    """
    measures, agency = derived_measures(home), home.agency
    operands = {name for m in measures for name in operands_of(home, m)}
    inputs: dict[str, object] = {
        "contract": home.contracts[VALUE_CONTRACT],
        "measures": {m.id: m for m in measures},
        "operands": {name: agency.measures[name] for name in sorted(operands)},
        "plan": agency.plan,
        "conditions": [c for c in agency.conditions if operands & {*c.measures}],
        "owners": sorted(agency.settings.owners),
        "view": agency.settings.default_lea_view,
        "state": agency.settings.state_abbreviation_code,
        "status_rule": STATUS_RULE,
    }
    for table in core_of(home, measures):
        inputs[f"core.{table}"] = accepted(home, core_node(table), school_year)
    for node in _value_nodes(home, measures):
        inputs[node.name] = {str(y): accepted(home, node, y) for y in _years(home, node, school_year)}
    if any("fresh" in ways_of(m) for m in measures):
        inputs["as_of"] = as_of or home.as_of
        inputs["current"] = sorted(_current(home, measures, school_year))
    return data_version(inputs)


def build_derived(home: Home, school_year: int) -> tuple[str, int]:
    """Compute the derived figures of a year, unless the same version is already there.

    Returns:
        The data version and its number of rows; not accepted yet, checks decide that.

    Raises:
        SpmError: They cannot be computed, or the year has no accepted organizations.
    """
    version = derived_version(home, school_year)
    file = home.lake.file(DERIVED, school_year, version)
    try:
        if not (file.exists() and parts_file(home, school_year, version).exists()):
            _compute(home, school_year, version)
    except SpmError as problem:
        home.lake.fail(DERIVED, school_year, reason=str(problem), version=version)
        raise
    home.lake.write_json(DERIVED, school_year, AS_OF, {"version": version, "as_of": home.as_of.isoformat()})
    with duckdb.connect(":memory:") as connection:
        row = connection.execute("SELECT count(*) FROM read_parquet(?)", [str(file)]).fetchone()
    return version, int(row[0]) if row else 0


def parts_file(home: Home, school_year: int, version: str) -> Path:
    """The file that says which figures each derived one is made of."""
    return home.lake.file(DERIVED, school_year, version, PARTS)


def derived_as_of(home: Home, school_year: int) -> date | None:
    """The day that the accepted derived figures speak for."""
    kept = home.lake.read_json(DERIVED, school_year, AS_OF)
    if kept is None or kept["version"] != accepted(home, DERIVED, school_year):
        return None
    return date.fromisoformat(kept["as_of"])


def _compute(home: Home, school_year: int, version: str) -> None:
    measures = derived_measures(home)
    with connect(home.root / "temporary") as connection:
        view_settings(connection, settings_row(home, school_year))
        if accepted(home, core_node("organizations"), school_year) is None:
            raise SpmError(
                f"core.organizations has no accepted version for {school_year}",
                remedy="Refresh the year; look at the failure of that table first",
            )
        for table in core_of(home, measures):
            view_accepted(connection, home, TableName("core", table), school_year)
        figures = Figures(connection, home, school_year, _files(home, measures, school_year))
        current = _current(home, measures, school_year)
        for measure in measures:
            _make(figures, measure, current)
        contract, near = home.contracts[VALUE_CONTRACT], _is_near_students(home, measures)
        file, parts = home.lake.file(DERIVED, school_year, version), parts_file(home, school_year, version)
        with home.lake.writing(parts, restricted=False) as temporary:
            literal = str(temporary).replace("'", "''")
            connection.execute(
                f"COPY (SELECT * FROM measures.parts ORDER BY figure, part) TO '{literal}' "
                "(FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false)"
            )
        with home.lake.writing(file, restricted=False) as temporary:
            write_table(connection, "SELECT * FROM measures.made", contract, temporary, near_students=near)


def _make(figures: Figures, measure: Measure, current: set[str]) -> None:
    way = measure.derived
    assert way is not None  # noqa: S101 - what is made of figures is derived
    if way.change is not None:
        change(figures, measure, way.change)
    elif way.mean_change is not None:
        mean_change(figures, measure, way.mean_change)
    elif way.targets_met is not None:
        targets_met(figures, measure, way.targets_met)
    elif way.cost_per_outcome is not None:
        cost_per_outcome(figures, measure)
    else:
        fresh(figures, measure, current)


def _value_nodes(home: Home, measures: Iterable[Measure]) -> list[Node]:
    """The nodes whose figures are read; its own too where a change is of a derived figure."""
    measures = tuple(measures)
    of_derived = any(
        home.agency.measures[name].is_of_figures
        for m in measures
        if "change" in ways_of(m) or "mean_change" in ways_of(m)
        for name in m.operands
    )
    return [*(measures_node(t) for t in tables_of(home, measures)), *([DERIVED] if of_derived else [])]


def _years(home: Home, node: Node, school_year: int) -> list[int]:
    declared = home.agency.settings.school_years
    return [year for year in declared if year < school_year or (year == school_year and node != DERIVED)]


def _files(home: Home, measures: Iterable[Measure], school_year: int) -> list[Path]:
    found = []
    for node in _value_nodes(home, measures):
        for year in _years(home, node, school_year):
            version = accepted(home, node, year)
            if version is not None:
                file = home.lake.file(node, year, version)
                require_todays_columns(home.contracts[VALUE_CONTRACT], f"{node.name} of {year}", file)
                found.append(file)
    return found


def _current(home: Home, measures: Iterable[Measure], school_year: int) -> set[str]:
    """The core tables whose figures of the year are good today."""
    return {t for t in tables_of(home, measures) if measures_health(home, t, school_year).is_good}


def _is_near_students(home: Home, measures: Iterable[Measure]) -> bool:
    tables = core_tables(home)
    return any(tables[name].is_near_students for name in core_of(home, measures))
