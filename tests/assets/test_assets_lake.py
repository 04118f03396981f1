"""The lake: a file is whole or absent, what is restricted is private, a failure keeps what was accepted."""

from __future__ import annotations

import stat
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from assets.lake import Lake, Node
from assets.version import data_version

NODE = Node("core", "chronic_absence")


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


def files_of(lake: Lake) -> list[str]:
    return sorted(str(p.relative_to(lake.root)) for p in lake.root.rglob("*") if p.is_file())


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_file_stands_by_layer_table_year_and_version(lake: Lake) -> None:
    assert lake.file(NODE, 2024, "abc") == (
        lake.root / "core" / "chronic_absence" / "school_year=2024" / "abc.parquet"
    )
    assert lake.file(NODE, None, "abc").parent.name == "school_year=all"
    assert lake.file(Node("raw", "sis"), 2024, "abc", "students").name == "students.abc.parquet"


def test_a_file_has_its_name_only_once_it_is_whole(lake: Lake) -> None:
    file = lake.file(NODE, 2024, "abc")
    with lake.writing(file, restricted=False) as temporary:
        temporary.write_bytes(b"whole")
        assert not file.exists()
        assert temporary.parent == file.parent  # a rename within one folder is atomic
    assert file.read_bytes() == b"whole"
    assert files_of(lake) == ["core/chronic_absence/school_year=2024/abc.parquet"]


@pytest.mark.parametrize("before", [None, b"earlier"])
def test_writing_that_breaks_off_leaves_what_was_there(lake: Lake, before: bytes | None) -> None:
    file = lake.file(NODE, 2024, "abc")
    if before is not None:
        with lake.writing(file, restricted=False) as temporary:
            temporary.write_bytes(before)
    with (
        pytest.raises(RuntimeError, match="power cut"),
        lake.writing(file, restricted=False) as temporary,
    ):
        temporary.write_bytes(b"ha")
        raise RuntimeError("power cut")
    assert (file.read_bytes() if file.exists() else None) == before
    assert len(files_of(lake)) == (0 if before is None else 1)


def test_restricted_files_are_for_their_owner_alone(lake: Lake) -> None:
    file = lake.file(Node("core", "student_attendance"), 2024, "abc")
    with lake.writing(file, restricted=True) as temporary:
        assert mode(temporary.parent) == 0o700  # closed before the first byte
        assert mode(temporary) == 0o600
        temporary.write_bytes(b"x")
    assert mode(file) == 0o600
    assert mode(file.parent) == 0o700
    assert mode(file.parent.parent) == 0o700


def test_an_attempt_never_made_has_no_state(lake: Lake) -> None:
    assert lake.state(NODE, 2024) is None
    assert lake.read_json(NODE, 2024, "checks") is None


def test_a_failure_keeps_the_accepted_version(lake: Lake) -> None:
    lake.accept(NODE, 2024, "good", 12)
    lake.fail(NODE, 2024, reason="It broke", claim="key_is_unique", version="bad")
    state = lake.state(NODE, 2024)
    assert state is not None
    assert (state.outcome, state.accepted, state.accepted_rows, state.version) == (
        "failed",
        "good",
        12,
        "bad",
    )
    assert (state.reason, state.claim, state.is_good) == ("It broke", "key_is_unique", False)


def test_a_first_failure_accepts_nothing(lake: Lake) -> None:
    lake.fail(NODE, 2024, reason="It broke")
    state = lake.state(NODE, 2024)
    assert state is not None
    assert (state.accepted, state.accepted_rows) == (None, 0)


def test_a_recovery_forgets_the_failure(lake: Lake) -> None:
    lake.fail(NODE, 2024, reason="It broke", claim="key_is_unique", version="bad")
    lake.accept(NODE, 2024, "better", 3)
    state = lake.state(NODE, 2024)
    assert state is not None
    assert (state.is_good, state.accepted, state.reason, state.claim) == (True, "better", None, None)


def test_years_are_told_apart(lake: Lake) -> None:
    lake.accept(NODE, 2024, "good", 12)
    lake.fail(NODE, 2023, reason="It broke")
    assert [lake.state(NODE, year).is_good for year in (2023, 2024)] == [False, True]  # type: ignore[union-attr]


def test_small_facts_are_kept_beside_the_files(lake: Lake) -> None:
    lake.write_json(NODE, 2024, "checks", {"a": [1]}, restricted=True)
    assert lake.read_json(NODE, 2024, "checks") == {"a": [1]}
    assert mode(lake.folder(NODE, 2024) / "checks.json") == 0o600


class Thing(BaseModel):
    size: int
    day: date = date(2024, 1, 1)


def test_a_data_version_depends_on_content_and_not_on_order_or_place(tmp_path: Path) -> None:
    one, other = tmp_path / "one.sql", tmp_path / "other.sql"
    for file in (one, other):
        file.write_text("SELECT 1", encoding="utf-8")
    first = data_version({"sql": one, "thing": Thing(size=1), "day": date(2024, 1, 1)})
    assert data_version({"day": date(2024, 1, 1), "thing": Thing(size=1), "sql": other}) == first
    other.write_text("SELECT 2", encoding="utf-8")
    assert data_version({"sql": other, "thing": Thing(size=1), "day": date(2024, 1, 1)}) != first
    assert data_version({"sql": one, "thing": Thing(size=2), "day": date(2024, 1, 1)}) != first
    assert data_version({"sql": one, "thing": Thing(size=1), "day": date(2024, 1, 2)}) != first
    assert len(first) == 16


values = st.dictionaries(
    st.text(max_size=4), st.one_of(st.integers(), st.text(max_size=4), st.none()), max_size=3
)


@given(values, values)
def test_different_inputs_have_different_versions(one: dict[str, object], other: dict[str, object]) -> None:
    assert (data_version(one) == data_version(other)) == (one == other)
