"""From sums to figures: exact, published, ranged, hidden or null with a reason, and gaps between figures.

Put here: what a figure is, in SQL over one shape for all measures.
Not here: how core rows are placed and summed (`measure_sql`).
"""

from __future__ import annotations

from collections.abc import Sequence

from warehouse.model.measure import DIMENSIONS, OTHERS, Gap, Measure


def figured_sql(z: float) -> str:
    """From sums to figures: exact, published, ranged, hidden or null with a reason."""
    return f"""
    SELECT
        * REPLACE (
            CASE WHEN is_complete THEN numerator END AS numerator,
            CASE WHEN is_complete THEN denominator END AS denominator,
            CASE WHEN is_complete THEN n WHEN is_self THEN published_n ELSE sum_n END AS n
        ),
        CASE
            WHEN kind = 'statistic' THEN CASE WHEN is_complete AND isfinite(statistic) THEN statistic END
            WHEN kind <> 'ratio' THEN CASE WHEN is_complete THEN CAST(numerator AS DOUBLE) END
            WHEN is_complete AND denominator <> 0
                THEN factor * CAST(numerator AS DOUBLE) / CAST(denominator AS DOUBLE)
            WHEN is_complete OR is_zero_published THEN NULL
            WHEN is_self AND published_low IS NULL THEN published_value
        END AS value,
        CASE
            WHEN is_complete OR is_zero_published THEN NULL
            WHEN is_self AND published_high IS NOT NULL THEN published_low
            WHEN NOT is_self AND sum_n > 0 THEN 100.0 * sum_low / sum_n
        END AS value_low,
        CASE
            WHEN is_complete OR is_zero_published THEN NULL
            WHEN is_self AND published_low IS NOT NULL THEN published_high
            WHEN NOT is_self AND sum_n > 0 THEN 100.0 * sum_high / sum_n
        END AS value_high,
        {_interval_sql(z)}
    FROM (
        SELECT
            *,
            CASE kind
                WHEN 'ratio' THEN incomplete = 0 AND denominator IS NOT NULL AND numerator IS NOT NULL
                ELSE incomplete = 0
            END AS is_complete,
            is_self AND coalesce(published_n = 0, false) AND coalesce(numerator, 0) = 0 AS is_zero_published
        FROM aggregated
    )
    """


def _interval_sql(z: float) -> str:
    """The ends of the Wilson interval, where numerator and denominator are counts of trials."""
    p = "(CAST(numerator AS DOUBLE) / CAST(denominator AS DOUBLE))"
    d = "CAST(denominator AS DOUBLE)"
    centre = f"(({p} + {z * z / 2} / {d}) / (1 + {z * z} / {d}))"
    half = f"({z} / (1 + {z * z} / {d}) * sqrt({p} * (1 - {p}) / {d} + {z * z / 4} / ({d} * {d})))"
    given = "has_interval AND is_complete AND denominator > 0 AND numerator BETWEEN 0 AND denominator"
    return (
        f"CASE WHEN {given} THEN 100 * greatest({centre} - {half}, 0) END AS interval_low, "
        f"CASE WHEN {given} THEN 100 * least({centre} + {half}, 1) END AS interval_high"
    )


# How a figure summed from organizations of a type came about.
_SUMS = {
    "SCHOOL": "sum_of_schools", "LEA": "sum_of_leas", "UNIT": "sum_of_units", "DIVISION": "sum_of_divisions",
    "CBO": "sum_of_cbos",
}  # fmt: skip
_WHERE = ("organization_id", "organization_view", "school_year", "period")


def standing_sql() -> str:
    """Names the basis and the reason of a missing figure; a roll-up yields to a published figure."""
    key = ", ".join(("measure_id", "target_id", "school_year", "period", *DIMENSIONS))
    sums = " ".join(f"WHEN f.source_type = '{kind}' THEN '{basis}'" for kind, basis in _SUMS.items())
    return f"""
    SELECT
        f.measure_id, f.target_id AS organization_id, f.organization_view, f.school_year, f.period,
        {", ".join(f"f.{d}" for d in DIMENSIONS)},
        f.target_type AS organization_type, f.unit,
        CASE WHEN f.is_self THEN 'published' {sums} END AS basis,
        f.numerator, f.denominator, f.value, f.value_low, f.value_high, f.interval_low, f.interval_high, f.n,
        f.value_low IS NOT NULL AS is_ranged,
        NOT f.is_self AND NOT f.is_complete AS is_partial_coverage,
        CASE WHEN f.value IS NULL AND f.value_low IS NULL AND NOT f.is_complete AND NOT f.is_zero_published
            THEN coalesce(f.suppression, 'not_reported') END AS suppression,
        CASE
            WHEN f.value IS NOT NULL THEN NULL
            WHEN f.value_low IS NOT NULL THEN 'ranged'
            WHEN f.is_zero_published OR f.is_complete AND (f.denominator = 0 OR f.divides)
                THEN 'denominator_is_zero'
            WHEN f.is_complete AND f.kind = 'statistic' THEN 'no_input'
            ELSE 'suppressed'
        END AS null_reason,
        CASE WHEN f.is_preliminary THEN 'preliminary' WHEN f.is_revised THEN 'revised' ELSE 'final'
            END AS data_status,
        f.measure_version, f.rows AS core_rows, f.factor
    FROM (
        SELECT * FROM figured WHERE is_self
        UNION ALL
        SELECT * FROM (SELECT * FROM figured WHERE NOT is_self)
        ANTI JOIN (SELECT {key} FROM figured WHERE is_self AND target_type <> 'SCHOOL') USING ({key})
    ) AS f
    """


def gap_sql(measure: Measure) -> str:
    """A group's figure against the reference's; a range of either side gives a range."""
    gap = measure.gap
    assert gap is not None  # noqa: S101 - the caller passes gaps only
    others = [*_WHERE, *(d for d in DIMENSIONS if d != "student_group")]
    same = " AND ".join(f"r.{c} = g.{c}" for c in others)
    kept = ", ".join(f"g.{c}" for c in (*_WHERE, *DIMENSIONS))
    reference = "all" if gap.reference == OTHERS else gap.reference
    figure = _others_sql(gap) if gap.reference == OTHERS else _difference_sql(gap)
    return f"""
    SELECT
        '{measure.id}' AS measure_id, {kept},
        g.organization_type, '{measure.unit}' AS unit, 'derived' AS basis,
        CAST(NULL AS DECIMAL(18,2)) AS numerator, CAST(NULL AS DECIMAL(18,2)) AS denominator,
        {figure},
        CAST(NULL AS DOUBLE) AS interval_low, CAST(NULL AS DOUBLE) AS interval_high,
        g.n,
        g.is_partial_coverage OR r.is_partial_coverage AS is_partial_coverage,
        CASE WHEN 'preliminary' IN (g.data_status, r.data_status) THEN 'preliminary'
            WHEN 'revised' IN (g.data_status, r.data_status) THEN 'revised' ELSE 'final' END AS data_status,
        CAST({measure.version} AS SMALLINT) AS measure_version,
        g.core_rows + r.core_rows AS core_rows
    FROM standing AS g JOIN standing AS r ON r.measure_id = g.measure_id AND {same}
    WHERE g.measure_id = '{gap.of}' AND g.student_group <> '{reference}'
        AND r.student_group = '{reference}' AND g.organization_type IN ({listed(measure.grains)})
    """


def _difference_sql(gap: Gap) -> str:
    """The difference of two figures, or the range it lies in where a side is a range."""
    first, second = ("g", "r") if gap.minus == "reference" else ("r", "g")
    ranged = "(g.is_ranged OR r.is_ranged)"
    low = f"coalesce({first}.value_low, {first}.value) - coalesce({second}.value_high, {second}.value)"
    high = f"coalesce({first}.value_high, {first}.value) - coalesce({second}.value_low, {second}.value)"
    return f"""{first}.value - {second}.value AS value,
        CASE WHEN {ranged} THEN {low} END AS value_low,
        CASE WHEN {ranged} THEN {high} END AS value_high,
        {ranged} AND {low} IS NOT NULL AS is_ranged,
        coalesce(g.suppression, r.suppression) AS suppression,
        CASE
            WHEN g.value - r.value IS NOT NULL THEN NULL
            WHEN 'denominator_is_zero' IN (g.null_reason, r.null_reason) THEN 'denominator_is_zero'
            WHEN {ranged} AND {low} IS NOT NULL THEN 'ranged'
            WHEN coalesce(g.suppression, r.suppression) IS NULL
                AND 'no_input' IN (g.null_reason, r.null_reason) THEN 'no_input'
            ELSE 'suppressed'
        END AS null_reason"""


def _others_sql(gap: Gap) -> str:
    """The group's rate against that of all who are not in it, from the counts of both; never from a range.

    A group that counts more than all do leaves others of whom nothing can be said.
    """
    numerator, denominator = "(r.numerator - g.numerator)", "(r.denominator - g.denominator)"
    own = "CAST(g.numerator AS DOUBLE) / CAST(g.denominator AS DOUBLE)"
    other = f"CAST({numerator} AS DOUBLE) / CAST({denominator} AS DOUBLE)"
    sides = f"{own} - {other}" if gap.minus == "reference" else f"{other} - {own}"
    known = "g.denominator IS NOT NULL AND r.denominator IS NOT NULL"
    told = f"{known} AND g.denominator > 0 AND {denominator} > 0 AND {numerator} >= 0"
    return f"""CASE WHEN {told} THEN g.factor * ({sides}) END AS value,
        CAST(NULL AS DOUBLE) AS value_low, CAST(NULL AS DOUBLE) AS value_high, false AS is_ranged,
        CASE WHEN NOT ({known}) THEN coalesce(g.suppression, r.suppression, 'not_reported')
            END AS suppression,
        CASE
            WHEN {told} THEN NULL
            WHEN NOT ({known}) THEN 'suppressed'
            WHEN g.denominator = 0 OR {denominator} = 0 THEN 'denominator_is_zero'
            ELSE 'no_input'
        END AS null_reason"""


def listed(values: Sequence[str]) -> str:
    """Words as a SQL list."""
    return ", ".join(f"'{value}'" for value in values)
