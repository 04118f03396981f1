"""DuckDB for SQLAlchemy, with every result read in full before its connection is given back.

Put here: the dialect `duckdb+buffered://`. Not here: what is asked over it (`gx_bridge`, `catalog`).

Great Expectations fetches rows after it has returned its connection to the pool, and DuckDB's rows die with
the connection ("list index out of range" in 18 of 22 expectations, its issues 11579 and 10738). Buffering
cures it without touching Great Expectations: `post_exec` and `cursor_fetch_strategy` are SQLAlchemy's own
extension points. A result must therefore be small: the bridge asks for counts, never for rows.
"""

from __future__ import annotations

from collections import deque
from typing import Any

from duckdb_sqlalchemy import Dialect, DuckDBExecutionContext
from sqlalchemy.dialects import registry
from sqlalchemy.engine.cursor import FullyBufferedCursorFetchStrategy

DRIVER = "duckdb+buffered"


class BufferedContext(DuckDBExecutionContext):
    """Reads the whole result as soon as a statement has run."""

    def post_exec(self) -> None:
        """Keep the rows in memory instead of on the connection."""
        super().post_exec()  # type: ignore[no-untyped-call]
        cursor: Any = self.cursor
        if cursor is not None and cursor.description:
            self.cursor_fetch_strategy = FullyBufferedCursorFetchStrategy(
                cursor, initial_buffer=deque(cursor.fetchall())
            )


class BufferedDialect(Dialect):
    """DuckDB whose rows outlive their connection."""

    execution_ctx_cls = BufferedContext
    supports_statement_cache = True


def register() -> None:
    """Make `duckdb+buffered://` known to SQLAlchemy; doing it twice is harmless."""
    registry.register("duckdb.buffered", __name__, "BufferedDialect")
