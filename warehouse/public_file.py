"""The public face beside a SQLite warehouse: one file, built from the current release and renamed into place.

It may lag one release after a crash; it is never torn, and says which release it holds.

Put here: building, replacing and judging that file. Not here: which figures are public (`public_face`).
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from warehouse.load import quoted
from warehouse.money import DECIMALS
from warehouse.schema import WarehouseSchema, key_order
from warehouse.views import View, all_views, qualified

_SQLITE_TYPES = {
    "text": "TEXT",
    "smallint": "INTEGER",
    "bigint": "INTEGER",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
    "double": "REAL",
}
_ADDED = (
    "release_id INTEGER NOT NULL, carried_forward_since TIMESTAMP, carried_from_release_id INTEGER, "
    "carried_reason TEXT, carried_claim TEXT"
)


def public_file(database: Path) -> Path:
    """Where the public face of a SQLite warehouse stands."""
    return database.with_name("public.db")


def holds_release(path: Path, release_id: int, content_hash: str) -> bool:
    """Whether the file is there, readable, and of this release."""
    if not path.is_file():
        return False
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            row = connection.execute("SELECT release_id, content_hash FROM current_release").fetchone()
    except sqlite3.Error:
        return False  # damaged: it is rebuilt, and nothing in it is needed for that
    return row is not None and tuple(row) == (release_id, content_hash)


def build_public_file(
    connection: sa.Connection, schema: WarehouseSchema, path: Path, step: Callable[[str], None]
) -> None:
    """Write the current release's public face beside `path` and rename it there (mode 0644).

    Args:
        connection: Of the internal file, under the publishers' lock, no transaction open.
        schema: The warehouse's tables.
        path: The public file.
        step: Told when the file is written, and when it is in place.
    """
    remove_leftovers(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    driver: Any = connection.connection.driver_connection
    driver.execute("ATTACH DATABASE ? AS face", (str(temporary),))
    try:
        # The file does not exist for anyone until it is renamed, so it needs no journal.
        driver.execute("PRAGMA face.journal_mode = OFF")
        driver.execute("BEGIN")
        _fill(driver, schema)
        driver.execute("COMMIT")
    except BaseException:
        if driver.in_transaction:
            driver.execute("ROLLBACK")
        raise
    finally:
        driver.execute("DETACH DATABASE face")
    temporary.chmod(0o644)
    _flush(temporary)
    step("public_face_written")
    temporary.replace(path)
    _flush(path.parent)
    step("public_face_renamed")


def remove_leftovers(path: Path) -> None:
    """Remove temporary files of builds that died; called under the lock, so none is in use."""
    for leftover in path.parent.glob(f".{path.name}.*.tmp*"):
        leftover.unlink(missing_ok=True)


def _fill(driver: sqlite3.Connection, schema: WarehouseSchema) -> None:
    for view in all_views(schema):
        if view.face != "public":
            continue
        kind, _, table = view.name.partition("_")
        if view.name == "current_scorecard":
            text = view.query.replace(qualified(schema, "public", "current_"), "current_")
            driver.execute(f"CREATE VIEW face.{view.name} AS {text}")
        elif kind == "current":
            _copy(driver, schema, view, table)
            driver.execute(f"CREATE VIEW face.{view.name} AS SELECT * FROM {quoted(table)}")
        else:
            # Only the current release is in the file; the name works as in the internal face.
            driver.execute(f"CREATE VIEW face.{view.name} AS SELECT * FROM {quoted(table)}")


def _copy(driver: sqlite3.Connection, schema: WarehouseSchema, view: View, table: str) -> None:
    source = qualified(schema, "public", view.name)
    if table not in schema.contracts:
        driver.execute(f"CREATE TABLE face.{quoted(table)} AS SELECT * FROM main.{source}")
        return
    contract = schema.contracts[table]
    columns = ", ".join(
        f"{quoted(f.name)} {'REAL' if f.type in DECIMALS else _SQLITE_TYPES[f.type]}"
        f"{'' if f.nullable else ' NOT NULL'}"
        for f in contract.fields
    )
    order = key_order(contract)
    key = ", ".join(quoted(name) for name in order)
    driver.execute(
        f"CREATE TABLE face.{quoted(table)} ({columns}, {_ADDED}, PRIMARY KEY ({key})) WITHOUT ROWID"
    )
    driver.execute(f"INSERT INTO face.{quoted(table)} SELECT * FROM main.{source} ORDER BY {key}")


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
