"""What fails for a moment is asked again; what fails for good is a clear refusal that tells no secret."""

from __future__ import annotations

import logging
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from api_bench import QUICK, ApiBench, offset_table, records_of, written_anywhere
from small_server import KEY, SECRET, Asked, Reply, SmallServer, by_offset, once, rows

from sources.api.retry_after import asked_wait

RECORDS = rows(25)


@pytest.mark.parametrize(
    "trouble",
    [
        *(Reply({"detail": "later"}, status) for status in (500, 501, 502, 503, 504)),
        Reply(reset=True),
        Reply(RECORDS[:10], headers={"Total-Count": "25"}, cut=40),
        Reply(RECORDS[:10], headers={"Total-Count": "25"}, wait=0.7),
    ],
    ids=["500", "501", "502", "503", "504", "connection reset", "answer cut off", "too slow"],
)
def test_what_passes_is_asked_again(trouble: Reply, server: SmallServer, bench: ApiBench) -> None:
    server.answer = by_offset(RECORDS)
    server.mischief = [once(trouble, lambda asked: asked.query.get("offset") == "10")]
    fetch = bench.fetch()
    assert fetch.outcome == "new", fetch.error
    assert records_of(fetch) == RECORDS
    assert len(server.log) == 4


def test_what_does_not_pass_is_given_up_after_the_attempts(server: SmallServer, bench: ApiBench) -> None:
    server.answer = lambda _: Reply({"student": "R00001"}, 503)
    fetch = bench.fetch()
    assert fetch.outcome == "failed"
    assert len(server.log) == QUICK["attempts"]
    assert "status 503, 3 times" in str(fetch.error)


@pytest.mark.parametrize("kind", ["seconds", "date"])
def test_a_429_waits_as_long_as_it_is_asked_to(kind: str, server: SmallServer, bench: ApiBench) -> None:
    # A date has whole seconds only: two seconds ahead is more than one.
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)
    server.answer = by_offset(RECORDS)
    server.mischief = [once(Reply(status=429, headers={"Retry-After": "1" if kind == "seconds" else later}))]
    began = time.monotonic()
    assert bench.fetch().outcome == "new"
    assert time.monotonic() - began >= 0.9


def test_a_wait_beyond_all_patience_is_refused_at_once(server: SmallServer, bench: ApiBench) -> None:
    server.answer = by_offset(RECORDS)
    server.mischief = [once(Reply(status=429, headers={"Retry-After": "86400"}))]
    began = time.monotonic()
    fetch = bench.fetch()
    assert "come back in 86400 seconds" in str(fetch.error)
    assert time.monotonic() - began < 5


def test_retry_after_is_read_in_both_forms_and_ignored_where_it_makes_no_sense() -> None:
    now = datetime(2025, 7, 1, 12, 0, 0, tzinfo=UTC)
    assert asked_wait("17") == 17
    assert asked_wait("Tue, 01 Jul 2025 12:00:30 GMT", now) == 30
    assert asked_wait("Tue, 01 Jul 2025 11:00:00 GMT", now) == 0
    assert asked_wait("soon") is None
    assert asked_wait(None) is None


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        (Reply(raw=b"<html>Sign in, R00001</html>"), "not JSON"),
        (Reply(raw=b'[{"id": NaN}]', headers={"Total-Count": "1"}), "not JSON"),
        (Reply(raw=b'[{"id": "a", "id": "b"}]', headers={"Total-Count": "1"}), "not JSON"),
        (Reply(raw=b""), "not JSON"),
        (Reply(raw=b"[" * 100_000), "not JSON"),
        (Reply({"message": "R00001 is not for you"}, headers={"Total-Count": "1"}), "no list of records"),
        (Reply(["R00001"], headers={"Total-Count": "1"}), "no list of records"),
        (Reply(RECORDS), "does not say how many records"),
        (Reply([{"students": 1}], headers={"Total-Count": "1"}), "lacks what tells it from others"),
        (Reply({"detail": "R00001"}, 400), "refuses the question (status 400)"),
        (Reply(status=302, headers={"Location": "/login"}), "refuses the question (status 302)"),
    ],
)
def test_another_answer_than_expected_is_refused_without_a_word_of_it(
    reply: Reply, says: str, server: SmallServer, bench: ApiBench
) -> None:
    bench.privacy = "restricted"
    server.answer = lambda _: reply
    fetch = bench.fetch()
    assert fetch.outcome == "failed"
    assert says in str(fetch.error)
    assert "R00001" not in str(fetch.error)
    assert "/schools" in str(fetch.error) or fetch.error.column == "id"


def test_a_404_is_not_yet_released_before_its_day_and_a_failure_after(
    server: SmallServer, bench: ApiBench
) -> None:
    assert bench.fetch().outcome == "not_yet_released"
    bench.lag = 0
    assert bench.fetch().outcome == "failed"


def test_no_records_can_mean_not_yet_released(server: SmallServer, bench: ApiBench) -> None:
    server.answer = by_offset([])
    bench.tables = offset_table(empty_is_missing=True)
    assert bench.fetch().outcome == "not_yet_released"


def test_a_page_larger_than_allowed_is_refused(server: SmallServer, bench: ApiBench) -> None:
    server.answer = lambda _: Reply(rows(5_000), headers={"Total-Count": "5000"})
    bench.api = {"patience": {**QUICK, "page_bytes": 10_000}}
    assert "larger than 10000 bytes" in str(bench.fetch().error)


def token_server(server: SmallServer, lifetime: int) -> None:
    """Wants a bearer token that dies after so many requests."""
    left: dict[str, int] = {}

    def answer(asked: Asked) -> Reply:
        if asked.path == "/oauth/token":
            token = f"token-{len(left)}-{SECRET}"
            left[token] = lifetime
            return Reply({"access_token": token, "expires_in": 1800, "token_type": "bearer"})
        token = asked.headers.get("authorization", "").removeprefix("Bearer ")
        if left.get(token, 0) <= 0:
            return Reply({"message": "Unauthorized"}, 401)
        left[token] -= 1
        return by_offset(RECORDS)(asked)

    server.answer = answer


def with_oauth(bench: ApiBench) -> None:
    bench.api = {"auth": {"style": "oauth"}}
    bench.secrets = {"client_id": "THE_ID", "client_secret": "THE_SECRET"}


def test_a_token_is_fetched_with_basic_and_renewed_when_refused(server: SmallServer, bench: ApiBench) -> None:
    token_server(server, lifetime=2)
    with_oauth(bench)
    fetch = bench.fetch()
    assert fetch.outcome == "new", fetch.error
    tokens = [asked for asked in server.log if asked.path == "/oauth/token"]
    assert len(tokens) == 2
    assert tokens[0].headers["authorization"].startswith("Basic ")
    assert tokens[0].body == {"grant_type": "client_credentials"}


def test_a_token_that_is_refused_at_once_is_renewed_once_and_not_for_ever(
    server: SmallServer, bench: ApiBench
) -> None:
    token_server(server, lifetime=0)
    with_oauth(bench)
    fetch = bench.fetch()
    assert "status 401" in str(fetch.error)
    assert "THE_SECRET" in str(fetch.error)
    assert server.paths() == ["/oauth/token", "/schools", "/oauth/token", "/schools"]


@pytest.mark.parametrize("place", [{"header": "X-Api-Key"}, {"query": "api_key"}])
@pytest.mark.parametrize("ending", ["well", "refused", "down", "moved"])
def test_a_key_is_in_nothing_that_is_written_logged_or_said(
    place: dict[str, str],
    ending: str,
    server: SmallServer,
    bench: ApiBench,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    def answer(asked: Asked) -> Reply:
        assert KEY in (asked.headers.get("x-api-key"), asked.query.get("api_key"))
        if ending == "refused":
            return Reply({"message": f"bad key {KEY}"}, 403)
        if ending == "down":
            return Reply(reset=True)
        # The server writes the key into its links, as some do.
        start = asked.number("start", 0)
        host = "http://elsewhere.example" if ending == "moved" and start else server.url
        following = f"{host}/schools?start={start + 10}&api_key={KEY}" if start < 20 else None
        return Reply({"next": following, "results": RECORDS[start : start + 10]})

    server.answer = answer
    bench.api = {"auth": {"style": "api_key", **place}}
    bench.secrets = {"api_key": "THE_KEY"}
    bench.tables = offset_table(records="results", paging={"style": "next_link", "link": "next"})
    with caplog.at_level(logging.DEBUG):
        for name in ("httpx", "httpcore", "httpcore.http11", "httpcore.connection", "stamina"):
            logging.getLogger(name).setLevel(logging.DEBUG)
        fetch = bench.fetch()
    assert (fetch.outcome == "new") == (ending == "well"), fetch.error
    assert server.log
    assert KEY not in repr(fetch)
    assert KEY not in str(fetch.error)
    assert KEY not in caplog.text
    assert all(KEY not in text for text in capfd.readouterr())
    assert written_anywhere(bench.root, KEY) == []


def test_an_unset_secret_is_named_by_its_variable_and_nothing_is_asked(
    server: SmallServer, bench: ApiBench
) -> None:
    bench.api = {"auth": {"style": "api_key", "header": "X-Api-Key"}}
    bench.secrets = {"api_key": "NOT_SET_ANYWHERE"}
    fetch = bench.fetch()
    assert "NOT_SET_ANYWHERE" in str(fetch.error)
    assert server.log == []


@pytest.mark.parametrize("wrong", [f"{KEY}\nx", f"{KEY}ö"])
def test_a_key_that_no_header_can_hold_is_refused_without_it_and_nothing_is_asked(
    wrong: str, server: SmallServer, bench: ApiBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.api = {"auth": {"style": "api_key", "header": "X-Api-Key"}}
    bench.secrets = {"api_key": "THE_KEY"}
    monkeypatch.setattr("api_bench.KEY", wrong)
    fetch = bench.fetch()
    assert "THE_KEY holds a line break" in str(fetch.error) and KEY not in repr(fetch)
    assert server.log == []


def test_an_api_is_asked_no_more_often_than_it_allows(server: SmallServer, bench: ApiBench) -> None:
    server.answer = by_offset(RECORDS)
    bench.api = {"rate": {"per_second": 10}}
    began = time.monotonic()
    assert bench.fetch().outcome == "new"
    assert len(server.log) == 3
    assert time.monotonic() - began >= 0.2


def test_a_days_requests_are_counted_over_runs_and_the_next_day_goes_on(
    server: SmallServer, bench: ApiBench
) -> None:
    server.answer = by_offset(RECORDS)
    bench.api = {"rate": {"per_day": 2}}
    source = bench.source()
    fetch = bench.fetch(source)
    assert "today's 2 requests are used up" in str(fetch.error)
    assert "today's 2 requests are used up" in str(bench.fetch(source).error)
    assert len(server.log) == 2
    count = bench.store.root / "franklin_api" / "spool" / "requests.json"
    count.write_text('{"day": "2025-01-01", "requests": 2}', encoding="utf-8")
    # The first page is looked at again, and then the last one comes.
    assert bench.fetch(source).snapshots[0].detail["resumed_at_page"] == "3"


@pytest.mark.parametrize("address", ["ftp://host/x", "https://u:p4ss@host/x", "https://host/x?key=p4ss", "x"])
def test_an_address_with_a_password_or_a_query_is_refused_and_not_repeated(
    address: str, bench: ApiBench
) -> None:
    bench.url = address
    fetch = bench.fetch()
    assert fetch.outcome == "failed"
    assert "p4ss" not in str(fetch.error)
