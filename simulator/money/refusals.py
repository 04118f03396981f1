"""Requests the agency refuses at once, because they ask for more than the budget has left.

Put here: those requests; they never become proper and no thirty days run.
Not here: requests that are returned to be mended (see `simulator.grants`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from simulator.money.allocations import Version
from simulator.money.spending import Claim
from simulator.organizations import Lea
from simulator.settings import Settings

REFUSED_SHARE = 0.01  # beside accepted requests


@dataclass(frozen=True)
class Refusal:
    """A request over budget."""

    number: str
    lea: Lea
    fain: str
    cents: int
    left_cents: int
    submitted_on: date
    refused_on: date
    reason: str


def make_refusals(
    settings: Settings, claims: Sequence[Claim], versions: Mapping[str, Sequence[Version]]
) -> list[Refusal]:
    """Beside a few requests stands an earlier one that asked for more than was left."""
    draw = settings.generator(307)
    picked = draw.random(len(claims)) < REFUSED_SHARE
    over, days = draw.uniform(1.01, 1.6, len(claims)), draw.integers(2, 9, len(claims))
    budgets = {fain: made[-1].by_position() for fain, made in versions.items()}
    spent: dict[tuple[str, int], int] = defaultdict(int)
    made: list[Refusal] = []
    for index, claim in enumerate(claims):
        request = claim.request
        key = (request.fain, request.lea.position)
        left = budgets[request.fain][request.lea.position] - spent[key]
        spent[key] += request.amount_cents
        if not picked[index]:
            continue
        refused_on = request.submitted_on - timedelta(days=1)
        made.append(
            Refusal(
                number=f"RF-{request.year}-{len(made) + 1:06d}",
                lea=request.lea,
                fain=request.fain,
                cents=int(left * over[index]) + 1,
                left_cents=left,
                submitted_on=refused_on - timedelta(days=int(days[index])),
                refused_on=refused_on,
                reason="over budget",
            )
        )
    return made
