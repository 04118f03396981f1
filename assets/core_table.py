"""The core tables of an agency: which it can fill from its sources, and in what order.

Put here: a table's declaration and what it reads. Not here: computing it (`core`), the views it reads
(`core_inputs`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from assets.engine import CORE_SCHEMAS, SAME_YEAR, YEAR_BEFORE, TableName
from assets.home import Home
from assets.lake import Node
from assets.mappings import mappings_of, sql_reads
from checks.suites import load_suites
from warehouse.model.contract import Contract
from warehouse.model.errors import SpmError
from warehouse.model.places import PROJECT, shown

CORE_SQL = PROJECT / "assets" / "core"


@dataclass(frozen=True)
class CoreTable:
    """A core table of this agency: its contract, its SQL, and the mappings that feed it.

    `unfed` names the core tables it reads that nothing feeds here; they are shown to its SQL without rows.
    `compared` names the tables that suites compare it with. `is_near_students` says that it, or anything it
    is computed from, is restricted, so that a database's words about it may quote a student's cell.
    """

    contract: Contract
    sql_file: Path
    mappings: tuple[Path, ...]
    unfed: frozenset[str] = frozenset()
    is_near_students: bool = False
    compared: tuple[TableName, ...] = ()

    @cached_property
    def sql(self) -> str:
        """The table's own SQL."""
        return self.sql_file.read_text(encoding="utf-8")

    @cached_property
    def all_reads(self) -> frozenset[TableName]:
        """Everything that its SQL and its mappings name."""
        return frozenset(name for path in (self.sql_file, *self.mappings) for name in sql_reads(path))

    @cached_property
    def reads(self) -> tuple[TableName, ...]:
        """Everything it reads, through its mappings too, without `mapped` and `agency`."""
        names = set(self.all_reads)
        # What a row refers to, or a suite compares it with, must be there to be checked: it is an input too.
        names.update(TableName("core", r.table) for r in self.contract.references)
        names.update(self.compared)
        return tuple(sorted(n for n in names if n.schema not in ("mapped", "agency")))

    @property
    def core_inputs(self) -> tuple[str, ...]:
        """The core tables whose rows of the same year it reads and that are fed."""
        names = (n.table for n in self.reads if n.schema in CORE_SCHEMAS and n.schema != YEAR_BEFORE)
        return tuple(n for n in dict.fromkeys(names) if n not in self.unfed)

    @property
    def other_years(self) -> tuple[TableName, ...]:
        """The core tables whose rows of other years it reads and that are fed."""
        return tuple(
            n
            for n in self.reads
            if n.schema in CORE_SCHEMAS and n.schema != SAME_YEAR and n.table not in self.unfed
        )

    @property
    def all_core_inputs(self) -> tuple[str, ...]:
        """The core tables whose rows of any year it reads and that are fed, without itself."""
        names = dict.fromkeys((*self.core_inputs, *(n.table for n in self.other_years)))
        return tuple(n for n in names if n != self.contract.table)

    @property
    def computed_from(self) -> frozenset[str]:
        """The core tables its own rows are computed from, and not what it refers to or is compared with."""
        names = {n.table for n in sql_reads(self.sql_file) if n.schema in CORE_SCHEMAS}
        return frozenset(names) - {"organizations", self.contract.table}

    @property
    def sources(self) -> tuple[str, ...]:
        """The sources it reads."""
        return tuple(sorted({n.table.split("__")[0] for n in self.reads if n.schema == "raw"}))


def core_node(table: str) -> Node:
    """The node of a core table."""
    return Node("core", table)


def core_tables(home: Home) -> dict[str, CoreTable]:
    """The core tables this agency can fill from its sources, in an order in which they can be computed.

    A table belongs when one of its mappings' sources is on, or when all it reads are tables that belong.
    """
    if "core_tables" not in home.remembered:
        home.remembered["core_tables"] = _fed_tables(home)
    return dict(home.remembered["core_tables"])


def _fed_tables(home: Home) -> dict[str, CoreTable]:
    candidates = {
        contract.table: CoreTable(
            contract,
            CORE_SQL / f"{contract.table}.sql",
            mappings_of(home, contract.table),
            compared=_compared(home, contract.name),
        )
        for contract in home.contracts.values()
        if contract.layer == "core" and contract.partitioned
    }
    chosen = _ordered(candidates)
    # A table belongs when something feeds it; what is read of the year before may be the table itself.
    fed = _spread(chosen, _is_fed)
    unfed = frozenset(chosen) - fed
    tables = {name: replace(table, unfed=unfed) for name, table in chosen.items() if name in fed}
    near = _spread(
        tables, lambda table, found: _is_restricted(home, table) or bool(found & {*table.all_core_inputs})
    )
    return {name: replace(table, is_near_students=name in near) for name, table in tables.items()}


def _ordered(candidates: dict[str, CoreTable]) -> dict[str, CoreTable]:
    """The tables, each after those whose rows of the same year it reads.

    Where it can be, also after those of which it reads another year, so that people meet them in that order.
    """
    chosen: dict[str, CoreTable] = {}
    waiting = dict(candidates)
    while waiting:
        inputs = {name: _known_inputs(table, candidates) for name, table in waiting.items()}
        ready = [n for n, table in waiting.items() if chosen.keys() >= {*table.core_inputs}]
        if not ready:
            raise SpmError(
                f"Core tables read each other in a circle: {', '.join(sorted(_circle(waiting)))}",
                remedy="Break the circle in assets/core",
            )
        after_all = [n for n in ready if chosen.keys() >= {*inputs[n]}]
        for name in sorted(after_all or ready):
            chosen[name] = waiting.pop(name)
    return chosen


def _circle(waiting: dict[str, CoreTable]) -> frozenset[str]:
    """The tables that wait for each other, without those that only wait for them."""
    left = frozenset(waiting)
    while True:
        read = frozenset(i for name in left for i in waiting[name].core_inputs)
        if left <= read:
            return left
        left &= read


def _spread(
    tables: dict[str, CoreTable], belongs: Callable[[CoreTable, frozenset[str]], bool]
) -> frozenset[str]:
    """The smallest set in which every table belongs that should, given the others in it."""
    found: frozenset[str] = frozenset()
    while True:
        more = frozenset(name for name, table in tables.items() if name in found or belongs(table, found))
        if more == found:
            return found
        found = more


def _is_restricted(home: Home, table: CoreTable) -> bool:
    return table.contract.is_restricted or any(home.sources[s].spec.is_restricted for s in table.sources)


def _compared(home: Home, name: str) -> tuple[TableName, ...]:
    """The core tables, and raw tables of sources that are on, which suites compare a table with."""
    needed = {n for claim in load_suites() if claim.table == name for n in claim.needs if n != name}
    tables = sorted(TableName(*n.split(".", 1)) for n in needed)
    return tuple(
        t
        for t in tables
        if t.schema == "core" or (t.schema == "raw" and t.table.split("__")[0] in home.sources)
    )


def _known_inputs(table: CoreTable, candidates: dict[str, CoreTable]) -> Sequence[str]:
    """The core tables it reads, of any year.

    Raises:
        SpmError: One of them has no contract.
    """
    for name in table.all_core_inputs:
        if name not in candidates:
            raise SpmError(
                f"{table.contract.name} reads core.{name}, which has no contract",
                file=shown(table.sql_file),
                remedy="Correct the name or add the contract",
            )
    return table.all_core_inputs


def _is_fed(table: CoreTable, fed: frozenset[str]) -> bool:
    if table.mappings:
        return True
    if table.contract.fed_by == "any":
        return not fed.isdisjoint(table.all_core_inputs)
    own = table.computed_from
    return bool(own) and fed.issuperset(own)
