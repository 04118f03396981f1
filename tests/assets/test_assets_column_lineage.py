"""Which columns a column is computed from, read from the SQL."""

from __future__ import annotations

from pathlib import Path

import pytest

from assets.column_lineage import ColumnOrigin, core_lineage, measure_lineage, origins_of
from assets.core_table import core_tables
from assets.dagster_lineage import lineage_metadata
from assets.home import Home, open_home
from tests.refreshed import environment


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    root = tmp_path_factory.mktemp("lineage")
    return open_home(environment("franklin", root / "home", root))


def test_a_column_goes_through_the_mappings_to_the_columns_of_the_sources(home: Home):
    lineage = core_lineage(home, core_tables(home)["reimbursement_requests"])
    source = "raw.state_grants_management"
    assert ColumnOrigin(f"{source}__requests", "amount_cents") in lineage["amount_usd"]
    assert ColumnOrigin(f"{source}__payments", "paid_on") in lineage["paid_on"]
    assert not any(origin.table.startswith("mapped.") for found in lineage.values() for origin in found)


def test_a_union_by_name_matches_columns_by_name(home: Home):
    # Its own rows come first and lack two columns; a union by position would mix them up.
    lineage = core_lineage(home, core_tables(home)["chronic_absence"])
    assert (
        ColumnOrigin("raw.edfacts_fs195_chronic_absence__submission", "student_count")
        in (lineage["chronically_absent_students"])
    )
    assert all("snapshot" in origin.column for origin in lineage["snapshot_sha256"])


def test_a_column_is_traced_through_other_core_tables_to_settings_and_sources(home: Home):
    origins = origins_of(home, "chronic_absence", "chronically_absent_students")
    assert ColumnOrigin("agency.settings", "chronic_absence_percent") in origins
    assert ColumnOrigin("raw.sis_attendance__attendance", "attendance_status") in origins
    assert not any(origin.table.startswith("core.") for origin in origins)


@pytest.mark.parametrize("agency", ["franklin", "california", "connecticut", "maine", "wisconsin"])
def test_every_core_table_of_an_agency_tells_what_its_key_is_computed_from(agency: str, tmp_path: Path):
    home = open_home(environment(agency, tmp_path / "home", tmp_path))
    for name, table in core_tables(home).items():
        lineage = core_lineage(home, table)
        assert set(lineage) == {f.name for f in table.contract.fields}
        assert any(lineage[column] for column in table.contract.key), name


def test_figures_come_from_the_columns_of_their_formulas(home: Home):
    measure = home.agency.measures["graduation_rate_4yr"]
    lineage = measure_lineage(home.contracts["graduation_cohorts"], [measure])
    assert lineage["numerator"] == {
        ColumnOrigin("core.graduation_cohorts", name) for name in ("graduates", "cohort_length")
    }
    assert lineage["student_group"] == {ColumnOrigin("core.graduation_cohorts", "student_group")}


def test_dagster_is_told_of_assets_and_columns_and_of_nothing_else(home: Home):
    columns = core_lineage(home, core_tables(home)["chronic_absence"])
    told = lineage_metadata(columns)["dagster/column_lineage"].deps_by_column
    keys = {tuple(dep.asset_key.path) for deps in told.values() for dep in deps}
    assert ("raw", "sis_attendance") in keys or ("core", "student_attendance") in keys
    assert {key[0] for key in keys} == {"raw", "core"}
