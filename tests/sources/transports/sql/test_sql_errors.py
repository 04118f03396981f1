"""What goes wrong in a SQL system is told by what people can change; no row, password or host is quoted."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time

import psycopg
import pytest
import sqlalchemy as sa
from sql_systems import System

SECRET = "hunter2-of-the-clerk"


def told(system: System, url: str | None = None, **environment: str) -> str:
    """The error's text, after a look at everything that must not be in it."""
    fetch = system.fetch(url=url, environment=environment)
    assert fetch.outcome == "failed" and fetch.error is not None
    text = f"{fetch.error} {fetch.detail} {fetch.error!r}"
    assert SECRET not in text and "127.0.0.1" not in text
    assert fetch.error.__cause__ is None
    return str(fetch.error)


def with_table(system: System) -> System:
    system.run(
        "CREATE TABLE reimbursement_request (id INTEGER, submitted_on TEXT)",
        f"INSERT INTO reimbursement_request VALUES (1, '{SECRET}')",
    )
    return system


def test_a_renamed_column_is_named_with_the_nearest_there_is(system: System):
    with_table(system).tables = {"requests": "SELECT r.id, r.submited_on FROM reimbursement_request AS r"}
    text = told(system)
    assert "has no column 'submited_on'" in text and "Did you mean 'submitted_on'?" in text


def test_a_renamed_table_is_named_with_the_nearest_there_is(system: System):
    with_table(system).tables = {"requests": "SELECT id FROM reimbursement_requests"}
    text = told(system)
    assert "has no table 'reimbursement_requests'" in text and "Did you mean 'reimbursement_request'?" in text


def test_a_cell_that_the_database_quotes_is_not_told(postgresql: System):
    cast = "SELECT CAST(submitted_on AS integer) AS id FROM reimbursement_request"
    with_table(postgresql).tables = {"requests": cast}
    assert "Reading the database of invented_money failed (DataError)" in told(postgresql)


def test_a_query_that_takes_too_long_is_stopped(system: System):
    system.options = {"query_timeout_seconds": "1"}
    counting = "WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n)"
    endless = {
        "sqlite": f"{counting} SELECT max(id) AS id FROM n",
        "postgresql": "SELECT pg_sleep(60) AS id",
    }
    system.tables = {"requests": endless[system.kind]}
    begun = time.monotonic()
    assert "took longer than the query timeout" in told(system)
    assert time.monotonic() - begun < 20


def test_a_locked_table_of_postgresql_is_not_waited_for_forever(postgresql: System):
    with_table(postgresql).tables = {"requests": "SELECT id FROM reimbursement_request"}
    postgresql.options = {"lock_timeout_seconds": "1"}
    engine = sa.create_engine(postgresql.url)
    with engine.begin() as other:
        other.execute(sa.text("LOCK TABLE reimbursement_request IN ACCESS EXCLUSIVE MODE"))
        assert "is locked by another program" in told(postgresql)
    engine.dispose()


def test_a_locked_file_of_sqlite_is_not_waited_for_forever(sqlite: System):
    with_table(sqlite).run("PRAGMA journal_mode = DELETE")
    sqlite.tables = {"requests": "SELECT id FROM reimbursement_request"}
    sqlite.options = {"lock_timeout_seconds": "1"}
    other = sqlite3.connect(sqlite.folder / "money.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    assert "is locked by another program" in told(sqlite)
    other.close()


def test_a_lock_that_is_soon_given_back_is_waited_for(sqlite: System):
    with_table(sqlite).run("PRAGMA journal_mode = DELETE")
    sqlite.tables = {"requests": "SELECT id FROM reimbursement_request"}
    other = sqlite3.connect(sqlite.folder / "money.db", isolation_level=None, check_same_thread=False)
    other.execute("BEGIN EXCLUSIVE")
    threading.Timer(0.5, other.close).start()
    assert len(sqlite.take()["requests"]) == 1


def test_a_file_that_is_no_database_is_told(sqlite: System):
    (sqlite.folder / "other.db").write_bytes(b"PK\x03\x04 a workbook, perhaps" * 200)
    assert "is no SQLite database" in told(sqlite, f"sqlite:///{sqlite.folder}/other.db")


def test_a_server_that_does_not_answer_is_told(sqlite: System):
    url = f"postgresql+psycopg://clerk:{SECRET}@127.0.0.1:1/grants"
    assert "cannot be reached" in told(sqlite, url)


def test_a_database_that_the_server_lacks_is_told(postgresql: System):
    other = sa.make_url(postgresql.url).set(database="grants_of_nobody").render_as_string(hide_password=False)
    assert "does not exist on its server" in told(postgresql, other)


def test_a_table_that_the_user_may_not_read_is_told(postgresql: System):
    with_table(postgresql).tables = {"requests": "SELECT id FROM reimbursement_request"}
    role = "reader_" + postgresql.url.split("/test_")[1][:12]
    with psycopg.connect(postgresql.url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{SECRET}'")
    postgresql.secrets = {"user": "MONEY_USER", "password": "MONEY_PASSWORD"}
    assert "does not let this user read" in told(postgresql, MONEY_USER=role, MONEY_PASSWORD=SECRET)


def test_secrets_let_the_user_in(postgresql: System):
    with_table(postgresql).tables = {"requests": "SELECT id FROM reimbursement_request"}
    bare = sa.make_url(postgresql.url).set(username=None, password=None).render_as_string()
    postgresql.secrets = {"user": "MONEY_USER"}
    fetch = postgresql.fetch(url=bare, environment={"MONEY_USER": "postgres"})
    assert fetch.error is None and fetch.outcome == "new"


def test_a_variable_fills_the_address(sqlite: System):
    with_table(sqlite).tables = {"requests": "SELECT id FROM reimbursement_request"}
    fetch = sqlite.fetch(url="${MONEY_DATABASE}", environment={"MONEY_DATABASE": sqlite.url})
    assert fetch.error is None and fetch.snapshots[0].address == "money.db#requests.parquet"
    assert "environment variable MONEY_DATABASE is not set" in told(sqlite, "${MONEY_DATABASE}")


@pytest.mark.parametrize("text", ["soon", "0", "-1", "1.5"])
def test_a_limit_that_is_no_number_of_seconds_is_refused(sqlite: System, text: str):
    sqlite.options = {"query_timeout_seconds": text}
    assert "options.query_timeout_seconds" in told(sqlite)


def test_an_option_that_nothing_reads_is_refused(sqlite: System):
    sqlite.options = {"query_timeout": "5"}
    assert "Nothing reads the option 'query_timeout'" in told(sqlite)


def test_snapshots_of_a_restricted_source_are_for_its_owner_alone(sqlite: System):
    with_table(sqlite).tables = {"requests": "SELECT id FROM reimbursement_request"}
    sqlite.privacy = "restricted"
    snapshot = sqlite.fetch().snapshots[0]
    assert snapshot.path.stat().st_mode & 0o077 == 0


def test_no_row_query_or_password_is_logged_even_when_everything_is(system: System, caplog):
    caplog.set_level(logging.DEBUG)
    with_table(system).tables = {"requests": "SELECT id, submitted_on FROM reimbursement_request"}
    caplog.clear()
    assert system.fetch().outcome == "new"
    assert SECRET not in caplog.text and "reimbursement_request" not in caplog.text


@pytest.mark.parametrize(
    "url", [f"postgresql+psycopg://clerk:{SECRET}", f"postgresql+psycopg://h:{SECRET}/db"]
)
@pytest.mark.parametrize("named", [True, False])
def test_a_password_that_stands_where_a_port_should_is_not_told(sqlite: System, url: str, named: bool):
    with_table(sqlite).tables = {"requests": "SELECT id FROM reimbursement_request"}
    text = told(sqlite, "${SYSTEM}" if named else url, SYSTEM=url)
    assert "cannot be used (ValueError)" in text
