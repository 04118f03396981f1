"""Releases, slices, and the published tables of the first release.

Frozen: later changes to contracts need a migration of their own, this one stays as it is.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from warehouse.money import ExactDecimal

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# "name type" of each column, "null" behind it where it may be null; every table has slice_id before these.
COLUMNS = {
    "measure": (
        "measure_id text",
        "title text",
        "definition text",
        "limits text",
        "kind text",
        "formula text",
        "core_table text",
        "unit text",
        "decimals smallint",
        "polarity text",
        "counts_people boolean",
        "cadence text",
        "expected_lag_days smallint",
        "owner text",
        "federal_reference text null",
        "measure_version smallint",
    ),
    "measure_status": (
        "plan_measure_id text",
        "organization_id text",
        "organization_view text",
        "school_year smallint",
        "node_id text",
        "measure_id text",
        "student_group text",
        "grade text",
        "subject text",
        "federal_program_code text",
        "award_id text",
        "organization_name text",
        "actual double null",
        "actual_low double null",
        "actual_high double null",
        "baseline double null",
        "expected double null",
        "target double null",
        "target_school_year smallint null",
        "status text null",
        "status_reason text",
        "trend text null",
        "gap_closed double null",
        "due_on date",
        "status_rule text",
    ),
    "measure_value": (
        "measure_id text",
        "organization_id text",
        "organization_view text",
        "school_year smallint",
        "period text",
        "student_group text",
        "grade text",
        "subject text",
        "federal_program_code text",
        "award_id text",
        "organization_type text",
        "organization_name text",
        "unit text",
        "basis text",
        "numerator decimal(18,2) null",
        "denominator decimal(18,2) null",
        "value double null",
        "value_low double null",
        "value_high double null",
        "interval_low double null",
        "interval_high double null",
        "n bigint null",
        "is_ranged boolean",
        "is_partial_coverage boolean",
        "suppression text null",
        "null_reason text null",
        "data_status text",
        "measure_version smallint",
        "core_rows bigint",
    ),
    "organization": (
        "organization_id text",
        "school_year smallint",
        "organization_type text",
        "organization_name text",
        "state_abbreviation_code text",
        "lea_identifier_nces text null",
        "lea_identifier_sea text null",
        "school_identifier_nces text null",
        "school_identifier_sea text null",
        "authorizer_lea_id text null",
        "reporting_lea_id text null",
        "is_charter boolean null",
        "charter_school_number text null",
        "charter_funding_type text null",
        "operational_status text null",
        "is_in_directory boolean",
        "source_id text",
        "snapshot_sha256 text null",
        "source_line bigint null",
        "data_status text",
    ),
    "plan_measure": (
        "plan_measure_id text",
        "node_id text",
        "measure_id text",
        "role text",
        "organization_id text null",
        "organization_type text",
        "student_group text",
        "grade text",
        "subject text",
        "federal_program_code text",
        "weight double",
        "is_required boolean",
        "baseline_school_year smallint null",
        "baseline_value double null",
        "tolerance double",
        "path text",
    ),
    "plan_node": (
        "node_id text",
        "parent_node_id text null",
        "node_type text",
        "title text",
        "description text null",
        "theory_of_action text null",
        "school_year smallint null",
        "lead text null",
        "start_on date null",
        "due_on date null",
        "outputs text null",
        "plan_id text",
        "plan_version smallint",
    ),
    "source_snapshot": (
        "source_id text",
        "table_name text",
        "school_year smallint",
        "snapshot_sha256 text",
        "address text",
        "fetched_at timestamp",
        "size_bytes bigint",
        "rows_in bigint",
        "rows_out bigint",
        "rows_quarantined bigint",
    ),
    "student_group": (
        "student_group text",
        "title text",
        "group_category text",
        "ceds_code text null",
        "edfacts_membership_code text null",
        "edfacts_assessment_code text null",
    ),
    "target": (
        "plan_measure_id text",
        "school_year smallint",
        "target_kind text",
        "target_value double",
    ),
}
KEYS = {
    "measure": "slice_id measure_id",
    "measure_status": "slice_id organization_id plan_measure_id organization_view school_year",
    "measure_value": "slice_id organization_id organization_view period student_group grade subject federal_program_code award_id measure_id school_year",
    "organization": "slice_id organization_id school_year",
    "plan_measure": "slice_id plan_measure_id",
    "plan_node": "slice_id node_id",
    "source_snapshot": "slice_id source_id table_name snapshot_sha256 address school_year",
    "student_group": "slice_id student_group",
    "target": "slice_id plan_measure_id school_year",
}

ROLES = ("spm_public_reader", "spm_internal_reader", "spm_writer")


def upgrade() -> None:
    is_postgres = op.get_bind().dialect.name == "postgresql"
    schema = "spm_internal" if is_postgres else None
    if is_postgres:
        op.execute("CREATE SCHEMA IF NOT EXISTS spm_internal")
        op.execute("CREATE SCHEMA IF NOT EXISTS spm_public")
        for role in ROLES:
            make_role(role)
    make_ledger(schema)
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


def make_role(role: str) -> None:
    """Roles belong to the whole server: another database may have made them, and not every user may."""
    op.execute(
        f"""
        DO $$ BEGIN
          CREATE ROLE {role} NOLOGIN;
        EXCEPTION
          WHEN duplicate_object OR unique_violation THEN NULL;
          WHEN insufficient_privilege THEN
            RAISE NOTICE 'role {role} is left out: the user may not create roles';
        END $$
        """
    )


def column(text: str) -> sa.Column:
    name, kind, *rest = text.split()
    return sa.Column(name, TYPES[kind], nullable=rest == ["null"], autoincrement=False)


TYPES = {
    "text": sa.Text().with_variant(sa.Text(collation="C"), "postgresql"),
    "smallint": sa.SmallInteger(),
    "bigint": sa.BigInteger(),
    "boolean": sa.Boolean(),
    "date": sa.Date(),
    "timestamp": sa.DateTime(),
    "double": sa.Double(),
    "decimal(18,2)": ExactDecimal(18, 2),
    "decimal(9,4)": ExactDecimal(9, 4),
}


def make_ledger(schema: str | None) -> None:
    def to(target: str) -> str:
        return f"{schema}.{target}" if schema else target

    op.create_table(
        "release",
        sa.Column("release_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("published_at", sa.DateTime(), nullable=True),
        sa.Column("code_version", sa.Text(), nullable=False),
        sa.Column("settings_hash", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("not_for_release", sa.Boolean(), nullable=False),
        sa.Column("previous_release_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("release_id"),
        schema=schema,
    )
    op.create_table(
        "slice",
        sa.Column("slice_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("face", sa.Text(), nullable=False),
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("school_year", sa.SmallInteger(), nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("row_count", sa.BigInteger(), nullable=False),
        sa.Column("layout", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("slice_id"),
        sa.UniqueConstraint(
            "face", "table_name", "school_year", "part", "content_hash", name="slice_content_is_unique"
        ),
        schema=schema,
    )
    op.create_table(
        "warehouse",
        sa.Column("warehouse_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("views_hash", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("warehouse_id"),
        schema=schema,
    )
    op.create_table(
        "absent_slice",
        sa.Column("release_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("face", sa.Text(), nullable=False, autoincrement=False),
        sa.Column("table_name", sa.Text(), nullable=False, autoincrement=False),
        sa.Column("school_year", sa.SmallInteger(), nullable=False, autoincrement=False),
        sa.Column("part", sa.Text(), nullable=False, autoincrement=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("claim", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("release_id", "face", "table_name", "school_year", "part"),
        sa.ForeignKeyConstraint(["release_id"], [to("release.release_id")]),
        schema=schema,
    )
    op.create_table(
        "pointer",
        sa.Column("pointer_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("release_id", sa.Integer(), nullable=False),
        sa.Column("moved_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("pointer_id"),
        sa.ForeignKeyConstraint(["release_id"], [to("release.release_id")]),
        schema=schema,
    )
    op.create_table(
        "pointer_move",
        sa.Column("move_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("from_release_id", sa.Integer(), nullable=True),
        sa.Column("to_release_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("moved_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("move_id"),
        sa.ForeignKeyConstraint(["to_release_id"], [to("release.release_id")]),
        schema=schema,
    )
    op.create_table(
        "publication",
        sa.Column("publication_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("release_id", sa.Integer(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(), nullable=False),
        sa.Column("finished_at", sa.DateTime(), nullable=True),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("code_version", sa.Text(), nullable=False),
        sa.Column("settings_hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("publication_id"),
        sa.ForeignKeyConstraint(["release_id"], [to("release.release_id")]),
        schema=schema,
    )
    op.create_table(
        "release_slice",
        sa.Column("release_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("face", sa.Text(), nullable=False, autoincrement=False),
        sa.Column("table_name", sa.Text(), nullable=False, autoincrement=False),
        sa.Column("school_year", sa.SmallInteger(), nullable=False, autoincrement=False),
        sa.Column("part", sa.Text(), nullable=False, autoincrement=False),
        sa.Column("slice_id", sa.Integer(), nullable=False),
        sa.Column("snapshots", sa.Text(), nullable=False),
        sa.Column("carried_from_release_id", sa.Integer(), nullable=True),
        sa.Column("carried_forward_since", sa.DateTime(), nullable=True),
        sa.Column("carried_reason", sa.Text(), nullable=True),
        sa.Column("carried_claim", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("release_id", "face", "table_name", "school_year", "part"),
        sa.ForeignKeyConstraint(["slice_id"], [to("slice.slice_id")]),
        sa.ForeignKeyConstraint(["release_id"], [to("release.release_id")]),
        schema=schema,
    )
    op.create_index("release_slice_by_slice", "release_slice", ["slice_id"], schema=schema)
    op.create_table(
        "check_result",
        sa.Column("publication_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("ordinal", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("claim", sa.Text(), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("school_year", sa.SmallInteger(), nullable=True),
        sa.Column("data_version", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("blocking", sa.Boolean(), nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("checked_rows", sa.BigInteger(), nullable=False),
        sa.Column("failing_rows", sa.BigInteger(), nullable=False),
        sa.Column("failing_keys", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("remedy", sa.Text(), nullable=False),
        sa.Column("failing_rows_file", sa.Text(), nullable=True),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("waived_by", sa.Text(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("publication_id", "ordinal"),
        sa.ForeignKeyConstraint(["publication_id"], [to("publication.publication_id")]),
        schema=schema,
    )
    op.create_table(
        "correction",
        sa.Column("publication_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("ordinal", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("table_name", sa.Text(), nullable=True),
        sa.Column("school_year", sa.SmallInteger(), nullable=True),
        sa.Column("column_name", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("publication_id", "ordinal"),
        sa.ForeignKeyConstraint(["publication_id"], [to("publication.publication_id")]),
        schema=schema,
    )
    op.create_table(
        "fetch_outcome",
        sa.Column("publication_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("ordinal", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("school_year", sa.SmallInteger(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("publication_id", "ordinal"),
        sa.ForeignKeyConstraint(["publication_id"], [to("publication.publication_id")]),
        schema=schema,
    )
    op.create_table(
        "waiver",
        sa.Column("publication_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("ordinal", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("claim", sa.Text(), nullable=False),
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("school_year", sa.SmallInteger(), nullable=True),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("publication_id", "ordinal"),
        sa.ForeignKeyConstraint(["publication_id"], [to("publication.publication_id")]),
        schema=schema,
    )
