"""Fetching gives an outcome, keeps the bytes as they came, and says nothing it should not."""

from __future__ import annotations

import hashlib
import io
import json
import os
import sqlite3
import stat
from datetime import date

import pytest
from invented_source import DUE, GOOD, YEAR, Workbench

from sources.database_name import shown_database

EARLY = date(2025, 7, 1)


def mode(path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_bytes_are_kept_as_received_under_their_own_hash(bench: Workbench):
    content = b"\xff\xfe raw \x00 bytes\r\n"
    bench.write(content)
    fetch = bench.fetch()
    assert fetch.outcome == "new" and fetch.error is None
    snapshot = fetch.snapshots[0]
    assert snapshot.path.read_bytes() == content
    assert snapshot.sha256 == hashlib.sha256(content).hexdigest()
    assert snapshot.path.name == f"{snapshot.sha256}.csv"
    assert (snapshot.address, snapshot.bytes) == ("counts.csv", len(content))


def test_the_receipt_names_address_time_size_and_reader(bench: Workbench):
    bench.write(GOOD)
    snapshot = bench.fetch().snapshots[0]
    receipts = list((bench.root / "snapshots" / "franklin_counts" / "receipts").glob("*.json"))
    content = json.loads(receipts[0].read_text())
    assert len(receipts) == 1
    assert content["address"] == "counts.csv" and content["sha256"] == snapshot.sha256
    assert content["reader_version"] == bench.source().version
    assert content["fetched_at"] == snapshot.fetched_at and content["bytes"] == len(GOOD)
    assert str(bench.root) not in receipts[0].read_text()


def test_the_same_bytes_again_are_unchanged_and_keep_their_first_receipt(bench: Workbench):
    bench.write(GOOD)
    first = bench.fetch()
    again = bench.fetch()
    assert (again.outcome, again.snapshots) == ("unchanged", first.snapshots)


def test_other_bytes_are_kept_beside_the_earlier_ones(bench: Workbench):
    bench.write(GOOD)
    first = bench.fetch().snapshots[0]
    bench.write(GOOD.replace("School 1,", "School One,"))
    second = bench.fetch()
    assert second.outcome == "new"
    assert first.path.read_text() == GOOD
    assert second.snapshots[0].path != first.path


def test_a_kept_file_is_never_overwritten(bench: Workbench):
    bench.write(GOOD)
    kept = bench.fetch().snapshots[0].path
    before = kept.stat()
    bench.fetch()
    assert (kept.stat().st_mtime_ns, kept.stat().st_ino) == (before.st_mtime_ns, before.st_ino)


def test_no_half_written_file_is_left_when_reading_breaks_off(bench: Workbench):
    class Breaking(io.BytesIO):
        def read(self, size=-1):
            if self.tell() >= 4:
                raise OSError("connection lost")
            return super().read(4)

    with pytest.raises(OSError, match="connection lost"):
        bench.store.put_once(
            Breaking(b"12345678"),
            source_id="s",
            school_year=YEAR,
            table="",
            address="a.csv",
            version="v",
            restricted=False,
        )
    assert [p for p in (bench.root / "snapshots").rglob("*") if p.is_file()] == []


def test_a_pattern_gives_one_snapshot_per_file_in_order(bench: Workbench):
    for name in ("b.csv", "a.csv", "c.txt"):
        bench.write(GOOD + name + "\n", f"many/{name}")
    fetch = bench.fetch("many/*.csv")
    assert [s.address for s in fetch.snapshots] == ["many/a.csv", "many/b.csv"]


def test_a_file_that_the_source_leaves_out_by_name_is_not_fetched(bench: Workbench):
    bench.ignored = '{"many/*_all.csv": repeats the others}'
    for name in ("a.csv", "b_all.csv"):
        bench.write(GOOD + name + "\n", f"many/{name}")
    assert [s.address for s in bench.fetch("many/*.csv").snapshots] == ["many/a.csv"]


@pytest.mark.parametrize("pattern", ["many/*.csv", "many/b_all.csv"])
def test_a_pattern_whose_files_are_all_left_out_by_name_is_a_mistake(bench: Workbench, pattern):
    bench.ignored = '{"many/*_all.csv": repeats the others}'
    bench.write(GOOD, "many/b_all.csv")
    fetch = bench.fetch(pattern, today=EARLY)
    assert fetch.outcome == "failed" and fetch.error is not None
    assert fetch.error.file == pattern and "ignored_files" in fetch.error.remedy


def test_a_file_named_by_two_patterns_is_taken_once(bench: Workbench):
    bench.write(GOOD, "many/a.csv")
    assert len(bench.fetch("many/a.csv", "many/*.csv").snapshots) == 1


def test_a_name_with_brackets_is_a_name_and_no_pattern(bench: Workbench):
    bench.write(GOOD, "counts [final].csv")
    assert [s.address for s in bench.fetch("counts [final].csv").snapshots] == ["counts [final].csv"]


def test_a_data_root_with_brackets_is_a_name_and_no_pattern(tmp_path):
    odd = Workbench(tmp_path / "copy [2]")
    odd.write(GOOD, "many/a.csv")
    assert [s.address for s in odd.fetch("many/*.csv").snapshots] == ["many/a.csv"]


def test_a_relative_data_root_gives_the_same_addresses(bench: Workbench, monkeypatch):
    bench.write(GOOD, "many/a.csv")
    monkeypatch.chdir(bench.root)
    relative = Workbench(bench.root.relative_to(bench.root))
    assert [s.address for s in relative.fetch("many/*.csv").snapshots] == ["many/a.csv"]


@pytest.mark.parametrize("pattern", ["nowhere.csv", "nowhere/*.csv"])
def test_a_missing_file_has_failed_once_it_is_due(bench: Workbench, pattern):
    fetch = bench.fetch(pattern, today=DUE)
    assert fetch.outcome == "failed" and fetch.error is not None
    assert fetch.error.file == pattern and "sources.yml" in fetch.error.remedy
    assert str(bench.root) not in str(fetch.error)


@pytest.mark.parametrize(
    ("today", "outcome"),
    [(date(2025, 9, 28), "not_yet_released"), (date(2025, 9, 29), "failed")],
)
def test_a_missing_file_is_not_yet_released_until_30_june_and_its_usual_lag(bench, today, outcome):
    # 30 June 2025 and 90 days.
    assert date(2025, 6, 30).toordinal() + 90 == date(2025, 9, 28).toordinal()
    fetch = bench.fetch("nowhere.csv", today=today)
    assert fetch.outcome == outcome and (fetch.error is None) == (outcome == "not_yet_released")


def test_a_file_that_was_there_and_is_gone_is_withdrawn(bench: Workbench):
    file = bench.write(GOOD)
    bench.fetch()
    file.unlink()
    fetch = bench.fetch(today=EARLY)
    assert fetch.outcome == "withdrawn" and fetch.error is not None and fetch.snapshots == ()


def test_a_file_that_never_was_there_is_not_called_withdrawn(bench: Workbench):
    bench.write(GOOD)
    bench.fetch()
    assert bench.fetch("counts.csv", "second.csv", today=EARLY).outcome == "not_yet_released"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_has_failed_and_does_not_raise(bench: Workbench):
    bench.write(GOOD).chmod(0)
    assert bench.fetch().outcome == "failed"


def test_a_disk_that_fails_gives_an_outcome_and_no_exception(bench: Workbench, monkeypatch):
    bench.write(GOOD)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("sources.snapshot.SnapshotStore.put_once", full)
    fetch = bench.fetch()
    assert fetch.outcome == "failed" and fetch.error is not None and "No space left" in fetch.error.what


def test_a_restricted_source_is_kept_for_its_owner_alone(bench: Workbench):
    bench.privacy = "restricted"
    bench.write(GOOD)
    snapshot = bench.fetch().snapshots[0]
    folder = snapshot.path.parent
    assert mode(folder) == 0o700 and mode(folder / "receipts") == 0o700
    assert {mode(p) for p in folder.rglob("*") if p.is_file()} == {0o600}


# ---- databases

QUERY = 'query: SELECT id AS "School Code", students AS "Students" FROM counts ORDER BY id'
DATABASE_COLUMNS = """\
table,column,type,member,required,all
counts,school_code,id([0-9]{7}),,yes,School Code
counts,students,count,,yes,Students
"""


@pytest.fixture
def database(bench: Workbench) -> Workbench:
    bench.reader, bench.columns, bench.table = "database", DATABASE_COLUMNS, QUERY
    bench.data.mkdir(parents=True)
    with sqlite3.connect(bench.data / "counts.db") as connection:
        connection.execute("CREATE TABLE counts (id TEXT, students INTEGER)")
        connection.executemany("INSERT INTO counts VALUES (?, ?)", [("0000002", 20), ("0000001", None)])
    return bench


def test_the_rows_of_a_query_are_the_snapshot(database: Workbench):
    database.columns = DATABASE_COLUMNS.replace("count,,yes", "count,,no")
    url = "sqlite:///{data}/counts.db"
    table = database.read(database=url).table
    assert table["school_code"].to_pylist() == ["0000001", "0000002"]
    assert table["students"].to_pylist() == [None, 20]
    assert table["source_file"].to_pylist() == ["counts.db#counts.parquet"] * 2
    assert database.fetch(database=url).outcome == "unchanged"


def test_a_query_that_gives_no_rows_is_a_table_without_rows(database: Workbench):
    database.table = QUERY.replace(" ORDER", " WHERE id = 'x' ORDER")
    assert database.read(database="sqlite:///{data}/counts.db").rows_in == 0


def test_a_database_is_read_and_never_written(database: Workbench):
    # SQLite itself refuses ("attempt to write a readonly database"), not the lack of rows afterwards.
    database.table = "query: DELETE FROM counts"
    fetch = database.fetch(database="sqlite:///{data}/counts.db")
    assert fetch.error is not None and "is asked to write" in fetch.error.what
    with sqlite3.connect(database.data / "counts.db") as connection:
        assert connection.execute("SELECT count(*) FROM counts").fetchone() == (2,)


def test_a_missing_database_is_not_created(database: Workbench):
    fetch = database.fetch(database="sqlite:///{data}/other.db")
    assert fetch.outcome == "failed" and not (database.data / "other.db").exists()
    assert database.fetch(database="sqlite:///{data}/other.db", today=EARLY).outcome == "not_yet_released"


def test_a_database_that_was_there_and_is_gone_is_withdrawn(database: Workbench):
    database.fetch(database="sqlite:///{data}/counts.db")
    (database.data / "counts.db").unlink()
    assert database.fetch(database="sqlite:///{data}/counts.db", today=EARLY).outcome == "withdrawn"


def test_a_query_that_does_not_fit_has_failed_even_before_the_due_day(database: Workbench):
    database.table = QUERY.replace("FROM counts", "FROM elsewhere")
    fetch = database.fetch(database="sqlite:///{data}/counts.db", today=EARLY)
    assert fetch.outcome == "failed" and fetch.error is not None
    assert "source.yml" in fetch.error.remedy


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://clerk:hunter2@127.0.0.1:1",
        "postgresql+psycopg://clerk:hunter2@127.0.0.1:1/grants?password=hunter2",
        "nosuchdialect://clerk:hunter2@host/grants",
        "clerk:hunter2@host",
    ],
)
def test_no_message_about_a_database_shows_its_password(database: Workbench, url):
    fetch = database.fetch(database=url)
    assert fetch.outcome == "failed" and fetch.error is not None
    assert "hunter2" not in f"{fetch.error} {fetch.detail} {fetch.error!r}"
    assert fetch.error.__cause__ is None
    assert "hunter2" not in shown_database(url)


@pytest.mark.parametrize("pattern", ["../elsewhere/counts.csv", "in/../../counts.csv", "/etc/hostname"])
def test_an_address_that_leaves_the_data_root_is_refused(bench: Workbench, pattern: str):
    outside = bench.data.parent / "elsewhere" / "counts.csv"
    outside.parent.mkdir(parents=True)
    outside.write_text(GOOD, encoding="utf-8")
    fetch = bench.fetch(pattern)
    assert fetch.outcome == "failed" and fetch.error is not None
    assert fetch.error.file == pattern and "below the data root" in fetch.error.what
