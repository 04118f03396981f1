"""What each LEA receives of an award, version by version.

Put here: the formulas, hold-harmless, charter adjustments, and the versions in which a state publishes them.
Not here: what LEAs do with it (see `spending`), the federal workbook (see `allocation_workbook`).

In every version award = reservations + allocations + unallocated, to the cent. A preliminary version divides
an estimate, because it comes before the award.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from simulator.finance import make_poverty
from simulator.money.awards import CHANGED_SHARE, DEOBLIGATED, LAPSING, RESERVED, FederalAward
from simulator.money.cents import apportion
from simulator.organizations import Floats, Ints, State
from simulator.people import Flags
from simulator.settings import Settings

TITLE_I = "84.010"
REASONS = ("formula", "hold_harmless", "new_charter", "reallocation")
FORMULA, HOLD_HARMLESS, NEW_CHARTER, REALLOCATION = range(4)
# Share of an authorizer's allocation that goes with the students of its charter school.
CHARTER_PART = (0.083, 0.037)
SMALLEST_PUPILS = 60.0
CLOSED_CHILDREN = 12
KEPT_BACK = (0.010, 0.005, 0.0)  # unallocated share of the first three versions
CONCENTRATED, CONCENTRATION_WEIGHT = 0.15, 1.3


@dataclass(frozen=True)
class Formula:
    """What an award is divided by; LEAs by position, charter LEAs apart."""

    positions: Ints
    weights: Floats
    counts: Ints | None = None  # Title I children; no other formula publishes a count
    poverty: Floats | None = None  # share of children in poverty; it decides how far hold-harmless holds


@dataclass(frozen=True)
class Version:
    """One complete list of allocations of an award."""

    number: int
    kind: str
    issued_on: date
    award_cents: int
    reservations: dict[str, int]
    unallocated_cents: int
    positions: Ints
    counts: Ints | None
    amounts: Ints
    reasons: Ints
    note: str

    def by_position(self) -> dict[int, int]:
        """Cents by LEA."""
        return dict(zip(self.positions.tolist(), self.amounts.tolist(), strict=True))


def formula_children(settings: Settings, state: State, fiscal_year: int) -> tuple[Ints, Ints, Ints]:
    """Positions, children and poor children of districts, of the income year two before the award."""
    people = make_poverty(settings, state, fiscal_year - 1)
    return (
        np.array([item.lea.position for item in people]),
        np.array([item.children for item in people]),
        np.array([item.poor for item in people]),
    )


def title_i_formula(settings: Settings, state: State, fiscal_year: int) -> Formula:
    """Children in poverty, more where they are concentrated.

    The ten-child threshold of basic grants is left out, so that the smallest Franklin has Title I everywhere.
    """
    positions, children, poor = formula_children(settings, state, fiscal_year)
    poor = np.maximum(poor, 1)
    weights = poor * np.where(poor / children > CONCENTRATED, CONCENTRATION_WEIGHT, 1.0)
    return Formula(positions, weights.astype(np.float64), poor, poor / children)


def make_versions(
    settings: Settings,
    state: State,
    award: FederalAward,
    taking_part: Ints,
    before: Mapping[int, int],
) -> tuple[Version, ...]:
    """All versions of an award's allocations; `before` is what LEAs had of the program's award before it."""
    formula = _formula(settings, state, award, taking_part)
    charters = [
        lea.position for lea in state.leas if lea.is_charter and lea.position in set(taking_part.tolist())
    ]
    order = {lea.position: number for number, lea in enumerate(x for x in state.leas if x.is_charter)}
    made: list[Version] = []
    for number in (1, 2, 3):
        known = [p for p in charters if order[p] <= number - 2]
        fresh = [p for p in charters if order[p] == number - 2]
        version = _version(award, number, formula, before)
        made.append(_with_charters(state, version, {p: CHARTER_PART[order[p]] for p in known}, fresh))
    if award.key in CHANGED_SHARE:
        made.append(_changed(award, made[-1]))
    return tuple(made)


def _formula(settings: Settings, state: State, award: FederalAward, taking_part: Ints) -> Formula:
    closed = np.array(
        [p for p in taking_part.tolist() if state.leas[p].closed_on is not None], dtype=np.int64
    )
    if award.listing == TITLE_I:
        base = title_i_formula(settings, state, award.fiscal_year)
        few = np.full(len(closed), CLOSED_CHILDREN)
        if base.counts is None or base.poverty is None:
            return base
        return Formula(
            np.concatenate([base.positions, closed]),
            np.concatenate([base.weights, few]),
            np.concatenate([base.counts, few]),
            np.concatenate([base.poverty, np.full(len(closed), 0.2)]),
        )
    kept = np.array([p for p in taking_part.tolist() if not state.leas[p].is_charter], dtype=np.int64)
    shares = np.array([state.leas[p].share for p in kept.tolist()])
    return Formula(kept, np.maximum(shares * settings.students, SMALLEST_PUPILS))


def _version(award: FederalAward, number: int, formula: Formula, before: Mapping[int, int]) -> Version:
    year = award.fiscal_year
    kind, issued_on = (
        ("preliminary", date(year, 5, 15)),
        ("final", date(year, 10, 20)),
        ("amended", date(year + 1, 2, 10)),
    )[number - 1]
    ordinary = sum(item.amount_cents for item in award.modifications[:2])
    whole = ordinary * 985 // 100_000 * 100 if number == 1 else ordinary
    kept_back = KEPT_BACK[number - 1]
    if number == 3 and award.key in (LAPSING, DEOBLIGATED):
        kept_back = 0.005  # some money of these two is never given to an LEA
    reservations = {name: int(whole * share) for name, share in RESERVED[award.listing]}
    unallocated = int(whole * kept_back)
    pool = whole - sum(reservations.values()) - unallocated
    amounts, held = _held_harmless(pool, formula, before if award.listing == TITLE_I else {})
    return Version(
        number=number,
        kind=kind,
        issued_on=issued_on,
        award_cents=whole,
        reservations=reservations,
        unallocated_cents=unallocated,
        positions=formula.positions,
        counts=formula.counts,
        amounts=amounts,
        reasons=np.where(held, HOLD_HARMLESS, FORMULA),
        note=(
            "Estimate, before the award",
            "Award as supplemented on 1 October",
            "Charter schools of the fall",
        )[number - 1],
    )


def _held_harmless(pool: int, formula: Formula, before: Mapping[int, int]) -> tuple[Ints, Flags]:
    """Divide by weight, but nobody falls below 95, 90 or 85 percent of the year before (ESEA 1122(c))."""
    amounts = apportion(pool, formula.weights)
    held = np.zeros(len(amounts), dtype=np.bool_)
    if not before or formula.poverty is None:
        return amounts, held
    share = np.where(formula.poverty >= 0.30, 0.95, np.where(formula.poverty >= 0.15, 0.90, 0.85))
    floor = np.array([before.get(p, 0) for p in formula.positions.tolist()]) * share
    if floor.sum() > 0.98 * pool:  # what cannot be paid is reduced for all alike
        floor *= 0.98 * pool / floor.sum()
    whole = np.floor(floor).astype(np.int64)
    while (short := ~held & (amounts < whole)).any():
        held |= short
        amounts = np.where(held, whole, 0)
        if held.all():
            return apportion(pool, np.maximum(whole, 1)), held
        amounts[~held] = apportion(pool - int(whole[held].sum()), formula.weights[~held])
    return amounts, held


def _with_charters(state: State, version: Version, parts: Mapping[int, float], fresh: list[int]) -> Version:
    """Move a part of the authorizer's allocation to each charter LEA."""
    amounts, reasons = version.amounts.copy(), version.reasons.copy()
    where = {position: index for index, position in enumerate(version.positions.tolist())}
    moved: list[int] = []
    for charter, part in parts.items():
        owner = where.get(state.leas[charter].authorizer or 0)
        cents = int(amounts[owner] * part) if owner is not None else 0
        if owner is not None:
            amounts[owner] -= cents
            reasons[owner] = NEW_CHARTER if charter in fresh else reasons[owner]
        moved.append(cents)
    added = [charter for charter, cents in zip(parts, moved, strict=True) if cents]
    counts = version.counts
    more = np.array([NEW_CHARTER if charter in fresh else FORMULA for charter in added], dtype=np.int64)
    return Version(
        **{
            **version.__dict__,
            "positions": np.concatenate([version.positions, np.array(added, dtype=np.int64)]),
            "amounts": np.concatenate([amounts, np.array([c for c in moved if c], dtype=np.int64)]),
            "reasons": np.concatenate([reasons, more]),
            # The census counts territories, a charter school has none.
            "counts": None if counts is None else np.concatenate([counts, np.full(len(added), -1)]),
        }
    )


def _changed(award: FederalAward, last: Version) -> Version:
    """The version after the award grew or was cut: more is divided alike, a cut takes what nobody has."""
    change = award.modifications[2]
    changed = {
        **last.__dict__,
        "number": last.number + 1,
        "issued_on": change.action_on + timedelta(days=10),
        "award_cents": award.amount_cents,
    }
    if change.amount_cents < 0:
        changed["unallocated_cents"] = last.unallocated_cents + change.amount_cents
        changed["note"] = "Award deobligated in part"
    else:
        changed["amounts"] = last.amounts + apportion(change.amount_cents, last.amounts)
        changed["reasons"] = np.full(len(last.reasons), REALLOCATION)
        changed["note"] = "Money other states gave back"
    return Version(**changed)
