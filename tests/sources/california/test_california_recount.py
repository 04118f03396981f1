"""California's real figures, recounted from the publisher's files by plain pandas.

The recount shares nothing with the product but the files: another reader, other joins, the file's own codes.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from california_reading import California

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
# What ends the headers of a group. All students and both sexes are spelt their own way: see ela_column.
ELA_GROUPS = {
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


def text(file: Path) -> pd.DataFrame:
    return pd.read_csv(file, dtype=str, keep_default_na=False, encoding="utf-8-sig")


@pytest.fixture(scope="module")
def chronic(shared_data: Path) -> pd.DataFrame:
    return text(shared_data / "ca_cde" / "chronic.txt")


@pytest.fixture(scope="module")
def ela(shared_data: Path) -> pd.DataFrame:
    return text(shared_data / "ca_cde" / "caela.txt")


@pytest.fixture(scope="module")
def ids(shared_data: Path) -> pd.DataFrame:
    """NCES school and district by the state's 7-digit school code."""
    nces = text(shared_data / "nces_school_search" / "california_public_schools.csv")
    code = nces["State School ID"].str.split("-").str[-1]
    assert code.is_unique
    return pd.DataFrame({"school": nces["NCES School ID"], "lea": nces["NCES District ID"]}).set_axis(code)


@pytest.fixture(scope="module")
def districts(shared_data: Path) -> pd.Series:
    """NCES district by the state's 7-digit county and district code."""
    nces = text(shared_data / "nces_school_search" / "california_districts.csv")
    codes = nces["State District ID"].str.removeprefix("CA-")
    return nces["NCES District ID"].set_axis(codes)


@pytest.fixture(scope="module")
def recounted(chronic: pd.DataFrame, ids: pd.DataFrame) -> pd.DataFrame:
    """School x group: eligible and chronically absent students, by the organization's id."""
    organization = chronic["S"].map(ids["school"]).fillna("CA-" + chronic["CDSCode"])
    blocks = [
        pd.DataFrame(
            {
                "organization_id": organization,
                "student_group": name,
                "eligible_students": chronic[f"EE{code}"].astype(int),
                "chronically_absent_students": chronic[f"C{code}"].astype(int),
                "printed": chronic[f"R{code}"].astype(float),
                "district": chronic["C"] + chronic["D"],
                "reporting": chronic["S"].map(ids["lea"]),
            }
        )
        for code, name in GROUPS.items()
    ]
    return pd.concat(blocks, ignore_index=True)


def joined(california: California, recounted: pd.DataFrame) -> pd.DataFrame:
    core = california.core("chronic_absence")
    both = core.merge(
        recounted, on=["organization_id", "student_group"], how="outer", suffixes=("", "_recount"),
        validate="1:1", indicator="match",
    )  # fmt: skip
    assert set(both["match"]) == {"both"}
    return both


def test_every_row_of_every_file_is_accounted_for(california, chronic, ela):
    account = {
        (entry["source_id"], entry["table_name"]): entry
        for source in ("nces_school_directory", "ca_cde_chronic_absence", "ca_cde_ela", "ca_cde_frpm")
        for entry in california.account(source)
    }
    for entry in account.values():
        assert entry["rows_in"] == entry["rows_out"] + entry["rows_quarantined"]
        assert entry["rows_quarantined"] == 0
    nces = california.data / "nces_school_search"
    frpm = pd.read_excel(california.data / "ca_cde" / "frpm2021.xlsx", sheet_name=1, header=1, dtype=str)
    expected = {
        ("nces_school_directory", "districts"): len(text(nces / "california_districts.csv")),
        ("nces_school_directory", "schools"): len(text(nces / "california_public_schools.csv")),
        ("ca_cde_chronic_absence", "absence"): len(chronic) * len(GROUPS),
        ("ca_cde_ela", "results"): len(ela) * len(ELA_GROUPS),
        ("ca_cde_frpm", "schools"): len(frpm),
    }
    assert {key: entry["rows_in"] for key, entry in account.items()} == expected


def test_every_count_of_every_school_and_group_equals_the_recount(california, recounted):
    both = joined(california, recounted)
    assert len(both) == len(recounted)
    for column in ("eligible_students", "chronically_absent_students"):
        assert (both[column] == both[f"{column}_recount"]).all()
    assert both["suppression"].isna().all() and both["is_additive"].all() and (both["grade"] == "all").all()


def test_a_rate_printed_where_nobody_is_eligible_is_no_rate(california, recounted):
    both = joined(california, recounted)
    nobody = both["eligible_students_recount"] == 0
    everyone = both["student_group"] == "all"
    assert (nobody & everyone).sum() == 467
    assert (both.loc[nobody, "printed"] == 0).all()
    assert both.loc[nobody, "rate_percent"].isna().all()
    some = both[~nobody]
    assert (some["rate_percent"].astype(float) - some["printed"]).abs().max() < 1e-9


def test_the_printed_rates_agree_with_the_printed_counts(recounted):
    some = recounted[recounted["eligible_students"] > 0]
    rate = some["chronically_absent_students"] * 100 / some["eligible_students"]
    assert (rate - some["printed"]).abs().max() <= 0.05 + 1e-9


def test_every_authorizing_district_equals_the_recount_by_county_and_district_code(
    california, recounted, districts
):
    core = california.core("chronic_absence").merge(
        california.core("organizations")[["organization_id", "authorizer_lea_id", "reporting_lea_id"]],
        on="organization_id", how="left", validate="m:1",
    )  # fmt: skip
    view = recounted["district"].map(districts).fillna("CA-" + recounted["district"])
    counts = ["eligible_students", "chronically_absent_students"]
    expected = recounted.groupby([view.rename("lea"), "student_group"])[counts].sum()
    got = core.groupby([core["authorizer_lea_id"].rename("lea"), "student_group"])[counts].sum()
    pd.testing.assert_frame_equal(got, expected, check_dtype=False)
    assert recounted["district"].nunique() == len(expected) / len(GROUPS) == 1025
    matched = pd.Series(recounted["district"].unique()).isin(districts.index).sum()
    assert matched == 999


def test_every_reporting_district_equals_the_recount_by_nces_and_the_unmatched_have_none(
    california, recounted
):
    core = california.core("chronic_absence").merge(
        california.core("organizations")[["organization_id", "reporting_lea_id"]],
        on="organization_id", how="left", validate="m:1",
    )  # fmt: skip
    counts = ["eligible_students", "chronically_absent_students"]
    expected = recounted.groupby(["reporting", "student_group"])[counts].sum()
    got = core.groupby(["reporting_lea_id", "student_group"])[counts].sum()
    pd.testing.assert_frame_equal(got.rename_axis(expected.index.names), expected, check_dtype=False)
    without = core[core["reporting_lea_id"].isna()]
    assert without["organization_id"].str.startswith("CA-").all()


def test_the_two_views_differ_for_the_charters_that_are_their_own_lea(california, chronic):
    schools = california.core("organizations").set_index("organization_id")
    judged = california.core("chronic_absence")["organization_id"].unique()
    known = schools.loc[judged].dropna(subset=["reporting_lea_id"])
    differing = known[known["authorizer_lea_id"] != known["reporting_lea_id"]]
    own = differing[differing["is_charter"].eq(True)]
    assert len(own) == own["reporting_lea_id"].nunique() == 972
    # One district merged after the year: the directory has the new one, the year's file the old.
    assert list(differing.drop(own.index)["organization_name"]) == ["Forks of Salmon Elementary"]


def test_the_sum_of_schools_equals_the_recount(california, recounted):
    core = california.core("chronic_absence")
    everyone = core[core["student_group"] == "all"]
    recount = recounted[recounted["student_group"] == "all"]
    for column in ("eligible_students", "chronically_absent_students"):
        assert everyone[column].sum() == recount[column].sum()


def test_schools_join_on_the_school_code_and_the_unmatched_are_kept_with_their_students(
    california, chronic, ids, shared_data
):
    nces = text(shared_data / "nces_school_search" / "california_public_schools.csv")
    whole = set(nces["State School ID"].str.removeprefix("CA-").str.replace("-", ""))
    assert (~chronic["CDSCode"].isin(whole)).sum() == 1377
    unmatched = chronic[~chronic["S"].isin(ids.index)]
    assert len(unmatched) == 404
    organizations = california.core("organizations").set_index("organization_id")
    kept = organizations.loc["CA-" + unmatched["CDSCode"]]
    assert not kept["is_in_directory"].any()
    assert kept["school_identifier_nces"].isna().all() and kept["reporting_lea_id"].isna().all()
    assert kept["authorizer_lea_id"].notna().all()
    core = california.core("chronic_absence")
    lost = core[core["organization_id"].isin(kept.index) & (core["student_group"] == "all")]
    assert lost["eligible_students"].sum() == unmatched["EEALL"].astype(int).sum() > 0
    listed = california.core("unmatched_organizations")
    listed = listed[listed["core_table"] == "chronic_absence"]
    assert set(listed["organization_id"]) == set(kept.index)
    assert listed["unmatched_rows"].sum() == core["organization_id"].isin(kept.index).sum()


def test_an_unmatched_school_has_the_name_of_the_state_where_it_gives_one(california, chronic, ids):
    frpm = pd.read_excel(california.data / "ca_cde" / "frpm2021.xlsx", sheet_name=1, header=1, dtype=str)
    frpm.columns = [" ".join(c.split()) for c in frpm.columns]
    code = frpm["County Code"] + frpm["District Code"] + frpm["School Code"]
    names = frpm["School Name"].set_axis(code)
    unmatched = chronic.loc[~chronic["S"].isin(ids.index), "CDSCode"]
    named = [cds for cds in unmatched if cds in names.index]
    assert 0 < len(named) < len(unmatched)
    organizations = california.core("organizations").set_index("organization_id")["organization_name"]
    for cds in named:
        assert organizations["CA-" + cds] == names[cds].strip()


def test_the_names_of_the_directory_stand_and_charter_facts_come_from_the_state(california, ids, shared_data):
    nces = text(shared_data / "nces_school_search" / "california_public_schools.csv")
    organizations = california.core("organizations").set_index("organization_id")
    names = nces["School Name"].str.strip().set_axis(nces["NCES School ID"])
    assert (organizations.loc[names.index, "organization_name"] == names).all()
    frpm = pd.read_excel(california.data / "ca_cde" / "frpm2021.xlsx", sheet_name=1, header=1, dtype=str)
    frpm.columns = [" ".join(c.split()) for c in frpm.columns]
    charters = frpm[(frpm["Charter School (Y/N)"] == "Y") & frpm["School Code"].isin(ids.index)]
    assert len(charters) > 1000
    got = organizations.loc[charters["School Code"].map(ids["school"])]
    assert list(got["charter_school_number"]) == list(charters["Charter School Number"])
    assert list(got["charter_funding_type"]) == list(charters["Charter Funding Type"])


def test_lines_that_are_no_schools_make_no_organization(california):
    codes = california.core("organizations")["school_identifier_sea"].dropna()
    assert not codes.isin(["0000000", "0000001"]).any()


def test_every_district_named_by_a_school_is_an_organization(california):
    organizations = california.core("organizations")
    leas = set(organizations.loc[organizations["organization_type"] == "LEA", "organization_id"])
    for view in ("authorizer_lea_id", "reporting_lea_id"):
        assert set(organizations[view].dropna()) <= leas
    assert organizations["organization_id"].is_unique
    assert (organizations["organization_type"] == "SEA").sum() == 1


# ---- English language arts


def ela_column(prefix: str, code: str) -> str:
    """The header of a group: all students are ETES, ENTS, EPTS; males ETEM; the rest ETEF, EMMEF, EMEAI."""
    if code == "S":
        return {"EM": "EMES", "ET": "ETES", "EN": "ENTS", "EP": "EPTS"}[prefix]
    stem = {"EM": "EMMEM" if code == "M" else "EMMEF" if code == "F" else f"EME{code}"}
    return stem.get(prefix) or {"ET": f"ETE{code}", "EN": f"ENT{code}", "EP": f"EPT{code}"}[prefix]


@pytest.fixture(scope="module")
def results(ela: pd.DataFrame, ids: pd.DataFrame) -> pd.DataFrame:
    organization = ela["S"].map(ids["school"]).fillna("CA-" + ela["C"] + ela["D"] + ela["S"])
    blocks = [
        pd.DataFrame(
            {
                "organization_id": organization,
                "student_group": name,
                "enrolled": ela[ela_column("ET", code)],
                "tested": ela[ela_column("EN", code)],
                "percent_tested": ela[ela_column("EP", code)],
                "met": ela[ela_column("EM", code)],
            }
        )
        for code, name in ELA_GROUPS.items()
    ]
    return pd.concat(blocks, ignore_index=True)


def number(column: pd.Series) -> pd.Series:
    return pd.to_numeric(column, errors="coerce")


def ela_joined(california: California, results: pd.DataFrame) -> pd.DataFrame:
    both = california.core("assessment_results").merge(
        results, on=["organization_id", "student_group"], how="outer", validate="1:1", indicator="match"
    )
    assert set(both["match"]) == {"both"}
    return both


def test_every_result_equals_the_recount(california, results):
    both = ela_joined(california, results)
    assert len(both) == len(results)
    for column, printed in (("enrolled_students", "enrolled"), ("tested_students", "tested")):
        assert both[column].astype(float).equals(number(both[printed]).astype(float))
    tested = number(both["tested"]) > 0
    met = number(both["met"]).where(tested)
    assert (both["proficient_percent"].astype(float) - met).abs().max() < 1e-9
    assert both["proficient_percent"].isna().equals(met.isna())


def test_percentages_without_counts_are_never_additive_and_nobody_is_counted_proficient(california):
    core = california.core("assessment_results")
    assert not core["is_additive"].any()
    assert core["proficient_students"].isna().all()
    assert set(core["subject"]) == {"ela"} and set(core["grade"]) == {"all"}


def test_the_printed_percent_tested_shows_which_columns_belong_together(results):
    enrolled, tested = number(results["enrolled"]), number(results["tested"])
    share = (tested * 100 / enrolled.where(enrolled > 0)) - number(results["percent_tested"])
    assert share.notna().sum() > 30_000
    assert share.abs().max() <= 0.005 + 1e-9


def test_hidden_and_untested_results_are_told_apart_and_never_zero(california, results):
    both = ela_joined(california, results)
    hidden = both["met"] == "--"
    untested = both["met"] == "NT"
    assert hidden.any() and untested.any()
    assert (both.loc[hidden, "suppression"] == "suppressed_at_source").all()
    assert (both.loc[untested, "suppression"] == "not_tested").all()
    assert both.loc[~hidden & ~untested, "suppression"].isna().all()
    assert both.loc[hidden | untested, "proficient_percent"].isna().all()


def test_about_a_quarter_of_the_enrolled_were_tested(california):
    core = california.core("assessment_results")
    everyone = core[core["student_group"] == "all"]
    share = everyone["tested_students"].sum() / everyone["enrolled_students"].sum()
    assert 0.23 < share < 0.25
