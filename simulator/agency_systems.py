"""The smaller systems of the agency: school costs, maintenance of effort, monitoring, decisions of reviews.

Put here: which file of a run each is. Not here: any format, or the answers about them (see `truth`).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from simulator.maintenance_of_effort import Effort, make_effort, write_determination
from simulator.monitoring import Action, make_monitoring, write_monitoring
from simulator.organizations import State
from simulator.plan_reviews import make_decisions, write_decisions
from simulator.settings import Settings


@dataclass(frozen=True)
class Oversight:
    """What the agency knows of its LEAs besides money: their effort, and what they have to put right."""

    effort: Effort
    actions: tuple[Action, ...]


def write_oversight(settings: Settings, state: State, folder: Path) -> Oversight:
    """Write maintenance of effort of the years asked for, monitoring, and the decisions of reviews."""
    effort = make_effort(settings, state)
    for year in settings.years:
        write_determination(effort, year, folder / "finance" / f"maintenance_of_effort_{year}.csv")
    reviews, actions = make_monitoring(settings, state)
    write_monitoring(reviews, actions, folder / "monitoring")
    write_decisions(make_decisions(settings), folder / "plan" / "review_decisions.csv")
    return Oversight(effort, tuple(actions))
