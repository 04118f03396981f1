"""Claims about the public face of a release that protect people; none of them can be waived.

Put here: what the public may not be told, asked of the staged release anew, in SQL that SQLite and PostgreSQL
share. Not here: hiding it (`warehouse/public_face`), other claims about a release (`release_audit`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from checks.claim import literal
from checks.release_claim import ReleaseClaim
from warehouse.model.contract import published_contracts
from warehouse.model.measure import FEWEST_ORGANIZATIONS, OTHERS, Measure

_FIGURES = ("numerator", "denominator", "value", "value_low", "value_high", "interval_low", "interval_high")
_COUNTS = ("n", "core_rows")
_FIGURE = ("measure_id", "organization_id", "school_year", "student_group")


def privacy_claims(
    minimum_n: int, accountability_minimum_n: int, measures: Mapping[str, Measure]
) -> tuple[ReleaseClaim, ...]:
    """The claims, in the order in which they are asked."""
    sides = list(_sides(measures, minimum_n, accountability_minimum_n))
    return (
        _minimum_n(minimum_n, accountability_minimum_n),
        _hidden_is_hidden(),
        *([_made_of_shown(sides)] if sides else []),
        _status_keeps_the_secret(),
    )


def _minimum_n(minimum_n: int, accountability_minimum_n: int) -> ReleaseClaim:
    # A group of nobody is nobody's secret, as long as no figure is made of it.
    return ReleaseClaim(
        "no_public_figure_is_about_fewer_than_minimum_n",
        f"No public figure about people tells of fewer than {minimum_n} of them ({accountability_minimum_n} "
        f"for accountability), and none about organizations of fewer than {FEWEST_ORGANIZATIONS}",
        "published.public_measure_value", "staged_public_measure_value",
        f"""
        SELECT v.measure_id, v.organization_id, v.school_year, v.student_group
        FROM {{t}}staged_public_measure_value AS v
        JOIN {{t}}staged_public_measure AS m ON m.measure_id = v.measure_id
        WHERE (m.counts_people OR m.minimum_n_rule = 'organizations')
        AND v.n < CASE m.minimum_n_rule WHEN 'organizations' THEN {FEWEST_ORGANIZATIONS}
          WHEN 'accountability' THEN {int(accountability_minimum_n)} ELSE {int(minimum_n)} END
        AND (v.n > 0 OR v.value IS NOT NULL)
        """,
        ("measure_id", "organization_id", "school_year", "student_group"),
        "Report it; the public face was made without suppression, and must not be released",
        is_privacy=True,
    )  # fmt: skip


def _hidden_is_hidden() -> ReleaseClaim:
    told = " OR ".join(f"{name} IS NOT NULL" for name in (*_FIGURES, *_COUNTS))
    return ReleaseClaim(
        "hidden_public_figures_tell_nothing",
        "A public figure that is hidden has no count, value, range or interval",
        "published.public_measure_value", "staged_public_measure_value",
        f"""
        SELECT measure_id, organization_id, school_year, student_group
        FROM {{t}}staged_public_measure_value WHERE suppression = {literal('below_minimum_n')} AND ({told})
        """,
        ("measure_id", "organization_id", "school_year", "student_group"),
        "Report it; the public face tells what it says it hides, and must not be released",
        is_privacy=True,
    )  # fmt: skip


def _sides(
    measures: Mapping[str, Measure], minimum_n: int, accountability_minimum_n: int
) -> Iterator[tuple[str, str, str, int, int]]:
    """Each difference: its measure, that of its sides, the second's group, years before, fewest others."""
    for name, measure in sorted(measures.items()):
        if measure.gap is not None:
            is_others = measure.gap.reference == OTHERS
            fewest = measure.fewest(minimum_n, accountability_minimum_n) if is_others else None
            group = "all" if is_others else measure.gap.reference
            yield name, measure.gap.of, group, 0, fewest or 0
        elif measure.derived is not None and measure.derived.change is not None:
            change = measure.derived.change
            yield name, change.of, "", change.years, 0


def _made_of_shown(sides: list[tuple[str, str, str, int, int]]) -> ReleaseClaim:
    # Both sides are looked up in tables made once: a search of the view for every figure would take hours.
    rows = ", ".join(
        f"({literal(name)}, {literal(of)}, {literal(group)}, {years}, {fewest})"
        for name, of, group, years, fewest in sides
    )
    made = ", ".join(literal(name) for name in sorted({side[0] for side in sides}))
    of = ", ".join(literal(name) for name in sorted({side[1] for side in sides}))
    key = published_contracts()["measure_value"].key
    same = [name for name in key if name not in ("measure_id", "school_year", "student_group")]
    first, second = (" AND ".join(f"{side}.{name} = m.{name}" for name in same) for side in ("a", "b"))
    shown = ", ".join(f"m.{name}" for name in _FIGURE)
    return ReleaseClaim(
        "public_differences_are_of_shown_figures",
        "A gap or a change is shown only where both of its sides are, and the others are not too few",
        "published.public_measure_value", "staged_public_measure_value",
        f"""
        WITH sides(measure_id, of_measure, student_group, years, fewest) AS (VALUES {rows}),
        made AS MATERIALIZED (
          SELECT {", ".join(key)} FROM {{t}}staged_public_measure_value
          WHERE measure_id IN ({made}) AND (value IS NOT NULL OR value_low IS NOT NULL)),
        operand AS MATERIALIZED (
          SELECT {", ".join(key)}, n, suppression FROM {{t}}staged_public_measure_value
          WHERE measure_id IN ({of}))
        SELECT {shown}
        FROM made AS m JOIN sides AS s ON s.measure_id = m.measure_id
        LEFT JOIN operand AS a ON {first} AND a.measure_id = s.of_measure
          AND a.school_year = m.school_year AND a.student_group = m.student_group
        LEFT JOIN operand AS b ON {second} AND b.measure_id = s.of_measure
          AND b.school_year = m.school_year - s.years
          AND b.student_group = CASE s.student_group WHEN '' THEN m.student_group ELSE s.student_group END
        WHERE a.suppression = 'below_minimum_n' OR b.suppression = 'below_minimum_n'
          OR (s.fewest > 0 AND b.n - a.n < s.fewest)
        """,
        _FIGURE,
        "Report it; the difference tells what one of its sides hides, and must not be released",
        is_privacy=True,
    )  # fmt: skip


def _status_keeps_the_secret() -> ReleaseClaim:
    return ReleaseClaim(
        "public_statuses_tell_no_hidden_figure",
        "The status of a hidden public figure is SUPPRESSED and repeats no figure",
        "published.public_measure_status", "staged_public_measure_status",
        """
        SELECT s.plan_measure_id, s.organization_id, s.school_year
        FROM {t}staged_public_measure_status AS s
        JOIN {t}staged_public_measure_value AS v
          ON v.measure_id = s.measure_id AND v.organization_id = s.organization_id
          AND v.organization_view = s.organization_view AND v.school_year = s.school_year
          AND v.period = s.period
          AND v.student_group = s.student_group AND v.grade = s.grade AND v.subject = s.subject
          AND v.federal_program_code = s.federal_program_code AND v.award_id = s.award_id
          AND v.strategy_id = s.strategy_id
        WHERE v.suppression = 'below_minimum_n'
        AND (s.status <> 'SUPPRESSED' OR s.actual IS NOT NULL OR s.actual_low IS NOT NULL
             OR s.actual_high IS NOT NULL OR s.gap_closed IS NOT NULL OR s.trend IS NOT NULL)
        """,
        ("plan_measure_id", "organization_id", "school_year"),
        "Report it; the public face tells what it says it hides, and must not be released",
        is_privacy=True,
    )  # fmt: skip
