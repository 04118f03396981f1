"""What each school spends in a year: the state's file of per-pupil expenditures (ESEA 1111(h)(1)(C)(x)).

Put here: the division of an LEA's expenditure among its schools, and the file of it.
Not here: what the LEA spends in all (see `finance`), the measures made of it (see `truth.money_schools`).

The columns of an LEA's schools add up to its total expenditure, to the cent. Central costs are shared out by
pupils, the rest by pupils and by what schools of their level cost.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from simulator.finance import COUNT_DAY, Finance, capital_outlay
from simulator.money.cents import apportion
from simulator.organizations import Floats, Ints, State
from simulator.people import Spells
from simulator.settings import Settings, school_year_title

HEADER = (
    "SchoolYear", "DistrictCode", "SchoolCode", "Membership", "FederalPersonnel", "FederalNonpersonnel",
    "StateLocalPersonnel", "StateLocalNonpersonnel", "CapitalAndDebt",
)  # fmt: skip
PURPOSE = 320
CENTRAL_SHARE = 0.2  # of current expenditure
DEBT_SHARE = 0.03  # of all expenditure
DEAREST_GRADE = 0.25  # grade 12 costs so much more than kindergarten
FEDERAL_SPENT = 0.97  # of the year's federal revenue
FEDERAL_PERSONNEL, OTHER_PERSONNEL = (0.55, 0.75), (0.74, 0.84)


@dataclass(frozen=True)
class SchoolCosts:
    """A year of all schools, in cents, by position of the school."""

    year: int
    membership: Ints
    federal_personnel: Ints
    federal_nonpersonnel: Ints
    other_personnel: Ints
    other_nonpersonnel: Ints
    capital_and_debt: Ints

    def columns(self) -> tuple[Ints, ...]:
        """The five columns of money in the order of the file."""
        return (
            self.federal_personnel, self.federal_nonpersonnel, self.other_personnel,
            self.other_nonpersonnel, self.capital_and_debt,
        )  # fmt: skip


def school_membership(state: State, spells: Spells) -> Ints:
    """Students enrolled on the count day, by school; an LEA's are those of its finance survey."""
    there = (spells.first_day <= COUNT_DAY) & (spells.last_day > COUNT_DAY)
    return np.bincount(spells.school[there], minlength=len(state.schools))


def make_school_costs(
    settings: Settings, state: State, year: int, money: Sequence[Finance], membership: Ints
) -> SchoolCosts:
    """Divide every LEA's expenditure among the schools it reports."""
    size = len(state.schools)
    draw = settings.generator(PURPOSE, year)
    own = draw.uniform(0.85, 1.15, (3, size))
    federal, other, capital = (np.zeros(size, dtype=np.int64) for _ in range(3))
    weights = membership * _level_costs(state)
    for row in money:
        at = np.flatnonzero((state.reporters == row.lea.position) & (membership > 0))
        if not len(at):
            continue
        outlay = capital_outlay(row.expenditure) + round(row.expenditure * DEBT_SHARE)
        current = row.expenditure - outlay
        from_federal = min(int(row.federal * FEDERAL_SPENT), current)
        shared = (membership[at], weights[at])
        federal[at] = _divide(from_federal * 100, *shared, own[0, at])
        other[at] = _divide((current - from_federal) * 100, *shared, own[1, at])
        capital[at] = _divide(outlay * 100, *shared, own[2, at])
    federal_staff = np.floor(federal * draw.uniform(*FEDERAL_PERSONNEL, size)).astype(np.int64)
    other_staff = np.floor(other * draw.uniform(*OTHER_PERSONNEL, size)).astype(np.int64)
    return SchoolCosts(
        year, membership, federal_staff, federal - federal_staff, other_staff, other - other_staff, capital
    )


def _level_costs(state: State) -> Floats:
    grades = np.array([school.low_grade + school.high_grade for school in state.schools])
    return np.asarray(1 + DEAREST_GRADE * grades / 24)


def _divide(cents: int, pupils: Ints, weights: Floats, own: Floats) -> Ints:
    central = int(cents * CENTRAL_SHARE)
    return apportion(central, pupils) + apportion(cents - central, weights * own)


def write_school_costs(state: State, costs: SchoolCosts, path: Path) -> None:
    """Write a row a school, dollars with cents."""
    path.parent.mkdir(parents=True, exist_ok=True)
    title = school_year_title(costs.year)
    columns = [[dollars(cents) for cents in column.tolist()] for column in costs.columns()]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEADER)
        for school, pupils, *amounts in zip(state.schools, costs.membership.tolist(), *columns, strict=True):
            district = state.leas[school.reporting].state_id
            writer.writerow([title, district, school.state_id, pupils, *amounts])


def dollars(cents: int) -> str:
    """Write cents as dollars with two decimals, which no float has touched."""
    return f"{cents // 100}.{cents % 100:02d}"
