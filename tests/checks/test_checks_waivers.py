"""A waiver lets exactly what it names pass, until its date, and never privacy or a crash."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from invented_tables import TODAY, planted

from checks.claim import Claim, NoRows
from checks.message import describe
from checks.result import CheckResult
from warehouse.model.agency import Waiver

Check = Callable[..., dict[str, CheckResult]]
CLAIM = "absent_do_not_exceed_eligible"


def waiver(**changes: Any) -> Waiver:
    given = {
        "claim": CLAIM, "table": "core.absence", "school_year": 2021, "who": "J. Doe",
        "why": "the publisher corrects it in May", "until": TODAY, **changes,
    }  # fmt: skip
    return Waiver(**given)


def test_a_waived_failure_stays_failed_and_stops_nothing(check: Check) -> None:
    result = check(planted(0, absent=101), waivers=(waiver(),))[CLAIM]
    assert (result.passed, result.blocking, result.stops) == (False, True, False)
    assert result.waived_by == f"J. Doe, until {TODAY}: the publisher corrects it in May"
    assert result.failing_keys
    assert "is waived by J. Doe" in describe(result)


def test_a_waiver_holds_on_its_last_day_and_not_after(check: Check) -> None:
    ended = waiver(until=TODAY - timedelta(days=1))
    result = check(planted(0, absent=101), waivers=(ended,))[CLAIM]
    assert result.stops
    assert "the waiver of J. Doe ended on" in str(result.detail)


@pytest.mark.parametrize(
    "other", [{"school_year": 2020}, {"table": "core.poverty"}, {"claim": "key_is_unique"}]
)
def test_a_waiver_covers_only_its_claim_table_and_year(check: Check, other: dict[str, Any]) -> None:
    assert check(planted(0, absent=101), waivers=(waiver(**other),))[CLAIM].stops


def test_a_waiver_without_a_year_covers_all_of_them(check: Check) -> None:
    everywhere = waiver(school_year=None, table="absence")
    assert not check(planted(0, absent=101), waivers=(everywhere,))[CLAIM].stops


def test_a_waiver_cannot_touch_a_claim_that_protects_people(check: Check) -> None:
    claim = Claim(
        name="small_groups_are_hidden", sentence="s", table="core.absence", severity="error", owner="o",
        remedy="r", rule=NoRows(), failing_rows="SELECT organization_id FROM core.absence",
        shown=("organization_id",), needs=frozenset({"core.absence"}), from_suite=True, is_privacy=True,
    )  # fmt: skip
    held = waiver(claim=claim.name)
    result = check(suites=(claim,), waivers=(held,))[claim.name]
    assert (result.stops, result.waived_by) == (True, None)
    assert "privacy cannot be waived" in str(result.detail)
    assert not check(suites=(replace(claim, is_privacy=False),), waivers=(held,))[claim.name].stops


def test_a_waiver_cannot_touch_a_crash(check: Check) -> None:
    claim = Claim(
        name="broken", sentence="s", table="core.absence", severity="error", owner="o", remedy="r",
        rule=NoRows(), failing_rows="SELECT no_such_column FROM core.absence", shown=(),
        needs=frozenset({"core.absence"}), from_suite=True,
    )  # fmt: skip
    result = check(suites=(claim,), waivers=(waiver(claim="broken", until=date(2099, 1, 1)),))["broken"]
    assert (result.kind, result.stops) == ("crash", True)


def test_a_waiver_of_what_holds_changes_nothing(check: Check) -> None:
    assert check(waivers=(waiver(),))[CLAIM].waived_by is None
