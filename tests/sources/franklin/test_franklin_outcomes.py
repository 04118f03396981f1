"""Franklin's tests, growth, learners and absence in core, recounted from its files with plain pandas.

Frames of students are reduced to counts before they are compared, so that no failure shows a student.
"""

from __future__ import annotations

from pathlib import Path

import duckdb
import pandas as pd
import pyarrow.parquet as pq
import pytest
from franklin_reading import YEAR

ASSESSMENT = ["organization_id", "subject", "grade", "student_group"]
MINIMUM_DAYS, FULL_YEAR_DAYS = 10, 150
# Position and width of the record's fields that are counted here.
VENDOR = {"subject": (4, 7), "school": (14, 21), "student": (21, 30), "grade": (65, 67), "form": (67, 68),
          "reason": (68, 69), "level": (73, 74)}  # fmt: skip
SUBJECTS = {"RLA": "ela", "MTH": "math", "SCI": "science"}
FLAGS = ("children_with_disabilities", "english_learner", "economically_disadvantaged", "homeless")


@pytest.fixture(scope="module")
def records(data: Path) -> pd.DataFrame:
    """The vendor's records, cut by position."""
    lines = (data / "assessment" / f"summative_{YEAR}.txt").read_text(encoding="ascii").splitlines()
    frame = pd.DataFrame(
        {name: [line[a:b].strip() for line in lines] for name, (a, b) in VENDOR.items()}, dtype=str
    )
    frame["subject"] = frame["subject"].map(SUBJECTS)
    return frame[frame["reason"] != "M"].assign(tested=frame["reason"] == "")


@pytest.fixture(scope="module")
def days(data: Path) -> pd.DataFrame:
    """The day rows: student, school, month and whether absent."""
    frame = pq.read_table(data / "sis" / f"attendance_{YEAR}.parquet").to_pandas()
    frame = frame.astype({"student_id": str, "school_identifier_sea": str})
    frame["month"] = pd.to_datetime(frame["date"]).dt.to_period("M")
    return frame.assign(absent=frame["attendance_status"] != "present")


@pytest.fixture(scope="module")
def students(data: Path) -> pd.DataFrame:
    frame = pq.read_table(data / "sis" / f"students_{YEAR}.parquet").to_pandas().set_index("student_id")
    for name in FLAGS:
        frame[name] = frame[name].astype(str).str.lower() == "true"
    return frame


@pytest.fixture(scope="module")
def nces_ids(core: duckdb.DuckDBPyConnection) -> dict[str, str]:
    rows = core.execute(
        "SELECT school_identifier_sea, organization_id FROM core.organizations"
        " WHERE organization_type = 'SCHOOL'"
    ).fetchall()
    return {str(sea): str(nces) for sea, nces in rows}


def test_who_was_to_be_tested_and_who_was_is_what_the_vendor_knows(
    core: duckdb.DuckDBPyConnection, records: pd.DataFrame, nces_ids: dict[str, str]
) -> None:
    grades = records.assign(grade=records["grade"].replace({"11": "hs"}))
    both = pd.concat([grades, grades.assign(grade="all")])
    both["alternate"] = both["form"] == "T"
    counted = both.groupby(["school", "subject", "grade"]).agg(
        enrolled=("tested", "size"), tested=("tested", "sum"), alternate=("alternate", "sum")
    )
    expected = {(nces_ids[k[0]], *k[1:]): tuple(int(x) for x in row) for k, *row in counted.itertuples()}
    found = core.execute(
        "SELECT organization_id, subject, grade, enrolled_students, tested_students,"
        " alternate_tested_students FROM core.assessment_results WHERE student_group = 'all'"
    ).fetchall()
    assert {row[:3]: row[3:] for row in found} == expected


def test_scores_and_participation_of_a_cell_are_one_row_with_the_lineage_of_the_scores(
    core: duckdb.DuckDBPyConnection,
) -> None:
    rows = core.execute("SELECT * FROM core.assessment_results").df()
    assert not rows.duplicated(ASSESSMENT).any()
    scored = rows[rows["has_results"]]
    assert set(scored["source_id"].str.contains("achievement")) == {True}
    assert scored["enrolled_students"].notna().all()
    alone = rows[~rows["has_results"]]
    assert set(alone["source_id"].str.contains("participation")) <= {True}
    assert alone["scored_students"].isna().all()
    assert (scored["scored_students"] == scored["tested_students"]).all()


def test_two_sources_of_scores_stay_two_rows(core: duckdb.DuckDBPyConnection, project: Path) -> None:
    sql = (project / "assets" / "core" / "assessment_results.sql").read_text(encoding="utf-8")
    count = f"SELECT count(*) FROM ({sql})"
    before = core.execute(count).fetchone()
    core.execute("BEGIN")
    try:
        core.execute(
            "INSERT INTO mapped.assessment_results SELECT * REPLACE ('another' AS source_id)"
            " FROM mapped.assessment_results WHERE has_results LIMIT 3"
        )
        after = core.execute(count).fetchone()
    finally:
        core.execute("ROLLBACK")
    assert before is not None and after is not None
    assert after[0] == before[0] + 3


def test_accountability_counts_students_of_a_full_academic_year(
    core: duckdb.DuckDBPyConnection,
    records: pd.DataFrame,
    days: pd.DataFrame,
    students: pd.DataFrame,
    nces_ids: dict[str, str],
) -> None:
    enrolled = days.groupby(["student_id", "school_identifier_sea"]).size()
    full = set(enrolled[enrolled >= FULL_YEAR_DAYS].index)
    kept = records[[pair in full for pair in zip(records["student"], records["school"], strict=True)]]
    assert 0 < len(kept) < len(records)
    kept = kept.assign(good=kept["level"].isin(["3", "4"]))
    groups = [kept.assign(group="all")]
    groups += [kept[students[flag].reindex(kept["student"]).to_numpy()].assign(group=flag) for flag in FLAGS]
    counted = (
        pd.concat(groups)
        .groupby(["school", "subject", "group"])
        .agg(enrolled=("tested", "size"), tested=("tested", "sum"), good=("good", "sum"))
    )
    expected = {(nces_ids[k[0]], *k[1:]): tuple(int(x) for x in row) for k, *row in counted.itertuples()}
    found = core.execute(
        "SELECT organization_id, subject, student_group, enrolled_students, tested_students,"
        " proficient_students FROM core.accountability_results WHERE student_group IN ('all',"
        " 'children_with_disabilities', 'english_learner', 'economically_disadvantaged', 'homeless')"
    ).fetchall()
    assert {row[:3]: row[3:] for row in found} == expected


def test_the_participation_floor_is_95_percent_of_the_enrolled_to_the_hundredth(
    core: duckdb.DuckDBPyConnection,
) -> None:
    rows = core.execute(
        "SELECT enrolled_students, participation_floor_students FROM core.accountability_results"
    ).fetchall()
    assert len(rows) > 100
    assert all(floor * 100 == enrolled * 95 for enrolled, floor in rows)


def test_absence_so_far_is_that_of_the_days_up_to_the_end_of_each_month(
    core: duckdb.DuckDBPyConnection, days: pd.DataFrame, students: pd.DataFrame, nces_ids: dict[str, str]
) -> None:
    expected: dict[tuple[str, str, str], tuple[int, int]] = {}
    months = sorted(days["month"].unique())
    for month in months:
        past = days[days["month"] <= month].groupby(["student_id", "school_identifier_sea"])["absent"]
        sums = past.agg(["size", "sum"]).reset_index()
        sums = sums[sums["size"] >= MINIMUM_DAYS]
        sums["chronic"] = sums["sum"] * 10 >= sums["size"]
        for group in ("all", *FLAGS):
            inside = sums if group == "all" else sums[students[group].reindex(sums["student_id"]).to_numpy()]
            for school, of in inside.groupby("school_identifier_sea")["chronic"]:
                key = (nces_ids[str(school)], str(month), group)
                expected[key] = (int(of.sum()), len(of))
    found = core.execute(
        "SELECT organization_id, strftime(month_end, '%Y-%m'), student_group, chronically_absent_students,"
        " eligible_students FROM core.chronic_absence_months WHERE student_group IN ('all',"
        " 'children_with_disabilities', 'english_learner', 'economically_disadvantaged', 'homeless')"
    ).fetchall()
    assert len(months) > 7
    assert {row[:3]: row[3:] for row in found} == expected


def test_the_last_month_of_absence_is_the_year(core: duckdb.DuckDBPyConnection) -> None:
    last = core.execute(
        "SELECT organization_id, student_group, eligible_students, chronically_absent_students"
        " FROM core.chronic_absence_months WHERE month_end = ("
        " SELECT max(month_end) FROM core.chronic_absence_months) ORDER BY ALL"
    ).fetchall()
    year = core.execute(
        "SELECT organization_id, student_group, eligible_students, chronically_absent_students"
        " FROM core.chronic_absence WHERE source_id = 'core' ORDER BY ALL"
    ).fetchall()
    assert len(last) > 50
    assert last == year


def test_growth_is_what_the_state_hands_over(core: duckdb.DuckDBPyConnection, data: Path) -> None:
    lines = pd.read_csv(data / "growth" / f"growth_{YEAR}.csv", dtype=str)
    counts = lines[["StudentsWithTwoScores", "StudentsMeetingGrowth"]].astype(int)
    for code, subject in (("RLA", "ela"), ("MTH", "math")):
        of = (lines["Subject"] == code) & (lines["Grade"] == "ALL") & (lines["StudentGroup"] == "LEP")
        there = counts[of]
        found = core.execute(
            "SELECT count(*), sum(two_score_students), sum(growth_met_students) FROM core.student_growth"
            " WHERE subject = ? AND grade = 'all' AND student_group = 'english_learner'",
            [subject],
        ).fetchone()
        assert found == (len(there), *(int(x) for x in there.sum()))
    total = core.execute(
        "SELECT count(*), count(DISTINCT organization_id) FROM core.student_growth"
    ).fetchone()
    assert total == (len(lines), lines["SchoolCode"].nunique())


def test_learners_of_schools_and_of_districts_stand_in_rows_of_their_own(
    core: duckdb.DuckDBPyConnection, data: Path
) -> None:
    progress = pd.read_csv(data / "elp" / f"elp_progress_{YEAR}.csv", dtype={"StudentGroup": str})
    of_schools = core.execute(
        "SELECT student_group, count(*), sum(tested_students), sum(tested_two_years_students),"
        " sum(on_track_students), sum(proficient_students) FROM core.el_progress"
        " WHERE tested_students IS NOT NULL GROUP BY 1 ORDER BY 1"
    ).fetchall()
    names = ["StudentsTested", "StudentsTestedTwoYears", "StudentsOnTrack", "StudentsProficient"]
    expected = []
    for code, group in (("LEP", "english_learner"), ("LEP_WDIS", "english_learner_with_disabilities")):
        there = progress[progress["StudentGroup"] == code][names]
        expected.append((group, len(there), *(int(x) for x in there.sum())))
    assert of_schools == expected
    # The totals of FS141, and those without proficiency of FS210.
    learners, long_term = _of_leas(data, "LEPENROLL", ",Y,"), _of_leas(data, "ELPROF5YR", "PROF5YRSNO")
    of_leas = core.execute(
        "SELECT lea_identifier_sea, english_learners, five_year_not_proficient_students"
        " FROM core.el_progress JOIN core.organizations USING (organization_id, school_year)"
        " WHERE english_learners IS NOT NULL AND student_group = 'english_learner'"
    ).fetchall()
    assert {row[0]: row[1:] for row in of_leas} == {
        lea: (count, long_term.get(lea, 0)) for lea, count in learners.items()
    }


def _of_leas(data: Path, name: str, mark: str) -> dict[str, int]:
    """Counts by LEA of the lines of a submission that hold a mark."""
    (file,) = (data / "edfacts" / str(YEAR)).glob(f"FKLEA{name}v*")
    counts: dict[str, int] = {}
    for line in file.read_text(encoding="utf-8").splitlines()[1:]:
        if mark in line:
            cells = line.split(",")
            lea, amount = (cells[3], cells[-1]) if len(cells) > 1 else (line[14:28], line[-10:])
            counts[lea.strip()] = int(amount)
    return counts


@pytest.mark.parametrize(
    ("table", "source", "part", "sql"),
    [
        ("student_growth", "state_growth_results", "growth", "school_identifier_sea"),
        ("assessment_results", "edfacts_fs188_rla_participation", "submission", "school_identifier_sea"),
        ("el_progress", "edfacts_fs141_english_learners", "submission", "lea_identifier_sea"),
    ],
)
def test_an_unknown_organization_keeps_its_rows_under_the_states_id(
    core: duckdb.DuckDBPyConnection, project: Path, table: str, source: str, part: str, sql: str
) -> None:
    mapping = (project / "sources" / source / "core" / f"{table}.sql").read_text(encoding="utf-8")
    rows = f"SELECT count(*) FROM ({mapping})"
    before = core.execute(rows).fetchone()
    level = "AND level = 'LEA'" if sql.startswith("lea") else ""
    one = core.execute(f"SELECT min({sql}) FROM raw.{source}__{part} WHERE {sql} <> '' {level}").fetchone()
    assert one is not None
    core.execute("BEGIN")
    try:
        core.execute(f"UPDATE raw.{source}__{part} SET {sql} = '9999999' WHERE {sql} = ?", [*one])
        after = core.execute(rows).fetchone()
        moved = core.execute(f"{rows} WHERE organization_id = 'FK-9999999'").fetchone()
    finally:
        core.execute("ROLLBACK")
    assert after == before
    assert moved is not None and moved[0] > 0
