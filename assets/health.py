"""Whether a table's figures of a year may be published, and if not, why.

Put here: the walk from a measure's core table up to its sources, and what is told of other years it reads.
Not here: what a publication does with the answer (`publication`).
"""

from __future__ import annotations

from dataclasses import dataclass

from assets.core import built_as_of, core_version
from assets.core_inputs import years_read
from assets.core_table import CoreTable, core_node, core_tables
from assets.gate import RESULTS, checks_version
from assets.home import Home
from assets.lake import Node, NodeState
from assets.measures import measured_tables, measures_node, measures_version, value_contract
from assets.raw import raw_node
from warehouse.model.contract import Contract


@dataclass(frozen=True)
class Health:
    """The first thing upstream that is not good, if any.

    `is_empty` says that no source is declared for the year.
    """

    reason: str | None = None
    claim: str | None = None
    is_empty: bool = False

    @property
    def is_good(self) -> bool:
        """Whether the accepted version is today's truth."""
        return self.reason is None


def core_health(home: Home, table: str, school_year: int) -> Health:
    """The health of a core table's accepted version for a year."""
    tables = core_tables(home)
    for name in _upstream(tables, table):
        bad = _core_problem(home, tables[name], school_year)
        if bad is not None:
            return bad
    declared = [s for s in _sources(tables, table) if home.settings_of(s).for_year(school_year) is not None]
    return Health(is_empty=not declared)


def measures_health(home: Home, core_table: str, school_year: int) -> Health:
    """The health of the measures of a core table for a year."""
    for table in ("organizations", core_table):
        health = core_health(home, table, school_year)
        if not health.is_good:
            return health
    node, contract = measures_node(core_table), value_contract(home, core_table)
    problem = state_problem(
        home, node, contract, school_year, measures_version(home, core_table, school_year)
    )
    return problem or Health(is_empty=health.is_empty)


def unsound_years(home: Home, node: Node, school_year: int) -> list[str]:
    """What is amiss with the other years that a core table reads; empty when nothing is.

    It stops nothing in this year. Its rows are what the accepted versions give, and once the other year is
    renewed their version is another one, so that this year is computed again. Were a failed year to stop the
    later ones, one old file that is refused would hold up everything after it, for good.
    """
    table = core_tables(home).get(node.table) if node.layer == "core" else None
    found: dict[tuple[str, int], str] = {}
    for name in () if table is None else table.other_years:
        for year in years_read(home, name.schema, school_year):
            state = home.lake.state(core_node(name.table), year)
            what = f"core.{name.table} of {year}"
            if year == school_year or (state is not None and state.is_good):
                continue
            if state is None or state.accepted is None:
                found[name.table, year] = f"was computed without {what}, which was never accepted"
            else:
                found[name.table, year] = f"rests on {what} as last accepted; since then: {state.reason}"
    return list(found.values())


def renewable(home: Home, school_year: int) -> list[Node]:
    """The tables that could be computed although another source of the year failed, in their order.

    They are those that are not up to date while all they rest on is good, and were not refused themselves.
    """
    tables = core_tables(home)
    due: dict[str, Node] = {}
    sound: set[str] = set()
    for name, table in tables.items():
        if not all(i in sound for i in table.core_inputs) or _source_problem(home, table, school_year):
            continue
        version = core_version(home, table, school_year, as_of=built_as_of(home, name, school_year))
        problem = state_problem(home, core_node(name), table.contract, school_year, version)
        if was_refused(home, core_node(name), school_year, version):
            continue  # computing it again would change nothing
        sound.add(name)
        if problem is not None or any(i in due for i in table.core_inputs):
            due[name] = core_node(name)
    measured = [
        measures_node(name)
        for name in measured_tables(home)
        if name in sound
        and not was_refused(home, measures_node(name), school_year, measures_version(home, name, school_year))
    ]
    late = [n for n in measured if n.table in due or not measures_health(home, n.table, school_year).is_good]
    return [*due.values(), *late]


def was_refused(home: Home, node: Node, school_year: int, version: str) -> bool:
    """Whether a version failed already, so that computing it again would change nothing."""
    state = home.lake.state(node, school_year)
    return state is not None and state.outcome == "failed" and state.version == version


def _upstream(tables: dict[str, CoreTable], table: str) -> list[str]:
    """The core tables a table rests on, itself last."""
    ordered: list[str] = []
    for name in tables[table].core_inputs:
        ordered += [n for n in _upstream(tables, name) if n not in ordered]
    return [*ordered, table]


def _sources(tables: dict[str, CoreTable], table: str) -> set[str]:
    """The sources whose rows a table holds: its own and those of the tables it is computed from."""
    names = [n for n in _upstream(tables, table) if n != "organizations" or table == "organizations"]
    return {s for name in names for s in tables[name].sources}


def _core_problem(home: Home, table: CoreTable, school_year: int) -> Health | None:
    name = table.contract.table
    version = core_version(home, table, school_year, as_of=built_as_of(home, name, school_year))
    return _source_problem(home, table, school_year) or state_problem(
        home, core_node(name), table.contract, school_year, version
    )


def _source_problem(home: Home, table: CoreTable, school_year: int) -> Health | None:
    for source in table.sources:
        if home.settings_of(source).for_year(school_year) is None or _only_names(home, table, source):
            continue
        state = home.lake.state(raw_node(source), school_year)
        if state is None:
            if _is_not_yet_released(home, source, school_year):
                continue
            return Health(reason=f"raw.{source} was never refreshed for {school_year}")
        if not state.is_good:
            return _problem(raw_node(source), state)
    return None


def _only_names(home: Home, table: CoreTable, source: str) -> bool:
    """Whether a source merely adds names to the organizations; its failure stops its own figures only.

    A directory decides who is who, so its failure stops everything.
    """
    return table.contract.table == "organizations" and home.sources[source].spec.family != "directory"


def _is_not_yet_released(home: Home, source: str, school_year: int) -> bool:
    fetch = home.lake.read_json(raw_node(source), school_year, "fetch")
    return fetch is not None and fetch["outcome"] == "not_yet_released"


def state_problem(
    home: Home, node: Node, contract: Contract, school_year: int, version: str
) -> Health | None:
    """What is wrong with a node's accepted version for a year, given the version it should be."""
    state = home.lake.state(node, school_year)
    if state is None:
        return Health(reason=f"{node.name} was never computed for {school_year}")
    if not state.is_good:
        return _problem(node, state)
    if state.accepted != version:
        return Health(reason=f"{node.name} was not computed since its inputs or definitions changed")
    judged = home.lake.read_json(node, school_year, RESULTS)
    if judged is None or judged["checks"] != checks_version(home, contract):
        return Health(reason=f"{node.name} was not judged since its claims or their waivers changed")
    return None


def _problem(node: Node, state: NodeState) -> Health:
    return Health(reason=f"{node.name}: {state.reason}", claim=state.claim)
