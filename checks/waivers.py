"""Waivers: a named person lets a named failure pass until a date.

Put here: whether a waiver covers a failure. Not here: the file they stand in (`warehouse.model`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from checks.result import CheckResult
from warehouse.model.agency import Waiver


def apply_waivers(
    result: CheckResult, waivers: Sequence[Waiver], *, today: date, is_privacy: bool = False
) -> CheckResult:
    """The result with `waived_by` set if a waiver in force covers its failure.

    The result still says `passed=False`. Never covered: a claim that protects people, and a crash, of which
    nobody knows what it hides. A waiver that was asked for and refused, or has expired, is named in `detail`.
    """
    if result.passed:
        return result
    covering = [waiver for waiver in waivers if _covers(waiver, result)]
    if not covering:
        return result
    latest = max(covering, key=lambda waiver: waiver.until)
    if is_privacy:
        return _noted(result, f"the waiver of {latest.who} has no effect: privacy cannot be waived")
    if result.kind == "crash":
        return _noted(
            result, f"the waiver of {latest.who} has no effect: a check that crashed proves nothing"
        )
    if latest.until < today:
        return _noted(result, f"the waiver of {latest.who} ended on {latest.until.isoformat()}")
    return replace(result, waived_by=f"{latest.who}, until {latest.until.isoformat()}: {latest.why}")


def _covers(waiver: Waiver, result: CheckResult) -> bool:
    return (
        waiver.claim == result.claim
        and waiver.table in (result.table, result.table.partition(".")[2])
        and waiver.school_year in (None, result.school_year)
    )


def _noted(result: CheckResult, note: str) -> CheckResult:
    return replace(result, detail="; ".join(part for part in (result.detail, note) if part))
