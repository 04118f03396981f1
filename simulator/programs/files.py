"""How a program's file is written: comma-separated text with one header line.

Put here: columns to lines. Not here: which columns (the other modules).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from simulator.organizations import Ints


def write_columns(path: Path, columns: Mapping[str, pa.Array]) -> None:
    """Write columns of text without commas in the order given."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = pc.binary_join_element_wise(*columns.values(), ",")
    path.write_text("\n".join([",".join(columns), *lines.to_pylist()]) + "\n", encoding="utf-8")


def words(texts: Sequence[str], places: Ints) -> pa.Array:
    """A text per place."""
    return pa.array(list(texts), pa.string()).take(pa.array(places))


def numbers(figures: Ints) -> pa.Array:
    """Whole numbers as text."""
    return pc.cast(pa.array(figures.astype(np.int64)), pa.string())


def same(text: object, count: int) -> pa.Array:
    """One text in every row."""
    return pa.repeat(pa.scalar(str(text), pa.string()), count)
