"""Each way in which a file comes wrong, end to end: one clear error, nothing of it published, recovery."""

from __future__ import annotations

import pytest
from damage import DAMAGES, MENDED, Damage

each = pytest.mark.parametrize("damage", DAMAGES, ids=[d.name for d in DAMAGES])
ROUNDS = sorted({d.round for d in DAMAGES})


def of_round(name: str) -> list[Damage]:
    return [d for d in DAMAGES if d.round == name]


@each
def test_a_bad_file_gives_one_clear_error_with_its_place_and_what_to_do(rounds, damage: Damage):
    report = rounds[damage.round].report
    assert report.failed
    (text,) = [f.text for f in report.failures if (f.table, f.school_year) == (damage.table, damage.year)]
    assert [word for word in damage.words if word not in text] == [], text
    assert len(text) < 1_500
    assert "Traceback" not in text


@pytest.mark.parametrize("name", ROUNDS)
def test_nothing_fails_but_what_is_damaged_and_no_year_hides_another(rounds, name):
    report = rounds[name].report
    assert {(f.table, f.school_year) for f in report.failures} == {(d.table, d.year) for d in of_round(name)}
    assert [y.school_year for y in report.years if not y.is_good] == sorted({d.year for d in of_round(name)})
    assert report.release_error is None


@each
def test_figures_that_rest_on_a_bad_file_are_the_last_good_ones_and_say_so(rounds, damage: Damage):
    happening = rounds[damage.round]
    for measure in damage.measures:
        kept = happening.after.of(measure, damage.year)
        assert kept == happening.before.of(measure, damage.year) != frozenset()
        since, reason, claim = happening.after.marks[measure, damage.year]
        assert since is not None
        # Several files of a year may be wrong at once; the mark names one that the figure rests on.
        assert any(
            word in reason for d in of_round(damage.round) for word in d.words[:1] if d.year == damage.year
        )
        assert (claim is None) == reason.startswith("raw.")


@pytest.mark.parametrize("name", ROUNDS)
def test_years_without_a_bad_file_are_not_marked(rounds, name):
    marks = rounds[name].after.marks
    marked = {year for (_, year), (since, *_) in marks.items() if since is not None}
    assert marked == {d.year for d in of_round(name)}


@pytest.mark.parametrize("name", ROUNDS)
def test_the_release_before_stays_readable_as_it_was(rounds, name):
    happening = rounds[name]
    assert happening.first_release_after == happening.before.figures
    assert happening.after.release > happening.before.release


@each
def test_somebody_is_told_once(rounds, damage: Damage):
    told = [
        alert
        for alert in rounds[damage.round].alerts
        if (alert["table"], alert["school_year"]) == (damage.table, damage.year)
    ]
    assert [(alert["kind"], alert["severity"]) for alert in told] == [("failure", "error")]
    assert [word for word in damage.words if word not in told[0]["text"]] == []
    assert set(told[0]["measures"]) >= set(damage.measures), "the message says which figures are at stake"


@pytest.mark.parametrize("name", MENDED)
def test_mending_the_files_recovers_and_takes_the_marks_away(rounds, name):
    happening = rounds[name]
    assert list(happening.mended.failures) == []
    assert not happening.mended.failed
    assert happening.mended_state.figures == happening.before.figures
    assert {since for since, *_ in happening.mended_state.marks.values()} == {None}
