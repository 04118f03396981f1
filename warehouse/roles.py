"""Who may read what on PostgreSQL, and what the database says about itself.

Roles are made by the first migration where the connecting user may; these grants follow the views.

Put here: grants and comments. Not here: SQLite, where file modes do this (`engine`, `public_file`).
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from warehouse.schema import INTERNAL_SCHEMA, PUBLIC_SCHEMA, WarehouseSchema
from warehouse.views import View, qualified

PUBLIC_READER = "spm_public_reader"
INTERNAL_READER = "spm_internal_reader"
WRITER = "spm_writer"

# A public reader has no right on spm_internal at all: views of spm_public run with their owner's rights.
_GRANTS: dict[str, tuple[str, ...]] = {
    PUBLIC_READER: (
        f"GRANT USAGE ON SCHEMA {PUBLIC_SCHEMA} TO {PUBLIC_READER}",
        f"GRANT SELECT ON ALL TABLES IN SCHEMA {PUBLIC_SCHEMA} TO {PUBLIC_READER}",
    ),
    INTERNAL_READER: (
        f"GRANT USAGE ON SCHEMA {INTERNAL_SCHEMA}, {PUBLIC_SCHEMA} TO {INTERNAL_READER}",
        f"GRANT SELECT ON ALL TABLES IN SCHEMA {INTERNAL_SCHEMA}, {PUBLIC_SCHEMA} TO {INTERNAL_READER}",
    ),
    WRITER: (
        f"GRANT USAGE ON SCHEMA {INTERNAL_SCHEMA}, {PUBLIC_SCHEMA} TO {WRITER}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {INTERNAL_SCHEMA} TO {WRITER}",
        f"GRANT SELECT ON ALL TABLES IN SCHEMA {PUBLIC_SCHEMA} TO {WRITER}",
    ),
}


def grant_rights(connection: sa.Connection) -> None:
    """Give each role that exists its rights; a role that could not be made is left out."""
    known = set(connection.execute(sa.text("SELECT rolname FROM pg_roles")).scalars())
    for role, statements in _GRANTS.items():
        if role in known:
            for statement in statements:
                connection.exec_driver_sql(statement)


def describe(connection: sa.Connection, schema: WarehouseSchema, views: list[View]) -> None:
    """Write what views and columns mean into the database, where SQL tools show it."""
    statements = []
    for view in views:
        if view.name.startswith("staged_"):
            continue  # audits read these, people do not
        name = qualified(schema, view.face, view.name)
        statements.append(f"COMMENT ON VIEW {name} IS {_literal(view.comment)}")
        for column, meaning in view.columns:
            statements.append(f'COMMENT ON COLUMN {name}."{column}" IS {_literal(meaning)}')
    # Some thousand comments: one round trip instead of as many.
    driver: Any = connection.connection.driver_connection
    driver.execute(";\n".join(statements))


def _literal(text: str) -> str:
    # COMMENT takes no parameters; without any, the driver leaves percent signs alone.
    return "'" + text.replace("'", "''") + "'"
