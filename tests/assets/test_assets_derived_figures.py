"""Each way in which a figure is made of figures, against plain recounts and cases known by hand."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from small_figures import SCHOOLS, at_hand, figure, hidden, land, made, parts, ranged, rate, with_measures
from small_state import AGENCY, STATE

from assets.derived_change import change, mean_change
from assets.derived_cost import cost_per_outcome
from assets.derived_fresh import fresh, required
from assets.derived_targets import targets_met
from assets.home import Home
from warehouse.model.agency import Condition
from warehouse.model.measure import Change, Derived, load_measures

MEASURES = load_measures()
RATE, ELA, MATH, GRADUATION = (
    MEASURES[m]
    for m in ("chronic_absence_rate", "ela_proficiency_rate", "math_proficiency_rate", "graduation_rate_4yr")
)
GAIN, MET, COST, FRESH = (
    MEASURES[m]
    for m in (
        "csi_proficiency_gain", "interim_targets_met_rate", "cost_per_student_gained", "measures_fresh_rate",
    )
)  # fmt: skip
ASH, BIRCH, CEDAR, DOGWOOD, ELDER = SCHOOLS
CHANGE = Change(of=RATE.id)
CHANGED = RATE.model_copy(
    update={
        "id": "absence_change", "kind": "derived", "core_table": "measures", "unit": "percentage_points",
        "derived": Derived(change=CHANGE), "roll_up": None,
    }
)  # fmt: skip


def special(home: Home, measure: str, year: int) -> Home:
    condition = Condition(measures=(measure,), school_years=(year,), kind="pandemic", note="n")
    return replace(home, agency=replace(home.agency, conditions=(condition,)))


# A change


def changed(home: Home, rows: list[dict[str, Any]], year: int = 2024) -> list[dict[str, Any]]:
    with at_hand(home, year, rows) as figures:
        change(figures, CHANGED, CHANGE)
        return made(figures)


def test_a_change_is_this_years_figure_less_the_earlier_one(tmp_path: Path) -> None:
    rows = [rate(RATE.id, ASH, 2023, 30, 100), rate(RATE.id, ASH, 2024, 25, 125)]
    with at_hand(land(tmp_path), 2024, rows) as figures:
        change(figures, CHANGED, CHANGE)
        (row,) = made(figures)
        assert parts(figures) == {(RATE.id, ASH, "2023"), (RATE.id, ASH, "2024")}
    assert (row["value"], row["n"], row["null_reason"]) == (-10.0, 125, None)
    assert (row["numerator"], row["denominator"], row["basis"]) == (None, None, "derived")
    assert (row["measure_id"], row["unit"], row["core_rows"]) == ("absence_change", "percentage_points", 2)


def test_a_change_without_an_earlier_figure_says_so_and_of_an_undeclared_year_nothing(tmp_path: Path) -> None:
    home = land(tmp_path)
    (row,) = changed(home, [rate(RATE.id, ASH, 2024, 25, 125)])
    assert (row["value"], row["null_reason"]) == (None, "no_earlier_figure")
    assert changed(home, [rate(RATE.id, ASH, 2023, 25, 125)], 2023) == []


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        (hidden(RATE.id, ASH, 2023), rate(RATE.id, ASH, 2024, 1, 10), (None, "suppressed", None, None)),
        (rate(RATE.id, ASH, 2023, 1, 10), hidden(RATE.id, ASH, 2024), (None, "suppressed", None, None)),
        (rate(RATE.id, ASH, 2023, 0, 0), rate(RATE.id, ASH, 2024, 1, 10),
         (None, "denominator_is_zero", None, None)),
        (ranged(RATE.id, ASH, 2023, 5.0, 10.0),
         rate(RATE.id, ASH, 2024, 12, 100), (None, "ranged", 2.0, 7.0)),
    ],
)  # fmt: skip
def test_a_change_of_what_is_not_known_is_not_known(
    tmp_path: Path, before: Any, now: Any, expected: Any
) -> None:
    (row,) = changed(land(tmp_path), [before, now])
    assert (row["value"], row["null_reason"], row["value_low"], row["value_high"]) == expected
    assert row["is_ranged"] == (expected[1] == "ranged")


def test_nothing_is_compared_with_a_special_year_or_across_a_break(tmp_path: Path) -> None:
    rows = [rate(RATE.id, ASH, 2023, 30, 100), rate(RATE.id, ASH, 2024, 25, 125)]
    home = land(tmp_path)
    broken = with_measures(home, RATE.model_copy(update={"comparability_breaks": (2024,)}))
    for other in (special(home, RATE.id, 2023), special(home, RATE.id, 2024), broken):
        (row,) = changed(other, rows)
        assert (row["value"], row["null_reason"]) == (None, "not_comparable")
    (row,) = changed(special(home, ELA.id, 2023), rows)
    assert row["value"] == -10.0


# A mean change of some organizations


def identified(*in_support: str, title_i: tuple[str, ...] = SCHOOLS) -> list[dict[str, Any]]:
    return [
        {
            "organization_id": school, "school_year": 2024, "is_comprehensive_support": school in in_support,
            "is_title_i": school in title_i,
        }
        for school in SCHOOLS
    ]  # fmt: skip


def results(cells: dict[tuple[str, str], tuple[int, int, int, int]]) -> list[dict[str, Any]]:
    """Proficient and scored students of both years, by measure and school."""
    return [
        rate(measure, school, year, part, whole, subject=MEASURES[measure].id[:3])
        for (measure, school), (a, b, c, d) in cells.items()
        for year, part, whole in ((2023, a, b), (2024, c, d))
    ]


def gained(home: Home, rows: Any, schools: Any) -> tuple[dict[str, Any], set[tuple[str, ...]]]:
    assert GAIN.derived is not None
    assert GAIN.derived.mean_change is not None
    with at_hand(home, 2024, rows, {"school_identifications": schools}) as figures:
        mean_change(figures, GAIN, GAIN.derived.mean_change)
        (row,) = made(figures)
        return row, parts(figures)


CELLS = {
    (ELA.id, ASH): (10, 30, 14, 30), (MATH.id, ASH): (7, 29, 8, 31),
    (ELA.id, BIRCH): (5, 20, 4, 21), (MATH.id, BIRCH): (3, 17, 6, 18),
    (ELA.id, CEDAR): (50, 70, 51, 71), (ELA.id, DOGWOOD): (11, 13, 12, 13), (MATH.id, DOGWOOD): (2, 7, 3, 7),
}  # fmt: skip


def recounted(members: tuple[str, ...]) -> Fraction:
    own = []
    for school in members:
        of_school = [
            100 * (Fraction(c, d) - Fraction(a, b)) for (_, s), (a, b, c, d) in CELLS.items() if s == school
        ]
        if of_school:
            own.append(sum(of_school) / len(of_school))
    return sum(own) / len(own)


def test_the_gain_of_a_cohort_is_the_mean_over_schools_less_that_of_the_others(tmp_path: Path) -> None:
    row, made_of = gained(land(tmp_path), results(CELLS), identified(ASH, BIRCH))
    expected = recounted((ASH, BIRCH)) - recounted(SCHOOLS)
    assert row["value"] == pytest.approx(float(expected), rel=1e-14)
    assert (row["n"], row["organization_id"], row["student_group"]) == (2, STATE, "none")
    assert row["core_rows"] == len(made_of) == 2 * len(CELLS)


def test_the_order_of_schools_cannot_change_the_gain(tmp_path: Path) -> None:
    rows = results(CELLS)
    one, _ = gained(land(tmp_path / "a"), rows, identified(ASH, BIRCH))
    other, _ = gained(land(tmp_path / "b"), rows[::-1], identified(ASH, BIRCH)[::-1])
    assert one["value"] == other["value"]


def test_a_group_or_grade_or_a_bound_is_not_a_schools_own_figure(tmp_path: Path) -> None:
    more = [
        rate(ELA.id, ASH, year, 1 + 9 * (year == 2024), 10, subject="ela", **kind)
        for year in (2023, 2024)
        for kind in ({"student_group": "female"}, {"grade": "03"})
    ]
    bound = [
        rate(ELA.id, ELDER, year, 1 + 9 * (year == 2024), 10, subject="ela", is_partial_coverage=True)
        for year in (2023, 2024)
    ]
    plain, _ = gained(land(tmp_path / "a"), results(CELLS), identified(ASH))
    other, _ = gained(land(tmp_path / "b"), [*results(CELLS), *more, *bound], identified(ASH))
    assert other["value"] == plain["value"]


@pytest.mark.parametrize(
    ("schools", "reason"),
    [(identified(), "denominator_is_zero"), (identified(ELDER), "no_earlier_figure")],
)
def test_a_gain_of_nobody_or_without_an_earlier_year_is_null_and_says_why(
    tmp_path: Path, schools: Any, reason: str
) -> None:
    row, _ = gained(land(tmp_path), results(CELLS), schools)
    assert (row["value"], row["null_reason"], row["n"]) == (None, reason, 0)


def test_a_gain_of_schools_whose_figures_are_hidden_is_hidden(tmp_path: Path) -> None:
    rows = [*results(CELLS), hidden(ELA.id, ELDER, 2024, subject="ela"), rate(ELA.id, ELDER, 2023, 1, 2)]
    row, _ = gained(land(tmp_path), rows, identified(ELDER))
    assert (row["null_reason"], row["suppression"]) == ("suppressed", "suppressed_at_source")


def test_a_measure_of_a_special_year_is_left_out_of_the_gain(tmp_path: Path) -> None:
    row, made_of = gained(special(land(tmp_path), MATH.id, 2024), results(CELLS), identified(ASH))
    ela = {
        s: 100 * (Fraction(c, d) - Fraction(a, b)) for (m, s), (a, b, c, d) in CELLS.items() if m == ELA.id
    }
    assert row["value"] == pytest.approx(float(ela[ASH] - sum(ela.values()) / len(ela)), rel=1e-14)
    assert {measure for measure, _, _ in made_of} == {ELA.id}


def test_a_year_in_which_nobody_says_who_is_in_the_cohort_has_no_gain(tmp_path: Path) -> None:
    assert GAIN.derived is not None
    assert GAIN.derived.mean_change is not None
    with at_hand(land(tmp_path), 2024, results(CELLS), {"school_identifications": []}) as figures:
        mean_change(figures, GAIN, GAIN.derived.mean_change)
        assert made(figures) == []


# Targets of the plan that were met

_ELA, _MATH = "        subject: ela\n", "        subject: math\n"
_TARGET = """\
      - measure: {measure}
        role: goal
        scope: {{{scope}}}
        student_group: {group}
        grade: all
{subject}        baseline: {{school_year: 2023, value: 40.0}}
        targets: [{{school_year: 2024, value: {target}}}, {{school_year: 2027, value: {end}}}]
"""
_STATE, _SCHOOLS = 'organization: "LL"', "organization_type: SCHOOL"
TARGETS = (
    AGENCY["plan.yml"].split("    measures:\n")[0]
    + "    measures:\n"
    + "".join(
        _TARGET.format(measure=measure, subject=subject, scope=scope, group=group, target=target, end=end)
        for measure, subject, scope, group, target, end in (
            (ELA.id, _ELA, _STATE, "all", 50.0, 80.0),
            (ELA.id, _ELA, _STATE, "female", 45.0, 80.0),
            (MATH.id, _MATH, _STATE, "all", 50.0, 80.0),
            (ELA.id, _ELA, _SCHOOLS, "all", 50.0, 80.0),
            (ELA.id, _ELA, _SCHOOLS, "female", 50.0, 80.0),
            (RATE.id, "", _STATE, "all", 10.0, 8.0),
        )
    )
)


def met(home: Home, rows: Any, year: int = 2024) -> tuple[dict[str, dict[str, Any]], set[tuple[str, ...]]]:
    assert MET.derived is not None
    assert MET.derived.targets_met is not None
    with at_hand(home, year, rows) as figures:
        targets_met(figures, MET, MET.derived.targets_met)
        return {row["organization_id"]: row for row in made(figures)}, parts(figures)


def test_targets_met_counts_measure_by_group_at_or_ahead_of_what_was_expected(tmp_path: Path) -> None:
    rows = [
        rate(ELA.id, STATE, 2024, 50, 100, subject="ela"),  # exactly the target
        rate(
            ELA.id, STATE, 2024, 44, 100, subject="ela", student_group="female"
        ),  # within tolerance, not met
        rate(MATH.id, STATE, 2024, 90, 100, subject="math"),
        rate(RATE.id, STATE, 2024, 50, 100),  # has a target, and is not asked for
        rate(ELA.id, ASH, 2024, 6, 10, subject="ela"),
        hidden(ELA.id, ASH, 2024, subject="ela", student_group="female"),
        rate(ELA.id, BIRCH, 2024, 4, 10, subject="ela"),
        rate(ELA.id, BIRCH, 2024, 9, 10, subject="ela", student_group="female"),
        hidden(ELA.id, CEDAR, 2024, subject="ela"),
    ]
    found, made_of = met(land(tmp_path, plan=TARGETS), rows)
    counts = {name: (row["numerator"], row["denominator"], row["value"]) for name, row in found.items()}
    assert counts == {
        STATE: (2, 3, pytest.approx(200 / 3)), ASH: (1, 1, 100.0), BIRCH: (1, 2, 50.0),
    }  # fmt: skip
    assert {row["n"] for row in found.values()} == {3, 1, 2}
    assert made_of == {
        (ELA.id, STATE, "2024"), (MATH.id, STATE, "2024"), (ELA.id, ASH, "2024"), (ELA.id, BIRCH, "2024"),
    }  # fmt: skip


def test_the_way_to_a_later_target_is_expected_in_between(tmp_path: Path) -> None:
    """2025 lies a third of the way from 50 in 2024 to 80 in 2027: 60 is expected."""
    agency = AGENCY["agency.yml"].replace("[2023, 2024]", "[2023, 2024, 2025]")
    home = land(tmp_path, plan=TARGETS, agency=agency)
    for share, reached in ((600, 1), (599, 0)):
        found, _ = met(home, [rate(ELA.id, ASH, 2025, share, 1000, subject="ela")], 2025)
        assert (found[ASH]["numerator"], found[ASH]["denominator"]) == (reached, 1)


def test_nothing_is_due_in_the_baseline_year_and_in_a_special_one(tmp_path: Path) -> None:
    home = land(tmp_path, plan=TARGETS)
    rows = [rate(ELA.id, STATE, year, 90, 100, subject="ela") for year in (2023, 2024)]
    for where, year in ((home, 2023), (special(home, ELA.id, 2024), 2024)):
        found, made_of = met(where, rows, year)
        assert set(found) == {STATE}
        assert (found[STATE]["value"], found[STATE]["null_reason"]) == (None, "denominator_is_zero")
        assert made_of == set()


def test_what_is_expected_from_a_figure_of_the_baseline_is_made_of_that_figure_too(tmp_path: Path) -> None:
    """Whether 2024 is on its way says where that began, so who learns it must see the start."""
    rows = [rate(ELA.id, ASH, year, share, 10, subject="ela") for year, share in ((2023, 3), (2024, 6))]
    found, made_of = met(land(tmp_path, plan=TARGETS.replace("2023, value: 40.0", "2023")), rows)
    assert (found[ASH]["numerator"], found[ASH]["denominator"], found[ASH]["core_rows"]) == (1, 1, 1)
    assert made_of == {(ELA.id, ASH, "2023"), (ELA.id, ASH, "2024")}


def test_two_targets_for_one_measure_and_group_are_one_and_both_must_be_reached(tmp_path: Path) -> None:
    goal = TARGETS.split("goals:\n")[1]
    stricter = goal.replace("code: G1", "code: G2").replace("2024, value: 50.0", "2024, value: 60.0")
    home = land(tmp_path, plan=TARGETS + stricter)
    found, _ = met(home, [rate(ELA.id, ASH, 2024, 55, 100, subject="ela")])
    assert (found[ASH]["numerator"], found[ASH]["denominator"]) == (0, 1)


# What a strategy cost for each student gained

STRATEGY = """\
    strategies:
      - code: S1
        title: Coaches
        theory_of_action: {if: a, then: b}
        lead_unit: sea
        measures:
          - measure: %s
            role: strategy
            scope: {organization: "LL"}
            student_group: all
            grade: all
            baseline: {school_year: 2023}
            targets: [{school_year: 2024, value: 18.0}]
        resources:
          - {award_id: S010A230001, amount_usd: 500}
          - {award_id: S424A230001, account: 100-2000, amount_usd: 500}
"""
COSTLY = AGENCY["plan.yml"] + STRATEGY % RATE.id


SPENT = Decimal("2540.25")


def money(spent: Decimal | None = SPENT, **given: Any) -> dict[str, Any]:
    return {"node_id": "G1.S1", "school_year": 2024, "expended_usd": spent, "ledger_entries": 4, **given}


def cost(home: Home, rows: Any, *of_strategies: dict[str, Any]) -> dict[str, Any]:
    with at_hand(home, 2024, rows, {"strategy_money": of_strategies or [money()]}) as figures:
        cost_per_outcome(figures, COST)
        (row,) = made(figures)
        return row


def components(row: dict[str, Any]) -> tuple[Any, ...]:
    return row["numerator"], row["denominator"], row["null_reason"]


def test_the_cost_is_dollars_of_the_year_over_students_gained(tmp_path: Path) -> None:
    """Absence fell from 30 % to 26 % of 250 students: 10 students gained."""
    rows = [rate(RATE.id, STATE, 2023, 60, 200), rate(RATE.id, STATE, 2024, 65, 250)]
    row = cost(land(tmp_path, plan=COSTLY), rows)
    assert components(row) == (SPENT, Decimal("10.00"), None)
    assert row["value"] == 254.025
    assert (row["strategy_id"], row["organization_id"], row["n"], row["unit"]) == ("G1.S1", STATE, 250, "usd")
    assert row["core_rows"] == 4


@pytest.mark.parametrize(
    ("rows", "gained", "reason"),
    [
        ([rate(RATE.id, STATE, 2023, 60, 200), rate(RATE.id, STATE, 2024, 80, 250)], "-5.00",
         "outcome_did_not_improve"),
        ([rate(RATE.id, STATE, 2023, 60, 200), rate(RATE.id, STATE, 2024, 75, 250)], "0.00",
         "outcome_did_not_improve"),
        ([rate(RATE.id, STATE, 2024, 65, 250)], None, "no_earlier_figure"),
        ([rate(RATE.id, STATE, 2023, 60, 200)], None, "not_yet_known"),
        ([hidden(RATE.id, STATE, 2023), rate(RATE.id, STATE, 2024, 65, 250)], None, "suppressed"),
        ([rate(RATE.id, STATE, 2023, 60, 200), rate(RATE.id, STATE, 2024, 0, 0)], None,
         "denominator_is_zero"),
        ([rate(RATE.id, STATE, 2023, 60, 200, is_partial_coverage=True), rate(RATE.id, STATE, 2024, 65, 250)],
         None, "not_comparable"),
    ],
)  # fmt: skip
def test_where_there_is_no_cost_both_components_stay_and_it_says_why(
    tmp_path: Path, rows: Any, gained: str | None, reason: str
) -> None:
    row = cost(land(tmp_path, plan=COSTLY), rows)
    assert components(row) == (SPENT, None if gained is None else Decimal(gained), reason)
    assert row["value"] is None


def test_what_cost_nothing_yet_is_not_free_and_without_a_ledger_nothing_is_known(tmp_path: Path) -> None:
    rows = [rate(RATE.id, STATE, 2023, 60, 200), rate(RATE.id, STATE, 2024, 65, 250)]
    home = land(tmp_path, plan=COSTLY)
    none, gained = Decimal("0.00"), Decimal("10.00")
    assert components(cost(home, rows, money(none))) == (none, gained, "nothing_spent")
    assert components(cost(home, rows, money(None))) == (None, gained, "no_input")
    others = [money(node_id="G1.S2"), money(school_year=2023)]
    assert components(cost(home, rows, *others)) == (None, gained, "no_input")


def test_the_cost_of_a_special_year_is_not_told(tmp_path: Path) -> None:
    rows = [rate(RATE.id, STATE, 2023, 60, 200), rate(RATE.id, STATE, 2024, 65, 250)]
    row = cost(special(land(tmp_path, plan=COSTLY), RATE.id, 2023), rows)
    assert components(row) == (SPENT, None, "not_comparable")


def test_an_outcome_that_should_rise_is_gained_when_it_rises(tmp_path: Path) -> None:
    plan = AGENCY["plan.yml"] + (STRATEGY % GRADUATION.id).replace("            grade: all\n", "")
    rows = [rate(GRADUATION.id, STATE, y, n, 100, grade="none") for y, n in ((2023, 80), (2024, 84))]
    assert components(cost(land(tmp_path, plan=plan), rows)) == (SPENT, Decimal("4.00"), None)


# How fresh the plan's measures are

UNITS = """\
units:
  - {unit_id: sea, name: Agency, unit_type: agency}
  - {unit_id: learning, name: Learning, unit_type: division, parent: sea}
  - {unit_id: reading, name: Reading, unit_type: unit, parent: learning}
  - {unit_id: money, name: Money, unit_type: unit, parent: sea}
"""
OWED = (
    COSTLY.replace("units:\n  - {unit_id: sea, name: Agency, unit_type: agency}\n", UNITS)
    .replace("    title: Students are in school\n", "    title: t\n    lead_unit: learning\n")
    .replace("lead_unit: sea", "lead_unit: reading")
    .replace("student_group: all\n            grade: all", "student_group: female\n            grade: all")
)
OWNERS = "owners: {student-data: Office of Student Data}\n"


def freshness(home: Home, rows: Any, current: tuple[str, ...] = (RATE.core_table,)) -> dict[str, Any]:
    with at_hand(home, 2024, rows) as figures:
        fresh(figures, FRESH, current)
        return {
            row["organization_id"]: (row["numerator"], row["denominator"], row["null_reason"])
            for row in made(figures)
        }


ALL, FEMALE = rate(RATE.id, STATE, 2024, 1, 9), rate(RATE.id, STATE, 2024, 1, 9, student_group="female")


def due(folder: Path, *, as_of: str = "2026-01-01", owners: str = OWNERS, plan: str = OWED) -> Home:
    agency = AGENCY["agency.yml"].replace("2024-12-31", as_of) + owners
    return land(folder, plan=plan, agency=agency)


def test_freshness_counts_what_each_unit_and_all_below_it_owe(tmp_path: Path) -> None:
    found = freshness(due(tmp_path), [ALL])
    assert found == {
        STATE: (1, 2, None), "LL-unit.learning": (1, 2, None), "LL-unit.reading": (0, 1, None),
    }  # fmt: skip
    assert freshness(due(tmp_path / "b"), [ALL, hidden(RATE.id, STATE, 2024, student_group="female")])[
        STATE
    ] == (2, 2, None)


def test_a_figure_is_fresh_only_from_good_sources_and_with_a_known_owner(tmp_path: Path) -> None:
    assert freshness(due(tmp_path / "a"), [ALL, FEMALE], current=())[STATE] == (0, 2, None)
    assert freshness(due(tmp_path / "b", owners=""), [ALL, FEMALE])[STATE] == (0, 2, None)
    empty = figure(RATE.id, STATE, 2024, None, null_reason="no_input", student_group="female")
    assert freshness(due(tmp_path / "c"), [ALL, empty])[STATE] == (1, 2, None)


def test_what_is_not_due_is_not_owed_unless_it_has_come(tmp_path: Path) -> None:
    """Data of 2024 are due 270 days after 30 June 2024: on 27 March 2025."""
    early = due(tmp_path / "a", as_of="2025-03-27")
    assert freshness(early, []) == dict.fromkeys(
        (STATE, "LL-unit.learning", "LL-unit.reading"), (0, 0, "not_yet_known")
    )
    assert freshness(early, [ALL])[STATE] == (1, 1, None)
    assert freshness(due(tmp_path / "b", as_of="2025-03-28"), [ALL])[STATE] == (1, 2, None)


def test_a_measure_that_is_not_required_or_of_another_year_is_not_owed(tmp_path: Path) -> None:
    plan = OWED.replace(
        "            role: strategy\n", "            role: strategy\n            required: false\n"
    )
    home = due(tmp_path, plan=plan)
    assert [p.node_id for p in required(home.agency.plan, 2024)] == ["G1"]
    assert required(home.agency.plan, 2022) == []  # before the baseline
