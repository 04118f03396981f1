"""Maine and California: what their folders declare is there and is read by a source that is known."""

from __future__ import annotations

import pytest

from sources.registry import discover
from warehouse.model.plan import placed_measures

FEDERAL = {"edfacts_graduation_rate", "census_saipe", "lea_finance", "fac_single_audit"}


@pytest.mark.parametrize("name", ["maine", "california"])
def test_every_declared_file_is_there(agencies, shared_data, name):
    missing = [
        pattern
        for source in agencies[name].sources.values()
        for release in source.releases
        for files in (release.files.values() if isinstance(release.files, dict) else [release.files])
        for pattern in files
        if not list(shared_data.glob(pattern))
    ]
    assert missing == []


@pytest.mark.parametrize("name", ["maine", "california"])
def test_every_declared_federal_source_is_known_and_every_year_has_a_source(agencies, name):
    agency = agencies[name]
    assert set(agency.sources) & FEDERAL <= set(discover())
    served = {y for s in agency.sources.values() for r in s.releases for y in r.school_years}
    assert served == set(agency.settings.school_years)


@pytest.mark.parametrize("name", ["maine", "california"])
def test_the_worked_plan_says_that_it_is_one_and_copies_no_published_figure(agencies, name):
    plan = agencies[name].plan
    assert plan.is_worked_example
    baselines = [p.item.baseline for p in placed_measures(plan) if p.item.baseline]
    assert baselines
    assert all(b.value is None for b in baselines)


def test_californias_pandemic_year_is_a_condition(agencies):
    for measure in ("chronic_absence_rate", "chronic_absence_gap", "ela_proficiency_rate"):
        assert agencies["california"].condition(measure, 2021) is not None
    assert agencies["california"].condition("graduation_rate_4yr", 2014) is None
