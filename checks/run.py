"""Run all claims about one table, once, over the lake.

Put here: the order of things: claims, views, verdicts, failing rows, waivers. Not here: any of these
themselves. Importing this module imports neither Great Expectations nor DuckDB; they are loaded when a claim
is evaluated.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from checks.claim import Claim
from checks.claims import claims_of
from checks.evaluate import Subject, evaluate
from checks.result import CheckResult
from checks.suites import load_suites
from checks.waivers import apply_waivers
from warehouse.model.agency import Waiver
from warehouse.model.contract import Contract, load_contracts
from warehouse.model.errors import SpmError

if TYPE_CHECKING:
    from checks.catalog import Catalog


def run_checks(
    contract: Contract,
    *,
    views: Mapping[str, Sequence[Path]],
    target: str,
    school_year: int | None,
    data_version: str,
    failing_dir: Path,
    waivers: Sequence[Waiver] = (),
    today: date,
    extra_suites: Sequence[Claim] | None = None,
    contracts: Mapping[str, Contract] | None = None,
) -> list[CheckResult]:
    """Evaluate every claim about `target`: of its contract, and of suites whose tables are all in `views`.

    `views` gives Parquet files by `layer.table`, none for a table without rows. `school_year` is None for a
    table without years. `failing_dir` is made private. `extra_suites` default to those of `checks/suites`,
    `contracts` (by `layer.table`, for privacy and for views without files) to the project's. In a table
    without rows no row count is judged, and a claim passes unless it says that it applies.

    Raises:
        SpmError: A view cannot be made, or Great Expectations cannot be imported.
    """
    if target not in views:
        raise SpmError(f"{target} is to be checked but has no view", remedy="Give its files in `views`")
    known = {**(project_contracts() if contracts is None else contracts), target: contract}
    suites = load_suites() if extra_suites is None else extra_suites
    claims = all_claims(contract, suites, known, present=tuple(views))
    restricted = frozenset(name for name in (*known, *views) if _is_restricted(name, known))
    with _open(views, known) as catalog:
        rows = catalog.count(target)
        subject = Subject(target, school_year, data_version, rows, failing_dir, restricted)
        results = evaluate(catalog, subject, claims, present=frozenset(views))
    return [
        apply_waivers(result, waivers, today=today, is_privacy=claim.is_privacy)
        for claim, result in zip(claims, results, strict=True)
    ]


def tables_asked(contract: Contract) -> frozenset[str]:
    """The tables, as `layer.table`, that some claim about a table reads: of its contract or of a suite."""
    known = {**project_contracts(), contract.name: contract}
    return frozenset(name for claim in all_claims(contract, load_suites(), known) for name in claim.needs)


def project_contracts() -> dict[str, Contract]:
    """The project's contracts by `layer.table`."""
    return {contract.name: contract for contract in load_contracts().values()}


def all_claims(
    contract: Contract,
    suites: Sequence[Claim],
    known: Collection[str],
    *,
    present: Collection[str] | None = None,
) -> tuple[Claim, ...]:
    """The contract's claims, then those of suites about it (all, or those whose tables are all `present`).

    Raises:
        SpmError: Two of them have the same name, so that one would hide the other.
    """
    written = [c for c in suites if c.table == contract.name and (present is None or c.needs <= set(present))]
    claims = (*claims_of(contract, known), *written)
    names = [claim.name for claim in claims]
    for name in names:
        if names.count(name) > 1:
            raise SpmError(
                f"Two claims about {contract.name} are called {name!r}",
                remedy="Rename the one in the contract or in checks/suites",
            )
    return claims


def _is_restricted(name: str, known: Mapping[str, Contract]) -> bool:
    """Whether rows of a view are about single students; those of other years stand under another schema."""
    contract = known.get(name) or known.get(f"core.{name.partition('.')[2]}")
    return contract is not None and contract.is_restricted


def _open(views: Mapping[str, Sequence[Path]], known: Mapping[str, Contract]) -> Catalog:
    from checks.catalog import Catalog

    restricted = any(_is_restricted(name, known) for name in views)
    failure: str
    try:
        return Catalog(views, known)
    except SpmError:
        raise
    except Exception as problem:
        # DuckDB quotes what it found; outside this block the new error has no context to carry that along.
        failure = type(problem).__name__ if restricted else " ".join(str(problem).split())[:300]
    raise SpmError(
        f"The lake's files cannot be read ({failure})", remedy="Build the tables of this year again"
    )
