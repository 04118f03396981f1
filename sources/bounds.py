"""How many rows of a file may be missing or unreadable before nothing of it is used.

Put here: the bounds of source.yml and sources.yml against what came. Not here: why a row is refused.

Too few rows refuse a file, for a cut file is nothing else than too short. Too many are told and taken: a
state grows, and a file with rows twice is refused by its keys.
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from sources.database_name import shown_database
from sources.registry import Source
from warehouse.model.agency import ReleaseSettings
from warehouse.model.errors import SpmError


class BoundExceeded(SpmError):
    """More rows cannot be read than the source's bounds allow, or too few came.

    Attributes:
        table: The table whose rows they are.
        quarantine: The rows that cannot be read, so that whoever mends the file sees all of them.
    """

    table: str = ""
    quarantine: pa.Table | None = None


def require_rows(source: Source, name: str, release: ReleaseSettings, physical: int) -> tuple[str, ...]:
    """Hold the number of rows to the agency's bounds for the table, else to the source's own.

    Returns:
        A warning when there are more rows than expected.

    Raises:
        BoundExceeded: There are fewer.
    """
    bounds: Any = release.rows.get(name, source.spec.tables[name].rows)
    low, high = bounds.minimum, bounds.maximum
    if low is not None and physical < low:
        raise BoundExceeded(
            f"{physical} rows where at least {low} are expected",
            file=_files(release, name),
            remedy="Fetch the file again, it may be cut off; if the number is right, move the bound "
            "(rows.minimum of the table in source.yml, or of the release in sources.yml)",
        )
    if high is not None and physical > high:
        return (f"{physical} rows where at most {high} are expected; if that is right, move the bound",)
    return ()


def require_bounds(source: Source, name: str, quarantine: pa.Table, rows_in: int) -> tuple[str, ...]:
    """Refuse a table of which too large a share of rows cannot be read.

    Returns:
        A warning when rows are set aside and the others are used.

    Raises:
        BoundExceeded: More keys or values are wrong than the source allows; names the first.
    """
    aside = int(quarantine.num_rows)
    if aside == 0:
        return ()
    keys = pc.sum(quarantine["is_key"]).as_py() or 0
    bounds = source.spec.bounds
    too_many_keys = keys > bounds.key_errors * rows_in
    if not too_many_keys and aside - keys <= bounds.value_errors * rows_in:
        return (_set_aside(quarantine),)
    (first,) = quarantine.filter(pc.equal(quarantine["is_key"], too_many_keys)).slice(0, 1).to_pylist()
    reason = str(first["reason"])
    more = f"; {aside - 1} more rows cannot be read" if aside > 1 else ""
    problem = BoundExceeded(
        f"{reason[0].upper()}{reason[1:]}{more}",
        file=first["source_file"],
        line=first["source_line"],
        column=first["column"],
        value=first["value"],
        remedy="Have the publisher correct it, then fetch again; until then nothing of the file is used",
    )
    problem.table, problem.quarantine = name, quarantine
    raise problem


def _set_aside(quarantine: pa.Table) -> str:
    """How many rows are set aside, and where the first stands; never what it holds."""
    first, count = quarantine.slice(0, 1).to_pylist()[0], quarantine.num_rows
    place = f"{first['source_file']}, line {first['source_line']}, column {first['column']}"
    rows = "1 row is" if count == 1 else f"{count:,} rows are"
    return f"{rows} set aside ({'' if count == 1 else 'first '}{place}); spm quarantine lists them"


def _files(release: ReleaseSettings, name: str) -> str:
    files = release.files.get(name, ()) if isinstance(release.files, dict) else release.files
    return ", ".join(files[:3]) or shown_database(str(release.database))
