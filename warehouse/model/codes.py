"""Code lists: the allowed values of a column, one CSV each in `warehouse/codes`.

Put here: reading a list. Not here: which column uses it (`fields.yml`, contracts).
"""

from __future__ import annotations

import csv
from functools import lru_cache

from warehouse.model.errors import SpmError
from warehouse.model.places import CODES


@lru_cache(maxsize=32)
def read_codes(name: str) -> tuple[str, ...]:
    """The first column of `warehouse/codes/<name>.csv`: the allowed values of a code list."""
    path = CODES / f"{name}.csv"
    try:
        with path.open(encoding="utf-8", newline="") as handle:
            rows = list(csv.reader(handle))
    except FileNotFoundError:
        raise SpmError(f"No code list {name!r}", file=path, remedy="Create it, or correct the name") from None
    return tuple(row[0] for row in rows[1:] if row)
