"""What a state submits about the accountability of its schools: indicators, designations, reasons.

Put here: FS103, FS129, FS199, FS200, FS201, FS202, FS205, FS206, FS212. Not here: counts.

FS129 is written for its Title I school status alone, in the layout of 2021-22: later ones lack it. Statuses
are state-defined (STTDEF) with Franklin's words, or too few students stood behind them (TOOFEW). Table types
but GRADRATESTATUS, and the codes of quartiles, indicator types, applicability of reasons and additional
targeted support, are our own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from simulator.edfacts.counting import organizations
from simulator.edfacts.files import file_types, write_file
from simulator.edfacts.population import People
from simulator.edfacts.students import SCHOOLWIDE, TARGETED
from simulator.organizations import Floats, Ints, State
from simulator.people import Flags
from simulator.vocabulary import RACES

SMALLEST = 10
WORDS = ("Needs intensive help", "Approaches the target", "Meets the target", "Exceeds the target")
GROUP_STATUSES = ("children_with_disabilities", "english_learner", "economically_disadvantaged")
LOWEST_SHARE = 0.05  # of schools; comprehensive support


@dataclass(frozen=True)
class Rate:
    """Students behind an indicator, and whether each counts for the school."""

    people: People
    good: Flags


def write_indicator(
    folder: Path, specification: str, year: int, table: str, rates: Sequence[tuple[str, Rate]], bounds: Floats
) -> None:
    """FS199 to FS202: a status for each school and group; an indicator type where a state has several."""
    parts = [_group_rows(kind, rate, bounds) for kind, rate in rates]
    state = rates[0][1].people.state
    _write(folder, state, specification, year, table, {k: [v for p in parts for v in p[k]] for k in parts[0]})


def write_total_indicator(
    folder: Path, specification: str, year: int, table: str, rate: Rate, bounds: Floats
) -> None:
    """FS205: a status for each school, without groups."""
    rows = _status_rows(rate, np.ones(len(rate.good), dtype=np.bool_), "", "", bounds)
    _write(folder, rate.people.state, specification, year, table, rows)


def _write(
    folder: Path, state: State, specification: str, year: int, table: str, rows: dict[str, list[str]]
) -> None:
    unit = np.array([int(text) for text in rows.pop("unit")], dtype=np.int64)
    order = np.argsort(unit, kind="stable")
    columns = dict(organizations(state, "SCH", unit[order]))
    columns["TableTypeAbbrv"] = pa.array([table] * len(unit), pa.string())
    for name, texts in rows.items():
        columns[name] = pa.array(texts, pa.string()).take(pa.array(order))
    # Generate's layouts of two specifications write a column in capitals.
    columns["LEPSTATUSID"] = columns.get("LEPStatusID", pa.array([""] * len(unit), pa.string()))
    write_file(folder, file_types()[specification, "SCH"], year, columns)


def _group_rows(kind: str, rate: Rate, bounds: Floats) -> dict[str, list[str]]:
    people = rate.people
    everybody = np.ones(len(rate.good), dtype=np.bool_)
    parts = [_status_rows(rate, everybody, "", "", bounds)]
    race = people.students.race[people.who]
    for place, one in enumerate(RACES):
        parts.append(_status_rows(rate, np.asarray(race == place), "RaceEthnicityID", one.major_code, bounds))
    for name in GROUP_STATUSES:
        category = people.status(name)
        parts.append(_status_rows(rate, people.has(name), category.column, category.codes[0], bounds))
    rows = {key: [text for part in parts for text in part[key]] for key in parts[0]}
    return {**rows, "IndicatorTypeID": [kind] * len(rows["unit"])}


def _status_rows(rate: Rate, inside: Flags, column: str, code: str, bounds: Floats) -> dict[str, list[str]]:
    """One row per school with such students."""
    size = len(rate.people.state.schools)
    school = rate.people.school
    count = np.bincount(school[inside], minlength=size)
    good = np.bincount(school[inside & rate.good], minlength=size)
    kept = np.flatnonzero(count)
    level = np.searchsorted(bounds, good[kept] / count[kept], side="right")
    few = count[kept] < SMALLEST
    names = ("RaceEthnicityID", "DisabilityStatusID", "LEPStatusID", "EconDisadvantagedStatusID")
    return {
        "unit": [str(one) for one in kept.tolist()],
        **{name: [code if name == column else ""] * len(kept) for name in names},
        "TotalIndicator": ["N" if column else "Y"] * len(kept),
        "Amount": ["TOOFEW" if f else "STTDEF" for f in few.tolist()],
        "StateDefinedStatusName": ["" if f else WORDS[at] for f, at in zip(few, level.tolist(), strict=True)],
    }


def poverty_quartiles(poverty: Floats) -> tuple[Flags, Flags]:
    """The poorest and the richest quarter of schools."""
    low, high = np.quantile(poverty, [0.25, 0.75])
    poorest = np.asarray(poverty >= high)
    return poorest, np.asarray((poverty <= low) & ~poorest)


def write_poverty_quartiles(folder: Path, state: State, year: int, poverty: Floats) -> None:
    """FS103: which quarter of schools by poverty a school is in, where it is the first or the last."""
    poorest, richest = poverty_quartiles(poverty)
    words = np.where(poorest, "HIGHQUART", np.where(richest, "LOWQUART", "NEITHER"))
    columns = dict(organizations(state, "SCH", np.arange(len(poverty))))
    columns["PovertyQuart"] = pa.array(words.tolist(), pa.string())
    write_file(folder, file_types()["FS103", "SCH"], year, columns)


def write_school_programs(folder: Path, state: State, year: int, poverty: Floats) -> None:
    """FS129: which schools have a Title I program, and of which kind."""
    program = np.where(poverty >= TARGETED, "TGELGBTGPROG", "NOTTITLE1ELIG")
    words = np.where(poverty >= SCHOOLWIDE, "SWELIGSWPROG", program)
    columns = dict(organizations(state, "SCH", np.arange(len(poverty))))
    columns["TitleISchoolStatus"] = pa.array(words.tolist(), pa.string())
    write_file(folder, file_types()["FS129", "SCH"], year, columns)


def write_support(folder: Path, state: State, year: int, reading: Rate, cohort: Rate) -> None:
    """FS206 and FS212: the schools in comprehensive and targeted support, and why."""
    reasons = comprehensive(state, reading, cohort)
    targeted = {s: codes for s, codes in _targeted(state, reading).items() if s not in reasons}
    columns = dict(organizations(state, "SCH", np.arange(len(state.schools))))
    for name, inside, yes, no in (
        ("CompSupImprvmntID", reasons, "CSI", "NOTCSI"),
        ("TrgtSupImprvmntID", targeted, "TSI", "NOTTSI"),
        ("AddlTrgtSupImprvmntID", {}, "ATSI", "NOTATSI"),
    ):
        words = [yes if place in inside else no for place in range(len(state.schools))]
        columns[name] = pa.array(words, pa.string())
    write_file(folder, file_types()["FS206", "SCH"], year, columns)
    rows = [(s, "CSIREASONS", code, "") for s, code in sorted(reasons.items())]
    rows += [(s, "TSIREASONS", "", code) for s, codes in sorted(targeted.items()) for code in codes]
    columns = dict(organizations(state, "SCH", np.array([row[0] for row in rows], dtype=np.int64)))
    for place, name in (
        (1, "TableTypeAbbrv"),
        (2, "ComprhnsvSupportIdentificationTypeID"),
        (3, "TargetIdentificationSubgrpsID"),
    ):
        columns[name] = pa.array([str(row[place]) for row in rows], pa.string())
    columns["Amount"] = pa.array(["YES"] * len(rows), pa.string())
    write_file(folder, file_types()["FS212", "SCH"], year, columns)


def comprehensive(state: State, reading: Rate, cohort: Rate) -> dict[int, str]:
    """The lowest schools in reading, and high schools whose graduation rate is below two thirds."""
    size = len(state.schools)
    rate = _rate(reading, size)
    known = np.flatnonzero(~np.isnan(rate))
    lowest = known[np.argsort(rate[known], kind="stable")][: max(1, round(LOWEST_SHARE * len(known)))]
    found = {int(school): "CSILOWPERF" for school in lowest}
    graduation = _rate(cohort, size)
    for school in np.flatnonzero(~np.isnan(graduation) & (graduation < 2 / 3)).tolist():
        found.setdefault(school, "CSILOWGR")
    return found


def _targeted(state: State, reading: Rate) -> dict[int, list[str]]:
    """Schools where a group of enough students is far below the state in reading."""
    found: dict[int, list[str]] = {}
    limit = 0.35 * float(reading.good.mean()) if len(reading.good) else 0.0
    for name in GROUP_STATUSES:
        inside = reading.people.has(name)
        group = Rate(reading.people.where(inside), reading.good[inside])
        count = np.bincount(group.people.school, minlength=len(state.schools))
        low = (count >= SMALLEST) & (_rate(group, len(state.schools)) < limit)
        for school in np.flatnonzero(low).tolist():
            found.setdefault(school, []).append(reading.people.status(name).codes[0])
    return found


def _rate(rate: Rate, size: int) -> Floats:
    """The share per school; not a number where there is nobody."""
    count: Ints = np.bincount(rate.people.school, minlength=size)
    good = np.bincount(rate.people.school[rate.good], minlength=size)
    shares: Floats = np.where(count > 0, good / np.maximum(count, 1), np.nan)
    return shares
