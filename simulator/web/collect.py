"""Collects what the web systems hold while a Franklin is generated, and writes it with its truth.

Put here: the order of calls from `simulator.generate`, and the folder's layout.
Not here: any record (see `hold_*`).
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from simulator.audits import Audit
from simulator.finance import Finance, Poverty
from simulator.money.world import Money
from simulator.organizations import Ints, State
from simulator.outcomes import GraduationCohort, Tested
from simulator.people import Spells, Students
from simulator.settings import Settings
from simulator.web import hold_awards, hold_fac, hold_urban, pilot
from simulator.web.edfi_changes import BATCHES, write_history
from simulator.web.edfi_words import Descriptors
from simulator.web.hold_edfi import Book
from simulator.web.holding import Record, write_records

ABOUT = "about.json"


def edfi_file(folder: Path, year: int) -> Path:
    """Where the change log of an ODS lies."""
    return folder / "edfi" / f"ods_{year}.jsonl.gz"


def records_file(folder: Path, system: str, name: str) -> Path:
    """Where a table of another system lies."""
    return folder / system / f"{name.replace('/', '_')}.jsonl.gz"


class Holdings:
    """What the web systems of one Franklin hold."""

    def __init__(self, settings: Settings, state: State, folder: Path) -> None:
        self._settings = settings
        self._state = state
        self._folder = folder / "web"
        self._truth_file = folder / "truth" / "web.json"
        self._pilot = pilot.choose(settings, state)
        self._audits: list[Audit] = []
        self._urban: dict[str, list[Record]] = {name: [] for name in hold_urban.ENDPOINTS}
        self._truth: dict[str, Record] = {"edfi": {}, "urban": {}}

    def add_people(
        self, students: Students, spells: Spells, absent: Ints, tested: Tested, cohort: GraduationCohort,
        attendance: Path,
    ) -> None:  # fmt: skip
        """Take a school year's students; `attendance` is the SIS extract of its days."""
        year = pilot.year_of(self._pilot, students, spells, absent, tested, attendance)
        self._add_edfi(year)
        enrolled = np.bincount(students.school, minlength=len(self._state.schools))
        for name, rows in hold_urban.directory(self._state, students.year, enrolled).items():
            self._urban[name] += rows
        self._urban["school-districts/edfacts/grad-rates"] += hold_urban.graduation(
            self._state, cohort, students.year
        )

    def _add_edfi(self, year: pilot.Year) -> None:
        number = year.students.year
        descriptors = Descriptors()
        book = Book(self._settings, year, descriptors)
        is_newest = number == self._settings.years[-1]
        log, history = write_history(self._settings, book, descriptors, is_newest)
        log.write(edfi_file(self._folder, number))
        stages = [_counts(year)]
        for batch in range(1, BATCHES + 1 if is_newest else 1):
            before = stages[-1]
            stages.append({name: before[name] + history.net[batch][name] for name in before})
        self._truth["edfi"][str(number)] = {
            "counts_after_batch": stages,
            "absent_days": year.absences,
            "proficient": int(year.tested.proficient.sum()),
            "tested": len(year.tested.student),
            "leas": [lea.nces_id for lea in self._pilot.leas],
        }

    def add_money(
        self, money: list[Finance], poverty: list[Poverty], reports: list[Audit], year: int
    ) -> None:
        """Take a year's finance, poverty and audits."""
        self._audits += reports
        self._urban["school-districts/ccd/finance"] += hold_urban.finance(money, year)
        self._urban["school-districts/saipe"] += hold_urban.saipe(poverty, year)
        told = self._truth["urban"]
        told[str(year - 1)] = {
            "finance_rows": len(money),
            "rev_fed_total": sum(item.federal for item in money if item.membership),
            "saipe_rows": len(poverty),
            "est_population_5_17_poverty": sum(item.poor for item in poverty),
        }

    def write(self, federal: Money) -> None:
        """Write everything but the Ed-Fi logs, which are there already, and the truth."""
        reports = hold_awards.with_a_deleted_one(federal.subawards())
        seen = hold_awards.known_to_usaspending(self._settings, reports)
        awards = hold_awards.award_records(federal.awards, federal.drawn_cents)
        self._records("usaspending", "awards", awards)
        self._records("usaspending", "subawards", hold_awards.subaward_records(seen))
        self._records("sam", "reports", hold_awards.report_records(reports, federal.by_fain))
        for name, rows in hold_fac.tables(self._state, self._audits).items():
            self._records("fac", name, rows)
        for name, rows in self._urban.items():
            self._records("urban", name, rows)
        about = {"school_years": list(self._settings.years), "seed": self._settings.seed}
        (self._folder / ABOUT).write_text(json.dumps(about) + "\n", encoding="utf-8")
        told = {
            **self._truth,
            **hold_awards.totals(self._state, federal.awards, reports, seen),
            "fac": hold_fac.totals(self._audits),
        }
        self._truth_file.parent.mkdir(exist_ok=True)
        self._truth_file.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")

    def _records(self, system: str, name: str, rows: list[Record]) -> None:
        write_records(records_file(self._folder, system, name), rows)


def _counts(year: pilot.Year) -> dict[str, int]:
    """Records of each resource, counted in the arrays and not in the log."""
    spells = year.spells
    leas = np.array([year.pilot.reporters[int(school)] for school in spells.school], dtype=np.int64)
    pairs = np.unique(np.stack([spells.student, leas]), axis=1)
    grades = np.unique(year.students.grade[year.tested.student])
    return {
        "localEducationAgencies": len(year.pilot.leas),
        "schools": len(year.pilot.schools),
        "sessions": len(year.pilot.schools),
        "assessments": 2 * len(grades),
        "students": len(np.unique(spells.student)),
        "studentSchoolAssociations": len(spells),
        "studentEducationOrganizationAssociations": pairs.shape[1],
        "studentSchoolAttendanceEvents": year.absences,
        "studentAssessments": len(year.tested.student) + len(year.untested.student),
    }
