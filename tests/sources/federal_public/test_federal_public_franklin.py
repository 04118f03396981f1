"""What the federal government prints of Franklin never contradicts what is true of Franklin."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from federal_public_reading import known, read_files

from simulator import people
from simulator.federal_public.publication import publish
from simulator.finance import COUNT_DAY
from simulator.organizations import build_state
from simulator.outcomes import take_tests
from simulator.settings import Settings
from simulator.truth.answers import Truth
from simulator.truth.assessments import tell_tests

YEAR = 2024
# The groups of the public files that are two of ours.
TOGETHER = {"asian": "asian_or_pacific_islander"}
TOGETHER["native_hawaiian_or_other_pacific_islander"] = "asian_or_pacific_islander"
KEY = ["organization_id", "grade", "student_group"]


@pytest.fixture(scope="module")
def franklin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, pd.DataFrame, int]]:
    """Published files of one year, the true counts behind them, and how many students were there in fall."""
    settings = Settings(students=4_000, seed=5, years=(YEAR,))
    state = build_state(settings)
    students = people.enrolled_students(settings, state, YEAR)
    spells = people.enrolment_spells(settings, students)
    tested = take_tests(settings, students, spells, np.zeros(len(spells), dtype=np.int64))
    folder = tmp_path_factory.mktemp("franklin")
    publish(state, students, spells, tested, folder, has_results=True)
    truth = Truth(state)
    tell_tests(truth, students, tested)
    told = truth.table().to_pandas()
    rates = told[told["measure_id"] == "ela_proficiency_rate"]
    frame = rates.astype({"numerator": "int64", "denominator": "int64"})
    frame = frame[frame["organization_view"] != "authorizer"]
    frame = frame[frame["organization_type"] != "SEA"]
    frame["student_group"] = frame["student_group"].replace(TOGETHER)
    counts = frame.groupby(KEY)[["numerator", "denominator"]].sum()
    there = (spells.first_day <= COUNT_DAY) & (spells.last_day > COUNT_DAY)
    yield folder, counts, int(there.sum())


def read(franklin: tuple[Path, pd.DataFrame, int], source: str, **files: str) -> dict[str, pd.DataFrame]:
    patterns = {table: (pattern,) for table, pattern in files.items()}
    results = read_files(known(source), YEAR, patterns, franklin[0], any_size=True)
    assert all(result.rows_quarantined == 0 for result in results.values())
    return {name: result.table.to_pandas() for name, result in results.items()}


def assessments(franklin: tuple[Path, pd.DataFrame, int], shape: str) -> dict[str, pd.DataFrame]:
    stem = "edfacts_assessments/rla-{}-{}-sy2023-24-" + shape + ".csv"
    return read(
        franklin,
        f"edfacts_assessments_{shape}",
        achievement_schools=stem.format("achievement", "sch"),
        achievement_leas=stem.format("achievement", "lea"),
        participation_schools=stem.format("participation", "sch"),
        participation_leas=stem.format("participation", "lea"),
    )


def both_levels(tables: dict[str, pd.DataFrame], kind: str) -> pd.DataFrame:
    schools = tables[f"{kind}_schools"].rename(columns={"school_id_nces": "organization_id"})
    leas = tables[f"{kind}_leas"].rename(columns={"lea_id_nces": "organization_id"})
    return pd.concat([schools.drop(columns="lea_id_nces"), leas]).set_index(KEY)


@pytest.mark.parametrize("shape", ["wide", "long"])
def test_every_printed_percent_holds_the_true_one(
    franklin: tuple[Path, pd.DataFrame, int], shape: str
) -> None:
    printed = both_levels(assessments(franklin, shape), "achievement")
    joined = printed.join(franklin[1], how="left")
    somebody = joined[joined["denominator"] > 0]
    assert len(somebody) == len(franklin[1]) > 900
    true = 100 * somebody["numerator"] / somebody["denominator"]
    low = somebody["proficient_percent_low"].fillna(somebody["proficient_percent"]).astype(float)
    high = somebody["proficient_percent_high"].fillna(somebody["proficient_percent"]).astype(float)
    hidden = somebody["proficient_percent_kind"] == "suppressed"
    # Percents are rounded before they are put in a range.
    holds = (low - 0.5 <= true) & (true <= high + 0.5)
    assert (holds | hidden).all()
    assert (somebody.loc[hidden, "denominator"] <= 5).all()
    assert (somebody.loc[~hidden, "denominator"] > 5).all()
    assert {"exact", "ranged", "suppressed"} <= set(somebody["proficient_percent_kind"])


@pytest.mark.parametrize("shape", ["wide", "long"])
def test_counts_are_printed_as_they_are(franklin: tuple[Path, pd.DataFrame, int], shape: str) -> None:
    joined = both_levels(assessments(franklin, shape), "achievement").join(franklin[1], how="left")
    counted = joined[joined["scored_students"].notna()]
    assert (counted["scored_students"] == counted["denominator"].fillna(0)).all()
    if shape == "long":
        assert (counted["proficient_students"] == counted["numerator"].fillna(0)).all()


def test_wide_and_long_files_tell_the_same(franklin: tuple[Path, pd.DataFrame, int]) -> None:
    wide, long = (assessments(franklin, shape) for shape in ("wide", "long"))
    for kind, columns in (
        ("achievement", ["scored_students", "proficient_percent_kind", "proficient_percent_low"]),
        ("participation", ["participating_students", "participation_percent_kind"]),
    ):
        few = both_levels(long, kind)
        many = both_levels(wide, kind).loc[few.index]
        pd.testing.assert_frame_equal(many[columns], few[columns], check_dtype=False)
        rest = both_levels(wide, kind).drop(few.index)
        assert rest[columns[0]].isna().all()
        assert len(rest) + len(few) == len(both_levels(wide, kind))


def test_a_wide_file_gives_every_group_and_grade_of_every_unit(
    franklin: tuple[Path, pd.DataFrame, int],
) -> None:
    rows = assessments(franklin, "wide")["achievement_schools"]
    assert set(rows.groupby("school_id_nces").size()) == {16 * 8}


def test_express_prints_the_ranges_of_the_assessment_files_in_its_own_words(
    franklin: tuple[Path, pd.DataFrame, int],
) -> None:
    express = read(
        franklin,
        "ed_data_express",
        rates="ed_data_express/SY2324_FS178_DG584_*_data_files.zip",
        counts="ed_data_express/SY2324_FS118_*_data_files.zip",
    )
    rates = express["rates"]
    nobody = rates[rates["lea_id_nces"] == "Not Applicable"]
    assert list(nobody["percent_marker"]) == ["missing", "missing"]
    rates = rates.drop(nobody.index)
    long = assessments(franklin, "long")
    together = pd.concat([long["achievement_schools"], long["achievement_leas"]])
    for ours, theirs in (("percent", "proficient_percent"), ("percent_low", "proficient_percent_low")):
        assert sorted(rates[ours].dropna()) == sorted(together[theirs].dropna())
    hidden = (together["proficient_percent_kind"] == "suppressed").sum()
    assert (rates["percent_marker"] == "suppressed").sum() == hidden > 0


def test_each_set_of_the_membership_counts_everybody_once(
    franklin: tuple[Path, pd.DataFrame, int],
) -> None:
    tables = read(
        franklin, "nces_ccd_membership", leas="ccd/ccd_lea_052_*.zip", schools="ccd/ccd_sch_052_*.zip"
    )
    everybody = franklin[2]
    for level in ("leas", "schools"):
        sums = tables[level].groupby("count_set")["students"].sum()
        assert set(sums.index) == {"detail", "race_sex", "grade", "total", "total_without_adult"}
        assert (sums == everybody).all(), f"{level}: one set is everybody, all together are five times that"
        missing = tables[level][tables[level]["students"].isna()]
        assert set(missing["flag"]) == {"Missing"}
    by_school = tables["schools"][tables["schools"]["count_set"] == "grade"]
    by_lea = tables["leas"][tables["leas"]["count_set"] == "grade"]
    again = by_school.groupby(["lea_identifier_nces", "grade"])["students"].sum()
    expected = by_lea.set_index(["lea_identifier_nces", "grade"])["students"]
    assert (again == expected.loc[again.index]).all()
    assert expected.sum() == again.sum()


def test_the_directory_lists_every_unit_of_the_membership(
    franklin: tuple[Path, pd.DataFrame, int],
) -> None:
    tables = read(
        franklin, "nces_ccd_directory", leas="ccd/ccd_lea_029_*.zip", schools="ccd/ccd_sch_029_*.zip"
    )
    members = read(franklin, "nces_ccd_membership", schools="ccd/ccd_sch_052_*.zip")["schools"]
    assert set(tables["schools"]["school_identifier_nces"]) == set(members["school_identifier_nces"])
    closed = tables["leas"][tables["leas"]["operational_status"] == "closed"]
    assert not set(closed["lea_identifier_nces"]) & set(members["lea_identifier_nces"])
