"""The SQL fragments of a measure as parts of a query: what they read, and over which rows.

Put here: what is read from or done to one fragment. Not here: which fragments are accepted
(`warehouse/model/formula`), how they become a pass (`measure_sql`).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from warehouse.model.contract import Contract
from warehouse.model.measure import Measure


def restricted(fragment: str | None, where: str) -> str:
    """An aggregate fragment over rows where a condition holds; NULL where there is no fragment.

    A median or quantile is taken of doubles: of decimals, DuckDB cuts it to their scale.
    """
    if fragment is None:
        return "NULL"
    from sqlglot import exp

    tree = _parsed(fragment).copy()
    condition = _parsed(where)

    def restrict(node: Any) -> Any:
        if isinstance(node, (exp.Median, exp.PercentileCont)):
            node.set("this", exp.cast(node.this.copy(), "DOUBLE"))
        if isinstance(node, exp.Filter):
            both = exp.and_(node.expression.this.copy(), condition.copy())
            return exp.Filter(this=node.this.copy(), expression=exp.Where(this=both))
        if isinstance(node, exp.AggFunc) and not isinstance(node.parent, exp.Filter):
            return exp.Filter(this=node.copy(), expression=exp.Where(this=condition.copy()))
        return node

    return str(tree.transform(restrict).sql(dialect="duckdb"))


def missing_parts(measure: Measure) -> str:
    """When a row lacks a number that the measure sums, so that the sum would be too small.

    A number that a filter leaves out, or that the formula gives a value when it is null, is not missed.
    """
    from sqlglot import exp

    conditions: dict[str, None] = {}
    for fragment in (measure.numerator, measure.denominator, measure.value):
        for total in () if fragment is None else _parsed(fragment).find_all(exp.Sum):
            given = total.parent.expression.this if isinstance(total.parent, exp.Filter) else None
            chosen = "" if given is None else f"({given.sql(dialect='duckdb')}) AND "
            for column in total.find_all(exp.Column):
                if column.find_ancestor(exp.Coalesce) is None:
                    conditions[f"({chosen}{column.name} IS NULL)"] = None
    return " OR ".join(conditions) or "false"


def summed_columns(measure: Measure) -> list[str]:
    """The columns that a ratio sums: the numerator's first, then the denominator's."""
    from sqlglot import exp

    fragments = [f for f in (measure.numerator, measure.denominator) if f is not None]
    sums = [total for fragment in fragments for total in _parsed(fragment).find_all(exp.Sum)]
    return [column.name for total in sums for column in total.find_all(exp.Column)]


def divides(measure: Measure) -> bool:
    """Whether a statistic divides, so that it may have nothing to divide by."""
    from sqlglot import exp

    return measure.value is not None and _parsed(measure.value).find(exp.Div) is not None


def columns_used(measure: Measure, contract: Contract) -> set[str]:
    """The columns of the core table that a measure's figures are made from."""
    from sqlglot import exp

    used = {*measure.by}
    fragments = (measure.numerator, measure.denominator, measure.value, measure.n, measure.where)
    for fragment in fragments:
        if fragment is not None:
            used.update(column.name for column in _parsed(fragment).find_all(exp.Column))
    if measure.periods is not None:
        used.add(measure.periods.date)
    if measure.published is not None:
        given = measure.published
        used.update(c for c in (given.value, given.low, given.high, given.n) if c is not None)
    return used & {f.name for f in contract.fields}


@lru_cache(maxsize=1024)
def _parsed(fragment: str) -> Any:
    """The expression of a fragment; not to be changed by its reader."""
    import sqlglot

    return sqlglot.parse_one(f"SELECT {fragment}", read="duckdb").expressions[0]
