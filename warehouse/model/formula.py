"""Refuse a formula that is not one aggregate expression over its contract's own columns.

Put here: what SQL fragments a measure may hold. sqlglot is imported only when a fragment is judged.
Not here: how fragments become a query (`assets/measure_sql`).
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

from warehouse.model.contract import Contract
from warehouse.model.yaml_file import Located, Location

# Aggregates whose result is the same in whatever order rows come: exact sums, counts and places in an order.
_EXACT = (
    "Sum", "Avg", "Count", "CountIf", "Min", "Max", "Median", "PercentileCont", "PercentileDisc",
    "LogicalOr", "LogicalAnd",
)  # fmt: skip


def require_aggregate(item: Located[Any], field: str, fragment: str, contract: Contract) -> None:
    """Accept one expression of aggregates over the contract's columns.

    Raises:
        SpmError: It does not parse, aggregates nothing or twice in itself, names an unknown column or one
            outside an aggregate, or its result could depend on the order of rows.
    """
    from sqlglot import exp

    tree = _parse(item, (field,), fragment)
    aggregates = list(tree.find_all(exp.AggFunc))
    if any(_stands_in_aggregate(aggregate) for aggregate in aggregates):
        raise item.error(
            (field,),
            "The formula aggregates an aggregate",
            value=fragment,
            remedy="Aggregate the core table's rows once",
        )
    if not aggregates:
        raise item.error(
            (field,),
            "The formula is not an aggregate",
            value=fragment,
            remedy="Write one aggregate over the core table's columns, such as sum(eligible_students)",
        )
    require_columns(item, (field,), _columns(tree), contract)
    outside = [c for c in tree.find_all(exp.Column) if c.find_ancestor(exp.AggFunc, exp.Filter) is None]
    if outside:
        raise item.error(
            (field,),
            f"Column {outside[0].name!r} stands outside the aggregate",
            value=fragment,
            remedy="Put every column inside the aggregate",
        )
    for aggregate in aggregates:
        _require_exact(item, field, fragment, aggregate, contract)


def _require_exact(item: Located[Any], field: str, fragment: str, aggregate: Any, contract: Contract) -> None:
    """Accept an aggregate that gives the same to the last bit, however rows are ordered and shared out."""
    from sqlglot import exp

    if type(aggregate).__name__ not in _EXACT:
        raise item.error(
            (field,),
            f"The result of {aggregate.sql_name().lower()} can depend on the order of rows",
            value=fragment,
            remedy="Use sum, avg, count, min, max, median, quantile_cont, quantile_disc, bool_or or bool_and",
        )
    if not isinstance(aggregate, (exp.Sum, exp.Avg)):
        return
    floating = [c.name for c in aggregate.find_all(exp.Column) if contract.field(c.name).type == "double"]
    casts = [c for c in aggregate.find_all(exp.Cast) if c.to.this in exp.DataType.FLOAT_TYPES]
    if floating or casts or aggregate.find(exp.Div) is not None:
        raise item.error(
            (field,),
            "A sum of floating point depends on the order of rows",
            value=fragment,
            remedy="Sum whole numbers or decimals, and divide outside the aggregate",
        )


def require_columns(item: Located[Any], at: Location, names: Iterable[str], contract: Contract) -> None:
    """Accept names that are columns of the contract.

    Raises:
        SpmError: One of them is not.
    """
    known = [f.name for f in contract.fields]
    for name in names:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f"Did you mean {near[0]!r}" if near else f"Use a column of {contract.name}"
            raise item.error(at, f"Unknown column {name!r}", value=name, remedy=hint)


def require_condition(item: Located[Any], at: Location, fragment: str, contract: Contract) -> None:
    """Accept a condition on single rows of the contract's table.

    Raises:
        SpmError: It does not parse, aggregates, or names an unknown column.
    """
    from sqlglot import exp

    tree = _parse(item, at, fragment)
    if tree.find(exp.AggFunc) is not None:
        raise item.error(
            at, "A condition cannot aggregate", value=fragment, remedy="Compare columns of one row"
        )
    require_columns(item, at, _columns(tree), contract)


def _stands_in_aggregate(aggregate: Any) -> bool:
    """Whether an aggregate is part of what another one takes, or of the condition on its rows."""
    from sqlglot import exp

    child = aggregate
    while child.parent is not None:
        parent = child.parent
        if isinstance(parent, exp.AggFunc) or (isinstance(parent, exp.Filter) and child is not parent.this):
            return True
        child = parent
    return False


def _parse(item: Located[Any], at: Location, fragment: str) -> Any:
    import sqlglot
    from sqlglot import exp
    from sqlglot.errors import ParseError, TokenError

    try:
        select = sqlglot.parse_one(f"SELECT {fragment}", read="duckdb")
    except (ParseError, TokenError) as problem:
        reason = str(problem).splitlines()[0].rstrip(".")
        raise item.error(
            at, f"Not valid SQL: {reason}", value=fragment, remedy="Correct the formula"
        ) from None
    if not _is_one_expression(select):
        raise item.error(
            at,
            "Not one expression",
            value=fragment,
            remedy="Write a single expression without SELECT, FROM, WHERE, a name, a comment or a comma",
        )
    if select.find(exp.Window) is not None:
        raise item.error(
            at, "A window of rows is no aggregate", value=fragment, remedy="Leave out OVER (...)"
        )
    return select.expressions[0]


def _is_one_expression(select: Any) -> bool:
    """Whether `SELECT <fragment>` holds nothing but one expression, so that no part of it would be lost."""
    from sqlglot import exp

    if not isinstance(select, exp.Select) or len(select.expressions) != 1:
        return False
    if any(value for name, value in select.args.items() if name != "expressions"):
        return False
    parts = [node for node in select.walk() if node is not select]
    return not any(isinstance(part, (exp.Query, exp.Alias)) or part.comments for part in parts)


def _columns(tree: Any) -> list[str]:
    from sqlglot import exp

    return [column.name for column in tree.find_all(exp.Column)]
