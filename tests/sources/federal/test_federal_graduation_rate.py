"""EDFacts graduation rate: every rate cell of three years is accounted for; a state's rows are its own."""

from __future__ import annotations

import csv
import re
from collections import Counter
from pathlib import Path

import pytest
from federal_reading import assert_all_rows_accounted_for, query, run_mapping

YEARS = {
    2012: ("Edfacts 2012.csv", "1112"),
    2013: ("EdFacts 2013.csv", "1213"),
    2014: ("EdFacts 2014.csv", "1314"),
}
GROUPS = {
    "ALL": "all",
    "MAM": "american_indian_or_alaska_native",
    "MAS": "asian_or_pacific_islander",
    "MBL": "black_or_african_american",
    "MHI": "hispanic_or_latino",
    "MTR": "two_or_more_races",
    "MWH": "white",
    "CWD": "children_with_disabilities",
    "ECD": "economically_disadvantaged",
    "LEP": "english_learner",
}


def classify(cell: str) -> tuple[str, int | None, int | None, int | None]:
    """Kind, exact, low and high of a rate cell, by rules written apart from the product's."""
    if cell in ("", "."):
        return "not_reported", None, None, None
    if cell == "PS":
        return "suppressed", None, None, None
    if re.fullmatch(r"\d{1,3}", cell):
        return "exact", int(cell), None, None
    if found := re.fullmatch(r"(\d{1,2})-(\d{1,2})", cell):
        return "ranged", None, int(found[1]), int(found[2])
    if found := re.fullmatch(r"G[ET](\d{1,2})", cell):
        return "ranged", None, int(found[1]), 100
    if found := re.fullmatch(r"L[ET](\d{1,2})", cell):
        return "ranged", None, 0, int(found[1])
    raise AssertionError(f"a rate cell nobody has described: {cell!r}")


def raw_rows(shared_data: Path, year: int) -> list[dict[str, str]]:
    with (shared_data / "edfacts_acgr" / YEARS[year][0]).open(newline="", encoding="ascii") as handle:
        return list(csv.DictReader(handle))


@pytest.mark.parametrize("year", YEARS)
def test_every_rate_cell_of_every_state_is_exact_ranged_suppressed_or_not_reported(
    declared, shared_data, year
):
    rows = raw_rows(shared_data, year)
    expected = Counter(
        (row["FIPST"], GROUPS[group], classify(row[f"{group}_RATE_{YEARS[year][1]}"])[0])
        for row in rows
        for group in GROUPS
    )
    table = declared("california", "edfacts_graduation_rate", year).tables["graduation_rate"].table
    counted = query(
        table, "SELECT state_ansi_code, student_group, rate_kind, count(*) FROM rows GROUP BY ALL"
    )
    assert {tuple(key): n for *key, n in counted} == dict(expected)
    assert sum(expected.values()) == 10 * len(rows)


@pytest.mark.parametrize("year", YEARS)
def test_every_cell_keeps_its_figure_its_bounds_and_its_line(declared, shared_data, year):
    table = declared("california", "edfacts_graduation_rate", year).tables["graduation_rate"].table
    got = {
        (school, group): (line, cohort, kind, rate, low, high)
        for school, group, line, cohort, kind, rate, low, high in query(
            table,
            "SELECT school_id_nces, student_group, source_line, cohort, rate_kind, rate, rate_low, rate_high "
            "FROM rows",
        )
    }
    rows = raw_rows(shared_data, year)
    assert len(got) == 10 * len(rows)
    for line, row in enumerate(rows, start=2):
        for group, member in GROUPS.items():
            kind, exact, low, high = classify(row[f"{group}_RATE_{YEARS[year][1]}"])
            cohort = row[f"{group}_COHORT_{YEARS[year][1]}"]
            found = got[row["NCESSCH"], member]
            assert found[:4] == (line, int(cohort) if cohort.isdigit() else None, kind, exact)
            if kind == "ranged":
                assert found[4:] == (low, high)
            elif kind != "exact":
                assert found[4:] == (None, None)


@pytest.mark.parametrize("year", YEARS)
def test_rows_in_are_rows_out_and_rows_quarantined(declared, shared_data, year):
    reading = declared("california", "edfacts_graduation_rate", year)
    assert_all_rows_accounted_for(reading)
    assert reading.tables["graduation_rate"].rows_in == 10 * len(raw_rows(shared_data, year))


@pytest.mark.parametrize("year", YEARS)
def test_californias_cohorts_are_the_rows_of_its_schools_and_no_graduates_are_made_up(
    declared, shared_data, year
):
    rows = [row for row in raw_rows(shared_data, year) if row["FIPST"] == "06"]
    mapped = run_mapping(declared("california", "edfacts_graduation_rate", year), "graduation_cohorts")
    assert mapped.num_rows == 10 * len(rows)
    [(cohorts, graduates, additive, shapes)] = query(
        mapped,
        "SELECT sum(cohort_students), count(graduates), bool_and(is_additive), "
        "count(*) FILTER ((rate_percent IS NOT NULL)::INT + (rate_percent_low IS NOT NULL)::INT "
        "+ (suppression IS NOT NULL)::INT <> 1) FROM rows",
    )
    cells = [row[f"{group}_COHORT_{YEARS[year][1]}"] for row in rows for group in GROUPS]
    assert cohorts == sum(int(cell) for cell in cells if cell.isdigit())
    assert graduates == 0
    assert additive is True
    assert shapes == 0, "a row is exactly one of exact, ranged, and hidden or absent"


@pytest.mark.parametrize("year", YEARS)
def test_a_rate_without_its_cohort_is_kept_and_only_california_prints_such(declared, shared_data, year):
    suffix = YEARS[year][1]
    expected = Counter(
        row["FIPST"]
        for row in raw_rows(shared_data, year)
        for group in GROUPS
        if row[f"{group}_COHORT_{suffix}"] == "." and row[f"{group}_RATE_{suffix}"] != "."
    )
    table = declared("california", "edfacts_graduation_rate", year).tables["graduation_rate"].table
    found = query(
        table,
        "SELECT state_ansi_code, count(*) FROM rows "
        "WHERE cohort IS NULL AND rate_kind <> 'not_reported' GROUP BY ALL",
    )
    assert dict(found) == dict(expected)
    assert set(expected) == {"06"}


def test_names_of_schools_and_districts_come_once_each(declared, shared_data):
    rows = [row for row in raw_rows(shared_data, 2013) if row["FIPST"] == "23"]
    mapped = run_mapping(
        declared("maine", "edfacts_graduation_rate", 2013), "organizations", state=("23", "ME", "Maine")
    )
    ids = mapped["organization_id"].to_pylist()
    assert len(ids) == len(set(ids))
    assert set(ids) == {row["NCESSCH"] for row in rows} | {row["LEAID"] for row in rows}
    assert set(mapped["is_in_directory"].to_pylist()) == {False}
    names = dict(zip(ids, mapped["organization_name"].to_pylist(), strict=True))
    assert all(names[row["NCESSCH"]] == row["SCHNAM"] and names[row["LEAID"]] == row["LEANM"] for row in rows)
