"""Invented rows of published tables, and publications made of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa

from warehouse.model.contract import published_contracts
from warehouse.publication import AbsentSlice, CarryForward, Face, Publication, SliceData, SliceKey
from warehouse.schema import WarehouseSchema, warehouse_schema

CONTRACTS = published_contracts()
AGENCY = "franklin"
AS_OF = date(2026, 1, 15)
SHA = "a" * 64
ABSENCE = "chronic_absence_rate"
SPENDING = "total_expenditure_per_pupil"

_FILLER: Mapping[str, Any] = {
    "text": "none", "smallint": 1, "bigint": 1, "boolean": False, "double": 1.0, "date": AS_OF,
    "timestamp": datetime(2025, 9, 1, 8, 30, 15, 250_000),
    "money": Decimal("1.00"), "decimal": Decimal("1.00"),
    "percent": Decimal("1.0000"),
}  # fmt: skip


def rows_of(table: str, *rows: Mapping[str, Any]) -> pa.Table:
    """Rows of a published table: what is not given is null where it may be, else a filler."""
    contract = CONTRACTS[table]
    blank = {
        f.name: None if f.nullable else (f.codes[0] if f.codes else _FILLER[f.type]) for f in contract.fields
    }
    for row in rows:
        assert set(row) <= set(blank), set(row) - set(blank)
    return pa.Table.from_pylist([{**blank, **row} for row in rows], schema=contract.arrow_schema())


def figure(organization_id: str, absent: int, students: int, **more: Any) -> dict[str, Any]:
    """A rate of one organization."""
    return {
        "measure_id": ABSENCE, "organization_id": organization_id, "organization_view": "none",
        "school_year": 2024, "period": "annual", "student_group": "all", "grade": "all",
        "organization_type": "SCHOOL", "organization_name": f"Escuela «Ñandú» {organization_id}",
        "numerator": Decimal(absent), "denominator": Decimal(students), "value": absent * 100 / students,
        "interval_low": 0.1, "interval_high": 99.9, "n": students, **more,
    }  # fmt: skip


def figures(*rows: Mapping[str, Any]) -> pa.Table:
    """Rows of measure_value."""
    return rows_of("measure_value", *rows)


def value_key(face: Face = "internal", year: int = 2024, measure_id: str = ABSENCE) -> SliceKey:
    """The key of a slice of measure_value."""
    return SliceKey(face, "measure_value", year, measure_id)


def value_slice(rows: pa.Table, **key: Any) -> SliceData:
    """A slice of measure_value."""
    return SliceData(value_key(**key), rows, (SHA,))


def publication(
    slices: Sequence[SliceData] = (),
    *,
    carried: Sequence[CarryForward] = (),
    absent: Sequence[AbsentSlice] = (),
    **more: Any,
) -> Publication:
    """A publication of the invented agency."""
    return Publication(
        agency_id=AGENCY, as_of=AS_OF, slices=slices, carried=carried, absent=absent,
        code_version="v1", **more,
    )  # fmt: skip


def both_faces(rows: pa.Table, **key: Any) -> list[SliceData]:
    """The same rows as an internal and a public slice."""
    return [value_slice(rows, face="internal", **key), value_slice(rows, face="public", **key)]


def simple(absent: int = 12, **more: Any) -> Publication:
    """A release of one figure about 100 students, in both faces."""
    return publication(both_faces(figures(figure("0600001", absent, 100))), **more)


def schema_of(url: str) -> WarehouseSchema:
    """The tables of a URL's engine."""
    return warehouse_schema("sqlite" if url.startswith("sqlite") else "postgresql")
