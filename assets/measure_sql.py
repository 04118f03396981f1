"""The SQL of one pass over a core table that computes all its measures.

Put here: how measure files become a query.
Not here: running it (`measures`), the formulas (`warehouse/measures`), parts of one formula (`fragment_sql`),
what a figure is (`figure_sql`).

The pass places every core row at the organizations it counts for: its own, its LEA in either view, its
division, the state. A figure of the row's own organization is `published`; the others are ratios of sums (or
statistics) of additive rows, and stand only where the organization has no published figure of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from assets.figure_sql import figured_sql, gap_sql, listed, standing_sql
from assets.fragment_sql import columns_used, divides, missing_parts, restricted
from assets.published_sql import published_aggregates
from warehouse.model.contract import Contract
from warehouse.model.measure import DIMENSIONS, Measure, Periods

# Standard normal quantiles of the two-sided confidence levels that agency.yml may set.
NORMAL_QUANTILE = {90: 1.6448536269514722, 95: 1.959963984540054, 99: 2.5758293035489004}
ANNUAL = "annual"
_PERIOD = {
    "month": "strftime({date}, '%Y-%m')",
    "quarter": "year({date}) || '-Q' || quarter({date})",
}
# What tells placed rows apart beside their dimensions and period; a number groups faster than five texts.
_PLACE = ("place", "school_year")
_TARGET = ("target_id", "source_type", "target_type", "is_self", "organization_view")

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
    SELECT u.organization_id, d.organization_id, u.organization_type, d.organization_type, false, 'none'
    FROM core.organizations AS u JOIN core.organizations AS d ON d.organization_id = u.parent_organization_id
    WHERE u.organization_type = 'UNIT' AND d.organization_type = 'DIVISION'
    UNION ALL
    SELECT o.organization_id, a.state_abbreviation_code, o.organization_type, 'SEA', false, 'none'
    FROM core.organizations AS o, agency.settings AS a WHERE o.organization_type <> 'SEA'
),
targets AS MATERIALIZED (
    SELECT row_number() OVER (ORDER BY target_id, source_type, is_self, organization_view) AS place, *
    FROM (SELECT DISTINCT target_id, source_type, target_type, is_self, organization_view FROM places)
)"""


@dataclass(frozen=True)
class _Shape:
    """What measures have in common that are computed in the same grouping of placed rows."""

    by: tuple[str, ...]
    totals_over: tuple[str, ...]
    periods: Periods | None
    sources: tuple[str, ...]

    @staticmethod
    def of(measure: Measure) -> _Shape:
        sources = () if measure.roll_up is None else measure.roll_up.sources
        # Rows of one type of organization are kept apart by it; only those of several must come together.
        together = sources if len(sources) > 1 else ()
        return _Shape(measure.by, measure.totals_over, measure.periods, together)

    @property
    def always(self) -> tuple[str, ...]:
        """The columns that every row of the grouping has a value of."""
        return (*_PLACE, *(column for column in self.by if column not in self.totals_over))

    @property
    def grouping(self) -> str:
        """Every total and, for parts of the year, the parts and the whole."""
        totals = [(*self.always, *self.totals_over[:n]) for n in range(len(self.totals_over) + 1)]
        sets = totals if self.periods is None else [(*keys, "figure_period") for keys in totals]
        if self.periods is not None and self.periods.year == "all":
            sets += totals
        return ", ".join(sets[0]) if len(sets) == 1 else f"GROUPING SETS ({', '.join(map(_row, sets))})"


def _row(columns: Sequence[str]) -> str:
    return f"({', '.join(columns)})"


def measures_sql(contract: Contract, measures: Sequence[Measure], confidence_percent: int) -> str:
    """The query that gives `measure_value` rows for all measures of one core table.

    Args:
        contract: The core table's contract.
        measures: Its measures, the gaps between them too.
        confidence_percent: Level of the Wilson intervals.
    """
    computed = [m for m in measures if m.gap is None]
    gaps = [m for m in measures if m.gap is not None]
    passes: list[str] = []
    selects: list[str] = []
    ordered = sorted(computed, key=lambda m: repr(_Shape.of(m)))
    for index, (shape, members) in enumerate(groupby(ordered, key=_Shape.of)):
        group = list(members)
        passes.append(_pass_sql(f"pass_{index}", shape, contract, group))
        selects += [_select_sql(f"pass_{index}", measure, contract) for measure in group]
    figures = [
        "placed AS (" + _placed_sql(contract, computed) + ")",
        *passes,
        "aggregated AS (\n" + "\nUNION ALL\n".join(selects) + "\n)",
        "figured AS (" + figured_sql(NORMAL_QUANTILE[confidence_percent]) + ")",
        "standing AS (" + standing_sql() + ")",
    ]
    results = ["SELECT * FROM standing", *(gap_sql(m) for m in gaps)]
    body = "\nUNION ALL BY NAME\n".join(results)
    return f"WITH {PLACES.strip()},\n" + ",\n".join(figures) + f"\n{_named_sql(body)}"


def _placed_sql(contract: Contract, measures: Sequence[Measure]) -> str:
    known = [f.name for f in contract.fields]
    used = {"school_year", "suppression", "data_status"}.union(*(columns_used(m, contract) for m in measures))
    columns = ", ".join(f"f.{name}" for name in known if name in used)
    additive = "f.is_additive" if "is_additive" in known else "true"
    same = " AND ".join(f"t.{column} = p.{column}" for column in _TARGET)
    return (
        f"SELECT {columns}, p.place FROM {contract.name} AS f JOIN ("
        f"SELECT p.organization_id, p.is_self, t.place FROM places AS p JOIN targets AS t ON {same}"
        f") AS p ON p.organization_id = f.organization_id WHERE p.is_self OR {additive}"
    )


def _pass_sql(name: str, shape: _Shape, contract: Contract, measures: Sequence[Measure]) -> str:
    periods = shape.periods
    columns: list[str] = list(_PLACE)
    for column in shape.by:
        key = f"CASE WHEN grouping({column}) = 1 THEN 'none' ELSE {column} END"
        # Without a total, what has no value of a dimension is a figure like others, of `none`.
        key = key if column in shape.totals_over else f"coalesce({column}, 'none')"
        columns.append(f"{key} AS key_{column}")
    if periods is not None:
        key = f"CASE WHEN grouping(figure_period) = 1 THEN '{ANNUAL}' ELSE figure_period END"
        columns.append(f"{key if periods.year == 'all' else 'figure_period'} AS key_period")
    columns += [c for m in measures for c in _aggregates(m, contract)]
    source = _source_sql(shape)
    body = f"SELECT {', '.join(columns)}\n    FROM {source}\n    GROUP BY {shape.grouping}"
    return f"{name} AS (\n    {body}\n)"


def _source_sql(shape: _Shape) -> str:
    """The placed rows, with the part of the year each is in, and several types of organizations as one."""
    columns, source = "placed.*", "placed"
    if shape.sources:
        columns = "placed.* REPLACE (coalesce(one.together, placed.place) AS place)"
        source += (
            " LEFT JOIN (SELECT place,"
            " min(place) OVER (PARTITION BY target_id, organization_view) AS together"
            f" FROM targets WHERE NOT is_self AND source_type IN ({listed(shape.sources)})) AS one"
            " ON one.place = placed.place"
        )
    if shape.periods is not None:
        columns += f", {period_of(shape.periods, shape.periods.date)} AS figure_period"
    return source if columns == "placed.*" else f"(SELECT {columns} FROM {source})"


def period_of(periods: Periods, date: str) -> str:
    """SQL for the part of the year that a date is in."""
    return _PERIOD[periods.every].format(date=date)


def _aggregates(measure: Measure, contract: Contract) -> list[str]:
    """The aggregate columns of one measure, each named `<measure>__<what>`."""
    where = measure.where or "true"
    known = {f.name for f in contract.fields}
    statuses = "data_status" if "data_status" in known else "'final'"
    suppression = "suppression" if "suppression" in known else "NULL"
    is_total = measure.kind in ("count", "amount")
    total = f"coalesce({restricted(measure.value, where)}, 0)" if is_total else None
    parts = {
        "rows": f"count(*) FILTER (WHERE {where})",
        "incomplete": f"count(*) FILTER (WHERE ({where}) AND ({missing_parts(measure)}))",
        "numerator": total or restricted(measure.numerator, where),
        "denominator": restricted(measure.denominator, where),
        "statistic": restricted(measure.value, where) if measure.kind == "statistic" else "NULL",
        "n": restricted(measure.n or measure.denominator or "count(*)", where),
        "suppression": f"max({suppression}) FILTER (WHERE {where})",
        "is_preliminary": f"coalesce(bool_or({statuses} = 'preliminary') FILTER (WHERE {where}), false)",
        "is_revised": f"coalesce(bool_or({statuses} = 'revised') FILTER (WHERE {where}), false)",
        **published_aggregates(measure, where, suppression),
    }
    return [f"{expression} AS {measure.id}__{what}" for what, expression in parts.items()]


# The shape in which all measures' aggregates come together.
_SHAPE = {
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


def _select_sql(source: str, measure: Measure, contract: Contract) -> str:
    """One measure's aggregates as rows of one shape for all measures."""
    dimensions = [f"{f'key_{d}' if d in measure.by else repr('none')} AS {d}" for d in DIMENSIONS]
    values = [f"CAST({measure.id}__{what} AS {kind}) AS {what}" for what, kind in _SHAPE.items()]
    factor = 100 if measure.unit == "percent" else 1
    return (
        f"SELECT '{measure.id}' AS measure_id, CAST({measure.version} AS SMALLINT) AS measure_version, "
        f"'{measure.unit}' AS unit, {factor} AS factor, {measure.interval == 'wilson'} AS has_interval, "
        f"'{measure.kind}' AS kind, {divides(measure)} AS divides, {', '.join(_TARGET)}, school_year, "
        f"{_period_sql(measure, contract)} AS period, {', '.join(dimensions)}, {', '.join(values)} "
        f"FROM {source} JOIN targets USING (place) WHERE {_kept_sql(measure)}"
    )


def _period_sql(measure: Measure, contract: Contract) -> str:
    """The part of the year; the last one stands for the whole year too where the measure says so."""
    periods = measure.periods
    if periods is None:
        return f"'{ANNUAL}'"
    if periods.year != "last":
        return "key_period"
    last = f"(SELECT {period_of(periods, f'max({periods.date})')} FROM {contract.name})"
    return f"unnest(CASE WHEN key_period = {last} THEN [key_period, '{ANNUAL}'] ELSE [key_period] END)"


def _kept_sql(measure: Measure) -> str:
    """Which groups give a figure: those of the measure's grains that have rows of it.

    Of nothing there is no ratio and no statistic. A count or an amount over nothing is 0 where the
    organization has rows in the table, unless it is rolled up to there: then rows of others are what counts.
    """
    roll, rows = measure.roll_up, f"{measure.id}__rows > 0"
    to = () if roll is None else roll.to
    of_nothing = measure.kind in ("count", "amount")
    own = f"is_self AND target_type IN ({listed(measure.grains)})"
    if of_nothing and to:
        own += f" AND ({rows} OR target_type NOT IN ({listed(to)}))"
    kept = f"({own})"
    if roll is not None:
        kept += (
            f" OR (NOT is_self AND source_type IN ({listed(roll.sources)}) AND target_type IN ({listed(to)}))"
        )
    parts = [f"({kept})", *([] if of_nothing else [rows])]
    # What has no value of a dimension with totals counts in the totals only; what has no day, in the year.
    parts += [f"key_{column} IS NOT NULL" for column in measure.totals_over]
    parts += [] if measure.periods is None else ["key_period IS NOT NULL"]
    return " AND ".join(parts)


def _named_sql(body: str) -> str:
    return (
        "SELECT m.*, o.organization_name FROM (\n" + body + "\n) AS m JOIN core.organizations AS o "
        "ON o.organization_id = m.organization_id AND o.school_year = m.school_year"
    )
