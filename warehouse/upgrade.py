"""Whether a database is this agency's warehouse, and bringing it to this code's version.

Put here: what is looked at when a warehouse is opened.
Not here: the migrations (`migrations`), views (`views`).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import sqlalchemy as sa

from warehouse.engine import shown_url
from warehouse.lock import publisher_lock
from warehouse.migrations import HEAD, VERSION_TABLE, known_revisions, upgrade
from warehouse.model.errors import SpmError
from warehouse.roles import describe, grant_rights
from warehouse.schema import WarehouseSchema
from warehouse.views import View, all_views, replace_views, views_hash


def open_database(
    engine: sa.Engine,
    schema: WarehouseSchema,
    agency_id: str,
    *,
    wait_seconds: float,
    clock: Callable[[], datetime],
) -> None:
    """Refuse a database that is not ours to write; create or upgrade it where needed.

    Raises:
        SpmError: It belongs to another agency or program, or is newer than this code.
    """
    views = all_views(schema)
    wanted = (HEAD, views_hash(views))
    with engine.connect() as connection, connection.begin():
        found = _state(connection, schema, agency_id)
    if found == wanted:
        return
    with publisher_lock(engine, wait_seconds=wait_seconds) as connection, connection.begin():
        # Again under the lock: another process may have upgraded it while we waited.
        found = _state(connection, schema, agency_id)
        if found[0] != HEAD:
            upgrade(connection)
            _identify(connection, schema, agency_id, clock())
        if found != wanted:
            _renew_views(connection, schema, views)


def _state(
    connection: sa.Connection, schema: WarehouseSchema, agency_id: str
) -> tuple[str | None, str | None]:
    """Revision and hash of the views; None where there are none."""
    inspector = sa.inspect(connection)
    tables = inspector.get_table_names(schema=schema.schema) if _has_schema(inspector, schema) else []
    if VERSION_TABLE not in tables:
        if tables:
            raise SpmError(
                "This database holds tables of something else",
                file=shown_url(connection.engine.url),
                remedy="Point SPM_WAREHOUSE_URL at an empty database, or at a warehouse of this agency",
            )
        return None, None
    prefix = f"{schema.schema}." if schema.schema else ""
    revision = connection.execute(sa.text(f"SELECT version_num FROM {prefix}{VERSION_TABLE}")).scalar()
    if revision is not None and revision not in known_revisions():
        raise SpmError(
            f"The warehouse has version {revision}, newer than this code's {HEAD}",
            file=shown_url(connection.engine.url),
            remedy="Update the code to the version that wrote the warehouse",
        )
    return revision, _views_of_agency(connection, schema, agency_id)


def _has_schema(inspector: sa.Inspector, schema: WarehouseSchema) -> bool:
    return schema.schema is None or schema.schema in inspector.get_schema_names()


def _views_of_agency(connection: sa.Connection, schema: WarehouseSchema, agency_id: str) -> str | None:
    identity = schema.ledger("warehouse")
    row = connection.execute(sa.select(identity.c.agency_id, identity.c.views_hash)).one_or_none()
    if row is not None and row.agency_id != agency_id:
        raise SpmError(
            f"This warehouse belongs to {row.agency_id!r}",
            file=shown_url(connection.engine.url),
            value=agency_id,
            remedy="Set SPM_WAREHOUSE_URL (or SPM_HOME) to this agency's own, or SPM_AGENCY to its owner",
        )
    return None if row is None else row.views_hash


def _identify(connection: sa.Connection, schema: WarehouseSchema, agency_id: str, now: datetime) -> None:
    identity = schema.ledger("warehouse")
    if connection.execute(sa.select(identity)).first() is None:
        values = {"warehouse_id": 1, "agency_id": agency_id, "created_at": now}
        connection.execute(identity.insert().values(**values))


def _renew_views(connection: sa.Connection, schema: WarehouseSchema, views: list[View]) -> None:
    replace_views(connection, schema, views)
    if connection.dialect.name == "postgresql":
        describe(connection, schema, views)
        grant_rights(connection)
    connection.execute(sa.update(schema.ledger("warehouse")).values(views_hash=views_hash(views)))
