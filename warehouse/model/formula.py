"""Refuse a formula that is not one aggregate expression over its contract's own columns.

Put here: what SQL fragments a measure may hold. sqlglot is imported only when a fragment is judged.
Not here: how fragments become a query (`assets/measure_sql`).
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

from warehouse.model.contract import Contract
from warehouse.model.yaml_file import Located


def require_aggregate(item: Located[Any], field: str, fragment: str, contract: Contract) -> None:
    """Accept one aggregate expression over the contract's columns.

    Raises:
        SpmError: It does not parse, aggregates nothing or twice in itself, or names an unknown column.
    """
    from sqlglot import exp

    tree = _parse(item, field, fragment)
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
    require_columns(item, field, _columns(tree), contract)
    outside = [c for c in tree.find_all(exp.Column) if c.find_ancestor(exp.AggFunc, exp.Filter) is None]
    if outside:
        raise item.error(
            (field,),
            f"Column {outside[0].name!r} stands outside the aggregate",
            value=fragment,
            remedy="Put every column inside the aggregate",
        )


def require_columns(item: Located[Any], field: str, names: Iterable[str], contract: Contract) -> None:
    """Accept names that are columns of the contract.

    Raises:
        SpmError: One of them is not.
    """
    known = [f.name for f in contract.fields]
    for name in names:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f"Did you mean {near[0]!r}" if near else f"Use a column of {contract.name}"
            raise item.error((field,), f"Unknown column {name!r}", value=name, remedy=hint)


def require_condition(item: Located[Any], fragment: str, contract: Contract) -> None:
    """Accept a condition on single rows of the contract's table.

    Raises:
        SpmError: It does not parse, aggregates, or names an unknown column.
    """
    from sqlglot import exp

    tree = _parse(item, "where", fragment)
    if tree.find(exp.AggFunc) is not None:
        raise item.error(
            ("where",), "A condition cannot aggregate", value=fragment, remedy="Compare columns of one row"
        )
    require_columns(item, "where", _columns(tree), contract)


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


def _parse(item: Located[Any], field: str, fragment: str) -> Any:
    import sqlglot
    from sqlglot import exp
    from sqlglot.errors import ParseError, TokenError

    try:
        select = sqlglot.parse_one(f"SELECT {fragment}", read="duckdb")
    except (ParseError, TokenError) as problem:
        reason = str(problem).splitlines()[0].rstrip(".")
        raise item.error(
            (field,), f"Not valid SQL: {reason}", value=fragment, remedy="Correct the formula"
        ) from None
    if not _is_one_expression(select):
        raise item.error(
            (field,),
            "Not one expression",
            value=fragment,
            remedy="Write a single expression without SELECT, FROM, WHERE, a name, a comment or a comma",
        )
    if select.find(exp.Window) is not None:
        raise item.error(
            (field,), "A window of rows is no aggregate", value=fragment, remedy="Leave out OVER (...)"
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
