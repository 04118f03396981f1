"""The SQL of one pass over a core table that computes all its measures.

Put here: how measure files become a query.
Not here: running it (`measures`), the formulas (`warehouse/measures`).

The pass places every core row at the organizations it counts for: its own, its LEA in either view, the
state. A figure of the row's own organization is `published`; the others are ratios of sums of additive
rows, and stand only where the organization has no published figure of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from warehouse.model.contract import Contract
from warehouse.model.measure import DIMENSIONS, Measure

# Standard normal quantiles of the two-sided confidence levels that agency.yml may set.
NORMAL_QUANTILE = {90: 1.6448536269514722, 95: 1.959963984540054, 99: 2.5758293035489004}

PLACES = """
places AS (
    SELECT organization_id, organization_id AS target_id, organization_type AS source_type,
        organization_type AS target_type, true AS is_self,
        CASE organization_type WHEN 'LEA' THEN 'as_published' ELSE 'none' END AS organization_view
    FROM core.organizations
    UNION ALL
    SELECT organization_id, authorizer_lea_id, organization_type, 'LEA', false, 'authorizer'
    FROM core.organizations WHERE organization_type = 'SCHOOL' AND authorizer_lea_id IS NOT NULL
    UNION ALL
    SELECT organization_id, reporting_lea_id, organization_type, 'LEA', false, 'reporting_lea'
    FROM core.organizations WHERE organization_type = 'SCHOOL' AND reporting_lea_id IS NOT NULL
    UNION ALL
    SELECT o.organization_id, a.state_abbreviation_code, o.organization_type, 'SEA', false, 'none'
    FROM core.organizations AS o, agency.settings AS a WHERE o.organization_type <> 'SEA'
)"""


def measures_sql(contract: Contract, measures: Sequence[Measure], confidence_percent: int) -> str:
    """The query that gives `measure_value` rows for all measures of one core table.

    Args:
        contract: The core table's contract.
        measures: Its measures, the derived ones too.
        confidence_percent: Level of the Wilson intervals.
    """
    computed = [m for m in measures if m.gap is None]
    gaps = [m for m in measures if m.gap is not None]
    passes: list[str] = []
    selects: list[str] = []
    ordered = sorted(computed, key=lambda m: (m.by, m.totals_over))
    for index, (_, members) in enumerate(groupby(ordered, key=lambda m: (m.by, m.totals_over))):
        group = list(members)
        passes.append(_pass_sql(f"pass_{index}", contract, group))
        selects += [_select_sql(f"pass_{index}", measure) for measure in group]
    figures = [
        "placed AS (" + _placed_sql(contract) + ")",
        *passes,
        "aggregated AS (\n" + "\nUNION ALL\n".join(selects) + "\n)",
        "figured AS (" + _figured_sql(NORMAL_QUANTILE[confidence_percent]) + ")",
        "standing AS (" + _standing_sql() + ")",
    ]
    results = ["SELECT * FROM standing", *(_gap_sql(m) for m in gaps)]
    body = "\nUNION ALL BY NAME\n".join(results)
    return f"WITH {PLACES.strip()},\n" + ",\n".join(figures) + f"\n{_named_sql(body)}"


def _placed_sql(contract: Contract) -> str:
    has_flag = any(f.name == "is_additive" for f in contract.fields)
    additive = "f.is_additive" if has_flag else "true"
    return (
        "SELECT f.*, p.target_id, p.source_type, p.target_type, p.is_self, p.organization_view "
        f"FROM {contract.name} AS f JOIN places AS p ON p.organization_id = f.organization_id "
        f"WHERE p.is_self OR {additive}"
    )


def _pass_sql(name: str, contract: Contract, measures: Sequence[Measure]) -> str:
    by, totals = measures[0].by, measures[0].totals_over
    base = ["target_id", "source_type", "target_type", "is_self", "organization_view", "school_year"]
    always = base + [column for column in by if column not in totals]
    sets = ", ".join(f"({', '.join(keys)})" for keys in ([*always, *totals], always)) if totals else None
    grouping = f"GROUPING SETS ({sets})" if sets else ", ".join(always)
    columns = [*base, *by, *(c for m in measures for c in _aggregates(m, contract))]
    return f"{name} AS (\n    SELECT {', '.join(columns)}\n    FROM placed\n    GROUP BY {grouping}\n)"


def _aggregates(measure: Measure, contract: Contract) -> list[str]:
    """The aggregate columns of one measure, each named `<measure>__<what>`."""
    where = measure.where or "true"
    statuses = "data_status" if any(f.name == "data_status" for f in contract.fields) else "'final'"
    suppression = "suppression" if any(f.name == "suppression" for f in contract.fields) else "NULL"
    needed = " OR ".join(f"{c} IS NULL" for c in _summed_columns(measure)) or "false"
    parts = {
        "rows": f"count(*) FILTER (WHERE {where})",
        "incomplete": f"count(*) FILTER (WHERE ({where}) AND ({needed}))",
        "numerator": _filtered(measure.numerator, where),
        "denominator": _filtered(measure.denominator, where),
        "statistic": _filtered(measure.value, where),
        "n": _filtered(measure.n or measure.denominator, where),
        "suppression": f"max({suppression}) FILTER (WHERE {where})",
        "is_preliminary": f"coalesce(bool_or({statuses} = 'preliminary') FILTER (WHERE {where}), false)",
        "is_revised": f"coalesce(bool_or({statuses} = 'revised') FILTER (WHERE {where}), false)",
        **_published_aggregates(measure, where),
    }
    return [f"{expression} AS {measure.id}__{what}" for what, expression in parts.items()]


def _published_aggregates(measure: Measure, where: str) -> dict[str, str]:
    """What the source publishes as a figure, and the bounds of a sum over figures known only so."""
    names = ("published_value", "published_low", "published_high", "published_n", "sum_low", "sum_high")
    p = measure.published
    if p is None:
        return dict.fromkeys((*names, "sum_n"), "NULL")
    given: dict[str, str] = dict.fromkeys((*names, "sum_n"), "NULL")
    for what, column in zip(names[:4], (p.value, p.low, p.high, p.n), strict=True):
        if column is not None:
            given[what] = f"max({column}) FILTER (WHERE {where})"
    columns = _summed_columns(measure)
    if p.n is not None and p.low is not None and p.high is not None and len(columns) == 2:
        # A whole percent stands for half a point on either side; what is hidden lies between none and all.
        numerator, count, half = columns[0], columns[1], p.step_percent / 2
        low = f"ceil({count} * greatest(coalesce({p.low}, {p.value} - {half}, 0), 0) / 100)"
        high = f"floor({count} * least(coalesce({p.high}, {p.value} + {half}, 100), 100) / 100)"
        given["sum_low"] = f"sum(CAST(coalesce({numerator}, {low}) AS BIGINT)) FILTER (WHERE {where})"
        given["sum_high"] = f"sum(CAST(coalesce({numerator}, {high}) AS BIGINT)) FILTER (WHERE {where})"
        # Where a unit shows a figure and no count, nothing can bound the sum: California 2012-2014 has many.
        uncounted = f"{count} IS NULL AND coalesce({p.value}, {p.low}, {p.high}) IS NOT NULL"
        given["sum_n"] = (
            f"CASE WHEN count(*) FILTER (WHERE ({where}) AND {uncounted}) = 0 "
            f"THEN sum({count}) FILTER (WHERE {where}) END"
        )
    return given


def _select_sql(source: str, measure: Measure) -> str:
    """One measure's aggregates as rows of one shape for all measures."""
    roll = measure.roll_up
    kept = f"(is_self AND target_type IN ({_listed(measure.grains)}))"
    if roll is not None:
        kept += f" OR (NOT is_self AND source_type = '{roll.source}' AND target_type IN ({_listed(roll.to)}))"
    dimensions = [f"{_dimension(measure, d)} AS {d}" for d in DIMENSIONS]
    casts = {
        "rows": "BIGINT",
        "incomplete": "BIGINT",
        "numerator": "DECIMAL(18,2)",
        "denominator": "DECIMAL(18,2)",
        "statistic": "DOUBLE",
        "n": "BIGINT",
        "suppression": "VARCHAR",
        "is_preliminary": "BOOLEAN",
        "is_revised": "BOOLEAN",
        "published_value": "DOUBLE",
        "published_low": "DOUBLE",
        "published_high": "DOUBLE",
        "published_n": "BIGINT",
        "sum_low": "BIGINT",
        "sum_high": "BIGINT",
        "sum_n": "BIGINT",
    }
    values = [f"CAST({measure.id}__{what} AS {kind}) AS {what}" for what, kind in casts.items()]
    factor = 100 if measure.unit == "percent" else 1
    wilson = "true" if measure.interval == "wilson" else "false"
    return (
        f"SELECT '{measure.id}' AS measure_id, CAST({measure.version} AS SMALLINT) AS measure_version, "
        f"'{measure.unit}' AS unit, {factor} AS factor, {wilson} AS has_interval, '{measure.kind}' AS kind, "
        f"target_id, source_type, target_type, is_self, organization_view, school_year, "
        f"{', '.join(dimensions)}, {', '.join(values)} "
        f"FROM {source} WHERE {measure.id}__rows > 0 AND ({kept})"
    )


def _figured_sql(z: float) -> str:
    """From sums to figures: exact, published, ranged, hidden or null with a reason."""
    p = "(CAST(numerator AS DOUBLE) / CAST(denominator AS DOUBLE))"
    d = "CAST(denominator AS DOUBLE)"
    centre = f"(({p} + {z * z / 2} / {d}) / (1 + {z * z} / {d}))"
    half = f"({z} / (1 + {z * z} / {d}) * sqrt({p} * (1 - {p}) / {d} + {z * z / 4} / ({d} * {d})))"
    return f"""
    SELECT
        * REPLACE (
            CASE WHEN is_complete THEN numerator END AS numerator,
            CASE WHEN is_complete THEN denominator END AS denominator,
            CASE WHEN is_complete THEN n WHEN is_self THEN published_n ELSE sum_n END AS n
        ),
        CASE
            WHEN kind = 'median' THEN statistic
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
        CASE WHEN has_interval AND is_complete AND denominator > 0
            THEN 100 * greatest({centre} - {half}, 0) END AS interval_low,
        CASE WHEN has_interval AND is_complete AND denominator > 0
            THEN 100 * least({centre} + {half}, 1) END AS interval_high
    FROM (
        SELECT
            *,
            kind = 'median' OR incomplete = 0 AND denominator IS NOT NULL AND numerator IS NOT NULL
                AS is_complete,
            is_self AND coalesce(published_n = 0, false) AND coalesce(numerator, 0) = 0 AS is_zero_published
        FROM aggregated
    )
    """


def _standing_sql() -> str:
    """Names the basis and the reason of a missing figure; a roll-up yields to a published figure."""
    same = " AND ".join(f"s.{c} = f.{c}" for c in ("measure_id", "target_id", "school_year", *DIMENSIONS))
    return f"""
    SELECT
        f.measure_id, f.target_id AS organization_id, f.organization_view, f.school_year, 'annual' AS period,
        f.student_group, f.grade, f.subject, f.federal_program_code, f.award_id,
        f.target_type AS organization_type, f.unit,
        CASE WHEN f.is_self THEN 'published' WHEN f.source_type = 'SCHOOL' THEN 'sum_of_schools'
            ELSE 'sum_of_leas' END AS basis,
        f.numerator, f.denominator, f.value, f.value_low, f.value_high, f.interval_low, f.interval_high, f.n,
        f.value_low IS NOT NULL AS is_ranged,
        NOT f.is_self AND NOT f.is_complete AS is_partial_coverage,
        CASE WHEN f.value IS NULL AND f.value_low IS NULL AND NOT f.is_complete AND NOT f.is_zero_published
            THEN coalesce(f.suppression, 'not_reported') END AS suppression,
        CASE
            WHEN f.value IS NOT NULL THEN NULL
            WHEN f.value_low IS NOT NULL THEN 'ranged'
            WHEN f.is_zero_published OR f.is_complete AND f.denominator = 0 THEN 'denominator_is_zero'
            ELSE 'suppressed'
        END AS null_reason,
        CASE WHEN f.is_preliminary THEN 'preliminary' WHEN f.is_revised THEN 'revised' ELSE 'final'
            END AS data_status,
        f.measure_version, f.rows AS core_rows
    FROM figured AS f
    WHERE f.is_self OR NOT EXISTS (SELECT 1 FROM figured AS s WHERE s.is_self AND {same})
    """


def _gap_sql(measure: Measure) -> str:
    """A group's figure minus the reference group's; a range of either side gives a range."""
    gap = measure.gap
    assert gap is not None  # noqa: S101 - the caller passes gaps only
    others = ["organization_id", "organization_view", "school_year", "period"]
    others += [d for d in DIMENSIONS if d != "student_group"]
    same = " AND ".join(f"r.{c} = g.{c}" for c in others)
    kept = ", ".join(["organization_id", "organization_view", "school_year", "period", *DIMENSIONS])
    ends = {
        "low": "coalesce(g.value_low, g.value) - coalesce(r.value_high, r.value)",
        "high": "coalesce(g.value_high, g.value) - coalesce(r.value_low, r.value)",
    }
    ranged = "(g.is_ranged OR r.is_ranged)"
    return f"""
    SELECT
        '{measure.id}' AS measure_id, {", ".join("g." + c for c in kept.split(", "))},
        g.organization_type, '{measure.unit}' AS unit, 'derived' AS basis,
        CAST(NULL AS DECIMAL(18,2)) AS numerator, CAST(NULL AS DECIMAL(18,2)) AS denominator,
        g.value - r.value AS value,
        CASE WHEN {ranged} THEN {ends["low"]} END AS value_low,
        CASE WHEN {ranged} THEN {ends["high"]} END AS value_high,
        CAST(NULL AS DOUBLE) AS interval_low, CAST(NULL AS DOUBLE) AS interval_high,
        g.n,
        {ranged} AND {ends["low"]} IS NOT NULL AS is_ranged,
        g.is_partial_coverage OR r.is_partial_coverage AS is_partial_coverage,
        coalesce(g.suppression, r.suppression) AS suppression,
        CASE
            WHEN g.value - r.value IS NOT NULL THEN NULL
            WHEN 'denominator_is_zero' IN (g.null_reason, r.null_reason) THEN 'denominator_is_zero'
            WHEN {ranged} AND {ends["low"]} IS NOT NULL THEN 'ranged'
            ELSE 'suppressed'
        END AS null_reason,
        CASE WHEN 'preliminary' IN (g.data_status, r.data_status) THEN 'preliminary'
            WHEN 'revised' IN (g.data_status, r.data_status) THEN 'revised' ELSE 'final' END AS data_status,
        CAST({measure.version} AS SMALLINT) AS measure_version,
        g.core_rows + r.core_rows AS core_rows
    FROM standing AS g JOIN standing AS r ON r.measure_id = g.measure_id AND {same}
    WHERE g.measure_id = '{gap.of}' AND g.student_group <> '{gap.reference_group}'
        AND r.student_group = '{gap.reference_group}' AND g.organization_type IN ({_listed(measure.grains)})
    """


def _named_sql(body: str) -> str:
    return (
        "SELECT m.*, o.organization_name FROM (\n" + body + "\n) AS m JOIN core.organizations AS o "
        "ON o.organization_id = m.organization_id AND o.school_year = m.school_year"
    )


def _dimension(measure: Measure, name: str) -> str:
    if name not in measure.by:
        return "'none'"
    return f"coalesce({name}, 'none')" if name in measure.totals_over else name


def _filtered(fragment: str | None, where: str) -> str:
    """An aggregate fragment restricted to rows where the measure's condition holds."""
    if fragment is None:
        return "NULL"
    import sqlglot
    from sqlglot import exp

    tree = sqlglot.parse_one(f"SELECT {fragment}", read="duckdb").expressions[0]
    condition = sqlglot.parse_one(f"SELECT 1 WHERE {where}", read="duckdb").args["where"].this

    def restrict(node: exp.Expression) -> exp.Expression:
        if isinstance(node, exp.Filter):
            both = exp.and_(node.expression.this.copy(), condition.copy())
            return exp.Filter(this=node.this.copy(), expression=exp.Where(this=both))
        if isinstance(node, exp.AggFunc) and not isinstance(node.parent, exp.Filter):
            return exp.Filter(this=node.copy(), expression=exp.Where(this=condition.copy()))
        return node

    return str(tree.transform(restrict).sql(dialect="duckdb"))


def _summed_columns(measure: Measure) -> list[str]:
    """The columns that must not be null for a sum to be complete: numerator's first, then denominator's."""
    import sqlglot
    from sqlglot import exp

    columns: list[str] = []
    for fragment in (measure.numerator, measure.denominator):
        if fragment is not None:
            tree = sqlglot.parse_one(f"SELECT {fragment}", read="duckdb")
            columns += [c.name for s in tree.find_all(exp.Sum) for c in s.find_all(exp.Column)]
    return columns


def _listed(values: Sequence[str]) -> str:
    return ", ".join(f"'{value}'" for value in values)
