"""Corrections: cells that a publisher has wrong, each with a guard that fails once they are mended.

Put here: `corrections.yml` of a source folder, and changing a file's cells by it before they are typed.
Not here: what an agency knows better than its publisher for itself (crosswalks), or rules over whole columns
(`columns.csv`).

A correction names one cell: a row by its key, and a column. It says what the cell still holds; when the
publisher has mended it, dropped the row, or given it twice, reading fails, so that nobody corrects twice.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from sources.columns import ColumnLine, ColumnMap
from sources.readers.request import LINE, ReadRequest
from sources.values import parse_column
from warehouse.model.agency import DataStatus
from warehouse.model.errors import SpmError
from warehouse.model.places import shown
from warehouse.model.yaml_file import StrictModel, load_model

FILE = "corrections.yml"


class Correction(StrictModel):
    """One wrong cell.

    Attributes:
        where: The row: by header, the text of the file; by canonical name, the value it is read as. A pivot's
            name says which member is meant.
        column: A header, or a canonical name.
        expects: What the cell still holds.
        becomes: What it should hold, as the file would write it.
        release: The column of columns.csv it holds for; every one by default.
        data_status: The edition it holds for; every one by default.
    """

    table: str
    where: dict[str, str] = Field(min_length=1)
    column: str
    expects: str
    becomes: str
    why: str = Field(min_length=1)
    who: str = Field(min_length=1)
    reported_on: date
    school_years: tuple[int, ...] = Field(min_length=1)
    release: str | None = None
    data_status: DataStatus | None = None


class CorrectionsFile(StrictModel):
    """corrections.yml."""

    corrections: tuple[Correction, ...]


@dataclass(frozen=True)
class Placed:
    """A correction and the line of corrections.yml where it stands."""

    correction: Correction
    line: int


@dataclass(frozen=True)
class Corrections:
    """All corrections of a source."""

    path: Path
    items: tuple[Placed, ...] = ()

    def corrector(self, table: str, school_year: int, release: str, data_status: DataStatus) -> Corrector:
        """The corrections of one table in one year, release and edition."""
        chosen = tuple(
            item
            for item in self.items
            if item.correction.table == table
            and school_year in item.correction.school_years
            and item.correction.release in (None, release)
            and item.correction.data_status in (None, data_status)
        )
        return Corrector(self.path, chosen)


@dataclass(frozen=True)
class Corrected:
    """A cell that was corrected: where it stands, and which correction did it. Never its value."""

    file: str
    line: int
    column: str
    correction: str
    why: str


@dataclass
class Corrector:
    """Applies the corrections of one table over all its files, and sees that each met exactly one row."""

    path: Path
    items: tuple[Placed, ...]
    done: dict[int, Corrected] = field(default_factory=dict)

    def apply(self, request: ReadRequest, cells: pa.Table, lines: tuple[ColumnLine, ...]) -> pa.Table:
        """The cells of one file, corrected.

        Raises:
            SpmError: A cell does not hold any more what the correction expects, or two rows are meant.
        """
        file, corrected = _File(request, cells, lines), cells
        touched: set[tuple[int, str]] = set()
        for item in self.items:
            header = self._header(item, file)
            found = file.rows(item.correction)
            if len(found) == 0:
                continue
            row, line = int(found[0]), int(cells[LINE][int(found[0])].as_py())
            self._require_first(item, request, found, line)
            self._require_expected(item, request, cells[header], row, line)
            if (row, header) in touched:
                raise self._error(item, "Two corrections are about one cell", remedy="Keep one of them")
            touched.add((row, header))
            place = f"line {item.line} of {shown(self.path)}"
            self.done[item.line] = Corrected(request.address, line, header, place, item.correction.why)
            corrected = _with_cell(corrected, header, row, item.correction.becomes)
        return corrected

    def finish(self) -> tuple[Corrected, ...]:
        """The cells that were corrected, once all files of the table are read.

        Raises:
            SpmError: A correction met no row.
        """
        for item in self.items:
            if item.line not in self.done:
                raise self._error(
                    item,
                    "The row that a correction is about is not in the source any more",
                    remedy="Look whether the publisher has corrected it; then remove the correction",
                )
        return tuple(self.done.values())

    def _header(self, item: Placed, file: _File) -> str:
        unknown = file.unknown(item.correction)
        header = file.header(item.correction)
        if header is not None and not unknown:
            return header
        raise self._error(
            item,
            f"A correction names a column that {file.request.address} has not, or has several times: "
            f"{', '.join(unknown) or item.correction.column}",
            remedy="Write a header or a name of columns.csv; with a pivot, add its member to `where`",
        )

    def _require_first(
        self, item: Placed, request: ReadRequest, found: npt.NDArray[np.int64], line: int
    ) -> None:
        before = self.done.get(item.line)
        if len(found) == 1 and before is None:
            return
        others = f"{len(found)} rows of {request.address}, first line {line}"
        if before is not None:
            others = f"line {before.line} of {before.file} and line {line} of {request.address}"
        raise self._error(
            item, f"A correction is about several rows: {others}", remedy="Name the whole key in `where`"
        )

    def _require_expected(
        self, item: Placed, request: ReadRequest, column: pa.ChunkedArray, row: int, line: int
    ) -> None:
        holds = str(column[row].as_py() if column[row].is_valid else "").strip()
        if holds == item.correction.expects:
            return
        is_done = holds == item.correction.becomes
        what = "The source has repaired itself" if is_done else "A cell changed that a correction is about"
        said = "" if request.is_restricted else f", holds {holds!r} and not {item.correction.expects!r}"
        raise self._error(
            item,
            f"{what}: line {line} of {request.address}, column {item.correction.column}{said}",
            remedy="Remove the correction for this year, or state anew what the cell holds and should hold",
        )

    def _error(self, item: Placed, what: str, *, remedy: str) -> SpmError:
        return SpmError(what, file=shown(self.path), line=item.line, remedy=remedy)


def load_corrections(folder: Path, columns: ColumnMap) -> Corrections:
    """The corrections of a source; none without a corrections.yml.

    Raises:
        SpmError: The file does not fit its model, or names a table or release that columns.csv has not; names
            file, line and field.
    """
    path = folder / FILE
    if not path.is_file():
        return Corrections(path)
    located = load_model(path, CorrectionsFile, empty="corrections: []")
    tables = {line.table for line in columns.lines}
    for n, correction in enumerate(located.value.corrections):
        for name, known in (("table", tables), ("release", {None, *columns.releases})):
            if getattr(correction, name) not in known:
                raise located.error(
                    ("corrections", n, name),
                    f"columns.csv has no such {name}",
                    value=getattr(correction, name),
                    remedy=f"Write one of {', '.join(sorted(filter(None, known)))}",
                )
    items = enumerate(located.value.corrections)
    return Corrections(path, tuple(Placed(c, located.line("corrections", n)) for n, c in items))


@dataclass(frozen=True)
class _File:
    """One file's cells, with the names by which a correction may call its columns."""

    request: ReadRequest
    cells: pa.Table
    lines: tuple[ColumnLine, ...]

    def rows(self, correction: Correction) -> npt.NDArray[np.int64]:
        """The rows that a correction is about."""
        matches = np.ones(self.cells.num_rows, dtype=bool)
        for name, wanted in correction.where.items():
            if name != self.request.table.pivot:
                matches &= self._equals(name, wanted)
        return np.flatnonzero(matches)

    def header(self, correction: Correction) -> str | None:
        """The header of the cell; None when no one column, or several, have the name."""
        if correction.column in self.cells.column_names:
            return correction.column
        member = correction.where.get(self.request.table.pivot or "")
        found = [x for x in self._lines(correction.column) if x.member in (None, member)]
        return found[0].header(self.request.release) if len(found) == 1 else None

    def unknown(self, correction: Correction) -> list[str]:
        """The names in `where` that are neither a header, nor a canonical column, nor the pivot."""
        names = [n for n in correction.where if n != self.request.table.pivot]
        return [n for n in names if n not in self.cells.column_names and len(self._lines(n)) != 1]

    def _lines(self, name: str) -> list[ColumnLine]:
        return [x for x in self.lines if x.column == name]

    def _equals(self, name: str, wanted: str) -> npt.NDArray[np.bool_]:
        if name in self.cells.column_names:
            texts = pc.utf8_trim_whitespace(_texts(self.cells[name]))
        else:
            (line,) = self._lines(name)
            column = self.cells[str(line.header(self.request.release))]
            markers = self.request.table.markers
            parsed = parse_column(column, line.type, markers=markers, is_required=False)
            texts = _texts(pa.chunked_array([parsed.columns[""]]))
        found: npt.NDArray[np.bool_] = pc.fill_null(pc.equal(texts, wanted), False).to_numpy()
        return found


def _texts(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """The cells as text; Parquet's own types by their text, as types judge them too."""
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    return column.cast(pa.string())


def _with_cell(cells: pa.Table, header: str, row: int, text: str) -> pa.Table:
    place = cells.column_names.index(header)
    texts = _texts(cells.column(place))
    is_it = pa.array(np.arange(cells.num_rows) == row)
    return cells.set_column(place, header, pc.if_else(is_it, pa.scalar(text), texts))
