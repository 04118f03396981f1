"""The status engine: a figure against what the plan expected of it.

Put here: the judgement of one figure, as a pure function. Not here: where figures come from (`measures`),
which figures a plan asks for (`plan_tables`), how a scorecard looks (`pipelines`).

The order of the questions is the domain's: hidden, not applicable, special year, not due, overdue, no target,
straddling, met, on track, at risk, off track.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from warehouse.model.agency import Condition
from warehouse.model.measure import Measure
from warehouse.model.plan import PlanMeasure

STATUS_RULE = "spm-1"


@dataclass(frozen=True)
class Actual:
    """A figure of one organization, year and group, as `measure_value` holds it."""

    value: float | None
    low: float | None = None
    high: float | None = None
    interval_low: float | None = None
    interval_high: float | None = None
    suppression: str | None = None
    null_reason: str | None = None
    is_partial_coverage: bool = False

    @property
    def is_ranged(self) -> bool:
        """Whether it is known only between two ends."""
        return self.value is None and self.low is not None and self.high is not None

    def worst(self, direction: int) -> float | None:
        """The figure, or the less favourable end of its range."""
        if self.is_ranged:
            return self.low if direction > 0 else self.high
        return self.value


@dataclass(frozen=True)
class Question:
    """What is asked of a figure: measure, place in the plan, year, and what is known around it."""

    measure: Measure
    plan: PlanMeasure
    school_year: int
    baseline: float | None
    condition: Condition | None
    previous: Actual | None
    previous_condition: Condition | None
    as_of: date
    dead_band: float
    baseline_condition: Condition | None = None

    @property
    def direction(self) -> int:
        """+1 when higher is better, -1 when lower is."""
        return -1 if self.measure.polarity == "lower" else 1

    @property
    def due_on(self) -> date:
        """The day by which the data of the year are expected: end of the school year plus the usual lag."""
        return date(self.school_year, 6, 30) + timedelta(days=self.measure.expected_lag_days)


@dataclass(frozen=True)
class Judgement:
    """The answer, with everything it rests on."""

    status: str | None
    reason: str
    baseline: float | None
    expected: float | None
    target: float | None
    target_school_year: int | None
    trend: str | None
    gap_closed: float | None


def judge(question: Question, actual: Actual | None) -> Judgement:
    """Judge one figure."""
    last = question.plan.targets[-1] if question.plan.targets else None
    expected = expected_value(question)
    status, reason = _status(question, actual, expected)
    compared = question.condition is None and actual is not None and not actual.is_partial_coverage
    return Judgement(
        status=status,
        reason=reason,
        baseline=question.baseline,
        expected=expected,
        target=None if last is None else last.value,
        target_school_year=None if last is None else last.school_year,
        trend=_trend(question, actual) if compared else None,
        gap_closed=_gap_closed(question, actual) if compared else None,
    )


def expected_value(question: Question) -> float | None:
    """The value expected for the year: its own target, else the path between the points around it.

    Linear paths interpolate; stepped ones hold the last point reached. After the last target, it holds.
    """
    baseline, targets, year = question.plan.baseline, question.plan.targets, question.school_year
    points = [(t.school_year, t.value) for t in targets]
    if baseline is not None and question.baseline is not None:
        points.insert(0, (baseline.school_year, question.baseline))
    if not targets or not points or year < points[0][0]:
        return None
    if year >= points[-1][0]:
        return points[-1][1]
    before = max(p for p in points if p[0] <= year)
    after = min(p for p in points if p[0] > year)
    if before[0] == year or question.plan.path == "stepped":
        return before[1]
    share = (year - before[0]) / (after[0] - before[0])
    return before[1] + share * (after[1] - before[1])


def _status(question: Question, actual: Actual | None, expected: float | None) -> tuple[str | None, str]:
    if actual is not None and actual.is_partial_coverage:
        return None, "A bound from an incomplete file is not judged"
    if actual is not None and actual.suppression is not None:
        return "SUPPRESSED", f"The figure is hidden ({actual.suppression})"
    if actual is not None and actual.null_reason == "denominator_is_zero":
        return "NOT_APPLICABLE", "Nobody is in the denominator"
    if question.condition is not None:
        return "BASELINE_ONLY", f"Special year ({question.condition.kind}): {question.condition.note}"
    if actual is not None and question.school_year in question.measure.comparability_breaks:
        return "BASELINE_ONLY", "The measure cannot be compared with the years before"
    if actual is None:
        if question.as_of <= question.due_on:
            return "NOT_DUE", f"Data are expected by {question.due_on.isoformat()}"
        return "OVERDUE_DATA", f"Data were expected by {question.due_on.isoformat()}"
    if expected is None or _is_baseline_year(question):
        return "BASELINE_ONLY", _why_no_expectation(question)
    return _against(question, actual, expected)


def _against(question: Question, actual: Actual, expected: float) -> tuple[str | None, str]:
    """Compare with the expected value; a range by its less favourable end, softened by the other one."""
    worst, best = actual.worst(question.direction), actual.worst(-question.direction)
    if worst is None or best is None:
        return None, f"There is no figure ({actual.null_reason or 'no reason is given'})"
    behind, at_best = (question.direction * (expected - end) for end in (worst, best))
    if behind > 0 >= at_best:
        return "INDETERMINATE", f"The range reaches both sides of the expected {expected:.2f}"
    end = question.plan.targets[-1]
    if question.direction * (worst - end.value) >= 0:
        return "MET", f"The target of {end.value:.2f} for {end.school_year} is reached"
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


def _is_baseline_year(question: Question) -> bool:
    baseline = question.plan.baseline
    return baseline is not None and baseline.school_year == question.school_year


def _why_no_expectation(question: Question) -> str:
    if question.measure.polarity == "informational":
        return "Shown for context; no direction is better"
    if _is_baseline_year(question):
        return "The baseline year"
    if not question.plan.targets:
        return "The plan sets no target for it"
    if question.plan.baseline is not None and question.school_year < question.plan.baseline.school_year:
        return "Before the baseline year"
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
    if abs(change) <= question.dead_band:
        return "FLAT"
    return "IMPROVING" if change > 0 else "DECLINING"


def _gap_closed(question: Question, actual: Actual | None) -> float | None:
    if actual is None or actual.value is None or question.baseline is None or not question.plan.targets:
        return None
    if question.baseline_condition is not None:
        return None  # nothing is compared with a special year, a baseline no more than a neighbour
    way = question.plan.targets[-1].value - question.baseline
    return None if way == 0 else (actual.value - question.baseline) / way
