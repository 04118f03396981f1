"""The status of a node from those of its measures, by the rule its plan declares."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_state import AGENCY, littleland

from assets.node_statuses import node_status_tables
from assets.roll_up import JUDGED, UNJUDGED, Part, roll_up
from warehouse.model.contract import load_contracts

STATUS, NODE = load_contracts()["measure_status"], load_contracts()["node_status"]


def part(name: str, *statuses: str | None, weight: float = 1.0, required: bool = True) -> Part:
    return Part(name, statuses, weight, required)


@pytest.mark.parametrize(
    ("statuses", "answer"),
    [
        (("MET", "ON_TRACK"), "ON_TRACK"),
        (("MET", "AT_RISK", "NOT_DUE"), "AT_RISK"),
        (("ON_TRACK", "INDETERMINATE"), "INDETERMINATE"),
        (("AT_RISK", "OVERDUE_DATA"), "OVERDUE_DATA"),
        (("OVERDUE_DATA", "OFF_TRACK"), "OFF_TRACK"),
        (("SUPPRESSED", "MET"), "MET"),
        (("SUPPRESSED", "NOT_DUE", "NOT_APPLICABLE"), "NOT_DUE"),
        (("NOT_APPLICABLE", "SUPPRESSED"), "SUPPRESSED"),
        ((None, "BASELINE_ONLY"), "BASELINE_ONLY"),
        ((None,), None),
    ],
)
def test_a_node_stands_as_the_worst_of_its_required_measures(
    statuses: tuple[str | None, ...], answer: str | None
) -> None:
    parts = [part(str(i), status) for i, status in enumerate(statuses)]
    assert roll_up("worst_required", [*parts, part("x", "OFF_TRACK", required=False)]).status == answer


@pytest.mark.parametrize(
    ("parts", "score", "answer"),
    [
        ([part("a", "MET"), part("b", "OFF_TRACK")], 1.5, "ON_TRACK"),
        ([part("a", "MET", weight=1), part("b", "OFF_TRACK", weight=2)], 1.0, "AT_RISK"),
        ([part("a", "ON_TRACK", weight=1), part("b", "MET", weight=1)], 2.5, "MET"),
        ([part("a", "OFF_TRACK", weight=5), part("b", "AT_RISK")], 1 / 6, "OFF_TRACK"),
        ([part("a", "MET"), part("b", "NOT_DUE", weight=9)], 3.0, "MET"),
        ([part("a", "MET", weight=0), part("b", "AT_RISK")], 1.0, "AT_RISK"),
        ([part("a", "INDETERMINATE")], None, "INDETERMINATE"),
        ([part("a", "NOT_DUE")], None, "NOT_DUE"),
    ],
)
def test_a_weighted_node_stands_as_the_weighted_mean(
    parts: list[Part], score: float | None, answer: str
) -> None:
    rolled = roll_up("weighted", parts)
    assert (rolled.score, rolled.status) == (score, answer)


def test_a_measure_of_many_organizations_counts_as_at_least_half_of_them_stand() -> None:
    assert part("m", "MET", "MET", "OFF_TRACK").status == "MET"
    assert part("m", "MET", "OFF_TRACK").status == "OFF_TRACK"
    assert part("m", "OFF_TRACK", "SUPPRESSED", "MET", "MET").status == "MET"
    assert part("m", "MET", "OFF_TRACK").said == "m=OFF_TRACK (median of 2)"


def test_the_inputs_are_kept_with_the_result() -> None:
    rolled = roll_up("worst_required", [part("b", "MET"), part("a", None), part("c", "AT_RISK")])
    assert rolled.inputs == ("a=not judged", "b=MET", "c=AT_RISK")
    assert (rolled.judged, rolled.not_judged) == (2, 1)


@given(st.lists(st.sampled_from((*JUDGED, *UNJUDGED)), min_size=1), st.sampled_from(JUDGED))
def test_one_more_measure_never_makes_a_node_look_better_than_its_worst(
    statuses: list[str], more: str
) -> None:
    parts = [part(str(i), s) for i, s in enumerate(statuses)]
    before = roll_up("worst_required", parts).status
    after = roll_up("worst_required", [*parts, part("more", more)]).status
    assert after in JUDGED
    if before in JUDGED:
        assert JUDGED.index(str(after)) == min(JUDGED.index(str(before)), JUDGED.index(more))


def status_row(plan_measure_id: str, period: str, status: str | None) -> dict[str, Any]:
    return {
        "plan_measure_id": plan_measure_id, "organization_id": "LL", "organization_view": "none",
        "school_year": 2024, "period": period, "status": status,
    }  # fmt: skip


def test_where_months_are_judged_the_last_judged_one_counts(tmp_path: Path) -> None:
    agency = littleland(tmp_path).agency
    name = "G1/chronic_absence_rate/LL/all/all"
    assert name.split("/")[1] in AGENCY["plan.yml"]
    rows = [
        status_row(name, "2024-01", "OFF_TRACK"), status_row(name, "2024-03", "MET"),
        status_row(name, "2024-04", "NOT_DUE"),
    ]  # fmt: skip
    schema = STATUS.arrow_schema()
    table = pa.Table.from_pylist([{n: r.get(n) for n in schema.names} for r in rows], schema=schema)
    (row,) = node_status_tables(agency, {("m", 2024): table}, NODE)[2024].to_pylist()
    assert row == {
        "node_id": "G1", "school_year": 2024, "rule": "worst_required-1", "status": "MET", "score": None,
        "inputs": f"{name}=MET", "measures_judged": 1, "measures_not_judged": 0,
    }  # fmt: skip
