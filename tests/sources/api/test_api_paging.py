"""Every way of paging brings every record once, and says so."""

from __future__ import annotations

from typing import Any

import pytest
from api_bench import ApiBench, offset_table, records_of
from small_server import Asked, Behaviour, Reply, SmallServer, by_offset, rows

RECORDS = rows(47)


def by_page(first: int, more: bool) -> Behaviour:
    def answer(asked: Asked) -> Reply:
        page, size = asked.number("page", first), asked.number("limit", 10)
        start = (page - first) * size
        rest = {"meta": {"more": start + size < len(RECORDS)}} if more else {"total": len(RECORDS)}
        return Reply({"data": RECORDS[start : start + size], **rest})

    return answer


def by_link(asked: Asked) -> Reply:
    start = asked.number("start", 0)
    link = f"/schools?start={start + 10}&state={asked.query['state']}"
    return Reply(
        {
            "count": len(RECORDS),
            "next": link if start + 10 < len(RECORDS) else None,
            "results": RECORDS[start : start + 10],
        }
    )


def by_cursor(asked: Asked) -> Reply:
    start = int(asked.query.get("pageToken", "t0").removeprefix("t"))
    headers = {"Next-Page-Token": f"t{start + 10}"} if start + 10 < len(RECORDS) else {}
    return Reply(RECORDS[start : start + 10], headers=headers)


def by_last_record(asked: Asked) -> Reply:
    """Counts pages to 20 records and then wants the last record, whose sort value it writes as text."""
    last, page = asked.body.get("last_id"), asked.body["page"]
    if last is None and page * 10 > 20:
        return Reply(status=422)
    start = (page - 1) * 10 if last is None else next(i for i, r in enumerate(RECORDS) if r["id"] == last) + 1
    found = RECORDS[start : start + 10]
    meta = {
        "more": start + 10 < len(RECORDS),
        "last_id": found[-1]["id"],
        "last_value": str(found[-1]["students"]),
    }
    return Reply({"data": found, "meta": meta})


PAGE = {"style": "page", "size": 10}
CASES: dict[str, tuple[Behaviour, dict[str, Any]]] = {
    "offset": (by_offset(RECORDS), offset_table()["schools"]["request"]),
    "page from 1 until more is false": (
        by_page(1, True),
        {"records": "data", "paging": {**PAGE, "more": "meta.more"}},
    ),
    "page from 0 until the total": (
        by_page(0, False),
        {"records": "data", "paging": {**PAGE, "first": 0, "total": {"body": "total"}}},
    ),
    "next link": (
        by_link,
        {
            "records": "results",
            "params": {"state": "FK"},
            "paging": {"style": "next_link", "link": "next", "total": {"body": "count"}},
        },
    ),
    "cursor": (by_cursor, {"paging": {"style": "cursor", "size": 10, "header": "Next-Page-Token"}}),
    "last record": (
        by_last_record,
        {
            "method": "POST",
            "body": {"filters": {"state": "FK"}},
            "records": "data",
            "paging": {**PAGE, "more": "meta.more", "pair": ["last_id", "last_value"], "pair_at": "meta"},
        },
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_every_record_comes_once(case: str, server: SmallServer, bench: ApiBench) -> None:
    server.answer, request = CASES[case]
    bench.tables = {"schools": {"request": {"path": "/schools", "identity": ["id"], **request}}}
    fetch = bench.fetch()
    assert fetch.outcome == "new", fetch.error
    assert records_of(fetch) == RECORDS
    assert fetch.snapshots[0].detail["records"] == "47"
    assert int(fetch.snapshots[0].detail["pages"]) == 5


def test_a_page_that_the_server_caps_is_not_the_end(server: SmallServer, bench: ApiBench) -> None:
    server.answer = by_offset(RECORDS, cap=7)
    assert records_of(bench.fetch()) == RECORDS


def test_the_number_behind_the_slash_of_content_range_is_the_promise(
    server: SmallServer, bench: ApiBench
) -> None:
    def postgrest(asked: Asked) -> Reply:
        assert asked.headers["prefer"] == "count=exact"
        start = asked.number("offset", 0)
        page = RECORDS[start : start + min(20, asked.number("limit", 20))]
        span = {"Content-Range": f"{start}-{start + len(page) - 1}/{len(RECORDS)}"}
        return Reply(page, 206, span)

    server.answer = postgrest
    paging = {"style": "offset", "size": 100, "total": {"header": "Content-Range"}}
    bench.tables = offset_table(paging=paging, headers={"Prefer": "count=exact"})
    fetch = bench.fetch()
    assert (len(records_of(fetch)), fetch.snapshots[0].detail["promised_records"]) == (47, "47")


def test_records_are_in_the_order_of_their_identity_so_that_the_same_answer_is_unchanged(
    server: SmallServer, bench: ApiBench
) -> None:
    source = bench.source()
    server.answer = by_offset(RECORDS)
    first = bench.fetch(source)
    server.answer = by_offset(RECORDS[::-1])
    assert bench.fetch(source).outcome == "unchanged"
    server.answer = by_offset([*RECORDS[:-1], {**RECORDS[-1], "students": 999}])
    assert (first.outcome, bench.fetch(source).outcome) == ("new", "new")


def test_a_link_to_another_host_is_not_followed(server: SmallServer, bench: ApiBench) -> None:
    server.answer = lambda _: Reply(
        {"count": 99, "next": "http://elsewhere.example/steal", "results": RECORDS[:9]}
    )
    paging = {"style": "next_link", "link": "next", "total": {"body": "count"}}
    bench.tables = offset_table(records="results", paging=paging)
    fetch = bench.fetch()
    assert fetch.outcome == "failed"
    assert "another host" in str(fetch.error)


def test_a_paging_that_never_ends_is_refused(server: SmallServer, bench: ApiBench) -> None:
    server.answer = lambda asked: Reply(RECORDS[:10], headers={"Next-Page-Token": "again"})
    bench.tables = offset_table(paging={"style": "cursor", "size": 10, "header": "Next-Page-Token"})
    fetch = bench.fetch()
    assert "the next page is the one just read" in str(fetch.error)


def test_a_question_for_every_combination_and_from_another_tables_values(
    server: SmallServer, bench: ApiBench
) -> None:
    def answer(asked: Asked) -> Reply:
        if asked.path == "/schools":
            return by_offset(RECORDS)(asked)
        wanted = asked.query["ids"].removeprefix("in.(").removesuffix(")").split(",")
        return Reply(
            [r for r in RECORDS if r["id"] in wanted and (r["students"] % 2 == 0) == ("even" in asked.path)]
        )

    server.answer = answer
    every = {"ids": {"table": "schools", "path": "id", "batch": 20}, "kind": ["even", "odd"]}
    request = {
        "path": "/{each:kind}",
        "params": {"ids": "in.({each:ids})"},
        "each": every,
        "identity": ["id"],
    }
    bench.tables = {"details": {"request": request}, **offset_table()}
    fetch = bench.fetch()
    assert records_of(fetch, "details") == RECORDS
    details = [asked for asked in server.log if asked.path in ("/even", "/odd")]
    assert len(details) == 6
    assert max(len(asked.query["ids"].split(",")) for asked in details) == 20
