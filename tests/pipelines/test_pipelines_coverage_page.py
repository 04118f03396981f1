"""docs/coverage.md tells the truth of the declarations."""

from __future__ import annotations

from assets.coverage import coverage, plan_gaps, require_inputs
from pipelines.coverage_page import PAGE, agency_homes, build_page


def test_the_coverage_page_is_current():
    assert PAGE.read_text(encoding="utf-8") == build_page(agency_homes()), (
        "docs/coverage.md is stale: run `python -m pipelines.coverage_page`"
    )


def test_every_plan_asks_only_for_what_its_inputs_give():
    for home in agency_homes():
        assert plan_gaps(home) == []
        require_inputs(home)


def test_franklin_has_all_ten_measures_for_its_state():
    franklin = next(h for h in agency_homes() if h.agency.settings.agency_id == "franklin")
    for_state = {c.measure_id for c in coverage(franklin) if c.grain == "SEA"}
    assert for_state == set(franklin.agency.measures)
    assert len(for_state) == 10
