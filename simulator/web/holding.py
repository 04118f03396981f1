"""Files that hold what a web system holds: one JSON record a line, compressed.

Put here: writing and reading them, the same bytes for the same records.
Not here: which records (see `hold_*`).
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

from simulator.settings import SimulatorError

Record = dict[str, object]
_SPELL = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
DAWN = datetime(2024, 8, 1, 6, 0, tzinfo=UTC)


def write_lines(path: Path, lines: Iterable[bytes]) -> None:
    """Write lines; a gzip file would otherwise carry the hour it was written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as raw, gzip.GzipFile("", "wb", 3, raw, mtime=0) as file:
        # Many lines at once: gzip's own work for one write is more than for one line.
        for many in _batched(lines):
            file.write(b"\n".join(many) + b"\n")


def _batched(lines: Iterable[bytes], size: int = 1_000) -> Iterator[list[bytes]]:
    """Give lines by the thousand."""
    left = iter(lines)
    while many := list(islice(left, size)):
        yield many


def write_records(path: Path, records: Iterable[Mapping[str, object]]) -> None:
    """Write records, one a line."""
    write_lines(path, map(packed, records))


def read_lines(path: Path) -> Iterator[bytes]:
    """Read lines back.

    Raises:
        SimulatorError: The folder was written without web systems, or by another version.
    """
    if not path.is_file():
        raise SimulatorError(f"{path} is not there; generate the folder again (python -m simulator --out).")
    with gzip.open(path, "rb") as file:
        for line in file:
            yield line.rstrip(b"\n")


def read_records(path: Path) -> list[Record]:
    """Read records back."""
    return [json.loads(line) for line in read_lines(path)]


def packed(record: object) -> bytes:
    """Write a record as JSON without blanks."""
    return _SPELL(record).encode("utf-8")


def digest(*parts: object) -> str:
    """Name something by 32 hexadecimal digits, always the same for the same parts."""
    return hashlib.md5("|".join(map(str, parts)).encode(), usedforsecurity=False).hexdigest()


def moment(number: int, start: datetime = DAWN) -> str:
    """Give the moment of the n-th change, as Ed-Fi writes moments."""
    # Thrice as quick as strftime, and there is a moment for every record.
    return (start + timedelta(seconds=number * 7)).isoformat()[:19] + ".000000Z"
