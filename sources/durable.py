"""Files that are whole or not there, also after a crash or a power cut.

Put here: writing a file under another name and moving it to its place, and sweeping what a crash left.
Not here: what is written (`snapshot`).
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PREFIX, SUFFIX = ".", ".part"
# A file that nobody wrote to for so long has no writer: every transfer has a shorter limit of silence.
ABANDONED_SECONDS = 3600


@contextmanager
def temporary_file(folder: Path, *, restricted: bool) -> Iterator[Path]:
    """A file of its own that is gone afterwards, unless `settle` moved it to its place."""
    handle, name = tempfile.mkstemp(prefix=PREFIX, suffix=SUFFIX, dir=folder)
    os.close(handle)
    temporary = Path(name)
    try:
        temporary.chmod(0o600 if restricted else 0o644)
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)


def settle(temporary: Path, place: Path) -> None:
    """Move a written file to its place: a crash leaves what was there before, or all of the new."""
    with temporary.open("rb") as written:
        os.fsync(written.fileno())
    temporary.replace(place)
    _fsync_folder(place.parent)


def write_text(place: Path, text: str, *, restricted: bool) -> None:
    """Write a small file whole."""
    with temporary_file(place.parent, restricted=restricted) as temporary:
        temporary.write_text(text, encoding="utf-8")
        settle(temporary, place)


def sweep(folder: Path) -> None:
    """Remove files that a crash left half-written."""
    for left in folder.glob(f"{PREFIX}*{SUFFIX}"):
        if _is_abandoned(left):
            left.unlink(missing_ok=True)


@contextmanager
def temporary_folder(parent: Path) -> Iterator[Path]:
    """A private folder below `parent` that is gone afterwards; those that a crash left go first."""
    parent.mkdir(parents=True, exist_ok=True)
    parent.chmod(0o700)
    for left in parent.iterdir():
        if all(_is_abandoned(path) for path in (left, *left.rglob("*"))):
            shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=parent) as folder:
        yield Path(folder)


def _is_abandoned(path: Path) -> bool:
    try:
        return time.time() - path.stat().st_mtime > ABANDONED_SECONDS
    except FileNotFoundError:
        return False  # another process has just finished with it


def _fsync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
