"""Monitoring of LEAs by the state: reviews planned and done, and the corrective actions they asked for.

Put here: the two files and what is in them.
Not here: how many actions were closed on time (see `truth.money_measures`).

Like the money systems, the monitoring system holds its years whichever school years a run asks for, seen on
`as_of`. An LEA of high risk is reviewed every year, one of moderate risk every second, one of low risk every
third. Some reviews were planned and not done; some actions were closed late, some are open.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from simulator.grants import ALL_PROGRAMS, MONEY_YEARS
from simulator.organizations import Lea, State
from simulator.settings import Settings

REVIEW_HEADER = ("ReviewId", "DistrictCode", "PlannedOn", "CompletedOn", "RiskLevel")
ACTION_HEADER = ("ActionId", "ReviewId", "DistrictCode", "Program", "DueOn", "ClosedOn")
PURPOSE = 322
RISKS = ("High", "Moderate", "Low")
EVERY = {"High": 1, "Moderate": 2, "Low": 3}  # years from review to review
ACTIONS = {"High": (2, 6), "Moderate": (1, 4), "Low": (0, 3)}
NOT_DONE_SHARE, LATE_SHARE, OPEN_SHARE = 0.06, 0.17, 0.07


@dataclass(frozen=True)
class Review:
    """A review of an LEA; one that was not done has no day of completion."""

    number: str
    lea: Lea
    planned_on: date
    completed_on: date | None
    risk: str


@dataclass(frozen=True)
class Action:
    """What an LEA has to put right, and when it did."""

    number: str
    review: Review
    listing: str
    due_on: date
    closed_on: date | None


def make_monitoring(settings: Settings, state: State) -> tuple[list[Review], list[Action]]:
    """All reviews planned up to `as_of`, and all actions of those that were done."""
    reviews: list[Review] = []
    actions: list[Action] = []
    risks = settings.generator(PURPOSE, 0).choice(len(RISKS), len(state.operating), p=(0.2, 0.35, 0.45))
    for year in MONEY_YEARS:
        draw = settings.generator(PURPOSE, year)
        planned = [
            (date(year - 1, 10, 1) + timedelta(days=int(draw.integers(0, 230))), lea, RISKS[risk])
            for lea, risk in zip(state.operating, risks.tolist(), strict=True)
            if (year + lea.position) % EVERY[RISKS[risk]] == 0
        ]
        made: list[Action] = []
        for number, (day, lea, risk) in enumerate(sorted(planned, key=lambda item: item[0]), start=1):
            review = _review(settings, draw, f"MR-{year}-{number:04d}", lea, day, risk)
            reviews.append(review)
            made += _actions(settings, draw, review)
        made.sort(key=lambda action: (action.due_on, action.review.number))
        actions += [
            Action(f"CA-{year}-{number:05d}", action.review, action.listing, action.due_on, action.closed_on)
            for number, action in enumerate(made, start=1)
        ]
    return reviews, actions


def _review(
    settings: Settings, draw: np.random.Generator, number: str, lea: Lea, planned_on: date, risk: str
) -> Review:
    done = planned_on + timedelta(days=int(draw.integers(0, 35)))
    is_done = draw.random() >= NOT_DONE_SHARE and done <= settings.as_of
    return Review(number, lea, planned_on, done if is_done else None, risk)


def _actions(settings: Settings, draw: np.random.Generator, review: Review) -> list[Action]:
    """The number of an action comes later, by its day; here it is empty."""
    if review.completed_on is None:
        return []
    made = []
    for _ in range(int(draw.integers(*ACTIONS[review.risk]))):
        listing = ALL_PROGRAMS[int(draw.integers(0, len(ALL_PROGRAMS)))].listing
        due = review.completed_on + timedelta(days=int(draw.integers(45, 150)))
        fate, before, after = draw.random(), int(draw.integers(0, 40)), int(draw.integers(1, 90))
        closed: date | None = due - timedelta(days=before)
        if fate < OPEN_SHARE:
            closed = None
        elif fate < OPEN_SHARE + LATE_SHARE:
            closed = due + timedelta(days=after)
        is_seen = closed is not None and closed <= settings.as_of
        made.append(Action("", review, listing, due, closed if is_seen else None))
    return made


def write_monitoring(reviews: Sequence[Review], actions: Sequence[Action], folder: Path) -> None:
    """Write both files; an empty day is one that has not come."""
    folder.mkdir(parents=True, exist_ok=True)
    review_rows = [
        (r.number, r.lea.state_id, r.planned_on.isoformat(), _iso(r.completed_on), r.risk) for r in reviews
    ]
    action_rows = [
        (
            a.number, a.review.number, a.review.lea.state_id, a.listing, a.due_on.isoformat(),
            _iso(a.closed_on),
        )
        for a in actions
    ]  # fmt: skip
    _write(folder / "reviews.csv", REVIEW_HEADER, review_rows)
    _write(folder / "corrective_actions.csv", ACTION_HEADER, action_rows)


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""


def _write(path: Path, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
