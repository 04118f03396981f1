"""The truth about students and schools, recounted from attendance, the vendor's file and submissions.

No assertion compares frames of students, so that a failure prints no student's value.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from submissions import submitted

from simulator.assessment_vendor import WIDTHS
from simulator.organizations import build_state
from simulator.settings import Settings

YEAR, BEFORE = 2025, 2024
Cells = dict[tuple[str, ...], tuple[int, int]]


@pytest.fixture(scope="module")
def truth(folder: Path) -> pd.DataFrame:
    table = pq.read_table(folder / "truth" / "truth.parquet").to_pandas()
    return table[table["school_year"] == YEAR]


@pytest.fixture(scope="module")
def nces() -> dict[str, str]:
    """NCES ids of schools by the state's."""
    return {one.state_id: one.nces_id for one in build_state(Settings(students=2_000, seed=11)).schools}


@pytest.fixture(scope="module")
def days(folder: Path) -> pd.DataFrame:
    """Student, school, month and whether absent: a row a day."""
    table = pq.read_table(folder / "sis" / f"attendance_{YEAR}.parquet").to_pandas()
    return pd.DataFrame(
        {
            "student": table["student_id"].astype(str),
            "school": table["school_identifier_sea"].astype(str),
            "month": table["date"].astype(str).str[:7],
            "is_absent": table["attendance_status"].astype(str) != "present",
        }
    )


@pytest.fixture(scope="module")
def groups(folder: Path) -> dict[str, set[str]]:
    """Students of a few groups."""
    table = pq.read_table(folder / "sis" / f"students_{YEAR}.parquet").to_pandas()
    names = ("english_learner", "economically_disadvantaged", "migrant")
    ids = table["student_id"].astype(str)
    return {"all": set(ids), **{name: set(ids[table[name]]) for name in names}}


def of_schools(truth: pd.DataFrame, measure: str, **where: str) -> Cells:
    rows = truth[(truth["measure_id"] == measure) & (truth["organization_type"] == "SCHOOL")]
    for column, value in where.items():
        rows = rows[rows[column] == value]
    assert rows["organization_id"].is_unique
    return {(row.organization_id,): (row.numerator, row.denominator) for row in rows.itertuples()}


def state_value(truth: pd.DataFrame, measure: str) -> float:
    (value,) = truth.loc[(truth["measure_id"] == measure) & (truth["organization_type"] == "SEA"), "value"]
    return float(value)


@pytest.mark.parametrize("group", ["all", "english_learner", "migrant"])
def test_absence_so_far_is_a_recount_of_the_days_up_to_the_end_of_the_month(
    truth: pd.DataFrame, nces: dict[str, str], days: pd.DataFrame, groups: dict[str, set[str]], group: str
) -> None:
    measure = "chronic_absence_rate_to_date"
    months = sorted(days["month"].unique())
    assert sorted(truth.loc[truth["measure_id"] == measure, "period"].unique()) == [
        month for month in months if of_schools(truth, measure, student_group="all", period=month)
    ]
    for month in (months[1], months[5], months[-1]):
        so_far = days[(days["month"] <= month) & days["student"].isin(groups[group])]
        spells = so_far.groupby(["school", "student"])["is_absent"].agg(["size", "sum"])
        spells = spells[spells["size"] >= 10]
        chronic = spells["sum"] * 10 >= spells["size"]
        counted = chronic.groupby(level="school").agg(["sum", "size"])
        expected = {
            (nces[school],): (int(row["sum"]), int(row["size"])) for school, row in counted.iterrows()
        }
        assert of_schools(truth, measure, student_group=group, period=month) == expected
    annual = of_schools(truth, "chronic_absence_rate", student_group=group)
    assert of_schools(truth, measure, student_group=group, period=months[-1]) == annual


@pytest.mark.parametrize("group", ["all", "english_learner", "economically_disadvantaged"])
def test_accountability_counts_students_of_a_full_year_and_at_least_95_percent_of_them(
    folder: Path,
    truth: pd.DataFrame,
    nces: dict[str, str],
    days: pd.DataFrame,
    groups: dict[str, set[str]],
    group: str,
) -> None:
    there = days.groupby(["student", "school"]).size()
    full_year = set(there[there >= 150].index)
    counts: dict[str, Counter[str]] = {}
    with (folder / "assessment" / f"summative_{YEAR}.txt").open(encoding="ascii") as handle:
        for line in handle:
            cells, at = {}, 0
            for name, width in WIDTHS.items():
                cells[name] = line[at : at + width].strip()
                at += width
            student = cells["student"]
            if cells["subject"] != "RLA" or cells["reason_not_tested"] == "M" or student not in groups[group]:
                continue
            if (student, cells["school"]) in full_year:
                of = counts.setdefault(nces[cells["school"]], Counter())
                of["enrolled"] += 1
                of["tested"] += bool(cells["performance_level"])
                of["proficient"] += cells["performance_level"] in ("3", "4")
    found = of_schools(truth, "accountability_ela_proficiency_rate", student_group=group)
    assert {key[0]: (100 * n, 100 * d) for key, (n, d) in found.items()} == {
        school: (100 * of["proficient"], max(100 * of["tested"], 95 * of["enrolled"]))
        for school, of in counts.items()
    }
    whole = sum(counts.values(), Counter())
    if group == "all":
        assert whole["tested"] < whole["enrolled"]
        assert any(95 * of["enrolled"] > 100 * of["tested"] for of in counts.values())


@pytest.mark.parametrize(
    ("specification", "measure"), [("FS188", "ela_participation_rate"), ("FS185", "math_participation_rate")]
)
def test_participation_leaves_out_medical_emergencies(
    folder: Path, truth: pd.DataFrame, nces: dict[str, str], specification: str, measure: str
) -> None:
    cells: dict[tuple[str, ...], list[int]] = {}
    exempt = 0
    for row in submitted(folder, YEAR, specification, "SCH"):
        if row["TotalIndicator"] != "Y":
            continue
        if row["TestingStatusID"] == "MEDEXEMPT":
            exempt += int(row["Amount"])
            continue
        cell = cells.setdefault((nces[row["StateSchoolIDNumber"]],), [0, 0])
        cell[0] += int(row["Amount"]) * (row["TestingStatusID"] != "NPART")
        cell[1] += int(row["Amount"])
    expected = {key: tuple(cell) for key, cell in cells.items()}
    assert of_schools(truth, measure, student_group="all", grade="all") == expected
    assert exempt > 0


def test_a_gap_is_the_rate_of_the_others_minus_that_of_the_group(truth: pd.DataFrame) -> None:
    key = ["organization_id", "organization_view", "grade"]
    rates = truth[truth["measure_id"] == "ela_proficiency_rate"].astype(
        {"numerator": float, "denominator": float}
    )
    gaps = truth[truth["measure_id"] == "ela_proficiency_gap"]
    joined = gaps.merge(rates, on=[*key, "student_group"], suffixes=("", "_group"), validate="1:1")
    joined = joined.merge(
        rates[rates["student_group"] == "all"], on=key, suffixes=("", "_all"), validate="m:1"
    )
    assert len(joined) == len(gaps) > 500
    others = joined["denominator_all"] - joined["denominator_group"]
    good = joined["numerator_all"] - joined["numerator_group"]
    assert (joined["value"].isna() == (others == 0)).all()
    has = others > 0
    expected = 100 * good[has] / others[has] - joined["value_group"][has]
    assert (joined["value"][has] - expected).abs().max() < 1e-9
    assert set(joined["organization_type"]) == {"LEA", "SEA"}


def supported(folder: Path, year: int) -> set[str]:
    return {
        row["StateSchoolIDNumber"]
        for row in submitted(folder, year, "FS206", "SCH")
        if row["CompSupImprvmntID"] == "CSI"
    }


def rates(folder: Path, year: int, specification: str) -> dict[str, float]:
    cells: dict[str, list[int]] = {}
    for row in submitted(folder, year, specification, "SCH"):
        if row["TotalIndicator"] == "Y":
            cell = cells.setdefault(row["StateSchoolIDNumber"], [0, 0])
            cell[0] += int(row["Amount"]) * (row["ProficiencyStatusID"] == "PROFICIENT")
            cell[1] += int(row["Amount"])
    return {school: 100 * good / scored for school, (good, scored) in cells.items()}


def test_schools_that_left_support_are_those_of_two_submissions(folder: Path, truth: pd.DataFrame) -> None:
    now, before = supported(folder, YEAR), supported(folder, BEFORE)
    assert state_value(truth, "csi_exit_rate") == pytest.approx(100 * len(before - now) / len(before))


def test_the_gain_of_schools_in_support_is_what_submissions_give(folder: Path, truth: pd.DataFrame) -> None:
    changes: dict[str, list[float]] = {}
    for specification in ("FS178", "FS175"):
        old, new = rates(folder, BEFORE, specification), rates(folder, YEAR, specification)
        for school in old.keys() & new.keys():
            changes.setdefault(school, []).append(new[school] - old[school])
    mean = {school: sum(points) / len(points) for school, points in changes.items()}
    title_i = {
        row["StateSchoolIDNumber"]
        for row in submitted(folder, YEAR, "FS129", "SCH")
        if row["TitleISchoolStatus"] in ("SWELIGSWPROG", "TGELGBTGPROG")
    }
    ours = [mean[school] for school in supported(folder, YEAR) if school in mean]
    others = [mean[school] for school in title_i if school in mean]
    value = sum(ours) / len(ours) - sum(others) / len(others)
    assert state_value(truth, "csi_proficiency_gain") == pytest.approx(value, abs=1e-9)
    assert 0 < len(title_i) < len(mean)


@pytest.mark.parametrize(
    ("measure", "column", "code"),
    [
        ("inexperienced_teacher_gap", "InexperiencedStatusID", "TCHINEXPRNCD"),
        ("out_of_field_teacher_gap", "OutOfFieldID", "TCHOUTFLD"),
    ],
)
def test_teachers_of_the_poorest_schools_are_compared_with_those_of_the_richest(
    folder: Path, truth: pd.DataFrame, measure: str, column: str, code: str
) -> None:
    quartile = {
        row["StateSchoolIDNumber"]: row["PovertyQuart"] for row in submitted(folder, YEAR, "FS103", "SCH")
    }
    sums: Counter[tuple[str, bool]] = Counter()
    for row in submitted(folder, YEAR, "FS203", "SCH"):
        if row[column]:
            hundredths = round(float(row["Amount"]) * 100)
            sums[quartile[row["StateSchoolIDNumber"]], row[column] == code] += hundredths
    shares = [sums[of, True] / (sums[of, True] + sums[of, False]) for of in ("HIGHQUART", "LOWQUART")]
    expected = 100 * (shares[0] - shares[1])
    assert state_value(truth, measure) == pytest.approx(expected, abs=1e-9)
    assert expected > 0


def test_figures_of_the_state_are_like_those_of_states(truth: pd.DataFrame) -> None:
    bands = {
        "math_proficiency_rate": (25, 65),
        "science_proficiency_rate": (25, 65),
        "ela_participation_rate": (94, 99),
        "growth_target_rate": (40, 65),
        "graduation_rate_5yr": (75, 97),
        "el_progress_rate": (35, 70),
        "long_term_el_rate": (2, 20),
        "migrant_priority_served_rate": (30, 100),
        "idea_regular_diploma_rate": (50, 90),
        "idea_evaluation_on_time_rate": (80, 100),
        "cclc_attendance_gain_rate": (30, 90),
        "perkins_program_quality_rate": (30, 80),
    }
    whole = truth[
        (truth["organization_type"] == "SEA")
        & (
            truth["student_group"].isin(["all", "none"])
            | (truth["measure_id"] == "el_progress_rate")  # told of learners only
        )
        & truth["grade"].isin(["all", "none"])
    ]
    for measure, (low, high) in bands.items():
        values = whole.loc[whole["measure_id"] == measure, "value"]
        assert len(values) and values.between(low, high).all(), measure
