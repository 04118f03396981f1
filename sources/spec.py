"""What a source says of itself: the models of `source.yml`.

Put here: the shape of a source folder's declaration. Not here: columns (`columns`), where an agency keeps the
files (the agency's `sources.yml`).
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from warehouse.model.yaml_file import StrictModel

ReaderName = Literal[
    "delimited", "workbook", "edfacts_submission", "edsight", "parquet", "database", "custom"
]


class RowBounds(StrictModel):
    """How many physical rows a healthy file has."""

    minimum: int | None = None
    maximum: int | None = None


class TableSpec(StrictModel):
    """One table of a source: how to read it and what makes a row unique."""

    key: tuple[str, ...]
    encoding: str = "utf-8"
    delimiter: str = ","
    header_row: int = Field(default=1, ge=1)
    sheet: str | int | None = None
    query: str | None = None
    pivot: str | None = None
    markers: dict[str, str] = Field(default_factory=dict)
    rows: RowBounds = RowBounds()
    options: dict[str, str | tuple[str, ...] | dict[str, str]] = Field(default_factory=dict)


class Provides(StrictModel):
    """What a source's mappings give to a core table.

    Attributes:
        counts: Whether numerators and denominators are there, or only percentages.
        measures: The measures it can serve where it does not serve all of the core table's.
        not_additive_in: Releases whose rows may not be summed to larger organizations; `*` for all.
    """

    core_table: str
    grains: tuple[Literal["SEA", "LEA", "SCHOOL"], ...]
    counts: bool
    measures: tuple[str, ...] | None = None
    not_additive_in: tuple[str, ...] = ()
    note: str = ""


class Bounds(StrictModel):
    """Shares of rows that may be set aside before the file is refused."""

    key_errors: float = Field(default=0, ge=0, le=1)
    value_errors: float = Field(default=0, ge=0, le=1)


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
    family: Literal["federal_program", "funds_flow", "student_performance", "directory"]
    cadence: Literal["annual", "quarterly", "monthly", "daily"]
    expected_lag_days: int = Field(ge=0)
    owner: str
    contact: str
    privacy: Literal["public", "restricted"]
    reader: ReaderName
    tables: dict[str, TableSpec]
    ignored_files: dict[str, str] = Field(default_factory=dict)
    provides: tuple[Provides, ...]
    bounds: Bounds = Bounds()

    @property
    def is_restricted(self) -> bool:
        """Whether rows are about single students."""
        return self.privacy == "restricted"
