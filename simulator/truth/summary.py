"""A first look at the truth: the state's own figures.

Put here: what of the truth stands in truth.json. Not here: the truth.
"""

from __future__ import annotations

from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

GAP_GROUP = "economically_disadvantaged"  # a gap is of a group; this one is shown
NAMES = ("measure_id", "school_year", "student_group", "subject", "numerator", "denominator", "value")


def state_summary(of_state: pa.Table) -> list[dict[str, object]]:
    """The state's figures of whole years, of all students and programs: what one wants to see first."""
    whole = of_state.filter(
        (pc.field("period") == "annual")
        & (pc.field("federal_program_code") == "none")
        & (pc.field("award_id") == "none")
        & (pc.field("strategy_id") == "none")
        & pc.field("grade").isin(["none", "all"])
    )
    kept = []
    for row in whole.to_pylist():
        group = GAP_GROUP if row["measure_id"].endswith("_gap") else "all"
        if row["student_group"] in ("none", group):
            kept.append({name: _plain(row[name]) for name in NAMES})
    return kept


def _plain(value: object) -> object:
    """A number as JSON has it: whole where it is whole."""
    if not isinstance(value, Decimal):
        return value
    return int(value) if value == value.to_integral_value() else float(value)
