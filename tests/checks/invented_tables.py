"""An invented public table and an invented restricted one, with the files they would have in the lake."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from checks.result import CheckResult
from warehouse.model.contract import ClaimSpec, Contract, FieldSpec, Reference, RowBounds

TODAY = date(2026, 11, 24)


def _field(name: str, type_: Any = "text", **more: Any) -> FieldSpec:
    return FieldSpec(name=name, type=type_, description=name, **more)


ORGANIZATIONS = Contract(
    table="organizations",
    layer="core",
    title="Organizations",
    grain="one row per organization and year",
    key=("organization_id", "school_year"),
    partitioned=True,
    privacy="public",
    owner="directory-team",
    history="replaced",
    published_as="organization",
    fields=(_field("organization_id"), _field("school_year", "smallint")),
)

ABSENCE = Contract(
    table="absence",
    layer="core",
    title="Absence",
    grain="one row per organization, year and group",
    key=("organization_id", "school_year", "student_group"),
    partitioned=True,
    privacy="public",
    owner="student-data-team",
    history="replaced",
    fields=(
        _field("organization_id", pattern="(?:[0-9]{7}|[A-Z]{2})"),
        _field("school_year", "smallint", minimum=1990, maximum=2100),
        _field("student_group", codes=("all", "female")),
        _field("eligible", "bigint", minimum=0),
        _field("absent", "bigint", nullable=True, minimum=0, unit="students"),
        _field("rate", "percent", nullable=True, minimum=0, maximum=100),
        _field("tags", "text_list", nullable=True, codes=("a", "b"), pattern="[a-z]{1}"),
    ),
    references=(
        Reference(
            columns=("organization_id", "school_year"),
            table="organizations",
            to=("organization_id", "school_year"),
        ),
    ),
    claims=(
        ClaimSpec(
            claim="absent_do_not_exceed_eligible",
            sentence="No more are absent than eligible.",
            failing_rows="SELECT organization_id, school_year, student_group, absent FROM {table} "
            "WHERE absent > eligible",
            remedy="Ask the publisher which count is wrong",
        ),
        ClaimSpec(
            claim="someone_is_absent",
            sentence="Someone is absent",
            severity="warn",
            failing_rows="SELECT organization_id FROM {table} WHERE absent = 0 AND eligible > 5",
            remedy="Look",
            owner="steward",
        ),
    ),
    rows=RowBounds(minimum=2, maximum=10),
)

ATTENDANCE = Contract(
    table="attendance",
    layer="core",
    title="Attendance",
    grain="one row per student and year",
    key=("student_id", "school_year"),
    partitioned=True,
    privacy="restricted",
    owner="student-data-team",
    history="replaced",
    fields=(
        _field("student_id", privacy="restricted", pattern="[0-9]{10}"),
        _field("school_year", "smallint"),
        _field("days_enrolled", "smallint", minimum=1, maximum=366),
        _field("days_absent", "smallint", minimum=0, maximum=366),
    ),
    claims=(
        ClaimSpec(
            claim="absent_days_do_not_exceed_enrolled_days",
            sentence="No student is absent too often",
            failing_rows="SELECT student_id, school_year FROM {table} WHERE days_absent > days_enrolled",
            remedy="Look for repeated days",
        ),
    ),
)

GOOD_ROWS: list[dict[str, Any]] = [
    {
        "organization_id": "0600001",
        "school_year": 2021,
        "student_group": "all",
        "eligible": 100,
        "absent": 10,
        "rate": "10.0",
        "tags": ["a"],
    },
    {
        "organization_id": "0600001",
        "school_year": 2021,
        "student_group": "female",
        "eligible": 50,
        "absent": 5,
        "rate": "10.0",
        "tags": None,
    },
    {
        "organization_id": "CA",
        "school_year": 2021,
        "student_group": "all",
        "eligible": 100,
        "absent": None,
        "rate": None,
        "tags": [],
    },
]
ORGANIZATION_ROWS: list[dict[str, Any]] = [
    {"organization_id": "0600001", "school_year": 2021},
    {"organization_id": "CA", "school_year": 2021},
]
CONTRACTS = {c.name: c for c in (ORGANIZATIONS, ABSENCE, ATTENDANCE)}


def write_rows(path: Path, contract: Contract, rows: list[dict[str, Any]]) -> Path:
    """Rows as a Parquet file; nulls pass even where the contract forbids them, or no test could plant one."""

    def cell(value: Any, kind: pa.DataType) -> Any:
        return Decimal(value) if pa.types.is_decimal(kind) and value is not None else value

    schema = pa.schema([pa.field(f.name, f.type) for f in contract.arrow_schema()])
    columns = {f.name: [cell(row[f.name], f.type) for row in rows] for f in schema}
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns, schema=schema), path)
    return path


def planted(index: int, **changes: Any) -> list[dict[str, Any]]:
    """The good rows with one of them changed."""
    return [{**row, **changes} if i == index else dict(row) for i, row in enumerate(GOOD_ROWS)]


def failed(results: dict[str, CheckResult]) -> set[str]:
    """Names of the claims that do not hold."""
    return {name for name, result in results.items() if not result.passed}
