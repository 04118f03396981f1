"""The small Franklin of these tests, and how two folders are compared without opening a student's row."""

from __future__ import annotations

import hashlib
from pathlib import Path

from simulator.settings import Settings

SMALL = Settings(students=2_000, seed=11, years=(2024, 2025))


def digests(folder: Path) -> dict[str, str]:
    """The sha256 of every file of a folder."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
