"""Files by SFTP: whom we trust, what an unchanged one costs, what a cut one becomes."""

from __future__ import annotations

import os
import time
from pathlib import Path

import asyncssh
import pytest
from files_bench import GOOD, OTHER, Bench, only, words
from files_sftp_server import PASSWORD, USER, SftpServer

LONG_AGO = 1_700_000_000
BIG = GOOD + b"".join(b"%07d,School %d,1,1.0,%s\n" % (n, n, b"x" * 90) for n in range(100, 100_000))


@pytest.fixture
def drop(bench: Bench, sftp: SftpServer) -> Bench:
    """The bench, knowing server, user and password."""
    bench.environment |= {"DROP_USER": USER, "DROP_PASSWORD": PASSWORD}
    bench.secrets = {"user": "DROP_USER", "password": "DROP_PASSWORD"}
    bench.options["known_hosts"] = str(sftp.known_hosts)
    return bench


def put(sftp: SftpServer, name: str, body: bytes, changed: float = LONG_AGO) -> Path:
    file = sftp.root / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(body)
    os.utime(file, (changed, changed))
    return file


def test_a_file_is_new_then_unchanged_for_one_question_without_bytes(drop: Bench, sftp: SftpServer):
    put(sftp, "out/counts.csv", GOOD)
    address = f"{sftp.url}/out/counts.csv"
    first = drop.take(address)
    assert first.outcome == "new" and only(first).path.read_bytes() == GOOD
    assert only(first).address == address
    sftp.forget()
    again = drop.take(address)
    assert (again.outcome, again.snapshots) == ("unchanged", first.snapshots)
    assert sftp.asked == [("stat", "/out/counts.csv")] and sftp.connections == 1


def test_a_changed_file_is_new_and_the_earlier_one_stays(drop: Bench, sftp: SftpServer):
    put(sftp, "counts.csv", GOOD)
    before = only(drop.take(f"{sftp.url}/counts.csv"))
    put(sftp, "counts.csv", OTHER, LONG_AGO + 1)  # of the same length
    fetch = drop.take(f"{sftp.url}/counts.csv")
    assert fetch.outcome == "new" and only(fetch).path.read_bytes() == OTHER
    assert before.path.read_bytes() == GOOD


def test_a_file_that_is_gone_is_withdrawn(drop: Bench, sftp: SftpServer):
    file = put(sftp, "counts.csv", GOOD)
    drop.take(f"{sftp.url}/counts.csv")
    file.unlink()
    assert drop.fetch(f"{sftp.url}/counts.csv").outcome == "withdrawn"


def test_a_young_file_is_fetched_again_because_its_time_has_whole_seconds(drop: Bench, sftp: SftpServer):
    now = time.time()
    put(sftp, "counts.csv", GOOD, now)
    drop.take(f"{sftp.url}/counts.csv")
    put(sftp, "counts.csv", OTHER, now)
    fetch = drop.take(f"{sftp.url}/counts.csv")
    assert fetch.outcome == "new" and only(fetch).path.read_bytes() == OTHER


def test_a_pattern_costs_one_listing_and_brings_each_file_once(drop: Bench, sftp: SftpServer):
    for name in ("b.csv", "a.csv", "c.txt", "deeper/d.csv"):
        put(sftp, f"out/{name}", GOOD + name.encode() + b",x,1,1.0,\n")
    (sftp.root / "out" / "e.csv").symlink_to("a.csv")
    address = f"{sftp.url}/out/*.csv"
    first = drop.take(address)
    assert [s.address.removeprefix(sftp.url) for s in first.snapshots] == [
        "/out/a.csv",
        "/out/b.csv",
        "/out/e.csv",
    ]
    sftp.forget()
    assert drop.take(address).outcome == "unchanged"
    assert [what for what, _ in sftp.asked].count("list") == 1
    assert "open" not in [what for what, _ in sftp.asked] and sftp.connections == 1


def test_a_name_that_looks_like_a_pattern_is_tried_as_it_stands(drop: Bench, sftp: SftpServer):
    put(sftp, "out/counts[1].csv", GOOD)
    put(sftp, "out/counts1.csv", OTHER)
    fetch = drop.take(f"{sftp.url}/out/counts[1].csv")
    assert only(fetch).path.read_bytes() == GOOD


@pytest.mark.parametrize("name", ["with space.csv", "per%20cent.csv", "hash#1.csv", "a?b.csv", "ünï.csv"])
def test_a_name_is_taken_letter_by_letter(drop: Bench, sftp: SftpServer, name):
    put(sftp, f"out/{name}", GOOD)
    assert only(drop.take(f"{sftp.url}/out/{name}")).address == f"{sftp.url}/out/{name}"


def test_files_that_the_source_leaves_out_are_not_brought(drop: Bench, sftp: SftpServer):
    drop.ignored = '{"out/*_all.csv": repeats the others}'
    put(sftp, "out/a.csv", GOOD)
    put(sftp, "out/b_all.csv", GOOD)
    assert only(drop.take(f"{sftp.url}/out/*.csv")).address.endswith("/out/a.csv")
    assert ("open", "/out/b_all.csv") not in sftp.asked


def test_a_cut_transfer_goes_on_where_it_ended_and_gives_the_same_bytes(drop: Bench, sftp: SftpServer):
    put(sftp, "counts.csv", BIG)
    sftp.behaviour.cuts = [9_000_000]
    assert only(drop.take(f"{sftp.url}/counts.csv")).path.read_bytes() == BIG
    # The first connection brought two whole pieces of 4 MiB, and the second nothing of them again.
    assert sftp.connections == 2 and sftp.starts[-1] == 2 * 4 * 1024 * 1024


def test_a_file_that_is_always_cut_is_refused_and_nothing_of_it_is_kept(drop: Bench, sftp: SftpServer):
    put(sftp, "counts.csv", BIG)
    sftp.behaviour.cuts = [1000] * 20
    fetch = drop.fetch(f"{sftp.url}/counts.csv")
    assert fetch.outcome == "failed" and "3 attempts" in words(fetch) and drop.kept() == []


def test_a_file_that_is_still_being_uploaded_is_refused_and_nothing_of_it_is_kept(
    drop: Bench, sftp: SftpServer
):
    sftp.behaviour.grows = put(sftp, "counts.csv", GOOD)
    fetch = drop.fetch(f"{sftp.url}/counts.csv")
    assert fetch.outcome == "failed" and "changed while it was fetched" in words(fetch) and drop.kept() == []


def test_a_silent_server_is_given_up(drop: Bench, sftp: SftpServer):
    put(sftp, "counts.csv", GOOD)
    sftp.behaviour.silence = 1.5
    drop.options |= {"timeout_seconds": "0.5", "attempts": "1"}
    started = time.monotonic()
    fetch = drop.fetch(f"{sftp.url}/counts.csv")
    assert fetch.outcome == "failed" and "silent" in words(fetch) and time.monotonic() - started < 5


def test_a_key_file_opens_the_server_as_well(drop: Bench, sftp: SftpServer):
    put(sftp, "counts.csv", GOOD)
    drop.environment["DROP_KEY"] = str(sftp.key_file)
    drop.secrets = {"user": "DROP_USER", "key_file": "DROP_KEY"}
    assert drop.take(f"{sftp.url}/counts.csv").outcome == "new"


def test_a_key_file_with_a_passphrase_opens_the_server(drop: Bench, sftp: SftpServer):
    put(sftp, "counts.csv", GOOD)
    sftp.client_key.write_private_key(str(sftp.key_file), "pkcs8-pem", passphrase="pass-phrase-2231")
    drop.environment |= {"DROP_KEY": str(sftp.key_file), "DROP_PHRASE": "pass-phrase-2231"}
    drop.secrets = {"user": "DROP_USER", "key_file": "DROP_KEY"}
    assert "private key cannot be read" in words(drop.fetch(f"{sftp.url}/counts.csv"))
    drop.secrets["passphrase"] = "DROP_PHRASE"
    assert drop.take(f"{sftp.url}/counts.csv").outcome == "new"


def test_a_user_in_the_address_serves_and_is_not_shown(drop: Bench, sftp: SftpServer):
    put(sftp, "counts.csv", GOOD)
    del drop.secrets["user"]
    fetch = drop.take(f"{sftp.url.replace('sftp://', f'sftp://{USER}@')}/counts.csv")
    assert only(fetch).address == f"{sftp.url}/counts.csv"


def test_a_wrong_password_is_a_refusal_that_is_not_tried_again(drop: Bench, sftp: SftpServer):
    drop.environment["DROP_PASSWORD"] = "wrong-word-3310"
    fetch = drop.fetch(f"{sftp.url}/counts.csv")
    assert fetch.outcome == "failed" and "does not let us in" in words(fetch)
    assert "DROP_PASSWORD" in words(fetch) and "wrong-word-3310" not in words(fetch)
    assert sftp.connections == 1


def test_without_user_or_password_the_server_is_not_asked(drop: Bench, sftp: SftpServer):
    drop.secrets = {}
    assert "needs a user" in words(drop.fetch(f"{sftp.url}/counts.csv")) and sftp.connections == 0


def test_a_server_whose_key_is_not_the_known_one_gets_no_password(drop: Bench, sftp: SftpServer):
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
    sftp.known_hosts.write_text(f"[127.0.0.1]:{sftp.port} {other}")
    put(sftp, "counts.csv", GOOD)
    fetch = drop.fetch(f"{sftp.url}/counts.csv")
    assert fetch.outcome == "failed" and "host key" in words(fetch) and sftp.asked == []


def test_a_server_that_nothing_is_known_of_is_not_asked(drop: Bench, sftp: SftpServer):
    del drop.options["known_hosts"]
    fetch = drop.fetch(f"{sftp.url}/counts.csv")
    assert fetch.outcome == "failed" and "the server that is meant" in words(fetch) and sftp.connections == 0


def test_an_empty_known_hosts_file_lets_nobody_in(drop: Bench, sftp: SftpServer):
    sftp.known_hosts.write_text("")
    fetch = drop.fetch(f"{sftp.url}/counts.csv")
    assert fetch.outcome == "failed" and "host key" in words(fetch) and sftp.asked == []


def test_the_check_of_the_host_key_is_off_only_by_its_own_word(drop: Bench, sftp: SftpServer):
    put(sftp, "counts.csv", GOOD)
    del drop.options["known_hosts"]
    drop.options["host_key_check"] = "of"
    assert "neither on nor off" in words(drop.fetch(f"{sftp.url}/counts.csv"))
    drop.options["host_key_check"] = "off"
    assert drop.fetch(f"{sftp.url}/counts.csv").outcome == "new"


@pytest.mark.parametrize(("pattern", "refuses"), [("/out/*.csv", "/out"), ("/out/a.csv", "/out/a.csv")])
def test_what_we_may_not_read_is_refused_and_not_taken_for_missing(
    drop: Bench, sftp: SftpServer, pattern, refuses
):
    put(sftp, "out/a.csv", GOOD)
    sftp.behaviour.refuses = refuses
    fetch = drop.fetch(f"{sftp.url}{pattern}")
    assert fetch.outcome == "failed" and "does not let us have" in words(fetch)


def test_a_file_larger_than_allowed_is_refused_before_a_byte_comes(drop: Bench, sftp: SftpServer):
    put(sftp, "counts.csv", BIG)
    drop.options["max_bytes"] = "1000"
    fetch = drop.fetch(f"{sftp.url}/counts.csv")
    assert fetch.outcome == "failed" and "larger than" in words(fetch)
    assert "open" not in [what for what, _ in sftp.asked]


def test_nobody_at_the_address_is_said_as_it_is(drop: Bench, sftp: SftpServer):
    sftp.close()
    fetch = drop.fetch(f"{sftp.url}/counts.csv")
    assert fetch.outcome == "failed" and "refuses the connection" in words(fetch)


def test_a_name_that_nobody_knows_is_said_as_it_is(drop: Bench):
    fetch = drop.fetch("sftp://franklin.invalid/counts.csv")
    assert fetch.outcome == "failed" and "not known by this name" in words(fetch)
