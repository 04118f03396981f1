"""What Alembic runs: the migrations, on the connection (or URL) that the calling code hands over."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context

from warehouse.migrations import VERSION_TABLE
from warehouse.schema import INTERNAL_SCHEMA, warehouse_schema


def run(connection: sa.Connection) -> None:
    """Run the migrations on a connection, in its transaction."""
    is_postgres = connection.dialect.name == "postgresql"
    if is_postgres:
        # The version table stands in the schema that the first migration fills.
        connection.execute(sa.text(f"CREATE SCHEMA IF NOT EXISTS {INTERNAL_SCHEMA}"))
    context.configure(
        connection=connection,
        target_metadata=warehouse_schema(connection.dialect.name).metadata,
        version_table=VERSION_TABLE,
        version_table_schema=INTERNAL_SCHEMA if is_postgres else None,
        include_schemas=is_postgres,
        compare_type=True,
        transactional_ddl=True,
        render_as_batch=not is_postgres,
    )
    with context.begin_transaction():
        context.run_migrations()


def main() -> None:
    """Use the caller's connection, else open its URL."""
    connection = context.config.attributes.get("connection")
    if connection is not None:
        run(connection)
        return
    engine = sa.create_engine(context.config.get_main_option("sqlalchemy.url") or "")
    with engine.begin() as opened:
        run(opened)


main()
