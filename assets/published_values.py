"""The figures of a release: each measure's year in both faces, renewed, carried forward or absent.

Put here: which slices of `measure_value` a release has. Not here: figures made of figures
(`published_derived`), other tables (`published_tables`), what the public may see (`warehouse/public_face`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from assets.draft import NO_ROWS, NO_SOURCE, Draft, Failing, carried_slice
from assets.evidence import snapshots_behind
from assets.health import Health, measures_health
from assets.home import Home
from assets.lake import Node
from assets.measures import measured_tables, measures_node
from warehouse.public_face import FIGURES, suppress
from warehouse.publication import FACES, AbsentSlice, Face, SliceData, SliceKey
from warehouse.store import Warehouse

TOO_OPEN = "More is hidden from the public than when it was computed"
# Internal rows, and rows of the same pass, to the rows as the public may see them today.
Hidden = Callable[[pa.Table, pa.Table], pa.Table]


def add_values(draft: Draft, home: Home, warehouse: Warehouse, year: int) -> None:
    """The figures of every measured core table for a year."""
    for table, measures in measured_tables(home).items():
        health = measures_health(home, table, year)
        if not health.is_good:
            carry(draft, warehouse, [m.id for m in measures], year, health, partial(hidden_rows, home))
            continue
        rows = accepted_values(home, measures_node(table), year)
        for measure in measures:
            own = rows.filter(pc.equal(rows["measure_id"], measure.id))
            if own.num_rows:
                faces: dict[Face, pa.Table] = {"internal": own, "public": hidden_rows(home, own, rows)}
                add_slices(draft, measure.id, year, faces, snapshots_behind(home, table, year))
            else:
                add_absent(draft, measure.id, year, health)


def hidden_rows(home: Home, rows: pa.Table, sides: pa.Table) -> pa.Table:
    """The rows as the public may see them today."""
    settings = home.agency.settings
    return suppress(
        rows,
        settings.minimum_n,
        accountability_minimum_n=settings.accountability_minimum_n,
        measures=home.agency.measures,
        sides=sides,
    )


def accepted_values(home: Home, node: Node, year: int) -> pa.Table:
    """The accepted figures of a node, which must have some."""
    state = home.lake.state(node, year)
    assert state is not None and state.accepted is not None  # noqa: S101 - good health means accepted
    rows = pq.read_table(home.lake.file(node, year, state.accepted))
    # Parquet forgets what must not be null; figures carried forward from the warehouse still know it.
    return rows.cast(home.contracts["measure_value"].arrow_schema())


def add_slices(
    draft: Draft, measure_id: str, year: int, faces: dict[Face, pa.Table], snapshots: tuple[str, ...]
) -> None:
    """A measure's year in both faces."""
    for face, content in faces.items():
        draft.slices.append(SliceData(SliceKey(face, "measure_value", year, measure_id), content, snapshots))
        draft.values[face].setdefault(measure_id, []).append(content)


def carry(
    draft: Draft, warehouse: Warehouse, measure_ids: list[str], year: int, health: Health, hidden: Hidden
) -> None:
    """Keep the last good slices of the measures of a node, marked.

    A public slice that hides less than today's rules ask for is left out, with that reason.
    """
    kept: dict[SliceKey, pa.Table] = {}
    for face in FACES:
        for measure_id in measure_ids:
            key = SliceKey(face, "measure_value", year, measure_id)
            rows = warehouse.current_rows(key)
            if rows is not None:
                kept[key] = rows
    internal = [rows for key, rows in kept.items() if key.face == "internal"]
    for measure_id in measure_ids:
        draft.failing.append(Failing(measure_id, year, health.reason or "not refreshed", health.claim))
        for face in FACES:
            key = SliceKey(face, "measure_value", year, measure_id)
            if face == "public" and key in kept and not _hides_enough(kept, key, internal, hidden):
                draft.absent.append(AbsentSlice(key, TOO_OPEN, health.claim))
                continue
            draft.carried.append(carried_slice(key, health))
            if key in kept:
                draft.values[face].setdefault(measure_id, []).append(kept[key])


def _hides_enough(
    kept: dict[SliceKey, pa.Table], public: SliceKey, internal: list[pa.Table], hidden: Hidden
) -> bool:
    """Whether a carried public slice shows nothing that today's rules hide."""
    source = kept.get(replace(public, face="internal"))
    if source is None:
        return True
    wanted = hidden(source, pa.concat_tables(internal))
    return not any(
        pc.any(pc.and_(pc.is_null(wanted[name]), pc.is_valid(kept[public][name]))).as_py() for name in FIGURES
    )


def add_absent(draft: Draft, measure_id: str, year: int, health: Health) -> None:
    """A measure without any figure of a year, in both faces."""
    reason = NO_SOURCE if health.is_empty else NO_ROWS
    for face in FACES:
        draft.absent.append(AbsentSlice(SliceKey(face, "measure_value", year, measure_id), reason, None))
