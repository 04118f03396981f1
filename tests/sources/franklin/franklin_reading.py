"""Franklin's sources read and mapped as a refresh would, for the tests beside it.

Put here: reading the releases agencies/franklin declares from a small generated Franklin, and its mappings.
Not here: what the figures should be; that is the simulator's truth.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pandas as pd

from assets.plan_views import view_plan
from sources.acquire import acquire
from sources.read import ReadResult, read
from sources.registry import discover
from sources.snapshot import SnapshotStore
from warehouse.model.agency import Agency, load_agency
from warehouse.model.contract import load_contracts

YEAR = 2025
TODAY = date(2026, 7, 1)
# In the order in which a mapping may read the core table of another.
MAPPINGS = (
    (
        "organizations",
        (
            "nces_school_directory",
            "sis_attendance",
            "edfacts_fs029_directory",
            "state_grants_management",
            "cclc_21apr",
        ),
    ),
    ("student_attendance", ("sis_attendance",)),
    ("chronic_absence", ("edfacts_fs195_chronic_absence",)),
    ("graduation_cohorts", ("edfacts_fs151_graduation_cohorts",)),
    (
        "assessment_results",
        (
            "edfacts_fs175_mathematics_achievement",
            "edfacts_fs178_rla_achievement",
            "edfacts_fs179_science_achievement",
            "edfacts_fs185_mathematics_participation",
            "edfacts_fs188_rla_participation",
            "edfacts_fs189_science_participation",
        ),
    ),
    ("chronic_absence_months", ("sis_attendance",)),
    ("accountability_results", ("assessment_vendor_results",)),
    ("student_growth", ("state_growth_results",)),
    (
        "el_progress",
        (
            "state_elp_progress",
            "edfacts_fs141_english_learners",
            "edfacts_fs210_el_proficient_in_five_years",
        ),
    ),
    ("reimbursement_requests", ("state_grants_management",)),
    ("enrollment", ("edfacts_fs052_membership",)),
    ("educator_quality", ("edfacts_fs203_teachers", "edfacts_fs103_poverty_quartile")),
    (
        "school_identifications",
        ("edfacts_fs206_school_support", "edfacts_fs212_support_reasons", "edfacts_fs129_ccd_school"),
    ),
    (
        "program_participation",
        (
            "edfacts_fs009_idea_exiting",
            "edfacts_fs037_title_i_participation",
            "state_migrant_services",
            "state_idea_evaluations",
            "cclc_21apr",
            "perkins_car",
        ),
    ),
    ("school_expenditures", ("state_school_expenditures",)),
)
OWN_SOURCES = tuple(sorted({source for _, sources in MAPPINGS for source in sources}))


def franklin(project: Path) -> Agency:
    return load_agency(project / "agencies" / "franklin")


def read_source(agency: Agency, source_id: str, data: Path, home: Path) -> dict[str, ReadResult]:
    """Every table of a source for the year; raises what the fetch or the read refuses."""
    source, release = discover()[source_id], agency.sources[source_id].for_year(YEAR)
    assert release is not None
    store = SnapshotStore(home / "snapshots")
    fetched = acquire(source, release, YEAR, store=store, data_root=data, today=TODAY)
    if fetched.error is not None:
        raise fetched.error
    return read(source, fetched, release)


def map_all(
    agency: Agency, readings: dict[str, dict[str, ReadResult]], project: Path
) -> duckdb.DuckDBPyConnection:
    """A database with `core.<table>` filled from the mappings by the table's own SQL."""
    connection = duckdb.connect()
    for schema in ("raw", "core", "mapped", "agency", "previous_year"):
        connection.execute(f"CREATE SCHEMA {schema}")
    # There is one year here: nothing is known of the year before.
    connection.execute(
        f"CREATE VIEW previous_year.school_identifications AS {_nothing('school_identifications')}"
    )
    _view_settings(connection, agency)
    view_plan(connection, agency)
    for source_id, tables in readings.items():
        for name, result in tables.items():
            connection.register(f"{source_id}__{name}", result.table)
            connection.execute(f"CREATE TABLE raw.{source_id}__{name} AS SELECT * FROM {source_id}__{name}")
    for core_table, source_ids in MAPPINGS:
        parts = [f"({_sql(source_id, core_table)})" for source_id in source_ids]
        union = " UNION ALL BY NAME ".join([f"({_nothing(core_table)})", *parts])
        connection.execute(f"CREATE TABLE mapped.{core_table} AS {union}")
        own = (project / "assets" / "core" / f"{core_table}.sql").read_text(encoding="utf-8")
        connection.execute(f"CREATE TABLE core.{core_table} AS {own}")
    return connection


def _sql(source_id: str, core_table: str) -> str:
    return discover()[source_id].core_mappings[core_table].read_text(encoding="utf-8")


def _nothing(core_table: str) -> str:
    """No rows, with all columns of the contract: what a mapping leaves out is null."""
    types = {"text_list": "VARCHAR[]", "text": "VARCHAR", "boolean": "BOOLEAN", "date": "DATE",
             "money": "DECIMAL(18,2)", "decimal": "DECIMAL(18,2)", "percent": "DECIMAL(9,4)"}  # fmt: skip
    fields = load_contracts()[core_table].fields
    columns = [f"CAST(NULL AS {types.get(f.type, f.type)}) AS {f.name}" for f in fields]
    return f"SELECT {', '.join(columns)}, CAST(NULL AS SMALLINT) AS precedence WHERE false"


def _view_settings(connection: duckdb.DuckDBPyConnection, agency: Agency) -> None:
    s, t = agency.settings, agency.settings.thresholds
    connection.execute(
        "CREATE TABLE agency.settings AS SELECT ? AS agency_id, ? AS state_ansi_code,"
        " ? AS state_abbreviation_code,"
        " ? AS state_name, CAST(? AS SMALLINT) AS school_year,"
        " CAST(? AS DECIMAL(5,2)) AS chronic_absence_percent,"
        " CAST(? AS INTEGER) AS minimum_days_enrolled, CAST(? AS INTEGER) AS full_academic_year_days,"
        " CAST(? AS DECIMAL(5,2)) AS participation_floor_percent, CAST(? AS INTEGER) AS reimbursement_days,"
        " CAST(? AS DATE) AS as_of",
        [
            *(s.agency_id, s.state_ansi_code, s.state_abbreviation_code, s.state_name, YEAR),
            *(t.chronic_absence_percent, t.minimum_days_enrolled, t.full_academic_year_days),
            *(t.participation_floor_percent, t.reimbursement_days, s.as_of),
        ],
    )


def figures(
    frame: pd.DataFrame, keys: list[str], numerator: str, denominator: str
) -> dict[tuple[str, ...], tuple[int, int]]:
    """Counts by key, as plain numbers."""
    assert not frame.duplicated(keys).any()
    counts = zip(frame[numerator].astype(int), frame[denominator].astype(int), strict=True)
    return dict(zip(frame[keys].itertuples(index=False, name=None), counts, strict=True))
