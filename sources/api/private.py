"""Files that only their owner may read: pages may be about single students.

Put here: making private folders and files. Not here: what is in them.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO


def private_folder(folder: Path) -> Path:
    """The folder, made if need be, open to its owner alone."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    return folder


def open_private(file: Path, *, append: bool = False) -> BinaryIO:
    """A file to write, created with mode 0600 and never open to others in between."""
    flags = os.O_WRONLY | os.O_CREAT | (os.O_APPEND if append else os.O_TRUNC)
    return os.fdopen(os.open(file, flags, 0o600), "ab" if append else "wb")


def write_private(file: Path, text: str) -> None:
    """Write a small file whole or not at all."""
    beside = file.with_name(f".{file.name}.part")
    with open_private(beside) as handle:
        handle.write(text.encode("utf-8"))
    beside.replace(file)
