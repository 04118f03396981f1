"""The same file comes to the same rows from a folder, a web server, an SFTP server and an object store."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest
from files_bench import GOOD, OTHER, Bench, only, words
from files_s3_server import BUCKET, KEY, SECRET, S3Server
from files_sftp_server import PASSWORD, USER, SftpServer
from files_web_server import LONG_AGO, Page, WebServer


@pytest.fixture(params=["local", "http", "sftp", "s3"])
def place(request: pytest.FixtureRequest, bench: Bench) -> tuple[str, Callable[[bytes], None]]:
    """An address, and what puts bytes there; another moment each time."""
    moments = iter(range(LONG_AGO, LONG_AGO + 1000, 10))
    if request.param == "local":

        def put(body: bytes) -> None:
            (bench.data / "counts.csv").write_bytes(body)

        return "counts.csv", put
    if request.param == "http":
        web: WebServer = request.getfixturevalue("web")

        def serve(body: bytes) -> None:
            web.pages["/counts.csv"] = Page(body, changed=next(moments))

        return f"{web.url}/counts.csv", serve
    if request.param == "sftp":
        return _sftp(bench, request.getfixturevalue("sftp"), moments)
    return _s3(bench, request.getfixturevalue("s3"))


def _sftp(bench: Bench, sftp: SftpServer, moments: Any) -> tuple[str, Callable[[bytes], None]]:
    bench.environment |= {"DROP_USER": USER, "DROP_PASSWORD": PASSWORD}
    bench.secrets = {"user": "DROP_USER", "password": "DROP_PASSWORD"}
    bench.options["known_hosts"] = str(sftp.known_hosts)

    def put(body: bytes) -> None:
        (sftp.root / "counts.csv").write_bytes(body)
        os.utime(sftp.root / "counts.csv", (next(moments),) * 2)

    return f"{sftp.url}/counts.csv", put


def _s3(bench: Bench, s3: S3Server) -> tuple[str, Callable[[bytes], None]]:
    bench.environment |= {"DROP_KEY": KEY, "DROP_SECRET": SECRET}
    bench.secrets = {"key": "DROP_KEY", "secret": "DROP_SECRET"}
    bench.options["endpoint"] = s3.url
    return f"s3://{BUCKET}/counts.csv", lambda body: s3.put("counts.csv", body)


def test_a_file_is_acquired_and_read_to_the_same_rows_from_every_place(bench: Bench, place):
    address, put = place
    put(GOOD)
    result = bench.read(address)
    assert (result.rows_in, result.rows_out, result.rows_quarantined) == (20, 20, 0)
    rows = result.table.to_pylist()
    assert [(r["school_code"], r["students"]) for r in rows] == [(f"{n:07d}", n * 10) for n in range(1, 21)]
    assert {r["source_file"] for r in rows} == {address} and rows[0]["source_line"] == 2


def test_new_then_unchanged_then_new_from_every_place(bench: Bench, place):
    address, put = place
    put(GOOD)
    first = bench.take(address)
    second = bench.take(address)
    put(OTHER)
    third = bench.take(address)
    put(GOOD)
    fourth = bench.take(address)
    outcomes = [f.outcome for f in (first, second, third, fourth)]
    assert outcomes == ["new", "unchanged", "new", "unchanged"]
    assert only(third).path.read_bytes() == OTHER and only(fourth).path.read_bytes() == GOOD
    assert only(second) == only(first) and bench.take(address).snapshots == fourth.snapshots


def test_an_empty_file_is_kept_as_it_came_from_every_place(bench: Bench, place):
    address, put = place
    put(b"")
    assert only(bench.fetch(address)).bytes == 0


def test_student_level_bytes_are_private_from_every_place(bench: Bench, place):
    bench.privacy = "restricted"
    address, put = place
    put(GOOD)
    bench.take(address)
    files = [p for p in (bench.root / "snapshots").rglob("*") if p.is_file()]
    assert files and all(p.stat().st_mode & 0o077 == 0 for p in files)


def test_a_local_file_that_is_held_is_not_written_again(bench: Bench, monkeypatch):
    (bench.data / "counts.csv").write_bytes(GOOD)
    bench.take("counts.csv")
    monkeypatch.setattr("sources.snapshot.SnapshotStore.put_once", None)
    assert bench.fetch("counts.csv").outcome == "unchanged"


def test_a_local_file_that_is_written_to_while_it_is_read_is_refused(bench: Bench, monkeypatch):
    file = bench.data / "counts.csv"
    file.write_bytes(GOOD)
    read = bench.store.__class__.put_once

    def growing(self, stream, **given):
        with file.open("ab") as grown:
            grown.write(b"0000099,Late,1,1.0,x\n")
        return read(self, stream, **given)

    monkeypatch.setattr("sources.snapshot.SnapshotStore.put_once", growing)
    fetch = bench.fetch("counts.csv")
    assert fetch.outcome == "failed" and "written to while" in words(fetch) and bench.kept() == []


def test_years_are_filled_into_local_names_as_well(bench: Bench):
    (bench.data / "counts_2025.csv").write_bytes(GOOD)
    assert only(bench.take("counts_{school_year}.csv")).address == "counts_2025.csv"


def test_a_local_file_larger_than_allowed_is_refused(bench: Bench):
    (bench.data / "counts.csv").write_bytes(GOOD)
    bench.options["max_bytes"] = "100"
    fetch = bench.fetch("counts.csv")
    assert fetch.outcome == "failed" and "larger than 100 bytes" in words(fetch)
