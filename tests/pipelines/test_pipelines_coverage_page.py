"""docs/coverage.md tells the truth of the declarations."""

from __future__ import annotations

from pathlib import Path

import pytest

from assets.coverage import coverage, plan_gaps, require_inputs
from pipelines import coverage_page
from pipelines.coverage_page import PAGE, agency_homes, build_page
from warehouse.model.errors import SpmError


def test_the_coverage_page_is_current():
    assert PAGE.read_text(encoding="utf-8") == build_page(agency_homes()), (
        "docs/coverage.md is stale: run `python -m pipelines.coverage_page`"
    )


def test_every_plan_asks_only_for_what_its_inputs_give():
    for home in agency_homes():
        assert plan_gaps(home) == []
        require_inputs(home)


def test_franklin_has_every_measure_for_its_state():
    franklin = next(h for h in agency_homes() if h.agency.settings.agency_id == "franklin")
    for_state = {c.measure_id for c in coverage(franklin) if c.grain == "SEA"}
    assert for_state == set(franklin.agency.measures)
    assert len(for_state) >= 10


def test_a_wrong_declaration_is_one_paragraph_and_leaves_the_page(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    def broken():
        raise SpmError("The plan is wrong", remedy="Correct it")
        yield

    (tmp_path / "page.md").write_text("as it was", encoding="utf-8")
    monkeypatch.setattr(coverage_page, "PAGE", tmp_path / "page.md")
    monkeypatch.setattr(coverage_page, "agency_homes", broken)
    assert coverage_page.main() == 1
    assert capsys.readouterr().err == "The plan is wrong. Correct it.\n"
    assert (tmp_path / "page.md").read_text(encoding="utf-8") == "as it was"
