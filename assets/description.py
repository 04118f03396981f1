"""What people are told of a table: tags, facts and sentences, from contracts, sources and plan.

Put here: descriptions in plain values. Not here: how Dagster is told (`dagster_assets`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from assets.home import Home
from assets.lake import Node
from assets.lineage import stake_of
from assets.raw import ACCOUNT, raw_node
from warehouse.model.contract import Contract, FieldSpec


def why_empty(home: Home, node: Node, year: int) -> str:
    """Why a source gave no rows for a year, which is no failure."""
    declared = home.settings_of(node.table).for_year(year) is not None
    return "not_yet_released" if declared else "not_declared"


def snapshots_behind(home: Home, sources: Iterable[str], year: int) -> list[str]:
    """The sha256 of the files behind a year of some sources."""
    found = {
        str(entry["snapshot_sha256"])
        for source in sources
        for entry in home.lake.read_json(raw_node(source), year, ACCOUNT) or []
    }
    return sorted(found)


def tags_of(home: Home, node: Node, privacy: str, families: Sequence[str]) -> Mapping[str, str]:
    """Privacy, families and objectives, as tags to select by."""
    objectives = {f"objective/{code}": "" for code in stake_of(home, node).objectives}
    return {"privacy": privacy, **{f"family/{name}": "" for name in families}, **objectives}


def facts_of_source(home: Home, source_id: str) -> Mapping[str, Any]:
    """What a source's folder says of it."""
    spec = home.sources[source_id].spec
    return {
        "publisher": spec.publisher,
        "licence": spec.licence,
        "contact": spec.contact,
        "tables": list(spec.tables),
        "school_years": sorted(y for r in home.settings_of(source_id).releases for y in r.school_years),
    }


def description_of(contract: Contract) -> str:
    """A contract in a sentence."""
    return f"{contract.title}: {contract.grain}."


def sql_block(text: str) -> str:
    """SQL as Markdown shows it."""
    return f"```sql\n{text.strip()}\n```"


def column_description(field: FieldSpec) -> str:
    """What a column means, with its unit."""
    return field.description + (f" [{field.unit}]" if field.unit else "")
