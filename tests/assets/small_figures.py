"""Figures of a few invented organizations, at hand as derived figures read them.

Put here: an invented year and how a derived measure is run over it. Not here: what any test expects.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from small_state import AGENCY, STATE, littleland

from assets.engine import connect
from assets.figures import Figures
from assets.home import Home
from warehouse.model.measure import Measure

YEARS = (2023, 2024)
SCHOOLS = tuple(f"99000010000{i}" for i in range(1, 6))
UNITS = {"LL-unit.reading": "UNIT", "LL-unit.money": "UNIT", "LL-unit.learning": "DIVISION"}
Row = dict[str, Any]

_FILLER: Mapping[str, Any] = {
    "organization_view": "none", "period": "annual", "student_group": "all", "grade": "all",
    "subject": "none", "federal_program_code": "none", "award_id": "none", "strategy_id": "none",
    "organization_name": "Somewhere", "basis": "published", "is_ranged": False, "is_partial_coverage": False,
    "data_status": "final", "measure_version": 1, "core_rows": 1,
}  # fmt: skip


def rate(measure: str, organization: str, year: int, part: int, whole: int, **given: Any) -> Row:
    """A percentage with its counts."""
    value = None if whole == 0 else 100.0 * part / whole
    return figure(
        measure, organization, year, value, numerator=Decimal(part), denominator=Decimal(whole), n=whole,
        null_reason=None if whole else "denominator_is_zero", **given,
    )  # fmt: skip


def figure(measure: str, organization: str, year: int, value: float | None, **given: Any) -> Row:
    """A figure without counts, unless they are given."""
    kind = "SEA" if organization == STATE else UNITS.get(organization, "SCHOOL")
    own = {
        "measure_id": measure, "organization_id": organization, "organization_type": kind,
        "school_year": year, "unit": "percent", "value": value,
    }  # fmt: skip
    return {**_FILLER, **own, **given}


def hidden(measure: str, organization: str, year: int, **given: Any) -> Row:
    """A figure that its source hides."""
    return figure(
        measure,
        organization,
        year,
        None,
        suppression="suppressed_at_source",
        null_reason="suppressed",
        **given,
    )


def ranged(measure: str, organization: str, year: int, low: float, high: float) -> Row:
    """A figure of which only the ends are known."""
    ends = {"value_low": low, "value_high": high, "is_ranged": True, "null_reason": "ranged"}
    return figure(measure, organization, year, None, **ends)


def land(folder: Path, *, plan: str = AGENCY["plan.yml"], agency: str = AGENCY["agency.yml"]) -> Home:
    """Littleland with another plan."""
    return littleland(folder, agency={"plan.yml": plan, "agency.yml": agency})


def with_measures(home: Home, *measures: Measure) -> Home:
    """The same home with some measures replaced or added."""
    known = {**home.agency.measures, **{m.id: m for m in measures}}
    return replace(home, agency=replace(home.agency, measures=known))


@contextmanager
def at_hand(
    home: Home, year: int, rows: Sequence[Row], core: Mapping[str, Sequence[Row]] | None = None
) -> Iterator[Figures]:
    """Invented figures, and rows of core tables, as derived figures read them."""
    contract = home.contracts["measure_value"]
    file = home.root / "figures.parquet"
    file.parent.mkdir(parents=True, exist_ok=True)
    schema = pa.schema([pa.field(f.name, f.type) for f in contract.arrow_schema()])
    pq.write_table(pa.Table.from_pylist(list(rows), schema=schema), file)
    with connect(home.root / "temporary") as connection:
        for name, content in {"organizations": _organizations(), **(core or {})}.items():
            columns = [pa.field(f.name, f.type) for f in home.contracts[name].arrow_schema()]
            connection.register("given", pa.Table.from_pylist(list(content), schema=pa.schema(columns)))
            connection.execute(f"CREATE TABLE core.{name} AS SELECT * FROM given")
            connection.unregister("given")
        yield Figures(connection, home, year, [file])


def made(figures: Figures) -> list[Row]:
    """The derived figures that were made, in the order of their organizations and strategies."""
    found = figures.connection.execute(
        "SELECT * FROM measures.made ORDER BY organization_id, strategy_id, student_group"
    )
    return list(found.to_arrow_table().to_pylist())


def parts(figures: Figures) -> set[tuple[str, ...]]:
    """What the derived figures are made of: measure, organization and year of each part."""
    found = figures.connection.execute("SELECT part FROM measures.parts").fetchall()
    place = [figures.key.index(n) for n in ("measure_id", "organization_id", "school_year")]
    return {tuple(str(row[0]).split("\x1f")[i] for i in place) for row in found}


def _organizations() -> list[Row]:
    kinds = {STATE: "SEA", **dict.fromkeys(SCHOOLS, "SCHOOL"), **UNITS}
    return [
        {"organization_id": i, "organization_type": kind, "organization_name": f"Name of {i}"}
        for i, kind in kinds.items()
    ]
