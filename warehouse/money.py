"""Exact decimals on both databases: NUMERIC on PostgreSQL, scaled integers on SQLite.

SQLite has no decimal type, and a binary float loses cents: 0.1 + 0.2 is not 0.3. Views give plain decimals.

Put here: the column type, and Arrow decimals to scaled integers and back.
Not here: which columns are money (the contracts say so).
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from sqlalchemy import BigInteger, Numeric
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

# Precision and scale by contract type.
DECIMALS: dict[str, tuple[int, int]] = {"money": (18, 2), "decimal": (18, 2), "percent": (9, 4)}


class ExactDecimal(TypeDecorator[Decimal]):
    """A decimal with a fixed number of places that comes back as it went in, on either database."""

    impl = Numeric
    cache_ok = True

    def __init__(self, precision: int, scale: int) -> None:
        super().__init__(precision, scale)
        self.places = scale

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Scaled integers on SQLite, NUMERIC elsewhere."""
        kind = BigInteger() if dialect.name == "sqlite" else self.impl_instance
        return dialect.type_descriptor(kind)

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        """Refuse more places than the column has; scale for SQLite."""
        if value is None:
            return None
        scaled = value.scaleb(self.places)
        if scaled != scaled.to_integral_value():
            raise ValueError(f"more than {self.places} decimal places")
        return int(scaled) if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        """Undo the scaling."""
        if value is None:
            return None
        return Decimal(value).scaleb(-self.places) if dialect.name == "sqlite" else Decimal(value)


def to_scaled(values: pa.Array) -> pa.Array:
    """A decimal128 array of at most 18 digits as int64 units of its last place; nulls stay null."""
    words = np.frombuffer(values.buffers()[1], dtype="<i8")
    low = words[2 * values.offset : 2 * (values.offset + len(values)) : 2]
    missing: npt.NDArray[np.bool_] = values.is_null().to_numpy(zero_copy_only=False)
    return pa.array(low, type=pa.int64(), mask=missing)


def from_scaled(values: pa.Array, kind: pa.DataType) -> pa.Array:
    """The inverse of `to_scaled`: int64 units of the last place as decimal128."""
    valid = values.is_valid()
    units = values.fill_null(0).to_numpy(zero_copy_only=False).astype("<i8")
    words = np.empty((len(units), 2), dtype="<i8")
    words[:, 0] = units
    words[:, 1] = units >> 63  # sign of the high word
    # The data buffer of a Boolean array is a validity bitmap.
    bitmap = pa.concat_arrays([valid]).buffers()[1]
    return pa.Array.from_buffers(kind, len(units), [bitmap, pa.py_buffer(words.tobytes())])
