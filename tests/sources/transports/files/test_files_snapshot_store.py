"""Snapshots survive crashes and rot, are private where they must be, and remember what was accepted."""

from __future__ import annotations

import io
import json
import os
import stat
import time
from pathlib import Path
from typing import Any

import pytest

from sources.snapshot import Snapshot, SnapshotStore
from warehouse.model.errors import SpmError

YEAR = 2025


@pytest.fixture
def store(tmp_path: Path) -> SnapshotStore:
    return SnapshotStore(tmp_path / "snapshots")


def put(store: SnapshotStore, body: bytes = b"a,b\n", **given: Any) -> tuple[Snapshot, bool]:
    usual: dict[str, Any] = {"source_id": "s", "school_year": YEAR, "table": "", "address": "a.csv"}
    return store.put_once(io.BytesIO(body), **{**usual, "version": "v", "restricted": False, **given})


def accept(store: SnapshotStore, *snapshots: Snapshot, edition: str = "final", setting: str = "x") -> None:
    store.accept("s", YEAR, edition, snapshots, setting, restricted=False)


def held(
    store: SnapshotStore, address: str = "a.csv", edition: str = "final", table: str = ""
) -> Snapshot | None:
    return store.held("s", YEAR, edition, table, address, restricted=False)


def test_only_what_was_accepted_is_held(store: SnapshotStore):
    first, _ = put(store)
    assert held(store) is None
    accept(store, first)
    put(store, b"later, never accepted\n")
    assert held(store) == first


def test_each_edition_table_and_address_holds_its_own(store: SnapshotStore):
    final, _ = put(store)
    preliminary, _ = put(store, b"early\n")
    other, _ = put(store, b"other\n", table="t")
    accept(store, final, other)
    accept(store, preliminary, edition="preliminary")
    assert held(store) == final and held(store, edition="preliminary") == preliminary
    assert held(store, table="t") == other and held(store, table="u") is None
    assert held(store, edition="revised") is None and held(store, "b.csv") is None


def test_the_same_bytes_under_new_marks_keep_their_receipt_and_are_held_with_the_new_marks(
    store: SnapshotStore,
):
    first, _ = put(store, etag='"1"', detail={"position": "1"})
    receipt = next((store.root / "s" / "receipts").glob("*.json"))
    before = receipt.read_bytes()
    again, is_new = put(store, etag='"2"', detail={"position": "2"})
    accept(store, again)
    assert not is_new and receipt.read_bytes() == before
    found = held(store)
    assert found is not None and (found.etag, dict(found.detail)) == ('"2"', {"position": "2"})
    assert found.fetched_at == first.fetched_at


@pytest.mark.parametrize("damage", ["gone", "short", "flipped"])
def test_bytes_that_rot_are_not_held_and_are_whole_again_after_the_next_fetch(store: SnapshotStore, damage):
    snapshot, _ = put(store, b"abcdef\n")
    accept(store, snapshot)
    if damage == "gone":
        snapshot.path.unlink()
    else:
        snapshot.path.write_bytes(b"abc" if damage == "short" else b"abcdeX\n")
    assert held(store) is None
    put(store, b"abcdef\n")
    assert snapshot.path.read_bytes() == b"abcdef\n" and held(store) == snapshot


def test_a_large_file_is_held_by_its_size_and_not_read_for_it(store: SnapshotStore, monkeypatch):
    monkeypatch.setattr("sources.snapshot._is_whole.__kwdefaults__", {"cheap": 3})
    snapshot, _ = put(store, b"abcdef\n")
    accept(store, snapshot)
    snapshot.path.write_bytes(b"abcdeX\n")
    assert held(store) == snapshot


def test_what_a_crash_left_half_written_is_swept_and_what_is_being_written_is_not(store: SnapshotStore):
    put(store)
    old, young = store.root / "s" / ".left.part", store.root / "s" / ".now.part"
    for part in (old, young):
        part.write_bytes(b"half")
    os.utime(old, (time.time() - 7200,) * 2)
    put(store)
    assert not old.exists() and young.exists()


def test_a_folder_of_a_fetch_is_private_and_gone_afterwards_also_after_a_crash(store: SnapshotStore):
    with store.incoming() as folder:
        (folder / "download").write_bytes(b"half")
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert folder.is_relative_to(store.root)
    assert not folder.exists()
    crashed, running = store.root / ".incoming" / "crashed", store.root / ".incoming" / "running"
    for left in (crashed, running):
        left.mkdir()
        (left / "download").write_bytes(b"half")
    for path in (crashed / "download", crashed, running):
        os.utime(path, (time.time() - 7200,) * 2)
    with store.incoming():
        assert not crashed.exists() and running.exists()


@pytest.mark.parametrize("restricted", [True, False])
def test_restricted_bytes_receipts_and_notes_are_for_the_owner_alone(store: SnapshotStore, restricted):
    snapshot, _ = put(store, restricted=restricted)
    store.accept("s", YEAR, "final", [snapshot], "x", restricted=restricted)
    modes = {stat.S_IMODE(p.stat().st_mode) for p in (store.root / "s").rglob("*") if p.is_file()}
    folders = {stat.S_IMODE(p.stat().st_mode) for p in (store.root / "s", store.root / "s" / "receipts")}
    assert (modes, folders) == (({0o600}, {0o700}) if restricted else ({0o644}, folders))


def test_a_crash_before_the_move_leaves_the_store_as_it_was(store: SnapshotStore, monkeypatch):
    snapshot, _ = put(store)
    accept(store, snapshot)
    before = {p: p.read_bytes() for p in store.root.rglob("*") if p.is_file()}

    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("sources.durable.os.fsync", crash)
    with pytest.raises(KeyboardInterrupt):
        put(store, b"other\n")
    with pytest.raises(KeyboardInterrupt):
        accept(store)
    assert {p: p.read_bytes() for p in store.root.rglob("*") if p.is_file()} == before


def test_the_receipt_tells_time_address_mark_detail_and_reader(store: SnapshotStore):
    put(
        store, address="https://franklin.example/a.csv?x=1.2", etag='"1"', detail={"position": "7"}, table="t"
    )
    content = json.loads(next((store.root / "s" / "receipts").glob("*.json")).read_text())
    assert content["address"] == "https://franklin.example/a.csv?x=1.2" and content["table"] == "t"
    assert (content["etag"], content["detail"], content["reader_version"]) == ('"1"', {"position": "7"}, "v")
    assert (
        content["path"].endswith(".csv")
        and content["bytes"] == 4
        and content["fetched_at"].endswith("+00:00")
    )


def test_a_damaged_note_is_an_error_that_names_it(store: SnapshotStore):
    snapshot, _ = put(store)
    accept(store, snapshot)
    (store.root / "s" / "accepted-2025-final.json").write_text("{")
    with pytest.raises(SpmError, match="damaged") as raised:
        held(store)
    assert raised.value.file == "accepted-2025-final.json"


def test_addresses_accepted_under_another_setting_are_nobody_s(store: SnapshotStore):
    snapshot, _ = put(store)
    accept(store, snapshot)
    assert store.accepted("s", YEAR, "final", "x") == {"a.csv"}
    assert store.accepted("s", YEAR, "final", "y") == frozenset()
