"""A program that runs inside a copied tree: loads the definitions, refreshes, prints what came of it as JSON.

Put here: what a refresh does, without Dagster's runs. Not here: what a promise touches (the tests).
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import dagster as dg
import pyarrow.parquet as pq
from small_state import refresh
from verdicts import Verdicts

import assets.gate
from assets.core_table import core_node, core_tables
from assets.definition_tables import measure_rows
from assets.gate import last_results
from assets.home import Home, claim_home, open_home
from assets.lake import Node
from assets.measures import measured_tables, measures_node
from assets.publication import publish
from pipelines.definitions import build_definitions
from pipelines.dictionary import dictionary
from pipelines.scorecard import scorecard
from warehouse.model.contract import published_contracts
from warehouse.read import open_reader


def main(checks: str) -> None:
    """Print everything that a test may ask of the tree."""
    assert Path(assets.gate.__file__).is_relative_to(Path.cwd()), "the code of the tree, not of the checkout"
    if checks == "stand-in":
        assets.gate.run_checks = Verdicts()  # type: ignore[assignment]
    home = open_home()
    claim_home(home)
    definitions = build_definitions(home)
    dg.Definitions.validate_loadable(definitions)
    graph = definitions.resolve_asset_graph()
    refresh(home)
    tables = [core_node(name) for name in core_tables(home)]
    measured = [measures_node(name) for name in measured_tables(home)]
    release = publish(home, code_version="tree").outcome.release_id
    with open_reader(home.warehouse_url) as reader:
        card = scorecard(reader, year=None, organization=None)
        published = reader.measure_values(school_year=home.agency.settings.school_years[-1])
        described = {row["measure_id"] for row in reader.table("measure")}
    found = {
        "agency": home.agency.settings.agency_id,
        "assets": sorted("/".join(key.path) for key in graph.get_all_asset_keys()),
        "checks": sorted(key.name for key in graph.asset_check_keys),
        "tables": {node.table: _rows(home, node) for node in tables},
        "values": [row for node in measured for row in _rows(home, node)],
        "results": {r.claim: r.passed for n in tables for r in last_results(home.lake, n, 2024)},
        "release": release,
        "published": sorted({row["measure_id"] for row in published} & described),
        "scorecard": sorted(row["measure_id"] for row in card["unjudged"]),
        "formulas": {
            "/".join(key.path): dict(graph.get(key).metadata["formulas"])
            for key in graph.get_all_asset_keys()
            if "formulas" in graph.get(key).metadata
        },
        "descriptions": "\n".join(graph.get(key).description or "" for key in graph.get_all_asset_keys()),
        "dictionary": dictionary(home),
        "measures": measure_rows(home.agency, published_contracts()["measure"])["measure_id"].to_pylist(),
    }
    print(json.dumps(found, default=str))


def _rows(home: Home, node: Node) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for year in home.agency.settings.school_years:
        state = home.lake.state(node, year)
        if state is not None and state.is_good and state.accepted is not None:
            rows += pq.read_table(home.lake.file(node, year, state.accepted)).to_pylist()
    return rows


main(*sys.argv[1:])
