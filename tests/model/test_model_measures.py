"""A measure's formula is one aggregate over its own table, or it is refused with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from warehouse.model.errors import SpmError
from warehouse.model.measure import DIMENSIONS, Measure, load_measures

RATE = """\
id: truancy_rate
title: Truancy
definition: Of the students, the percentage who are truant.
limits: None.
from: chronic_absence
kind: ratio
numerator: sum(chronically_absent_students)
denominator: sum(eligible_students)
unit: percent
decimals: 1
polarity: lower
grains: [SCHOOL, LEA, SEA]
by: [student_group, grade]
counts_people: true
cadence: annual
expected_lag_days: 270
owner: student-data
version: 1
"""
NUMERATOR = "numerator: sum(chronically_absent_students)"
GAP = """\
id: truancy_gap
title: Gap in truancy
definition: Group minus all.
limits: None.
from: chronic_absence
kind: derived
derived: {gap: {of: truancy_rate, reference: all}}
unit: percentage_points
decimals: 1
polarity: lower
grains: [LEA, SEA]
by: [student_group, grade]
counts_people: true
cadence: annual
expected_lag_days: 270
owner: student-data
version: 1
"""


def load(tmp_path: Path, **files: str) -> dict[str, Measure]:
    for name, text in {"truancy_rate": RATE, **files}.items():
        (tmp_path / f"{name}.yml").write_text(text, encoding="utf-8")
    return load_measures(tmp_path)


def refused(tmp_path: Path, text: str, name: str = "truancy_rate") -> SpmError:
    with pytest.raises(SpmError) as caught:
        load(tmp_path, **{name: text})
    assert caught.value.file == str(tmp_path / f"{name}.yml")
    return caught.value


def with_numerator(formula: str) -> str:
    return RATE.replace(NUMERATOR, f'numerator: "{formula}"')


def test_a_measure_says_its_formula(tmp_path: Path) -> None:
    measures = load(tmp_path, truancy_gap=GAP)
    assert (
        measures["truancy_rate"].formula == "100 * sum(chronically_absent_students) / sum(eligible_students)"
    )
    assert measures["truancy_gap"].formula == "truancy_rate of the group - truancy_rate of 'all'"


@pytest.mark.parametrize(
    "formula",
    [
        "sum(chronically_absent_students)",
        "count(*) FILTER (WHERE eligible_students > 3)",
        "sum(eligible_students) - sum(chronically_absent_students)",
        "sum(CASE WHEN student_group = 'all' THEN eligible_students END)",
        "median(eligible_students)",
    ],
)
def test_an_aggregate_over_the_tables_columns_is_accepted(tmp_path: Path, formula: str) -> None:
    assert load(tmp_path, truancy_rate=with_numerator(formula))["truancy_rate"].numerator == formula


@pytest.mark.parametrize(
    ("formula", "words"),
    [
        ("eligible_students", "not an aggregate"),
        ("upper(student_group)", "not an aggregate"),
        ("1", "not an aggregate"),
        ("sum(count(eligible_students))", "aggregates an aggregate"),
        ("sum(eligible_students) FILTER (WHERE max(eligible_students) > 1)", "aggregates an aggregate"),
        ("sum(eligible_students) + eligible_students", "stands outside the aggregate"),
        ("sum(eligible_students) OVER ()", "window"),
        ("sum(eligible_students) OVER (PARTITION BY grade)", "window"),
        ("sum(eligible_students) FROM core.poverty", "Not one expression"),
        ("SELECT sum(eligible_students)", "Not valid SQL"),
        ("(SELECT sum(eligible_students) FROM core.poverty)", "Not one expression"),
        ("sum(eligible_students) FILTER (WHERE EXISTS (SELECT 1 FROM core.poverty))", "Not one expression"),
        ("sum(eligible_students) FILTER (WHERE grade IN (SELECT grade FROM core.x))", "Not one expression"),
        ("sum(eligible_students), 1", "Not one expression"),
        ("sum(eligible_students) AS x", "Not one expression"),
        ("sum(eligible_students) WHERE grade = 'all'", "Not one expression"),
        ("sum(eligible_students) GROUP BY grade", "Not one expression"),
        ("sum(eligible_students) LIMIT 1", "Not one expression"),
        ("DISTINCT sum(eligible_students)", "Not one expression"),
        ("sum(eligible_students); DROP TABLE core.poverty", "Not one expression"),
        ("sum(eligible_students) -- of all", "Not one expression"),
        ("sum(eligible_students", "Not valid SQL"),
        ("*", "not an aggregate"),
    ],
)
def test_a_formula_that_is_not_one_aggregate_is_refused(tmp_path: Path, formula: str, words: str) -> None:
    error = refused(tmp_path, with_numerator(formula))
    assert words in str(error)
    assert (error.line, error.column, error.value) == (7, "numerator", formula)


def test_an_unknown_column_is_refused_with_the_nearest_known_one(tmp_path: Path) -> None:
    error = refused(tmp_path, with_numerator("sum(eligable_students)"))
    assert "Unknown column 'eligable_students'" in str(error)
    assert (error.line, error.remedy) == (7, "Did you mean 'eligible_students'")


def test_a_column_of_another_table_is_refused(tmp_path: Path) -> None:
    assert "Unknown column 'graduates'" in str(refused(tmp_path, with_numerator("sum(graduates)")))


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ("sum(eligible_students) > 10", "A condition cannot aggregate"),
        ("elegible_students > 10", "Did you mean 'eligible_students'"),
        ("grade = 'all' LIMIT 1", "Not one expression"),
        ("grade = 'all' -- only", "Not one expression"),
        ("grade = 'all'; DROP TABLE x", "Not one expression"),
        ("grade IN (SELECT grade FROM core.x)", "Not one expression"),
        ("row_number() OVER () = 1", "window"),
        ("grade =", "Not valid SQL"),
    ],
)
def test_a_condition_that_is_not_about_one_row_is_refused(tmp_path: Path, condition: str, words: str) -> None:
    error = refused(tmp_path, RATE.replace("kind: ratio\n", f'kind: ratio\nwhere: "{condition}"\n'))
    assert words in str(error)
    assert (error.line, error.column) == (7, "where")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("from: chronic_absence", "from: truancy", "No such core table"),
        ("from: chronic_absence", "from: measure_value", "No such core table"),
        ("by: [student_group, grade]", "by: [student_group, subject]", "Not a dimension"),
        ("by: [student_group, grade]", "by: [student_group, source_id]", "Not a dimension"),
        ("denominator: sum(eligible_students)\n", "", "A ratio needs 'denominator'"),
        ("kind: ratio", "kind: ratio\nvalue: max(eligible_students)", "has no use for 'value'"),
        ("id: truancy_rate", "id: truancy", "Measure and file name differ"),
        ("kind: ratio", "kind: ratio\nn: eligible_students", "not an aggregate"),
        ("kind: ratio", "kind: ratio\npublished: {value: rate_pct}", "Unknown column 'rate_pct'"),
        (
            "kind: ratio",
            "kind: ratio\npublished: {value: rate_percent, n: pupils}",
            "Unknown column 'pupils'",
        ),
        ("kind: ratio", "kind: ratio\ntotals_over: [subject]", "totals"),
        ("polarity: lower", "polarity: sideways", "polarity"),
        ("decimals: 1", "decimals: 9", "decimals"),
    ],
)
def test_a_measure_that_contradicts_its_table_is_refused(
    tmp_path: Path, old: str, new: str, words: str
) -> None:
    assert words in str(refused(tmp_path, RATE.replace(old, new)))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("of: truancy_rate", "of: truancy", "No such measure"),
        ("of: truancy_rate", "of: truancy_gap", "gap"),
        ("from: chronic_absence", "from: graduation_cohorts", "same core table"),
        ("reference: all", "reference: everybody", "everybody"),
        ("derived: {gap: {of: truancy_rate, reference: all}}\n", "", "A derived needs 'derived'"),
        ("derived: {gap", "numerator: sum(eligible_students)\nderived: {gap", "has no use for 'numerator'"),
    ],
)
def test_a_gap_without_two_sides_is_refused(tmp_path: Path, old: str, new: str, words: str) -> None:
    text = GAP.replace(old, new)
    if "graduation_cohorts" in text:
        text = text.replace("by: [student_group, grade]", "by: [student_group]")
    assert words in str(refused(tmp_path, text, "truancy_gap"))


def test_a_gap_of_a_measure_without_student_groups_is_refused(tmp_path: Path) -> None:
    (tmp_path / "truancy_rate.yml").write_text(
        RATE.replace("by: [student_group, grade]", "by: [grade]"), encoding="utf-8"
    )
    (tmp_path / "truancy_gap.yml").write_text(GAP, encoding="utf-8")
    with pytest.raises(SpmError, match="student_group"):
        load_measures(tmp_path)


def test_the_projects_measures_load() -> None:
    measures = load_measures()
    assert len(measures) >= 10
    for measure in measures.values():
        assert set(measure.by) <= set(DIMENSIONS)
        assert measure.formula
