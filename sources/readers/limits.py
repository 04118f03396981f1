"""How large a file may be, and the looks that are taken at it before any of it is held in memory.

Put here: sizes and shapes that would take all memory or never end. Not here: what a format means.
Every limit is stated once, here; a reader that is not listed has that of `delimited`.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from sources.readers.request import ReadRequest

Bytes = npt.NDArray[np.uint8]
MIB = 2**20
# Bytes of a file as it is kept; the largest of our kinds, a state's year of attendance, has 4 GiB as csv.
LARGEST_FILE = {
    "delimited": 8 * 1024 * MIB,
    "fixed_width": 8 * 1024 * MIB,
    "parquet": 16 * 1024 * MIB,
    "database": 16 * 1024 * MIB,
    "edfacts_submission": 1024 * MIB,
    "edsight": 256 * MIB,
    "workbook": 256 * MIB,
    "json_records": 8 * 1024 * MIB,
    "custom": 256 * MIB,
}
# Bytes between two line ends. A finding's text in one cell has some hundred thousand.
LONGEST_LINE = 8 * MIB
# Bytes that a workbook's parts unpack to, and cells of its table, which is held whole with all its blanks.
LARGEST_UNPACKED = 1024 * MIB
MOST_CELLS = 30_000_000
# Rows times columns. A year of a state with 600,000 students, a row a student and day, has 540 million.
MOST_PARQUET_CELLS = 2_000_000_000
BLOCK = 4 * MIB
_LINE_FEED, _RETURN = 10, 13


def require_file(request: ReadRequest, reader: str) -> int:
    """Refuse what is no file or too large for its reader.

    Returns:
        Its size in bytes.

    Raises:
        SpmError: It is a folder, cannot be opened, or is larger than its reader takes.
    """
    if request.path.is_dir():
        raise request.error(
            "This is a folder and no file", remedy="Name the file in the agency's sources.yml"
        )
    try:
        size = request.path.stat().st_size
    except OSError as problem:
        raise request.error(
            f"The file cannot be opened ({problem.strerror})", remedy="Fetch it again"
        ) from None
    most = LARGEST_FILE.get(reader, LARGEST_FILE["delimited"])
    if size > most:
        raise request.error(
            f"The file has {size} bytes, and a file of its kind is read up to {most}",
            remedy="Look whether it is the right file; a larger one has to come in several files",
        )
    return size


def require_lines(request: ReadRequest) -> None:
    """Refuse a text file with a line that no row of a table has, before it is held in memory.

    Raises:
        SpmError: A line is longer than LONGEST_LINE; names the line.
    """
    content = mapped(request.path)
    line, begins = 1, 0
    for start in range(0, len(content), BLOCK):
        stop = min(start + BLOCK, len(content))
        ends = line_ends(content, start, stop)
        lengths = np.diff(np.append(ends, stop), prepend=begins)
        if lengths.max(initial=0) > LONGEST_LINE:
            raise request.error(
                f"A line is longer than {LONGEST_LINE} bytes, which no row of a table is",
                line=line + int(np.argmax(lengths > LONGEST_LINE)),
                remedy="Look whether it is the right file and has its line ends; fetch it again",
            )
        line += len(ends)
        begins = int(ends[-1]) if len(ends) else begins


def line_ends(content: Bytes, start: int, stop: int) -> npt.NDArray[np.int64]:
    """Where lines end between two places: the last byte of each line feed, return, or pair of them."""
    block = content[start:stop]
    ends = block == _LINE_FEED
    returns = block == _RETURN
    if returns.any():
        following = content[start + 1 : stop + 1] == _LINE_FEED
        returns[: len(following)] &= ~following
        ends |= returns
    return np.flatnonzero(ends) + start


def mapped(path: Path) -> Bytes:
    """The bytes of a file without holding them; what is not looked at costs no memory."""
    if path.stat().st_size == 0:
        return np.empty(0, dtype=np.uint8)
    return np.memmap(path, dtype=np.uint8, mode="r")
