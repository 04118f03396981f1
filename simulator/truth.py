"""The true answers: every measure for every school, LEA and the state, from the draws themselves.

Put here: the ten measures, counted from the arrays the systems were written from.
Not here: files. Nothing is read back, so an error in a reader of the product cannot hide in the truth.

The columns and the words `none`, `authorizer`, `reporting_lea` and `as_published` are those a release uses,
so that the two can be joined. An LEA's figure counts the schools it authorizes or the schools it reports, or
it is the LEA's own; `none` stands for a dimension that does not apply.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import median

import numpy as np
import pyarrow as pa

from simulator.audits import Audit
from simulator.finance import Finance, Poverty
from simulator.grants import LIMIT_DAYS, Request
from simulator.organizations import Ints, State
from simulator.outcomes import DID_NOT_GRADUATE, GraduationCohort, Tested
from simulator.people import Flags, Spells, Students
from simulator.settings import STATE_CODE, Settings
from simulator.vocabulary import GROUPS, SEXES, TRUTH_TESTED_GRADES

MINIMUM_DAYS_ENROLLED = 10
# No system of Franklin tells graduation by sex, migrant or military status: FS151 has no such columns.
GRADUATION_GROUPS = tuple(name for name in GROUPS if name not in (*SEXES, "migrant", "military_connected"))

SCHEMA = pa.schema(
    [
        ("measure_id", pa.string()),
        ("organization_id", pa.string()),
        ("organization_type", pa.string()),
        ("organization_view", pa.string()),
        ("school_year", pa.int16()),
        ("student_group", pa.string()),
        ("grade", pa.string()),
        ("subject", pa.string()),
        ("federal_program_code", pa.string()),
        ("numerator", pa.int64()),
        ("denominator", pa.int64()),
        ("value", pa.float64()),
    ]
)


@dataclass(frozen=True)
class Place:
    """An organization in one view."""

    organization_id: str
    organization_type: str
    view: str


@dataclass
class Truth:
    """Collects the answers; rows come out in key order."""

    state: State
    rows: list[tuple[object, ...]] = field(default_factory=list)

    def table(self) -> pa.Table:
        """All answers."""
        ordered = sorted(self.rows, key=lambda row: tuple(str(part) for part in row[:9]))
        columns = list(zip(*ordered, strict=True))
        arrays = [pa.array(column, field.type) for column, field in zip(columns, SCHEMA, strict=True)]
        return pa.Table.from_arrays(arrays, schema=SCHEMA)

    def add(
        self,
        measure: str,
        place: Place,
        year: int,
        numerator: int | None,
        denominator: int,
        value: float | None,
        *,
        group: str = "none",
        grade: str = "none",
        subject: str = "none",
        program: str = "none",
    ) -> None:
        """Keep one answer."""
        where = (place.organization_id, place.organization_type, place.view)
        self.rows.append(
            (measure, *where, year, group, grade, subject, program, numerator, denominator, value)
        )

    def ratio(
        self, measure: str, place: Place, year: int, numerator: int, denominator: int, **dimensions: str
    ) -> None:
        """Keep a percentage; of nobody it is null."""
        value = 100 * numerator / denominator if denominator else None
        self.add(measure, place, year, numerator, denominator, value, **dimensions)


def _sums(state: State, by_school: Ints, member: Ints) -> list[tuple[Place, int, int]]:
    """Roll (numerator, denominator) of schools up to LEAs in both views and the state.

    `member` says which organizations have the figure at all: schools with students of the kind counted.
    """
    answers = []
    for school in state.schools:
        if member[school.position]:
            place = Place(school.nces_id, "SCHOOL", "none")
            answers.append((place, int(by_school[0, school.position]), int(by_school[1, school.position])))
    for view, owner in (("authorizer", state.authorizers), ("reporting_lea", state.reporters)):
        sums = [
            np.bincount(owner, weights=row, minlength=len(state.leas)).astype(np.int64) for row in by_school
        ]
        present = np.bincount(owner, weights=member, minlength=len(state.leas))
        for lea in state.leas:
            if present[lea.position]:
                place = Place(lea.nces_id, "LEA", view)
                answers.append((place, int(sums[0][lea.position]), int(sums[1][lea.position])))
    answers.append((Place(STATE_CODE, "SEA", "none"), int(by_school[0].sum()), int(by_school[1].sum())))
    return answers


def _count(school: Ints, size: int, numerator: Flags, denominator: Flags) -> Ints:
    return np.stack([np.bincount(school[flag], minlength=size) for flag in (numerator, denominator)])


def eligible_spells(spells: Spells) -> Flags:
    """Students enrolled at the school on at least ten days."""
    return np.asarray(spells.days >= MINIMUM_DAYS_ENROLLED)


def chronic_spells(spells: Spells, absent: Ints) -> Flags:
    """Students chronically absent at the school: absent on a tenth of the days enrolled there, or more."""
    return np.asarray(eligible_spells(spells) & (absent * 10 >= spells.days))


def tell_absence(truth: Truth, students: Students, spells: Spells, absent: Ints) -> None:
    """Chronic absence by group and its gap to all students; a mover counts at each school."""
    size = len(truth.state.schools)
    eligible, chronic = eligible_spells(spells), chronic_spells(spells, absent)
    overall: dict[Place, float] = {}
    for group, flag in students.groups().items():
        inside = flag[spells.student]
        counts = _count(spells.school, size, chronic & inside, eligible & inside)
        for place, numerator, denominator in _sums(truth.state, counts, (counts[1] > 0).astype(np.int64)):
            if not denominator:
                continue
            dimensions = {"group": group, "grade": "all"}
            truth.ratio("chronic_absence_rate", place, students.year, numerator, denominator, **dimensions)
            if group == "all":
                overall[place] = numerator / denominator
            else:
                points = 100 * (numerator / denominator - overall[place])
                truth.add(
                    "chronic_absence_gap", place, students.year, None, denominator, points, **dimensions
                )


def tell_tests(truth: Truth, students: Students, tested: Tested) -> None:
    """English language arts proficiency by group, grade by grade and all together."""
    size = len(truth.state.schools)
    grade = students.grade[tested.student]
    kinds = {"all": np.ones(len(grade), dtype=np.bool_)} | {
        word: np.asarray(grade == number) for number, word in TRUTH_TESTED_GRADES.items()
    }
    for group, flag in students.groups().items():
        for word, of_grade in kinds.items():
            inside = flag[tested.student] & of_grade
            counts = _count(tested.school, size, tested.proficient & inside, inside)
            _tell(
                truth,
                "ela_proficiency_rate",
                students.year,
                counts,
                {"group": group, "grade": word, "subject": "ela"},
            )


def tell_graduation(truth: Truth, students: Students, cohort: GraduationCohort) -> None:
    """Four-year graduation by group: regular and alternate diplomas over the adjusted cohort."""
    size = len(truth.state.schools)
    graduated = np.asarray(cohort.outcome != DID_NOT_GRADUATE)
    for group in GRADUATION_GROUPS:
        flag = students.group(group)
        inside = flag[cohort.student]
        counts = _count(cohort.school, size, graduated & inside, inside)
        _tell(truth, "graduation_rate_4yr", students.year, counts, {"group": group})


def _tell(truth: Truth, measure: str, year: int, counts: Ints, dimensions: dict[str, str]) -> None:
    # A submission file has no row for nobody, so an organization without such students has no figure.
    for place, numerator, denominator in _sums(truth.state, counts, (counts[1] > 0).astype(np.int64)):
        if denominator:
            truth.ratio(measure, place, year, numerator, denominator, **dimensions)


def tell_finance(truth: Truth, year: int, finance: list[Finance], poverty: list[Poverty]) -> None:
    """Expenditure per pupil, federal share and child poverty of LEAs and the state."""
    own = [(Place(item.lea.nces_id, "LEA", "as_published"), [item]) for item in finance]
    for place, items in [*own, (Place(STATE_CODE, "SEA", "none"), finance)]:
        # A per-pupil figure counts only LEAs with pupils.
        pupils = sum(item.membership for item in items)
        spent = sum(item.expenditure for item in items if item.membership)
        if pupils:
            truth.add("total_expenditure_per_pupil", place, year, spent, pupils, spent / pupils)
        federal, revenue = sum(item.federal for item in items), sum(item.revenue for item in items)
        truth.ratio("federal_revenue_share", place, year, federal, revenue)
    people = [(Place(item.lea.nces_id, "LEA", "as_published"), [item]) for item in poverty]
    for place, districts in [*people, (Place(STATE_CODE, "SEA", "none"), poverty)]:
        poor, children = sum(item.poor for item in districts), sum(item.children for item in districts)
        truth.ratio("child_poverty_rate", place, year, poor, children)


def tell_audits(truth: Truth, audits: Iterable[Audit]) -> None:
    """Repeat findings among those of education, once a report. No roll-up: an audit is its auditee's."""
    for audit in audits:
        findings = audit.education_findings()
        is_state = audit.organization_id == STATE_CODE
        place = Place(
            audit.organization_id, "SEA" if is_state else "LEA", "none" if is_state else "as_published"
        )
        repeats = sum(finding.repeats is not None for finding in findings)
        if findings:
            truth.ratio("repeat_finding_rate", place, audit.year, repeats, len(findings))


def days_to_reimburse(request: Request) -> int | None:
    """Days from proper request to payment without those it lay with the LEA; null while unpaid."""
    if request.paid_on is None:
        return None
    return (request.paid_on - request.proper_on).days - returned_days(request)


def returned_days(request: Request) -> int:
    """Days a request lay returned; one still with the LEA has no end yet and counts none."""
    if request.returned_on is None or request.resubmitted_on is None:
        return 0
    return (request.resubmitted_on - request.returned_on).days


def is_due(settings: Settings, request: Request) -> bool:
    """Paid, or its thirtieth day in the agency's hands has passed."""
    if request.paid_on is not None:
        return True
    if request.returned_on is not None and request.resubmitted_on is None:
        return False
    return (settings.as_of - request.proper_on).days - returned_days(request) > LIMIT_DAYS


def tell_reimbursement(truth: Truth, settings: Settings, requests: list[Request]) -> None:
    """Share reimbursed in thirty days and the median, by program and for all programs together."""
    cells: dict[tuple[Place, int, str], list[Request]] = {}
    for request in requests:
        if request.year not in settings.years:
            continue
        for place in (Place(request.lea.nces_id, "LEA", "as_published"), Place(STATE_CODE, "SEA", "none")):
            for program in (request.listing, "none"):
                cells.setdefault((place, request.year, program), []).append(request)
    for (place, year, program), items in cells.items():
        due = [item for item in items if is_due(settings, item)]
        days = [spent for item in items if (spent := days_to_reimburse(item)) is not None]
        if due:
            in_time = sum(spent <= LIMIT_DAYS for spent in days)
            truth.ratio("reimbursed_within_30_days", place, year, in_time, len(due), program=program)
        if days:
            truth.add(
                "median_days_to_reimburse", place, year, None, len(days), float(median(days)), program=program
            )


def state_summary(table: pa.Table) -> list[dict[str, object]]:
    """The state's own figures for all students and all programs: what a reader wants to see first."""
    keep = [
        row
        for row in table.to_pylist()
        if row["organization_type"] == "SEA"
        and row["federal_program_code"] == "none"
        and row["grade"] in ("none", "all")
        and row["student_group"] in ("none", "all", "economically_disadvantaged")
        and (
            row["student_group"] != "economically_disadvantaged" or row["measure_id"] == "chronic_absence_gap"
        )
    ]
    names = ("measure_id", "school_year", "student_group", "numerator", "denominator", "value")
    return [{name: row[name] for name in names} for row in keep]
