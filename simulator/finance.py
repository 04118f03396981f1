"""Money and poverty of LEAs: the finance survey file and the SAIPE workbook.

Put here: the draws of revenue, expenditure and poverty, and their two files.
Not here: the requests LEAs make for federal money (see `grants`).
"""

from __future__ import annotations

import csv
import io
import zipfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
from openpyxl import Workbook

from simulator.organizations import Ints, Lea, State
from simulator.people import Spells
from simulator.settings import STATE_ANSI_CODE, STATE_CODE, STATE_NAME, Settings

COUNT_DAY = 20  # fall membership is counted on this instructional day

FINANCE_HEADER = (
    "LEAID", "STNAME", "FIPST", "LEANM", "PCTPROF_MTH_clean", "PCTPROF_RLA_clean", "NUMVALID_MTH_clean",
    "NUMVALID_RLA_clean", "SCHLEV", "MEMBERSCH", "TOTALEXP", "TOTALREV", "TFEDREV", "TSTREV", "TLOCREV",
    "TCURINST", "TCURSSVC", "TCAPOUT", "per_pupil_exp", "poverty_rate", "Estimated Population 5-17",
)  # fmt: skip
SAIPE_HEADER = (
    "State Postal Code", "State FIPS Code", "District ID", "Name", "Estimated Total Population",
    "Estimated Population 5-17",
    "Estimated number of relevant children 5 to 17 years old in poverty who are related to the householder",
)  # fmt: skip
# A national file has other states' rows; these are of an equally invented neighbour.
NEIGHBOUR = ("NB", "89", "NEIGHBOR")
FIXED_TIME = datetime(2025, 1, 1)


@dataclass(frozen=True)
class Finance:
    """One LEA's year, in whole dollars."""

    lea: Lea
    membership: int
    expenditure: int
    federal: int
    from_state: int
    local: int

    @property
    def revenue(self) -> int:
        """Revenue from all three levels of government."""
        return self.federal + self.from_state + self.local


@dataclass(frozen=True)
class Poverty:
    """One school district's people of an income year; charter LEAs have no territory and no row."""

    lea: Lea
    population: int
    children: int
    poor: int


def fall_membership(state: State, spells: Spells) -> Ints:
    """Students enrolled on the count day, by reporting LEA."""
    there = (spells.first_day <= COUNT_DAY) & (spells.last_day > COUNT_DAY)
    return np.bincount(state.reporters[spells.school[there]], minlength=len(state.leas))


def make_finance(settings: Settings, state: State, year: int, membership: Ints) -> list[Finance]:
    """Draw each LEA's year; amounts are multiples of 1,000, as the survey publishes them."""
    draw = settings.generator(11, year)
    made = []
    for lea in state.operating:
        pupils = int(membership[lea.position])
        revenue = pupils * draw.normal(15_400 + 420 * (year - 2023), 900)
        federal = 0.05 + 0.11 * lea.poverty + 0.025 * (2025 - year) + draw.normal(0, 0.006)
        from_state = 0.42 + 0.2 * lea.poverty
        made.append(
            Finance(
                lea=lea,
                membership=pupils,
                expenditure=_thousands(revenue * draw.normal(0.985, 0.02)),
                federal=_thousands(revenue * federal),
                from_state=_thousands(revenue * from_state),
                local=_thousands(revenue * (1 - federal - from_state)),
            )
        )
    return made


def _thousands(amount: float) -> int:
    return round(amount / 1_000) * 1_000


def instruction_and_support(expenditure: int) -> tuple[int, int]:
    """What of an LEA's expenditure is for instruction, and for support services."""
    return _thousands(expenditure * 0.53), _thousands(expenditure * 0.34)


def capital_outlay(expenditure: int) -> int:
    """What of an LEA's expenditure buys or builds what lasts; the rest is food, debt and payments."""
    return _thousands(expenditure * 0.07)


def make_poverty(settings: Settings, state: State, year: int) -> list[Poverty]:
    """Draw the people of each school district for a school year (the income year is the one before)."""
    draw = settings.generator(12, year)
    made = []
    for lea in state.regular:
        children = max(20, round(lea.share * settings.students * draw.normal(1.07, 0.015)))
        poor = int(draw.binomial(children, 0.42 * lea.poverty - 0.006 * (year - 2023)))
        made.append(Poverty(lea, round(children * draw.normal(6.1, 0.2)), children, poor))
    return made


def write_finance(
    rows: list[Finance], poverty: list[Poverty], scored: dict[int, tuple[int, int]], path: Path
) -> None:
    """Write the joined survey file; `scored` gives proficient and scored students by LEA position."""
    path.parent.mkdir(parents=True, exist_ok=True)
    people = {item.lea.position: item for item in poverty}
    with path.open("w", encoding="ascii", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(FINANCE_HEADER)
        for row in rows:
            writer.writerow(
                _finance_row(row, people.get(row.lea.position), *scored.get(row.lea.position, (0, 0)))
            )
        writer.writerow(_neighbour_finance())


def _finance_row(row: Finance, people: Poverty | None, proficient: int, scored: int) -> list[object]:
    share = round(100 * proficient / scored) if scored else 0
    instruction, support = instruction_and_support(row.expenditure)
    return [
        row.lea.nces_id, STATE_NAME, STATE_ANSI_CODE, row.lea.name, float(max(share - 6, 0)), float(share),
        scored, scored, "03", row.membership, row.expenditure, row.revenue, row.federal, row.from_state,
        row.local, instruction, support, capital_outlay(row.expenditure),
        row.expenditure / max(row.membership, 1),
        100 * people.poor / people.children if people else "", people.children if people else "",
    ]  # fmt: skip


def _neighbour_finance() -> list[object]:
    _, fips, name = NEIGHBOUR
    return [
        f"{fips}00010", name, fips, "Border Unified", 50.0, 55.0, 400, 400, "03", 1_000, 15_000_000,
        15_500_000, 1_500_000, 7_000_000, 7_000_000, 8_000_000, 5_000_000, 2_000_000, 15_000.0, 15.0, 1_100,
    ]  # fmt: skip


def write_poverty(rows: list[Poverty], income_year: int, path: Path) -> None:
    """Write the SAIPE workbook: two title rows, the header in row 3, ids as text."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(f"USSD{income_year % 100:02d}")
    sheet.append(["Table with column headers in row 3"])
    sheet.append([f"{income_year} Poverty Estimates for School districts (invented)"])
    sheet.append(list(SAIPE_HEADER))
    for row in rows:
        name = f"{row.lea.name} School District"
        sheet.append(
            [STATE_CODE, STATE_ANSI_CODE, row.lea.nces_id[2:], name, row.population, row.children, row.poor]
        )
    sheet.append([NEIGHBOUR[0], NEIGHBOUR[1], "00010", "Border Unified School District", 6_800, 1_100, 165])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(without_clock(book))


def without_clock(book: Workbook) -> bytes:
    """Save a workbook so that the same rows give the same bytes: openpyxl stamps the time twice."""
    saved, steady = io.BytesIO(), io.BytesIO()
    book.save(saved)
    stamp = FIXED_TIME.timetuple()[:6]
    with zipfile.ZipFile(saved) as before, zipfile.ZipFile(steady, "w", zipfile.ZIP_DEFLATED) as after:
        for name in before.namelist():
            content = before.read(name)
            if name == "docProps/core.xml":
                content = _core_properties()
            after.writestr(zipfile.ZipInfo(name, stamp), content, zipfile.ZIP_DEFLATED)
    return steady.getvalue()


def _core_properties() -> bytes:
    namespace = "http://schemas.openxmlformats.org/package/2006/metadata/core-properties"
    return f'<?xml version="1.0"?><cp:coreProperties xmlns:cp="{namespace}"/>'.encode()
