"""Federal programs and their rules are published.

Frozen: later changes to contracts need a migration of their own, this one stays as it is.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from warehouse.money import ExactDecimal

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# "name type" of each column, "null" behind it where it may be null; every table has slice_id before these.
COLUMNS = {
    "federal_program": (
        "federal_program_code text",
        "title text",
        "short_title text",
        "statute text",
        "reference text",
        "funding_path text",
        "first_months smallint null",
        "availability_months smallint null",
        "availability_reference text null",
        "availability_evidence text null",
        "liquidation_days smallint",
        "carryover_cap_percent decimal(9,4) null",
        "lea_maintenance_of_effort_percent decimal(9,4) null",
        "is_supplement_not_supplant boolean",
        "note text null",
    ),
    "federal_program_rule": (
        "federal_program_code text",
        "rule text",
        "title text",
        "kind text",
        "bound text",
        "applies_to text",
        "rule_percent decimal(9,4) null",
        "rule_amount_usd decimal(18,2) null",
        "base text null",
        "threshold_usd decimal(18,2) null",
        "condition text null",
        "reference text",
        "evidence text",
        "seen_in text null",
    ),
}
KEYS = {
    "federal_program": "slice_id federal_program_code",
    "federal_program_rule": "slice_id federal_program_code rule",
}
TYPES = {
    "text": sa.Text().with_variant(sa.Text(collation="C"), "postgresql"),
    "smallint": sa.SmallInteger(),
    "boolean": sa.Boolean(),
    "decimal(18,2)": ExactDecimal(18, 2),
    "decimal(9,4)": ExactDecimal(9, 4),
}


def upgrade() -> None:
    schema = "spm_internal" if op.get_bind().dialect.name == "postgresql" else None
    for name, columns in COLUMNS.items():
        for table in (name, f"public_{name}"):
            op.create_table(
                table,
                sa.Column("slice_id", sa.Integer(), nullable=False, autoincrement=False),
                *(column(text) for text in columns),
                sa.PrimaryKeyConstraint(*KEYS[name].split()),
                schema=schema,
                sqlite_with_rowid=False,
            )


def column(text: str) -> sa.Column:
    name, kind, *rest = text.split()
    return sa.Column(name, TYPES[kind], nullable=rest == ["null"], autoincrement=False)
