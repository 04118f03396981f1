"""The derived figures of a release: renewed, carried forward or absent, and hidden where a part of them is.

Put here: their slices of a year, once the figures they are made of are gathered. Not here: other figures
(`published_values`), making them (`derived`).
"""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from assets.core_inputs import accepted
from assets.derived import parts_file
from assets.derived_health import derived_health
from assets.derived_measures import DERIVED, core_of, derived_measures, tables_of, years_of
from assets.draft import Draft
from assets.evidence import snapshots_behind
from assets.home import Home
from assets.published_values import accepted_values, add_absent, add_slices, carry, hidden_rows
from warehouse.model.measure import Measure
from warehouse.public_face import hide_all, suppress_made_of
from warehouse.publication import Face
from warehouse.store import Warehouse


def add_derived(draft: Draft, home: Home, warehouse: Warehouse, year: int) -> None:
    """The derived figures of a year, after all figures of it and of earlier years."""
    for measure in derived_measures(home):
        health = derived_health(home, measure, year)
        if not health.is_good:
            carry(
                draft, warehouse, [measure.id], year, health, lambda rows, _: _public(draft, home, year, rows)
            )
            continue
        rows = accepted_values(home, DERIVED, year)
        own = rows.filter(pc.equal(rows["measure_id"], measure.id))
        if own.num_rows:
            faces: Mapping[Face, pa.Table] = {"internal": own, "public": _public(draft, home, year, own)}
            add_slices(draft, measure.id, year, dict(faces), _snapshots(home, measure, year))
        else:
            add_absent(draft, measure.id, year, health)


def _public(draft: Draft, home: Home, year: int, rows: pa.Table) -> pa.Table:
    """The rows as the public may see them, given what it sees of the figures they are made of."""
    few = hidden_rows(home, rows, rows)
    parts = _parts(home, year)
    if parts is None:
        return hide_all(few)
    tables = [table for found in draft.values["public"].values() for table in found]
    named = pc.unique(pc.list_element(pc.split_pattern(parts["part"], "\x1f"), 0))
    shown = [t for t in tables if t.num_rows and pc.is_in(t["measure_id"][0], value_set=named).as_py()]
    public = pa.concat_tables(shown) if shown else rows.slice(0, 0)
    return suppress_made_of(few, parts, public, home.contracts["measure_value"].key)


def _parts(home: Home, year: int) -> pa.Table | None:
    """What each accepted figure is made of; nothing can be shown where that is not known any more."""
    version = accepted(home, DERIVED, year)
    file = None if version is None else parts_file(home, year, version)
    return pq.read_table(file) if file is not None and file.exists() else None


def _snapshots(home: Home, measure: Measure, year: int) -> tuple[str, ...]:
    """The files behind the figures it is made of, of every year that is compared."""
    tables = {*tables_of(home, [measure]), *core_of(home, [measure])} - {"organizations"}
    years = [y for y in years_of(measure, year) if y in home.agency.settings.school_years]
    return tuple(sorted({s for t in tables for y in years for s in snapshots_behind(home, t, y)}))
