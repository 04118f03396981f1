"""Files by HTTP: what an unchanged one costs, what a cut one becomes, and what a refusal says."""

from __future__ import annotations

import gzip
import socket
import time
import zlib
from datetime import date

import pytest
from files_bench import GOOD, OTHER, Bench, only, words
from files_web_server import Page, WebServer

EARLY = date(2025, 7, 1)
BIG = GOOD + b"".join(b"%07d,School %d,1,1.0,%s\n" % (n, n, b"x" * 90) for n in range(100, 20_000))


def test_a_file_is_new_then_unchanged_for_one_request_without_a_body(bench: Bench, web: WebServer):
    web.pages["/counts.csv"] = Page(GOOD, etag='"v1"')
    address = f"{web.url}/counts.csv"
    first = bench.take(address)
    assert first.outcome == "new" and only(first).path.read_bytes() == GOOD
    assert (only(first).address, only(first).etag) == (address, '"v1"')
    web.forget()
    again = bench.take(address)
    assert (again.outcome, again.snapshots) == ("unchanged", first.snapshots)
    assert [a.status for a in web.asked] == [[304]] and not web.sent


def test_last_modified_alone_is_enough_to_know_a_file_again(bench: Bench, web: WebServer):
    web.pages["/counts.csv"] = Page(GOOD)
    bench.take(f"{web.url}/counts.csv")
    web.forget()
    assert bench.take(f"{web.url}/counts.csv").outcome == "unchanged"
    assert [a.status for a in web.asked] == [[304]] and not web.sent


def test_a_changed_file_is_new_and_the_earlier_one_stays(bench: Bench, web: WebServer):
    web.pages["/counts.csv"] = Page(GOOD, etag='"v1"')
    before = only(bench.take(f"{web.url}/counts.csv"))
    web.pages["/counts.csv"] = Page(OTHER, etag='"v2"')
    web.forget()
    fetch = bench.take(f"{web.url}/counts.csv")
    assert fetch.outcome == "new" and only(fetch).path.read_bytes() == OTHER
    assert before.path.read_bytes() == GOOD and len(web.asked) == 1


def test_the_same_bytes_under_a_new_etag_are_unchanged_and_known_by_it_from_then_on(
    bench: Bench, web: WebServer
):
    page = web.pages["/counts.csv"] = Page(GOOD, etag='"v1"')
    first = bench.take(f"{web.url}/counts.csv")
    page.etag, page.changed = '"v2"', page.changed + 100
    again = bench.take(f"{web.url}/counts.csv")
    assert again.outcome == "unchanged" and only(again).fetched_at == only(first).fetched_at
    web.forget()
    assert bench.take(f"{web.url}/counts.csv").outcome == "unchanged"
    assert [a.status for a in web.asked] == [[304]]


def test_a_file_that_is_gone_was_withdrawn_if_it_was_there_and_is_awaited_if_not(
    bench: Bench, web: WebServer
):
    address = f"{web.url}/counts.csv"
    assert bench.fetch(address, today=EARLY).outcome == "not_yet_released"
    assert bench.fetch(address).outcome == "failed"
    page = web.pages["/counts.csv"] = Page(GOOD)
    bench.take(address)
    page.faults = ["410"]
    assert bench.fetch(address).outcome == "withdrawn"
    del web.pages["/counts.csv"]
    gone = bench.fetch(address, today=EARLY)
    assert gone.outcome == "withdrawn" and address in words(gone)


def test_a_304_whose_own_marks_differ_is_not_believed(bench: Bench, web: WebServer):
    page = web.pages["/counts.csv"] = Page(GOOD, etag='"same-for-ever"')
    bench.take(f"{web.url}/counts.csv")
    page.body, page.changed, page.always_304 = OTHER, page.changed + 5, False
    web.forget()
    fetch = bench.take(f"{web.url}/counts.csv")
    assert fetch.outcome == "new" and only(fetch).path.read_bytes() == OTHER
    assert [a.status for a in web.asked] == [[304], [200]]


def test_a_304_to_a_question_without_condition_is_no_answer(bench: Bench, web: WebServer):
    web.pages["/counts.csv"] = Page(GOOD, always_304=True)
    fetch = bench.fetch(f"{web.url}/counts.csv")
    assert fetch.outcome == "failed" and "was not asked" in words(fetch)


def test_a_file_younger_than_two_seconds_is_fetched_again(bench: Bench, web: WebServer):
    page = web.pages["/counts.csv"] = Page(GOOD, changed=time.time())
    bench.take(f"{web.url}/counts.csv")
    page.body = OTHER  # within the same second, of the same length
    fetch = bench.take(f"{web.url}/counts.csv")
    assert fetch.outcome == "new" and only(fetch).path.read_bytes() == OTHER


def test_bytes_that_were_fetched_but_never_accepted_are_fetched_again(bench: Bench, web: WebServer):
    web.pages["/counts.csv"] = Page(GOOD, etag='"v1"')
    bench.fetch(f"{web.url}/counts.csv")
    bench.fetch(f"{web.url}/counts.csv")
    assert [a.status for a in web.asked] == [[200], [200]]


@pytest.mark.parametrize("damage", ["gone", "short"])
def test_a_held_file_that_is_no_longer_whole_is_fetched_again(bench: Bench, web: WebServer, damage):
    web.pages["/counts.csv"] = Page(GOOD, etag='"v1"')
    path = only(bench.take(f"{web.url}/counts.csv")).path
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(GOOD[:50])
    fetch = bench.take(f"{web.url}/counts.csv")
    assert only(fetch).path.read_bytes() == GOOD
    assert [a.status for a in web.asked] == [[200], [200]]


@pytest.mark.parametrize("kind", ["cut", "short"])
def test_a_cut_transfer_goes_on_where_it_ended_and_gives_the_same_bytes(bench: Bench, web: WebServer, kind):
    web.pages["/counts.csv"] = Page(BIG, etag='"v1"', faults=[f"{kind}:1000000", f"{kind}:500000"])
    fetch = bench.take(f"{web.url}/counts.csv")
    assert only(fetch).path.read_bytes() == BIG
    assert [a.status for a in web.asked] == [[200], [206], [206]]
    assert all(a.headers["If-Range"] == '"v1"' for a in web.asked[1:])
    # Not a byte twice but those that the network lost on the way.
    assert len(BIG) <= web.sent["/counts.csv"] < len(BIG) * 1.5


def test_a_server_without_ranges_gives_the_whole_file_again(bench: Bench, web: WebServer):
    web.pages["/counts.csv"] = Page(BIG, etag='"v1"', has_ranges=False, faults=["cut:1000000"])
    assert only(bench.take(f"{web.url}/counts.csv")).path.read_bytes() == BIG
    assert [a.status for a in web.asked] == [[200], [200]]


def test_a_file_that_changes_between_a_cut_and_its_continuation_is_begun_anew(bench: Bench, web: WebServer):
    page = web.pages["/counts.csv"] = Page(BIG, etag='"v1"', faults=["cut:1000000"])
    changed = BIG[::-1]

    class Changing(list):
        def append(self, asked):
            if self:
                page.body, page.etag = changed, '"v2"'
            super().append(asked)

    web.asked = Changing()
    fetch = bench.take(f"{web.url}/counts.csv")
    assert only(fetch).path.read_bytes() == changed and only(fetch).etag == '"v2"'


def test_a_weak_mark_is_no_reason_to_splice(bench: Bench, web: WebServer):
    web.pages["/counts.csv"] = Page(BIG, etag='W/"v1"', changed=None, faults=["cut:1000000"])
    assert only(bench.take(f"{web.url}/counts.csv")).path.read_bytes() == BIG
    assert "Range" not in web.asked[1].headers


def test_a_file_that_is_always_cut_is_refused_and_nothing_of_it_is_kept(bench: Bench, web: WebServer):
    web.pages["/counts.csv"] = Page(BIG, faults=["cut:1000"] * 9, has_ranges=False)
    fetch = bench.fetch(f"{web.url}/counts.csv")
    assert fetch.outcome == "failed" and len(web.asked) == 3
    assert "3 attempts" in words(fetch) and f"127.0.0.1:{web.port}" in words(fetch)
    assert bench.kept() == []


def test_a_body_shorter_than_promised_is_never_kept(bench: Bench, web: WebServer):
    web.pages["/counts.csv"] = Page(GOOD, etag='"v1"', faults=["short:100"] * 9, has_ranges=False)
    assert bench.fetch(f"{web.url}/counts.csv").outcome == "failed"
    assert bench.kept() == []


@pytest.mark.parametrize("fault", ["500", "502", "503", "429", "408", "reset"])
def test_a_server_that_stumbles_is_asked_again(bench: Bench, web: WebServer, fault):
    web.pages["/counts.csv"] = Page(GOOD, faults=[fault, fault])
    assert bench.fetch(f"{web.url}/counts.csv").outcome == "new"
    assert len(web.asked) == 3


def test_the_wait_that_a_server_asks_for_is_kept(bench: Bench, web: WebServer):
    web.pages["/counts.csv"] = Page(GOOD, faults=["429"], retry_after="1")
    started = time.monotonic()
    assert bench.fetch(f"{web.url}/counts.csv").outcome == "new"
    assert time.monotonic() - started >= 1


@pytest.mark.parametrize(
    ("status", "said"), [(401, "does not know us"), (403, "does not let us"), (400, "status 400")]
)
def test_a_refusal_is_final_and_says_what_to_do(bench: Bench, web: WebServer, status, said):
    web.pages["/counts.csv"] = Page(GOOD, faults=[str(status)] * 9)
    fetch = bench.fetch(f"{web.url}/counts.csv")
    assert fetch.outcome == "failed" and said in words(fetch) and f"{web.url}/counts.csv" in words(fetch)
    assert len(web.asked) == 1


def test_a_server_that_is_always_out_of_order_is_an_error_with_its_status(bench: Bench, web: WebServer):
    web.pages["/counts.csv"] = Page(GOOD, faults=["503"] * 9)
    fetch = bench.fetch(f"{web.url}/counts.csv")
    assert fetch.outcome == "failed" and "status 503" in words(fetch) and len(web.asked) == 3


def test_a_silent_server_is_given_up(bench: Bench, web: WebServer):
    web.patience, bench.options["timeout_seconds"], bench.options["attempts"] = 1.0, "0.2", "2"
    web.pages["/counts.csv"] = Page(GOOD, faults=["silent"] * 9)
    started = time.monotonic()
    fetch = bench.fetch(f"{web.url}/counts.csv")
    assert fetch.outcome == "failed" and "silent" in words(fetch)
    assert time.monotonic() - started < 3


def test_nobody_at_the_address_is_said_as_it_is(bench: Bench):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    fetch = bench.fetch(f"http://127.0.0.1:{port}/counts.csv")
    assert fetch.outcome == "failed" and "refuses the connection" in words(fetch)
    assert f"127.0.0.1:{port}" in words(fetch)


def test_a_name_that_nobody_knows_is_said_as_it_is(bench: Bench):
    fetch = bench.fetch("http://franklin.invalid/counts.csv")
    assert fetch.outcome == "failed" and "name is not known" in words(fetch)


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_a_compressed_transfer_is_unfolded_and_its_length_is_that_of_the_transfer(
    bench: Bench, web: WebServer, encoding
):
    packed = (
        gzip.compress(GOOD[:200]) + gzip.compress(GOOD[200:]) if encoding == "gzip" else zlib.compress(GOOD)
    )
    web.pages["/counts.csv"] = Page(packed, encoding=encoding)
    assert only(bench.fetch(f"{web.url}/counts.csv")).path.read_bytes() == GOOD


def test_a_compressed_transfer_that_ends_early_is_refused_even_without_a_length(bench: Bench, web: WebServer):
    web.pages["/counts.csv"] = Page(gzip.compress(GOOD)[:-20], encoding="gzip", has_length=False)
    fetch = bench.fetch(f"{web.url}/counts.csv")
    assert fetch.outcome == "failed" and "damaged" in words(fetch) and bench.kept() == []


def test_a_gz_file_stays_one_though_the_server_calls_it_a_compressed_transfer(bench: Bench, web: WebServer):
    web.pages["/counts.csv.gz"] = Page(gzip.compress(GOOD), encoding="gzip")
    assert gzip.decompress(only(bench.fetch(f"{web.url}/counts.csv.gz")).path.read_bytes()) == GOOD


def test_a_compressed_transfer_that_unfolds_to_too_much_is_refused(bench: Bench, web: WebServer):
    bench.options["max_bytes"] = "1_000_000"
    web.pages["/counts.csv"] = Page(gzip.compress(b"0" * 50_000_000), encoding="gzip")
    fetch = bench.fetch(f"{web.url}/counts.csv")
    assert fetch.outcome == "failed" and "larger than 1,000,000 bytes" in words(fetch) and bench.kept() == []


def test_a_compression_that_nobody_asked_for_is_refused_by_name(bench: Bench, web: WebServer):
    web.pages["/counts.csv"] = Page(GOOD, encoding="br")
    assert "'br'" in words(bench.fetch(f"{web.url}/counts.csv"))


@pytest.mark.parametrize("has_length", [True, False])
def test_a_file_larger_than_allowed_is_refused_before_it_fills_the_disk(
    bench: Bench, web: WebServer, has_length
):
    bench.options["max_bytes"] = "100_000"
    web.pages["/counts.csv"] = Page(BIG, has_length=has_length)
    fetch = bench.fetch(f"{web.url}/counts.csv")
    assert fetch.outcome == "failed" and "larger than 100,000 bytes" in words(fetch) and bench.kept() == []


def test_a_file_that_the_disk_has_no_room_for_is_refused(bench: Bench, web: WebServer, monkeypatch):
    web.pages["/counts.csv"] = Page(GOOD)
    monkeypatch.setattr("sources.transports.limits.SPARE_BYTES", 1 << 62)
    fetch = bench.fetch(f"{web.url}/counts.csv")
    assert fetch.outcome == "failed" and "no room" in words(fetch)


def test_a_web_page_in_the_place_of_a_file_is_no_file(bench: Bench, web: WebServer):
    web.pages["/counts.csv"] = Page(b"<html>Please log in</html>", kind="text/html; charset=utf-8")
    fetch = bench.fetch(f"{web.url}/counts.csv")
    assert fetch.outcome == "failed" and "web page" in words(fetch) and bench.kept() == []


def test_years_and_variables_are_filled_in_and_shown_by_name(bench: Bench, web: WebServer):
    bench.environment["FRANKLIN_SITE"] = web.url
    web.pages["/2025/counts_2024.csv"] = Page(GOOD)
    fetch = bench.take("${FRANKLIN_SITE}/{school_year}/counts_{start_year}.csv")
    assert only(fetch).address == "${FRANKLIN_SITE}/2025/counts_2024.csv"


def test_a_file_is_known_again_only_from_the_server_that_gave_it(bench: Bench, web: WebServer):
    other = WebServer()
    try:
        bench.environment["FRANKLIN_SITE"] = web.url
        web.pages["/counts.csv"] = Page(GOOD, etag='"1"')
        other.pages["/counts.csv"] = Page(OTHER, etag='"1"')
        bench.take("${FRANKLIN_SITE}/counts.csv")
        bench.environment["FRANKLIN_SITE"] = other.url
        assert only(bench.take("${FRANKLIN_SITE}/counts.csv")).path.read_bytes() == OTHER
    finally:
        other.stop()


def test_a_file_that_the_source_leaves_out_is_not_asked_for(bench: Bench, web: WebServer):
    bench.ignored = '{"counts_*.csv": repeats the others}'
    fetch = bench.fetch(f"{web.url}/counts_all.csv")
    assert fetch.outcome == "failed" and "leaves out" in words(fetch) and web.asked == []


def test_an_option_that_nothing_reads_is_a_mistake(bench: Bench, web: WebServer):
    bench.options["max_byte"] = "5"
    fetch = bench.fetch(f"{web.url}/counts.csv")
    assert fetch.outcome == "failed" and "'max_byte'" in words(fetch)


@pytest.mark.parametrize("value", ["0", "-1", "much", "inf", "nan"])
def test_an_option_that_is_no_number_is_a_mistake(bench: Bench, web: WebServer, value):
    bench.options["attempts"] = value
    fetch = bench.fetch(f"{web.url}/counts.csv")
    assert fetch.outcome == "failed" and "number above zero" in words(fetch)


def test_an_unknown_kind_of_address_is_refused(bench: Bench):
    fetch = bench.fetch("ftp://franklin.example/counts.csv")
    assert fetch.outcome == "failed" and "No transport" in words(fetch)
