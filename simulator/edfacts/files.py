"""How a submission file is written: header record, records by their layout, three formats.

Put here: file names, header records, columns in their order, csv, tab and fixed width. Not here: what is
counted (`counting`), by whom (the other modules).

Values are joined plainly, as Generate writes them: no quoting.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from simulator.settings import AGENCY_NUMBER, STATE_ANSI_CODE, STATE_CODE, school_year_title

HERE = Path(__file__).parent
SEPARATORS = {"csv": ",", "tab": "\t"}
# Positions of the header record of a fixed-width file.
HEADER_WIDTHS = (50, 10, 25, 32, 9)


@dataclass(frozen=True)
class FileType:
    """One file of a specification: its level, names and format."""

    specification: str
    level: str
    title: str
    abbreviation: str
    extension: str
    columns: tuple[tuple[str, int], ...]  # name and length

    @property
    def file_name(self) -> str:
        """State, level, abbreviation, version; at most 25 characters."""
        return f"{STATE_CODE}{self.level}{self.abbreviation}v000001.{self.extension}"


@lru_cache(maxsize=1)
def file_types() -> dict[tuple[str, str], FileType]:
    """All file types by specification and level."""
    columns: dict[tuple[str, str], list[tuple[str, int]]] = {}
    for row in _rows("layouts.csv"):
        columns.setdefault((row["file_specification"], row["level"]), []).append(
            (row["column"], int(row["length"]))
        )
    return {
        (row["file_specification"], row["level"]): FileType(
            row["file_specification"], row["level"], row["title"], row["abbreviation"], row["extension"],
            tuple(columns[row["file_specification"], row["level"]]),
        )
        for row in _rows("file_types.csv")
    }  # fmt: skip


def _rows(name: str) -> list[dict[str, str]]:
    with (HERE / name).open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def write_file(folder: Path, kind: FileType, year: int, columns: Mapping[str, pa.Array]) -> Path:
    """Write one file; columns not given are blank, and the three that every record begins with are ours."""
    folder.mkdir(parents=True, exist_ok=True)
    count = len(next(iter(columns.values())))
    constant = {
        "FIPSStateCode": pa.scalar(STATE_ANSI_CODE),
        "StateAgencyNumber": pa.scalar(AGENCY_NUMBER),
        "FileRecordNumber": pa.array([str(number) for number in range(1, count + 1)], pa.string()),
    }
    cells = []
    for name, length in kind.columns:
        cell = constant.get(name, columns.get(name, pa.scalar("")))
        if isinstance(cell, pa.Scalar):
            cell = pa.array([cell.as_py()], pa.string()).take(pa.array([0] * count, pa.int32()))
        cells.append(pc.utf8_rpad(cell, length) if kind.extension == "txt" else cell)
    separator = SEPARATORS.get(kind.extension, "")
    records = pc.binary_join_element_wise(*cells, separator).to_pylist()
    path = folder / kind.file_name
    path.write_bytes(("\r\n".join([_header(kind, year, count), *records]) + "\r\n").encode("utf-8"))
    return path


def _header(kind: FileType, year: int, count: int) -> str:
    identifier = f"{kind.specification}-{year}0930-0900"
    fields = (kind.title, str(count), kind.file_name, identifier, school_year_title(year))
    if kind.extension == "txt":
        return "".join(text.ljust(width) for text, width in zip(fields, HEADER_WIDTHS, strict=True))
    return SEPARATORS[kind.extension].join(fields)
