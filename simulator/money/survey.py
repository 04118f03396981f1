"""The School District Finance Survey file (F-33) of a fiscal year, `sdfYY_1a.txt`.

Put here: the split of each LEA's revenue and expenditure into the survey's items, codes and flags, the file.
Not here: the totals (see `simulator.finance`), the names of the columns (see `survey_layout`).

Federal items that come through the state are what the agency paid the LEA in the fiscal year, as far as the
LEA's own federal total has room for them. Items that do not apply are -2, missing ones -1, failed edits -9.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from simulator.finance import NEIGHBOUR, Finance, capital_outlay, instruction_and_support
from simulator.money.cents import apportion
from simulator.money.flows import Payment
from simulator.money.survey_layout import FLAGGED, HEADER, PARTS, TEXTS, VARIABLES
from simulator.money.world import Money
from simulator.organizations import Ints
from simulator.place_names import COUNTIES
from simulator.settings import STATE_ANSI_CODE, STATE_CODE, STATE_NAME

ITEM_OF = {
    "84.010": "C14", "84.027": "C15", "84.173": "C15", "84.367": "C16", "84.048": "C19", "84.365": "B11",
    "84.424": "C20",
}  # fmt: skip
OTHER_FEDERAL = {"C20": 24.0, "C25": 62.0, "B10": 5.0, "B12": 1.0, "B13": 8.0}
OTHER_SALARIES = {
    "V11": 20.0, "V13": 15.0, "V15": 6.0, "V17": 22.0, "V21": 17.0, "V23": 7.0, "V37": 9.0, "V29": 4.0,
}  # fmt: skip
NOT_APPLICABLE = ("C17", "C36", "C35", "C39", "T02", "T09", "T15", "T40", "C24", "V85", "K11", "V32")
MISSING, NONE, FAILED = -1, -2, -9
SHARES_OF_EXPENDITURE = {
    "V93": 0.004, "V95": 0.02, "V02": 0.012, "K14": 0.005, "W01": 0.03, "W31": 0.1, "W61": 0.2, "_19H": 0.6,
    "_21F": 0.08, "_31F": 0.05,
}  # fmt: skip
OUTSIDE = ("V93", "V95", "V02", "K14", "W01", "W31", "W61")  # items no total counts: one may be missing


@dataclass
class Survey:
    """One fiscal year's file, column by column."""

    texts: dict[str, list[str]]
    numbers: dict[str, Ints]
    flags: dict[str, list[str]]


def paid_dollars(payments: Sequence[Payment], fiscal_year: int) -> dict[tuple[int, str], int]:
    """Whole dollars paid to an LEA in July to June, by LEA position and survey item."""
    cents: dict[tuple[int, str], int] = defaultdict(int)
    for payment in payments:
        if payment.paid_on.year + (payment.paid_on.month >= 7) == fiscal_year:
            request = payment.claim.request
            cents[request.lea.position, ITEM_OF[request.listing]] += payment.cents
    return {key: (value + 50) // 100 for key, value in cents.items()}


def make_survey(money: Money, rows: Sequence[Finance], year: int) -> Survey:
    """Split the totals of each LEA; every sum of the layout holds to the dollar."""
    draw = money.settings.generator(311, year)
    count = len(rows)
    numbers: dict[str, Ints] = {
        name: np.zeros(count, dtype=np.int64) for name in VARIABLES if name not in TEXTS
    }
    numbers["V33"] = numbers["MEMBERSCH"] = np.array([row.membership for row in rows])
    numbers["TOTALREV"] = np.array([row.revenue for row in rows])
    for name, part in (("TFEDREV", "federal"), ("TSTREV", "from_state"), ("TLOCREV", "local")):
        numbers[name] = np.array([getattr(row, part) for row in rows])
    _federal(numbers, rows, paid_dollars(money.payments, year), draw)
    _expenditure(numbers, np.array([row.expenditure for row in rows]), draw)
    for total, parts in PARTS.items():
        _split(numbers, total, parts, draw)
    numbers["Z32"] = numbers["Z33"] + np.sum([numbers[name] for name in OTHER_SALARIES], axis=0)
    numbers["WEIGHT"] = np.ones(count, dtype=np.int64)
    flags = {name: ["R"] * count for name in FLAGGED}
    _code(numbers, flags, draw)
    return Survey(_texts(money, rows, year), numbers, flags)


def _split(
    numbers: dict[str, Ints], total: str, parts: Mapping[str, float], draw: np.random.Generator
) -> None:
    """Cut a total at running shares, so that the parts add up to it."""
    names = [name for name, weight in parts.items() if weight]
    if not names:
        return
    weights = np.array([parts[name] for name in names])
    shares = weights * draw.uniform(0.85, 1.15, (len(numbers[total]), len(names)))
    edges = np.cumsum(shares, axis=1) / shares.sum(axis=1, keepdims=True)
    edges[:, -1] = 1.0
    cuts = np.floor(edges * numbers[total][:, None]).astype(np.int64)
    for name, column in zip(names, np.diff(cuts, axis=1, prepend=0).T, strict=True):
        numbers[name] = column


def _federal(
    numbers: dict[str, Ints],
    rows: Sequence[Finance],
    paid: Mapping[tuple[int, str], int],
    draw: np.random.Generator,
) -> None:
    items = sorted(set(ITEM_OF.values()))
    for index, row in enumerate(rows):
        own = np.array([paid.get((row.lea.position, item), 0) for item in items])
        if own.sum() > row.federal * 9 // 10:  # the agency pays by cash, the survey counts by accrual
            own = apportion(row.federal * 9 // 10, own)
        for item, dollars in zip(items, own.tolist(), strict=True):
            numbers[item][index] = dollars
    rest = numbers["TFEDREV"] - sum((numbers[item] for item in items), np.zeros(len(rows), np.int64))
    extra = {"REST": rest, **{name: np.zeros(len(rows), np.int64) for name in OTHER_FEDERAL}}
    _split(extra, "REST", OTHER_FEDERAL, draw)
    for name in OTHER_FEDERAL:
        numbers[name] = numbers[name] + extra[name]


def _expenditure(numbers: dict[str, Ints], total: Ints, draw: np.random.Generator) -> None:
    instruction, support = (
        np.array(column) for column in zip(*(instruction_and_support(int(x)) for x in total), strict=True)
    )
    capital = np.array([capital_outlay(int(x)) for x in total])
    numbers.update(TOTALEXP=total, TCURINST=instruction, TCURSSVC=support, TCAPOUT=capital)
    rest = {"REST": total - instruction - support - capital}
    shares = {"TCUROTH": 56.0, "TNONELSE": 10.0, "Q11": 10.0, "I86": 14.0, "V91": 4.0, "V92": 6.0}
    _split(rest, "REST", shares, draw)
    numbers.update({name: rest[name] for name in shares})
    current = instruction + support + numbers["TCUROTH"]
    numbers["TCURELSC"] = current
    numbers["Z33"] = instruction * 62 // 100
    numbers["Z34"] = current * 21 // 100
    salaries = {"REST": support * 48 // 100 + numbers["TCUROTH"] // 4}
    _split(salaries, "REST", OTHER_SALARIES, draw)
    numbers.update({name: column for name, column in salaries.items() if name != "REST"})
    sources = {"REST": current}
    _split(sources, "REST", {"CE1": 91, "CE2": 9}, draw)
    numbers.update({name: sources[name] for name in ("CE1", "CE2")})
    for name, share in SHARES_OF_EXPENDITURE.items():
        numbers[name] = np.floor(total * share * draw.uniform(0.5, 1.5, len(total))).astype(np.int64)
    numbers["_41F"] = numbers["_19H"] + numbers["_21F"] - numbers["_31F"]


def _code(numbers: dict[str, Ints], flags: dict[str, list[str]], draw: np.random.Generator) -> None:
    """Items nobody in the state has are not applicable; a few others were missing, mended or failed."""
    count = len(numbers["V33"])
    for name in (*NOT_APPLICABLE, "CE3"):
        numbers[name] = np.full(count, NONE)
        flags[name] = ["N"] * count
    for name in OUTSIDE:
        chance = draw.random(count)
        for mark, code, low, high in (("M", MISSING, 0.0, 0.05), ("A", FAILED, 0.05, 0.08)):
            here = (chance >= low) & (chance < high)
            numbers[name] = np.where(here, code, numbers[name])
            flags[name] = [mark if hit else flag for hit, flag in zip(here, flags[name], strict=True)]
    for name in ("C25", "C12", "E11"):
        imputed = draw.random(count) < 0.06
        flags[name] = ["I" if hit else flag for hit, flag in zip(imputed, flags[name], strict=True)]


def _texts(money: Money, rows: Sequence[Finance], year: int) -> dict[str, list[str]]:
    leas = [row.lea for row in rows]
    county = [
        f"{STATE_ANSI_CODE}{2 * COUNTIES.index(lea.county.removesuffix(' County')) + 1:03d}" for lea in leas
    ]
    own = [not lea.is_charter for lea in leas]
    return {
        "LEAID": [lea.nces_id for lea in leas],
        "CENSUSID": [f"{STATE_ANSI_CODE}5{lea.position + 1:03d}{lea.position + 1:03d}00000"[:14] if o else "N"
                     for lea, o in zip(leas, own, strict=True)],
        "FIPST": [STATE_ANSI_CODE] * len(leas),
        "CONUM": county,
        "CSA": ["N"] * len(leas),
        "CBSA": ["N" if lea.position % 3 else f"{88_000 + lea.position % 50 * 10}" for lea in leas],
        "NAME": [lea.name.upper() for lea in leas],
        "STNAME": [STATE_NAME.title()] * len(leas),
        "STABBR": [STATE_CODE] * len(leas),
        "SCHLEV": ["03"] * len(leas),
        "AGCHRT": ["1" if lea.is_charter else "3" for lea in leas],
        "YEAR": [f"{year % 100:02d}"] * len(leas),
        "CCDNF": ["1"] * len(leas),
        "CENFILE": ["1" if o else "0" for o in own],
        "GSLO": ["KG"] * len(leas),
        "GSHI": ["12"] * len(leas),
    }  # fmt: skip


def write_survey(money: Money, rows: Sequence[Finance], year: int, path: Path) -> Survey:
    """Write the file; a national one has other states too, so one row is of the neighbour."""
    survey = make_survey(money, rows, year)
    path.parent.mkdir(parents=True, exist_ok=True)
    columns: list[Sequence[object]] = [
        survey.texts[name] if name in survey.texts else survey.numbers[name].tolist() for name in VARIABLES
    ]
    columns += [survey.flags[name] for name in FLAGGED]
    with path.open("w", encoding="ascii", newline="") as file:
        file.write("\t".join(HEADER) + "\r\n")
        for cells in zip(*columns, strict=True):
            file.write("\t".join(map(str, cells)) + "\r\n")
        file.write("\t".join(_neighbour(year)) + "\r\n")
    return survey


def _neighbour(year: int) -> list[str]:
    """A district of the neighbour state that did not answer: everything is missing."""
    code, fips, name = NEIGHBOUR
    texts = (
        f"{fips}00010", "N", fips, f"{fips}001", "N", "N", "BORDER UNIFIED", name.title(), code, "03", "3",
        f"{year % 100:02d}", "1", "0", "KG", "12",
    )  # fmt: skip
    return [*texts, *[str(MISSING)] * (len(VARIABLES) - len(TEXTS) - 1), "1", *["M"] * len(FLAGGED)]
