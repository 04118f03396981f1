"""A plan that contradicts its measures or itself is refused with the line at fault."""

from __future__ import annotations

from pathlib import Path

import pytest

from warehouse.model.errors import SpmError
from warehouse.model.measure import load_measures
from warehouse.model.plan import Plan, nodes, placed_measures
from warehouse.model.plan_rules import load_plan

PLAN = """\
plan_id: p
title: Plan
owning_organization: "FK"
vision: v
mission: m
version: 1
effective_from: 2023-07-01
approved_by: Board
change_note: First.
units:
  - {unit_id: sea, name: Agency, unit_type: agency}
  - {unit_id: reading, name: Reading, unit_type: unit, parent: sea}
goals:
  - code: G1
    title: Students are in school
    lead_unit: sea
    measures:
      - measure: chronic_absence_rate
        role: goal
        scope: {organization: "FK"}
        student_group: all
        grade: all
        baseline: {school_year: 2023, value: 30.0}
        targets:
          - {school_year: 2024, value: 27.0}
          - {school_year: 2025, value: 24.0}
    strategies:
      - code: S1
        title: Reach families
        theory_of_action: {if: we call, then: they come, and: all gain}
        lead_unit: reading
        measures:
          - measure: ela_proficiency_rate
            role: strategy
            scope: {organization_type: LEA}
            student_group: all
            grade: all
            subject: ela
            targets: [{school_year: 2025, value: 50.0}]
          - measure: median_days_to_reimburse
            role: productivity
            scope: {organization: "FK"}
        milestones:
          - code: M1
            title: Half-way
            school_year: 2024
            lead_unit: sea
            collaborators: [reading]
            actions:
              - {code: A1, title: Call, lead: Somebody, due: 2024-01-31}
  - code: G2
    title: Context
    measures:
      - measure: federal_revenue_share
        role: context
        scope: {organization: "FK"}
"""


def load(tmp_path: Path, text: str = PLAN) -> Plan:
    path = tmp_path / "plan.yml"
    path.write_text(text, encoding="utf-8")
    return load_plan(path, load_measures()).value


def refused(tmp_path: Path, old: str, new: str) -> tuple[SpmError, str]:
    """The refusal of the plan with one change, and the text of the line that it names."""
    assert PLAN.count(old) == 1
    text = PLAN.replace(old, new)
    with pytest.raises(SpmError) as caught:
        load(tmp_path, text)
    assert caught.value.file == str(tmp_path / "plan.yml")
    assert caught.value.line is not None
    return caught.value, text.splitlines()[caught.value.line - 1]


def test_every_node_and_measure_has_an_id_that_tells_its_place(tmp_path: Path) -> None:
    plan = load(tmp_path)
    assert [n.node_id for n in nodes(plan)] == ["G1", "G1.S1", "G1.S1.M1", "G1.S1.M1.A1", "G2"]
    assert [p.plan_measure_id for p in placed_measures(plan)] == [
        "G1/chronic_absence_rate/FK/all/all",
        "G1.S1/ela_proficiency_rate/every-LEA/all/all/ela",
        "G1.S1/median_days_to_reimburse/FK",
        "G2/federal_revenue_share/FK",
    ]
    assert (
        plan.goals[0].strategies[0].theory_of_action.sentence == "If we call, then they come, and all gain."
    )


def test_an_unknown_measure_is_refused_with_the_nearest_known_one(tmp_path: Path) -> None:
    error, line = refused(tmp_path, "measure: chronic_absence_rate", "measure: chronic_absense_rate")
    assert "No such measure" in str(error)
    assert error.remedy == "Did you mean 'chronic_absence_rate'"
    assert "chronic_absense_rate" in line


def test_a_measure_like_no_other_is_refused_with_the_list(tmp_path: Path) -> None:
    error, _ = refused(tmp_path, "measure: chronic_absence_rate", "measure: zzz")
    assert "graduation_rate_4yr" in error.remedy


@pytest.mark.parametrize(
    ("old", "new", "at"),
    [
        ("{school_year: 2025, value: 24.0}", "{school_year: 2025, value: 27.5}", "27.5"),
        ("{school_year: 2024, value: 27.0}", "{school_year: 2024, value: 30.5}", "30.5"),
        ("baseline: {school_year: 2023, value: 30.0}", "baseline: {school_year: 2023}", ""),
    ],
)
def test_a_target_against_lower_is_better_is_refused(tmp_path: Path, old: str, new: str, at: str) -> None:
    if not at:  # without a value of the baseline only targets are compared with each other
        assert load(tmp_path, PLAN.replace(old, new))
        return
    error, line = refused(tmp_path, old, new)
    assert "lower is better" in str(error)
    assert error.value == at
    assert at in line


def test_targets_without_a_baseline_value_are_compared_with_each_other(tmp_path: Path) -> None:
    error, line = refused(
        tmp_path,
        "baseline: {school_year: 2023, value: 30.0}\n        targets:\n"
        "          - {school_year: 2024, value: 27.0}\n          - {school_year: 2025, value: 24.0}",
        "baseline: {school_year: 2023}\n        targets:\n"
        "          - {school_year: 2024, value: 27.0}\n          - {school_year: 2025, value: 28.0}",
    )
    assert error.value == "28.0"
    assert "value: 28.0" in line


@pytest.mark.parametrize("second", ["49.9", "0.0"])
def test_a_target_against_higher_is_better_is_refused(tmp_path: Path, second: str) -> None:
    error, line = refused(
        tmp_path,
        "targets: [{school_year: 2025, value: 50.0}]",
        f"targets: [{{school_year: 2025, value: 50.0}}, {{school_year: 2026, value: {second}}}]",
    )
    assert "higher is better" in str(error)
    assert f"value: {second}" in line
    assert "does not fall back behind 50.0" in error.remedy


def test_a_target_may_hold_what_was_reached(tmp_path: Path) -> None:
    assert load(tmp_path, PLAN.replace("value: 24.0", "value: 27.0"))


def test_an_informational_measure_takes_no_target(tmp_path: Path) -> None:
    old = 'measure: federal_revenue_share\n        role: context\n        scope: {organization: "FK"}\n'
    error, _ = refused(tmp_path, old, old + "        targets: [{school_year: 2025, value: 10.0}]\n")
    assert "informational and takes no target" in str(error)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("    lead_unit: sea\n    measures", "    lead_unit: maths\n    measures"),
        ("        lead_unit: reading\n", "        lead_unit: maths\n"),
        ("            lead_unit: sea\n", "            lead_unit: maths\n"),
        ("collaborators: [reading]", "collaborators: [reading, maths]"),
        ("parent: sea}", "parent: maths}"),
    ],
)
def test_an_unknown_unit_is_refused(tmp_path: Path, old: str, new: str) -> None:
    error, line = refused(tmp_path, old, new)
    assert (error.what, error.value) == ("Unknown unit", "maths")
    assert "reading, sea" in error.remedy
    assert "maths" in line


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("- code: G2", "- code: G1", "G1"),
        ("          - code: M1", "          - {code: M1, title: x, school_year: 2024, lead_unit: sea}\n"
         "          - code: M1", "G1.S1.M1"),
    ],
)  # fmt: skip
def test_a_code_that_stands_twice_is_refused(tmp_path: Path, old: str, new: str, code: str) -> None:
    error, line = refused(tmp_path, old, new)
    assert (error.what, error.value) == ("Code stands twice", code)
    assert "code: " in line


def test_a_code_is_written_as_its_level_says(tmp_path: Path) -> None:
    error, line = refused(tmp_path, "- code: S1", "- code: Strategy-1")
    assert "Strategy-1" in line
    assert error.column == "goals.0.strategies.0.code"


def test_the_same_measure_twice_at_one_node_is_refused(tmp_path: Path) -> None:
    error, _ = refused(
        tmp_path,
        "          - measure: median_days_to_reimburse\n",
        "          - {measure: median_days_to_reimburse, role: context, scope: {organization: 'FK'}}\n"
        "          - measure: median_days_to_reimburse\n",
    )
    assert "stands twice at this node" in str(error)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("            subject: ela\n", "", "needs subject"),
        ("        student_group: all\n        grade: all\n        baseline", "        grade: all\n"
         "        baseline", "needs student_group"),
        ("        role: context\n", "        role: context\n        student_group: all\n",
         "not told apart by student_group"),
        ("        role: goal\n", "        role: goal\n        subject: ela\n", "not told apart by subject"),
    ],
)  # fmt: skip
def test_a_dimension_is_named_exactly_when_the_measure_has_it(
    tmp_path: Path, old: str, new: str, words: str
) -> None:
    error, _ = refused(tmp_path, old, new)
    assert words in str(error)


def test_a_dimension_with_totals_may_be_left_out_or_named(tmp_path: Path) -> None:
    named = PLAN.replace(
        "            role: productivity\n",
        "            role: productivity\n            federal_program_code: '84.010'\n",
    )
    assert [p.item.dimension("federal_program_code") for p in placed_measures(load(tmp_path, named))][2] == (
        "84.010"
    )
    assert [p.item.dimension("federal_program_code") for p in placed_measures(load(tmp_path))][2] == "none"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("{school_year: 2024, value: 27.0}", "{school_year: 2026, value: 27.0}", "order of their years"),
        ("{school_year: 2024, value: 27.0}", "{school_year: 2025, value: 27.0}", "order of their years"),
        ("baseline: {school_year: 2023,", "baseline: {school_year: 2024,", "before the baseline"),
        ("baseline: {school_year: 2023,", "baseline: {school_year: 2030,", "before the baseline"),
    ],
)
def test_targets_out_of_order_are_refused(tmp_path: Path, old: str, new: str, words: str) -> None:
    error, _ = refused(tmp_path, old, new)
    assert words in str(error)


@pytest.mark.parametrize(
    "scope", ["{}", '{organization: "FK", organization_type: SEA}', "{organization_type: STATE}"]
)
def test_a_scope_is_one_organization_or_one_type(tmp_path: Path, scope: str) -> None:
    _, line = refused(tmp_path, "scope: {organization_type: LEA}", f"scope: {scope}")
    assert "scope" in line


def test_a_goal_without_a_measure_is_refused(tmp_path: Path) -> None:
    text = PLAN[: PLAN.index("  - code: G2")] + "  - {code: G2, title: Empty, measures: []}\n"
    with pytest.raises(SpmError, match="Goal G2 has no measure"):
        load(tmp_path, text)
