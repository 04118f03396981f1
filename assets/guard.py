"""What a step may say when it fails, and that the lake hears of it.

Put here: the border between errors and what Dagster keeps. Not here: Dagster itself (`dagster_assets`).

Dagster stores an exception with all that led to it, and a database quotes the cell that offends. So a failure
becomes words here, and is raised anew by the caller where nothing clings to it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from assets.gate import last_results
from assets.home import Home
from assets.lake import Node
from assets.lineage import is_about_students
from assets.timing import Timings
from checks.gx_bridge import import_great_expectations
from checks.result import CheckResult
from warehouse.model.errors import SpmError

Made = TypeVar("Made")


@dataclass(frozen=True)
class Told:
    """A failure in words that may be kept anywhere."""

    words: str


def attempt(home: Home, node: Node, year: int, work: Callable[[], Made]) -> Made | Told:
    """Do the work of a node's year.

    Raises:
        Exception: One that is not ours, where no student's data are near; it is recorded in the lake first.
    """
    try:
        return work()
    except SpmError as problem:
        return Told(str(problem))  # recorded in the lake where it arose
    except Exception as problem:
        kind = type(problem).__name__
        home.lake.fail(node, year, reason=f"Unexpected {kind}")
        if not is_about_students(home, node):
            raise
    words = "its words are withheld since they may quote a student's data"
    return Told(f"{node.name}, school year {year}: {kind}; {words}")


def attempt_release(work: Callable[[], Made]) -> Made | Told:
    """Do the work of a publication, which handles no student's data."""
    try:
        return work()
    except SpmError as problem:
        return Told(str(problem))


def judge_node(
    home: Home,
    node: Node,
    year: int | None,
    timings: Timings,
    check: Callable[[int], list[CheckResult]],
) -> list[CheckResult]:
    """The verdict; when there is none, the lake says so, or yesterday's would stand."""
    assert year is not None  # noqa: S101 - all checked tables have years
    try:
        if "great_expectations" not in sys.modules and not last_results(home.lake, node, year):
            # It takes seconds to import, which would otherwise look like a slow check.
            with timings.measure("import"):
                import_great_expectations()
        with timings.measure("checks"):
            return check(year)
    except Exception as problem:
        told = str(problem) if isinstance(problem, SpmError) else type(problem).__name__
        home.lake.fail(node, year, reason=f"The checks could not be run ({told})")
        raise
