"""What a strategy of the plan cost for each student more who has its outcome.

Put here: the students gained, set against the strategy's dollars, and why there is no figure.
Not here: which measure is a strategy's outcome (`warehouse.model.plan`), its dollars (`assets/core`).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

from assets.figures import Figures, Made, Row, answers, blank_row, cannot_be_compared, data_status, exact
from warehouse.model.measure import Measure
from warehouse.model.plan import PlanMeasure, Strategy, nodes

MONEY = "strategy_money"
SHARES = ("percent", "percentage_points")
_CENT = Decimal("0.01")


@dataclass(frozen=True)
class _Outcome:
    """Students gained against the year before, or why they are not known; and the figures it is from."""

    gained: Decimal | None
    reason: str | None
    rows: tuple[Row, ...] = ()


def cost_per_outcome(figures: Figures, measure: Measure) -> None:
    """One figure a strategy with money and an outcome; both components stay where there is no quotient."""
    made = Made()
    state = figures.organizations[figures.state]
    for node_id, strategy in strategies_with_money(figures):
        outcome = strategy.outcome_measure
        assert outcome is not None  # noqa: S101 - only those with an outcome are given
        dollars, entries = _dollars(figures, node_id)
        found = _outcome(figures, outcome)
        reason = "no_input" if dollars is None else found.reason
        if reason is None and not dollars:
            reason = "nothing_spent"  # what cost nothing yet is not free
        value = None
        if reason is None and dollars is not None and found.gained is not None:
            value = float(Fraction(dollars) / Fraction(found.gained))
        made.add(
            blank_row(
                figures,
                measure,
                state,
                strategy_id=node_id,
                numerator=dollars,
                denominator=found.gained,
                value=value,
                null_reason=reason,
                suppression=next((r["suppression"] for r in found.rows if r["suppression"]), None),
                n=found.rows[0]["n"] if found.rows else None,
                data_status=data_status(found.rows),
                core_rows=entries,
            ),
            found.rows,
            figures.key,
        )
    figures.keep(made)


def strategies_with_money(figures: Figures) -> list[tuple[str, Strategy]]:
    """The strategies of the plan that name money and have an outcome."""
    found = [(node.node_id, node.item) for node in nodes(figures.home.agency.plan)]
    return [
        (node_id, item)
        for node_id, item in found
        if isinstance(item, Strategy) and item.resources and item.outcome_measure is not None
    ]


def _dollars(figures: Figures, node_id: str) -> tuple[Decimal | None, int]:
    """What was spent in the school year of the strategy's money, and the ledger entries behind it."""
    row = figures.connection.execute(
        f"SELECT expended_usd, ledger_entries FROM core.{MONEY} WHERE node_id = ? AND school_year = ?",
        [node_id, figures.year],
    ).fetchone()
    return (None, 0) if row is None or row[0] is None else (Decimal(row[0]), int(row[1]))


def _outcome(figures: Figures, item: PlanMeasure) -> _Outcome:
    measure = figures.home.agency.measures[item.measure]
    # Of a measure that is judged for every organization of a type, the state's own figure.
    where, values = answers(item, organization=item.scope.organization or figures.state)
    found = {row["school_year"]: row for row in figures.rows(where, values)}
    now, before = found.get(figures.year), found.get(figures.year - 1)
    if measure.unit not in SHARES or measure.polarity not in ("higher", "lower"):
        return _Outcome(None, "not_comparable")
    if now is None:
        return _Outcome(None, "not_yet_known")
    if before is None:
        return _Outcome(None, "no_earlier_figure", (now,))
    rows = (now, before)
    if any(row["suppression"] is not None for row in rows):
        return _Outcome(None, "suppressed", rows)
    if any(row["value"] is None and row["null_reason"] == "denominator_is_zero" for row in rows):
        return _Outcome(None, "denominator_is_zero", rows)
    is_bound = any(row["value"] is None or row["is_partial_coverage"] for row in rows)
    if is_bound or now["n"] is None or cannot_be_compared(figures.home, item.measure, *sorted(found)[-2:]):
        return _Outcome(None, "not_comparable", rows)
    direction = -1 if measure.polarity == "lower" else 1
    gained = _cents(direction * (exact(now) - exact(before)) * now["n"] / 100)
    return _Outcome(gained, None if gained > 0 else "outcome_did_not_improve", rows)


def _cents(value: Fraction) -> Decimal:
    """To hundredths of a student, as the figure's denominator is kept: the quotient is of what is shown."""
    number = Decimal(value.numerator) / Decimal(value.denominator)
    return number.quantize(_CENT, rounding=ROUND_HALF_EVEN)
