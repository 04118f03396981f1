"""What programs report, and the truth about it, recounted from the files by plain means."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from submissions import submitted

from simulator.generate import generate
from simulator.organizations import build_state
from simulator.settings import Settings

YEARS = (2024, 2025)
Told = dict[tuple[str, ...], tuple[int, int]]


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / name).open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def told(folder: Path, measure: str, year: int, kind: str, *by: str) -> Told:
    """Numerator and denominator by organization and dimensions; of an LEA, as it reports."""
    wanted = (
        (pc.field("measure_id") == measure)
        & (pc.field("school_year") == year)
        & (pc.field("organization_type") == kind)
        & (pc.field("organization_view") != "authorizer")
    )
    table = pq.read_table(folder / "truth" / "truth.parquet", filters=wanted).to_pylist()
    answers = {
        tuple(row[name] for name in ("organization_id", *by)): (row["numerator"], row["denominator"])
        for row in table
    }
    assert len(answers) == len(table)
    return answers


@pytest.fixture(scope="module")
def nces() -> dict[str, str]:
    """NCES ids of LEAs and schools by the state's."""
    state = build_state(Settings(students=2_000, seed=11))
    return {one.state_id: one.nces_id for one in (*state.leas, *state.schools)}


@pytest.mark.parametrize("year", YEARS)
def test_growth_is_what_its_file_says(folder: Path, nces: dict[str, str], year: int) -> None:
    groups = {"ALL": "all", "LEP": "english_learner", "WDIS": "children_with_disabilities", "MW": "white"}
    subjects = {"RLA": "ela", "MTH": "math"}
    found: Told = {}
    for row in rows(folder, f"growth/growth_{year}.csv"):
        if row["StudentGroup"] in groups:
            key = (
                nces[row["SchoolCode"]], groups[row["StudentGroup"]], row["Grade"].lower(),
                subjects[row["Subject"]],
            )  # fmt: skip
            found[key] = (int(row["StudentsMeetingGrowth"]), int(row["StudentsWithTwoScores"]))
    answers = told(folder, "growth_target_rate", year, "SCHOOL", "student_group", "grade", "subject")
    assert {key: cell for key, cell in answers.items() if key[1] in groups.values()} == found
    assert min(both for _, both in found.values()) == 1
    assert {key[2] for key in found} == {"all", "04", "05", "06", "07", "08"}


@pytest.mark.parametrize("year", YEARS)
def test_progress_in_english_is_what_its_file_says(folder: Path, nces: dict[str, str], year: int) -> None:
    names = {"LEP": "english_learner", "LEP_WDIS": "english_learner_with_disabilities"}
    found: Told = {}
    whole: Counter[str] = Counter()
    for row in rows(folder, f"elp/elp_progress_{year}.csv"):
        tested, both, on_track, proficient = (
            int(row[name])
            for name in (
                "StudentsTested",
                "StudentsTestedTwoYears",
                "StudentsOnTrack",
                "StudentsProficient",
            )
        )
        assert on_track <= both <= tested and proficient <= tested and tested > 0
        whole[names[row["StudentGroup"]]] += both
        if both:
            found[nces[row["SchoolCode"]], names[row["StudentGroup"]]] = (on_track, both)
    assert told(folder, "el_progress_rate", year, "SCHOOL", "student_group") == found
    state = told(folder, "el_progress_rate", year, "SEA", "student_group")
    assert {key[1]: cell[1] for key, cell in state.items()} == dict(whole)


@pytest.mark.parametrize("year", YEARS)
def test_long_term_learners_are_those_of_two_submissions(
    folder: Path, nces: dict[str, str], year: int
) -> None:
    learners, still = Counter[str](), Counter[str]()
    for row in submitted(folder, year, "FS141", "LEA"):
        if row["TotalIndicator"] == "Y":
            learners[nces[row["StateLEAIDNumber"]]] += int(row["Amount"])
    for row in submitted(folder, year, "FS210", "LEA"):
        if row["ELProf5YrStatusID"] == "PROF5YRSNO":
            still[nces[row["StateLEAIDNumber"]]] += int(row["Amount"])
    expected = {(lea,): (still[lea], count) for lea, count in learners.items()}
    assert told(folder, "long_term_el_rate", year, "LEA") == expected
    assert told(folder, "long_term_el_rate", year, "SEA") == {("FK",): (still.total(), learners.total())}


@pytest.mark.parametrize("year", YEARS)
@pytest.mark.parametrize(
    ("measure", "name", "good", "all_of_them"),
    [
        ("migrant_priority_served_rate", "migrant_services", "PriorityServed", "PriorityForServices"),
        ("idea_evaluation_on_time_rate", "idea_evaluations", "EvaluatedOnTime", "ConsentsReceived"),
    ],
)
def test_services_of_districts_are_what_their_files_say(
    folder: Path, nces: dict[str, str], year: int, measure: str, name: str, good: str, all_of_them: str
) -> None:
    found = {
        (nces[row["DistrictCode"]],): (int(row[good]), int(row[all_of_them]))
        for row in rows(folder, f"programs/{name}_{year}.csv")
    }
    assert told(folder, measure, year, "LEA") == {key: cell for key, cell in found.items() if cell[1]}
    whole = (sum(cell[0] for cell in found.values()), sum(cell[1] for cell in found.values()))
    assert told(folder, measure, year, "SEA") == {("FK",): whole}


@pytest.mark.parametrize("year", YEARS)
def test_grantees_are_districts_and_organizations_and_the_state_is_all_of_them(
    folder: Path, nces: dict[str, str], year: int
) -> None:
    districts, organizations = Counter[str](), Counter[str]()
    improved = 0
    for row in rows(folder, f"programs/cclc_{year}.csv"):
        low = int(row["PriorAttendanceLow"])
        improved += int(row["AttendanceImproved"])
        if row["GranteeType"] == "LEA":
            assert row["GranteeCode"] == row["DistrictCode"]
            districts[nces[row["GranteeCode"]]] += low
        else:
            assert row["GranteeCode"][0] == "C" and len(row["GranteeCode"]) == 5
            organizations[row["GranteeCode"]] += low
    assert organizations
    of_leas = told(folder, "cclc_attendance_gain_rate", year, "LEA")
    assert {key[0]: cell[1] for key, cell in of_leas.items()} == dict(+districts)
    of_others = told(folder, "cclc_attendance_gain_rate", year, "CBO")
    assert {key[0].split(".")[-1]: cell[1] for key, cell in of_others.items()} == dict(+organizations)
    whole = told(folder, "cclc_attendance_gain_rate", year, "SEA")
    assert whole == {("FK",): (improved, districts.total() + organizations.total())}


@pytest.mark.parametrize("year", YEARS)
def test_concentrators_are_what_their_file_says_and_not_every_district_has_some(
    folder: Path, nces: dict[str, str], year: int
) -> None:
    found = {
        (nces[row["DistrictCode"]], row["StudentGroup"]): (
            int(row["MetProgramQuality"]),
            int(row["Concentrators"]),
        )
        for row in rows(folder, f"programs/perkins_{year}.csv")
    }
    answers = told(folder, "perkins_program_quality_rate", year, "LEA", "student_group")
    for code, group in (("ALL", "all"), ("LEP", "english_learner"), ("MHL", "hispanic_or_latino")):
        assert {key[0]: cell for key, cell in answers.items() if key[1] == group} == {
            key[0]: cell for key, cell in found.items() if key[1] == code
        }
    districts = {row["StateLEAIDNumber"] for row in submitted(folder, year, "FS052", "LEA")}
    assert 0 < len({key[0] for key in found}) < len(districts)


@pytest.mark.parametrize("year", YEARS)
def test_exits_of_special_education_add_up_in_every_set_and_give_the_truth(
    folder: Path, nces: dict[str, str], year: int
) -> None:
    columns = ("DisabilityCategoryID", "AgeID", "RaceEthnicityID", "GenderID", "LEPStatusID", "BasisofExitID")
    sets: Counter[tuple[str, ...]] = Counter()
    regular, everybody = Counter[str](), Counter[str]()
    for row in submitted(folder, year, "FS009", "LEA"):
        filled = tuple(column for column in columns if row[column])
        sets[filled] += int(row["Amount"])
        if filled == ("BasisofExitID",):
            assert row["TotalIndicator"] == "Y"
            lea, basis, count = nces[row["StateLEAIDNumber"]], row["BasisofExitID"], int(row["Amount"])
            regular[lea] += count * (basis == "GHS")
            everybody[lea] += count * (basis in ("GHS", "GRADALTDPL", "RC", "RMA", "DROPOUT"))
    assert len(sets) == 11 and len(set(sets.values())) == 1
    expected = {(lea,): (regular[lea], count) for lea, count in everybody.items() if count}
    assert told(folder, "idea_regular_diploma_rate", year, "LEA") == expected
    assert told(folder, "idea_regular_diploma_rate", year, "SEA") == {
        ("FK",): (regular.total(), everybody.total())
    }


def test_the_five_year_cohort_is_that_of_the_year_before_with_more_diplomas(folder: Path) -> None:
    """Every school keeps its graduates of four years; few members left, so the rate rises."""
    four = told(folder, "graduation_rate_4yr", 2024, "SCHOOL", "student_group")
    five = told(folder, "graduation_rate_5yr", 2025, "SCHOOL", "student_group")
    assert five.keys() <= four.keys()
    more = 0
    for key, (graduates, members) in five.items():
        assert four[key][0] <= graduates and members <= four[key][1]
        more += graduates - four[key][0]
    assert more > 0
    counts: dict[str, Counter[str]] = {}
    for row in submitted(folder, 2025, "FS151", "SEA"):
        if row["TotalIndicator"] == "Y" and row["CohortStatusID"]:
            of_table = counts.setdefault(row["TableTypeAbbrv"], Counter())
            of_table[row["CohortStatusID"]] += int(row["Amount"])
    assert set(counts) == {"ADJCOHORT", "ADJCOHORT5YR"}
    late = counts["ADJCOHORT5YR"]
    whole = told(folder, "graduation_rate_5yr", 2025, "SEA", "student_group")["FK", "all"]
    assert whole == (late["COHYES"] + late["COHALTDPL"], late.total())


def test_a_year_written_alone_tells_the_same_five_year_cohort(folder: Path, tmp_path: Path) -> None:
    """The cohort of a year that is not written is drawn as if it were."""
    alone = generate(Settings(students=2_000, seed=11, years=(2025,)), tmp_path / "alone").folder
    for name in (
        "edfacts/2025/FKSCHGRADCOHRTv000001.csv",
        "growth/growth_2025.csv",
        "elp/elp_progress_2025.csv",
        "programs/cclc_2025.csv",
        "programs/perkins_2025.csv",
    ):
        assert (alone / name).read_bytes() == (folder / name).read_bytes()
