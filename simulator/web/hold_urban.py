"""What the Education Data Portal holds of Franklin: directory, finance, poverty and graduation rates.

Put here: the portal's endpoints with its field names, its years (the fall) and its codes -1, -2, -3.
Not here: the figures (see `simulator.finance`, `simulator.outcomes`), nor paging (see `answer_urban`).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simulator.finance import Finance, Poverty
from simulator.organizations import Ints, State
from simulator.outcomes import DID_NOT_GRADUATE, GraduationCohort
from simulator.settings import STATE_ANSI_CODE
from simulator.web.holding import Record

MISSING, NOT_APPLICABLE, SUPPRESSED = -1, -2, -3
FIPS = int(STATE_ANSI_CODE)
NEIGHBOUR_FIPS = 89
SMALLEST_COHORT = 6
ENDPOINTS = (
    "school-districts/ccd/directory", "schools/ccd/directory", "school-districts/ccd/finance",
    "school-districts/saipe", "school-districts/edfacts/grad-rates",
)  # fmt: skip


def _neighbour(record: Record) -> Record:
    """A row of another state, to be filtered away."""
    changed: Record = {**record, "fips": NEIGHBOUR_FIPS, "leaid": "89" + str(record["leaid"])[2:]}
    if "ncessch" in record:
        changed["ncessch"] = "89" + str(record["ncessch"])[2:]
    return changed


def directory(state: State, year: int, enrolled: Ints) -> dict[str, list[Record]]:
    """Districts and schools of a school year; `enrolled` are students by school."""
    by_lea = np.bincount(state.reporters, weights=enrolled, minlength=len(state.leas))
    count = np.bincount(state.reporters, minlength=len(state.leas))
    districts: list[Record] = [
        {
            "leaid": lea.nces_id, "year": year - 1, "lea_name": lea.name.upper(), "fips": FIPS,
            "state_leaid": f"FK-{lea.state_id}", "agency_type": 7 if lea.is_charter else 1,
            "agency_charter_indicator": 1 if lea.is_charter else 3, "county_name": lea.county,
            "enrollment": int(by_lea[lea.position]) or MISSING,
            "number_of_schools": int(count[lea.position]), "urban_centric_locale": MISSING,
            "supervisory_union_number": NOT_APPLICABLE,
        }
        for lea in state.leas
    ]  # fmt: skip
    schools: list[Record] = [
        {
            "ncessch": school.nces_id, "leaid": state.leas[school.reporting].nces_id, "year": year - 1,
            "school_name": school.name.upper(), "fips": FIPS, "seasch": school.state_id,
            "state_leaid": f"FK-{state.leas[school.reporting].state_id}",
            "lowest_grade_offered": school.low_grade, "highest_grade_offered": school.high_grade,
            "charter": int(school.is_charter), "magnet": NOT_APPLICABLE, "school_status": 1,
            "enrollment": int(enrolled[school.position]) or MISSING,
        }
        for school in state.schools
    ]  # fmt: skip
    return {
        "school-districts/ccd/directory": [*districts, _neighbour(districts[0])],
        "schools/ccd/directory": [*schools, _neighbour(schools[0])],
    }


def finance(money: Sequence[Finance], year: int) -> list[Record]:
    """Revenue and expenditure of LEAs; a charter LEA without pupils has no figures."""
    rows: list[Record] = [
        {
            "leaid": item.lea.nces_id, "year": year - 1, "fips": FIPS,
            "enrollment_fall_responsible": item.membership,
            "rev_total": item.revenue if item.membership else MISSING,
            "rev_fed_total": item.federal if item.membership else MISSING,
            "rev_state_total": item.from_state if item.membership else MISSING,
            "rev_local_total": item.local if item.membership else MISSING,
            "exp_total": item.expenditure if item.membership else MISSING,
            "rev_local_parent_government": NOT_APPLICABLE,
        }
        for item in money
    ]  # fmt: skip
    return [*rows, _neighbour(rows[0])]


def saipe(poverty: Sequence[Poverty], year: int) -> list[Record]:
    """Poverty of school districts; `year` of the portal is the income year, as in the bureau's file."""
    rows: list[Record] = [
        {
            "leaid": item.lea.nces_id, "district_id": item.lea.nces_id[2:], "year": year - 1, "fips": FIPS,
            "district_name": item.lea.name, "est_population_total": item.population,
            "est_population_5_17": item.children, "est_population_5_17_poverty": item.poor,
            "est_population_5_17_poverty_pct": round(item.poor / item.children, 4),
            "est_population_5_17_pct": round(item.children / item.population, 4),
        }
        for item in poverty
    ]  # fmt: skip
    return [*rows, _neighbour(rows[0])]


def graduation(state: State, cohort: GraduationCohort, year: int) -> list[Record]:
    """Four-year rates of LEAs for all students, as ranges that narrow with the size of the cohort."""
    lea = state.reporters[cohort.school]
    size = np.bincount(lea, minlength=len(state.leas))
    graduates = np.bincount(lea[cohort.outcome != DID_NOT_GRADUATE], minlength=len(state.leas))
    rows: list[Record] = []
    for item in state.leas:
        members = int(size[item.position])
        if not members:
            continue
        low, high = _range(100 * int(graduates[item.position]) / members, members)
        middle = (low + high) / 2 if low >= 0 else SUPPRESSED
        rows.append(
            {
                "leaid": item.nces_id, "year": year - 1, "fips": FIPS, "race": 99, "lep": 99, "homeless": 99,
                "disability": 99, "econ_disadvantaged": 99, "foster_care": 99, "cohort_num": members,
                "grad_rate_low": low, "grad_rate_high": high, "grad_rate_midpt": middle,
            }
        )  # fmt: skip
    return [*rows, _neighbour(rows[0])]


def _range(rate: float, members: int) -> tuple[int, int]:
    if members < SMALLEST_COHORT:
        return SUPPRESSED, SUPPRESSED
    width = 20 if members <= 15 else 10 if members <= 30 else 5 if members <= 60 else 1
    low = min(int(rate) // width * width, 100 - width) if width > 1 else round(rate)
    return low, low + width - 1 if width > 1 else low
