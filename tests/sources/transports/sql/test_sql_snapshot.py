"""A SQL system is read as it stood at one moment, and never written."""

from __future__ import annotations

import sqlalchemy as sa
from sql_systems import System

from sources.transports import database, sql_rows
from sources.transports.sql_session import Session

TWO = {"requests": "SELECT id FROM requests ORDER BY id", "payments": "SELECT id FROM payments ORDER BY id"}


def two_tables(system: System) -> System:
    system.tables = TWO
    system.run(
        "CREATE TABLE requests (id INTEGER PRIMARY KEY)",
        "CREATE TABLE payments (id INTEGER PRIMARY KEY)",
        "INSERT INTO requests VALUES (1)",
        "INSERT INTO payments VALUES (1)",
    )
    return system


def written_between(system: System, monkeypatch, statements: tuple[str, ...]) -> None:
    """Have somebody write after the first table is read and before the second is."""
    once = iter([True])

    def write_rows(session: Session, query: str, *args, **kwargs):
        written = sql_rows.write_rows(session, query, *args, **kwargs)
        if next(once, False):
            system.run(*statements)
        return written

    monkeypatch.setattr(database, "write_rows", write_rows)


def test_a_row_written_between_two_tables_is_not_seen(system: System, monkeypatch):
    two_tables(system)
    statements = ("INSERT INTO requests VALUES (2)", "INSERT INTO payments VALUES (2)")
    written_between(system, monkeypatch, statements)
    found = system.take()
    assert [row["id"] for row in found["payments"]] == ["1"], "the payment of a request that was not read"
    # It was written: the next fetch has both.
    assert [[row["id"] for row in rows] for rows in system.take().values()] == [["1", "2"], ["1", "2"]]


def test_rows_deleted_between_two_tables_are_still_seen(system: System, monkeypatch):
    two_tables(system)
    written_between(system, monkeypatch, ("DELETE FROM payments", "DELETE FROM requests"))
    assert [len(rows) for rows in system.take().values()] == [1, 1]


def test_a_query_that_writes_is_refused_and_nothing_is_written(system: System):
    two_tables(system)
    system.tables = {"requests": "DELETE FROM requests RETURNING id"}
    error = system.fetch().error
    assert error is not None and "query in source.yml" in error.remedy
    with system.writer() as writer:
        assert writer.execute(sa.text("SELECT count(*) FROM requests")).scalar() == 1


def test_a_function_that_writes_is_refused_by_the_server(postgresql: System):
    two_tables(postgresql).run(
        "CREATE FUNCTION spoil() RETURNS integer LANGUAGE sql AS 'DELETE FROM requests RETURNING id'"
    )
    postgresql.tables = {"requests": "SELECT spoil() AS id"}
    error = postgresql.fetch().error
    assert error is not None and "is asked to write" in error.what
    with postgresql.writer() as writer:
        assert writer.execute(sa.text("SELECT count(*) FROM requests")).scalar() == 1


def test_the_same_rows_are_the_same_snapshot(system: System):
    two_tables(system)
    assert system.fetch().outcome == "new"
    assert system.fetch().outcome == "unchanged"


def test_no_connection_is_left_open(postgresql: System):
    two_tables(postgresql).take()
    with postgresql.writer() as writer:
        others = (
            "SELECT count(*) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        assert writer.execute(sa.text(others)).scalar() == 0


def test_a_table_larger_than_a_batch_comes_whole(system: System, monkeypatch):
    monkeypatch.setattr(sql_rows, "BATCH_CELLS", 7)
    system.tables = {"requests": "SELECT id, id * 2 AS twice FROM requests"}
    values = ", ".join(f"({n})" for n in range(1, 51))
    system.run("CREATE TABLE requests (id INTEGER PRIMARY KEY)", f"INSERT INTO requests VALUES {values}")
    found = system.take()["requests"]
    assert {row["id"]: row["twice"] for row in found} == {str(n): str(2 * n) for n in range(1, 51)}
