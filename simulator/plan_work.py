"""The milestones and actions Franklin's units work on, and how each milestone ends.

Put here: codes, days they are due, fates. They are the units' own data: the plan itself the agency keeps.
Not here: what units report (see `plan_status`), what reviews decide (see `plan_reviews`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Node:
    """A milestone or action as its unit knows it."""

    code: str
    title: str
    due: date

    @property
    def is_milestone(self) -> bool:
        """Whether it is a milestone: an action has a fourth part."""
        return self.code.count(".") == 2


@dataclass(frozen=True)
class Unit:
    """Who reports on which nodes, by school year; `number` keeps a unit's stream of draws.

    `division` is empty for a division that has work of its own.
    """

    number: int
    role: str
    nodes: dict[int, tuple[Node, ...]]
    division: str = ""


@dataclass(frozen=True)
class Fate:
    """How a milestone ends: the day it is finished, and what its annual review says of it.

    One that is never finished stays at `percent`.
    """

    judgement: str
    finished: date | None = None
    percent: int = 100


MET, PARTIAL, NOT_MET, CARRIED_FORWARD = "Met", "Partial", "Not met", "Carried forward"

UNITS: dict[str, Unit] = {
    "attendance": Unit(
        0,
        "Attendance lead",
        {
            2024: (
                Node("G1.S1.M1", "Districts send weekly absence", date(2024, 3, 31)),
                Node("G1.S1.M1.A1", "Agree on one extract with the vendors", date(2023, 10, 31)),
                Node("G1.S1.M1.A2", "Bring the districts on in three waves", date(2024, 3, 31)),
            ),
            2025: (
                Node("G1.S1.M2", "Attendance teams meet every week", date(2025, 2, 28)),
                Node("G1.S1.M2.A1", "Train attendance teams", date(2024, 11, 15)),
                Node("G1.S1.M2.A2", "Visit the twenty schools with the most absence", date(2025, 2, 28)),
            ),
        },
        division="support",
    ),
    "literacy": Unit(
        2,
        "Literacy lead",
        {
            2024: (
                Node("G2.S1.M1", "Half of the teachers have finished the course", date(2024, 5, 31)),
                Node("G2.S1.M1.A1", "Choose the course and its trainers", date(2023, 9, 30)),
            ),
            2025: (
                Node("G2.S1.M2", "All of them have finished", date(2025, 5, 31)),
                Node("G2.S1.M2.A1", "Place coaches", date(2024, 9, 15)),
            ),
        },
        division="learning",
    ),
    "grants": Unit(
        1,
        "Grants manager",
        {
            2024: (
                Node("G3.S1.M1", "Requests are paid in thirty days", date(2024, 1, 31)),
                Node("G3.S1.M1.A2", "Settle what makes a request proper", date(2024, 1, 31)),
            ),
            2025: (
                Node("G3.S1.M2.A1", "Second reviewer for the summer peak", date(2025, 6, 30)),
                Node("G3.S1.M2", "Nothing older than thirty days", date(2025, 6, 30)),
            ),
        },
        division="federal",
    ),
    "support": Unit(
        3,
        "Student support lead",
        {
            2024: (
                Node("G1.S2.M1", "Liaisons named and trained", date(2023, 12, 15)),
                Node("G1.S2.M1.A1", "Publish the liaison's tasks and hours", date(2023, 9, 15)),
            ),
            2025: (
                Node("G1.S2.M2", "Transport within three school days", date(2025, 6, 30)),
                Node("G1.S2.M2.A1", "Agreements between neighboring districts", date(2025, 5, 31)),
            ),
        },
    ),
    "pathways": Unit(
        4,
        "Pathways lead",
        {
            2025: (
                Node("G2.S2.M1", "Credit recovery in every high school", date(2025, 1, 31)),
                Node("G2.S2.M1.A1", "Publish courses and staffing models", date(2024, 10, 31)),
            ),
        },
        division="learning",
    ),
    # It reported in its first year and not in its second: G3.S2.M2 is due and nobody says how it is.
    "audit": Unit(
        5,
        "Audit lead",
        {
            2024: (
                Node("G3.S2.M1", "A register of findings", date(2023, 12, 31)),
                Node("G3.S2.M1.A1", "List findings by program with owner", date(2023, 10, 31)),
            ),
        },
        division="federal",
    ),
}
SILENT_UNIT = "audit"
SILENT = Node("G3.S2.M2", "No repeat finding on the stabilization fund", date(2025, 3, 31))

# Every way a milestone can end is among them.
FATES: dict[str, Fate] = {
    "G1.S1.M1": Fate(MET, date(2024, 3, 19)),
    "G1.S1.M2": Fate(MET, date(2025, 5, 14)),  # late
    "G1.S2.M1": Fate(MET, date(2023, 12, 8)),
    "G1.S2.M2": Fate(PARTIAL, percent=70),
    "G2.S1.M1": Fate(CARRIED_FORWARD, percent=55),
    "G2.S1.M2": Fate(MET, date(2025, 5, 23)),
    "G2.S2.M1": Fate(NOT_MET, percent=25),
    "G3.S1.M1": Fate(MET, date(2024, 4, 12)),  # late
    "G3.S1.M2": Fate(CARRIED_FORWARD, percent=80),
    "G3.S2.M1": Fate(MET, date(2023, 12, 29)),
}


def milestones(year: int) -> list[Node]:
    """Every milestone of a school year, in the order of codes, also one nobody reports on."""
    found = [node for unit in UNITS.values() for node in unit.nodes.get(year, ()) if node.is_milestone]
    if year == 2025:
        found.append(SILENT)
    return sorted(found, key=lambda node: node.code)


def unit_of(code: str) -> str:
    """The unit that answers for a milestone, whether it reports or not."""
    for name, unit in UNITS.items():
        if any(node.code == code for nodes in unit.nodes.values() for node in nodes):
            return name
    return SILENT_UNIT
