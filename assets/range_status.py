"""Figures that are good within a range: neither more nor less is better.

Put here: the range in force and the judgement by it. Not here: figures with a good direction (`status`).
"""

from __future__ import annotations

from assets.expectation import Actual, Question, moment
from warehouse.model.measure import Range

_OPEN = float("inf")


def within(question: Question) -> Range:
    """The range in force: the measure's own, narrowed by the last target reached."""
    if not question.is_in_range:
        return Range()
    whole = question.measure.range or Range()
    now = moment(question.school_year, question.period)
    reached = [t for t in question.plan.targets if moment(t.school_year, t.period) <= now]
    low, high = whole.low, whole.high
    for target in reached:
        low = low if target.low is None else target.low
        high = high if target.high is None else target.high
    return Range(low=low, high=high)


def distance(question: Question, value: float) -> float:
    """How far a value lies outside the range; 0 within."""
    low, high = _ends(question)
    return max(low - value, value - high, 0.0)


def judge_within(question: Question, actual: Actual) -> tuple[str | None, str]:
    """Judge a figure by the nearer end of the range; a ranged figure must lie on one side of it."""
    least, most = actual.worst(1), actual.worst(-1)
    if least is None or most is None:
        return None, f"There is no figure ({actual.null_reason or 'no reason is given'})"
    outside = sorted((distance(question, least), distance(question, most)))
    low, high = _ends(question)
    name = _name(question)
    if least < low <= most or least <= high < most:
        return "INDETERMINATE", f"The figure is known only to lie on both sides of an end of {name}"
    if outside[1] == 0:
        return "MET", f"Within {name}"
    nearest, farthest = outside
    if nearest <= question.plan.tolerance:
        return "AT_RISK", f"Outside {name} by no more than {question.plan.tolerance:g}"
    if _interval_reaches(actual, low, high):
        return "AT_RISK", f"Outside {name}, which the confidence interval reaches"
    by = f"{farthest:.2f}" if nearest == farthest else f"{nearest:.2f} to {farthest:.2f}"
    return "OFF_TRACK", f"Outside {name} by {by}"


def _ends(question: Question) -> tuple[float, float]:
    bounds = within(question)
    return (
        -_OPEN if bounds.low is None else bounds.low,
        _OPEN if bounds.high is None else bounds.high,
    )


def _interval_reaches(actual: Actual, low: float, high: float) -> bool:
    """Whether the interval around a rate has a part in the range."""
    if actual.interval_low is None or actual.interval_high is None:
        return False
    return actual.interval_high >= low and actual.interval_low <= high


def _name(question: Question) -> str:
    bounds = within(question)
    if bounds.low is None:
        return f"the range up to {bounds.high:g}"
    if bounds.high is None:
        return f"the range from {bounds.low:g}"
    return f"the range {bounds.low:g} to {bounds.high:g}"
