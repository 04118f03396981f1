"""Keeping true answers: their columns, where they are of, and how figures of schools add up.

Put here: the schema of the truth, places, sums of schools over LEAs in both views and the state.
Not here: what is counted (the other modules).

A state of millions has millions of answers, so those of many places at once are kept as arrays.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

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
ROWS_AT_ONCE = 250_000
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


@dataclass(frozen=True)
class _Many:
    """Answers of many places at once; what is written is made of them at the end, to save memory."""

    at: npt.NDArray[np.int32]  # positions among the places
    numerators: Ints | None  # hundredths, as the denominators
    denominators: Ints
    values: Floats | None  # where they are not a percentage of the two


@dataclass
class _Block:
    places: list[Place] = field(default_factory=list)
    numerators: list[Decimal | None] = field(default_factory=list)
    denominators: list[Decimal | None] = field(default_factory=list)
    values: list[float | None] = field(default_factory=list)
    many: list[_Many] = field(default_factory=list)


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

    def tables(self) -> Iterator[pa.Table]:
        """All answers, a part at a time."""
        waiting: list[pa.Table] = []
        for key in sorted(self._blocks, key=lambda key: (key.measure, key.year, key.dimensions)):
            waiting += _tables(key, self._blocks[key], self.places)
            if sum(len(table) for table in waiting) >= ROWS_AT_ONCE:
                yield pa.concat_tables(waiting).combine_chunks()
                waiting = []
        yield pa.concat_tables([SCHEMA.empty_table(), *waiting]).combine_chunks()

    def table(self) -> pa.Table:
        """All answers."""
        return pa.concat_tables(self.tables()).combine_chunks()

    def write(self, path: Path) -> tuple[int, pa.Table]:
        """Write all answers; give their number, and the state's own."""
        rows, of_state = 0, []
        with pq.ParquetWriter(path, SCHEMA, compression="zstd") as writer:
            for table in self.tables():
                rows += len(table)
                of_state.append(table.filter(pc.field("organization_type") == SEA))
                writer.write_table(table)
        return rows, pa.concat_tables(of_state)

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
        factor = 1 if hundredths else 100
        self._keep(
            measure,
            year,
            _Many(at.astype(np.int32), sums[0][at] * factor, sums[1][at] * factor, None),
            dimensions,
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
        self._keep(measure, year, _Many(at.astype(np.int32), None, counts[at] * 100, values[at]), dimensions)

    def _keep(self, measure: str, year: int, many: _Many, dimensions: Mapping[str, str]) -> None:
        if len(many.at):
            self._block(measure, year, dimensions).many.append(many)

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


def _tables(key: _Key, block: _Block, places: Places) -> list[pa.Table]:
    tables = []
    if block.places:
        where = [
            pa.array([getattr(place, name) for place in block.places], pa.string())
            for name in ("organization_id", "organization_type", "view")
        ]
        numerator, denominator = pa.array(block.numerators, EXACT), pa.array(block.denominators, EXACT)
        tables.append(_table(key, where, numerator, denominator, pa.array(block.values, pa.float64())))
    for many in block.many:
        where = [column.take(pa.array(many.at)) for column in places.columns]
        nothing = pa.nulls(len(many.at), EXACT)
        numerator = nothing if many.numerators is None else exact(many.numerators)
        value = pa.array(_values(many), pa.float64(), from_pandas=True)
        tables.append(_table(key, where, numerator, exact(many.denominators), value))
    return tables


def _values(many: _Many) -> Floats:
    """Values, not a number where there is none."""
    if many.values is not None or many.numerators is None:
        return np.full(len(many.at), np.nan) if many.values is None else many.values
    shares = 100 * many.numerators / np.maximum(many.denominators, 1)
    return np.asarray(np.where(many.denominators > 0, shares, np.nan))


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
