"""How the account of a figure reads: ranges, counts, reasons, bases, published percents."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from pipelines import explanation
from pipelines.explanation import figure_text

VALUE: dict[str, Any] = {
    "measure_id": "some_rate", "organization_id": "8800010", "organization_name": "Alder",
    "organization_view": "none", "organization_type": "LEA", "school_year": 2025, "student_group": "none",
    "grade": "none", "subject": "none", "federal_program_code": "none", "award_id": "none",
    "strategy_id": "none", "period": "annual", "unit": "percent", "decimals": 1,
    "value": 50.0, "value_low": None, "value_high": None, "interval_low": None, "interval_high": None,
    "numerator": None, "denominator": None, "basis": "published", "suppression": None, "null_reason": None,
    "is_partial_coverage": False, "data_status": "final", "core_rows": 1,
}  # fmt: skip
MEASURE = {
    "title": "Some rate", "definition": "What.", "limits": "Not.", "formula": "100 * sum(a) / sum(b)",
    "core_table": "some_table", "unit": "percent", "decimals": 1,
}  # fmt: skip
CORE: dict[str, Any] = {
    "table": "core.some_table", "count": 1, "rows": [], "computed_from": [], "computed_for": [],
    "hidden": {}, "incomplete": {},
}  # fmt: skip


def printed(value: dict[str, Any] | None = None, **more: Any) -> str:
    account: dict[str, Any] = {
        "release": {"not_for_release": False}, "measure": MEASURE, "value": {**VALUE, **(value or {})},
        "counted": {}, "published_as": [], "other_views": [], "sides": [], "objectives": [], "slice": None,
        "snapshots": [], "core_rows": CORE, "checks": [], "history": [], **more,
    }  # fmt: skip
    out = StringIO()
    explanation.show(Console(file=out, width=200, no_color=True), account)
    return out.getvalue()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"value": None, "value_low": 57.142857, "value_high": 100.0}, "57.1 to 100.0 %"),
        ({"value": None, "value_low": 0.0, "value_high": 100.0}, "nothing is known (0.0 to 100.0 % is all"),
        ({"value": None, "suppression": "suppressed_at_source"}, "none (suppressed at source)"),
        ({"value": None, "null_reason": "denominator_is_zero"}, "none (denominator is zero)"),
        ({"value": 1234.4, "unit": "usd", "decimals": 0}, "$1,234"),
    ],
)
def test_a_figure_has_the_decimals_of_its_measure_or_a_reason(value: dict[str, Any], text: str) -> None:
    assert figure_text({**VALUE, **value}).startswith(text)


@pytest.mark.parametrize(
    ("counted", "text"),
    [
        (("usd", "students"), "$43,730,000 for 2,989 students"),
        (("usd", "usd"), "$43,730,000 of $2,989"),
        (("students", "students"), "43,730,000 of 2,989 students"),
        (("findings", "findings"), "43,730,000 of 2,989 findings"),
    ],
)
def test_counts_are_told_with_what_they_count(counted: tuple[str, str], text: str) -> None:
    named = dict(zip(("numerator", "denominator"), counted, strict=True))
    lines = printed({"numerator": 43_730_000.0, "denominator": 2_989.0}, counted=named).splitlines()
    assert [line.split(None, 1)[1].strip() for line in lines if line.startswith("Counts")] == [text]


def test_a_figure_without_dimensions_has_no_empty_line() -> None:
    assert "" not in [line.strip() for line in printed().splitlines()]


def test_a_published_percent_names_its_column_and_not_the_ratio() -> None:
    text = printed(published_as=["rate_percent"])
    assert "as published: rate_percent, from core.some_table" in text and "sum(a)" not in text


def test_a_sum_of_leas_is_told_as_of_districts() -> None:
    assert "sum of districts, final" in printed({"basis": "sum_of_leas"})


def test_a_hidden_figure_says_how_many_of_its_rows_are_hidden() -> None:
    core = {**CORE, "count": 9, "hidden": {"not_tested": 4}, "incomplete": {"graduates": 9}}
    text = printed({"value": None, "suppression": "not_tested", "core_rows": 9}, core_rows=core)
    assert "4 of them not tested" in text and "9 of them without graduates" in text


def test_the_lake_having_moved_on_is_told() -> None:
    assert "the release was made from 7" in printed({"core_rows": 7})


def test_the_words_of_a_status_have_units() -> None:
    row = {
        "node_id": "G1", "node_title": "Goal", "role": "goal", "unit": "percent", "decimals": 1,
        "baseline": 66.7, "expected": 45.0, "target": 15.0, "status": "OFF_TRACK",
    }  # fmt: skip
    reason = "Behind the expected 45.00 by 3.20 to 5.66"
    assert "Behind the expected 45.0 % by 3.2 to 5.7 pp" in printed(
        objectives=[{**row, "status_reason": reason}]
    )
    assert "by no more than 2.0 pp" in printed(
        objectives=[{**row, "status_reason": "Behind the expected 45.00 by no more than 2"}]
    )
    assert "target of 15.0 % for 2025 is reached" in printed(
        objectives=[{**row, "status_reason": "The target of 15.00 for 2025 is reached"}]
    )


def test_more_files_than_are_listed_are_counted() -> None:
    file = {
        "source_id": "s", "table_name": "t", "fetched_at": "2025-01-01 10:00:00", "rows_in": 1234,
        "rows_quarantined": 2, "snapshot_sha256": "a" * 64,
    }  # fmt: skip
    behind = [{**file, "address": f"f{n}.csv", "stands": "figure"} for n in range(12)]
    others = [{**file, "address": f"g{n}.csv", "stands": "table"} for n in range(21)]
    text = printed(snapshots=[*behind, *others])
    assert "received 2025-01-01 10:00 UTC, 1,234 rows, 2 quarantined, sha256 aaaaaaaaaaaaaaaa…" in text
    assert "f9.csv" in text and "f10.csv" not in text and "and 2 more files behind the figure" in text
    assert "and 21 more files were read for core.some_table (--json lists all)" in text


def test_checks_that_do_not_hold_are_named() -> None:
    check = {"severity": "warn", "table_name": "core.some_table", "waived_by": None, "passed": False}
    checks = [
        {**check, "claim": "first", "passed": True},
        {**check, "claim": "second"},
        {**check, "claim": "third", "waived_by": "somebody"},
    ]
    text = printed(checks=checks)
    assert "1 hold, 1 fail, 1 waived" in text
    assert "warn: core.some_table second" in text and "third (waived by somebody)" in text
    assert "first" not in text
