"""SQL systems: each table's query, read into a Parquet file that becomes the snapshot.

Put here: which queries are asked of which database. Not here: the asking (`sources.query`).
"""

from __future__ import annotations

from collections.abc import Iterator

from sources.query import query_to_parquet, shown_database
from sources.transports.arrival import Arrival, Wanted, bytes_of
from warehouse.model.errors import SpmError


def arrivals(wanted: Wanted) -> Iterator[Arrival]:
    """The tables of a database source, one file each.

    Raises:
        Missing: The database does not exist.
        SpmError: A table has no query, or the database cannot be read.
    """
    source, url = wanted.source, wanted.expand(wanted.release.database or "")
    for name, table in source.spec.tables.items():
        if table.query is None:
            raise SpmError(
                f"Table {name!r} of {source.id} has no query",
                file=f"sources/{source.id}/source.yml",
                column=f"tables.{name}.query",
                remedy="Add the query that reads it",
            )
        file = wanted.folder / f"{name}.parquet"
        query_to_parquet(url, table.query, file, source_id=source.id)
        address = f"{shown_database(url)}#{name}.parquet"
        yield Arrival(name, address, bytes_of(file))
