"""Writes a whole Franklin: every system, every year, the truth and a manifest.

Put here: the order of generation, and the swap of a finished folder for an unfinished one.
Not here: any format (see the module of each system).
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from simulator import (
    agency_systems,
    assessment_vendor,
    attendance,
    audits,
    defects,
    directory,
    finance,
    money_defects,
    outcomes,
    people,
    plan_status,
    school_costs,
    sis_csv,
)
from simulator.edfacts.submit import write_submissions
from simulator.federal_public.publication import publish
from simulator.money import survey
from simulator.money.files import write_federal_money
from simulator.money.world import Money, build_money
from simulator.organizations import State, build_state
from simulator.programs.year import write_programs
from simulator.school_year import Cohort, draw_year
from simulator.settings import STATE_CODE, STATE_NAME, Settings, SimulatorError
from simulator.truth import finance as truth_finance
from simulator.truth import oversight, summary
from simulator.truth.accountability import Support
from simulator.truth.answers import Truth
from simulator.truth.federal_money import tell_federal_money
from simulator.truth.plan import tell_plan
from simulator.truth.year import tell_year
from simulator.web.collect import Holdings

MANIFEST = "simulator.json"
DEFECT_MODULES = (defects, money_defects)  # imported, so that their defects are known


@dataclass(frozen=True)
class Written:
    """What a run wrote."""

    folder: Path
    leas: int
    schools: int
    student_days: int
    truths: int
    bytes: int
    defects: tuple[defects.Planted, ...]


@dataclass
class Earlier:
    """What the next year needs of the years before."""

    cohorts: dict[int, Cohort] = field(default_factory=dict)  # who should have graduated
    supports: dict[int, Support] = field(default_factory=dict)


def generate(settings: Settings, out: Path, plant: Sequence[str] = ()) -> Written:
    """Write everything under `out`, all of it or nothing.

    Raises:
        SimulatorError: `out` holds something else than an earlier run, or a defect has no such name.
    """
    defects.require_known(plant)
    _require_ours(out)
    part = out.parent / f".{out.name}.partial-{os.getpid()}"
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    try:
        state = build_state(settings)
        student_days, truths = _write(settings, state, part)
        planted = tuple(defects.plant(name, part, settings.years[-1]) for name in plant)
        _write_manifest(settings, planted, part)
        _swap(part, out)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    size = sum(file.stat().st_size for file in out.rglob("*") if file.is_file())
    return Written(out, len(state.leas), len(state.schools), student_days, truths, size, planted)


def _require_ours(out: Path) -> None:
    if out.exists() and not (out / MANIFEST).is_file() and (not out.is_dir() or any(out.iterdir())):
        raise SimulatorError(
            f"{out} exists and is not an earlier run of the simulator; choose another folder (--out)."
        )


def _swap(part: Path, out: Path) -> None:
    """Put the finished folder in place; an earlier run is moved aside first, then removed."""
    aside = out.parent / f".{out.name}.replaced-{os.getpid()}"
    if out.exists():
        out.rename(aside)
    part.rename(out)
    shutil.rmtree(aside, ignore_errors=True)


def _write_manifest(settings: Settings, planted: Sequence[defects.Planted], folder: Path) -> None:
    content = {
        "state": STATE_NAME.title(),
        "state_abbreviation_code": STATE_CODE,
        "students": settings.students,
        "seed": settings.seed,
        "school_years": list(settings.years),
        "as_of": settings.as_of.isoformat(),
        "defects": [item.as_dict() for item in planted],
    }
    (folder / MANIFEST).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def _write(settings: Settings, state: State, folder: Path) -> tuple[int, int]:
    answers = Truth(state)
    web = Holdings(settings, state, folder)
    federal = build_money(settings, state)
    days = 0
    earlier = Earlier()
    for year in settings.years:
        days += _write_year(settings, state, year, folder, answers, web, federal, earlier)
    write_federal_money(federal, folder)
    known = agency_systems.write_oversight(settings, state, folder)
    tell_federal_money(answers, federal)
    oversight.tell_oversight(answers, settings, known)
    tell_plan(answers, settings)
    web.write(federal)
    (folder / "truth").mkdir(exist_ok=True)
    truths, of_state = answers.write(folder / "truth" / "truth.parquet")
    told = json.dumps(summary.state_summary(of_state), indent=1)
    (folder / "truth" / "truth.json").write_text(told + "\n", encoding="utf-8")
    return days, truths


def _write_year(
    settings: Settings,
    state: State,
    year: int,
    folder: Path,
    answers: Truth,
    web: Holdings,
    federal: Money,
    earlier: Earlier,
) -> int:
    students = people.enrolled_students(settings, state, year)
    spells = people.enrolment_spells(settings, students)
    if year == settings.years[-1]:
        directory.write_directory(state, students, folder / "directory")
    sis = folder / "sis"
    absent = attendance.write_attendance(
        settings, state, students, spells, sis / f"attendance_{year}.parquet"
    )
    attendance.write_students(students, sis / f"students_{year}.parquet")
    attendance.write_schools(state, year, sis / f"schools_{year}.parquet")
    if year in settings.sis_csv:
        sis_csv.write_csv_extracts(sis, year)
    happened = draw_year(settings, state, students, spells, absent, earlier.cohorts.get(year - 1))
    earlier.cohorts[year] = (students, happened.cohort)
    tell_year(answers, happened, earlier.supports)
    write_submissions(settings, happened, federal, folder)
    assessment_vendor.write_results(settings, happened, folder)
    write_programs(happened.programs, state, year, folder)
    tested, attended = happened.tested, sis / f"attendance_{year}.parquet"
    _write_money(settings, state, year, folder, answers, spells, tested, web, federal)
    web.add_people(students, spells, absent.total, tested, happened.cohort, attended)
    plan_status.write_reports(settings, year, folder / "plan" / str(year))
    is_old = year < settings.as_of.year or len(settings.years) == 1
    publish(state, students, spells, tested, folder / "federal_public", has_results=is_old)
    return int(spells.days.sum())


def _write_money(
    settings: Settings,
    state: State,
    year: int,
    folder: Path,
    answers: Truth,
    spells: people.Spells,
    tested: outcomes.Tested,
    web: Holdings,
    federal: Money,
) -> None:
    money = finance.make_finance(settings, state, year, finance.fall_membership(state, spells))
    poverty = finance.make_poverty(settings, state, year)
    reporter = state.reporters[tested.school]
    scored = np.bincount(reporter, minlength=len(state.leas))
    proficient = np.bincount(reporter[tested.proficient], minlength=len(state.leas))
    results = {lea.position: (int(proficient[lea.position]), int(scored[lea.position])) for lea in state.leas}
    finance.write_finance(money, poverty, results, folder / "finance" / str(year) / "district_data_full.csv")
    finance.write_poverty(poverty, year - 1, folder / "saipe" / f"ussd{(year - 1) % 100:02d}.xlsx")
    survey.write_survey(federal, money, year, folder / "f33" / f"sdf{year % 100:02d}_1a.txt")
    pupils = school_costs.school_membership(state, spells)
    costs = school_costs.make_school_costs(settings, state, year, money, pupils)
    school_costs.write_school_costs(state, costs, folder / "finance" / f"school_expenditures_{year}.csv")
    oversight.tell_school_costs(answers, costs)
    truth_finance.tell_finance(answers, year, money, poverty)
    reports = audits.make_audits(settings, state, year)
    for report in reports:
        audits.write_audit(report, folder / "fac")
    truth_finance.tell_audits(answers, reports)
    web.add_money(money, poverty, reports, year)
