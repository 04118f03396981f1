"""Reading a large table in parts: the rows since the last mark and a little before, set into what is held.

A mark is the highest cursor seen, and never later than the database's own clock: one row stamped in the
future must not hide those that come after it. What lies before the overlap is counted on both sides; where
the counts differ, rows were deleted or came late, and everything is read again.
Put here: marks, overlaps, and how new rows replace held ones.
Not here: the transaction (`sql_session`), which tables are read so (`database`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import duckdb
import pyarrow.parquet as pq

from sources.spec import Incremental
from sources.transports.sql_rows import is_gone
from sources.transports.sql_session import Session
from warehouse.model.errors import SpmError

Kind = Literal["number", "time", "date", "text time", "text"]
MEMORY = "400MB"
_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400, "week": 604_800}


@dataclass(frozen=True)
class Mark:
    """How far a table was read: the highest cursor, and of what kind it is."""

    kind: Kind
    text: str

    def as_detail(self) -> dict[str, str]:
        """For the receipt."""
        return {"mark": self.text, "mark_kind": self.kind}


def mark_of(detail: Mapping[str, str]) -> Mark | None:
    """The mark that a receipt holds."""
    text, kind = detail.get("mark"), detail.get("mark_kind")
    return None if text is None or kind is None else Mark(kind, text)  # type: ignore[arg-type]


def mark_at(session: Session, highest: Any) -> Mark | None:
    """The mark for the highest cursor read, not later than the database's clock; None without rows."""
    if highest is None:
        return None
    if isinstance(highest, (int, float, Decimal)):
        return Mark("number", format(Decimal(repr(highest) if isinstance(highest, float) else highest), "f"))
    if isinstance(highest, datetime):
        now = _now(session)
        return Mark("time", min(highest, now if highest.tzinfo else now.replace(tzinfo=None)).isoformat())
    if isinstance(highest, date):
        return Mark("date", min(highest, _now(session).date()).isoformat())
    text = str(highest)
    read = _time(text)
    if read is None:
        return Mark("text", text)
    now = _now(session) if read.tzinfo else _now(session).replace(tzinfo=None)
    return Mark("text time", text if read <= now else _like(text, now))


def later(new: Mark | None, before: Mark) -> Mark:
    """The later of two marks: a mark does not go back."""
    if new is None or new.kind != before.kind:
        return before
    if new.kind == "number":
        return max(new, before, key=lambda mark: Decimal(mark.text))
    return max(new, before, key=lambda mark: mark.text)


def start(mark: Mark, increment: Incremental, *, where: str) -> Any:
    """Where reading begins again: the mark less the overlap, as a value of the cursor's own kind.

    Raises:
        SpmError: The overlap is a time where the cursor is a number, or the other way round.
    """
    match = re.fullmatch(r"([0-9]+)(?: (second|minute|hour|day|week)s?)?", increment.overlap)
    if match is None:
        raise AssertionError("source.yml was checked for it")
    size, unit = int(match[1]), match[2]
    if size > 0 and (mark.kind == "text" or (mark.kind == "number") == (unit is not None)):
        raise SpmError(
            f"The overlap does not fit the cursor, which is a {mark.kind}",
            file=where,
            column="incremental.overlap",
            value=increment.overlap,
            remedy="Write a number for a number, a span such as 2 days for a time, 0 for other texts",
        )
    if mark.kind == "number":
        number = Decimal(mark.text) - size
        return number if "." in mark.text else int(number)
    if mark.kind == "text":
        return mark.text
    back = timedelta(seconds=size * _SECONDS[unit or "second"])
    read = datetime.fromisoformat(mark.text) - back
    if mark.kind == "date":
        return read.date()
    return read if mark.kind == "time" else _like(mark.text, read)


def counted_before(held: Path, fresh: Path, increment: Incremental, begin: Any) -> int:
    """How many held rows still lie before the overlap: those that came again have moved on.

    Returns:
        The number; -1, which no table has, where the held cursor cannot be compared.
    """
    with duckdb.connect() as connection:
        try:
            found = connection.execute(f"SELECT count(*) FROM ({_staying(held, fresh, increment, begin)})")
            return int((found.fetchone() or (0,))[0])
        except duckdb.ConversionException:
            return -1


def merge(held: Path, fresh: Path, target: Path, increment: Incremental, begin: Any, folder: Path) -> bool:
    """Put fresh rows in the place of all held ones from `begin` on, and of older ones of the same key.

    What is from `begin` on and did not come again is gone, and so is what is marked as deleted.

    Returns:
        Whether anything differs from what is held; `target` is only written then.
    """
    new = f"SELECT * FROM {_rows(_living_file(fresh, increment, folder))}"
    joined = f"JOIN {_rows(fresh)} f ON {_same(increment)}"
    replaced = (
        f"SELECT h.* FROM {_rows(held)} h SEMI {joined} UNION ALL SELECT h.* FROM {_rows(held)} h "
        f"ANTI {joined} WHERE NOT coalesce({_is_before(increment, begin)}, false)"
    )
    with _bounded(folder) as connection:
        changes = connection.execute(
            f"SELECT count(*) FROM ((({replaced}) EXCEPT ALL {new}) UNION ALL "
            f"({new} EXCEPT ALL ({replaced})))"
        ).fetchone()
        if changes is None or changes[0] == 0:
            return False
        stay = _staying(held, fresh, increment, begin)
        _copy(connection, f"{stay} UNION ALL {new}", target, increment)
    return True


def _staying(held: Path, fresh: Path, increment: Incremental, begin: Any) -> str:
    """Held rows from before the overlap that did not come again."""
    return (
        f"SELECT h.* FROM {_rows(held)} h ANTI JOIN {_rows(fresh)} f ON {_same(increment)} "
        f"WHERE {_is_before(increment, begin)}"
    )


def _is_before(increment: Incremental, begin: Any) -> str:
    """Whether a held cursor, which is text, lies before the overlap."""
    cursor = f'h."{increment.cursor}"'
    if isinstance(begin, int):
        # Two hundred times faster than a decimal. One with a fraction is counted wrongly, and so read whole.
        return f"CAST({cursor} AS BIGINT) < {begin}"
    if isinstance(begin, Decimal):
        return f"CAST({cursor} AS DECIMAL(38, 6)) < {begin:f}"
    if isinstance(begin, datetime):
        # With a zone it is UTC on both sides: the session writes it so.
        plain = f"CAST(regexp_replace({cursor}, '[+]00(:00)?$', '') AS TIMESTAMP)"
        return f"{plain} < TIMESTAMP '{begin.replace(tzinfo=None).isoformat(sep=' ')}'"
    if isinstance(begin, date):
        return f"CAST({cursor} AS DATE) < DATE '{begin.isoformat()}'"
    return f"{cursor} < {_quoted(begin)}"


def write_in_order(rows: Path, target: Path, increment: Incremental, folder: Path) -> None:
    """Write rows in order of the key, as `merge` does: the same rows are the same bytes either way."""
    with _bounded(folder) as connection:
        _copy(connection, f"SELECT * FROM {_rows(rows)}", target, increment)


def _bounded(folder: Path) -> duckdb.DuckDBPyConnection:
    """A DuckDB that spills into the private folder of the fetch."""
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": MEMORY,
        "threads": 2,
        "temp_directory": str(folder / "spill"),
    }
    return duckdb.connect(config=config)


def _copy(connection: duckdb.DuckDBPyConnection, rows: str, target: Path, increment: Incremental) -> None:
    order = ", ".join(f'"{key}"' for key in increment.key)
    connection.execute(
        f"COPY ({rows} ORDER BY {order}) TO {_quoted(target)} (FORMAT parquet, COMPRESSION zstd)"
    )


def _same(increment: Incremental) -> str:
    return " AND ".join(f'h."{key}" IS NOT DISTINCT FROM f."{key}"' for key in increment.key)


def _rows(path: Path) -> str:
    return f"read_parquet({_quoted(path)})"


def _quoted(text: Path | str) -> str:
    return "'" + str(text).replace("'", "''") + "'"


def _living_file(fresh: Path, increment: Incremental, folder: Path) -> Path:
    if increment.deleted is None:
        return fresh
    living = folder / f"{fresh.stem}.living.parquet"
    whole = pq.ParquetFile(fresh)
    with pq.ParquetWriter(living, whole.schema_arrow, compression="zstd") as writer:
        for group in range(whole.num_row_groups):
            table = whole.read_row_group(group)
            writer.write_table(table.filter([not gone for gone in is_gone(table[increment.deleted])]))
    return living


def _now(session: Session) -> datetime:
    """The database's clock, in UTC."""
    import sqlalchemy as sa

    found = session.connection.execute(sa.select(sa.func.current_timestamp())).scalar()
    read = found if isinstance(found, datetime) else datetime.fromisoformat(str(found))
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def _time(text: str) -> datetime | None:
    """The time that a text of a cursor writes, with or without zone; None when it is no time."""
    try:
        return datetime.fromisoformat(text) if len(text) >= 10 else None
    except ValueError:
        return None


def _like(text: str, moment: datetime) -> str:
    """A moment, written as `text` writes its own; never later than the moment, so that texts compare."""
    if len(text) == 10:
        return moment.date().isoformat()
    mark = text[10]
    plain = moment.replace(microsecond=0, tzinfo=None).isoformat(sep=mark if mark in "T " else "T")
    zone = re.search(r"(Z|[+-]\d{2}:?\d{2})$", text)
    return plain + (zone[1] if zone else "")
