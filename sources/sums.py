"""Columns that are the sum of others, as a publisher's record layout says: lines where they are not are told.

A difference is a warning and no refusal: publishers print some themselves. A line with a part that is not
there is not judged.
Put here: the comparison of one table's own columns. Not here: sums over rows.
"""

from __future__ import annotations

from functools import reduce

import pyarrow as pa
import pyarrow.compute as pc

from sources.coded import decoded
from sources.spec import TableSpec

# An addition widens a decimal by a digit; so wide, and thirty parts still fit.
_WIDE = pa.decimal256(40, 6)


def sum_warnings(table: pa.Table, spec: TableSpec, *, is_restricted: bool = False) -> tuple[str, ...]:
    """A sentence for each sum that some lines do not keep, with the first such line."""
    found = []
    for total, parts in spec.sums.items():
        if total not in table.column_names or any(part not in table.column_names for part in parts):
            continue
        plain = decoded(table.select([total, *parts, "source_line"]))
        wide = [plain[part].cast(_WIDE) for part in parts]
        added = reduce(pc.add, wide)
        apart = pc.fill_null(pc.not_equal(plain[total].cast(_WIDE), added), False)
        count = pc.sum(apart).as_py() or 0
        if count == 0:
            continue
        first = plain.filter(apart).slice(0, 1)
        figures = "" if is_restricted else f": {first[total][0].as_py()}, its parts {_first(added, apart)}"
        found.append(
            f"{count} of {table.num_rows} lines where {total} is not the sum of {_named(parts)}; "
            f"first line {first['source_line'][0].as_py()}{figures}"
        )
    return tuple(found)


def _first(added: pa.ChunkedArray, apart: pa.ChunkedArray) -> str:
    return format(added.filter(apart)[0].as_py().normalize(), "f")


def _named(parts: tuple[str, ...]) -> str:
    return ", ".join(parts[:3]) + (f" and {len(parts) - 3} more" if len(parts) > 3 else "")
