"""The Ed-Fi protocol keeps a complete snapshot: full reads, change queries, tombstones, isolation."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from api_bench import ApiBench, records_of
from small_server import KEY, SECRET, Asked, Reply, SmallServer, once

from sources.acquire import FetchResult
from sources.registry import Source

SCHOOLS, STAFF = "/data/v3/ed-fi/schools", "/data/v3/ed-fi/staff"
# The second part of the schools, whose places are the odd numbers.
TOKEN = "21-39"
COLUMNS = """\
table,column,type,member,required,all
schools,row_id,text,,yes,id
schools,students,count,,no,students
schools,school_name,text,,no,name
staff,row_id,text,,yes,id
staff,students,count,,no,students
"""


@dataclass
class Row:
    record: dict[str, Any]
    version: int
    place: int


@dataclass
class Ods:
    """A small ODS: resources in the order of creation, a change log, and switches for what it offers."""

    server: SmallServer
    version: str = "7.3"
    tracks_changes: bool = True
    has_partitions: bool = True
    snapshot: dict[str, list[Row]] | None = None
    oldest: int = 0
    newest: int = 0
    cap: int = 500
    lie: int = 0
    rows: dict[str, list[Row]] = field(default_factory=lambda: {SCHOOLS: [], STAFF: []})
    tombstones: list[tuple[str, str, str, int]] = field(default_factory=list)
    during: list[Any] = field(default_factory=list)

    def put(self, number: int, students: int, resource: str = SCHOOLS) -> None:
        self.newest += 1
        record = {"id": f"s{number:05d}", "students": students}
        for row in self.rows[resource]:
            if row.record["id"] == record["id"]:
                row.record, row.version = record, self.newest
                return
        self.rows[resource].append(Row(record, self.newest, self.newest))

    def delete(self, number: int, resource: str = SCHOOLS) -> None:
        self.newest += 1
        identifier = f"s{number:05d}"
        self.rows[resource] = [r for r in self.rows[resource] if r.record["id"] != identifier]
        self.tombstones.append((resource, "deletes", identifier, self.newest))

    def rekey(self, number: int, students: int, resource: str = SCHOOLS) -> None:
        self.put(number, students, resource)
        self.tombstones.append((resource, "keyChanges", f"s{number:05d}", self.newest))

    def held(self, resource: str = SCHOOLS) -> list[dict[str, Any]]:
        return sorted((row.record for row in self.rows[resource]), key=lambda record: str(record["id"]))

    def answer(self, asked: Asked) -> Reply:
        if asked.path == "/":
            url = self.server.url
            urls = {"oauth": f"{url}/oauth/token", "dataManagementApi": f"{url}/data/v3/"}
            return Reply(
                {"version": self.version, "urls": {**urls, "changeQueries": f"{url}/changeQueries/v1/"}}
            )
        if asked.path == "/oauth/token":
            return Reply({"access_token": f"t-{SECRET}", "expires_in": 1800})
        if asked.headers.get("authorization") != f"Bearer t-{SECRET}":
            return Reply(status=401)
        rows = self.rows
        if asked.headers.get("use-snapshot") == "true":
            if self.snapshot is None:
                return Reply({"detail": "Snapshot not found."}, 404)
            rows = self.snapshot
        if asked.path == "/changeQueries/v1/availableChangeVersions":
            found = Reply({"oldestChangeVersion": self.oldest, "newestChangeVersion": self.newest})
            return found if self.tracks_changes else Reply(status=404)
        resource, _, kind = asked.path.rpartition("/")
        if kind in ("deletes", "keyChanges"):
            return self._slice(asked, self._tombstones(resource, kind, asked))
        if kind == "partitions":
            places = [row.place for row in rows[resource]]
            parts = [places[start : start + 10] for start in range(0, len(places), 10)]
            tokens = [f"{part[0]}-{part[-1]}" for part in parts]
            return Reply({"pageTokens": tokens}) if self.has_partitions else Reply(status=404)
        return self._resource(asked, rows[asked.path])

    def _resource(self, asked: Asked, rows: list[Row]) -> Reply:
        if "pageToken" in asked.query:
            assert "offset" not in asked.query
            assert "totalCount" not in asked.query
            first, last = (int(text) for text in asked.query["pageToken"].split("-"))
            page = [row for row in rows if first <= row.place <= last][:4]
            more = bool(page) and page[-1].place < last
            headers = {"Next-Page-Token": f"{page[-1].place + 1}-{last}"} if more else {}
            reply = Reply([row.record for row in page], headers=headers)
        else:
            low, high = asked.number("minChangeVersion", 0), asked.number("maxChangeVersion", 10**9)
            reply = self._slice(asked, [row.record for row in rows if low <= row.version <= high])
        if self.during and asked.query.get("limit") != "0":
            self.during.pop(0)()
        return reply

    def _slice(self, asked: Asked, records: list[Any]) -> Reply:
        limit, offset = asked.number("limit", 25), asked.number("offset", 0)
        if limit > self.cap:
            return Reply(status=400)
        total = asked.query.get("totalCount") == "true"
        headers = {"Total-Count": str(len(records) + self.lie)} if total else {}
        return Reply(records[offset : offset + limit], headers=headers)

    def _tombstones(self, resource: str, kind: str, asked: Asked) -> list[Any]:
        low, high = asked.number("minChangeVersion", 0), asked.number("maxChangeVersion", 10**9)
        return [
            {"id": identifier, "changeVersion": version}
            for its, of_kind, identifier, version in self.tombstones
            if (its, of_kind) == (resource, kind) and low <= version <= high
        ]


@pytest.fixture
def ods(server: SmallServer) -> Ods:
    made = Ods(server)
    server.answer = made.answer
    for number in range(1, 31):
        made.put(number, number)
        made.put(number, number, STAFF)
    return made


@pytest.fixture
def edfi(bench: ApiBench) -> ApiBench:
    bench.api = {"protocol": "edfi", "auth": {"style": "oauth"}}
    bench.secrets = {"client_id": "THE_ID", "client_secret": "THE_SECRET"}
    bench.columns = COLUMNS
    bench.tables = {
        name: {"request": {"path": f"ed-fi/{name}"}, "options": {"absent_is_null": "yes"}}
        for name in ("schools", "staff")
    }
    return bench


def fetched(edfi: ApiBench, source: Source) -> FetchResult:
    fetch = edfi.fetch(source)
    assert fetch.error is None, fetch.error
    edfi.read(fetch, source)
    edfi.accept(source, fetch)
    return fetch


def data_paths(server: SmallServer) -> list[str]:
    return [asked.path for asked in server.log if asked.path.startswith("/data/")]


def test_a_first_fetch_reads_everything_by_cursor(ods: Ods, edfi: ApiBench) -> None:
    fetch = fetched(edfi, edfi.source())
    assert records_of(fetch) == ods.held()
    detail = fetch.snapshots[0].detail
    assert (detail["method"], detail["change_version"], detail["promised_records"]) == ("cursor", "60", "30")
    assert detail["isolated_snapshot"] == "not offered"
    reads = [a for a in ods.server.log if a.path == SCHOOLS and a.query.get("limit") != "0"]
    assert all("pageToken" in asked.query for asked in reads)


@pytest.mark.parametrize("why", ["an older version", "no partitions"])
def test_without_a_cursor_it_reads_by_offset_from_the_last_page_back(
    why: str, ods: Ods, edfi: ApiBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sources.api.edfi_ods.PAGE", 8)
    ods.version = "7.1" if why == "an older version" else "7.3"
    ods.has_partitions = False
    fetch = fetched(edfi, edfi.source())
    assert records_of(fetch) == ods.held()
    offsets = [
        a.number("offset", -1) for a in ods.server.log if a.path == SCHOOLS and a.query["limit"] != "0"
    ]
    assert offsets == [24, 30, 16, 8, 0]
    asked_partitions = any(path.endswith("/partitions") for path in data_paths(ods.server))
    assert asked_partitions == (why == "no partitions")


def test_what_is_current_costs_one_question_after_token_and_discovery(ods: Ods, edfi: ApiBench) -> None:
    source = edfi.source()
    first = fetched(edfi, source)
    ods.server.forget()
    again = fetched(edfi, source)
    assert again.outcome == "unchanged"
    assert [s.sha256 for s in again.snapshots] == [s.sha256 for s in first.snapshots]
    assert ods.server.paths() == ["/", "/oauth/token", "/changeQueries/v1/availableChangeVersions"]


def test_changes_deletes_and_new_keys_are_laid_over_what_is_held(ods: Ods, edfi: ApiBench) -> None:
    source = edfi.source()
    fetched(edfi, source)
    ods.put(3, 333)
    ods.put(99, 9)
    ods.delete(7)
    ods.rekey(8, 888)
    ods.put(41, 4)
    ods.delete(41)
    ods.server.forget()
    fetch = fetched(edfi, source)
    assert records_of(fetch) == ods.held()
    detail = next(s for s in fetch.snapshots if s.table == "schools").detail
    assert {k: detail[k] for k in ("method", "records_changed", "records_deleted", "change_version")} == {
        "method": "changes",
        "records_changed": "3",
        "records_deleted": "1",
        "change_version": "66",
    }
    windows = [a.query for a in ods.server.log if a.path == SCHOOLS and "minChangeVersion" in a.query]
    assert {(w["minChangeVersion"], w["maxChangeVersion"]) for w in windows} == {("61", "66")}
    assert records_of(fetch, "staff") == ods.held(STAFF)


def test_a_record_entered_again_under_its_key_takes_the_place_of_the_old(ods: Ods, edfi: ApiBench) -> None:
    """The ODS tells no delete of what stands again under the same key; only the id is another."""
    edfi.tables["schools"]["request"]["identity"] = ["name"]
    for row in ods.rows[SCHOOLS]:
        row.record["name"] = f"name {row.record['id']}"
    source = edfi.source()
    fetched(edfi, source)
    again = {**ods.rows[SCHOOLS].pop(4).record, "id": "s90000"}
    ods.newest += 1
    ods.rows[SCHOOLS].append(Row(again, ods.newest, ods.newest))
    fetch = fetched(edfi, source)
    assert records_of(fetch) == ods.held()
    assert all("fetched_twice" not in s.detail for s in fetch.snapshots)


def test_changes_that_the_ods_has_forgotten_make_a_full_read(ods: Ods, edfi: ApiBench) -> None:
    source = edfi.source()
    fetched(edfi, source)
    ods.put(3, 333)
    ods.delete(5)
    ods.tombstones.clear()
    ods.oldest = 62
    fetch = fetched(edfi, source)
    assert records_of(fetch) == ods.held()
    assert fetch.snapshots[0].detail["method"] == "cursor"


def test_a_rebuilt_ods_with_lower_versions_makes_a_full_read(ods: Ods, edfi: ApiBench) -> None:
    source = edfi.source()
    fetched(edfi, source)
    ods.newest = 12
    ods.rows[SCHOOLS] = ods.rows[SCHOOLS][:5]
    assert records_of(fetched(edfi, source)) == ods.held()


def test_a_delete_that_no_tombstone_tells_is_found_by_the_count(ods: Ods, edfi: ApiBench) -> None:
    source = edfi.source()
    fetched(edfi, source)
    ods.put(3, 333)
    ods.rows[SCHOOLS].pop(10)
    fetch = fetched(edfi, source)
    assert records_of(fetch) == ods.held()
    detail = next(s for s in fetch.snapshots if s.table == "schools").detail
    assert (detail["fetched_twice"], detail["method"]) == ("yes", "cursor")


def test_a_count_that_never_agrees_refuses_the_fetch(ods: Ods, edfi: ApiBench) -> None:
    ods.lie = 2
    fetch = edfi.fetch()
    assert "30 records came where 32 are promised" in str(fetch.error)


@pytest.mark.parametrize("has_cursor", [True, False])
def test_what_changes_while_reading_is_caught_up_with(
    has_cursor: bool, ods: Ods, edfi: ApiBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sources.api.edfi_ods.PAGE", 8)
    ods.has_partitions = has_cursor
    ods.during = [
        lambda: ods.delete(2),
        lambda: ods.put(29, 2_900),
        lambda: ods.put(1, 1_000),
        lambda: ods.put(77, 7),
        lambda: ods.delete(30),
    ]
    fetch = fetched(edfi, edfi.source())
    assert records_of(fetch) == ods.held()
    assert {s.detail["change_version"] for s in fetch.snapshots} == {str(ods.newest)}
    assert "fetched_twice" not in fetch.snapshots[0].detail


def test_an_isolated_snapshot_is_used_for_everything_when_it_is_offered(ods: Ods, edfi: ApiBench) -> None:
    ods.snapshot = {path: list(rows) for path, rows in ods.rows.items()}
    ods.rows[SCHOOLS] = ods.rows[SCHOOLS][:-1]
    fetch = fetched(edfi, edfi.source())
    assert len(records_of(fetch)) == 30
    assert fetch.snapshots[0].detail["isolated_snapshot"] == "used"
    asked = [a for a in ods.server.log if a.path not in ("/", "/oauth/token")]
    assert {a.headers.get("use-snapshot") for a in asked} == {"true"}


def test_an_ods_without_change_queries_is_read_whole_each_time_and_exactly(ods: Ods, edfi: ApiBench) -> None:
    ods.tracks_changes = False
    source = edfi.source()
    assert "change_version" not in fetched(edfi, source).snapshots[0].detail
    ods.put(3, 333)
    fetch = fetched(edfi, source)
    assert (fetch.outcome, records_of(fetch)) == ("new", ods.held())


def test_a_full_read_that_died_goes_on_where_it_was(ods: Ods, edfi: ApiBench) -> None:
    source = edfi.source()
    ods.server.answer = lambda a: Reply(status=500) if a.query.get("pageToken") == TOKEN else ods.answer(a)
    assert edfi.fetch(source).outcome == "failed"
    ods.put(5, 555)
    ods.delete(12)
    ods.server.answer = ods.answer
    ods.server.forget()
    fetch = fetched(edfi, source)
    assert records_of(fetch) == ods.held()
    detail = next(s for s in fetch.snapshots if s.table == "schools").detail
    assert detail["resumed_at_page"] == "4"
    assert next(a.query["pageToken"] for a in ods.server.log if "pageToken" in a.query) == TOKEN


def test_a_cursor_that_the_server_no_longer_knows_begins_again(ods: Ods, edfi: ApiBench) -> None:
    source = edfi.source()
    ods.server.answer = lambda a: Reply(status=500) if a.query.get("pageToken") == TOKEN else ods.answer(a)
    edfi.fetch(source)
    ods.server.answer = ods.answer
    ods.server.mischief = [once(Reply(status=400), lambda a: a.query.get("pageToken") == TOKEN)]
    assert records_of(fetched(edfi, source)) == ods.held()


def test_another_question_does_not_go_on_from_what_is_held(ods: Ods, edfi: ApiBench) -> None:
    fetched(edfi, edfi.source())
    edfi.tables["schools"]["request"]["params"] = {"schoolId": "1"}
    ods.server.forget()
    fetched(edfi, edfi.source())
    assert any("schoolId" in asked.query and "pageToken" in asked.query for asked in ods.server.log)


def test_discovery_that_names_another_host_gets_no_credentials(ods: Ods, edfi: ApiBench) -> None:
    urls = {"oauth": "http://elsewhere.example/token", "dataManagementApi": f"{ods.server.url}/data/v3/"}
    ods.server.mischief = [once(Reply({"version": "7.3", "urls": urls}))]
    fetch = edfi.fetch()
    assert "another host" in str(fetch.error)
    assert ods.server.paths() == ["/"]


def test_segments_of_tenants_and_years_are_filled(ods: Ods, edfi: ApiBench) -> None:
    urls = {"dataManagementApi": f"{ods.server.url}/{{tenantIdentifier}}/{{schoolYearFromRoute}}/data/v3/"}
    ods.server.mischief = [once(Reply({"version": "7.3", "urls": urls})) for _ in range(2)]
    assert "the ODS wants to know 'tenantIdentifier'" in str(edfi.fetch().error)
    edfi.api["options"] = {"tenantIdentifier": None}
    edfi.options = {"tenantIdentifier": "north"}
    edfi.fetch()
    assert any(path.startswith("/north/2025/data/v3/ed-fi/") for path in ods.server.paths())


def test_what_is_no_ods_is_told(server: SmallServer, edfi: ApiBench) -> None:
    server.answer = lambda _: Reply({"hello": "world"})
    assert "no discovery document" in str(edfi.fetch().error)


def test_no_secret_and_no_record_is_in_a_receipt_or_error(ods: Ods, edfi: ApiBench) -> None:
    edfi.privacy = "restricted"
    fetch = fetched(edfi, edfi.source())
    receipts = [p.read_text() for p in (edfi.store.root / "franklin_api" / "receipts").glob("*.json")]
    assert len(receipts) == 2
    assert all(SECRET not in text and KEY not in text and "s00001" not in text for text in receipts)
    assert SECRET not in repr(fetch)
