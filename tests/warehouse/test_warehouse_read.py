"""What people are told: the same on both databases, and in words when there is nothing to tell."""

from __future__ import annotations

import pytest
from invented_release import (
    ABSENCE,
    AGENCY,
    AS_OF,
    both_faces,
    figure,
    figures,
    publication,
    rows_of,
    simple,
    value_key,
)

from warehouse.model.errors import SpmError
from warehouse.publication import AbsentSlice, CarryForward, SliceData, SliceKey
from warehouse.read import open_reader
from warehouse.store import Warehouse


def test_a_figure_has_its_history_by_release(url: str):
    with Warehouse.open(url, AGENCY) as warehouse:
        for absent in (1, 2):
            warehouse.publish(simple(absent))
        warehouse.rollback(1)
    with open_reader(url) as reader:
        history = reader.measure_history(measure_id=ABSENCE, organization_id="0600001")
        assert [(row["release_id"], row["value"]) for row in history] == [(1, 1.0), (2, 2.0)]
        assert [row["value"] for row in reader.measure_values(school_year=2024)] == [1.0]
        assert [(r["release_id"], r["is_current"]) for r in reader.releases()] == [(1, True), (2, False)]


def test_rows_look_the_same_on_both_databases(url: str):
    with Warehouse.open(url, AGENCY) as warehouse:
        warehouse.publish(simple(7))
    for face in ("internal", "public"):
        with open_reader(url, face=face) as reader:  # type: ignore[arg-type]
            (row,) = reader.measure_values()
            shown = {name: row[name] for name in ("numerator", "value", "n", "is_ranged", "school_year")}
            assert shown == {
                "numerator": 7.0,
                "value": 7.0,
                "n": 100,
                "is_ranged": False,
                "school_year": 2024,
            }
            assert [type(value) for value in shown.values()] == [float, float, int, bool, int]
            release = reader.release()
            assert (release["as_of"], release["not_for_release"]) == (AS_OF.isoformat(), True)
            assert len(release["published_at"]) == len("2026-01-15 10:00:00")


def test_what_is_carried_or_absent_is_told_with_its_claim(url: str):
    with Warehouse.open(url, AGENCY) as warehouse:
        warehouse.publish(publication(both_faces(figures(figure("0600001", 1, 50)))))
        warehouse.publish(
            publication(
                carried=[CarryForward(value_key(face), "cut in half", "rows_are_enough") for face in FACES],
                absent=[AbsentSlice(value_key("internal", 2023), "not published yet")],
            )
        )
    with open_reader(url, agency_id=AGENCY) as reader:
        carried = [s for s in reader.slices(face="internal") if s["carried_from_release_id"] is not None]
        assert [(s["school_year"], s["part"], s["carried_claim"]) for s in carried] == [
            (2024, ABSENCE, "rows_are_enough")
        ]
        assert [(a["school_year"], a["reason"]) for a in reader.absent()] == [(2023, "not published yet")]
        last = reader.last_publication()
        assert last is not None and last["outcome"] == "published"


FACES = ("internal", "public")


def test_an_unknown_measure_names_the_known_ones(url: str):
    measures = rows_of("measure", {"measure_id": "graduation_rate_4yr"}, {"measure_id": ABSENCE})
    with Warehouse.open(url, AGENCY) as warehouse:
        warehouse.publish(publication([SliceData(SliceKey("internal", "measure"), measures)]))
    with open_reader(url) as reader:
        assert reader.measure(ABSENCE)["measure_id"] == ABSENCE
        with pytest.raises(SpmError, match="No such measure") as refused:
            reader.measure("chronic_absense_rate")
    assert refused.value.remedy == f"Use one of {ABSENCE}, graduation_rate_4yr"


def test_nothing_published_yet_is_said_in_words(url: str):
    Warehouse.open(url, AGENCY).dispose()
    with pytest.raises(SpmError, match="Nothing has been published yet") as refused, open_reader(url):
        pass
    assert refused.value.remedy == "Run `spm refresh` first"


def test_no_warehouse_is_said_in_words(sqlite_url: str):
    with pytest.raises(SpmError, match="There is no warehouse yet"), open_reader(sqlite_url):
        pass
