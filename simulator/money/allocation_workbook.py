"""The department's Title I allocation workbook of the state, one a fiscal year.

Put here: its sheet: preamble, districts, the rows that are no district, notes.
Not here: what the state makes of it (see `allocations`): charter LEAs, reservations and hold-harmless.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from openpyxl import Workbook

from simulator.finance import without_clock
from simulator.money.allocations import TITLE_I
from simulator.money.cents import apportion
from simulator.money.world import Money
from simulator.settings import STATE_ANSI_CODE, STATE_CODE, STATE_NAME

HEADER = ("LEA ID", "District", "Allocation")
PART_D, UNDISTRIBUTED = ("99997", "PART D SUBPART 2", 0.004), ("99999", "UNDISTRIBUTED", 0.002)


def write_workbooks(money: Money, folder: Path) -> None:
    """Write `fyYY/franklin.xlsx` of every fiscal year."""
    for award in money.awards:
        if award.listing == TITLE_I:
            path = folder / f"fy{award.fiscal_year % 100:02d}" / "franklin.xlsx"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(without_clock(_book(money, award.fain, award.fiscal_year)))


def district_dollars(money: Money, fain: str) -> tuple[list[tuple[str, str, int]], dict[str, int]]:
    """Districts with whole dollars, and the dollars of the rows that are no district."""
    estimate = money.versions[fain][0]
    total = estimate.award_cents // 100
    others = {name: int(total * share) for _, name, share in (PART_D, UNDISTRIBUTED)}
    dollars = apportion(total - sum(others.values()), np.asarray(estimate.amounts))
    leas = (money.state.leas[position] for position in estimate.positions.tolist())
    rows = [(lea.nces_id, lea.name, amount) for lea, amount in zip(leas, dollars.tolist(), strict=True)]
    return rows, others


def _book(money: Money, fain: str, fiscal_year: int) -> Workbook:
    rows, others = district_dollars(money, fain)
    book = Workbook(write_only=True)
    sheet = book.create_sheet(STATE_CODE)
    for line in (
        "INVENTED - DEPARTMENT OF EDUCATION",
        f"{STATE_NAME}: TITLE I ALLOCATIONS TO LOCAL EDUCATIONAL AGENCIES",
        f"Fiscal year {fiscal_year}, school year {fiscal_year}-{(fiscal_year + 1) % 100:02d}",
        "Amounts in dollars, before the state's own adjustments",
        None,
        None,
    ):
        sheet.append([line])
    sheet.append(list(HEADER))
    for row in rows:
        sheet.append(list(row))
    for number, name, _ in (PART_D, UNDISTRIBUTED):
        sheet.append([f"{STATE_ANSI_CODE}{number}", name, others[name]])
    sheet.append([])
    sheet.append(["NOTE: Charter school LEAs receive their share from the state."])
    sheet.append(["NOTE: The state reserves funds for administration and school improvement."])
    return book
