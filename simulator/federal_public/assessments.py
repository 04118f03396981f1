"""EDFacts public assessment files, wide and long, for schools and districts.

Put here: the layouts of the files. Not here: the counts (`results`), the blurring (`blurring`).

Layouts as documented for 2018-19. Franklin tests reading/language arts only, so there is one subject.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from simulator.federal_public.blurring import blurred
from simulator.federal_public.results import GRADES, GROUPS, Results, Unit
from simulator.organizations import Ints, State
from simulator.settings import STATE_ANSI_CODE, STATE_CODE, STATE_NAME, school_year_title

SUBJECT = "RLA"
_NOT_REPORTED = "."


@dataclass(frozen=True)
class _Kind:
    """Achievement or participation: its names, and the counts behind its percent."""

    name: str
    count: str  # header of the count in the wide file
    percent: str
    long_counts: tuple[str, str]


ACHIEVEMENT = _Kind("achievement", "numvalid", "pctprof", ("NUMVALID", "NUMPROF"))
PARTICIPATION = _Kind("participation", "numpart", "pctpart", ("NUMENROLL", "NUMPART"))


def write_assessments(state: State, results: Results, folder: Path) -> None:
    """Write the four files of one level."""
    folder.mkdir(parents=True, exist_ok=True)
    for kind in (ACHIEVEMENT, PARTICIPATION):
        stem = f"rla-{kind.name}-{results.level}-sy{results.year - 1}-{results.year % 100:02d}"
        _write(folder / f"{stem}-wide.csv", _wide_header(results, kind), _wide(state, results, kind))
        _write(folder / f"{stem}-long.csv", _long_header(results, kind), _long(state, results, kind))


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow(header)
        writer.writerows(rows)


def _parts(results: Results, kind: _Kind) -> tuple[Ints, Ints]:
    """Of how many, and how many."""
    if kind is ACHIEVEMENT:
        return results.scored, results.proficient
    return results.enrolled, results.participating


def _wide_header(results: Results, kind: _Kind) -> list[str]:
    suffix = f"{(results.year - 1) % 100:02d}{results.year % 100:02d}"
    school = ["NCESSCH", "ST_SCHID", "SCHNAM"] if results.level == "sch" else []
    pairs = [
        f"{group}_{SUBJECT}{grade}{metric}_{suffix}"
        for group in GROUPS
        for grade in GRADES
        for metric in (kind.count, kind.percent)
    ]
    return ["YEAR", "STNAM", "FIPST", "LEAID", "ST_LEAID", "LEANM", *school, "DATE_CUR", *pairs]


def _wide(state: State, results: Results, kind: _Kind) -> Iterable[list[str]]:
    whole, part = _parts(results, kind)
    shown = whole if kind is ACHIEVEMENT else part
    for unit in results.units:
        row = [*_lead(state, results), *_ids(state, unit), *_school(state, unit), _as_of(results)]
        for group in range(len(GROUPS)):
            for grade in range(len(GRADES)):
                if is_reported(results, unit, group, grade):
                    row.append(str(shown[unit.position, group, grade]))
                    row.append(percent_of(results, unit, whole, part, group, grade))
                else:
                    row += [_NOT_REPORTED, ""]
        yield row


def _long_header(results: Results, kind: _Kind) -> list[str]:
    school = ["SCHNAM", "NCESSCH", "ST_SCHID"] if results.level == "sch" else []
    lead = ["YEAR", "STNAM", "FIPST", "LEAID", "ST_LEAID", "LEANM", *school]
    return [*lead, "SUBJECT", "GRADE", "CATEGORY", "DATE_CUR", *kind.long_counts, kind.percent.upper()]


def _long(state: State, results: Results, kind: _Kind) -> Iterable[list[str]]:
    whole, part = _parts(results, kind)
    for unit in results.units:
        school = _school(state, unit)
        lead = [*_lead(state, results), *_ids(state, unit), *school[2:], *school[:2]]
        for group, name in enumerate(GROUPS):
            for grade, title in enumerate(GRADES):
                if not is_reported(results, unit, group, grade):
                    continue
                counts = [str(part_[unit.position, group, grade]) for part_ in (whole, part)]
                percent = percent_of(results, unit, whole, part, group, grade)
                yield [*lead, SUBJECT, title, name, _as_of(results), *counts, percent]


def is_reported(results: Results, unit: Unit, group: int, grade: int) -> bool:
    """Whether the unit reported the cell; some report that a group has nobody, others say nothing of it."""
    if results.enrolled[unit.position, group, grade]:
        return True
    return bool(results.enrolled[unit.position, 0, grade]) and unit.position % 2 == 0


def percent_of(results: Results, unit: Unit, whole: Ints, part: Ints, group: int, grade: int) -> str:
    """What is printed for a cell's percent."""
    at = (unit.position, group, grade)
    is_all = group == 0 and grade == 0
    guarded = unit.position in results.guarded
    return blurred(int(part[at]), int(whole[at]), is_all=is_all, is_guarded=guarded)


def _lead(state: State, results: Results) -> list[str]:
    return [school_year_title(results.year), STATE_NAME, STATE_ANSI_CODE]


def _ids(state: State, unit: Unit) -> list[str]:
    lea = state.leas[unit.lea]
    return [lea.nces_id, f"{STATE_CODE}-{lea.state_id}", lea.name]


def _school(state: State, unit: Unit) -> list[str]:
    if unit.school is None:
        return []
    school = state.schools[unit.school]
    lea = state.leas[unit.lea]
    return [school.nces_id, f"{STATE_CODE}-{lea.state_id}-{school.state_id}", school.name]


def _as_of(results: Results) -> str:
    return f"08APR{results.year + 1}"
