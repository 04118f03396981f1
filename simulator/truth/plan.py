"""The true answers about the plan's work: milestones met by the day they were due.

Put here: figures of units, divisions and the agency. Not here: the work itself (`plan_work`); figures that
the agency's plan and its targets make of others, which the simulator does not know.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from simulator.money.months import month_label
from simulator.plan_work import FATES, MET, UNITS, Node, milestones, unit_of
from simulator.settings import STATE_CODE, Settings
from simulator.truth.answers import SEA, Place, Truth


def tell_plan(truth: Truth, settings: Settings) -> None:
    """Of the milestones due in a month and in a school year, those that were met by their day."""
    for year in settings.years:
        counts: dict[tuple[Place, str], list[int]] = defaultdict(lambda: [0, 0])
        for node in milestones(year):
            if node.due > settings.as_of:
                continue
            for place in _answering(node):
                for period in (month_label(node.due), "annual"):
                    counts[place, period][0] += is_met_on_time(node)
                    counts[place, period][1] += 1
        for (place, period), (met, due) in counts.items():
            truth.ratio("milestones_on_time_rate", place, year, met, due, period=period)


def is_met_on_time(node: Node) -> bool:
    """Finished by its day, and the annual review agrees."""
    fate = FATES.get(node.code)
    return (
        fate is not None and fate.judgement == MET and fate.finished is not None and fate.finished <= node.due
    )


def _answering(node: Node) -> Iterator[Place]:
    """The unit, its division and the agency; a division may have work of its own."""
    name = unit_of(node.code)
    division = UNITS[name].division
    if division:
        yield _place(name, "UNIT")
    yield _place(division or name, "DIVISION")
    yield Place(STATE_CODE, SEA, "none")


def _place(unit: str, kind: str) -> Place:
    return Place(f"{STATE_CODE}-unit.{unit}", kind, "none")
