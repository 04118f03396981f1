"""Evaluate claims over an open catalog: verdicts from Great Expectations, failing rows from DuckDB.

Put here: what becomes of each claim. Not here: which claims there are and whether one is waived (`run`).
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from checks.claim import Claim, RowCount
from checks.result import CheckResult

if TYPE_CHECKING:
    from checks.catalog import Catalog
    from checks.gx_bridge import Verdict


@dataclass(frozen=True)
class Subject:
    """What is being checked."""

    target: str
    school_year: int | None
    data_version: str
    checked_rows: int
    failing_dir: Path
    restricted_tables: frozenset[str]

    def is_restricted(self, claim: Claim) -> bool:
        """Whether the claim reads any table about single students."""
        return bool(claim.needs & self.restricted_tables)

    def failing_file(self, claim: Claim) -> Path:
        """Where the claim's failing rows of this year and version go."""
        year = "all" if self.school_year is None else str(self.school_year)
        version = hashlib.sha256(self.data_version.encode()).hexdigest()[:12]
        return self.failing_dir / f"{self.target}.{year}.{version}.{claim.name}.parquet"


def evaluate(
    catalog: Catalog, subject: Subject, claims: Sequence[Claim], *, present: frozenset[str]
) -> list[CheckResult]:
    """One result per claim, in their order; waivers are not considered.

    Args:
        catalog: Views on the target and the tables it is compared with.
        subject: What is being checked.
        claims: Claims about it.
        present: The tables that have a view; a claim that reads another one is a crash.
    """
    started = time.perf_counter()
    relevant = [c for c in claims if subject.checked_rows or c.applies_to_empty]
    judged = [c for c in relevant if c.needs <= present]
    verdicts = _verdicts(catalog, subject, judged)
    share = (time.perf_counter() - started) / max(len(judged), 1)
    results = []
    for claim in claims:
        blank = replace(
            blank_result(claim, subject.school_year),
            data_version=subject.data_version,
            checked_rows=subject.checked_rows,
            seconds=share if claim in judged else 0.0,
        )
        if claim not in relevant:
            results.append(replace(blank, detail="there are no rows to judge"))
        elif claim not in judged:
            absent = ", ".join(sorted(claim.needs - present))
            results.append(crashed(blank, f"the claim reads {absent}, which was not given to the check"))
        else:
            results.append(_judged(catalog, subject, claim, blank, verdicts[claim.name]))
    return results


def _verdicts(catalog: Catalog, subject: Subject, claims: Sequence[Claim]) -> dict[str, Verdict]:
    """The verdicts of Great Expectations, which is not even imported when there is nothing to judge."""
    if not claims:
        return {}
    from checks import gx_bridge

    restricted = any(subject.is_restricted(claim) for claim in claims)
    return gx_bridge.evaluate(catalog.url, subject.target, claims, restricted=restricted)


def _judged(
    catalog: Catalog, subject: Subject, claim: Claim, blank: CheckResult, verdict: Verdict
) -> CheckResult:
    if verdict.crash is not None:
        return crashed(blank, verdict.crash)
    if verdict.passed:
        return blank
    if isinstance(claim.rule, RowCount):
        return replace(blank, passed=False, detail=f"there are {subject.checked_rows:,} rows")
    started = time.perf_counter()
    restricted = subject.is_restricted(claim)
    try:
        failing = catalog.failing_rows(claim, subject.failing_file(claim), show_keys=not restricted)
    except Exception as problem:
        text = type(problem).__name__ if restricted else " ".join(str(problem).split())[:300]
        return crashed(blank, f"the failing rows could not be written: {text}")
    if failing.count == 0:
        return crashed(blank, "Great Expectations says it is false, but its SQL finds no such row")
    return replace(
        blank,
        passed=False,
        failing_rows=failing.count,
        failing_keys=failing.keys,
        failing_rows_file=str(failing.file),
        seconds=blank.seconds + time.perf_counter() - started,
    )


def blank_result(claim: Claim, school_year: int | None) -> CheckResult:
    """The result of a claim before anything is known, which a `replace` completes."""
    return CheckResult(
        claim=claim.name,
        sentence=claim.sentence,
        table=claim.table,
        school_year=school_year,
        data_version="",
        severity=claim.severity,
        blocking=claim.severity == "error",
        passed=True,
        kind="data",
        checked_rows=0,
        failing_rows=0,
        failing_keys=(),
        owner=claim.owner,
        remedy=claim.remedy,
        failing_rows_file=None,
        seconds=0.0,
    )


def crashed(result: CheckResult, detail: str) -> CheckResult:
    """The result of a claim that could not be evaluated: it stops what follows, whatever its severity."""
    return replace(
        result,
        passed=False,
        kind="crash",
        severity="error",
        blocking=True,
        detail=detail,
        remedy=f"Mend the check or what it reads, then run again; for the data itself: {result.remedy}",
    )
