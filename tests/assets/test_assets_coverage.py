"""What the declared inputs can give, what a plan asks for in vain, and what rests on what."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_state import AGENCY, SOURCES, littleland

from assets.coverage import coverage, plan_gaps, require_inputs
from assets.lake import Node
from assets.lineage import is_about_students, stake_of
from warehouse.model.errors import SpmError

PLAN = AGENCY["plan.yml"]
OF_ABSENCE = ("chronic_absence_gap", "chronic_absence_rate")


def test_counts_of_schools_give_counts_of_schools_leas_and_the_state(tmp_path: Path) -> None:
    given = {
        (c.measure_id, c.school_year, c.grain): (c.kind, c.basis, c.sources)
        for c in coverage(littleland(tmp_path))
    }
    source = ("little_absence",)
    rate = "chronic_absence_rate"
    assert given[(rate, 2024, "SCHOOL")] == ("counts", "published", source)
    assert given[(rate, 2024, "LEA")] == ("counts", "sum of SCHOOL rows", source)
    assert given[(rate, 2023, "SEA")] == ("counts", "sum of SCHOOL rows", source)
    assert given[("chronic_absence_gap", 2024, "SEA")] == ("counts", "derived", source)
    # How fresh the plan's measures are can be said of any plan.
    assert {key[0] for key in given} == {rate, "chronic_absence_gap", "measures_fresh_rate"}
    assert {key[2] for key in given if key[0] == "measures_fresh_rate"} == {"SEA"}


def test_percentages_alone_give_figures_and_no_sums(tmp_path: Path) -> None:
    text = SOURCES["little_absence"]["source.yml"].replace("counts: true", "counts: false")
    given = coverage(littleland(tmp_path, sources={"little_absence": {"source.yml": text}}))
    assert {(c.grain, c.kind) for c in given if c.measure_id in OF_ABSENCE} == {("SCHOOL", "figures")}


def test_rows_that_may_not_be_summed_give_no_sums(tmp_path: Path) -> None:
    text = SOURCES["little_absence"]["source.yml"].replace(
        "counts: true", "counts: true, not_additive_in: ['*']"
    )
    given = coverage(littleland(tmp_path, sources={"little_absence": {"source.yml": text}}))
    assert {(c.grain, c.kind) for c in given if c.measure_id in OF_ABSENCE} == {("SCHOOL", "counts")}


def test_a_plan_with_inputs_is_accepted(tmp_path: Path) -> None:
    home = littleland(tmp_path)
    assert plan_gaps(home) == []
    require_inputs(home)


@pytest.mark.parametrize(
    ("measure", "scope", "words"),
    [
        ("child_poverty_rate", '{organization: "LL"}', "no source that is switched on gives it"),
        ("repeat_finding_rate", "{organization_type: LEA}", "no source that is switched on gives it"),
    ],
)
def test_a_plan_that_asks_for_a_measure_without_input_is_refused_at_its_line(
    tmp_path: Path, measure: str, scope: str, words: str
) -> None:
    plan = PLAN + f"      - measure: {measure}\n        role: context\n        scope: {scope}\n"
    home = littleland(tmp_path, agency={"plan.yml": plan})
    with pytest.raises(SpmError, match="without input") as caught:
        require_inputs(home)
    assert words in str(caught.value)
    assert (caught.value.value, caught.value.line) == (measure, PLAN.count("\n") + 1)
    assert "sources.yml" in caught.value.remedy


def test_a_plan_that_asks_for_a_grain_that_no_input_gives_is_told_which_there_are(tmp_path: Path) -> None:
    text = SOURCES["little_absence"]["source.yml"].replace("counts: true", "counts: false")
    home = littleland(tmp_path, sources={"little_absence": {"source.yml": text}})
    with pytest.raises(SpmError, match="it for SCHOOL and not for SEA"):
        require_inputs(home)


def test_what_is_at_stake_is_what_rests_on_a_source_or_table(tmp_path: Path) -> None:
    home = littleland(tmp_path)
    for node in (
        Node("raw", "little_absence"),
        Node("raw", "little_directory"),  # every measure reads the organizations
        Node("core", "organizations"),
        Node("measures", "chronic_absence"),
    ):
        stake = stake_of(home, node)
        assert {*OF_ABSENCE, "measures_fresh_rate"} <= {*stake.measures}, node
        assert "ela_proficiency_rate" not in stake.measures
        assert stake.objectives == ("G1",), node


def test_nothing_of_littleland_is_about_single_students_until_a_source_is(tmp_path: Path) -> None:
    home = littleland(tmp_path / "a")
    assert not any(is_about_students(home, Node("core", t)) for t in ("organizations", "chronic_absence"))
    text = SOURCES["little_absence"]["source.yml"].replace("privacy: public", "privacy: restricted")
    restricted = littleland(tmp_path / "b", sources={"little_absence": {"source.yml": text}})
    assert is_about_students(restricted, Node("raw", "little_absence"))
    assert is_about_students(restricted, Node("core", "chronic_absence"))
    assert is_about_students(restricted, Node("measures", "chronic_absence"))
    assert not is_about_students(restricted, Node("core", "organizations"))
