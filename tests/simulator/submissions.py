"""Submission files of Franklin, read by plain means: a record's cells by column."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from simulator.edfacts.files import file_types


def submitted(folder: Path, year: int, specification: str, level: str) -> Iterator[dict[str, str]]:
    """The records of a file without its header record."""
    kind = file_types()[specification, level]
    text = (folder / "edfacts" / str(year) / kind.file_name).read_text(encoding="utf-8")
    names = [name for name, _ in kind.columns]
    for line in text.splitlines()[1:]:
        if kind.extension == "txt":
            cells, at = [], 0
            for _, length in kind.columns:
                cells.append(line[at : at + length].strip())
                at += length
        else:
            cells = line.split(",")
        yield dict(zip(names, cells, strict=True))
