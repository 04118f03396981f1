"""What a state submits about graduation: the members of cohorts, and their rates.

Put here: FS150, FS151. Not here: who graduated (`outcomes`).

The table types ADJCOHORT, ADJCOHORT5YR (the cohort of the year before, after a fifth year) and ADJCOHORTRATE
are our own.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa

from simulator.edfacts.counting import (
    LEVELS,
    TOTAL,
    Category,
    CategorySet,
    Counted,
    organizations,
    units_of,
)
from simulator.edfacts.files import file_types, write_file
from simulator.edfacts.population import People
from simulator.organizations import Floats, Ints, State
from simulator.outcomes import DID_NOT_GRADUATE, GraduationCohort
from simulator.people import Flags, Students

STATUSES = (
    "children_with_disabilities",
    "english_learner",
    "economically_disadvantaged",
    "homeless",
    "foster",
)
COHORT_CODES = ("COHNO", "COHYES", "COHALTDPL")


def cohort_people(state: State, students: Students, cohort: GraduationCohort) -> People:
    """The members of the cohort; who left has the groups of somebody like them."""
    return People(state, students, cohort.student, cohort.school)


FOUR_YEARS, FIVE_YEARS = "ADJCOHORT", "ADJCOHORT5YR"


def cohorts(people: People, cohort: GraduationCohort, table: str) -> Counted:
    """A table of FS151: every set is by outcome."""
    status = Category("CohortStatusID", COHORT_CODES, cohort.outcome)
    groups = (people.race(major=True), *(people.status(name) for name in STATUSES))
    sets = (
        *(CategorySet((group.column, status.column)) for group in groups),
        CategorySet((status.column,), is_total=True),
        TOTAL,
    )
    return Counted(table, units_of(people.state, people.school), (*groups, status), sets)


def write_rates(folder: Path, year: int, people: People, cohort: GraduationCohort) -> None:
    """FS150: the rate of each group that has members, with one decimal."""
    graduated = np.asarray(cohort.outcome != DID_NOT_GRADUATE)
    groups = (people.race(major=True), *(people.status(name) for name in STATUSES))
    for level in LEVELS:
        unit = units_of(people.state, people.school)[level]
        parts = [_rates(unit, None, graduated), *(_rates(unit, group, graduated) for group in groups)]
        units = np.concatenate([part[0] for part in parts])
        order = np.argsort(units, kind="stable")
        columns = dict(organizations(people.state, level, units[order]))
        columns["TableTypeAbbrv"] = pa.array(["ADJCOHORTRATE"] * len(units), pa.string())
        is_total = np.concatenate([np.full(len(part[0]), place == 0) for place, part in enumerate(parts)])
        columns["TotalIndicator"] = pa.array(np.where(is_total[order], "Y", "N").tolist(), pa.string())
        for place, group in enumerate(groups, start=1):
            codes = [part[1] if at == place else [""] * len(part[1]) for at, part in enumerate(parts)]
            flat = np.array([code for one in codes for code in one], dtype=object)
            columns[group.column] = pa.array(flat[order].tolist(), pa.string())
        rates = np.concatenate([part[2] for part in parts])[order]
        columns["Amount"] = pa.array([f"{rate:.1f}" for rate in rates.tolist()], pa.string())
        write_file(folder, file_types()["FS150", level], year, columns)


def _rates(unit: Ints, group: Category | None, graduated: Flags) -> tuple[Ints, list[str], Floats]:
    """Units, codes and rates of a group, or of everybody."""
    codes = ("",) if group is None else group.codes
    index = np.zeros(len(unit), dtype=np.int64) if group is None else group.index
    inside = index >= 0
    flat = unit[inside] * len(codes) + index[inside]
    members = np.bincount(flat)
    of_them = np.bincount(flat, weights=graduated[inside], minlength=len(members))
    kept = np.flatnonzero(members)
    return (
        kept // len(codes),
        [codes[at] for at in (kept % len(codes)).tolist()],
        100 * of_them[kept] / members[kept],
    )
