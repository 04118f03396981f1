"""What names given to `--select` stand for, and whether it was renewed.

Put here: from names of sources, core tables and measures to assets. Not here: running them (`runs`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce
from operator import or_

import dagster as dg

from assets.core_table import core_node, core_tables
from assets.dagster_deps import key_of
from assets.derived_measures import DERIVED, core_of, derived_measures, tables_of
from assets.home import Home
from assets.lake import Node
from assets.measures import measured_tables, measures_node
from assets.raw import raw_node
from pipelines.findings import STEP, Finding
from pipelines.wrong_use import WrongUse, meant


def selected_keys(home: Home, definitions: dg.Definitions, names: Sequence[str]) -> list[dg.AssetKey]:
    """The assets that names of sources, core tables or measures stand for.

    A source brings what is computed from it, and all that this needs; a table or measure what it is computed
    from. On a new home nothing else could be computed: figures need organizations from other sources.

    Raises:
        WrongUse: A name is none of these.
    """
    chosen = reduce(or_, [_with_needs(home, name) for name in names])
    refreshed = dg.AssetSelection.groups("raw", "core", "measures")
    graph = definitions.resolve_asset_graph()
    return sorted((chosen & refreshed).resolve(graph), key=lambda key: tuple(key.path))


def not_renewed(home: Home, names: Sequence[str], years: Sequence[int]) -> Iterator[Finding]:
    """A finding for each name that could be renewed in none of the years, though nothing has failed.

    The failure of a source behind it is a finding already, and says better what to do.
    """
    for name in dict.fromkeys(names):
        node = _node_of(home, name)
        if any(_is_renewed(home, node, year) for year in years):
            continue
        sources = sorted(_sources_behind(home, node))
        if any(_has_failed(home, raw_node(source), year) for source in sources for year in years):
            continue
        text = (
            f"{name} was asked for and could not be renewed for {', '.join(map(str, years))}. "
            f"See whether sources.yml declares files of {', '.join(sources)} for it, "
            "and whether they have come."
        )
        yield Finding(STEP, node.name, None, True, text, owner="whoever asked")


def _with_needs(home: Home, name: str) -> dg.AssetSelection:
    node = _node_of(home, name)
    itself = dg.AssetSelection.assets(key_of(node))
    if name in home.sources:
        # Downstream only within what a refresh makes: the release is fed by everything.
        made = itself.downstream() & dg.AssetSelection.groups("raw", "core", "measures")
        # What is made of all figures is made anew from what the others were last accepted with.
        derived = dg.AssetSelection.assets(key_of(DERIVED))
        return made | (made - derived).upstream() if derived_measures(home) else made | made.upstream()
    # Dagster does not know of every table that is read of another year (`dagster_assets`).
    tables = dg.AssetSelection.assets(*(key_of(core_node(t)) for t in _tables_behind(home, node)))
    needed = (itself | tables).upstream()
    return needed | dg.AssetSelection.assets(key_of(DERIVED)) if derived_measures(home) else needed


def _node_of(home: Home, name: str) -> Node:
    measured = measured_tables(home)
    derived = [m.id for m in derived_measures(home)]
    if name in home.sources:
        return raw_node(name)
    if name in derived:
        return DERIVED
    table = next((t for t, found in measured.items() if name in {m.id for m in found}), name)
    if table not in core_tables(home):
        known = sorted(
            {*home.sources, *core_tables(home), *(m.id for f in measured.values() for m in f), *derived}
        )
        raise WrongUse(
            "No source, core table or measure of that name",
            value=name,
            remedy=f"{meant(name, known)}Use one of {', '.join(known)}",
        )
    return measures_node(table) if table in measured else core_node(table)


def _is_renewed(home: Home, node: Node, year: int) -> bool:
    """Whether a node stands well, and not merely because it has no rows for want of any file."""
    return _is_good(home, node, year) and any(
        _is_good(home, raw_node(source), year) for source in _sources_behind(home, node)
    )


def _is_good(home: Home, node: Node, year: int) -> bool:
    state = home.lake.state(node, year)
    return state is not None and state.is_good


def _has_failed(home: Home, node: Node, year: int) -> bool:
    state = home.lake.state(node, year)
    return state is not None and state.outcome == "failed"


def _sources_behind(home: Home, node: Node) -> set[str]:
    """The sources that rows come from; organizations only describe those of other tables."""
    if node.layer == "raw":
        return {node.table}
    tables = core_tables(home)
    names = _tables_behind(home, node) - ({"organizations"} - {node.table})
    return {source for name in names for source in tables[name].sources if source in home.sources}


def _tables_behind(home: Home, node: Node) -> set[str]:
    """The core tables, its own too, whose rows of any year it is computed from."""
    tables, derived = core_tables(home), derived_measures(home)
    found: set[str] = set()
    waiting = [*tables_of(home, derived), *core_of(home, derived)] if node == DERIVED else [node.table]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += tables[name].all_core_inputs
    return found
