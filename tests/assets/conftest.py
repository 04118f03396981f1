"""Checks that pass in no time, for tests about what is done with a verdict and not about how it is found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

import assets.gate
from checks.result import CheckResult


class Verdicts:
    """What checks answer: everything passes, but for the claims failed by table and school year."""

    def __init__(self) -> None:
        self.failing: set[tuple[str, int]] = set()
        self.runs: list[tuple[str, int]] = []

    def __call__(
        self, contract: Any, *, target: str, school_year: int, data_version: str, **_: Any
    ) -> Sequence[CheckResult]:
        self.runs.append((target, school_year))
        fails = (target, school_year) in self.failing
        return [
            CheckResult(
                claim="all_is_well", sentence="All is well.", table=target, school_year=school_year,
                data_version=data_version, severity="error", blocking=True, passed=not fails, kind="data",
                checked_rows=3, failing_rows=2 if fails else 0, failing_keys=(), owner=contract.owner,
                remedy="Mend it", failing_rows_file=None, seconds=0.0,
            )
        ]  # fmt: skip


@pytest.fixture
def verdicts(monkeypatch: pytest.MonkeyPatch) -> Verdicts:
    """Stands in for `run_checks`, which takes seconds to import what it needs."""
    stand_in = Verdicts()
    monkeypatch.setattr(assets.gate, "run_checks", stand_in)
    return stand_in
