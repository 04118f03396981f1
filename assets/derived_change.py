"""Figures that are a change: of one figure against an earlier year, or the mean over some organizations.

Put here: what such a figure is. Not here: where the figures come from (`figures`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

from assets.figures import (
    WHOLE,
    Figures,
    Made,
    Row,
    blank_row,
    cannot_be_compared,
    data_status,
    exact,
    key_sql,
)
from warehouse.model.measure import Change, MeanChange, Measure, Population


def change(figures: Figures, measure: Measure, way: Change) -> None:
    """Each figure less the one of the earlier year; a range of either gives a range.

    Made in SQL, since there may be as many as there are schools times groups. Nothing is made where the
    earlier year is not declared.
    """
    before = figures.year - way.years
    if before not in figures.home.agency.settings.school_years:
        return
    broken = cannot_be_compared(figures.home, way.of, before, figures.year)
    others = [name for name in figures.key if name not in ("measure_id", "school_year")]
    same = " AND ".join(f"b.{name} = n.{name}" for name in others)
    low = "coalesce(n.value_low, n.value) - coalesce(b.value_high, b.value)"
    high = "coalesce(n.value_high, n.value) - coalesce(b.value_low, b.value)"
    ranged = f"({not broken} AND (n.is_ranged OR b.is_ranged) AND {low} IS NOT NULL)"
    value = f"CASE WHEN {not broken} THEN n.value - b.value END"
    grains = ", ".join(f"'{grain}'" for grain in measure.grains)
    figures.connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE changed AS
        SELECT n.* REPLACE (
            '{measure.id}' AS measure_id, '{measure.unit}' AS unit, 'derived' AS basis,
            NULL AS numerator, NULL AS denominator, NULL AS interval_low, NULL AS interval_high,
            {value} AS value,
            CASE WHEN {ranged} THEN {low} END AS value_low,
            CASE WHEN {ranged} THEN {high} END AS value_high,
            coalesce({ranged}, false) AS is_ranged,
            n.is_partial_coverage OR coalesce(b.is_partial_coverage, false) AS is_partial_coverage,
            coalesce(n.suppression, b.suppression) AS suppression,
            CASE WHEN {value} IS NOT NULL THEN NULL
                WHEN b.measure_id IS NULL THEN 'no_earlier_figure'
                WHEN {broken} THEN 'not_comparable'
                WHEN {ranged} THEN 'ranged'
                WHEN 'denominator_is_zero' IN (n.null_reason, b.null_reason) THEN 'denominator_is_zero'
                ELSE coalesce(n.null_reason, b.null_reason) END AS null_reason,
            CASE WHEN 'preliminary' IN (n.data_status, b.data_status) THEN 'preliminary'
                WHEN 'revised' IN (n.data_status, b.data_status) THEN 'revised' ELSE 'final'
                END AS data_status,
            {measure.version} AS measure_version,
            n.core_rows + coalesce(b.core_rows, 0) AS core_rows
        ), {key_sql("n", figures.key)} AS part_now, {key_sql("b", figures.key)} AS part_before,
            b.measure_id IS NOT NULL AS has_before
        FROM measures.figures AS n LEFT JOIN measures.figures AS b
            ON b.measure_id = n.measure_id AND b.school_year = {before} AND {same}
        WHERE n.measure_id = '{way.of}' AND n.school_year = {figures.year} AND n.period = 'annual'
            AND n.organization_type IN ({grains})
        """
    )
    own = key_sql("c", figures.key)
    figures.connection.execute(
        "INSERT INTO measures.made BY NAME SELECT * EXCLUDE (part_now, part_before, has_before) FROM changed"
    )
    figures.connection.execute(
        f"INSERT INTO measures.parts SELECT {own}, part_now FROM changed AS c UNION ALL "
        f"SELECT {own}, part_before FROM changed AS c WHERE has_before"
    )


def mean_change(figures: Figures, measure: Measure, way: MeanChange) -> None:
    """The mean change of the cohort's organizations, less that of those it is set against.

    An organization counts with the mean of the measures that it has in both years, whatever its size. Only
    figures of all students and grades count. Sums are exact, so that their order cannot matter. Nothing is
    made where the earlier year is not declared, or nobody says of this year who is in the cohort.
    """
    before = figures.year - way.years
    tables = {side.table for side in (way.cohort, way.against) if side is not None}
    if before not in figures.home.agency.settings.school_years or not all(map(figures.has_rows, tables)):
        return
    comparable = [m for m in way.of if not cannot_be_compared(figures.home, m, before, figures.year)]
    pairs = _pairs(figures, way, comparable, before)
    sides = [_members(figures, population) for population in (way.cohort, way.against) if population]
    counted = [[organization for organization in side if organization in pairs] for side in sides]
    used = {organization for side in counted for organization in side}
    parts = [row for organization in sorted(used) for pair in pairs[organization] for row in pair]
    means = [_mean(_own_change(pairs[organization]) for organization in side) for side in counted]
    value, reason = None, None
    if all(mean is not None for mean in means):
        value = float(_difference(means))
    else:
        reason = _why_none(figures, way, sides, comparable)
    made = Made()
    made.add(
        blank_row(
            figures,
            measure,
            figures.organizations[figures.state],
            value=value,
            null_reason=reason,
            suppression="suppressed_at_source" if reason == "suppressed" else None,
            n=len(counted[0]),
            data_status=data_status(parts),
            core_rows=len(parts),
        ),
        parts,
        figures.key,
    )
    figures.keep(made)


def _pairs(
    figures: Figures, way: MeanChange, of: Sequence[str], before: int
) -> Mapping[str, list[tuple[Row, Row]]]:
    """By organization, its figures of both years, one pair for each measure that has both."""
    found: dict[tuple[str, str, str], dict[int, Row]] = {}
    for row in _whole_figures(figures, way, of, (before, figures.year)):
        if row["value"] is not None and not row["is_partial_coverage"]:
            key = (row["organization_id"], row["measure_id"], row["subject"])
            found.setdefault(key, {})[row["school_year"]] = row
    pairs: dict[str, list[tuple[Row, Row]]] = {}
    for (organization, _, _), years in sorted(found.items()):
        if len(years) == 2:
            pairs.setdefault(organization, []).append((years[figures.year], years[before]))
    return pairs


def _whole_figures(figures: Figures, way: MeanChange, of: Sequence[str], years: Sequence[int]) -> list[Row]:
    whole = ", ".join(f"'{word}'" for word in WHOLE)
    names = ("student_group", "grade", "federal_program_code", "award_id", "strategy_id")
    where = " AND ".join(f"{name} IN ({whole})" for name in names)
    listed = ", ".join("?" for _ in of)
    if not of:
        return []
    return figures.rows(
        f"measure_id IN ({listed}) AND organization_type = ? AND school_year IN ({years[0]}, {years[1]}) "
        f"AND period = 'annual' AND {where}",
        [*of, way.units],
    )


def _members(figures: Figures, population: Population) -> list[str]:
    found = figures.connection.execute(
        f"SELECT DISTINCT organization_id FROM core.{population.table} WHERE {population.where} "
        "ORDER BY organization_id"
    ).fetchall()
    return [str(row[0]) for row in found if row[0] is not None]


def _own_change(pairs: Sequence[tuple[Row, Row]]) -> Fraction:
    return sum((exact(now) - exact(then) for now, then in pairs), Fraction()) / len(pairs)


def _mean(values: Iterable[Fraction]) -> Fraction | None:
    listed = list(values)
    return sum(listed, Fraction()) / len(listed) if listed else None


def _difference(means: Sequence[Fraction | None]) -> Fraction:
    known = [mean for mean in means if mean is not None]
    return known[0] - known[1] if len(known) == 2 else known[0]


def _why_none(
    figures: Figures, way: MeanChange, sides: Sequence[Sequence[str]], comparable: Sequence[str]
) -> str:
    if not all(sides):
        return "denominator_is_zero"
    if not comparable:
        return "not_comparable"
    members = {organization for side in sides for organization in side}
    there = _whole_figures(figures, way, comparable, (figures.year - way.years, figures.year))
    hidden = any(row["suppression"] is not None for row in there if row["organization_id"] in members)
    return "suppressed" if hidden else "no_earlier_figure"
