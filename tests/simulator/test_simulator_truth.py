"""The truth, recounted from the files by plain pandas, csv, json and SQL.

No assertion compares frames of students, so that a failure prints no student's value.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

YEARS = (2024, 2025)
STATUS_COLUMNS = ("english_learner", "economically_disadvantaged", "children_with_disabilities", "homeless")


@pytest.fixture(scope="module")
def truth(folder: Path) -> pd.DataFrame:
    return pq.read_table(folder / "truth" / "truth.parquet").to_pandas()


@pytest.fixture(scope="module")
def schools(folder: Path) -> pd.DataFrame:
    directory = pd.read_csv(folder / "directory" / "franklin_public_schools.csv", dtype=str)
    directory["school_id"] = directory["State School ID"].str.split("-").str[2]
    own = pq.read_table(folder / "sis" / "schools_2025.parquet").to_pandas()
    merged = own.merge(directory, left_on="school_identifier_sea", right_on="school_id", validate="1:1")
    assert len(merged) == len(own) == len(directory)
    return merged.rename(columns={"lea_identifier_nces": "authorizer", "NCES District ID": "reporting"})


def recount_attendance(folder: Path, schools: pd.DataFrame, year: int) -> pd.DataFrame:
    days = pq.read_table(folder / "sis" / f"attendance_{year}.parquet").to_pandas()
    days["is_absent"] = days["attendance_status"].astype(str) != "present"
    by = ["student_id", "school_identifier_sea"]
    spells = (
        days.groupby(by, observed=True)
        .agg(days=("date", "nunique"), absent=("is_absent", "sum"))
        .reset_index()
    )
    spells = spells.astype({"student_id": str, "school_identifier_sea": str})
    spells = spells[spells["days"] >= 10]
    spells["chronic"] = spells["absent"] * 10 >= spells["days"]
    students = pq.read_table(folder / "sis" / f"students_{year}.parquet").to_pandas()
    spells = spells.merge(students, on="student_id", validate="m:1")
    return spells.merge(schools, on="school_identifier_sea", validate="m:1")


def answers(truth: pd.DataFrame, measure: str, year: int, **where: str) -> dict[str, tuple[int, int]]:
    rows = truth[(truth["measure_id"] == measure) & (truth["school_year"] == year)]
    for column, value in where.items():
        rows = rows[rows[column] == value]
    assert rows["organization_id"].is_unique
    return {row.organization_id: (row.numerator, row.denominator) for row in rows.itertuples()}


def counted(frame: pd.DataFrame, by: str, flag: str) -> dict[str, tuple[int, int]]:
    sums = frame.groupby(by)[flag].agg(["sum", "count"])
    return {str(key): (int(row["sum"]), int(row["count"])) for key, row in sums.iterrows()}


@pytest.mark.parametrize("year", YEARS)
@pytest.mark.parametrize("group", ["all", *STATUS_COLUMNS])
def test_chronic_absence_is_what_a_plain_recount_of_the_student_days_gives(
    folder: Path, truth: pd.DataFrame, schools: pd.DataFrame, year: int, group: str
) -> None:
    spells = recount_attendance(folder, schools, year)
    if group != "all":
        spells = spells[spells[group]]
    where = {"student_group": group}
    measure = "chronic_absence_rate"
    expected = counted(spells, "school_identifier_nces", "chronic")
    assert answers(truth, measure, year, organization_type="SCHOOL", **where) == expected
    for view, column in (("authorizer", "authorizer"), ("reporting_lea", "reporting")):
        assert answers(truth, measure, year, organization_view=view, **where) == counted(
            spells, column, "chronic"
        )
    state = answers(truth, measure, year, organization_type="SEA", **where)
    assert state == {"FK": (int(spells["chronic"].sum()), len(spells))}


def test_the_two_views_of_an_lea_differ_by_its_charter(truth: pd.DataFrame, schools: pd.DataFrame) -> None:
    views = {
        view: answers(truth, "chronic_absence_rate", 2025, student_group="all", organization_view=view)
        for view in ("authorizer", "reporting_lea")
    }
    charters = set(schools.loc[schools["authorizer"] != schools["reporting"], "reporting"])
    assert len(charters) == 2
    assert charters == set(views["reporting_lea"]) - set(views["authorizer"])
    for charter in schools[schools["reporting"].isin(charters)].itertuples():
        whole, part = views["authorizer"][charter.authorizer], views["reporting_lea"][charter.authorizer]
        own = views["reporting_lea"][charter.reporting]
        assert whole == (part[0] + own[0], part[1] + own[1])


def test_movers_count_at_both_schools_and_brief_spells_nowhere(folder: Path, schools: pd.DataFrame) -> None:
    days = pq.read_table(
        folder / "sis" / "attendance_2025.parquet", columns=["student_id", "school_identifier_sea"]
    )
    spells = days.to_pandas().groupby(["student_id", "school_identifier_sea"], observed=True).size()
    assert (spells < 10).sum() > 5
    assert (spells.groupby(level=0, observed=True).size() == 2).sum() > 20
    eligible = recount_attendance(folder, schools, 2025)
    assert len(eligible) == int((spells >= 10).sum())


def test_the_gap_is_the_group_rate_minus_the_rate_of_all(truth: pd.DataFrame) -> None:
    rates = truth[truth["measure_id"] == "chronic_absence_rate"]
    gaps = truth[truth["measure_id"] == "chronic_absence_gap"]
    key = ["organization_id", "organization_view", "school_year"]
    joined = gaps.merge(rates, on=[*key, "student_group"], suffixes=("", "_rate"), validate="1:1")
    joined = joined.merge(
        rates[rates["student_group"] == "all"], on=key, suffixes=("", "_all"), validate="m:1"
    )
    assert len(joined) == len(gaps) > 100
    assert (joined["value"] - (joined["value_rate"] - joined["value_all"])).abs().max() < 1e-9
    assert "all" not in set(gaps["student_group"])


def submission(folder: Path, year: int, name: str) -> list[list[str]]:
    content = (folder / "edfacts" / str(year) / name).read_bytes().decode("utf-8")
    assert content.endswith("\r\n")
    records = [line.split(",") for line in content.split("\r\n")[:-1]]
    header, rows = records[0], records[1:]
    assert header[1] == str(len(rows))
    assert header[2] == name and len(name) <= 25
    assert header[4] == f"{year - 1}-{year}"
    assert [row[0] for row in rows] == [str(number) for number in range(1, len(rows) + 1)]
    return rows


@pytest.mark.parametrize("year", YEARS)
def test_fs195_counts_the_chronically_absent_of_the_truth(
    folder: Path, truth: pd.DataFrame, schools: pd.DataFrame, year: int
) -> None:
    rows = submission(folder, year, "FKSCHCHRONABSEv000001.csv")
    assert {len(row) for row in rows} == {16}
    nces = dict(zip(schools["school_identifier_sea"], schools["school_identifier_nces"], strict=True))
    totals = {nces[row[4]]: int(row[15]) for row in rows if row[13] == "Y"}
    expected = answers(truth, "chronic_absence_rate", year, organization_type="SCHOOL", student_group="all")
    assert totals == {school: counts[0] for school, counts in expected.items()}
    by_sex_and_race: dict[str, int] = {}
    for row in rows:
        if row[7]:
            by_sex_and_race[nces[row[4]]] = by_sex_and_race.get(nces[row[4]], 0) + int(row[15])
    assert by_sex_and_race == {school: total for school, total in totals.items() if total}


@pytest.mark.parametrize("year", YEARS)
@pytest.mark.parametrize("level", ["SCH", "LEA"])
def test_fs151_gives_cohort_and_graduates_of_the_truth(
    folder: Path, truth: pd.DataFrame, schools: pd.DataFrame, year: int, level: str
) -> None:
    rows = submission(folder, year, f"FK{level}GRADCOHRTv000001.csv")
    assert {len(row) for row in rows} == {16}
    if level == "SCH":
        nces, place = (
            dict(zip(schools["school_identifier_sea"], schools["school_identifier_nces"], strict=True)),
            4,
        )
        where = {"organization_type": "SCHOOL"}
    else:
        districts = pd.read_csv(folder / "directory" / "franklin_districts.csv", dtype=str)
        nces, place = (
            dict(zip(districts["State District ID"].str[3:], districts["NCES District ID"], strict=True)),
            3,
        )
        where = {"organization_view": "reporting_lea"}
    totals: dict[str, int] = {}
    graduates: dict[str, int] = {}
    for row in (row for row in rows if row[13] == "Y" and row[5] == "ADJCOHORT"):
        if not row[12]:
            totals[nces[row[place]]] = int(row[15])
        elif row[12] in ("COHYES", "COHALTDPL"):
            graduates[nces[row[place]]] = graduates.get(nces[row[place]], 0) + int(row[15])
    expected = answers(truth, "graduation_rate_4yr", year, student_group="all", **where)
    assert {key: (graduates.get(key, 0), total) for key, total in totals.items()} == expected


@pytest.mark.parametrize("year", YEARS)
def test_fs178_gives_proficient_and_scored_students_of_the_truth(
    folder: Path, truth: pd.DataFrame, schools: pd.DataFrame, year: int
) -> None:
    rows = submission(folder, year, "FKSCHSTUPERRLAv000001.csv")
    assert {len(row) for row in rows} == {22}
    nces = dict(zip(schools["school_identifier_sea"], schools["school_identifier_nces"], strict=True))
    counts: dict[tuple[str, str], list[int]] = {}
    for row in (row for row in rows if row[19] == "Y"):
        for grade in (row[6].lower(), "all"):
            cell = counts.setdefault((nces[row[4]], grade), [0, 0])
            cell[0] += int(row[21]) * (row[16] == "PROFICIENT")
            cell[1] += int(row[21])
    grades = {grade for _, grade in counts}
    assert grades == {"all", "03", "04", "05", "06", "07", "08", "hs"}
    for grade in grades:
        expected = answers(
            truth, "ela_proficiency_rate", year, organization_type="SCHOOL", student_group="all", grade=grade
        )
        assert {key[0]: tuple(cell) for key, cell in counts.items() if key[1] == grade} == expected


def test_finance_and_poverty_are_those_of_their_files(folder: Path, truth: pd.DataFrame) -> None:
    with (folder / "finance" / "2025" / "district_data_full.csv").open(newline="") as file:
        leas = [row for row in csv.DictReader(file) if row["FIPST"] == "88"]
    per_pupil = {row["LEAID"]: (int(row["TOTALEXP"]), int(row["MEMBERSCH"])) for row in leas}
    federal = {row["LEAID"]: (int(row["TFEDREV"]), int(row["TOTALREV"])) for row in leas}
    own = {"organization_view": "as_published"}
    assert answers(truth, "total_expenditure_per_pupil", 2025, **own) == per_pupil
    assert answers(truth, "federal_revenue_share", 2025, **own) == federal
    assert all(
        int(row["TFEDREV"]) + int(row["TSTREV"]) + int(row["TLOCREV"]) == int(row["TOTALREV"]) for row in leas
    )
    sheet = pd.read_excel(folder / "saipe" / "ussd24.xlsx", header=2, dtype=str)
    ours = sheet[sheet["State FIPS Code"] == "88"]
    poor = {f"88{row.iloc[2]}": (int(row.iloc[6]), int(row.iloc[5])) for _, row in ours.iterrows()}
    assert answers(truth, "child_poverty_rate", 2025, **own) == poor
    state = answers(truth, "child_poverty_rate", 2025, organization_type="SEA")
    assert state == {"FK": tuple(map(sum, zip(*poor.values(), strict=True)))}


@pytest.mark.parametrize("year", YEARS)
def test_repeat_findings_are_counted_once_a_report(folder: Path, truth: pd.DataFrame, year: int) -> None:
    def columns(name: str) -> dict[str, list[object]]:
        sheets = json.loads((folder / "fac" / f"880001-{year - 2000}" / f"{name}-880001.json").read_text())
        return {item["name"]: item["values"] for sheet in sheets for item in sheet["ranges"]}

    awards, findings = columns("federal-awards"), columns("audit-findings")
    prefix = dict(zip(awards["award_reference"], awards["federal_agency_prefix"], strict=True))
    marks = (findings[name] for name in ("reference_number", "award_reference", "repeat_prior_reference"))
    lines = list(zip(*marks, strict=True))
    education = {number for number, award, _ in lines if prefix[award] == "84"}
    repeats = {number for number, _, mark in lines if number in education and mark == "Y"}
    assert len(lines) > len({number for number, _, _ in lines})  # a finding spans several awards
    told = answers(truth, "repeat_finding_rate", year, organization_type="SEA")
    assert told == {"FK": (len(repeats), len(education))}
    assert sum(awards["amount_expended"]) == awards["total_amount_expended"][0]  # type: ignore[arg-type]
    totals = dict(zip(awards["cfda_key"], awards["federal_program_total"], strict=True))
    assert sum(totals.values()) == awards["total_amount_expended"][0]  # type: ignore[arg-type]
    assert len(totals) < len(awards["cfda_key"])  # a program stands on several lines


def test_every_measure_of_the_newest_year_had_a_state_figure_the_year_before(truth: pd.DataFrame) -> None:
    state = truth[(truth["organization_type"] == "SEA") & truth["value"].notna()]
    told = {year: set(state.loc[state["school_year"] == year, "measure_id"]) for year in YEARS}
    # What compares two years has no figure in the first year of a run.
    assert told[2025] - told[2024] <= {"csi_exit_rate", "csi_proficiency_gain"}
    assert told[2024] <= told[2025]
    assert set(truth["measure_id"]) == told[2025]


def test_no_answer_stands_twice_and_no_rate_leaves_its_range(truth: pd.DataFrame) -> None:
    dimensions = [
        *("measure_id", "organization_id", "organization_view", "school_year"),
        *("period", "student_group", "grade", "subject", "federal_program_code", "award_id", "strategy_id"),
    ]
    assert not truth.duplicated(dimensions).any()
    is_rate = truth["numerator"].notna() & ~truth["measure_id"].str.endswith(("_per_pupil", "_days"))
    ratios = truth[is_rate]
    assert (ratios["numerator"] <= ratios["denominator"]).all()
    assert (ratios["denominator"] > 0).all()
    some = truth[(truth["measure_id"] == "chronic_absence_rate") & (truth["organization_type"] == "SCHOOL")]
    assert (some["denominator"] < 10).any()  # figures a public face has to hide
