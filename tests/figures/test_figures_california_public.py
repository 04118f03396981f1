"""California's other public figures: tests of 2021, cohorts of 2014, poverty, finance, by csv and pandas."""

from __future__ import annotations

from collections import defaultdict

import pandas as pd
import pytest
from acgr_cells import GROUPS as ACGR_GROUPS
from acgr_cells import bound, classify, rows
from compared import Figure, assert_equal, ratio, released
from edsight_cells import finance, poverty

# Headers of the test file: ETE, ENT and EM before a group are enrolled, tested and the percentage that met.
GROUPS = {
    "S": "all",
    "M": "male",
    "F": "female",
    "AI": "american_indian_or_alaska_native",
    "AS": "asian",
    "PI": "native_hawaiian_or_other_pacific_islander",
    "FI": "filipino",
    "HI": "hispanic_or_latino",
    "AA": "black_or_african_american",
    "WH": "white",
    "MR": "two_or_more_races",
    "LEP": "english_learner",
    "FY": "foster",
    "H": "homeless",
    "MIL": "military_connected",
    "SD": "economically_disadvantaged",
    "MIG": "migrant",
    "DI": "children_with_disabilities",
}
UNMATCHED, SCHOOLS = 404, 10_402
VIEWED = "organization_id, organization_view, student_group"


@pytest.fixture(scope="module")
def directory(shared_data):
    folder = shared_data / "nces_school_search"
    schools = pd.read_csv(folder / "california_public_schools.csv", dtype=str)
    schools["school_code"] = schools["State School ID"].str.rsplit("-", n=1).str[1]
    return schools, pd.read_csv(folder / "california_districts.csv", dtype=str)


@pytest.fixture(scope="module")
def tested(shared_data, directory):
    """Enrolled, tested and the percentage that met, as printed, by school and group."""
    file = pd.read_csv(shared_data / "ca_cde" / "caela.txt", dtype=str)
    joined = file.merge(directory[0], how="left", left_on="S", right_on="school_code", validate="1:1")
    ids = joined["NCES School ID"].fillna("CA-" + joined["C"] + joined["D"] + joined["S"])
    assert len(joined) == ids.nunique() == SCHOOLS
    found = {}
    for short, group in GROUPS.items():
        met = f"EMME{short}" if short in ("M", "F") else f"EME{short}"
        cells = zip(joined[f"ETE{short}"], joined[f"ENT{short}"], joined[met], strict=True)
        found |= {(school, group): cell for school, cell in zip(ids, cells, strict=True)}
    return found


def count(cell: str) -> int | None:
    return int(cell) if cell.isdigit() else None


def test_every_school_and_group_has_the_printed_percentage_that_met_the_standard(california, tested):
    wanted = {}
    for key, (_, number, met) in tested.items():
        is_shown = met not in ("--", "NT") and number != "0"
        wanted[key] = Figure(value=float(met) if is_shown else None, n=count(number))
    found = released(california, "ela_proficiency_rate", "organization_id, student_group")
    assert_equal(found, wanted, 26_000)


def test_participation_is_tested_over_enrolled_and_has_no_row_where_nobody_is_enrolled(california, tested):
    wanted = {}
    for key, (enrolled, number, _) in tested.items():
        of, took = count(enrolled), count(number)
        if of != 0:
            wanted[key] = Figure(n=of) if of is None or took is None else ratio(took, of)
    found = released(california, "ela_participation_rate", "organization_id, student_group")
    assert_equal(found, wanted, 37_000)


def test_unmatched_schools_stand_with_the_number_of_their_rows(california, tested, directory):
    matched = set(directory[0]["NCES School ID"])
    strangers = {school for school, _ in tested if school not in matched}
    assert len(strangers) == UNMATCHED
    listed = california.select(
        "SELECT core_table, organization_id, is_organization, unmatched_rows "
        "FROM current_unmatched_organization WHERE school_year = 2021"
    )
    # 18 groups of the test file, 17 of the absence file.
    assert sorted(listed) == sorted(
        (table, school, 1, groups)
        for table, groups in (("assessment_results", len(GROUPS)), ("chronic_absence", 17))
        for school in strangers
    )


@pytest.fixture(scope="module")
def cohorts(shared_data):
    """Cohort and rate cell of each school and group of 2013-14, with the LEA that reports it."""
    return [
        (row["NCESSCH"], row["LEAID"], group, count(row[f"{short}_COHORT"]), classify(row[f"{short}_RATE"]))
        for row in rows(shared_data, 2014)
        if row["FIPST"] == "06"
        for short, group in ACGR_GROUPS.items()
    ]


def test_every_graduation_rate_is_the_printed_cell_or_a_bound_of_its_schools(california, cohorts, directory):
    schools, districts = directory
    lea = dict(zip(schools["NCES School ID"], schools["NCES District ID"], strict=True))
    charters = set(districts.loc[districts["Type"] == "Charter", "NCES District ID"])
    known = set(districts["NCES District ID"]) - charters
    wanted, together = {}, defaultdict(list)
    for school, reported_by, group, n, cell in cohorts:
        wanted[school, "none", group] = Figure(
            value=cell.exact, value_low=cell.low, value_high=cell.high, n=n
        )
        together["CA", "none", group].append((n, cell))
        together[lea.get(school, reported_by), "reporting_lea", group].append((n, cell))
        # The directory says nothing of who authorizes a charter, nor of schools that are not in it.
        if lea.get(school) in known:
            together[lea[school], "authorizer", group].append((n, cell))
    wanted |= {key: bound(cells) for key, cells in together.items()}
    found = released(california, "graduation_rate_4yr", VIEWED)
    assert_equal(found, wanted, 14_000)


def test_the_share_of_targets_met_counts_those_of_the_plan_that_are_known(california, cohorts):
    """Of 2013-14 the plan asks each school for 85 percent of all students and 70 of English learners."""
    wanted = defaultdict(list)
    for school, _, group, _, cell in cohorts:
        target = {"all": 85, "english_learner": 70}.get(group)
        low = cell.exact if cell.exact is not None else cell.low
        high = cell.exact if cell.exact is not None else cell.high
        if target is not None and low is not None and (low >= target or high < target):
            wanted[(school,)].append(low >= target)
    shares = {school: ratio(sum(met), len(met)) for school, met in wanted.items()}
    where = "school_year = 2014 AND organization_type = 'SCHOOL'"
    assert_equal(released(california, "interim_targets_met_rate", "organization_id", where), shares, 1_900)


def test_poverty_and_finance_are_those_of_the_national_files(california, shared_data):
    key = "organization_id, school_year"
    poor = {}
    for year in (2014, 2019):
        counts = poverty(shared_data, year - 1, "06")
        poor |= {(lea, year): ratio(*pair) for lea, pair in counts.items()}
        poor["CA", year] = ratio(sum(a for a, _ in counts.values()), sum(b for _, b in counts.values()))
    assert_equal(released(california, "child_poverty_rate", key), poor, 1_890)
    districts = finance(shared_data, "06")
    money = districts[["TOTALEXP", "TFEDREV", "TOTALREV", "MEMBERSCH"]].astype(int)
    spent = {(lea, 2019): ratio(e, m, 1) for lea, e, _, _, m in money.itertuples()}
    assert_equal(released(california, "total_expenditure_per_pupil", key), spent, 900)
    shares = {(lea, 2019): ratio(f, r)._replace(n=1) for lea, _, f, r, _ in money.itertuples()}
    assert_equal(released(california, "federal_revenue_share", key), shares, 900)
