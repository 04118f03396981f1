"""What is asked of a figure: its measure, its place in the plan, when it is due, and the value then expected.

Put here: a figure as the status engine sees it, and the path between targets. Not here: the judgement
(`status`), ranges (`range_status`).
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

from warehouse.model.agency import Condition
from warehouse.model.measure import Measure
from warehouse.model.plan import PlanMeasure

ANNUAL = "annual"


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
    """What is asked of a figure: measure, place in the plan, year or month, and what is known around it."""

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
    period: str = ANNUAL

    @property
    def direction(self) -> int:
        """+1 when higher is better, -1 when lower is."""
        return -1 if self.measure.polarity == "lower" else 1

    @property
    def is_in_range(self) -> bool:
        """Whether the figure is good within a range."""
        return self.measure.polarity == "in_range"

    @property
    def is_annual(self) -> bool:
        """Whether the year as a whole is judged."""
        return self.period == ANNUAL

    @property
    def due_on(self) -> date:
        """The day by which the data are expected: end of the school year or month plus the usual lag."""
        return end_of(self.school_year, self.period) + timedelta(days=self.measure.expected_lag_days)

    def broken_since(self, school_year: int) -> bool:
        """Whether the measure stopped being comparable after that year and up to the one in question."""
        return any(school_year < year <= self.school_year for year in self.measure.comparability_breaks)


def end_of(school_year: int, period: str) -> date:
    """The last day of a school year, or of one month of it."""
    if period == ANNUAL:
        return date(school_year, 6, 30)
    year, month = int(period[:4]), int(period[5:7])
    return date(year, month, monthrange(year, month)[1])


def moment(school_year: int, period: str | None) -> int:
    """The month of a point, counted from year 0; a school year as a whole stands at its June."""
    end = end_of(school_year, period or ANNUAL)
    return end.year * 12 + end.month


def is_baseline(question: Question) -> bool:
    """Whether the figure is the baseline itself."""
    baseline = question.plan.baseline
    if baseline is None:
        return False
    if question.is_annual:
        return baseline.school_year == question.school_year
    return moment(baseline.school_year, baseline.period) == moment(question.school_year, question.period)


def expected_value(question: Question) -> float | None:
    """The value expected then: its own target, else the path between the points around it.

    Linear paths interpolate; stepped ones hold the last point reached. After the last target, it holds. A
    point before a break of the measure's comparability is no point of the path any more.
    """
    points = _points(question)
    now = moment(question.school_year, question.period)
    if not question.plan.targets or not points or now < points[0][0]:
        return None
    if now >= points[-1][0]:
        return points[-1][1]
    before = max(p for p in points if p[0] <= now)
    after = min(p for p in points if p[0] > now)
    if before[0] == now or question.plan.path == "stepped":
        return before[1]
    share = (now - before[0]) / (after[0] - before[0])
    return before[1] + share * (after[1] - before[1])


def _points(question: Question) -> list[tuple[int, float]]:
    baseline = question.plan.baseline
    known = [(t.school_year, t.period, t.value) for t in question.plan.targets]
    if baseline is not None:
        known.insert(0, (baseline.school_year, baseline.period, question.baseline))
    return [
        (moment(year, period), value)
        for year, period, value in known
        if value is not None and not question.broken_since(year)
    ]


def last_value(question: Question) -> float | None:
    """The value of the plan's last target."""
    return question.plan.targets[-1].value if question.plan.targets else None
