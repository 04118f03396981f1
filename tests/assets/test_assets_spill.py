"""What does not fit into memory goes to a private folder and does not stay there."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from assets.engine import connect
from assets.spill import spill_folder

LARGE = "SELECT i, repeat(md5(i::text), 8) AS t FROM range(1200000) AS r(i)"
DIES = """
import os, sys
from pathlib import Path
from assets.spill import spill_folder
with spill_folder(Path(sys.argv[1])) as folder:
    (folder / "duckdb_temp_storage_DEFAULT-0.tmp").write_text("rows")
    os._exit(9)
"""


@pytest.fixture
def temporary(tmp_path: Path) -> Path:
    return tmp_path / "home" / "temporary"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def names(folder: Path) -> list[str]:
    return [file.name for file in folder.iterdir()]


def test_rows_that_do_not_fit_into_memory_spill_where_only_the_owner_may_look(temporary: Path) -> None:
    with connect(temporary) as connection:
        connection.execute("SET memory_limit = '60MB'; SET threads = 1")
        connection.execute(f"CREATE TABLE large AS {LARGE}")
        (folder,) = temporary.iterdir()
        assert [f.name for f in folder.iterdir() if f.name.startswith("duckdb_temp_")]
        assert (mode(temporary), mode(folder)) == (0o700, 0o700)
    assert list(temporary.iterdir()) == []


def test_a_folder_that_was_open_to_all_is_closed(temporary: Path) -> None:
    temporary.mkdir(parents=True)
    temporary.chmod(0o755)
    with connect(temporary):
        assert mode(temporary) == 0o700


def test_what_a_killed_process_left_is_removed_by_the_next(temporary: Path) -> None:
    done = subprocess.run([sys.executable, "-c", DIES, str(temporary)], check=False)
    assert done.returncode == 9
    (left,) = temporary.rglob("*.tmp")
    with connect(temporary):
        assert not left.parent.exists()


def test_the_folder_of_a_connection_that_lives_is_left_alone(temporary: Path) -> None:
    with spill_folder(temporary) as first:
        (first / "duckdb_temp_storage_DEFAULT-0.tmp").write_text("rows")
        with spill_folder(temporary) as second:
            assert first != second
        assert names(first) == ["duckdb_temp_storage_DEFAULT-0.tmp"]


def test_only_what_the_engine_wrote_is_removed(temporary: Path) -> None:
    temporary.mkdir(parents=True)
    for name in ("duckdb_temp_storage_DEFAULT-0.tmp", "duckdb_temp_block-7.block", "notes.tmp"):
        (temporary / name).write_text("x")
    with connect(temporary):
        pass
    assert names(temporary) == ["notes.tmp"]
