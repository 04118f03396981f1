"""All submission files of a school year, and what they must add up to.

Put here: which people go into which file. Not here: how they are counted and written.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from itertools import chain
from pathlib import Path

import numpy as np

from simulator.edfacts import assessments, directories, graduation, statuses, students
from simulator.edfacts.counting import Counted, Submitted, write_counts
from simulator.edfacts.population import People, everybody, on_day, poverty_share
from simulator.edfacts.staff import teachers, write_allocations
from simulator.money.world import Money
from simulator.outcomes import DID_NOT_GRADUATE
from simulator.programs import special_education
from simulator.school_year import Year
from simulator.settings import Settings

ACHIEVEMENT_BOUNDS = np.array([0.25, 0.45, 0.65])
GRADUATION_BOUNDS = np.array([0.67, 0.80, 0.92])
ATTENDANCE_BOUNDS = np.array([0.70, 0.80, 0.90])


def write_submissions(settings: Settings, happened: Year, federal: Money, out: Path) -> None:
    """Write a year's files below `edfacts`, and below `truth` what each of them must add up to."""
    state, year = happened.state, happened.students.year
    folder = out / "edfacts" / str(year)
    # One specification at a time: the categories of all of them together would not fit a large state.
    counts = chain(_student_counts(settings, happened), _outcome_counts(happened))
    totals: list[Submitted] = []
    for specification, tables in counts:
        totals += write_counts(folder, state, specification, year, tables)
    totals += write_allocations(federal, year, folder)
    directories.write_directory(folder, state, year)
    directories.write_grades(folder, state, year)
    fall = on_day(state, happened.students, happened.spells)
    statuses.write_school_programs(folder, state, year, poverty_share(fall))
    members = graduation.cohort_people(state, happened.students, happened.cohort)
    graduation.write_rates(folder, year, members, happened.cohort)
    _write_statuses(happened, folder)
    (out / "truth").mkdir(exist_ok=True)
    _write_totals(totals, out / "truth" / f"edfacts_totals_{year}.csv")


def _student_counts(settings: Settings, happened: Year) -> Iterable[tuple[str, list[Counted]]]:
    fall = on_day(happened.state, happened.students, happened.spells)
    yield "FS002", students.children_with_disabilities(fall)
    yield "FS033", students.school_lunch(fall)
    yield "FS037", students.title_i_participation(fall)
    yield "FS052", students.membership(fall)
    yield "FS134", students.title_i_programs(fall)
    yield "FS141", students.english_learners(fall)
    yield "FS194", students.young_homeless(settings, fall)
    yield "FS203", teachers(fall)
    yield "FS210", students.five_year_proficiency(fall)
    yield "FS211", students.exited(fall)
    anytime = everybody(happened.state, happened.students, happened.spells)
    yield "FS118", students.homeless_enrolled(anytime)
    yield "FS195", students.chronic_absence(anytime, happened.chronic)


def _outcome_counts(happened: Year) -> Iterable[tuple[str, list[Counted]]]:
    reading, mathematics, science = (happened.subjects[name] for name in ("RLA", "MTH", "SCI"))
    yield "FS175", assessments.achievement(mathematics, "STUDPERFMLG", "STUDPERFMHS")
    yield "FS178", assessments.achievement(reading, "STUDPERFRLALG", "STUDPERFRLAHS")
    yield "FS179", assessments.achievement(science, "STUDPERFSLG", "STUDPERFSHS")
    yield "FS185", assessments.participation(mathematics, "STUPARTMATHLG", "STUPARTMATHHS")
    yield "FS188", assessments.participation(reading, "STUPARTRLALG", "STUPARTRLAHS")
    yield "FS189", assessments.science_participation(science)
    yield "FS151", _cohorts(happened)
    yield "FS009", special_education.exiting(happened.programs.exits)


def _cohorts(happened: Year) -> list[Counted]:
    earlier, late = happened.five_years
    tables = (
        (graduation.FOUR_YEARS, happened.students, happened.cohort),
        (graduation.FIVE_YEARS, earlier, late),
    )
    return [
        graduation.cohorts(graduation.cohort_people(happened.state, students, cohort), cohort, table)
        for table, students, cohort in tables
    ]


def _write_statuses(happened: Year, folder: Path) -> None:
    state, year = happened.state, happened.students.year
    tested = happened.tested
    people = everybody(state, happened.students, happened.spells)
    reading = statuses.Rate(
        People(state, happened.students, tested.student, tested.school), tested.proficient
    )
    cohort = statuses.Rate(
        graduation.cohort_people(state, happened.students, happened.cohort),
        np.asarray(happened.cohort.outcome != DID_NOT_GRADUATE),
    )
    present = statuses.Rate(people.where(happened.eligible), ~happened.chronic[happened.eligible])
    low = np.asarray(reading.people.students.grade[reading.people.who] <= 8)
    elementary = statuses.Rate(reading.people.where(low), reading.good[low])
    write = statuses.write_indicator
    write(folder, "FS199", year, "GRADRATESTATUS", [("", cohort)], GRADUATION_BOUNDS)
    write(folder, "FS200", year, "ACADACHIEVESTATUS", [("", reading)], ACHIEVEMENT_BOUNDS)
    write(folder, "FS201", year, "OTHERACADSTATUS", [("", elementary)], ACHIEVEMENT_BOUNDS)
    several = [("CHRONABS", present), ("READY", reading)]
    write(folder, "FS202", year, "QUALSTATUS", several, ATTENDANCE_BOUNDS)
    learner = reading.people.has("english_learner")
    progress = statuses.Rate(reading.people.where(learner), reading.good[learner])
    statuses.write_total_indicator(folder, "FS205", year, "ENGLANGSTATUS", progress, ACHIEVEMENT_BOUNDS)
    fall = on_day(state, happened.students, happened.spells)
    statuses.write_poverty_quartiles(folder, state, year, poverty_share(fall))
    statuses.write_support(folder, state, year, reading, cohort)


def _write_totals(totals: Iterable[Submitted], path: Path) -> None:
    """What each table of each file must add up to, for tests that read the files."""
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(("file_specification", "school_year", "level", "table_type", "columns", "amount"))
        for one in totals:
            amount = f"{one.amount:.2f}".removesuffix(".00")
            writer.writerow(
                (one.specification, one.year, one.level, one.table, " ".join(one.columns), amount)
            )
