"""All claims as one question: what it saves, and that no verdict depends on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from invented_tables import GOOD_ROWS, failed, planted

from checks import gx_bridge
from checks.result import CheckResult

Check = Callable[..., dict[str, CheckResult]]

PLANTED = {
    "nothing": GOOD_ROWS,
    "a missing value": planted(1, eligible=None),
    "an unknown code": planted(0, student_group="nobody"),
    "a code in a list": planted(0, tags=["a", "zz"]),
    "a value out of bounds": planted(0, rate="100.1"),
    "a misspelt id": planted(0, organization_id="600001"),
    "a repeated key": [*GOOD_ROWS, GOOD_ROWS[0]],
    "too few rows": GOOD_ROWS[:1],
    "too many rows": [*GOOD_ROWS, *({**GOOD_ROWS[0], "school_year": 2000 + i} for i in range(9))],
    "a claim written by hand": planted(0, absent=101),
    "a warning": planted(0, absent=0),
    "several at once": planted(0, absent=-1, rate="-1", organization_id="x", student_group=None),
}


def _comparable(results: dict[str, CheckResult]) -> dict[str, CheckResult]:
    return {name: replace(result, seconds=0.0) for name, result in results.items()}


@pytest.mark.parametrize("what", PLANTED)
def test_every_claim_gets_the_verdict_that_it_gets_alone(
    check: Check, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    together = check(PLANTED[what])
    monkeypatch.setattr(gx_bridge, "_all_true", lambda *_: False)
    alone = check(PLANTED[what])
    assert _comparable(together) == _comparable(alone)
    assert bool(failed(alone)) == (what != "nothing")


def test_a_table_of_true_claims_costs_one_expectation(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    whole = gx_bridge._results

    def counted(gx: Any, url: str, table: str, expectations: list[Any]) -> Any:
        asked.append(len(expectations))
        return whole(gx, url, table, expectations)

    monkeypatch.setattr(gx_bridge, "_results", counted)
    results = check()
    assert asked == [1]
    assert len(results) > 15
    asked.clear()
    assert failed(check(planted(0, absent=101))) == {"absent_do_not_exceed_eligible"}
    assert asked == [1, len(results)]
