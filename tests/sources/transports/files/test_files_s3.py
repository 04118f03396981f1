"""Objects of an S3-compatible store: what an unchanged one costs, and what a refusal says."""

from __future__ import annotations

import socket

import pytest
from files_bench import GOOD, OTHER, Bench, only, words
from files_s3_server import BUCKET, KEY, SECRET, S3Server

BIG = GOOD + b"".join(b"%07d,School %d,1,1.0,%s\n" % (n, n, b"x" * 90) for n in range(100, 200_000))


@pytest.fixture
def drop(bench: Bench, s3: S3Server) -> Bench:
    """The bench, knowing endpoint and keys."""
    bench.environment |= {"DROP_KEY": KEY, "DROP_SECRET": SECRET, "DROP_ENDPOINT": s3.url}
    bench.secrets = {"key": "DROP_KEY", "secret": "DROP_SECRET"}
    bench.options["endpoint"] = "${DROP_ENDPOINT}"
    return bench


def test_an_object_is_new_then_unchanged_for_one_question_without_bytes(drop: Bench, s3: S3Server):
    s3.put("out/counts.csv", GOOD)
    address = f"s3://{BUCKET}/out/counts.csv"
    first = drop.take(address)
    assert first.outcome == "new" and only(first).path.read_bytes() == GOOD
    assert only(first).address == address and only(first).etag
    s3.forget()
    again = drop.take(address)
    assert (again.outcome, again.snapshots) == ("unchanged", first.snapshots)
    assert [(a.method, a.path) for a in s3.asked] == [("HEAD", f"/{BUCKET}/out/counts.csv")]


def test_a_changed_object_is_new_then_withdrawn_when_it_is_gone(drop: Bench, s3: S3Server):
    s3.put("counts.csv", GOOD)
    before = only(drop.take(f"s3://{BUCKET}/counts.csv"))
    s3.put("counts.csv", OTHER)
    fetch = drop.take(f"s3://{BUCKET}/counts.csv")
    assert fetch.outcome == "new" and only(fetch).path.read_bytes() == OTHER
    assert before.path.read_bytes() == GOOD
    s3.client.delete_object(Bucket=BUCKET, Key="counts.csv")
    assert drop.fetch(f"s3://{BUCKET}/counts.csv").outcome == "withdrawn"


def test_a_pattern_costs_one_listing_and_brings_each_object_once(drop: Bench, s3: S3Server):
    drop.ignored = '{"out/*_all.csv": repeats the others}'
    for name in ("b.csv", "a.csv", "c.txt", "deeper/d.csv", "e_all.csv"):
        s3.put(f"out/{name}", GOOD + name.encode() + b",x,1,1.0,\n")
    first = drop.take(f"s3://{BUCKET}/out/*.csv")
    assert [s.address for s in first.snapshots] == [f"s3://{BUCKET}/out/a.csv", f"s3://{BUCKET}/out/b.csv"]
    s3.forget()
    assert drop.take(f"s3://{BUCKET}/out/*.csv").outcome == "unchanged"
    assert [a.method for a in s3.asked if "list-type" in a.query and "prefix=out%2F&" in a.query] == ["GET"]
    assert not [a for a in s3.asked if a.method == "GET" and "list-type" not in a.query]


def test_a_pattern_of_which_one_object_is_gone_is_withdrawn_by_name(drop: Bench, s3: S3Server):
    for name in ("a.csv", "b.csv"):
        s3.put(f"out/{name}", GOOD + name.encode())
    drop.take(f"s3://{BUCKET}/out/*.csv")
    s3.client.delete_object(Bucket=BUCKET, Key="out/b.csv")
    fetch = drop.fetch(f"s3://{BUCKET}/out/*.csv")
    assert fetch.outcome == "withdrawn" and "out/b.csv" in words(fetch)


def test_a_cut_transfer_goes_on_with_the_piece_that_was_cut_and_gives_the_same_bytes(
    drop: Bench, s3: S3Server, monkeypatch
):
    piece = 8 * 1024 * 1024
    monkeypatch.setattr("sources.transports.s3_files.S3Server.piece_bytes", piece)
    s3.put("counts.csv", BIG)
    s3.cuts = [piece, 1_000_000]
    assert only(drop.take(f"s3://{BUCKET}/counts.csv")).path.read_bytes() == BIG
    starts = [a.headers["RANGE"].partition("-")[0] for a in s3.asked if "RANGE" in a.headers]
    assert starts == ["bytes=0", f"bytes={piece}", f"bytes={piece}", f"bytes={2 * piece}"]
    assert all(a.headers["IF_MATCH"] for a in s3.asked if "RANGE" in a.headers)


def test_an_object_that_is_always_cut_is_refused_and_nothing_of_it_is_kept(drop: Bench, s3: S3Server):
    s3.put("counts.csv", GOOD)
    s3.cuts = [50] * 20
    fetch = drop.fetch(f"s3://{BUCKET}/counts.csv")
    assert fetch.outcome == "failed" and "3 attempts" in words(fetch) and drop.kept() == []


def test_a_store_that_stumbles_is_asked_again_as_often_as_allowed(drop: Bench, s3: S3Server):
    s3.put("counts.csv", GOOD)
    s3.statuses = ["503 Slow Down", "500 Internal Server Error"]
    assert drop.take(f"s3://{BUCKET}/counts.csv").outcome == "new"
    s3.forget()
    s3.statuses = ["503 Slow Down"] * 20
    assert drop.fetch(f"s3://{BUCKET}/counts.csv").outcome == "failed"
    assert len(s3.asked) == 3


def test_a_refused_key_is_final_and_names_the_variables(drop: Bench, s3: S3Server):
    s3.statuses = ["403 Forbidden"] * 20
    fetch = drop.fetch(f"s3://{BUCKET}/counts.csv")
    assert fetch.outcome == "failed" and "does not let us" in words(fetch) and len(s3.asked) == 1
    assert "DROP_SECRET" in words(fetch) and SECRET not in words(fetch)


@pytest.mark.parametrize("pattern", ["out/*.csv", "*/counts.csv", "out/**/*.csv"])
def test_a_listing_that_is_refused_is_not_taken_for_an_empty_one(drop: Bench, s3: S3Server, pattern):
    s3.statuses = ["403 Forbidden"] * 20
    fetch = drop.fetch(f"s3://{BUCKET}/{pattern}")
    assert fetch.outcome == "failed" and "does not let us" in words(fetch)


def test_an_object_larger_than_allowed_is_refused_before_a_byte_comes(drop: Bench, s3: S3Server):
    s3.put("counts.csv", GOOD)
    drop.options["max_bytes"] = "100"
    fetch = drop.fetch(f"s3://{BUCKET}/counts.csv")
    assert fetch.outcome == "failed" and "larger than" in words(fetch)
    assert [a for a in s3.asked if a.method == "GET"] == []


def test_a_key_without_its_secret_is_a_mistake(drop: Bench, s3: S3Server):
    del drop.secrets["secret"]
    assert "key without a secret" in words(drop.fetch(f"s3://{BUCKET}/counts.csv")) and s3.asked == []


def test_without_keys_the_store_is_asked_as_anybody(drop: Bench, s3: S3Server, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "of-the-machine")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "of-the-machine")
    s3.put("counts.csv", GOOD)
    s3.forget()
    drop.secrets = {}
    drop.fetch(f"s3://{BUCKET}/counts.csv")
    assert s3.asked and all("AUTHORIZATION" not in a.headers for a in s3.asked)
    s3.forget()
    drop.options["credentials"] = "machine"
    drop.fetch(f"s3://{BUCKET}/counts.csv")
    assert s3.asked and all("of-the-machine" in a.headers["AUTHORIZATION"] for a in s3.asked)


def test_nobody_at_the_endpoint_is_said_as_it_is(drop: Bench):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    drop.environment["DROP_ENDPOINT"] = f"http://127.0.0.1:{port}"
    fetch = drop.fetch(f"s3://{BUCKET}/counts.csv")
    assert (
        fetch.outcome == "failed"
        and "cannot be reached" in words(fetch)
        and f"127.0.0.1:{port}" in words(fetch)
    )


def test_a_bucket_that_is_not_there_is_awaited_and_then_a_failure(drop: Bench):
    assert drop.fetch("s3://franklin-nowhere/counts.csv").outcome == "failed"


@pytest.mark.parametrize(
    "endpoint", ["store.example", "ftp://store.example", "https://", "https://a:b@store.example"]
)
def test_an_endpoint_that_is_none_is_a_mistake(drop: Bench, endpoint):
    drop.options["endpoint"] = endpoint
    fetch = drop.fetch(f"s3://{BUCKET}/counts.csv")
    assert fetch.outcome == "failed" and "endpoint is no base URL" in words(fetch)


@pytest.mark.parametrize("address", ["s3://Franklin Drop/counts.csv", "s3://franklin-drop"])
def test_a_name_that_no_store_can_have_is_refused(drop: Bench, address):
    assert drop.fetch(address).outcome == "failed"
