"""What a publisher revised between two editions of one year.

Put here: comparing the editions that the lake holds. Not here: which of them counts (`raw`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import duckdb

from assets.home import Home
from assets.raw import edition_part, raw_node

LINEAGE = ("source_id", "snapshot_sha256", "source_file", "source_line", "school_year", "data_status")


@dataclass(frozen=True)
class Revision:
    """A table's counting edition beside another one.

    Attributes:
        counts: The edition that counts.
        beside: The edition it is compared with.
        rows: Rows of the edition that counts, and of the other.
        added: Keys that only the counting edition has.
        removed: Keys that only the other has.
        changed: Keys with another value in any column.
    """

    table: str
    counts: str
    beside: str
    rows: tuple[int, int]
    added: int
    removed: int
    changed: int


def revisions(home: Home, source_id: str, school_year: int) -> Iterator[Revision]:
    """The comparisons of a year's editions, by table; none for a year with one edition."""
    source, node = home.sources[source_id], raw_node(source_id)
    state = home.lake.state(node, school_year)
    if state is None or state.accepted is None:
        return
    for table, spec in source.spec.tables.items():
        for release in home.settings_of(source_id).editions(school_year):
            part = edition_part(table, release.data_status)
            other = home.lake.file(node, school_year, state.accepted, part)
            if other.is_file():
                counting = home.lake.file(node, school_year, state.accepted, table)
                yield _compared(str(counting), str(other), table, spec.key, release.data_status)


def _compared(counting: str, other: str, table: str, key: tuple[str, ...], beside: str) -> Revision:
    keys = " AND ".join(f'a."{name}" IS NOT DISTINCT FROM b."{name}"' for name in key)
    with duckdb.connect(":memory:") as connection:
        names = [row[0] for row in connection.execute("DESCRIBE " + _read(counting)).fetchall()]
        values = [name for name in names if name not in (*LINEAGE, *key)]
        differs = " OR ".join(f'a."{n}" IS DISTINCT FROM b."{n}"' for n in values) or "FALSE"
        row = connection.execute(
            f"""
            SELECT
                count(a.data_status), count(b.data_status), any_value(a.data_status),
                count(*) FILTER (b.data_status IS NULL), count(*) FILTER (a.data_status IS NULL),
                count(*) FILTER (a.data_status IS NOT NULL AND b.data_status IS NOT NULL AND ({differs}))
            FROM ({_read(counting)}) AS a FULL JOIN ({_read(other)}) AS b ON {keys}
            """
        ).fetchone()
    if row is None:
        raise AssertionError("an aggregate gives a row")
    return Revision(table, str(row[2] or ""), beside, (row[0], row[1]), row[3], row[4], row[5])


def _read(file: str) -> str:
    quoted = file.replace("'", "''")
    return f"SELECT * FROM read_parquet('{quoted}', hive_partitioning = false)"
