"""What people ask of the warehouse: the scorecard, a figure and its history, releases, what is amiss.

Reads only the views, so it says what any SQL user sees, and imports neither Arrow nor pandas: `spm status`
answers at once. One reader sees one release throughout, whatever is published meanwhile.

Put here: questions of the command line and the reports. Not here: writing (`store`), wording (`pipelines`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

import sqlalchemy as sa

from warehouse.engine import explained, parse_url, reader_engine, shown_url, sqlite_path
from warehouse.model.errors import SpmError

Row = dict[str, Any]
_REMEDY = "Check SPM_WAREHOUSE_URL, or run `spm refresh`"
_BOOLEANS = ("not_for_release", "counts_people", "blocking", "passed")
_KEY = (
    "measure_id", "organization_id", "organization_view", "school_year", "period", "student_group", "grade",
    "subject", "federal_program_code", "award_id", "strategy_id",
)  # fmt: skip


class Reader:
    """One face of a warehouse at one moment. Numbers are int or float, dates ISO texts, on both databases."""

    def __init__(self, connection: sa.Connection, prefix: str, *, is_internal: bool) -> None:
        self._connection = connection
        self._prefix = prefix
        self._is_internal = is_internal

    @property
    def connection(self) -> sa.Connection:
        """The connection, in the transaction that sees one release throughout."""
        return self._connection

    def release(self) -> Row:
        """The current release.

        Raises:
            SpmError: Nothing has been published.
        """
        rows = self._rows("current_release")
        if not rows:
            raise SpmError("Nothing has been published yet", remedy="Run `spm refresh` first")
        return rows[0]

    def releases(self) -> list[Row]:
        """The readable releases, oldest first, `is_current` marking one; the public face has only it."""
        current = self.release()
        if not self._is_internal:
            return [{**current, "is_current": True}]
        columns = (
            "release_id, agency_id, as_of, published_at, code_version, settings_hash, content_hash, "
            "not_for_release, previous_release_id, name"
        )
        rows = self.select(
            f"SELECT {columns} FROM {self.view('release')} WHERE state = 'published' ORDER BY release_id"
        )
        return [{**row, "is_current": row["release_id"] == current["release_id"]} for row in rows]

    def scorecard(self, **where: Any) -> list[Row]:
        """Rows of the scorecard, by the values of columns (a list: any of them; None: all)."""
        order = "node_id, measure_id, organization_id, organization_view, student_group, school_year"
        return self._rows("current_scorecard", order=order, **where)

    def measure_values(self, **where: Any) -> list[Row]:
        """Figures of the current release, those whose columns have the given values."""
        return self._rows("current_measure_value", order=", ".join(_KEY), **where)

    def measure_history(self, **where: Any) -> list[Row]:
        """The figures in every kept release, oldest release first: what was reported, and when."""
        return self._rows("release_measure_value", order=f"release_id, {', '.join(_KEY)}", **where)

    def measure(self, measure_id: str) -> Row:
        """A measure's definition.

        Raises:
            SpmError: The current release has no such measure.
        """
        rows = self._rows("current_measure", measure_id=measure_id)
        if not rows:
            known = ", ".join(row["measure_id"] for row in self._rows("current_measure", order="measure_id"))
            raise SpmError("No such measure", value=measure_id, remedy=f"Use one of {known}")
        return rows[0]

    def table(self, name: str, *, order: str | None = None, **where: Any) -> list[Row]:
        """Rows of any `current_` view, such as plan_node, organization, target, source_snapshot, waiver."""
        return self._rows(f"current_{name}", order=order, **where)

    def checks(self, **where: Any) -> list[Row]:
        """Check results behind the current release."""
        return self._rows("current_check_result", order="table_name, school_year, claim", **where)

    def absent(self, **where: Any) -> list[Row]:
        """What the current release lacks, and why."""
        return self._rows("current_absent_slice", order="table_name, school_year, part", **where)

    def slices(self, **where: Any) -> list[Row]:
        """The slices of the current release, with snapshots and marks (internal face only)."""
        return self._rows("current_slice", order="face, table_name, school_year, part", **where)

    def last_publication(self) -> Row | None:
        """The latest attempt to publish, whatever became of it (internal face only)."""
        rows = self.select(f"SELECT * FROM {self.view('publication')} ORDER BY publication_id DESC LIMIT 1")
        return rows[0] if rows else None

    def view(self, name: str) -> str:
        """A view's or ledger table's name as this database's SQL has it."""
        return f"{self._prefix}{name}"

    def select(self, query: str, **parameters: Any) -> list[Row]:
        """Rows of a SELECT with `:name` parameters."""
        result = self._connection.execute(sa.text(query), parameters)
        return [{name: plain(name, value) for name, value in row.items()} for row in result.mappings()]

    def _rows(self, view: str, *, order: str | None = None, **where: Any) -> list[Row]:
        table = sa.table(view, *(sa.column(name) for name in where), schema=self._prefix.rstrip(".") or None)
        query = sa.select(sa.text("*")).select_from(table)
        for name, value in where.items():
            if isinstance(value, Sequence) and not isinstance(value, str):
                query = query.where(table.c[name].in_(list(value)))
            elif value is not None:
                query = query.where(table.c[name] == value)
        if order is not None:
            query = query.order_by(sa.text(order))
        result = self._connection.execute(query)
        return [{name: plain(name, value) for name, value in row.items()} for row in result.mappings()]


def plain(name: str, value: Any) -> Any:
    """A value as readers give it: numbers int or float, dates ISO texts, on both databases."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    if value is not None and (name in _BOOLEANS or name.startswith(("is_", "has_"))):
        return bool(value)
    if isinstance(value, str) and name.endswith(("_at", "_since")):
        return value[:19]
    return value


@contextmanager
def open_reader(
    url: str, *, agency_id: str | None = None, face: Literal["internal", "public"] = "internal"
) -> Iterator[Reader]:
    """A reader of the current release.

    Args:
        url: SQLAlchemy URL of the warehouse (of `internal.db`, also for the public face).
        agency_id: Refuse the warehouse of another agency.
        face: Which face to read.

    Raises:
        SpmError: There is no warehouse, nothing published, or it belongs to another agency.
    """
    parsed = parse_url(url)
    path = sqlite_path(parsed)
    if path is not None and face == "public":
        parsed = parsed.set(database=str(path.with_name("public.db")))
    engine = reader_engine(parsed)
    prefix = f"spm_{face}." if path is None else ""
    try:
        with (
            explained(
                "Reading the warehouse", parsed, remedy="Check SPM_WAREHOUSE_URL, or run `spm refresh`"
            ),
            engine.connect() as connection,
            connection.begin(),
        ):
            reader = Reader(connection, prefix, is_internal=face == "internal")
            _require_agency(reader, agency_id, shown_url(parsed))
            yield reader
    finally:
        engine.dispose()


def _require_agency(reader: Reader, agency_id: str | None, where: str) -> None:
    owner = reader.release()["agency_id"]
    if agency_id is not None and owner != agency_id:
        raise SpmError(
            f"This warehouse belongs to {owner!r}",
            file=where,
            value=agency_id,
            remedy="Set SPM_WAREHOUSE_URL (or SPM_HOME) to this agency's own, or SPM_AGENCY to its owner",
        )
