"""The true answers about LEAs' duties (effort, corrective actions) and about what schools spend a pupil.

Put here: figures of the agency's smaller systems. Not here: what they hold (`agency_systems`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from simulator.agency_systems import Oversight
from simulator.maintenance_of_effort import Effort
from simulator.money.months import quarter_label, school_year
from simulator.monitoring import Action
from simulator.school_costs import SchoolCosts
from simulator.settings import STATE_CODE, Settings
from simulator.truth.answers import LEA, SEA, Place, Truth
from simulator.truth.award_months import usd

STATE = Place(STATE_CODE, SEA, "none")
EFFORT_PERCENT = 90


def tell_oversight(truth: Truth, settings: Settings, oversight: Oversight) -> None:
    """Both duties, of the school years asked for."""
    for year in settings.years:
        _tell_effort(truth, oversight.effort, year)
    _tell_actions(truth, settings, oversight.actions)


def failing(effort: Effort, year: int) -> list[bool]:
    """Which LEAs fell below nine tenths by both ways of counting, in the determination of a year."""
    (now, pupils), (before, pupils_before) = effort.of(year - 1), effort.of(year - 2)
    found = []
    for cents, number, earlier, earlier_number in zip(
        now.tolist(), pupils.tolist(), before.tolist(), pupils_before.tolist(), strict=True
    ):
        in_all = 100 * cents >= EFFORT_PERCENT * earlier
        a_pupil = 100 * cents * earlier_number >= EFFORT_PERCENT * earlier * number
        found.append(not (in_all or (a_pupil and number > 0 and earlier_number > 0)))
    return found


def _tell_effort(truth: Truth, effort: Effort, year: int) -> None:
    failed = failing(effort, year)
    measure = "maintenance_of_effort_failure_rate"
    for lea, has_failed in zip(effort.leas, failed, strict=True):
        truth.ratio(measure, Place(lea.nces_id, LEA, "as_published"), year, int(has_failed), 1)
    truth.ratio(measure, STATE, year, sum(failed), len(failed))


def _tell_actions(truth: Truth, settings: Settings, actions: Sequence[Action]) -> None:
    """Closed by the day they were due, of those that have come due."""
    counts: dict[tuple[Place, int, str], list[int]] = defaultdict(lambda: [0, 0])
    for action in actions:
        year = school_year(action.due_on)
        if action.due_on > settings.as_of or year not in settings.years:
            continue
        for place in (Place(action.review.lea.nces_id, LEA, "as_published"), STATE):
            for period in (quarter_label(action.due_on), "annual"):
                count = counts[place, year, period]
                count[0] += action.closed_on is not None and action.closed_on <= action.due_on
                count[1] += 1
    for (place, year, period), (in_time, due) in counts.items():
        truth.ratio("corrective_actions_on_time_rate", place, year, in_time, due, period=period)


def tell_school_costs(truth: Truth, costs: SchoolCosts) -> None:
    """Current expenditure a pupil and its four parts, of schools, LEAs in both views and the state."""
    federal_staff, federal_other, staff, other, _ = costs.columns()
    kinds = {
        "current": federal_staff + federal_other + staff + other,
        "federal": federal_staff + federal_other,
        "state_local": staff + other,
        "personnel": federal_staff + staff,
        "nonpersonnel": federal_other + other,
    }
    pupils = truth.places.sums(costs.membership)
    there = np.flatnonzero(truth.places.sums(np.ones_like(costs.membership))).tolist()
    for kind, by_school in kinds.items():
        cents = truth.places.sums(by_school)
        for at in there:
            spent, number = usd(int(cents[at])), int(pupils[at])
            value = int(cents[at]) / 100 / number if number else None
            measure = f"{kind}_expenditure_per_pupil"
            truth.add(measure, truth.places.places[at], costs.year, spent, number, value)
