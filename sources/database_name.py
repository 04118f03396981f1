"""How a database is named to people.

Put here: what may be shown of a database's address. Not here: reading it (`transports`).
"""

from __future__ import annotations

from pathlib import Path


def shown_database(url: str) -> str:
    """A database's name as messages and addresses show it: without user, password, host or options."""
    import sqlalchemy as sa

    try:
        name = sa.make_url(url).database
    except (sa.exc.ArgumentError, ValueError):  # a port that is no number, which may be a password
        name = None
    return Path(name).name if name else "database"
