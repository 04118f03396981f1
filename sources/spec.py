"""What a source says of itself: the models of `source.yml`.

Put here: the shape of a source folder's declaration. Not here: columns (`columns`), where an agency keeps the
files (the agency's `sources.yml`).
"""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field, field_validator

from sources.api.spec import ApiSpec, RequestSpec
from sources.ranges import meaning
from warehouse.model.yaml_file import StrictModel

ReaderName = Literal[
    "delimited",
    "workbook",
    "edfacts_submission",
    "fixed_width",
    "edsight",
    "parquet",
    "database",
    "json_records",
    "custom",
]


class RowBounds(StrictModel):
    """How many physical rows a healthy file has."""

    minimum: int | None = None
    maximum: int | None = None


class UnpivotSpec(StrictModel):
    """Headers that hold data, such as ALL_MTH03NUMVALID: one row per line and block of such headers.

    Attributes:
        pattern: Of the headers; each named group becomes a column of that header. The group VALUE says which
            column the cells go to; without it they go to the column VALUE.
        blocks: How many blocks a whole file has.
    """

    pattern: str
    blocks: RowBounds = RowBounds()

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, pattern: str) -> str:
        try:
            if not re.compile(pattern).groupindex:
                raise ValueError("the pattern needs a named group such as (?P<GRADE>[0-9]{2})")
        except re.error as problem:
            raise ValueError(f"not a regular expression: {problem}") from None
        return pattern

    @property
    def groups(self) -> tuple[str, ...]:
        """The named groups, in their order."""
        return tuple(re.compile(self.pattern).groupindex)


class Incremental(StrictModel):
    """How a large table of a database is read in parts: what is new since the last time, and a little more.

    Attributes:
        key: The columns of the query that name a row; a row that comes again replaces the one that is held.
        cursor: The column of the query that grows: a number, a date, a time or a text that sorts.
        overlap: How far before the last mark reading begins again, `2 days`, `3 hours` or a number.
        deleted: A column that marks rows as gone, where rows are marked and not deleted.
        full_every: Days after which everything is read again.
    """

    key: tuple[str, ...] = Field(min_length=1)
    cursor: str
    overlap: str = Field(default="0", pattern=r"^[0-9]+( (second|minute|hour|day|week)s?)?$")
    deleted: str | None = None
    full_every: int = Field(default=7, ge=1)


class TableSpec(StrictModel):
    """One table of a source: how to read it and what makes a row unique.

    Attributes:
        reader: Of this table, where it is not the source's.
        suffixes: Reader by the end of a file's name, such as .csv, where a second format is handed over, too.
        member: Pattern of the one file of a zip archive that is the table; of a file that is no zip, itself.
        header: `none` for a file without header row; columns.csv then names the columns 1, 2, 3.
        open_end: Whether whole files lack the last line end; a cut in the last cell then goes unseen.
        header_case: `any` where a publisher's headers change between capitals and small letters.
        unpivot: Headers that hold data.
        repeats: Header of a column to add that numbers wholly equal lines, where a publisher repeats some.
        year_in: By header, how its cells write the school year: {start}, {end}, {ss} and {yy} for 2018, 2019,
            18 and 19. A file of another year is refused.
        incremental: How a database's table is read in parts.
        request: The question that an HTTP API is asked.
        layout: Name of the record layout in the source's folder, for files without a header row.
        sums: Columns that are the sum of others; a line where they are not is told in a warning.
        optional: Whether a release may come without this table; it is empty then.
    """

    key: tuple[str, ...]
    reader: ReaderName | None = None
    suffixes: dict[str, ReaderName] = Field(default_factory=dict)
    member: str | None = None
    encoding: str = "utf-8"
    delimiter: str = ","
    header: Literal["row", "none"] = "row"
    open_end: bool = False
    header_case: Literal["as_written", "any"] = "as_written"
    unpivot: UnpivotSpec | None = None
    repeats: str | None = None
    year_in: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    optional: bool = False
    header_row: int = Field(default=1, ge=1)
    sheet: str | int | None = None
    query: str | None = None
    pivot: str | None = None
    markers: dict[str, str] = Field(default_factory=dict)
    rows: RowBounds = RowBounds()
    incremental: Incremental | None = None
    request: RequestSpec | None = None
    layout: str | None = None
    sums: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    options: dict[str, str | tuple[str, ...] | dict[str, str]] = Field(default_factory=dict)

    @field_validator("markers")
    @classmethod
    def _with_meanings(cls, markers: dict[str, str]) -> dict[str, str]:
        for text, said in markers.items():
            try:
                meaning(said)
            except ValueError as problem:
                raise ValueError(f"the mark {text!r}: {problem}") from None
        return markers


class Provides(StrictModel):
    """What a source's mappings give to a core table.

    Attributes:
        counts: Whether numerators and denominators are there, or only percentages.
        measures: The measures it can serve where it does not serve all of the core table's.
        not_additive_in: Releases whose rows may not be summed to larger organizations; `*` for all.
    """

    core_table: str
    grains: tuple[Literal["SEA", "LEA", "SCHOOL", "CBO"], ...]
    counts: bool
    measures: tuple[str, ...] | None = None
    not_additive_in: tuple[str, ...] = ()
    note: str = ""


class Bounds(StrictModel):
    """Shares of rows that may be set aside before the file is refused."""

    key_errors: float = Field(default=0, ge=0, le=1)
    value_errors: float = Field(default=0.01, ge=0, le=1)


class SourceSpec(StrictModel):
    """source.yml.

    Attributes:
        ignored_files: Patterns of addresses that are not fetched although a pattern of an agency matches,
            each with the reason.
    """

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str
    publisher: str
    licence: str
    family: Literal["federal_program", "funds_flow", "student_performance", "directory", "plan"]
    cadence: Literal["annual", "quarterly", "monthly", "daily"]
    expected_lag_days: int = Field(ge=0)
    owner: str
    contact: str
    privacy: Literal["public", "restricted"]
    reader: ReaderName
    tables: dict[str, TableSpec]
    api: ApiSpec | None = None
    ignored_files: dict[str, str] = Field(default_factory=dict)
    provides: tuple[Provides, ...]
    bounds: Bounds = Bounds()

    @property
    def is_restricted(self) -> bool:
        """Whether rows are about single students."""
        return self.privacy == "restricted"
