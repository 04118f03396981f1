"""What is wrong in a home now, read from the lake: failed steps and failed claims, per table and school year.

Put here: findings, and what the lake can vouch for. Not here: who is told (`alerts`), how it is judged
(`checks`). Dagster's check status is never read for this: it does not know school years.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assets.core_table import core_node, core_tables
from assets.derived_measures import DERIVED, derived_measures
from assets.gate import last_results
from assets.health import unsound_years
from assets.home import Home
from assets.lake import Node, NodeState
from assets.lineage import stake_of
from assets.measures import measured_tables, measures_node
from assets.raw import raw_node
from checks.message import describe
from checks.result import CheckResult
from warehouse.model.contract import Contract

# The claims of findings that are not about a claim: a step, the publication or a whole run failed.
STEP = "refresh"
PUBLICATION = "publish"
RUN = "run"
# A table rests on an earlier year that is not there or could not be renewed.
EARLIER_YEAR = "earlier_year"
RELEASE_TABLE = "published.release"


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong; `text` never holds a student's value.

    `stops` says whether nothing that rests on it may be published.
    """

    claim: str
    table: str
    school_year: int | None
    stops: bool
    text: str
    owner: str
    measures: tuple[str, ...] = ()
    objectives: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Names what is wrong, whenever it is: one episode of failure has one key."""
        return f"{self.claim}|{self.table}|{self.school_year or 'all'}"

    @property
    def is_of_step(self) -> bool:
        """Whether something could not be done, rather than a claim being false."""
        return self.claim in (STEP, PUBLICATION, RUN)


@dataclass(frozen=True)
class Observation:
    """What is known of one table and year.

    `is_complete` says that all its claims were judged, so that what is not among the findings holds.
    """

    table: str
    school_year: int | None
    findings: tuple[Finding, ...]
    is_complete: bool


def observe(home: Home, years: Sequence[int] | None = None) -> list[Observation]:
    """All tables and years that were ever attempted, in the order of the layers."""
    return [
        _observation(home, node, owner, year, state)
        for year in years or home.agency.settings.school_years
        for node, owner in nodes_of(home)
        if (state := home.lake.state(node, year)) is not None and _is_declared(home, node, year)
    ]


def nodes_of(home: Home) -> Iterator[tuple[Node, str]]:
    """Every node of an agency with the steward who owns it: sources, core tables, measures."""
    for source_id, source in home.sources.items():
        yield raw_node(source_id), source.spec.owner
    for name, table in core_tables(home).items():
        yield core_node(name), table.contract.owner
    for name in measured_tables(home):
        yield measures_node(name), _value_owner(home.contracts)
    if derived_measures(home):
        yield DERIVED, _value_owner(home.contracts)


def of_release(error: str | None, owner: str = "performance-office") -> Observation:
    """What a publication's end says: an error, or that it went well."""
    found = () if error is None else (Finding(PUBLICATION, RELEASE_TABLE, None, True, error, owner),)
    return Observation(RELEASE_TABLE, None, found, True)


def _value_owner(contracts: dict[str, Contract]) -> str:
    return contracts["measure_value"].owner


def _is_declared(home: Home, node: Node, year: int) -> bool:
    return node.layer != "raw" or home.settings_of(node.table).for_year(year) is not None


def _observation(home: Home, node: Node, owner: str, year: int, state: NodeState) -> Observation:
    failed_step = not state.is_good and state.claim is None
    if failed_step:
        return Observation(node.name, year, (_of_step(home, node, owner, year, state),), False)
    failing = [r for r in last_results(home.lake, node, year) if not r.passed and r.waived_by is None]
    found = [_of_claim(home, node, r) for r in failing]
    if state.is_good:
        found += [_of_earlier(node, owner, year, words) for words in unsound_years(home, node, year)]
    return Observation(node.name, year, tuple(found), True)


def _of_earlier(node: Node, owner: str, year: int, words: str) -> Finding:
    """It stops nothing: the year's figures are those its last accepted inputs give."""
    return Finding(EARLIER_YEAR, node.name, year, False, f"{node.name}, school year {year}: {words}", owner)


def _of_step(home: Home, node: Node, owner: str, year: int, state: NodeState) -> Finding:
    stake = stake_of(home, node)
    text = f"{node.name}, school year {year}: {state.reason}"
    return Finding(STEP, node.name, year, True, text, owner, stake.measures, stake.objectives)


def _of_claim(home: Home, node: Node, result: CheckResult) -> Finding:
    stake = stake_of(home, node)
    return Finding(
        claim=result.claim,
        table=result.table,
        school_year=result.school_year,
        stops=result.stops,
        text=describe(result),
        owner=result.owner,
        measures=stake.measures,
        objectives=stake.objectives,
    )
