"""What a reader of the warehouse sees, and what became of Franklin after each round of damage and mending."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from damage import DAMAGES, MENDED
from refreshed import Refreshed, copied, select

from pipelines.refresh import RefreshReport, refresh

FIGURES = (
    "SELECT measure_id, school_year, organization_id, organization_view, student_group, grade, subject, "
    "federal_program_code, numerator, denominator, value FROM {}_measure_value"
)


@dataclass(frozen=True)
class State:
    """What a reader of the warehouse sees."""

    release: int
    figures: frozenset[tuple[Any, ...]]
    marks: dict[tuple[str, int], tuple[Any, ...]]  # measure and year: since, reason, claim

    def of(self, measure: str, year: int) -> frozenset[tuple[Any, ...]]:
        return frozenset(row for row in self.figures if row[:2] == (measure, year))


@dataclass(frozen=True)
class Happening:
    """A refresh with bad files, and in some rounds one with the files mended."""

    before: State
    report: RefreshReport
    after: State
    first_release_after: frozenset[tuple[Any, ...]]
    alerts: tuple[dict[str, Any], ...]
    mended: RefreshReport | None
    mended_state: State | None


def state_of(root: Path) -> State:
    ((release,),) = select(root, "SELECT release_id FROM current_release")
    marks = select(
        root,
        "SELECT part, school_year, carried_forward_since, carried_reason, carried_claim FROM current_slice "
        "WHERE face = 'internal' AND table_name = 'measure_value'",
    )
    return State(
        release,
        frozenset(select(root, FIGURES.format("current"))),
        {(measure, year): tuple(mark) for measure, year, *mark in marks},
    )


def alerts_of(root: Path) -> tuple[dict[str, Any], ...]:
    file = root / "alerts" / "alerts.jsonl"
    return tuple(json.loads(line) for line in file.read_text().splitlines()) if file.exists() else ()


@dataclass
class Rounds:
    """Runs each round once, when first asked for it."""

    good: Refreshed
    folder: Callable[[str], Path]

    def __post_init__(self) -> None:
        self._known: dict[str, Happening] = {}

    @cached_property
    def before(self) -> State:
        return state_of(self.good.root)

    def __getitem__(self, name: str) -> Happening:
        if name not in self._known:
            self._known[name] = self._run(name)
        return self._known[name]

    def _run(self, name: str) -> Happening:
        folder = self.folder(f"round_{name}")
        place = copied(self.good, folder)
        years = sorted({d.year for d in DAMAGES if d.round == name})
        for damage in (d for d in DAMAGES if d.round == name):
            damage.do(place.data, damage.year)
        report = refresh(place.home, years=years)
        after = state_of(place.root)
        first = frozenset(
            select(place.root, FIGURES.format("release") + " WHERE release_id = ?", self.before.release)
        )
        alerts = alerts_of(place.root)
        mended = mended_state = None
        if name in MENDED:
            shutil.rmtree(place.data)
            shutil.copytree(self.good.data, place.data)
            mended = refresh(place.home, years=years)
            mended_state = state_of(place.root)
        shutil.rmtree(folder)
        return Happening(self.before, report, after, first, alerts, mended, mended_state)
