"""Refuse a formula that is not one aggregate expression over its contract's own columns.

Put here: what SQL fragments a measure may hold. sqlglot is imported only when a fragment is judged.
Not here: how fragments become a query (`assets/measure_sql`).
"""

from __future__ import annotations

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
    if not aggregates:
        raise item.error(
            (field,),
            "The formula is not an aggregate",
            value=fragment,
            remedy="Write one aggregate over the core table's columns, such as sum(eligible_students)",
        )
    _require_columns(item, field, tree, contract)
    outside = [c for c in tree.find_all(exp.Column) if c.find_ancestor(exp.AggFunc, exp.Filter) is None]
    if outside:
        raise item.error(
            (field,),
            f"Column {outside[0].name!r} stands outside the aggregate",
            value=fragment,
            remedy="Put every column inside the aggregate",
        )


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
    _require_columns(item, "where", tree, contract)


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
    alone = isinstance(select, exp.Select) and len(select.expressions) == 1
    if not alone or select.args.get("from_") or select.args.get("from") or select.find(exp.Subquery):
        raise item.error(
            (field,),
            "Not one expression",
            value=fragment,
            remedy="Write a single expression without SELECT, FROM or a comma",
        )
    return select.expressions[0]


def _require_columns(item: Located[Any], field: str, tree: Any, contract: Contract) -> None:
    from sqlglot import exp

    known = [f.name for f in contract.fields]
    for column in tree.find_all(exp.Column):
        if column.name not in known:
            near = get_close_matches(column.name, known, n=1)
            hint = f"Did you mean {near[0]!r}" if near else f"Use a column of {contract.name}"
            raise item.error((field,), f"Unknown column {column.name!r}", value=tree.sql(), remedy=hint)
