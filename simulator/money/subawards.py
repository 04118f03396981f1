"""Subawards the state reports under FFATA: an LEA's part of an award, of 30,000 dollars and more.

Put here: what is reported when, late reports and withdrawn ones.
Not here: the web systems that publish them (see `simulator.web`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from simulator.money.allocations import Version
from simulator.money.applications import Application
from simulator.money.awards import FederalAward
from simulator.organizations import Lea
from simulator.settings import Settings

THRESHOLD_CENTS = 3_000_000
LATE_SHARE, DELETED_SHARE = 0.12, 0.01


@dataclass(frozen=True)
class Subaward:
    """One report; a deleted one was published by mistake and its successor stands beside it."""

    number: str
    fain: str
    listing: str
    lea: Lea
    amount_cents: int
    action_on: date
    reported_on: date
    status: str  # Published or Deleted
    description: str


def due_on(action_on: date) -> date:
    """The end of the month after the month of the obligation (2 CFR 170)."""
    first = date(action_on.year + action_on.month // 12, action_on.month % 12 + 1, 1)
    after = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    return after - timedelta(days=1)


def make_subawards(
    settings: Settings,
    awards: Mapping[str, FederalAward],
    versions: Mapping[str, Sequence[Version]],
    applications: Sequence[Application],
) -> tuple[Subaward, ...]:
    """One published report an LEA and award, dated by the approval of its application."""
    draw = settings.generator(308)
    late, deleted = draw.random(len(applications)), draw.random(len(applications))
    days = draw.integers(1, 28, len(applications)).tolist()
    latest = {fain: made[-1].by_position() for fain, made in versions.items()}
    found: list[Subaward] = []
    for index, form in enumerate(applications):
        award = form.award
        cents = latest[award.fain][form.lea.position]
        if cents < THRESHOLD_CENTS:
            continue
        action_on = max(form.approved_on, award.awarded_on)
        shift = timedelta(days=days[index])
        reported = due_on(action_on) + shift if late[index] < LATE_SHARE else due_on(action_on) - shift
        number = f"{award.fain}-{form.lea.state_id}"
        text = f"{award.title.upper()} - {form.lea.name.upper()}"
        entry = Subaward(number, award.fain, award.listing, form.lea, cents, action_on,
                         max(reported, action_on), "Published", text)  # fmt: skip
        if deleted[index] < DELETED_SHARE:
            wrong = {**entry.__dict__, "amount_cents": cents * 10, "status": "Deleted"}
            found.append(Subaward(**{**wrong, "number": f"{number}-1"}))
        found.append(entry)
    return tuple(item for item in found if item.reported_on <= settings.as_of)
