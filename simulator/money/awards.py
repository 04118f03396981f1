"""The federal awards of the state agency, and the dates the law gives them.

Put here: programs with what the state reserves of them, awards, modifications, periods.
Not here: what LEAs receive of an award (see `allocations`).

An award of federal fiscal year F may be obligated from 1 July F to 30 September F+2: fifteen months, and
twelve more under the Tydings amendment (GEPA 421(b)). It is liquidated within 120 days (2 CFR 200.344).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from simulator.grants import ALL_PROGRAMS, MONEY_YEARS, Program, fain
from simulator.settings import Settings

LIQUIDATION = timedelta(days=120)
FISCAL_YEARS = tuple(year - 1 for year in MONEY_YEARS)
# What the state keeps of an award: name and share. School improvement is ESEA section 1003.
RESERVED: dict[str, tuple[tuple[str, float], ...]] = {
    "84.010": (("state_administration", 0.01), ("school_improvement", 0.07)),
    "84.027": (("state_administration", 0.02), ("state_activities", 0.08)),
    "84.173": (("state_administration", 0.05), ("state_activities", 0.05)),
    "84.048": (("state_administration", 0.05), ("state_activities", 0.10)),
    "84.365": (("state_activities", 0.05),),
    "84.367": (("state_administration", 0.01), ("state_activities", 0.04)),
    "84.424": (("state_administration", 0.01), ("state_activities", 0.04)),
}
# Three awards are out of the ordinary: one runs out with money left, one grows, one is cut.
LAPSING = ("84.424", 2022)
SUPPLEMENTED = ("84.010", 2022)
DEOBLIGATED = ("84.365", 2023)
CHANGED_SHARE = {SUPPLEMENTED: 0.006, DEOBLIGATED: -0.004}
FIRST_SHARE = 0.7  # of a year's money comes on 1 July, the rest with the new federal year


@dataclass(frozen=True)
class Modification:
    """One action on an award: `new`, `supplement` or `deobligation`; the amount is signed."""

    number: int
    action: str
    action_on: date
    amount_cents: int


@dataclass(frozen=True)
class FederalAward:
    """One grant of the Department of Education to the state agency."""

    fain: str
    listing: str
    title: str
    fiscal_year: int
    modifications: tuple[Modification, ...]

    @property
    def key(self) -> tuple[str, int]:
        """Assistance listing and federal fiscal year."""
        return self.listing, self.fiscal_year

    @property
    def awarded_on(self) -> date:
        """The day of the grant award notification."""
        return self.modifications[0].action_on

    @property
    def available_from(self) -> date:
        """The first day it may be obligated on."""
        return date(self.fiscal_year, 7, 1)

    @property
    def first_period_to(self) -> date:
        """The end of the first fifteen months; what is unobligated then is carried over."""
        return date(self.fiscal_year + 1, 9, 30)

    @property
    def available_to(self) -> date:
        """The last day it may be obligated on."""
        return date(self.fiscal_year + 2, 9, 30)

    @property
    def last_day_to_draw(self) -> date:
        """The last day money may be drawn on."""
        return self.available_to + LIQUIDATION

    @property
    def amount_cents(self) -> int:
        """The award as modified."""
        return sum(item.amount_cents for item in self.modifications)

    def authorized(self, day: date) -> int:
        """The award as it stood on a day."""
        return sum(item.amount_cents for item in self.modifications if item.action_on <= day)

    @property
    def program_segment(self) -> str:
        """How account codes name the award: listing digits and fiscal year."""
        return f"{self.listing.replace('.', '')}{self.fiscal_year % 100:02d}"


def make_awards(settings: Settings) -> tuple[FederalAward, ...]:
    """Every award of the known years, by program and fiscal year; awards are whole dollars."""
    return tuple(_award(settings, program, year) for program in ALL_PROGRAMS for year in FISCAL_YEARS)


def _award(settings: Settings, program: Program, year: int) -> FederalAward:
    number = [item.listing for item in ALL_PROGRAMS].index(program.listing)
    draw = settings.generator(301, year, number)
    grown = 1 + 0.018 * (year - FISCAL_YEARS[0]) + draw.normal(0, 0.006)
    dollars = round(settings.students * program.usd_per_student * grown)
    first = int(dollars * FIRST_SHARE)
    actions = [
        Modification(0, "new", date(year, 7, 1) + timedelta(days=int(draw.integers(0, 9))), first * 100),
        Modification(1, "supplement", date(year, 10, 1), (dollars - first) * 100),
    ]
    change = CHANGED_SHARE.get((program.listing, year))
    if change is not None:
        word, day = (
            ("supplement", date(year + 1, 4, 15)) if change > 0 else ("deobligation", date(year + 1, 11, 20))
        )
        actions.append(Modification(2, word, day, int(dollars * change) * 100))
    return FederalAward(fain(program, year + 1), program.listing, program.title, year, tuple(actions))
