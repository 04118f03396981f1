"""Where the compute engine puts what does not fit into memory: rows of students, for a moment, on disk.

Put here: a private folder for each connection, and removing what a killed process left behind.
Not here: the engine (`engine`), the lake's files (`lake`).
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PREFIX = "spill-"
# DuckDB's own names: duckdb_temp_storage_<size>-<n>.tmp and duckdb_temp_block-<n>.block.
DUCKDB_FILES = "duckdb_temp_*"


@contextmanager
def spill_folder(parent: Path) -> Iterator[Path]:
    """A folder for one connection below `parent`, which only the owner may enter.

    Each connection has its own, since two processes would write to the same names. Its lock ends with the
    process, however that ends: whoever comes next removes every folder that nobody holds.
    """
    parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    parent.chmod(0o700)
    with _locked(parent):  # so that nobody takes a folder for abandoned before its maker has locked it
        _remove_abandoned(parent)
        folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
        held = _try_lock(folder)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if held is not None:
            os.close(held)


def _remove_abandoned(parent: Path) -> None:
    """Remove folders of connections that are gone, and DuckDB's files that lie in none; nothing else."""
    for folder in parent.glob(f"{PREFIX}*"):
        free = _try_lock(folder)
        if free is not None:
            shutil.rmtree(folder, ignore_errors=True)
            os.close(free)
    for file in parent.glob(DUCKDB_FILES):
        file.unlink(missing_ok=True)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _try_lock(folder: Path) -> int | None:
    """The open, locked folder; None when somebody else holds it or it is gone."""
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        return None
    return handle
