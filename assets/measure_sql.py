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

from assets.figure_sql import figured_sql, gap_sql, listed, standing_sql
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
        "figured AS (" + figured_sql(NORMAL_QUANTILE[confidence_percent]) + ")",
        "standing AS (" + standing_sql() + ")",
    ]
    results = ["SELECT * FROM standing", *(gap_sql(m) for m in gaps)]
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
        **_published_aggregates(measure, where, suppression),
    }
    return [f"{expression} AS {measure.id}__{what}" for what, expression in parts.items()]


def _published_aggregates(measure: Measure, where: str, suppression: str) -> dict[str, str]:
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
        # Where a unit has students and no count, nothing can bound the sum: California 2012-2014 prints many
        # rates without a cohort. A unit that reports nothing at all has no such group.
        uncounted = (
            f"{count} IS NULL AND (coalesce({p.value}, {p.low}, {p.high}) IS NOT NULL "
            f"OR {suppression} = 'suppressed_at_source')"
        )
        given["sum_n"] = (
            f"CASE WHEN count(*) FILTER (WHERE ({where}) AND {uncounted}) = 0 "
            f"THEN sum({count}) FILTER (WHERE {where}) END"
        )
    return given


def _select_sql(source: str, measure: Measure) -> str:
    """One measure's aggregates as rows of one shape for all measures."""
    roll = measure.roll_up
    kept = f"(is_self AND target_type IN ({listed(measure.grains)}))"
    if roll is not None:
        kept += f" OR (NOT is_self AND source_type = '{roll.source}' AND target_type IN ({listed(roll.to)}))"
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
