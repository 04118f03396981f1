"""Cells that are plainly what their type says, told apart and converted by the column and not one by one.

Put here: forms that need no thought, `1234` and `12.50`, where a column has very many different ones.
Not here: what else a type accepts, and why it refuses a cell (`values`); this only ever leaves cells to that.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

# Below this number of different cells looking at each is as fast.
MANY = 1000
# Digits that surely fit the type's Arrow type; a longer number is looked at by `values`.
_FORMS = {
    "count": r"^[0-9]{1,18}$",
    "integer": r"^-?[0-9]{1,18}$",
    "money": r"^-?[0-9]{1,16}(\.[0-9]{1,2})?$",
    "decimal": r"^-?[0-9]{1,12}(\.[0-9]{1,6})?$",
    "percent": r"^(100(\.0{1,4})?|[0-9]{1,2}(\.[0-9]{1,4})?)$",
}


def plain_cells(
    distinct: pa.Array, kind: str, argument: str, arrow: pa.DataType, markers: Mapping[str, str]
) -> tuple[npt.NDArray[np.bool_], pa.Array]:
    """Which of the different cells of a column are plain, and the values of those.

    Args:
        distinct: The different cells as text, without nulls.
        kind: The column's type, with its argument.
        argument: Of the type.
        arrow: The Arrow type of its values.
        markers: Cells that are marks, however they look.
    """
    is_plain = np.zeros(len(distinct), dtype=bool)
    if len(distinct) >= MANY and kind in _FORMS:
        is_plain = pc.match_substring_regex(distinct, _FORMS[kind]).to_numpy(zero_copy_only=False)
        if markers:
            is_plain &= ~pc.is_in(distinct, pa.array(list(markers), pa.string())).to_numpy(
                zero_copy_only=False
            )
    elif len(distinct) >= MANY and kind in ("id", "text"):
        fits = re.compile(argument if kind == "id" else ".+", 0 if kind == "id" else re.DOTALL).fullmatch
        texts = distinct.to_pylist()
        is_plain = np.fromiter(
            (bool(text) and text == text.strip() and fits(text) is not None for text in texts),
            dtype=bool,
            count=len(texts),
        )
    return is_plain, distinct.filter(pa.array(is_plain)).cast(arrow)


def positions(is_plain: npt.NDArray[np.bool_]) -> pa.Array:
    """Where each different cell's value stands: plain ones first, then the others, then that of null."""
    places = np.empty(len(is_plain) + 1, dtype=np.int64)
    count = int(is_plain.sum())
    places[:-1][is_plain] = np.arange(count)
    places[:-1][~is_plain] = np.arange(count, len(is_plain))
    places[-1] = len(is_plain)
    return pa.array(places)
