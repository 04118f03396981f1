"""Who is told a password, and that it stands nowhere else: not in receipts, errors, logs or the output."""

from __future__ import annotations

import base64
import logging
from collections.abc import Iterator

import pytest
from files_bench import GOOD, SECRETS, Bench, only, words
from files_s3_server import BUCKET, KEY, SECRET, S3Server
from files_sftp_server import PASSWORD, USER, SftpServer
from files_web_server import Page, WebServer

USER_ONE, WORD_ONE, TOKEN_ONE = SECRETS["USER_ONE"], SECRETS["WORD_ONE"], SECRETS["TOKEN_ONE"]


@pytest.fixture
def elsewhere() -> Iterator[WebServer]:
    """A second web server, known as localhost and so another host than 127.0.0.1."""
    server = WebServer()
    yield server
    server.stop()


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def test_user_and_password_go_to_the_server_that_is_named(bench: Bench, web: WebServer):
    bench.secrets = {"user": "USER_ONE", "password": "WORD_ONE"}
    web.pages["/counts.csv"] = Page(GOOD)
    bench.take(f"{web.url}/counts.csv")
    assert web.asked[0].headers["Authorization"] == basic(USER_ONE, WORD_ONE)


def test_a_token_is_a_bearer_or_goes_into_the_header_that_is_named(bench: Bench, web: WebServer):
    bench.secrets = {"token": "TOKEN_ONE"}
    web.pages["/counts.csv"] = Page(GOOD)
    bench.fetch(f"{web.url}/counts.csv")
    bench.options["token_header"] = "X-Api-Key"
    bench.fetch(f"{web.url}/counts.csv")
    assert web.asked[0].headers["Authorization"] == f"Bearer {TOKEN_ONE}"
    assert web.asked[1].headers["X-Api-Key"] == TOKEN_ONE and "Authorization" not in web.asked[1].headers


@pytest.mark.parametrize("token", ["tok-1234\n", "tök-1234"])
def test_a_token_that_no_header_can_hold_is_refused_by_its_variable_and_not_repeated(
    bench: Bench, web, token
):
    bench.environment["TOKEN_ONE"] = token
    bench.secrets = {"token": "TOKEN_ONE"}
    fetch = bench.fetch(f"{web.url}/counts.csv")
    assert fetch.outcome == "failed" and "TOKEN_ONE" in words(fetch) and "1234" not in words(fetch)
    assert web.asked == []


def test_a_redirect_on_the_same_server_is_followed_with_the_password(bench: Bench, web: WebServer):
    bench.secrets = {"token": "TOKEN_ONE"}
    web.pages["/counts.csv"] = Page(b"", location="/new/counts.csv")
    web.pages["/new/counts.csv"] = Page(GOOD)
    fetch = bench.take(f"{web.url}/counts.csv")
    assert only(fetch).address == f"{web.url}/counts.csv"
    assert web.asked[1].headers["Authorization"] == f"Bearer {TOKEN_ONE}"


def test_a_redirect_to_another_host_is_refused_and_tells_nobody_anything(
    bench: Bench, web: WebServer, elsewhere: WebServer
):
    bench.secrets = {"token": "TOKEN_ONE"}
    away = f"http://localhost:{elsewhere.port}/counts.csv?X-Amz-Signature=signed-1234"
    web.pages["/counts.csv"] = Page(b"", location=away)
    elsewhere.pages["/counts.csv"] = Page(GOOD)
    fetch = bench.fetch(f"{web.url}/counts.csv")
    assert fetch.outcome == "failed" and "another host" in words(fetch) and "redirect_hosts" in words(fetch)
    assert "localhost" in words(fetch) and "signed-1234" not in words(fetch)
    assert elsewhere.asked == []


def test_a_redirect_to_a_host_that_is_named_is_followed_without_the_password_there_and_back(
    bench: Bench, web: WebServer, elsewhere: WebServer
):
    bench.secrets = {"user": "USER_ONE", "password": "WORD_ONE", "token": "TOKEN_ONE"}
    bench.options |= {"redirect_hosts": "files.example, local*", "token_header": "X-Api-Key"}
    web.pages["/counts.csv"] = Page(b"", location=f"http://localhost:{elsewhere.port}/a.csv")
    elsewhere.pages["/a.csv"] = Page(b"", location=f"{web.url}/b.csv")
    web.pages["/b.csv"] = Page(GOOD)
    assert only(bench.take(f"{web.url}/counts.csv")).path.read_bytes() == GOOD
    assert "Authorization" in web.asked[0].headers and "X-Api-Key" in web.asked[0].headers
    for asked in (elsewhere.asked[0], web.asked[1]):
        assert "Authorization" not in asked.headers and "X-Api-Key" not in asked.headers


def test_another_port_of_the_same_host_is_not_told_the_password(
    bench: Bench, web: WebServer, elsewhere: WebServer
):
    bench.secrets = {"token": "TOKEN_ONE"}
    web.pages["/counts.csv"] = Page(b"", location=f"{elsewhere.url}/counts.csv")
    elsewhere.pages["/counts.csv"] = Page(GOOD)
    assert bench.fetch(f"{web.url}/counts.csv").outcome == "new"
    assert "Authorization" not in elsewhere.asked[0].headers


def test_a_password_in_a_redirect_is_not_used(bench: Bench, web: WebServer):
    web.pages["/counts.csv"] = Page(b"", location=f"http://a:b@127.0.0.1:{web.port}/new.csv")
    web.pages["/new.csv"] = Page(GOOD)
    assert bench.fetch(f"{web.url}/counts.csv").outcome == "new"
    assert "Authorization" not in web.asked[1].headers


@pytest.mark.parametrize("location", ["ftp://127.0.0.1/x", "file:///etc/passwd", "http://[", "javascript:1"])
def test_a_redirect_to_no_web_address_is_refused(bench: Bench, web: WebServer, location):
    web.pages["/counts.csv"] = Page(b"", location=location)
    assert bench.fetch(f"{web.url}/counts.csv").outcome == "failed"
    assert len(web.asked) == 1


def test_redirects_in_circles_end(bench: Bench, web: WebServer):
    web.pages["/counts.csv"] = Page(b"", location="/counts.csv")
    fetch = bench.fetch(f"{web.url}/counts.csv")
    assert fetch.outcome == "failed" and "more than 5 times" in words(fetch) and len(web.asked) == 6


def test_a_password_does_not_go_over_an_open_line_unless_that_is_allowed(bench: Bench):
    bench.secrets = {"token": "TOKEN_ONE"}
    fetch = bench.fetch("http://franklin.invalid/counts.csv")
    assert "anybody can read" in words(fetch) and "plain_http" in words(fetch)
    bench.options["plain_http"] = "allowed"
    assert "name is not known" in words(bench.fetch("http://franklin.invalid/counts.csv"))


@pytest.mark.parametrize(
    "address",
    [
        "https://reader:pass-word-1@franklin.example/counts.csv",
        "sftp://reader:pass-word-1@franklin.example/counts.csv",
        "https://franklin.example/counts.csv?api_key=pass-word-1",
        "https://franklin.example/counts.csv?a=1&X-Amz-Signature=pass-word-1",
    ],
)
def test_a_secret_that_stands_in_an_address_is_refused_and_not_repeated(bench: Bench, address):
    fetch = bench.fetch(address)
    assert (
        fetch.outcome == "failed" and "password or key" in words(fetch) and "pass-word-1" not in words(fetch)
    )


def test_a_password_inside_a_variable_of_the_address_is_refused_and_not_repeated(bench: Bench):
    bench.environment["SITE"] = "https://reader:pass-word-1@franklin.example"
    assert "pass-word-1" not in words(bench.fetch("${SITE}/counts.csv"))


@pytest.mark.parametrize(
    "address", ["https://[bad/a.csv", "https://host:none/a.csv", "sftp:///a.csv", "s3://"]
)
def test_an_address_that_is_none_is_refused(bench: Bench, address):
    fetch = bench.fetch(address)
    assert fetch.outcome == "failed" and "is not one" in words(fetch)


def test_addresses_that_differ_in_their_query_are_two_files(bench: Bench, web: WebServer):
    web.pages["/export"] = Page(GOOD)
    first, second = f"{web.url}/export?state=FK&format=a.csv", f"{web.url}/export?state=FL&format=a.csv"
    fetch = bench.take(first, second)
    assert [s.address for s in fetch.snapshots] == [first, second]
    assert {s.path.suffix for s in fetch.snapshots} == {""}


def test_no_secret_stands_in_the_store_an_error_a_log_or_the_output(
    bench: Bench, web: WebServer, sftp: SftpServer, s3: S3Server, caplog, capfd
):
    """Each protocol once in vain with retries, then with success, with every log open."""
    caplog.set_level(logging.DEBUG)
    logging.getLogger("httpx").setLevel(logging.WARNING)  # as the product leaves it
    bench.environment |= {
        "DROP_USER": USER,
        "DROP_PASSWORD": PASSWORD,
        "KEY": KEY,
        "SECRET": SECRET,
        "S3": s3.url,
    }
    told = []
    web.pages["/counts.csv"] = Page(GOOD, etag='"1"', faults=["reset", "503", "503"])
    bench.secrets = {"user": "USER_ONE", "password": "WORD_ONE"}
    address = f"{web.url}/counts.csv?state=FK&api_key=${{TOKEN_ONE}}"
    told += [words(bench.fetch(address)), bench.take(address), bench.take(address)]
    assert f"api_key={TOKEN_ONE}" in web.asked[0].target
    (sftp.root / "counts.csv").write_bytes(GOOD)
    bench.secrets = {"user": "DROP_USER", "password": "DROP_PASSWORD"}
    bench.options["known_hosts"] = str(sftp.known_hosts)
    sftp.behaviour.cuts = [0] * 3
    told += [words(bench.fetch(f"{sftp.url}/counts.csv")), bench.take(f"{sftp.url}/counts.csv")]
    s3.put("counts.csv", GOOD)
    bench.secrets = {"key": "KEY", "secret": "SECRET"}
    bench.options["endpoint"] = "${S3}"
    s3.statuses = ["503 Slow Down"] * 3
    told += [words(bench.fetch(f"s3://{BUCKET}/counts.csv")), bench.take(f"s3://{BUCKET}/counts.csv")]
    output = capfd.readouterr()
    kept = "".join(p.read_text() for p in (bench.root / "snapshots").rglob("*") if p.is_file())
    # What moto's own server prints of its requests is not ours.
    ours = "\n".join(r.getMessage() for r in caplog.records if not r.name.startswith("werkzeug"))
    everything = f"{kept}{told}{ours}{output.out}{output.err}"
    assert "counts.csv" in kept and "attempt 2 follows" in ours and output.out == ""
    for secret in (USER_ONE, WORD_ONE, TOKEN_ONE, USER, PASSWORD, KEY, SECRET, basic(USER_ONE, WORD_ONE)):
        assert secret not in everything


@pytest.mark.parametrize("linked", ["file", "folder"])
def test_a_link_out_of_the_data_folder_counts_only_when_this_account_or_root_made_it(
    bench: Bench, monkeypatch, linked: str
):
    outside = bench.root / "outside"
    outside.mkdir()
    (outside / "counts.csv").write_bytes(GOOD)
    drop = bench.root / "data" / "drop"
    if linked == "folder":
        drop.parent.mkdir(parents=True, exist_ok=True)
        drop.symlink_to(outside)
    else:
        drop.mkdir(parents=True)
        (drop / "counts.csv").symlink_to(outside / "counts.csv")
    assert bench.fetch("drop/counts.csv").outcome == "new"
    monkeypatch.setattr("sources.transports.local_files._TRUSTED", {4711})
    fetch = bench.fetch("drop/*.csv")
    assert fetch.outcome == "failed" and "leads out of the data folder" in words(fetch)
    assert str(outside) not in words(fetch)


def test_a_link_within_the_data_folder_is_followed_whoever_made_it(bench: Bench, monkeypatch):
    data = bench.root / "data"
    data.mkdir(parents=True, exist_ok=True)
    (data / "first.csv").write_bytes(GOOD)
    (data / "counts.csv").symlink_to("first.csv")
    monkeypatch.setattr("sources.transports.local_files._TRUSTED", {4711})
    assert bench.fetch("counts.csv").outcome == "new"
