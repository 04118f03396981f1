"""What a state submits about its organizations: directory and grades offered.

Put here: FS029, FS039. Not here: which organizations there are (`organizations`), NCES's own files
(`directory`). Names have commas, so both are submitted tab-delimited.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from simulator.edfacts.counting import organizations
from simulator.edfacts.files import file_types, write_file
from simulator.organizations import CLOSED_ON, State
from simulator.settings import STATE_CODE
from simulator.vocabulary import SIS_GRADES

OPEN, CLOSED = "1", "2"
ZIP = 88_000


def write_directory(folder: Path, state: State, year: int) -> None:
    """FS029: the agency, its LEAs (the closed ones too) and its schools."""
    agency = {"StateAgencyName": ["Franklin Department of Education, Office of Data"]}
    _write(folder, year, "SEA", {**agency, **_contact("StateAgency", 1)})
    is_next = year == CLOSED_ON.year + 1
    leas = {
        "StateLEAIDNumber": [lea.state_id for lea in state.leas],
        "NCESLEAIDNumber": [lea.nces_id for lea in state.leas],
        "LEAName": [f"{lea.name}, {lea.county}" for lea in state.leas],
        "OutOfStateInd": ["NO"] * len(state.leas),
        "LEAType": ["7" if lea.is_charter else "1" for lea in state.leas],
        "LEASysOpStatus": [OPEN if lea.closed_on is None else CLOSED for lea in state.leas],
        # Told once, in the year after the change.
        "PriorStateLEAID": [(lea.prior_state_id or "") if is_next else "" for lea in state.leas],
        "ChrtSchoolLEAStatusID": ["CHRTIDEA" if lea.is_charter else "NOTCHR" for lea in state.leas],
    }
    _write(folder, year, "LEA", {**leas, **_contact("LEA", len(state.leas))})
    schools = state.schools
    of = {
        "StateLEAIDNumber": [state.leas[s.reporting].state_id for s in schools],
        "NCESLEAIDNumber": [state.leas[s.reporting].nces_id for s in schools],
        "StateSchoolIDNumber": [s.state_id for s in schools],
        "NCESSchoolIDNumber": [s.nces_id[7:] for s in schools],
        "SchoolName": [s.name for s in schools],
        "SchoolType": ["1"] * len(schools),
        "OutOfStateInd": ["NO"] * len(schools),
        "SchoolSysOpStatus": [OPEN] * len(schools),
        "CharterSchoolStatus": ["YES" if s.is_charter else "NO" for s in schools],
        "ReconstitutedStatus": ["NO"] * len(schools),
    }
    _write(folder, year, "SCH", {**of, **_contact("School", len(schools))})


def _contact(prefix: str, count: int) -> dict[str, list[str]]:
    streets = [f"{100 + place} Main Street, Suite {place % 9 + 1}" for place in range(count)]
    zips = [f"{ZIP + place % 900:05d}" for place in range(count)]
    return {
        f"{prefix}WebAddress": [f"www.fk{place:04d}.example.org" for place in range(count)],
        f"{prefix}PhoneNumber": [f"555{place:07d}" for place in range(count)],
        **{f"{place}Address1": streets for place in ("Mailing", "Location")},
        **{f"{place}City": ["Franklin City"] * count for place in ("Mailing", "Location")},
        **{f"{place}PostalStateCode": [STATE_CODE] * count for place in ("Mailing", "Location")},
        **{f"{place}Zipcode": zips for place in ("Mailing", "Location")},
    }


def _write(
    folder: Path, year: int, level: str, columns: dict[str, Sequence[str]] | dict[str, list[str]]
) -> None:
    arrays = {name: pa.array(list(texts), pa.string()) for name, texts in columns.items()}
    write_file(folder, file_types()["FS029", level], year, arrays)


def write_grades(folder: Path, state: State, year: int) -> None:
    """FS039: a row for each grade of a school, and for each grade some school of an LEA has."""
    offered = [(s.position, g) for s in state.schools for g in range(s.low_grade, s.high_grade + 1)]
    by_lea = sorted({(state.schools[school].reporting, grade) for school, grade in offered})
    for level, pairs in (("SCH", offered), ("LEA", by_lea)):
        columns = dict(organizations(state, level, np.array([unit for unit, _ in pairs], dtype=np.int64)))
        columns["GradeLevelID"] = pa.array([SIS_GRADES[grade] for _, grade in pairs], pa.string())
        write_file(folder, file_types()["FS039", level], year, columns)
