"""Connecticut's graduation rate: what the state publishes stands; a sum of school rows is only a bound."""

from __future__ import annotations

import csv
from collections import defaultdict

import duckdb
import pytest
from acgr_cells import GROUPS, Cell, classify, rows

from assets.core_inputs import settings_row
from assets.engine import TableName, connect, view_files, view_settings
from assets.measure_sql import measures_sql
from assets.measures import measured_tables

COHORT, GRADUATES = 43_050, 37_466
JUDGED = {"MET", "ON_TRACK", "AT_RISK", "OFF_TRACK"}


def bounds(cells: list[tuple[int, Cell]]) -> tuple[float, float, int]:
    """Low and high percent and the cohort of schools together, from their cells."""
    cohort = sum(n for n, _ in cells)
    low = sum(cell.graduates(n)[0] for n, cell in cells)
    high = sum(cell.graduates(n)[1] for n, cell in cells)
    return 100 * low / cohort, 100 * high / cohort, cohort


@pytest.fixture(scope="module")
def school_cells(shared_data):
    """Cohort and rate cell of each Connecticut school of 2013-14, by LEA (or the state) and group."""
    found = defaultdict(list)
    for row in rows(shared_data, 2014):
        if row["FIPST"] == "09":
            for short, group in GROUPS.items():
                if row[f"{short}_COHORT"].isdigit():
                    cell = int(row[f"{short}_COHORT"]), classify(row[f"{short}_RATE"])
                    found["CT", group].append(cell)
                    found[row["LEAID"], group].append(cell)
    return found


@pytest.fixture(scope="module")
def without_edsight(connecticut, tmp_path_factory):
    """The product's measure SQL over the same core tables without EdSight's graduation rows."""
    home = connecticut.home
    sql = measures_sql(
        home.contracts["graduation_cohorts"],
        measured_tables(home)["graduation_cohorts"],
        home.agency.settings.thresholds.confidence_percent,
    )
    cohorts = connecticut.lake_file("core", "graduation_cohorts", 2014)
    with connect(tmp_path_factory.mktemp("temporary")) as connection:
        view_settings(connection, settings_row(home, 2014))
        organizations = TableName("core", "organizations")
        view_files(connection, organizations, [connecticut.lake_file("core", "organizations", 2014)])
        connection.execute(
            f"CREATE VIEW core.graduation_cohorts AS SELECT * FROM '{cohorts}' "
            "WHERE source_id = 'edfacts_graduation_rate'"
        )
        found = connection.execute(
            "SELECT organization_id, student_group, value, value_low, value_high, n, basis, "
            f"is_partial_coverage FROM ({sql}) WHERE organization_type <> 'SCHOOL'"
        ).fetchall()
    return {(org, group): figures for org, group, *figures in found}


def test_the_states_own_rate_is_the_states_figure(connecticut, shared_data):
    folder = shared_data / "ct_edsight" / "four-year-graduation-rates-district"
    file = folder / "four-year-graduation-rates__2013-14_all-students_grad_ct.csv"
    with file.open(newline="", encoding="ascii") as handle:
        *_, printed = [row for row in csv.reader(handle) if row]
    assert printed == ["State of Connecticut", str(COHORT), str(GRADUATES), "87.0"]
    found = connecticut.select(
        "SELECT basis, numerator, denominator, value, is_partial_coverage FROM current_measure_value "
        "WHERE measure_id = 'graduation_rate_4yr' AND organization_id = 'CT' AND student_group = 'all' "
        "AND school_year = 2014"
    )
    assert found == [("published", GRADUATES, COHORT, 100 * GRADUATES / COHORT, 0)]
    assert round(found[0][3], 1) == 87.0


def test_the_bound_of_the_public_school_file_does_not_hold_the_true_rate(school_cells):
    low, high, cohort = bounds(school_cells["CT", "all"])
    assert not low <= 100 * GRADUATES / COHORT <= high
    assert cohort < COHORT, "the file leaves students out, which is why"


def test_without_the_states_row_the_measure_gives_that_bound_marked_partial(without_edsight, school_cells):
    value, low, high, n, basis, is_partial = without_edsight["CT", "all"]
    wanted = bounds(school_cells["CT", "all"])
    assert (low, high, n) == (pytest.approx(wanted[0]), pytest.approx(wanted[1]), wanted[2])
    assert (value, basis, is_partial) == (None, "sum_of_schools", True)
    assert not low <= 100 * GRADUATES / COHORT <= high


def test_every_bound_of_an_lea_and_group_is_that_of_its_schools(without_edsight, school_cells):
    compared = 0
    for key, (value, low, high, _, basis, is_partial) in without_edsight.items():
        cells = school_cells.get(key, [])
        if sum(n for n, _ in cells):
            wanted = bounds(cells)
            assert (low, high) == (pytest.approx(wanted[0]), pytest.approx(wanted[1])), key
            compared += 1
        else:
            assert (low, high) == (None, None), key
        assert (value, basis, is_partial) == (None, "sum_of_schools", True), key
    assert compared > 500


def test_no_roll_up_stands_beside_or_instead_of_a_published_row(connecticut):
    """Of one organization, year and group there is one figure, whatever the view."""
    for table in ("current_measure_value", "public_current_measure_value"):
        doubled = connecticut.select(
            f"SELECT organization_id, school_year, student_group FROM {table} "
            "WHERE measure_id = 'graduation_rate_4yr' AND organization_type <> 'SCHOOL' "
            "GROUP BY 1, 2, 3 HAVING count(*) > 1 AND max(basis = 'published') = 1"
        )
        assert doubled == []
    cohorts = connecticut.lake_file("core", "graduation_cohorts", 2014)
    published = duckdb.sql(
        f"SELECT organization_id, student_group FROM '{cohorts}' WHERE source_id = 'ct_edsight_graduation'"
    ).fetchall()
    kept = connecticut.select(
        "SELECT organization_id, student_group FROM current_measure_value "
        "WHERE measure_id = 'graduation_rate_4yr' AND school_year = 2014 AND basis = 'published' "
        "AND organization_type <> 'SCHOOL'"
    )
    assert sorted(kept) == sorted(published)
    assert len(published) > 2_000


def test_every_roll_up_of_graduation_is_partial_and_judged_nowhere(connecticut):
    whole = connecticut.select(
        "SELECT count(*) FROM current_measure_value WHERE measure_id = 'graduation_rate_4yr' "
        "AND basis <> 'published' AND NOT is_partial_coverage"
    )
    assert whole == [(0,)]
    statuses = connecticut.select(
        "SELECT DISTINCT s.status FROM current_measure_status AS s JOIN current_measure_value AS v "
        "ON v.measure_id = s.measure_id AND v.organization_id = s.organization_id "
        "AND v.organization_view = s.organization_view AND v.school_year = s.school_year "
        "AND v.student_group = s.student_group AND v.grade = s.grade "
        "WHERE v.measure_id = 'graduation_rate_4yr' AND v.is_partial_coverage"
    )
    assert not JUDGED & {status for (status,) in statuses}


def test_what_is_published_only_as_a_percentage_has_no_counts_no_roll_up_and_no_interval(connecticut):
    rows = connecticut.select(
        "SELECT count(*), count(value), count(numerator), count(denominator), count(interval_low), "
        "count(interval_high), sum(basis <> 'published') FROM current_measure_value "
        "WHERE measure_id = 'chronic_absence_rate'"
    )
    number, shown, *nothing = rows[0]
    assert number > shown > 10_000
    assert nothing == [0, 0, 0, 0, 0]


def test_the_states_absence_rates_are_the_printed_ones(connecticut, shared_data):
    for year, printed_year in ((2012, "2011-12"), (2016, "2015-16")):
        folder = shared_data / "ct_edsight" / "chronic-absenteeism-district"
        with (folder / f"chronic-absenteeism__{printed_year}_all-students_ct.csv").open(
            newline="", encoding="ascii"
        ) as handle:
            *_, (_, printed) = [row for row in csv.reader(handle) if row]
        found = connecticut.select(
            "SELECT value FROM current_measure_value WHERE measure_id = 'chronic_absence_rate' "
            "AND organization_id = 'CT' AND student_group = 'all' AND grade = 'all' AND school_year = ?",
            year,
        )
        assert found == [(float(printed),)]
