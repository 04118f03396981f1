"""The rows that were set aside: those of accepted files, and those for which a file was refused.

Put here: finding and joining them. Not here: setting them aside (`sources`), showing them (`pipelines`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from assets.home import Home
from assets.raw import quarantine_part, raw_node, refused_file
from sources.rows import QUARANTINE

SCHEMA = QUARANTINE.remove(QUARANTINE.get_field_index("is_key")).append(pa.field("refused", pa.bool_()))


def quarantine(
    home: Home, *, source_ids: Sequence[str] | None = None, years: Sequence[int] | None = None
) -> pa.Table:
    """All rows set aside, of the sources and years that are asked for; default all.

    Returns:
        source_id, school_year, table, source_file, source_line, column, value (null for students' records),
        reason, snapshot_sha256, and whether the file was refused for it.
    """
    found = [
        _labelled(file, refused=refused)
        for source_id in source_ids or home.sources
        for year in years or home.agency.settings.school_years
        for file, refused in _files(home, source_id, year)
    ]
    return pa.concat_tables([SCHEMA.empty_table(), *found])


def _files(home: Home, source_id: str, year: int) -> Iterator[tuple[Path, bool]]:
    node = raw_node(source_id)
    state = home.lake.state(node, year)
    if state is None or home.settings_of(source_id).for_year(year) is None:
        return
    for table in home.sources[source_id].spec.tables:
        refused = refused_file(home, source_id, year, table)
        if refused.is_file():
            yield refused, True
        if state.accepted is not None:
            accepted = home.lake.file(node, year, state.accepted, quarantine_part(table))
            if accepted.is_file():
                yield accepted, False


def _labelled(file: Path, *, refused: bool) -> pa.Table:
    rows = pq.read_table(file)
    rows = rows.append_column("refused", pa.array([refused] * rows.num_rows, pa.bool_()))
    return rows.select(SCHEMA.names).cast(SCHEMA)
