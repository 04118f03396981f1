"""A claim: a sentence about a table that is true or false.

Put here: what a claim is, and the rule by which Great Expectations judges it. Not here: which claims there
are (`claims`, `suites`), or how one is evaluated (`gx_bridge`, `run`).
"""

from __future__ import annotations

from dataclasses import dataclass

from checks.result import ResultSeverity


@dataclass(frozen=True)
class NotNull:
    """The column has a value in every row."""

    column: str


@dataclass(frozen=True)
class InSet:
    """Every value of the column is one of these; nulls pass."""

    column: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Between:
    """Every value of the column is within these bounds, inclusive; nulls pass."""

    column: str
    minimum: float | None
    maximum: float | None


@dataclass(frozen=True)
class RowCount:
    """The table has this many rows, inclusive."""

    minimum: int | None
    maximum: int | None


@dataclass(frozen=True)
class NoRows:
    """The claim's own SQL finds nothing."""


Rule = NotNull | InSet | Between | RowCount | NoRows


@dataclass(frozen=True)
class Claim:
    """A sentence that should be true of a table.

    Attributes:
        failing_rows: DuckDB SQL over `layer.table` names that selects the rows for which it is false; empty
            only for a claim about the number of rows.
        shown: Columns of `failing_rows` that identify a row and may be shown (unless the table is
            restricted).
        needs: Tables that the SQL reads. A claim of a suite does not apply where one of them is absent.
        applies_to_empty: Whether it is judged for a year without rows.
        is_privacy: Whether it protects people; then no waiver lets it pass.
        group: Name under which claims of one kind about single columns may be shown as one.
        is_false: Where the claim is about single cells of one row: the condition under which it is false, so
            that one scan can answer for many of them.
    """

    name: str
    sentence: str
    table: str
    severity: ResultSeverity
    owner: str
    remedy: str
    rule: Rule
    failing_rows: str
    shown: tuple[str, ...]
    needs: frozenset[str]
    applies_to_empty: bool = False
    is_privacy: bool = False
    from_suite: bool = False
    group: str | None = None
    is_false: str | None = None


def identifier(name: str) -> str:
    """A name quoted for DuckDB."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: str) -> str:
    """A text quoted for DuckDB."""
    return "'" + value.replace("'", "''") + "'"
