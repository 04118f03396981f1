"""California's chronic absence of 2020-21: the release against a recount of the file by plain pandas.

Schools join the NCES directory on the state's 7-digit school code. Nothing here uses the product's readers.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from compared import Figure, assert_equal, released
from refreshed import Refreshed

# The file's own abbreviations: CE, EE, C and R before each are enrolled, eligible, chronically absent, rate.
GROUPS = {
    "ALL": "all",
    "GF": "female",
    "GM": "male",
    "AI": "american_indian_or_alaska_native",
    "AS": "asian",
    "AA": "black_or_african_american",
    "FI": "filipino",
    "HI": "hispanic_or_latino",
    "PI": "native_hawaiian_or_other_pacific_islander",
    "MR": "two_or_more_races",
    "WH": "white",
    "EL": "english_learner",
    "FY": "foster",
    "HOM": "homeless",
    "SED": "economically_disadvantaged",
    "MIG": "migrant",
    "SWD": "children_with_disabilities",
}
SCHOOLS, DISTRICTS, UNMATCHED, MISSED_BY_THE_WHOLE_CODE, NOBODY_ELIGIBLE = 10_402, 1_025, 404, 1_377, 467
FIGURE = "organization_id, student_group, numerator, denominator"


@pytest.fixture(scope="module")
def directory(shared_data: Path) -> pd.DataFrame:
    schools = pd.read_csv(shared_data / "nces_school_search" / "california_public_schools.csv", dtype=str)
    schools["school_code"] = schools["State School ID"].str.rsplit("-", n=1).str[1]
    assert schools["school_code"].is_unique
    return schools


@pytest.fixture(scope="module")
def schools(shared_data: Path, directory: pd.DataFrame) -> pd.DataFrame:
    """One row a school of the file, with its id, both its LEAs, and 34 counts."""
    file = pd.read_csv(shared_data / "ca_cde" / "chronic.txt", dtype=str)
    districts = pd.read_csv(shared_data / "nces_school_search" / "california_districts.csv", dtype=str)
    lea_of_code = dict(zip(districts["State District ID"], districts["NCES District ID"], strict=True))
    joined = file.merge(directory, how="left", left_on="S", right_on="school_code", validate="1:1")
    joined["organization_id"] = joined["NCES School ID"].fillna("CA-" + joined["CDSCode"])
    code = "CA-" + joined["C"] + joined["D"]
    joined["authorizer"] = code.map(lea_of_code).fillna(code)
    joined["reporting_lea"] = joined["NCES District ID"]
    return joined


@pytest.fixture(scope="module")
def counts(schools: pd.DataFrame) -> pd.DataFrame:
    """One row a school and group."""
    parts = [
        pd.DataFrame(
            {
                "organization_id": schools["organization_id"],
                "authorizer": schools["authorizer"],
                "reporting_lea": schools["reporting_lea"],
                "student_group": group,
                "numerator": schools[f"C{short}"].astype(int),
                "denominator": schools[f"EE{short}"].astype(int),
            }
        )
        for short, group in GROUPS.items()
    ]
    return pd.concat(parts, ignore_index=True)


def published(california: Refreshed, where: str) -> list[tuple[object, ...]]:
    return california.select(
        f"SELECT {FIGURE}, value, null_reason, basis FROM current_measure_value "
        f"WHERE measure_id = 'chronic_absence_rate' AND school_year = 2021 AND {where}"
    )


def expected(counts: pd.DataFrame, by: str, basis: str) -> set[tuple[object, ...]]:
    sums = counts.groupby([by, "student_group"])[["numerator", "denominator"]].sum().reset_index()
    return {
        (org, group, n, d, 100 * n / d if d else None, None if d else "denominator_is_zero", basis)
        for org, group, n, d in sums.itertuples(index=False)
    }


def assert_same(found: list[tuple[object, ...]], wanted: set[tuple[object, ...]]) -> None:
    assert len(found) == len(set(found)) == len(wanted)
    assert (sorted(wanted - set(found), key=str)[:3], sorted(set(found) - wanted, key=str)[:3]) == ([], [])


def test_the_refresh_failed_nowhere(california):
    assert not california.report.failed


def test_every_school_has_the_files_counts_for_all_17_groups(california, counts):
    found = published(california, "organization_type = 'SCHOOL'")
    assert len(found) == SCHOOLS * 17
    assert_same(found, expected(counts, "organization_id", "published"))


def test_every_authorizing_district_is_the_sum_of_its_schools(california, counts):
    found = published(california, "organization_view = 'authorizer'")
    assert len({row[0] for row in found}) == DISTRICTS
    assert_same(found, expected(counts, "authorizer", "sum_of_schools"))


def test_every_reporting_lea_is_the_sum_of_its_schools(california, counts):
    matched = counts.dropna(subset="reporting_lea")
    assert_same(
        published(california, "organization_view = 'reporting_lea'"),
        expected(matched, "reporting_lea", "sum_of_schools"),
    )


def test_the_state_is_the_sum_of_schools_and_is_labelled_so(california, counts):
    whole = counts.assign(state="CA")
    assert_same(
        published(california, "organization_type = 'SEA'"), expected(whole, "state", "sum_of_schools")
    )


def test_every_gap_is_the_rate_of_the_group_less_that_of_all_students(california, counts):
    wanted = {}
    for by, view in (("authorizer", "authorizer"), ("reporting_lea", "reporting_lea"), ("state", "none")):
        sums = counts.assign(state="CA").groupby([by, "student_group"])[["numerator", "denominator"]].sum()
        for organization in sums.index.get_level_values(0).unique():
            of_groups = {g: tuple(row) for g, row in zip(*_rows(sums.loc[organization]), strict=True)}
            everybody = of_groups.pop("all")
            for group, own in of_groups.items():
                rates = [100 * a / b if b else None for a, b in (own, everybody)]
                value = None if None in rates else rates[0] - rates[1]
                wanted[organization, view, group] = Figure(value=value, n=own[1])
    found = released(california, "chronic_absence_gap", "organization_id, organization_view, student_group")
    assert_equal(found, wanted, 40_000)


def _rows(sums: pd.DataFrame) -> tuple[list[str], list[list[int]]]:
    return list(sums.index), sums.to_numpy().tolist()


def test_a_figure_of_an_lea_always_names_its_view(california):
    views = california.select(
        "SELECT organization_type, organization_view, count(*) FROM current_measure_value "
        "WHERE measure_id = 'chronic_absence_rate' GROUP BY 1, 2"
    )
    assert {(kind, view) for kind, view, _ in views} == {
        ("SCHOOL", "none"),
        ("LEA", "authorizer"),
        ("LEA", "reporting_lea"),
        ("SEA", "none"),
    }


def test_charter_schools_stand_under_different_leas_in_the_two_views(california, schools):
    matched = schools.dropna(subset="reporting_lea")
    differing = matched[matched["authorizer"] != matched["reporting_lea"]]
    found = dict(
        california.select(
            "SELECT organization_id, reporting_lea_id FROM current_organization WHERE school_year = 2021 "
            "AND organization_type = 'SCHOOL' AND authorizer_lea_id <> reporting_lea_id"
        )
    )
    in_file = {school: lea for school, lea in found.items() if school in set(schools["organization_id"])}
    assert in_file == dict(zip(differing["organization_id"], differing["reporting_lea"], strict=True))
    assert len(differing) > 900


def test_schools_where_nobody_is_eligible_have_no_rate_and_say_why(california, schools):
    nobody = set(schools.loc[schools["EEALL"].astype(int) == 0, "organization_id"])
    printed = set(schools.loc[schools["EEALL"].astype(int) == 0, "RALL"])
    assert len(nobody) == NOBODY_ELIGIBLE
    assert printed == {"0.0"}, "the file prints a rate for them, or this would prove nothing"
    rows = published(california, "organization_type = 'SCHOOL' AND student_group = 'all' AND denominator = 0")
    assert {row[0] for row in rows} == nobody
    assert {row[4:6] for row in rows} == {(None, "denominator_is_zero")}


def test_unmatched_schools_are_published_with_all_their_students(california, schools):
    unmatched = schools[schools["NCES School ID"].isna()]
    assert len(unmatched) == UNMATCHED
    students = unmatched["EEALL"].astype(int)
    assert students.sum() > 0
    found = {
        row[0]: row[3]
        for row in published(california, "student_group = 'all' AND organization_id LIKE 'CA-______________'")
    }
    assert found == dict(zip("CA-" + unmatched["CDSCode"], students, strict=True))


def test_the_whole_code_would_miss_more_schools_than_the_school_code(schools, directory):
    whole = "CA-" + schools["C"] + schools["D"] + "-" + schools["S"]
    assert (~whole.isin(directory["State School ID"])).sum() == MISSED_BY_THE_WHOLE_CODE


def test_unmatched_schools_are_listed_as_outside_the_directory(california, schools):
    rows = dict(
        california.select(
            "SELECT organization_id, is_in_directory FROM current_organization "
            "WHERE school_year = 2021 AND organization_type = 'SCHOOL'"
        )
    )
    flags = {org: bool(rows[org]) for org in schools["organization_id"]}
    assert {org for org, is_in in flags.items() if not is_in} == set(
        "CA-" + schools.loc[schools["NCES School ID"].isna(), "CDSCode"]
    )


def test_no_student_is_lost_between_file_schools_districts_and_state(california, counts):
    total = int(counts.loc[counts["student_group"] == "all", "denominator"].sum())
    sums = dict(
        california.select(
            "SELECT organization_type || ' ' || organization_view, sum(denominator) "
            "FROM current_measure_value WHERE measure_id = 'chronic_absence_rate' AND student_group = 'all' "
            "GROUP BY 1"
        )
    )
    unmatched = int(
        counts[(counts["student_group"] == "all") & counts["reporting_lea"].isna()]["denominator"].sum()
    )
    assert sums == {
        "SCHOOL none": total,
        "LEA authorizer": total,
        "LEA reporting_lea": total - unmatched,
        "SEA none": total,
    }


def test_the_year_of_the_pandemic_is_a_baseline_and_judged_nowhere(california):
    statuses = california.select(
        "SELECT DISTINCT status FROM current_measure_status WHERE measure_id = 'chronic_absence_rate' "
        "AND school_year = 2021"
    )
    assert ("BASELINE_ONLY",) in statuses
    assert not {"MET", "ON_TRACK", "AT_RISK", "OFF_TRACK"} & {status for (status,) in statuses}
