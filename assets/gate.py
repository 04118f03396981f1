"""The gate between layers: check a version just built, then accept it or record why not.

Put here: which files a check may look at, and what a verdict does to the lake.
Not here: the claims (`checks`), the tables (`core`, `measures`).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from assets.core import core_version
from assets.core_inputs import input_files
from assets.core_table import CoreTable, core_node, core_tables
from assets.engine import YEAR_BEFORE, YEARS_TO_DATE, TableName
from assets.home import Home
from assets.lake import Lake, Node
from assets.measures import measures_node, measures_version, value_contract
from assets.version import data_version
from checks.message import describe
from checks.result import CheckResult
from checks.run import run_checks, tables_asked
from checks.suites import SUITES
from warehouse.model.contract import Contract

RESULTS = "checks"
# A source's rows and those of other years are looked at where there are any.
_WHERE_THERE = ("raw", YEAR_BEFORE, YEARS_TO_DATE)


def check_core(home: Home, table: CoreTable, school_year: int) -> list[CheckResult]:
    """Check the version of a core table that was just built, and accept it if nothing blocking failed."""
    version = core_version(home, table, school_year)
    return judge(home, core_node(table.contract.table), table.contract, school_year, version)


def check_measures(home: Home, core_table: str, school_year: int) -> list[CheckResult]:
    """Check the measures of a core table that were just built, and accept them if nothing blocking failed."""
    version = measures_version(home, core_table, school_year)
    return judge(home, measures_node(core_table), value_contract(home, core_table), school_year, version)


def last_results(lake: Lake, node: Node, school_year: int | None) -> list[CheckResult]:
    """The results of the last check of a node's year, whether it passed or failed."""
    kept = lake.read_json(node, school_year, RESULTS) or {"results": []}
    return [CheckResult.from_json(text) for text in kept["results"]]


def judge(home: Home, node: Node, contract: Contract, school_year: int, version: str) -> list[CheckResult]:
    """Check a version of a node that was just built, and accept it if nothing blocking failed."""
    known = checks_version(home, contract)
    kept = home.lake.read_json(node, school_year, RESULTS)
    if kept is not None and kept["version"] == version and kept["checks"] == known:
        results = last_results(home.lake, node, school_year)
    else:
        results = _run(home, node, contract, school_year, version)
        content = {"version": version, "checks": known, "results": [r.to_json() for r in results]}
        home.lake.write_json(node, school_year, RESULTS, content, restricted=contract.is_restricted)
    _settle(home, node, school_year, version, results)
    return results


def checks_version(home: Home, contract: Contract) -> str:
    """What the verdict depends on beside the data: claims, and the waivers in force today."""
    in_force = [w for w in home.agency.waivers if w.until >= home.today]
    suites = {path.name: path for path in sorted(SUITES.glob("*.yml"))}
    return data_version({"contract": contract, "suites": suites, "waivers": in_force})


def _run(home: Home, node: Node, contract: Contract, school_year: int, version: str) -> list[CheckResult]:
    target = contract.name
    # Only what its claims read: looking up the files of every table for every table would take longer.
    asked, views = tables_asked(contract) - {target}, dict[str, Sequence[Path]]()
    for table in core_tables(home).values():
        if table.contract.name in asked:
            views[table.contract.name] = list(
                input_files(home, TableName("core", table.contract.table), school_year)
            )
        for read in table.reads:
            if str(read) in asked and str(read) not in views and read.schema in _WHERE_THERE:
                files = list(input_files(home, read, school_year))
                if files:
                    views[str(read)] = files
    views[target] = [home.lake.file(node, school_year, version)]
    return run_checks(
        contract,
        views=views,
        target=target,
        school_year=school_year,
        data_version=version,
        failing_dir=home.root / "failing_rows" / node.layer / node.table / f"school_year={school_year}",
        waivers=home.agency.waivers,
        today=home.today,
    )


def _settle(home: Home, node: Node, school_year: int, version: str, results: Sequence[CheckResult]) -> None:
    stopping = [result for result in results if result.stops]
    if stopping:
        home.lake.fail(
            node, school_year, version=version, claim=stopping[0].claim, reason=describe(stopping[0])
        )
        return
    rows = max((r.checked_rows for r in results), default=0)
    home.lake.accept(node, school_year, version, rows)
