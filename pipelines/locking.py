"""One run that writes per home.

Put here: the lock and what its refusal says. Not here: the warehouse's own lock, which guards it against
publishers from other homes (`warehouse/lock`).
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from warehouse.model.errors import SpmError

LOCK = "refresh.lock"
HOLDER = "refresh.holder.json"


class HomeBusy(SpmError):
    """Another run writes to this home."""


@contextmanager
def home_lock(root: Path, what: str, *, wait_seconds: float = 0) -> Iterator[None]:
    """Hold the home for writing; the system frees it when the process dies.

    Args:
        root: The home.
        what: What is done meanwhile, such as `spm refresh`; told to whoever comes second.
        wait_seconds: How long to wait for another holder.

    Raises:
        HomeBusy: Another run held it for longer.
    """
    root.mkdir(parents=True, exist_ok=True)
    lock = FileLock(root / LOCK, mode=0o600, timeout=wait_seconds)
    try:
        lock.acquire()
    except Timeout:
        raise HomeBusy(
            f"Another run is writing to this working folder: {holder(root) or 'unknown'}",
            file=root,
            remedy="Wait until it has ended, or stop that process, then run the command again",
        ) from None
    note = root / HOLDER
    try:
        since = datetime.now(UTC).isoformat(timespec="seconds")
        note.write_text(json.dumps({"what": what, "pid": os.getpid(), "since": since}), encoding="utf-8")
        yield
    finally:
        note.unlink(missing_ok=True)
        lock.release()


def holder(root: Path) -> str | None:
    """Who holds the home, in words; None when nobody says so."""
    try:
        note = json.loads((root / HOLDER).read_text(encoding="utf-8"))
        return f"{note['what']}, process {note['pid']}, since {note['since']}"
    except (FileNotFoundError, ValueError, KeyError):
        return None


def is_held(root: Path) -> bool:
    """Whether a run holds the home now."""
    if not (root / LOCK).exists():
        return False
    lock = FileLock(root / LOCK, mode=0o600, timeout=0)
    try:
        lock.acquire()
    except Timeout:
        return True
    lock.release()
    return False
