"""What reviews decided about Franklin's plan: each quarter how to go on, each summer how milestones ended.

Put here: the decisions and their file. Not here: what units reported (see `plan_status`).

A review speaks for a period that has ended and is held three weeks after, so the annual review of a school
year is held in the next one. Of what was decided some is done late, some not yet.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from simulator.plan_status import quarter_ends
from simulator.plan_work import (
    CARRIED_FORWARD,
    FATES,
    NOT_MET,
    PARTIAL,
    SILENT,
    UNITS,
    Fate,
    Node,
    milestones,
    unit_of,
)
from simulator.settings import Settings

HEADER = (
    "ReviewId", "ReviewType", "HeldOn", "Period", "NodeId", "Decision", "Owner", "DueOn", "DoneOn",
)  # fmt: skip
PURPOSE = 323
CONTINUE, CHANGE, ADD_STAFF, ASK = "Continue", "Change the date", "Add staff", "Ask for a report"
HELD_AFTER, LONG_LATE = timedelta(days=21), timedelta(days=45)
LATE_SHARE, OPEN_SHARE = 0.2, 0.1


@dataclass(frozen=True)
class Decision:
    """One decision about a node of the plan; what asks nobody for anything has no day it is due."""

    review: str
    kind: str
    held_on: date
    period: str
    node: str
    decision: str
    owner: str
    due_on: date | None
    done_on: date | None


def make_decisions(settings: Settings) -> list[Decision]:
    """The decisions of all reviews held up to `as_of`, of the school years asked for."""
    made: list[Decision] = []
    for year in settings.years:
        draw = settings.generator(PURPOSE, year)
        nodes = milestones(year)
        *quarters, last = quarter_ends(year)
        for end in quarters:
            made += _quarterly(settings, draw, end, nodes)
        made += _annual(settings, draw, year, last, nodes)
    return [item for item in made if item.held_on <= settings.as_of]


def _quarterly(settings: Settings, draw: np.random.Generator, end: date, nodes: list[Node]) -> list[Decision]:
    period = f"{end.year}-Q{end.month // 3}"
    made = []
    for node in nodes:
        fate = FATES.get(node.code, Fate(NOT_MET, percent=0))
        if fate.finished is not None and fate.finished <= end + HELD_AFTER:
            continue
        words = [CONTINUE, ADD_STAFF]
        if node == SILENT:
            words = [ASK]
        elif end > node.due + LONG_LATE:
            words = [CHANGE]
        word = words[int(draw.integers(0, len(words)))]
        made.append(_decision(settings, draw, "Quarterly", end, period, node, word))
    return made


def _annual(
    settings: Settings, draw: np.random.Generator, year: int, end: date, nodes: list[Node]
) -> list[Decision]:
    """The judgement of each milestone; one that was not met leaves something to do by a day."""
    made = []
    for node in nodes:
        fate = FATES.get(node.code, Fate(NOT_MET, percent=0))
        made.append(_decision(settings, draw, "Annual", end, str(year), node, fate.judgement))
    return made


def _decision(
    settings: Settings, draw: np.random.Generator, kind: str, end: date, period: str, node: Node, word: str
) -> Decision:
    held = end + HELD_AFTER
    days, chance, late = int(draw.integers(20, 60)), draw.random(), int(draw.integers(3, 40))
    review = f"RV-{period}" if kind == "Quarterly" else f"RV-{period}-annual"
    due = done = None
    if word in (CHANGE, ADD_STAFF, ASK, PARTIAL, NOT_MET, CARRIED_FORWARD):
        due = held + timedelta(days=days)
        done = due + timedelta(days=late) if chance < LATE_SHARE else due - timedelta(days=min(late, days))
        if chance > 1 - OPEN_SHARE or done > settings.as_of:
            done = None
    return Decision(review, kind, held, period, node.code, word, UNITS[unit_of(node.code)].role, due, done)


def write_decisions(decisions: list[Decision], path: Path) -> None:
    """Write the file; an empty day is one that has not come, or that was never set."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEADER)
        for item in decisions:
            days = [day.isoformat() if day else "" for day in (item.due_on, item.done_on)]
            writer.writerow(
                [
                    item.review, item.kind, item.held_on.isoformat(), item.period, item.node, item.decision,
                    item.owner, *days,
                ]
            )  # fmt: skip
