"""Keeping true answers: their columns, where they are of, and how figures of schools add up.

Put here: the schema of the truth, places, sums of schools over LEAs in both views and the state.
Not here: what is counted (the other modules).

A state of millions has millions of answers, so those of many places at once are kept as arrays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pyarrow as pa

from simulator.organizations import Floats, Ints, State
from simulator.people import Flags
from simulator.settings import STATE_CODE

EXACT = pa.decimal128(18, 2)
SCHEMA = pa.schema(
    [
        ("measure_id", pa.string()),
        ("organization_id", pa.string()),
        ("organization_type", pa.string()),
        ("organization_view", pa.string()),
        ("school_year", pa.int16()),
        ("period", pa.string()),
        ("student_group", pa.string()),
        ("grade", pa.string()),
        ("subject", pa.string()),
        ("federal_program_code", pa.string()),
        ("award_id", pa.string()),
        ("strategy_id", pa.string()),
        (
            "numerator",
            EXACT,
        ),  # null where the value is no quotient; the denominator then is the n behind it
        ("denominator", EXACT),
        ("value", pa.float64()),
    ]
)
DIMENSIONS = ("period", "group", "grade", "subject", "program", "award", "strategy")
SCHOOL, LEA, SEA = "SCHOOL", "LEA", "SEA"
Exact = int | Decimal


@dataclass(frozen=True)
class Place:
    """An organization in one view."""

    organization_id: str
    organization_type: str
    view: str


@dataclass(frozen=True)
class _Key:
    """What all answers of a block have in common."""

    measure: str
    year: int
    dimensions: tuple[str, ...]


@dataclass
class _Block:
    places: list[Place] = field(default_factory=list)
    numerators: list[Decimal | None] = field(default_factory=list)
    denominators: list[Decimal | None] = field(default_factory=list)
    values: list[float | None] = field(default_factory=list)
    tables: list[pa.Table] = field(default_factory=list)


class Places:
    """Every organization that figures of schools are summed for: schools, LEAs in both views, the state."""

    def __init__(self, state: State) -> None:
        self.owners = (state.authorizers, state.reporters)
        leas = len(state.leas)
        self.places = [
            *(Place(school.nces_id, SCHOOL, "none") for school in state.schools),
            *(Place(lea.nces_id, LEA, "authorizer") for lea in state.leas),
            *(Place(lea.nces_id, LEA, "reporting_lea") for lea in state.leas),
            Place(STATE_CODE, SEA, "none"),
        ]
        self.types = np.array([place.organization_type for place in self.places])
        self.schools, self.leas = len(state.schools), leas
        self.columns = [
            pa.array([getattr(place, name) for place in self.places], pa.string())
            for name in ("organization_id", "organization_type", "view")
        ]

    def sums(self, by_school: Ints) -> Ints:
        """Add up figures of schools (the last axis) for every place."""
        flat = by_school.reshape(-1, self.schools)
        parts = [flat]
        for owner in self.owners:
            summed = np.zeros((len(flat), self.leas), dtype=np.int64)
            np.add.at(summed.T, owner, flat.T)
            parts.append(summed)
        parts.append(flat.sum(axis=1, keepdims=True))
        whole = np.concatenate(parts, axis=1)
        return whole.reshape(*by_school.shape[:-1], len(self.places))

    def of(self, *types: str) -> Flags:
        """Which places are of the types."""
        return np.asarray(np.isin(self.types, types))


@dataclass
class Truth:
    """Collects the answers; rows come out in key order, an organization after the other."""

    state: State
    places: Places = field(init=False)
    _blocks: dict[_Key, _Block] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.places = Places(self.state)

    def table(self) -> pa.Table:
        """All answers."""
        keys = sorted(self._blocks, key=lambda key: (key.measure, key.year, key.dimensions))
        tables = [table for key in keys for table in _tables(key, self._blocks[key])]
        return pa.concat_tables(tables).combine_chunks() if tables else SCHEMA.empty_table()

    def add(
        self,
        measure: str,
        place: Place,
        year: int,
        numerator: Exact | None,
        denominator: Exact | None,
        value: float | None,
        **dimensions: str,
    ) -> None:
        """Keep one answer. Dimensions: period, group, grade, subject, program, award, strategy."""
        block = self._block(measure, year, dimensions)
        block.places.append(place)
        block.numerators.append(None if numerator is None else Decimal(numerator))
        block.denominators.append(None if denominator is None else Decimal(denominator))
        block.values.append(value)

    def ratio(
        self, measure: str, place: Place, year: int, numerator: Exact, denominator: Exact, **dimensions: str
    ) -> None:
        """Keep a percentage; of nobody it is null."""
        value = float(100 * Fraction(numerator) / Fraction(denominator)) if denominator else None
        self.add(measure, place, year, numerator, denominator, value, **dimensions)

    def percentages(
        self,
        measure: str,
        year: int,
        sums: tuple[Ints, Ints],
        there: Flags,
        dimensions: Mapping[str, str],
        *,
        hundredths: bool = False,
    ) -> None:
        """Keep percentages of many places at once.

        Args:
            measure: Its id.
            year: School year.
            sums: Numerators and denominators by place, as `Places.sums` gives them.
            there: Which places have the figure at all; where its denominator is nought it is null.
            dimensions: As for `add`.
            hundredths: Whether the sums are hundredths.
        """
        at = np.flatnonzero(there)
        numerator, denominator = sums[0][at], sums[1][at]
        has = denominator > 0
        values = np.where(has, 100 * numerator / np.maximum(denominator, 1), np.nan)
        factor = 1 if hundredths else 100
        self._keep(
            measure, year, at, exact(numerator * factor), exact(denominator * factor), values, dimensions
        )

    def values(
        self,
        measure: str,
        year: int,
        counts: Ints,
        values: Floats,
        there: Flags,
        dimensions: Mapping[str, str],
    ) -> None:
        """Keep values of many places that are not quotients of counts; `counts` are the n behind them."""
        at = np.flatnonzero(there)
        nothing = pa.nulls(len(at), EXACT)
        self._keep(measure, year, at, nothing, exact(counts[at] * 100), values[at], dimensions)

    def _keep(
        self,
        measure: str,
        year: int,
        at: Ints,
        numerator: pa.Array,
        denominator: pa.Array,
        values: Floats,
        dimensions: Mapping[str, str],
    ) -> None:
        if not len(at):
            return
        key = _key(measure, year, dimensions)
        where = [column.take(pa.array(at)) for column in self.places.columns]
        value = pa.array(values, pa.float64(), mask=np.isnan(values))
        self._blocks.setdefault(key, _Block()).tables.append(
            _table(key, where, numerator, denominator, value)
        )

    def _block(self, measure: str, year: int, dimensions: Mapping[str, str]) -> _Block:
        return self._blocks.setdefault(_key(measure, year, dimensions), _Block())


def exact(hundredths: Ints) -> pa.Array:
    """Hundredths as decimals with two places, without a detour over floating point."""
    whole = pa.array(hundredths.astype(np.int64)).cast(pa.decimal128(19, 0))
    return pa.Array.from_buffers(EXACT, len(whole), whole.buffers())


def _key(measure: str, year: int, dimensions: Mapping[str, str]) -> _Key:
    strangers = set(dimensions) - set(DIMENSIONS)
    if strangers:
        raise TypeError(f"no such dimensions: {sorted(strangers)}")
    default = {"period": "annual"}
    return _Key(measure, year, tuple(dimensions.get(name, default.get(name, "none")) for name in DIMENSIONS))


def _tables(key: _Key, block: _Block) -> list[pa.Table]:
    singles = []
    if block.places:
        where = [
            pa.array([getattr(place, name) for place in block.places], pa.string())
            for name in ("organization_id", "organization_type", "view")
        ]
        numerator, denominator = pa.array(block.numerators, EXACT), pa.array(block.denominators, EXACT)
        singles = [_table(key, where, numerator, denominator, pa.array(block.values, pa.float64()))]
    return [*singles, *block.tables]


def _table(
    key: _Key, where: Sequence[pa.Array], numerator: pa.Array, denominator: pa.Array, value: pa.Array
) -> pa.Table:
    size = len(value)

    def same(content: str | int, kind: pa.DataType) -> pa.Array:
        return pa.repeat(pa.scalar(content, kind), size)

    columns = [
        same(key.measure, pa.string()),
        *where,
        same(key.year, pa.int16()),
        *(same(content, pa.string()) for content in key.dimensions),
        numerator,
        denominator,
        value,
    ]
    return pa.Table.from_arrays(columns, schema=SCHEMA)
