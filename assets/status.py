"""The status engine: a figure against what the plan expected of it.

Put here: the judgement of one figure, as a pure function. Not here: what is expected of it and when
(`expectation`), judging within a range (`range_status`), which figure answers (`statuses`), how a scorecard
looks (`pipelines`).

The order of the questions is the domain's: hidden, not applicable, special year, not due, overdue, no target,
straddling, met, on track, at risk, off track.
"""

from __future__ import annotations

from dataclasses import dataclass

from assets.expectation import Actual, Question, expected_value, is_baseline, last_value, moment
from assets.range_status import distance, judge_within, within

STATUS_RULE = "spm-2"


@dataclass(frozen=True)
class Judgement:
    """The answer, with everything it rests on."""

    status: str | None
    reason: str
    baseline: float | None
    expected: float | None
    expected_low: float | None
    expected_high: float | None
    target: float | None
    target_school_year: int | None
    trend: str | None
    gap_closed: float | None


def judge(question: Question, actual: Actual | None) -> Judgement:
    """Judge one figure."""
    last = question.plan.targets[-1] if question.plan.targets else None
    expected, bounds = expected_value(question), within(question)
    status, reason = _status(question, actual, expected)
    compared = question.condition is None and actual is not None and not actual.is_partial_coverage
    return Judgement(
        status=status,
        reason=reason,
        baseline=question.baseline,
        expected=expected,
        expected_low=bounds.low,
        expected_high=bounds.high,
        target=None if last is None else last.value,
        target_school_year=None if last is None else last.school_year,
        trend=_trend(question, actual) if compared else None,
        gap_closed=_gap_closed(question, actual) if compared else None,
    )


def _status(question: Question, actual: Actual | None, expected: float | None) -> tuple[str | None, str]:
    beforehand = _beforehand(question, actual)
    if beforehand is not None:
        return beforehand
    if actual is None:
        if question.as_of <= question.due_on:
            return "NOT_DUE", f"Data are expected by {question.due_on.isoformat()}"
        return "OVERDUE_DATA", f"Data were expected by {question.due_on.isoformat()}"
    if is_baseline(question):
        return "BASELINE_ONLY", "The baseline year" if question.is_annual else "The baseline month"
    if question.is_in_range:
        return judge_within(question, actual)
    if expected is None:
        return "BASELINE_ONLY", _why_no_expectation(question)
    return _against(question, actual, expected)


def _beforehand(question: Question, actual: Actual | None) -> tuple[str | None, str] | None:
    """What is said of a figure whatever it is, and whether or not it is there."""
    if actual is not None and actual.is_partial_coverage:
        return None, "A bound from an incomplete file is not judged"
    if actual is not None and actual.suppression is not None:
        return "SUPPRESSED", f"The figure is hidden ({actual.suppression})"
    if actual is not None and actual.null_reason == "denominator_is_zero":
        return "NOT_APPLICABLE", "Nobody is in the denominator"
    if question.condition is not None:
        return "BASELINE_ONLY", f"Special year ({question.condition.kind}): {question.condition.note}"
    if question.school_year in question.measure.comparability_breaks:
        return "BASELINE_ONLY", "The measure cannot be compared with the years before"
    return None


def _against(question: Question, actual: Actual, expected: float) -> tuple[str | None, str]:
    """Compare with the expected value; a range by its less favourable end, softened by the other one."""
    worst, best = actual.worst(question.direction), actual.worst(-question.direction)
    if worst is None or best is None:
        return None, f"There is no figure ({actual.null_reason or 'no reason is given'})"
    behind, at_best = (question.direction * (expected - end) for end in (worst, best))
    if behind > 0 >= at_best:
        return "INDETERMINATE", f"The range reaches both sides of the expected {expected:.2f}"
    end, value = question.plan.targets[-1], last_value(question)
    if value is not None and question.direction * (worst - value) >= 0:
        return "MET", f"The target of {value:.2f} for {end.period or end.school_year} is reached"
    if behind <= 0:
        return "ON_TRACK", f"At or ahead of the expected {expected:.2f}"
    return _behind(question, actual, expected, behind, at_best)


def _behind(
    question: Question, actual: Actual, expected: float, behind: float, at_best: float
) -> tuple[str, str]:
    tolerance = question.plan.tolerance
    if behind <= tolerance:
        return "AT_RISK", f"Behind the expected {expected:.2f} by no more than {tolerance:g}"
    if at_best <= tolerance:
        return "AT_RISK", f"Behind the expected {expected:.2f} by {at_best:.2f} to {behind:.2f}"
    if _interval_reaches(question, actual, expected):
        return "AT_RISK", f"Behind the expected {expected:.2f}, which lies within the confidence interval"
    by = f"{behind:.2f}" if at_best == behind else f"{at_best:.2f} to {behind:.2f}"
    return "OFF_TRACK", f"Behind the expected {expected:.2f} by {by}"


def _interval_reaches(question: Question, actual: Actual, expected: float) -> bool:
    end = actual.interval_high if question.direction > 0 else actual.interval_low
    return end is not None and question.direction * (end - expected) >= 0


def _why_no_expectation(question: Question) -> str:
    if question.measure.polarity == "informational":
        return "Shown for context; no direction is better"
    if not question.plan.targets:
        return "The plan sets no target for it"
    baseline = question.plan.baseline
    if baseline is not None:
        start = moment(baseline.school_year, baseline.period)
        if moment(question.school_year, question.period) < start:
            return "Before the baseline year" if question.is_annual else "Before the baseline"
    if question.broken_since(question.plan.targets[0].school_year):
        return "No target was set since the measure changed"
    return "No baseline is known from which the way to the target could be measured"


def _trend(question: Question, actual: Actual | None) -> str | None:
    before = question.previous
    if actual is None or before is None or question.previous_condition is not None:
        return None
    if actual.value is None or before.value is None or before.is_partial_coverage:
        return None
    if question.school_year in question.measure.comparability_breaks:
        return None
    if question.measure.polarity == "informational":
        return None
    change = question.direction * (actual.value - before.value)
    if question.is_in_range:
        change = distance(question, before.value) - distance(question, actual.value)
    if abs(change) <= question.dead_band:
        return "FLAT"
    return "IMPROVING" if change > 0 else "DECLINING"


def _gap_closed(question: Question, actual: Actual | None) -> float | None:
    if actual is None or actual.value is None or question.baseline is None or not question.plan.targets:
        return None
    if question.baseline_condition is not None:
        return None  # nothing is compared with a special year, a baseline no more than a neighbour
    baseline, end = question.plan.baseline, last_value(question)
    if end is None or (baseline is not None and question.broken_since(baseline.school_year)):
        return None
    way = end - question.baseline
    return None if way == 0 else (actual.value - question.baseline) / way
