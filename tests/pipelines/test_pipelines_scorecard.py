"""What the scorecard says in the terminal."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from assets.home import Home
from assets.place import Place
from pipelines.refresh import refresh
from pipelines.scorecard import scorecard, show
from tests.pipelines.tiny_agency import make_home
from warehouse.read import Reader, open_reader

ROW = {
    "student_group": "all", "grade": "all", "subject": "none", "federal_program_code": "none",
    "award_id": "none", "strategy_id": "none", "organization_type": "SEA",
    "organization_name": "Tinyland", "measure_id": "m",
    "school_year": 2024, "period": "annual", "node_id": "G1", "plan_measure_id": "p", "status": "MET",
    "status_reason": "",
    "trend": None, "unit": "percent", "decimals": 1, "actual": 50.0, "expected": None, "target": None,
    "carried_forward_since": None,
}  # fmt: skip


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory, tiny_sources: Path) -> Home:
    """A home with a release."""
    home = make_home(tmp_path_factory.mktemp("scorecard"), tiny_sources)
    assert not refresh(home).failed
    return home


def printed(home: Home, rows: Sequence[dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> str:
    """The scorecard as printed, if its rows were these."""
    monkeypatch.setattr(Reader, "scorecard", lambda *_, **__: [{**ROW, **row} for row in rows])
    out = io.StringIO()
    place = Place("tinyland", "Tinyland", home.agency.folder, home.root, home.warehouse_url)
    with open_reader(home.warehouse_url) as reader:
        show(Console(file=out, width=400), scorecard(reader, year=2024, organization=None), place)
    return out.getvalue()


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"measure_title": "Proficiency in English language arts", "grade": "03", "subject": "ela"},
         "Proficiency in English language arts (grade 3)  "),
        ({"measure_title": "Proficiency in English language arts", "subject": "ela"},
         "Proficiency in English language arts  "),
        ({"measure_title": "Proficiency", "subject": "math", "grade": "hs"},
         "Proficiency (high school, mathematics)  "),
        ({"measure_title": "Absence", "student_group": "english_learner"}, "Absence (english learner)  "),
    ],
)  # fmt: skip
def test_groups_are_told_in_words_and_not_twice(
    published: Home, monkeypatch: pytest.MonkeyPatch, row: dict[str, Any], said: str
) -> None:
    assert said in printed(published, [row], monkeypatch)


def test_a_note_that_holds_for_several_measures_is_printed_once(
    published: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    reason = "Special year (closure): Schools were closed."
    rows = [
        {"measure_title": "Absence", "status_reason": reason, "plan_measure_id": "a"},
        {"measure_title": "Graduation", "status_reason": reason, "plan_measure_id": "b"},
        {"measure_title": "Poverty", "status_reason": "Special year (pause): None.", "plan_measure_id": "c"},
    ]
    text = printed(published, rows, monkeypatch)
    assert text.count("Schools were closed.") == 1
    assert (
        f"Absence, 2024; Graduation, 2024: {reason}" in text and "Poverty, 2024: Special year (pause)" in text
    )
