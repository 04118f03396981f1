"""Measures of every kind, the plan's versions and reviews, money and organizations are published.

Tables whose columns or key have grown are built anew with their rows: a row of an earlier release says of a new
column what was true of it then. Slices keep the layout that they were written with, so they stay verifiable.

Frozen: later changes to contracts need a migration of their own, this one stays as it is.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from warehouse.money import ExactDecimal

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# "name type" of each column, "null" behind it where it may be null; every table has slice_id before these.
CREATED: dict[str, tuple[str, ...]] = {
    "agency_setting": (
        "setting text",
        "setting_value text",
    ),
    "award_month": (
        "award_id text",
        "month_ends_on date",
        "organization_id text",
        "school_year smallint",
        "federal_program_code text",
        "federal_fiscal_year smallint",
        "age_months bigint",
        "last_day_to_draw date",
        "authorized_usd decimal(18,2)",
        "allocated_usd decimal(18,2)",
        "requested_usd decimal(18,2)",
        "paid_usd decimal(18,2)",
        "drawn_usd decimal(18,2)",
        "expended_usd decimal(18,2)",
        "available_usd decimal(18,2)",
        "elapsed_share double",
        "spent_share double null",
        "earlier_awards bigint",
        "earlier_spent_share double null",
        "spending_pace double null",
        "recent_usd decimal(18,2)",
        "months_left bigint",
        "projected_lapse_usd decimal(18,2)",
        "ledger_less_drawn_usd decimal(18,2)",
        "not_yet_drawn_usd decimal(18,2)",
        "unexplained_usd decimal(18,2)",
        "unexplained_since date null",
        "unexplained_days bigint null",
    ),
    "milestone_outcome": (
        "node_id text",
        "organization_id text",
        "school_year smallint",
        "unit_id text",
        "due_on date",
        "met_on date null",
        "judgement text null",
        "is_cancelled boolean",
        "is_due boolean",
        "is_met_on_time boolean",
    ),
    "node_status": (
        "node_id text",
        "school_year smallint",
        "rule text",
        "status text null",
        "score double null",
        "inputs text",
        "measures_judged bigint",
        "measures_not_judged bigint",
    ),
    "organization_history": (
        "organization_id text",
        "school_year smallint",
        "valid_from_school_year smallint",
        "valid_to_school_year smallint null",
        "is_current boolean",
        "snapshot_years bigint",
        "organization_type text",
        "organization_name text",
        "state_abbreviation_code text",
        "lea_identifier_nces text null",
        "lea_identifier_sea text null",
        "school_identifier_nces text null",
        "school_identifier_sea text null",
        "uei text null",
        "prior_lea_identifier_sea text null",
        "prior_school_identifier_sea text null",
        "authorizer_lea_id text null",
        "reporting_lea_id text null",
        "parent_organization_id text null",
        "merged_into_organization_id text null",
        "closed_on date null",
        "is_charter boolean null",
        "charter_school_number text null",
        "charter_funding_type text null",
        "operational_status text null",
        "is_in_directory boolean",
    ),
    "organization_identifier": (
        "organization_id text",
        "school_year smallint",
        "identifier_system text",
        "identifier text",
        "is_prior boolean",
        "source_id text",
        "snapshot_sha256 text null",
        "source_line bigint null",
        "data_status text",
    ),
    "plan_change": (
        "plan_id text",
        "plan_version smallint",
        "from_version smallint",
        "what text",
        "subject text",
        "field text",
        "change text",
        "from_value text null",
        "to_value text null",
    ),
    "plan_node_unit": (
        "node_id text",
        "unit_id text",
        "unit_role text",
        "plan_id text",
    ),
    "plan_output": (
        "node_id text",
        "output_number smallint",
        "output text",
    ),
    "plan_resource": (
        "node_id text",
        "resource_number smallint",
        "award_id text null",
        "account text null",
        "school_year smallint",
        "amount_usd decimal(18,2)",
        "plan_id text",
    ),
    "plan_status": (
        "node_id text",
        "as_of_date date",
        "school_year smallint",
        "node_type text",
        "lead_unit_id text null",
        "due_on date null",
        "status text null",
        "percent_complete smallint null",
        "reported_on date null",
        "actions bigint",
        "actions_complete bigint",
        "status_of_actions text null",
        "judgement text null",
        "judged_on date null",
        "is_overdue boolean",
    ),
    "plan_unit": (
        "plan_id text",
        "unit_id text",
        "parent_unit_id text null",
        "unit_type text",
        "unit_name text",
    ),
    "plan_version": (
        "plan_id text",
        "plan_version smallint",
        "is_current boolean",
        "plan_kind text",
        "title text",
        "owning_organization_id text",
        "aligned_to_plan_id text null",
        "effective_from date",
        "effective_to date null",
        "approved_by text",
        "change_note text",
        "changes bigint",
        "content_sha256 text",
    ),
    "request_month": (
        "request_id text",
        "month_ends_on date",
        "organization_id text",
        "school_year smallint",
        "federal_program_code text",
        "award_id text",
        "amount_usd decimal(18,2)",
        "open_days bigint",
        "is_overdue boolean",
    ),
    "review_decision": (
        "review_id text",
        "node_id text",
        "decision text",
        "school_year smallint",
        "review_type text",
        "held_on date",
        "reviewed_period text",
        "judgement text null",
        "owner_role text null",
        "due_on date null",
        "done_on date null",
        "is_overdue boolean",
        "is_in_plan boolean",
        "source_id text",
        "snapshot_sha256 text null",
        "source_line bigint null",
        "data_status text",
    ),
    "status_event": (
        "node_id text",
        "as_of_date date",
        "school_year smallint",
        "status text",
        "percent_complete smallint null",
        "narrative text null",
        "barrier text null",
        "reporter_role text",
        "review_type text",
        "is_in_plan boolean",
        "source_id text",
        "snapshot_sha256 text null",
        "source_line bigint null",
        "data_status text",
    ),
    "submission_register": (
        "submission_id text",
        "school_year smallint",
        "submission_kind text",
        "title text",
        "due_on date",
        "is_due_verified boolean",
        "due_basis text",
        "source_id text null",
        "is_submitted boolean null",
        "read_on date null",
        "is_overdue boolean null",
    ),
    "unit_report": (
        "unit_id text",
        "month text",
        "school_year smallint",
        "unit_name text",
        "nodes_to_report bigint",
        "nodes_reported bigint",
        "has_reported boolean",
        "last_reported_on date null",
    ),
    "unmatched_organization": (
        "core_table text",
        "source_id text",
        "organization_id text",
        "school_year smallint",
        "organization_type text null",
        "organization_name text null",
        "lea_identifier_sea text null",
        "school_identifier_sea text null",
        "is_organization boolean",
        "unmatched_rows bigint",
    ),
}
CHANGED: dict[str, tuple[str, ...]] = {
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
        "range_low double null",
        "range_high double null",
        "counts_people boolean",
        "minimum_n_rule text",
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
        "period text",
        "node_id text",
        "measure_id text",
        "student_group text",
        "grade text",
        "subject text",
        "federal_program_code text",
        "award_id text",
        "strategy_id text",
        "organization_name text",
        "actual double null",
        "actual_low double null",
        "actual_high double null",
        "baseline double null",
        "expected double null",
        "expected_low double null",
        "expected_high double null",
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
        "strategy_id text",
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
        "parent_organization_id text null",
        "uei text null",
        "prior_lea_identifier_sea text null",
        "prior_school_identifier_sea text null",
        "merged_into_organization_id text null",
        "closed_on date null",
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
        "award_id text",
        "strategy_id text",
        "judged_by text",
        "weight double",
        "is_required boolean",
        "baseline_school_year smallint null",
        "baseline_period text null",
        "baseline_value double null",
        "tolerance double",
        "path text",
    ),
    "plan_node": (
        "node_id text",
        "parent_node_id text null",
        "aligned_to_node_id text null",
        "node_type text",
        "title text",
        "description text null",
        "theory_of_action text null",
        "school_year smallint null",
        "lead text null",
        "lead_unit_id text null",
        "category_codes text null",
        "planned_cost_usd decimal(18,2) null",
        "start_on date null",
        "due_on date null",
        "outputs text null",
        "roll_up text null",
        "plan_id text",
        "plan_version smallint",
    ),
    "target": (
        "plan_measure_id text",
        "school_year smallint",
        "period text",
        "target_kind text",
        "target_value double null",
        "target_low double null",
        "target_high double null",
    ),
}
# What the rows of earlier releases say in columns that must not be null.
THEN: dict[str, dict[str, str]] = {
    "measure": {"minimum_n_rule": "'reporting'"},
    "measure_status": {"period": "'annual'", "strategy_id": "'none'"},
    "measure_value": {"strategy_id": "'none'"},
    "plan_measure": {"award_id": "'none'", "strategy_id": "'none'", "judged_by": "'none'"},
    "target": {"period": "'annual'"},
}
KEYS = {
    "agency_setting": "slice_id setting",
    "award_month": "slice_id award_id month_ends_on",
    "milestone_outcome": "slice_id organization_id node_id",
    "node_status": "slice_id node_id school_year",
    "organization_history": "slice_id organization_id valid_from_school_year school_year",
    "organization_identifier": "slice_id organization_id identifier_system identifier school_year",
    "plan_change": "slice_id plan_id plan_version what subject field",
    "plan_node_unit": "slice_id node_id unit_id",
    "plan_output": "slice_id node_id output_number",
    "plan_resource": "slice_id node_id resource_number",
    "plan_status": "slice_id node_id as_of_date",
    "plan_unit": "slice_id plan_id unit_id",
    "plan_version": "slice_id plan_id plan_version",
    "request_month": "slice_id request_id month_ends_on",
    "review_decision": "slice_id review_id node_id decision",
    "status_event": "slice_id node_id as_of_date",
    "submission_register": "slice_id submission_id school_year",
    "unit_report": "slice_id unit_id month",
    "unmatched_organization": "slice_id organization_id core_table source_id school_year",
    "measure": "slice_id measure_id",
    "measure_status": "slice_id organization_id plan_measure_id organization_view period school_year",
    "measure_value": "slice_id organization_id organization_view period student_group grade subject federal_program_code award_id strategy_id measure_id school_year",
    "organization": "slice_id organization_id school_year",
    "plan_measure": "slice_id plan_measure_id",
    "plan_node": "slice_id node_id",
    "target": "slice_id plan_measure_id period school_year",
}
TYPES = {
    "bigint": sa.BigInteger(),
    "boolean": sa.Boolean(),
    "date": sa.Date(),
    "decimal(18,2)": ExactDecimal(18, 2),
    "double": sa.Double(),
    "smallint": sa.SmallInteger(),
    "text": sa.Text().with_variant(sa.Text(collation="C"), "postgresql"),
}


def upgrade() -> None:
    bind = op.get_bind()
    schema = "spm_internal" if bind.dialect.name == "postgresql" else None
    _drop_views(bind)
    for name in CREATED:
        for table in (name, f"public_{name}"):
            _create(table, name, CREATED[name], schema)
    for name, columns in CHANGED.items():
        for table in (name, f"public_{name}"):
            _rebuild(bind, table, name, columns, schema)


def _drop_views(bind: sa.Connection) -> None:
    """Views read the tables that are built anew; opening the warehouse makes them again after every migration."""
    inspector = sa.inspect(bind)
    for schema in ("spm_internal", "spm_public") if bind.dialect.name == "postgresql" else (None,):
        if schema is not None and schema not in inspector.get_schema_names():
            continue
        for view in inspector.get_view_names(schema=schema):
            cascade = " CASCADE" if schema else ""
            place = f"{schema}." if schema else ""
            op.execute(f"DROP VIEW IF EXISTS {place}{view}{cascade}")


def _create(table: str, name: str, columns: tuple[str, ...], schema: str | None) -> None:
    op.create_table(
        table,
        sa.Column("slice_id", sa.Integer(), nullable=False, autoincrement=False),
        *(_column(text) for text in columns),
        sa.PrimaryKeyConstraint(*KEYS[name].split()),
        schema=schema,
        sqlite_with_rowid=False,
    )


def _rebuild(
    bind: sa.Connection, table: str, name: str, columns: tuple[str, ...], schema: str | None
) -> None:
    """A table with new columns or another key, with the rows it has."""
    before = {c["name"] for c in sa.inspect(bind).get_columns(table, schema=schema)}
    place = f"{schema}." if schema else ""
    op.rename_table(table, f"{table}_before", schema=schema)
    if schema is not None:
        # PostgreSQL keeps the name of the key's index, which the new table asks for.
        op.execute(f"ALTER TABLE {place}{table}_before DROP CONSTRAINT {table}_pkey")
    _create(table, name, columns, schema)
    names = ["slice_id", *(text.split()[0] for text in columns)]
    told = [n if n in before else THEN.get(name, {}).get(n, "NULL") for n in names]
    op.execute(
        f"INSERT INTO {place}{table} ({', '.join(names)}) SELECT {', '.join(told)} FROM {place}{table}_before"
    )
    op.drop_table(f"{table}_before", schema=schema)


def _column(text: str) -> sa.Column:
    name, kind, *rest = text.split()
    return sa.Column(name, TYPES[kind], nullable=rest == ["null"], autoincrement=False)
