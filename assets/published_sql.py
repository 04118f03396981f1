"""Figures that a source publishes without the counts behind them, and what can be said of their sum.

Put here: the aggregates of columns that hold a published percentage, range or n, and bounds of a sum.
Not here: when such a figure stands (`figure_sql`), the pass it is part of (`measure_sql`).
"""

from __future__ import annotations

from assets.fragment_sql import summed_columns
from warehouse.model.measure import Measure


def published_aggregates(measure: Measure, where: str, suppression: str) -> dict[str, str]:
    """What the source publishes as a figure, and the bounds of a sum over figures known only so."""
    names = ("published_value", "published_low", "published_high", "published_n", "sum_low", "sum_high")
    p = measure.published
    if p is None:
        return dict.fromkeys((*names, "sum_n"), "NULL")
    given: dict[str, str] = dict.fromkeys((*names, "sum_n"), "NULL")
    for what, column in zip(names[:4], (p.value, p.low, p.high, p.n), strict=True):
        if column is not None:
            given[what] = f"max({column}) FILTER (WHERE {where})"
    columns = summed_columns(measure)
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
