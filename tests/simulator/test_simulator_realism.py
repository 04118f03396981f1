"""Franklin is like a state: who its students are, how its LEAs differ, what happens to both.

Counts only, so that a failure prints no student.
"""

from __future__ import annotations

import csv
import time
import tracemalloc
from itertools import combinations
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq
import pytest

from simulator import attendance, outcomes, people
from simulator.attendance import ROWS_PER_CHUNK, write_attendance
from simulator.generate import Written
from simulator.organizations import CLOSED_ON, State, build_state
from simulator.people import Spells, Students
from simulator.school_calendar import INSTRUCTIONAL_DAYS
from simulator.settings import Settings
from simulator.truth.absence import chronic_spells, eligible_spells
from simulator.vocabulary import RACES, SEXES, STATUSES

# Enough LEAs that what one of them is like by chance does not hide what poverty does.
SETTINGS = Settings(students=100_000, years=(2025,))


class Drawn:
    """One school year, drawn once for all tests."""

    def __init__(self, folder: Path) -> None:
        self.state = build_state(SETTINGS)
        self.students: Students = people.enrolled_students(SETTINGS, self.state, 2025)
        self.spells: Spells = people.enrolment_spells(SETTINGS, self.students)
        self.absent = write_attendance(
            SETTINGS, self.state, self.students, self.spells, folder / "attendance.parquet"
        ).total
        self.tested: outcomes.Tested = outcomes.take_tests(SETTINGS, self.students, self.spells, self.absent)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Drawn:
    return Drawn(tmp_path_factory.mktemp("drawn"))


@pytest.fixture(scope="module")
def large() -> State:
    return build_state(Settings(students=200_000))


def test_group_memberships_overlap_as_poverty_makes_them(drawn: Drawn) -> None:
    students = drawn.students
    for first, second in combinations(("children_with_disabilities", "english_learner", "homeless"), 2):
        assert (students.statuses[first] & students.statuses[second]).sum() > 0
    for status in STATUSES:
        for race in range(len(RACES)):
            if (students.race == race).sum() > 2_000 and status != "migrant":
                assert (students.statuses[status] & (students.race == race)).sum() > 0
    poor = students.statuses["economically_disadvantaged"]
    for status in ("homeless", "children_with_disabilities", "migrant"):
        flags = students.statuses[status]
        assert flags[poor].mean() > flags[~poor].mean()
    assert set(students.sex.tolist()) == set(range(len(SEXES)))


def test_absence_is_higher_and_achievement_lower_in_poverty(drawn: Drawn) -> None:
    poor = drawn.students.statuses["economically_disadvantaged"]
    counted, chronic = eligible_spells(drawn.spells), chronic_spells(drawn.spells, drawn.absent)
    in_poverty = poor[drawn.spells.student]
    rates = [chronic[counted & (in_poverty == flag)].mean() for flag in (True, False)]
    assert rates[0] > 1.4 * rates[1]
    proficient = [
        drawn.tested.proficient[poor[drawn.tested.student] == flag].mean() for flag in (True, False)
    ]
    assert proficient[0] < proficient[1] - 0.1


def test_schools_in_poverty_have_more_absence_and_less_proficiency(drawn: Drawn) -> None:
    size = len(drawn.state.schools)

    def share(school: npt.NDArray[np.int64], flag: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
        count = np.bincount(school, minlength=size)
        return np.asarray(np.bincount(school[flag], minlength=size) / np.maximum(count, 1))

    poverty = share(drawn.students.school, drawn.students.statuses["economically_disadvantaged"])
    absence = share(drawn.spells.school, chronic_spells(drawn.spells, drawn.absent))
    proficient = share(drawn.tested.school, drawn.tested.proficient)
    tested = np.bincount(drawn.tested.school, minlength=size) > 50
    # Of one level: older students miss more days whoever they are.
    young = np.array([school.high_grade == 5 for school in drawn.state.schools])
    assert young.sum() > 30
    assert np.corrcoef(poverty[young], absence[young])[0, 1] > 0.3
    assert np.corrcoef(poverty[tested], proficient[tested])[0, 1] < -0.4


def test_those_who_miss_more_days_reach_less(drawn: Drawn) -> None:
    missed = np.bincount(drawn.spells.student, weights=drawn.absent)[drawn.tested.student]
    much = missed >= np.median(missed)
    assert drawn.tested.proficient[much].mean() < drawn.tested.proficient[~much].mean()


def test_few_leas_have_most_students(large: State) -> None:
    shares = np.sort(np.array([lea.share for lea in large.regular]))[::-1]
    assert shares.sum() == pytest.approx(1.0)
    tenth = len(shares) // 10
    assert shares[:tenth].sum() > 0.4
    assert shares[len(shares) // 2 :].sum() < 0.2
    assert shares[0] > 20 * np.median(shares)


def test_small_leas_have_one_school_of_all_grades(large: State) -> None:
    per_lea = np.bincount(large.reporters, minlength=len(large.leas))
    single = [lea for lea in large.regular if per_lea[lea.position] == 1]
    assert len(single) >= 20
    grades = {
        (s.low_grade, s.high_grade) for s in large.schools if s.reporting in {x.position for x in single}
    }
    assert grades == {(0, 12)}


def test_movers_are_in_two_schools_one_after_the_other(drawn: Drawn) -> None:
    spells = drawn.spells
    order = np.lexsort((spells.first_day, spells.student))
    who, school = spells.student[order], spells.school[order]
    first, last = spells.first_day[order], spells.last_day[order]
    second = np.flatnonzero(who[1:] == who[:-1]) + 1
    assert 0.02 < len(second) / len(drawn.students.number) < 0.06
    assert (school[second] != school[second - 1]).all()
    assert (first[second] == last[second - 1]).all()
    assert (last[second] == INSTRUCTIONAL_DAYS).all()
    moved_on = first[second]
    assert moved_on.min() < 20
    assert moved_on.max() > INSTRUCTIONAL_DAYS - 20


def test_closed_leas_have_no_students_and_no_finance_but_stay_in_the_directory(small: Written) -> None:
    state = build_state(Settings(students=2_000, seed=11))
    closed = [lea for lea in state.leas if lea.closed_on is not None]
    assert {lea.closed_on for lea in closed} == {CLOSED_ON}
    assert sorted(lea.merged_into is None for lea in closed) == [False, True]
    assert not {lea.position for lea in closed} & {school.reporting for school in state.schools}
    ids = {lea.nces_id for lea in closed}
    with (small.folder / "directory" / "franklin_districts.csv").open(encoding="utf-8", newline="") as file:
        status = {row["NCES District ID"]: row["Status"] for row in csv.DictReader(file)}
    assert {nces for nces, word in status.items() if word == "Closed"} == ids
    surveys = [*small.folder.glob("finance/*/*.csv"), *small.folder.glob("f33/*.txt")]
    assert len(surveys) == 4
    for path in surveys:
        assert not any(nces in path.read_text(encoding="utf-8") for nces in ids)


def test_charter_leas_report_themselves_and_are_authorized_by_another(large: State) -> None:
    charters = [lea for lea in large.leas if lea.is_charter]
    assert len(charters) == 2
    for lea in charters:
        (school,) = [s for s in large.schools if s.reporting == lea.position]
        assert school.is_charter
        assert school.authorizer == lea.authorizer != lea.position


def test_organizations_have_alternate_ids_and_one_a_prior_one(large: State) -> None:
    for kind in ("nces_id", "state_id", "uei"):
        assert len({getattr(lea, kind) for lea in large.leas}) == len(large.leas)
    (renumbered,) = [lea for lea in large.leas if lea.prior_state_id]
    assert renumbered.prior_state_id not in {lea.state_id for lea in large.leas}
    assert {len(renumbered.prior_state_id or ""), len(renumbered.state_id)} == {7}
    assert any(lea.state_id.startswith("0") for lea in large.leas)


def test_a_chunk_of_student_days_is_never_larger_than_its_bound() -> None:
    days = np.random.default_rng(5).integers(1, INSTRUCTIONAL_DAYS + 1, 60_000)
    spells = Spells(np.arange(len(days)), np.zeros(len(days), np.int64), np.zeros(len(days), np.int64), days)
    chunks = attendance._chunks(spells)
    assert [start for start, _ in chunks[1:]] == [stop for _, stop in chunks[:-1]]
    assert (chunks[0][0], chunks[-1][1]) == (0, len(days))
    assert max(int(days[start:stop].sum()) for start, stop in chunks) < ROWS_PER_CHUNK + INSTRUCTIONAL_DAYS


def written(students: int, path: Path) -> tuple[float, int]:
    """Seconds of both cores together, so that a busy machine does not matter, and the peak of arrays held."""
    settings = Settings(students=students, years=(2025,))
    state = build_state(settings)
    enrolled = people.enrolled_students(settings, state, 2025)
    spells = people.enrolment_spells(settings, enrolled)
    tracemalloc.start()
    try:
        started = time.process_time()
        write_attendance(settings, state, enrolled, spells, path)
        return time.process_time() - started, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_student_days_are_written_a_million_a_second_and_in_level_memory(tmp_path: Path) -> None:
    peaks = {}
    for students in (12_000, 72_000):
        path = tmp_path / f"{students}.parquet"
        seconds, peaks[students] = written(students, path)
        assert pq.ParquetFile(path).metadata.num_rows / seconds > 1_000_000
    # Six times the days in the memory of one chunk, but for a few columns of students.
    assert peaks[72_000] < 1.3 * peaks[12_000]
