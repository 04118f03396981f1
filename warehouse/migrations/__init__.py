"""Alembic migrations of the warehouse, run by code: no alembic.ini.

Put here: which revision this code needs, and the upgrade to it.
Not here: views, which follow from the contracts (`warehouse.views`).
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

# The newest revision in `versions/`, known without importing Alembic (0.9 s): most openings do not need it.
HEAD = "0003"
VERSION_TABLE = "spm_version"
SCRIPTS = Path(__file__).resolve().parent


def known_revisions() -> set[str]:
    """Revisions this code knows, from the names of their files."""
    return {path.name.split("_")[0] for path in (SCRIPTS / "versions").glob("[0-9]*_*.py")}


def upgrade(connection: sa.Connection, revision: str = "head") -> None:
    """Bring the database behind the connection to a revision, within the connection's transaction."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
