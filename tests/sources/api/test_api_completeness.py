"""Never a silently short snapshot: totals are held to, cuts are taken up, repeats are told from changes."""

from __future__ import annotations

import stat
from typing import Any

import pytest
from api_bench import ApiBench, offset_table, records_of
from small_server import Asked, Reply, SmallServer, by_offset, once, rows

RECORDS = rows(57)


def at_offset(number: int) -> Any:
    return lambda asked: asked.query.get("offset") == str(number)


def dies_at(server: SmallServer, offset: int) -> None:
    """The page at an offset fails as often as it is asked for."""
    good = server.answer
    server.answer = lambda asked: Reply(status=500) if at_offset(offset)(asked) else good(asked)


def test_a_fetch_that_died_goes_on_where_it_was(server: SmallServer, bench: ApiBench) -> None:
    source = bench.source()
    server.answer = by_offset(RECORDS)
    dies_at(server, 30)
    assert bench.fetch(source).outcome == "failed"
    server.answer = by_offset(RECORDS)
    server.forget()
    fetch = bench.fetch(source)
    assert records_of(fetch) == RECORDS
    assert fetch.snapshots[0].detail["resumed_at_page"] == "4"
    # The first page is looked at again: only an unmoved first page makes going on safe.
    assert [asked.query["offset"] for asked in server.log] == ["0", "30", "40", "50"]
    assert bench.spooled() == []


def test_pages_that_wait_are_private(server: SmallServer, bench: ApiBench) -> None:
    bench.privacy = "restricted"
    server.answer = by_offset(RECORDS)
    dies_at(server, 30)
    bench.fetch()
    folder = bench.store.root / "franklin_api" / "spool"
    assert bench.spooled()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o600}


@pytest.mark.parametrize("moved", ["first page", "total", "question"])
def test_pages_of_data_that_moved_are_not_gone_on_from(
    moved: str, server: SmallServer, bench: ApiBench
) -> None:
    source = bench.source()
    server.answer = by_offset(RECORDS)
    dies_at(server, 30)
    bench.fetch(source)
    later = RECORDS
    if moved == "first page":
        later = [{**RECORDS[0], "students": 99}, *RECORDS[1:]]
    elif moved == "total":
        later = RECORDS[:-1]
    else:
        bench.tables = offset_table(params={"state": "FK"})
        source = bench.source()
    server.answer = by_offset(later)
    fetch = bench.fetch(source)
    assert records_of(fetch) == later
    assert "resumed_at_page" not in fetch.snapshots[0].detail


def test_pages_that_are_too_old_are_not_gone_on_from_and_removed(
    server: SmallServer, bench: ApiBench
) -> None:
    bench.api = {"spool_hours": 0}
    source = bench.source()
    server.answer = by_offset(RECORDS)
    dies_at(server, 30)
    bench.fetch(source)
    server.answer = by_offset(RECORDS)
    fetch = bench.fetch(source)
    assert records_of(fetch) == RECORDS
    assert "resumed_at_page" not in fetch.snapshots[0].detail


def test_a_spool_that_was_torn_is_cut_back_to_its_last_whole_page(
    server: SmallServer, bench: ApiBench
) -> None:
    source = bench.source()
    server.answer = by_offset(RECORDS)
    dies_at(server, 30)
    bench.fetch(source)
    with bench.spooled()[0].open("ab") as file:
        file.write(b'{"id": "R000')
    server.answer = by_offset(RECORDS)
    assert records_of(bench.fetch(source)) == RECORDS


@pytest.mark.parametrize("claimed", [56, 58, 50, 60, 0])
def test_a_total_that_lies_is_asked_again_and_then_refused(
    claimed: int, server: SmallServer, bench: ApiBench
) -> None:
    server.answer = by_offset(RECORDS, total=claimed)
    fetch = bench.fetch()
    assert fetch.outcome == "failed"
    assert ("fewer than" if claimed > 57 else "more than") in str(fetch.error)
    assert str(claimed) in str(fetch.error)
    assert sum(at_offset(0)(asked) for asked in server.log) == 2
    assert bench.spooled() == []


@pytest.mark.parametrize("claimed", [50, 100])
def test_a_total_that_is_a_multiple_of_the_page_is_looked_behind(
    claimed: int, server: SmallServer, bench: ApiBench
) -> None:
    """Pages that end exactly at a total that is too small would otherwise be believed."""
    whole = rows(claimed)
    server.answer = by_offset([*whole, {"id": "R99999", "students": 1, "name": "x"}], total=claimed)
    assert "more than" in str(bench.fetch().error)
    server.answer = by_offset(whole, total=claimed)
    assert len(records_of(bench.fetch())) == claimed


def test_an_error_behind_the_last_page_is_the_end_there(server: SmallServer, bench: ApiBench) -> None:
    whole = rows(50)
    server.answer = lambda asked: Reply(status=416) if at_offset(50)(asked) else by_offset(whole)(asked)
    assert len(records_of(bench.fetch())) == 50


def test_a_total_that_lies_once_is_mended_by_asking_again(server: SmallServer, bench: ApiBench) -> None:
    server.answer = by_offset(RECORDS)
    server.mischief = [once(Reply(RECORDS[:10], headers={"Total-Count": "99"}))]
    fetch = bench.fetch()
    assert records_of(fetch) == RECORDS
    assert fetch.snapshots[0].detail["fetched_twice"] == "yes"


def test_records_that_repeat_under_paging_are_a_gap_elsewhere(server: SmallServer, bench: ApiBench) -> None:
    """A record inserted before the page shifts the others: one comes twice, and one never comes."""
    shifted = [*RECORDS[:10], *RECORDS[9:19], *RECORDS[20:]]
    server.answer = by_offset(shifted, total=57)
    fetch = bench.fetch()
    assert "57 records came, 1 of which came twice: fewer than the 57 promised" in str(fetch.error)
    server.mischief = [once(Reply(shifted[10:20], headers={"Total-Count": "57"}), at_offset(10))]
    server.answer = by_offset(RECORDS)
    assert records_of(bench.fetch()) == RECORDS


def test_equal_repeats_beside_a_whole_set_are_dropped_and_counted(
    server: SmallServer, bench: ApiBench
) -> None:
    def answer(asked: Asked) -> Reply:
        page = asked.number("page", 1)
        found = RECORDS[(page - 1) * 10 : page * 10]
        return Reply({"data": [*found, *found[:1]], "total": 57})

    server.answer = answer
    paging = {"style": "page", "size": 10, "total": {"body": "total"}}
    bench.tables = offset_table(records="data", paging=paging)
    fetch = bench.fetch()
    assert records_of(fetch) == RECORDS
    assert fetch.snapshots[0].detail["repeated_records_dropped"] == "6"


def test_repeats_that_differ_are_refused_after_a_second_look(server: SmallServer, bench: ApiBench) -> None:
    changed = [*RECORDS, {**RECORDS[3], "students": 1_000}]
    server.answer = by_offset(changed, total=58)
    fetch = bench.fetch()
    assert "1 records came twice and differ, though id should tell records apart" in str(fetch.error)
    assert sum(at_offset(0)(asked) for asked in server.log) == 2


def test_a_total_that_changes_while_reading_is_read_again(server: SmallServer, bench: ApiBench) -> None:
    server.answer = by_offset(RECORDS)
    server.mischief = [once(Reply(RECORDS[20:30], headers={"Total-Count": "58"}), at_offset(20))]
    fetch = bench.fetch()
    assert records_of(fetch) == RECORDS
    assert fetch.snapshots[0].detail["fetched_twice"] == "yes"


@pytest.mark.parametrize(("counted", "outcome"), [(57, "new"), (58, "failed"), (40, "failed")])
def test_where_no_page_tells_the_number_it_is_asked_apart(
    counted: int, outcome: str, server: SmallServer, bench: ApiBench
) -> None:
    def answer(asked: Asked) -> Reply:
        assert asked.body["filters"] == {"states": ["FK", "NB"], "year": "2024"}
        if asked.path == "/count":
            return Reply({"results": {"grants": counted}})
        page = asked.body["page"]
        return Reply({"results": RECORDS[(page - 1) * 10 : page * 10], "more": page < 6})

    server.answer = answer
    filters = {"states": ["{option:states}"], "year": "{start_year}"}
    bench.api = {"options": {"states": None}}
    bench.options = {"states": "FK, NB"}
    bench.tables = offset_table(
        method="POST",
        body={"filters": filters},
        records="results",
        paging={"style": "page", "size": 10, "more": "more"},
        count={"path": "/count", "body": {"filters": filters}, "at": "results.grants"},
    )
    assert bench.fetch().outcome == outcome


def test_without_an_identity_equal_records_are_all_kept(server: SmallServer, bench: ApiBench) -> None:
    server.answer = by_offset([*RECORDS, RECORDS[4], RECORDS[4]])
    bench.tables = offset_table(identity=[])
    found = records_of(bench.fetch())
    assert len(found) == 59
    assert found.count(RECORDS[4]) == 3


def test_nothing_of_a_source_is_taken_when_one_of_its_tables_fails(
    server: SmallServer, bench: ApiBench
) -> None:
    server.answer = lambda asked: by_offset(RECORDS)(asked) if asked.path == "/schools" else Reply(status=400)
    bench.tables = {**offset_table(), "more": {"request": {"path": "/more"}}}
    fetch = bench.fetch()
    assert (fetch.outcome, fetch.snapshots) == ("failed", ())


def test_an_option_that_the_source_lacks_or_needs_is_named(bench: ApiBench) -> None:
    bench.options = {"stat": "FK"}
    assert "no option 'stat'" in str(bench.fetch().error)
    bench.api, bench.options = {"options": {"state": None}}, {}
    assert "needs the option 'state'" in str(bench.fetch().error)
