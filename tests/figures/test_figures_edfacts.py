"""EDFacts graduation rates: every rate cell of three national files, in the lake and in the release."""

from __future__ import annotations

from collections import Counter

import duckdb
import pytest
from acgr_cells import FILES, GROUPS, classify, rows

STATES = {"connecticut": "09", "maine": "23"}


@pytest.mark.parametrize("year", FILES)
def test_every_rate_cell_of_the_nation_is_accounted_for_by_kind(connecticut, shared_data, year):
    wanted = Counter(
        (row["FIPST"], GROUPS[short], classify(row[f"{short}_RATE"]).kind)
        for row in rows(shared_data, year)
        for short in GROUPS
    )
    file = connecticut.lake_file("raw", "edfacts_graduation_rate", year, "graduation_rate")
    found = duckdb.sql(
        f"SELECT state_ansi_code, student_group, rate_kind, count(*) FROM '{file}' GROUP BY ALL"
    ).fetchall()
    assert {tuple(key): number for *key, number in found} == dict(wanted)
    assert sum(wanted.values()) > 200_000
    assert {kind for _, _, kind in wanted} == {"exact", "ranged", "suppressed", "not_reported"}


@pytest.mark.parametrize("year", FILES)
def test_every_cell_has_its_figure_or_its_bounds_and_never_both(connecticut, shared_data, year):
    file = connecticut.lake_file("raw", "edfacts_graduation_rate", year, "graduation_rate")
    found = {
        (school, group): figures
        for school, group, *figures in duckdb.sql(
            "SELECT school_id_nces, student_group, rate_kind, CAST(rate AS INT), "
            "CASE WHEN rate_kind = 'ranged' THEN CAST(rate_low AS INT) END, "
            f"CASE WHEN rate_kind = 'ranged' THEN CAST(rate_high AS INT) END FROM '{file}'"
        ).fetchall()
    }
    wrong = []
    for row in rows(shared_data, year):
        for short, group in GROUPS.items():
            cell = classify(row[f"{short}_RATE"])
            if found.pop((row["NCESSCH"], group), None) != [cell.kind, cell.exact, cell.low, cell.high]:
                wrong.append((row["NCESSCH"], group))
    assert wrong[:3] == []
    assert not found


@pytest.mark.parametrize("agency", STATES)
def test_every_cell_of_the_states_schools_is_published_as_what_it_is(request, shared_data, agency):
    release = request.getfixturevalue(agency)
    found = {
        tuple(key): tuple(figures)
        for *key, value, low, high, suppression, reason in release.select(
            "SELECT school_year, organization_id, student_group, value, value_low, value_high, suppression, "
            "null_reason FROM current_measure_value WHERE measure_id = 'graduation_rate_4yr' "
            "AND organization_type = 'SCHOOL'"
        )
        for figures in [(value, low, high, suppression, reason)]
    }
    wanted = {}
    for year in FILES:
        for row in rows(shared_data, year):
            if row["FIPST"] == STATES[agency]:
                for short, group in GROUPS.items():
                    cell = classify(row[f"{short}_RATE"])
                    wanted[year, row["NCESSCH"], group] = {
                        "exact": (cell.exact, None, None, None, None),
                        "ranged": (None, cell.low, cell.high, None, "ranged"),
                        "suppressed": (None, None, None, "suppressed_at_source", "suppressed"),
                        "not_reported": (None, None, None, "not_reported", "suppressed"),
                    }[cell.kind]
    assert found.keys() == wanted.keys()
    assert [key for key in wanted if found[key] != wanted[key]][:3] == []
