"""USAspending and SAM answer as the real APIs do, and agree with the state's own books."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from web_client import KEY, REPORTS, SEARCH, SUBAWARDS, search

from simulator.web.serve import Systems


@pytest.fixture
def client(systems: Systems) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=systems.url) as made:
        yield made


@pytest.fixture(scope="module")
def truth(folder: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((folder / "truth" / "web.json").read_text())
    return told


def found(client: httpx.Client, body: dict[str, Any]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    page = 1
    while True:
        answer = client.post(SEARCH, json={**body, "page": page})
        assert answer.status_code == 200, answer.text
        rows += answer.json()["results"]
        if not answer.json()["page_metadata"]["hasNext"]:
            return rows
        page += 1


def found_after(client: httpx.Client, body: dict[str, Any]) -> list[dict[str, Any]]:
    """All pages by the pair of the last record."""
    rows: list[dict[str, Any]] = []
    pair: dict[str, Any] = {}
    while True:
        answer = client.post(SEARCH, json={**body, **pair}).json()
        rows += answer["results"]
        told = answer["page_metadata"]
        if not told["hasNext"]:
            return rows
        pair = {name: told[name] for name in ("last_record_unique_id", "last_record_sort_value")}


def refused(client: httpx.Client, **changed: Any) -> tuple[int, str]:
    answer = client.post(SEARCH, json=search(**changed))
    return answer.status_code, answer.text


def test_awards_are_those_of_the_grants_database(client: httpx.Client, folder: Path, truth: Any) -> None:
    rows = found(client, search(limit=7))
    sums = {row["Award ID"]: round(row["Award Amount"] * 100) for row in rows}
    assert len(sums) == len(rows) == truth["usaspending"]["awards"]
    assert sums == truth["usaspending"]["award_cents"]
    with sqlite3.connect(folder / "grants" / "grants_management.db") as database:
        assert sums == dict(database.execute("SELECT fain, amount_cents FROM award"))


def test_subawards_of_usaspending_add_up_to_the_truth_though_some_lack_and_some_repeat(
    client: httpx.Client, truth: Any
) -> None:
    rows = found(client, search(**SUBAWARDS, limit=9))
    assert len(rows) == truth["usaspending"]["subawards"]
    total = sum(round(row["Sub-Award Amount"] * 100) for row in rows)
    assert total == sum(truth["usaspending"]["subaward_cents_by_listing"].values())
    assert total != sum(truth["sam"]["published_cents_by_listing"].values())
    repeated = Counter(row["Sub-Award ID"] for row in rows)
    assert all(row["internal_id"] is None for row in rows)
    assert max(repeated.values()) <= 2


def test_the_keys_are_those_asked_for_and_those_always_told(client: httpx.Client) -> None:
    row = found(client, search())[0]
    assert set(row) == {
        "internal_id", "generated_internal_id", "awarding_agency_id", "agency_slug", "Award ID",
        "Award Amount", "CFDA Number",
    }  # fmt: skip
    assert row["generated_internal_id"] == f"ASST_NON_{row['Award ID']}_091"


@pytest.mark.parametrize(
    ("filters", "listings"),
    [
        ({"program_numbers": ["84.010", "84.027"]}, {"84.010", "84.027"}),
        ({"award_ids": ["S010A240088"]}, {"84.010"}),
        ({"award_type_codes": ["06"]}, set()),
        ({"time_period": [{"start_date": "1999-01-01", "end_date": "1999-12-31"}]}, set()),
        ({"agencies": [{"type": "awarding", "tier": "toptier", "name": "Department of Labor"}]}, set()),
    ],
)
def test_a_filter_leaves_what_it_names(
    client: httpx.Client, filters: dict[str, Any], listings: set[str]
) -> None:
    assert {row["CFDA Number"] for row in found(client, search(filters=filters))} == listings


@pytest.mark.parametrize(("sub", "kind"), [({}, "grants"), (SUBAWARDS, "subgrants")])
def test_the_number_told_apart_is_the_number_found(
    client: httpx.Client, sub: dict[str, Any], kind: str
) -> None:
    body = search(**sub, filters={"program_numbers": ["84.010"]})
    told = client.post(SEARCH.replace("award/", "award_count/"), json=body).json()["results"]
    assert told.pop(kind) == len(found(client, body)) > 0
    assert set(told.values()) == {0}


def test_without_a_place_the_neighbour_has_awards_too(client: httpx.Client) -> None:
    own = len(found(client, search()))
    everybody = found(client, search(filters={"recipient_locations": [{"country": "USA"}]}))
    assert len(everybody) > own


@pytest.mark.parametrize("sub", [{}, SUBAWARDS])
@pytest.mark.parametrize("order", ["asc", "desc"])
def test_pages_by_the_last_record_are_the_pages_by_number(
    client: httpx.Client, sub: dict[str, Any], order: str
) -> None:
    body = search(**sub, limit=6, order=order)
    assert found_after(client, body) == found(client, body)


def test_the_last_record_is_told_by_number_of_awards_and_by_text_of_subawards(client: httpx.Client) -> None:
    for sub, kind in (({}, int), (SUBAWARDS, str)):
        told = client.post(SEARCH, json=search(**sub, limit=2)).json()["page_metadata"]
        assert type(told["last_record_unique_id"]) is kind
        assert isinstance(told["last_record_sort_value"], str)
        float(told["last_record_sort_value"])


def test_types_of_two_groups_a_limit_over_100_and_depth_over_10000_are_refused(client: httpx.Client) -> None:
    mixed = refused(client, filters={"award_type_codes": ["02", "06"]})
    assert mixed[0] == 422
    assert "'award_type_codes' must only contain types from one group." in mixed[1]
    assert refused(client, filters={"award_type_codes": ["99"]})[0] == 400
    assert refused(client, limit=101)[0] == 422
    assert refused(client, limit=100, page=101)[0] == 422
    assert refused(client, limit=100, page=100)[0] == 200
    assert refused(client, sort="Nothing")[0] == 400
    assert client.post(SEARCH, content=b"{").status_code == 400
    assert client.get(SEARCH).status_code == 405


def test_deeper_than_allowed_only_the_last_record_leads(client: httpx.Client, systems: Systems) -> None:
    expected = found(client, search(limit=5))
    systems.limits(usaspending_depth=10)
    assert refused(client, limit=5, page=3)[0] == 422
    assert found_after(client, search(limit=5)) == expected


def reports(client: httpx.Client, **more: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    params = {"api_key": KEY, "pageSize": 10, "pageNumber": 0, **more}
    while True:
        told = client.get(REPORTS, params=params).json()
        rows += told["data"]
        if told["nextPageLink"] is None:
            assert len(rows) == told["totalRecords"]
            return rows
        params["pageNumber"] += 1


def test_published_and_deleted_reports_add_up_to_the_truth(client: httpx.Client, truth: Any) -> None:
    for status in ("Published", "Deleted"):
        rows = reports(client, status=status)
        name = status.lower()
        assert len(rows) == truth["sam"][name] > 0
        assert {type(row["subAwardAmount"]) for row in rows} == {str}
        sums: Counter[str] = Counter()
        for row in rows:
            sums[row["asistanceListingNumber"].split(" ")[0]] += round(float(row["subAwardAmount"]) * 100)
        assert sums == truth["sam"][f"{name}_cents_by_listing"]


def test_published_reports_are_the_allocations_of_30000_dollars_and_more(
    client: httpx.Client, folder: Path
) -> None:
    told = {
        (row["fain"], row["subVendorUei"]): round(float(row["subAwardAmount"]) * 100)
        for row in reports(client)
    }
    query = """SELECT a.fain, l.uei, a.amount_cents FROM allocation a JOIN lea l USING (lea_id)
        WHERE a.version = (SELECT max(version) FROM allocation_version v WHERE v.fain = a.fain)"""
    with sqlite3.connect(folder / "grants" / "grants_management.db") as database:
        books = {(fain, uei): cents for fain, uei, cents in database.execute(query)}
    assert told and all(books[key] == cents >= 3_000_000 for key, cents in told.items())


def test_filters_of_reports(client: httpx.Client) -> None:
    some = reports(client)[0]
    for name in ("fain", "primeAwardKey"):
        assert {row[name] for row in reports(client, **{name: some[name]})} == {some[name]}
    assert reports(client, agencyCode="0000") == []
    day = some["submittedDate"]
    assert {row["submittedDate"] for row in reports(client, fromDate=day, toDate=day)} == {day}


def test_links_lead_on_but_do_not_carry_the_key(client: httpx.Client) -> None:
    told = client.get(REPORTS, params={"api_key": KEY, "pageSize": 10}).json()
    assert told["pageNumber"] == 0 and told["totalPages"] == -(-told["totalRecords"] // 10)
    assert KEY not in told["nextPageLink"]
    assert client.get(told["nextPageLink"]).status_code == 403
    following = client.get(told["nextPageLink"] + f"&api_key={KEY}").json()
    assert following["pageNumber"] == 1
    assert following["data"] != told["data"]


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"pageSize": 1001}, "PageSize valid range is 1-1,000. Please provide valid input."),
        ({"pageSize": 0}, "PageSize valid range is 1-1,000. Please provide valid input."),
        ({"pageNumber": -1}, "PageNumber must be a positive number."),
        ({"status": "Withdrawn"}, "Valid status values are: Deleted, Published."),
    ],
)
def test_wrong_parameters_are_refused_in_the_words_of_the_documents(
    client: httpx.Client, params: dict[str, Any], message: str
) -> None:
    answer = client.get(REPORTS, params={"api_key": KEY, **params})
    assert answer.status_code == 400
    assert answer.json()["error"]["message"] == message


def test_a_key_is_needed_and_its_day_ends(client: httpx.Client, systems: Systems) -> None:
    assert client.get(REPORTS).status_code == 403
    assert client.get(REPORTS, params={"api_key": "other"}).status_code == 403
    client.post("/__sam/newday")
    systems.limits(sam_requests_a_day=2)
    answers = [client.get(REPORTS, params={"api_key": KEY}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert datetime.fromisoformat(answers[2].json()["nextAccessTime"]) > datetime.now(UTC)
    assert 0 < int(answers[2].headers["Retry-After"]) <= 86_400
    client.post("/__sam/newday")
    assert client.get(REPORTS, params={"api_key": KEY}).status_code == 200
