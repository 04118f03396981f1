"""What a database answered, as an error that people understand.

The database's own words may quote a cell, a password or a host. So they are never passed on: only a name that
stands in our own query is taken out of them, and the cause is told by the kind of the error.
Put here: kinds of errors of SQL databases. Not here: when queries are asked.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import Any

from warehouse.model.errors import SpmError

_COLUMN = re.compile(
    r"no such column: ([\w.\"]+)|column \"?([\w.]+)\"? does not exist|Unknown column '([\w.]+)'"
    r"|Invalid column name '([\w.]+)'|ORA-00904: ([\w.\"]+)",
    re.IGNORECASE,
)
_TABLE = re.compile(
    r"no such table: ([\w.\"]+)|relation \"?([\w.]+)\"? does not exist|Table '([\w.]+)' doesn't exist"
    r"|Invalid object name '([\w.]+)'",
    re.IGNORECASE,
)
# By SQLSTATE, its class, or SQLite's own names. Each: what happened, and what to do.
_CAUSES: dict[str, tuple[str, str]] = {
    "57014": (
        "took longer than the query timeout",
        "Try when it is less busy, or raise query_timeout_seconds under options of the release",
    ),
    "SQLITE_INTERRUPT": (
        "took longer than the query timeout",
        "Try when it is less busy, or raise query_timeout_seconds under options of the release",
    ),
    "55P03": (
        "is locked by another program",
        "Try when that program has finished, or raise lock_timeout_seconds under options of the release",
    ),
    "SQLITE_BUSY": (
        "is locked by another program",
        "Try when that program has finished, or raise lock_timeout_seconds under options of the release",
    ),
    "SQLITE_NOTADB": ("is no SQLite database", "Look at its address in sources.yml"),
    "SQLITE_CORRUPT": ("is damaged", "Have its owner repair it or restore it"),
    "SQLITE_READONLY": ("is asked to write", "Write a query in source.yml that only selects"),
    "25006": ("is asked to write", "Write a query in source.yml that only selects"),
    "42501": ("does not let this user read", "Ask its owner for the right to select"),
    "28": (
        "does not let this user in",
        "Look at the user and the password, which secrets of the release name",
    ),
    "3D000": ("does not exist on its server", "Correct its name in sources.yml"),
    "08": ("cannot be reached", "Look whether its server runs, and at host and port in sources.yml"),
    "53": ("takes no more connections", "Try again later"),
    "42601": ("does not understand the query", "Correct the query in source.yml"),
}
# Drivers that give no code when they are not let in say so in words.
_WORDS = (
    (re.compile(r"authentication failed|access denied|login failed", re.IGNORECASE), "28"),
    (re.compile(r"database \S+ does not exist|unknown database", re.IGNORECASE), "3D000"),
)
_ELSE = "Look whether the database answers and the query in source.yml fits its tables"


def explained(problem: Exception, query: str, engine: Any, *, source_id: str, database: str) -> SpmError:
    """The error for a problem of SQLAlchemy."""
    found = _renamed(problem, query, engine, source_id, database)
    if found is not None:
        return found
    kind = type(problem).__name__
    for cause in _codes(problem):
        if cause in _CAUSES:
            what, remedy = _CAUSES[cause]
            return SpmError(f"The database of {source_id} {what} ({kind})", file=database, remedy=remedy)
    return SpmError(f"Reading the database of {source_id} failed ({kind})", file=database, remedy=_ELSE)


def _codes(problem: Exception) -> list[str]:
    """The error's codes, the most particular first."""
    original = getattr(problem, "orig", None)
    state = str(getattr(original, "sqlstate", None) or "")
    name = str(getattr(original, "sqlite_errorname", None) or "")
    codes = [state, state[:2], name, "_".join(name.split("_")[:2])]
    if not any(codes) and type(problem).__name__ == "OperationalError":
        codes += [code for words, code in _WORDS if words.search(str(original))]
        codes.append("08")  # no code: the driver never came to speak SQL
    return [code for code in codes if code]


def _renamed(problem: Exception, query: str, engine: Any, source_id: str, database: str) -> SpmError | None:
    """The error for a column or a table of our query that the database does not have."""
    words = str(getattr(problem, "orig", ""))
    for pattern, what in ((_COLUMN, "column"), (_TABLE, "table")):
        match = pattern.search(words)
        if match is None:
            continue
        name = next(group for group in match.groups() if group).replace('"', "")
        own = name.rsplit(".", 1)[-1]
        # Only a name that we wrote ourselves is shown: anything else might be data.
        if not re.search(rf"\b{re.escape(own)}\b", query, re.IGNORECASE):
            continue
        near = get_close_matches(own, _known(engine, query, what), n=1, cutoff=0.5)
        hint = f"Did you mean {near[0]!r}? " if near else ""
        return SpmError(
            f"The database of {source_id} has no {what} {own!r}",
            file=database,
            column=name,
            remedy=f"{hint}Correct the query in source.yml, or have the database's owner give it back",
        )
    return None


def _known(engine: Any, query: str, what: str) -> list[str]:
    """The names that the database does have: tables, or columns of the tables that the query names."""
    import sqlalchemy as sa

    try:
        inspector = sa.inspect(engine)
        tables = [*inspector.get_table_names(), *inspector.get_view_names()]
        if what == "table":
            return tables
        named = [table for table in tables if re.search(rf"\b{re.escape(table)}\b", query, re.IGNORECASE)]
        return [str(column["name"]) for table in named for column in inspector.get_columns(table)]
    except sa.exc.SQLAlchemyError:
        return []  # the hint is a kindness, not a promise
