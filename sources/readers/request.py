"""What a reader is asked to read, and what it gives back.

A reader gives an Arrow table whose column names are the file's headers and whose cells are text (Parquet: its
own types), plus the column LINE with the physical line or sheet row of each record.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from sources.spec import TableSpec
from warehouse.model.errors import SpmError

LINE = "__line__"


@dataclass(frozen=True)
class ReadRequest:
    """One file to read for one table.

    Attributes:
        path: The kept bytes.
        address: Where they came from, relative to the data root, as people know it.
        table_name: The table of the source.
        table: How to read it.
        headers: The headers that columns.csv names for this release, in its order.
        release: The column of columns.csv in force.
        school_year: The year it is read for.
        is_restricted: Whether cells may never be quoted.
        folder: The source's folder, for what stands in it beside source.yml.
    """

    path: Path
    address: str
    table_name: str
    table: TableSpec
    headers: tuple[str, ...]
    release: str
    school_year: int
    is_restricted: bool
    folder: Path | None = None

    def error(
        self,
        what: str,
        *,
        remedy: str,
        line: int | None = None,
        column: str | None = None,
        value: str | None = None,
    ) -> SpmError:
        """An error about this file; the value is withheld for restricted sources."""
        return SpmError(
            what,
            remedy=remedy,
            file=self.address,
            line=line,
            column=column,
            value=None if self.is_restricted else value,
        )


def text_table(headers: list[str], columns: list[list[str | None]], lines: list[int]) -> pa.Table:
    """A table of text cells with line numbers.

    Two headers of one name stay two columns; `claim` refuses them unless the reader told them apart.
    """
    arrays = [pa.array(column, pa.string()) for column in columns]
    return pa.Table.from_arrays([*arrays, pa.array(lines, pa.int64())], names=[*headers, LINE])
