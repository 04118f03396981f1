"""Single audits: the state's own and two LEAs', as sections of the clearinghouse's workbook in JSON.

Put here: the schedules of expenditures and findings of a year, and their files.
Not here: the share of findings that repeat (see `truth`).

A finding spans several award lines, a program stands on several lines and repeats its total on each: the
two traps of the real files.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from simulator.organizations import State
from simulator.settings import STATE_CODE, Settings

STATE_UEI = "FK0STATE0088"
REPEAT_CHANCE = {2023: 0.5, 2024: 0.42, 2025: 0.3}
LETTERS = ("A", "B", "C", "E", "F", "G", "H", "I", "L", "M", "N")


@dataclass(frozen=True)
class Award:
    """One line of the schedule of expenditures of federal awards."""

    reference: str
    prefix: str
    extension: str
    identification: str | None
    program: str
    amount: int
    cluster: str

    @property
    def listing(self) -> str:
        """The assistance listing number."""
        return f"{self.prefix}.{self.extension}"


@dataclass(frozen=True)
class Finding:
    """A finding, the lines it names and what it repeats."""

    reference: str
    awards: tuple[str, ...]
    letters: str
    is_material: bool
    has_questioned_costs: bool
    repeats: str | None


@dataclass(frozen=True)
class Audit:
    """One report; `report_id` is the clearinghouse's key and two digits of the year the audit is of."""

    report_id: str
    organization_id: str
    uei: str
    year: int
    awards: tuple[Award, ...]
    findings: tuple[Finding, ...]

    def education_findings(self) -> tuple[Finding, ...]:
        """Findings that name any award of the Department of Education."""
        education = {award.reference for award in self.awards if award.prefix == "84"}
        return tuple(finding for finding in self.findings if education & set(finding.awards))


# prefix, extension, identification, program, share of the auditee's federal money, cluster
STATE_LINES = (
    ("84", "010", None, "TITLE I GRANTS TO LOCAL EDUCATIONAL AGENCIES", 0.11, "N/A"),
    ("84", "010", "S010A", "TITLE I GRANTS TO LOCAL EDUCATIONAL AGENCIES", 0.03, "N/A"),
    ("84", "027", None, "SPECIAL EDUCATION_GRANTS TO STATES", 0.12, "SPECIAL EDUCATION CLUSTER (IDEA)"),
    ("84", "173", None, "SPECIAL EDUCATION_PRESCHOOL GRANTS", 0.01, "SPECIAL EDUCATION CLUSTER (IDEA)"),
    ("84", "048", None, "CAREER AND TECHNICAL EDUCATION -- BASIC GRANTS TO STATES", 0.02, "N/A"),
    ("84", "365", None, "ENGLISH LANGUAGE ACQUISITION STATE GRANTS", 0.01, "N/A"),
    ("84", "367", None, "SUPPORTING EFFECTIVE INSTRUCTION STATE GRANTS", 0.03, "N/A"),
    ("84", "424", None, "STUDENT SUPPORT AND ACADEMIC ENRICHMENT PROGRAM", 0.02, "N/A"),
    ("84", "425", "84.425D", "COVID-19 - EDUCATION STABILIZATION FUND", 0.09, "N/A"),
    ("84", "425", "84.425U", "COVID-19 - EDUCATION STABILIZATION FUND", 0.16, "N/A"),
    ("84", "425", None, "COVID-19 - EDUCATION STABILIZATION FUND (84.425R)", 0.02, "N/A"),
    ("10", "553", None, "SCHOOL BREAKFAST PROGRAM", 0.06, "CHILD NUTRITION CLUSTER"),
    ("10", "555", None, "NATIONAL SCHOOL LUNCH PROGRAM", 0.17, "CHILD NUTRITION CLUSTER"),
    ("93", "575", None, "CHILD CARE AND DEVELOPMENT BLOCK GRANT", 0.10, "CCDF CLUSTER"),
    ("17", "258", None, "WIA/WIOA ADULT PROGRAM", 0.05, "WIOA CLUSTER"),
)
LEA_LINES = tuple(line for line in STATE_LINES if line[1] in {"010", "027", "367", "425", "553", "555"})


def make_audits(settings: Settings, state: State, year: int) -> list[Audit]:
    """The state's audit of a year, and those of the two largest LEAs."""
    draw = settings.generator(13, year)
    dollars = settings.students * 2_100
    audits = [_audit(draw, "880001", STATE_CODE, STATE_UEI, year, dollars, STATE_LINES, (9, 15))]
    for lea in state.regular[:2]:
        key = f"88{1_001 + lea.position:04d}"
        money = int(dollars * lea.share * 0.6)
        audits.append(_audit(draw, key, lea.nces_id, lea.uei, year, money, LEA_LINES, (2, 6)))
    return audits


Line = tuple[str, str, str | None, str, float, str]


def _audit(
    draw: np.random.Generator,
    key: str,
    organization_id: str,
    uei: str,
    year: int,
    dollars: int,
    lines: tuple[Line, ...],
    finding_range: tuple[int, int],
) -> Audit:
    awards = tuple(
        Award(f"AWARD-{number:04d}", prefix, extension, more, program, _spent(draw, dollars * share), cluster)
        for number, (prefix, extension, more, program, share, cluster) in enumerate(lines, start=1)
    )
    count = int(draw.integers(*finding_range))
    findings = tuple(_finding(draw, year, number, awards) for number in range(1, count + 1))
    return Audit(f"{key}-{year % 100:02d}", organization_id, uei, year, awards, findings)


def _spent(draw: np.random.Generator, amount: float) -> int:
    return int(amount * draw.uniform(0.9, 1.1))


def _finding(draw: np.random.Generator, year: int, number: int, awards: tuple[Award, ...]) -> Finding:
    education = [award.reference for award in awards if award.prefix == "84"]
    others = [award.reference for award in awards if award.prefix != "84"]
    # Finding 1 spans all lines of the stabilization fund; of the others one in five is not of education.
    if number == 1:
        named = [award.reference for award in awards if award.extension == "425"]
    elif draw.random() < 0.2:
        named = [str(draw.choice(others))]
    else:
        named = sorted({str(name) for name in draw.choice(education, size=int(draw.integers(1, 4)))})
    repeats = draw.random() < REPEAT_CHANCE[year]
    return Finding(
        reference=f"{year}-{number:03d}",
        awards=tuple(named),
        letters="".join(
            sorted({str(letter) for letter in draw.choice(LETTERS, size=int(draw.integers(1, 4)))})
        ),
        is_material=bool(draw.random() < 0.35),
        has_questioned_costs=bool(draw.random() < 0.25),
        repeats=f"{year - 1}-{int(draw.integers(1, 15)):03d}" if repeats else None,
    )


def write_audit(audit: Audit, folder: Path) -> None:
    """Write the two sections a refresh reads."""
    target = folder / audit.report_id
    target.mkdir(parents=True, exist_ok=True)
    key = audit.report_id.split("-")[0]
    for name, sheets in (
        ("federal-awards", _award_sheets(audit)),
        ("audit-findings", _finding_sheets(audit)),
    ):
        text = json.dumps(sheets, indent=1, ensure_ascii=False)
        (target / f"{name}-{key}.json").write_text(text + "\n", encoding="utf-8")


def _range(name: str, column: str, values: list[object], row: int = 2) -> dict[str, object]:
    end = row + len(values) - 1
    return {
        "name": name,
        "start_cell": {"column": column, "row": str(row)},
        "end_cell": {"column": column, "row": str(end)},
        "values": values,
    }


def _cover(section: str, uei: str, total: int | None = None) -> dict[str, object]:
    cells: list[tuple[str, object]] = [("version", "1.0.3"), ("section_name", section), ("auditee_uei", uei)]
    if total is not None:
        cells.append(("total_amount_expended", total))
    return {
        "name": "Coversheet",
        "ranges": [_range(n, "B", [v], i) for i, (n, v) in enumerate(cells, start=2)],
    }


def _sheet(columns: dict[str, list[object]]) -> dict[str, object]:
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    return {"name": "Form", "ranges": [_range(n, letters[i], v) for i, (n, v) in enumerate(columns.items())]}


def _award_sheets(audit: Audit) -> list[dict[str, object]]:
    awards = audit.awards
    by_program: Counter[str] = Counter()
    by_cluster: Counter[str] = Counter()
    for award in awards:
        by_program[award.listing] += award.amount
        by_cluster[award.cluster] += award.amount
    by_cluster["N/A"] = 0
    named = Counter(reference for finding in audit.findings for reference in finding.awards)
    none: list[object] = [None] * len(awards)
    passed = audit.organization_id == STATE_CODE
    columns: dict[str, list[object]] = {
        "award_reference": [a.reference for a in awards],
        "federal_agency_prefix": [a.prefix for a in awards],
        "three_digit_extension": [a.extension for a in awards],
        "additional_award_identification": [a.identification for a in awards],
        "program_name": [a.program for a in awards],
        "amount_expended": [a.amount for a in awards],
        "cluster_name": [a.cluster for a in awards],
        "state_cluster_name": none,
        "other_cluster_name": none,
        "federal_program_total": [by_program[a.listing] for a in awards],
        "cluster_total": [by_cluster[a.cluster] for a in awards],
        "is_guaranteed": ["N"] * len(awards),
        "loan_balance_at_audit_period_end": none,
        "is_direct": ["Y" if passed else "N"] * len(awards),
        "passthrough_name": none if passed else ["FRANKLIN DEPARTMENT OF EDUCATION"] * len(awards),
        "passthrough_identifying_number": none,
        "is_passed": ["Y" if passed else "N"] * len(awards),
        "subrecipient_amount": [a.amount * 9 // 10 for a in awards] if passed else none,
        "is_major": ["Y" if named[a.reference] else "N" for a in awards],
        "audit_report_type": ["Q" if named[a.reference] else None for a in awards],
        "number_of_audit_findings": [named[a.reference] for a in awards],
        "cfda_key": [a.listing for a in awards],
        "uniform_state_cluster_name": none,
        "uniform_other_cluster_name": none,
        "default_program_name": none,
    }
    total = sum(a.amount for a in awards)
    return [_cover("FederalAwardsExpended", audit.uei, total), _sheet(columns)]


def _finding_sheets(audit: Audit) -> list[dict[str, object]]:
    lines = [(reference, finding) for finding in audit.findings for reference in finding.awards]

    def marks(values: list[bool]) -> list[object]:
        return ["Y" if value else "N" for value in values]

    columns: dict[str, list[object]] = {
        "award_reference": [reference for reference, _ in lines],
        "reference_number": [f.reference for _, f in lines],
        "compliance_requirement": [f.letters for _, f in lines],
        "modified_opinion": marks([False for _ in lines]),
        "other_matters": marks([False for _ in lines]),
        "material_weakness": marks([f.is_material for _, f in lines]),
        "significant_deficiency": marks([not f.is_material for _, f in lines]),
        "other_findings": marks([False for _ in lines]),
        "questioned_costs": marks([f.has_questioned_costs for _, f in lines]),
        "repeat_prior_reference": marks([f.repeats is not None for _, f in lines]),
        "prior_references": [f.repeats or "N/A" for _, f in lines],
        "is_valid": ["Y"] * len(lines),
    }
    return [_cover("FindingsUniformGuidance", audit.uei), _sheet(columns)]
