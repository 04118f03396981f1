"""The Ed-Fi ODS answers as the documents of the real API say."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from web_client import DATA, KEY, SECRET, by_cursor, by_offset, edfi_client, token

from simulator.web.serve import Systems

EVENTS = DATA + "studentSchoolAttendanceEvents"
ENROLMENTS = DATA + "studentSchoolAssociations"


@pytest.fixture
def client(systems: Systems) -> Iterator[httpx.Client]:
    with edfi_client(systems.url) as made:
        yield made


@pytest.fixture
def own(folder: Path) -> Iterator[Systems]:
    """Systems of one's own, for tests that let changes happen."""
    with Systems(folder) as running:
        yield running


def test_discovery_leads_to_every_address_of_the_host_that_was_asked(
    client: httpx.Client, systems: Systems
) -> None:
    for prefix in ("/edfi", "/edfi/2024"):
        told = client.get(prefix + "/").json()
        assert told["version"] == "7.3"
        assert told["urls"]["dataManagementApi"] == f"{systems.url}{prefix}/data/v3/"
        assert client.get(told["urls"]["dataManagementApi"] + "ed-fi/schools").status_code == 200
        assert client.get(told["urls"]["changeQueries"] + "availableChangeVersions").status_code == 200
    elsewhere = client.get("/edfi/", headers={"Host": "ods.franklin.example"}).json()
    assert elsewhere["urls"]["oauth"] == "http://ods.franklin.example/edfi/oauth/token"


def test_a_token_needs_the_right_secret_and_the_right_grant(systems: Systems) -> None:
    with httpx.Client(base_url=systems.url) as client:
        form = {"grant_type": "client_credentials"}
        assert client.post("/edfi/oauth/token", auth=(KEY, "wrong"), data=form).status_code == 401
        assert client.post("/edfi/oauth/token", auth=(KEY, SECRET), data={}).status_code == 400
        told = client.post("/edfi/oauth/token", auth=(KEY, SECRET), data=form).json()
        assert (told["expires_in"], told["token_type"]) == (1_800, "bearer")
        in_form = {**form, "client_id": KEY, "client_secret": SECRET}
        assert client.post("/edfi/oauth/token", data=in_form).status_code == 200


@pytest.mark.parametrize(
    ("header", "error"),
    [
        (None, "Authorization header is missing."),
        ("Digest abc", "Unknown Authorization header scheme."),
        ("Bearer", "Missing Authorization header bearer token value."),
        ("Bearer 0123", "Invalid token"),
    ],
)
def test_without_a_living_token_the_answer_is_401_and_a_problem_document(
    systems: Systems, header: str | None, error: str
) -> None:
    headers = {} if header is None else {"Authorization": header}
    answer = httpx.get(systems.url + EVENTS, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["type"] == "urn:ed-fi:api:security:authentication"
    assert answer.json()["errors"] == [error]


def test_a_token_dies_by_time_and_by_number_of_requests(systems: Systems) -> None:
    systems.limits(edfi_token_requests=2)
    with edfi_client(systems.url) as client:
        assert [client.get(DATA + "schools").status_code for _ in range(3)] == [200, 200, 401]
        client.headers.update(token(client))
        assert client.get(DATA + "schools").status_code == 200
    systems.limits(edfi_token_requests=0, edfi_token_seconds=0)
    with edfi_client(systems.url) as client:
        assert client.get(DATA + "schools").status_code == 401


def test_pages_by_offset_give_every_record_once_and_the_total_only_when_asked(client: httpx.Client) -> None:
    rows = by_offset(client, EVENTS)
    assert len({row["id"] for row in rows}) == len(rows)
    answer = client.get(EVENTS, params={"totalCount": "true"})
    assert answer.headers["Total-Count"] == str(len(rows))
    assert len(answer.json()) == 25
    assert "Total-Count" not in client.get(EVENTS).headers


@pytest.mark.parametrize("limit", [501, -1, "many"])
def test_a_limit_outside_0_to_500_is_refused(client: httpx.Client, limit: object) -> None:
    answer = client.get(EVENTS, params={"limit": str(limit)})
    assert answer.status_code == 400
    assert answer.json()["type"] == "urn:ed-fi:api:bad-request:parameter-validation-failed"
    assert answer.json()["errors"] == ["Limit must be a value between 0 and 500."]


def test_cursors_and_partitions_give_the_same_records_as_offsets(client: httpx.Client) -> None:
    expected = Counter(row["id"] for row in by_offset(client, EVENTS))
    assert Counter(row["id"] for row in by_cursor(client, EVENTS, None)) == expected
    tokens = client.get(EVENTS + "/partitions", params={"number": 4}).json()["pageTokens"]
    assert len(tokens) == 4
    parts = [Counter(row["id"] for row in by_cursor(client, EVENTS, part, 333)) for part in tokens]
    assert sum(parts, Counter()) == expected
    assert min(sum(part.values()) for part in parts) > 0


def test_a_cursor_is_not_combined_with_offset_or_total(client: httpx.Client) -> None:
    for more in ({"offset": 0}, {"totalCount": "true"}, {"pageToken": "nonsense"}):
        assert client.get(EVENTS, params={"pageSize": 10, **more}).status_code == 400


def test_change_versions_select_what_changed_last_within_them(client: httpx.Client) -> None:
    newest = client.get("/edfi/changeQueries/v1/availableChangeVersions").json()["newestChangeVersion"]
    middle = newest // 2
    all_rows = {row["id"] for row in by_offset(client, EVENTS)}
    early = {row["id"] for row in by_offset(client, EVENTS, maxChangeVersion=middle)}
    late = {row["id"] for row in by_offset(client, EVENTS, minChangeVersion=middle + 1)}
    assert early and late and not early & late
    assert early | late == all_rows
    assert by_offset(client, EVENTS, minChangeVersion=newest + 1) == []


def test_the_corrections_of_the_year_left_tombstones_and_key_changes(client: httpx.Client) -> None:
    standing = {row["id"] for row in by_offset(client, EVENTS)}
    deleted = by_offset(client, EVENTS + "/deletes")
    assert deleted and not standing & {row["id"] for row in deleted}
    assert set(deleted[0]["keyValues"]) == {
        "attendanceEventCategoryDescriptor", "eventDate", "schoolId", "schoolYear", "sessionName",
        "studentUniqueId",
    }  # fmt: skip
    moved = by_offset(client, ENROLMENTS + "/keyChanges")
    assert moved
    dates = {row["id"]: row["entryDate"] for row in by_offset(client, ENROLMENTS)}
    for row in moved:
        assert row["oldKeyValues"]["entryDate"] < row["newKeyValues"]["entryDate"] == dates[row["id"]]


def test_without_a_snapshot_use_snapshot_is_answered_by_404(client: httpx.Client) -> None:
    for address in (EVENTS, EVENTS + "/deletes", EVENTS + "/keyChanges"):
        answer = client.get(address, headers={"Use-Snapshot": "true"})
        assert answer.status_code == 404
        assert answer.json()["type"] == "urn:ed-fi:api:not-found"
        assert answer.json()["detail"] == "Snapshot not found."


def test_both_namespaces_occur_and_every_descriptor_used_is_a_resource(client: httpx.Client) -> None:
    used = {row["attendanceEventCategoryDescriptor"] for row in by_offset(client, EVENTS)}
    rows = by_offset(client, DATA + "attendanceEventCategoryDescriptors")
    known = {f"{row['namespace']}#{row['codeValue']}" for row in rows}
    assert used <= known
    assert {value.split("/")[2] for value in used} == {"ed-fi.org", "franklin.example"}


def test_a_property_filters_and_an_unknown_one_is_refused(client: httpx.Client) -> None:
    school = client.get(DATA + "schools").json()[0]["schoolId"]
    rows = by_offset(client, ENROLMENTS, schoolId=school)
    assert {row["schoolReference"]["schoolId"] for row in rows} == {school}
    assert len(rows) < len(by_offset(client, ENROLMENTS))
    assert client.get(ENROLMENTS, params={"colour": "red"}).status_code == 400


def test_one_record_is_found_by_its_id_and_nothing_can_be_written(client: httpx.Client) -> None:
    record = client.get(DATA + "schools").json()[0]
    assert client.get(f"{DATA}schools/{record['id']}").json() == record
    assert client.get(f"{DATA}schools/{'0' * 32}").status_code == 404
    assert client.post(DATA + "schools", json=record).status_code == 405
    assert client.get(DATA + "unicorns").status_code == 404


def test_no_record_holds_a_name_of_a_student(client: httpx.Client) -> None:
    rows = by_offset(client, DATA + "students")
    assert {frozenset(row) for row in rows} == {
        frozenset({"id", "studentUniqueId", "_etag", "_lastModifiedDate"})
    }


def test_a_batch_shows_as_changes_after_the_version_before_it(own: Systems) -> None:
    with edfi_client(own.url) as client:
        seen = client.get("/edfi/changeQueries/v1/availableChangeVersions").json()["newestChangeVersion"]
        before = {row["id"] for row in by_offset(client, ENROLMENTS)}
        assert client.post("/__edfi/advance").json()["advanced"]
        changed = by_offset(client, ENROLMENTS, minChangeVersion=seen + 1)
        assert {row["id"] for row in changed} - before
        moved = by_offset(client, ENROLMENTS + "/keyChanges", minChangeVersion=seen + 1)
        assert len(moved) == 2
        assert {row["id"] for row in moved} <= before
        gone = by_offset(client, EVENTS + "/deletes", minChangeVersion=seen + 1)
        assert len(gone) == 4


def test_two_key_changes_of_one_record_are_told_as_one(own: Systems) -> None:
    with edfi_client(own.url) as client:
        seen = client.get("/edfi/changeQueries/v1/availableChangeVersions").json()["newestChangeVersion"]
        first = {row["id"]: row["entryDate"] for row in by_offset(client, ENROLMENTS)}
        assert own.advance() and own.advance()
        moved = by_offset(client, ENROLMENTS + "/keyChanges", minChangeVersion=seen + 1)
        last = {row["id"]: row["entryDate"] for row in by_offset(client, ENROLMENTS)}
        assert len({row["id"] for row in moved}) == len(moved) == 2
        for row in moved:
            assert row["oldKeyValues"]["entryDate"] == first[row["id"]]
            assert row["newKeyValues"]["entryDate"] == last[row["id"]] != first[row["id"]]


def test_a_key_that_stands_again_is_no_tombstone(own: Systems) -> None:
    with edfi_client(own.url) as client:
        address = DATA + "studentAssessments"
        while own.advance():
            pass
        before = by_offset(client, address + "/deletes")
        standing = {row["studentAssessmentIdentifier"] for row in by_offset(client, address)}
        assert len(before) == 2  # three results were withdrawn, one entered again
        for row in before:
            assert row["keyValues"]["studentAssessmentIdentifier"] not in standing


def test_a_snapshot_stays_as_it_was_while_changes_go_on(folder: Path) -> None:
    with Systems(folder, limits={"edfi_snapshot": True}) as own, edfi_client(own.url) as client:
        frozen = {"Use-Snapshot": "true"}
        before = client.get(EVENTS, headers=frozen, params={"totalCount": "true"})
        while own.advance():
            pass
        after = client.get(EVENTS, headers=frozen, params={"totalCount": "true"})
        assert after.headers["Total-Count"] == before.headers["Total-Count"]
        assert after.json() == before.json()
        live = client.get(EVENTS, params={"totalCount": "true"})
        assert live.headers["Total-Count"] != before.headers["Total-Count"]
        client.post("/__edfi/snapshot")
        again = client.get(EVENTS, headers=frozen, params={"totalCount": "true"})
        assert again.headers["Total-Count"] == live.headers["Total-Count"]


def test_counts_after_every_batch_are_those_of_the_truth(own: Systems, folder: Path) -> None:
    told = json.loads((folder / "truth" / "web.json").read_text())["edfi"]
    with edfi_client(own.url) as client:

        def counts(prefix: str, names: list[str]) -> dict[str, int]:
            found = {}
            for name in names:
                address = f"{prefix}/data/v3/ed-fi/{name}"
                answer = client.get(address, params={"limit": 0, "totalCount": "true"})
                found[name] = int(answer.headers["Total-Count"])
            return found

        earlier = told["2024"]["counts_after_batch"]
        assert len(earlier) == 1
        assert counts("/edfi/2024", list(earlier[0])) == earlier[0]
        for batch, expected in enumerate(told["2025"]["counts_after_batch"]):
            assert counts("/edfi", list(expected)) == expected, batch
            assert own.advance() == (batch < 3)
