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
        ("greatest(sum(eligible_students), eligible_students)", "stands outside the aggregate"),
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


STATISTIC = """\
id: middle_days
title: Middle
definition: Half took at most so many days.
limits: None.
from: reimbursement_requests
kind: statistic
value: median(days_to_reimburse)
unit: days
decimals: 1
polarity: lower
grains: [LEA, SEA]
by: [federal_program_code]
totals_over: [federal_program_code]
periods: {date: paid_on, every: month, year: all}
roll_up: {from: LEA, to: [SEA]}
counts_people: false
cadence: monthly
expected_lag_days: 30
owner: grants-management
version: 1
"""


def test_several_aggregates_in_one_expression_are_one_formula(tmp_path: Path) -> None:
    formula = "greatest(sum(eligible_students), 0.95 * sum(chronically_absent_students))"
    assert load(tmp_path, truancy_rate=with_numerator(formula))["truancy_rate"].numerator == formula


@pytest.mark.parametrize(
    ("formula", "words"),
    [
        ("sum(eligible_students / 2)", "depends on the order of rows"),
        ("avg(CAST(eligible_students AS DOUBLE))", "depends on the order of rows"),
        ("any_value(eligible_students)", "can depend on the order of rows"),
        ("arg_max(eligible_students, grade)", "can depend on the order of rows"),
        ("stddev(eligible_students)", "can depend on the order of rows"),
        ("approx_quantile(eligible_students, 0.5)", "can depend on the order of rows"),
        ("list(eligible_students)", "can depend on the order of rows"),
    ],
)
def test_a_formula_whose_result_depends_on_the_order_of_rows_is_refused(
    tmp_path: Path, formula: str, words: str
) -> None:
    error = refused(tmp_path, with_numerator(formula))
    assert words in str(error)
    assert (error.line, error.column) == (7, "numerator")


@pytest.mark.parametrize(
    ("old", "new", "words", "column"),
    [
        ("value: median(days_to_reimburse)\n", "", "A statistic needs 'value'", "value"),
        ("kind: statistic", "kind: ratio", "A ratio needs 'numerator'", "numerator"),
        ("kind: statistic", "kind: amount", "An amount has another unit", "unit"),
        ("kind: statistic", "kind: count", "A count has another unit", "unit"),
        ("kind: statistic", "kind: median", "kind", "kind"),
        ("kind: statistic", "kind: statistic\ninterval: wilson", "Wilson", "interval"),
        ("kind: statistic", "kind: statistic\npublished: {value: amount_usd}", "no use for", "published"),
        ("from: reimbursement_requests", "from: measures", "is computed from", "from"),
        ("polarity: lower", "polarity: in_range", "needs a range", "polarity"),
        ("polarity: lower", "polarity: lower\nrange: {low: 1}", "belongs to in_range", "range"),
        ("polarity: lower", "polarity: in_range\nrange: {}", "without ends", "range"),
        ("polarity: lower", "polarity: in_range\nrange: {low: 2, high: 1}", "before it begins", "range"),
        ("date: paid_on", "date: amount_usd", "Periods need a date column", "periods.date"),
        ("date: paid_on", "date: paid", "Unknown column 'paid'", "periods.date"),
        ("every: month", "every: week", "every", "periods.every"),
        ("year: all", "year: first", "year", "periods.year"),
        ("by: [federal_program_code]", "by: [payment_day]", "Not a dimension", "by.0"),
        ("by: [federal_program_code]", "by: [award_id]", "totals only over", "totals_over.0"),
        ("by: [federal_program_code]", "by: [award_id, award_id]", "stands twice|totals", None),
        ("to: [SEA]", "to: [SEA, DIVISION]", "not among the grains", "roll_up.to.1"),
        ("grains: [LEA, SEA]", "grains: []", "grains", "grains"),
        ("grains: [LEA, SEA]", "grains: [LEA, SEA, CITY]", "SEA", "grains.2"),
        ("cadence: monthly", "cadence: monthly\nminimum_n_rule: accountability", "counts none",
         "minimum_n_rule"),
        ("cadence: monthly", "cadence: monthly\nminimum_n_rule: none", "minimum_n_rule", "minimum_n_rule"),
    ],
)  # fmt: skip
def test_a_measure_whose_parts_do_not_fit_is_refused_by_field(
    tmp_path: Path, old: str, new: str, words: str, column: str | None
) -> None:
    assert old in STATISTIC
    error = refused(tmp_path, STATISTIC.replace(old, new), "middle_days")
    assert any(word in str(error) for word in words.split("|"))
    assert column is None or error.column == column
    assert error.line is not None and error.remedy


def test_a_statistic_by_month_is_accepted(tmp_path: Path) -> None:
    assert load(tmp_path, middle_days=STATISTIC)["middle_days"].formula == "median(days_to_reimburse)"


OF_FIGURES = """\
id: change_of_truancy
title: Change
definition: Against the year before.
limits: None.
from: measures
kind: derived
derived: {change: {of: truancy_rate}}
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
CHANGE = "derived: {change: {of: truancy_rate}}"
COHORT = 'derived: {mean_change: {of: [truancy_rate], units: SCHOOL, cohort: {table: %s, where: "%s"}}}'


@pytest.mark.parametrize(
    ("old", "new", "words", "column"),
    [
        (CHANGE, "derived: {}", "exactly one way", "derived"),
        (CHANGE, "derived: {change: {of: truancy_rate}, fresh: {}}", "exactly one way", "derived"),
        (CHANGE, "derived: {change: {of: truancy}}", "No such measure", "derived.change.of"),
        (CHANGE, "derived: {targets_met: {of: [truancy_rate, x]}}", "No such", "derived.targets_met.of.1"),
        (CHANGE, "derived: {targets_met: {of: []}}", "of", "derived.targets_met.of"),
        (CHANGE, "derived: {change: {of: truancy_rate, years: 0}}", "years", "derived.change.years"),
        (CHANGE, "derived: {gap: {of: truancy_rate}}", "the core table of its measure", "from"),
        ("from: measures", "from: chronic_absence", "is computed from measures", "from"),
        ("kind: derived", "kind: derived\nn: count(*)", "no use for 'n'", "n"),
        ("kind: derived", "kind: derived\nwhere: grade = 'all'", "no use for 'where'", "where"),
        ("kind: derived", "kind: derived\nperiods: {date: x, every: month}", "no use for", "periods"),
        (CHANGE, COHORT % ("nowhere", "true"), "No such core table", "derived.mean_change.cohort.table"),
        (CHANGE, COHORT % ("poverty", "grade = 'all'"), "Unknown column", "derived.mean_change.cohort.where"),
    ],
)
def test_a_measure_of_other_figures_that_cannot_be_is_refused(
    tmp_path: Path, old: str, new: str, words: str, column: str
) -> None:
    assert old in OF_FIGURES
    error = refused(tmp_path, OF_FIGURES.replace(old, new), "change_of_truancy")
    assert words in str(error)
    assert error.column == column


def test_the_others_of_a_statistic_cannot_be_told(tmp_path: Path) -> None:
    middle = RATE.replace("id: truancy_rate", "id: middle").replace("kind: ratio", "kind: statistic")
    middle = middle.replace(NUMERATOR, "value: median(eligible_students)")
    middle = middle.replace("denominator: sum(eligible_students)\n", "")
    gap = GAP.replace("of: truancy_rate, reference: all", "of: middle, reference: others")
    with pytest.raises(SpmError, match="others of a statistic"):
        load(tmp_path, middle=middle, truancy_gap=gap)


def test_a_gap_says_which_side_is_taken_from_which(tmp_path: Path) -> None:
    gap = GAP.replace("reference: all", "reference: others, minus: group")
    formula = load(tmp_path, truancy_gap=gap)["truancy_gap"].formula
    assert formula == "truancy_rate of the other students - truancy_rate of the group"
