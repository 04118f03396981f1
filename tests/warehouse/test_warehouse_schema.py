"""Migrations, refusals of foreign databases, rights on PostgreSQL, and a reader that starts fast."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from invented_release import AGENCY, CONTRACTS, schema_of, simple

from warehouse.engine import parse_url, writer_engine
from warehouse.migrations import HEAD, VERSION_TABLE, known_revisions, upgrade
from warehouse.model.contract import Contract, FieldSpec
from warehouse.model.errors import SpmError
from warehouse.read import open_reader
from warehouse.schema import warehouse_schema
from warehouse.store import Warehouse


def test_the_migrations_make_the_tables_that_the_contracts_ask_for(url: str):
    """If this fails: write a migration for the changed contract (before the first release: change 0001)."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    Warehouse.open(url, AGENCY).dispose()
    schema = schema_of(url)
    engine = writer_engine(parse_url(url))

    def is_ours(name: str | None, kind: str, _parents: object) -> bool:
        return name == schema.schema if kind == "schema" else True

    with engine.connect() as connection, connection.begin():
        options = {
            "include_schemas": True, "include_name": is_ours, "compare_type": True,
            "version_table": VERSION_TABLE, "version_table_schema": schema.schema,
        }  # fmt: skip
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, schema.metadata) == []
        made = sa.inspect(connection)
        for table in schema.metadata.tables.values():
            key = made.get_pk_constraint(table.name, schema=schema.schema)["constrained_columns"]
            assert key == [column.name for column in table.primary_key.columns], table.name
    engine.dispose()


def test_rows_of_an_earlier_schema_are_kept_and_say_what_was_true_of_them(url: str):
    """A warehouse of migration 0002 with figures is opened by this code."""
    engine = writer_engine(parse_url(url))
    place = f"{schema_of(url).schema}." if schema_of(url).schema else ""
    figure = {
        "slice_id": 1, "measure_id": "some_rate", "organization_id": "FK", "organization_view": "none",
        "school_year": 2024, "period": "annual", "student_group": "all", "grade": "none", "subject": "none",
        "federal_program_code": "none", "award_id": "none", "organization_type": "SEA",
        "organization_name": "Franklin", "unit": "percent", "basis": "published", "value": 12.5,
        "is_ranged": False, "is_partial_coverage": False, "data_status": "final", "measure_version": 1,
        "core_rows": 3,
    }  # fmt: skip
    with engine.begin() as connection:
        upgrade(connection, "0002")
        for table in ("measure_value", "public_measure_value"):
            names = ", ".join(figure)
            given = ", ".join(f":{name}" for name in figure)
            insert = f"INSERT INTO {place}{table} ({names}) VALUES ({given})"
            connection.execute(sa.text(insert), figure)
    Warehouse.open(url, AGENCY).dispose()
    with engine.connect() as connection:
        assert connection.execute(sa.text(f"SELECT version_num FROM {place}{VERSION_TABLE}")).scalar() == HEAD
        for table in ("measure_value", "public_measure_value"):
            (row,) = connection.execute(sa.text(f"SELECT * FROM {place}{table}")).mappings()
            assert {name: row[name] for name in figure} == figure
            assert row["strategy_id"] == "none"
    engine.dispose()


def test_the_head_known_without_alembic_is_alembics():
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    from warehouse.migrations import SCRIPTS

    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    scripts = ScriptDirectory.from_config(config)
    assert scripts.get_heads() == [HEAD]
    assert {script.revision for script in scripts.walk_revisions()} == known_revisions()


def test_opening_again_changes_nothing(url: str):
    for _ in range(2):
        with Warehouse.open(url, AGENCY) as warehouse:
            warehouse.publish(simple())
            assert [info.release_id for info in warehouse.releases()] == [1]


def test_the_warehouse_of_another_agency_is_refused(url: str):
    Warehouse.open(url, AGENCY).dispose()
    with pytest.raises(SpmError, match="belongs to 'franklin'") as refused:
        Warehouse.open(url, "california")
    assert "SPM_WAREHOUSE_URL" in refused.value.remedy
    with Warehouse.open(url, AGENCY) as warehouse:
        warehouse.publish(simple())
    with pytest.raises(SpmError, match="belongs to 'franklin'"), open_reader(url, agency_id="california"):
        pass


def test_a_warehouse_newer_than_the_code_is_refused(url: str):
    with Warehouse.open(url, AGENCY) as warehouse:
        prefix = f"{warehouse.schema.schema}." if warehouse.schema.schema else ""
        with warehouse.engine.begin() as connection:
            connection.execute(sa.text(f"UPDATE {prefix}{VERSION_TABLE} SET version_num = '0999'"))
    with pytest.raises(SpmError, match="version 0999, newer than this code's") as refused:
        Warehouse.open(url, AGENCY)
    assert "Update the code" in refused.value.remedy


def test_a_database_of_something_else_is_left_alone(tmp_path: Path):
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE precious (x)")
    with pytest.raises(SpmError, match="tables of something else"):
        Warehouse.open(f"sqlite:///{path}", AGENCY)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("precious",)]


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("mysql://root:secret@host/db", "needs a SQLite file or PostgreSQL"),
        ("sqlite://", "needs a SQLite file or PostgreSQL"),
        ("not a url", "not a database URL"),
        ("postgresql://u:secret@127.0.0.1:1/db", "Opening the warehouse failed"),
    ],
)
def test_a_wrong_address_is_one_clear_error_without_the_password(url: str, message: str):
    with pytest.raises(SpmError, match=message) as refused:
        Warehouse.open(url, AGENCY)
    assert "secret" not in str(refused.value)


def test_a_file_that_is_no_database_is_one_clear_error(tmp_path: Path):
    path = tmp_path / "internal.db"
    path.write_text("not a database, but long enough to look at" * 50)
    with pytest.raises(SpmError, match="file is not a database"):
        Warehouse.open(f"sqlite:///{path}", AGENCY)


def test_views_follow_the_contracts_without_a_migration(sqlite_url: str):
    Warehouse.open(sqlite_url, AGENCY).dispose()
    engine = writer_engine(parse_url(sqlite_url))
    with engine.begin() as connection:
        connection.execute(sa.text("DROP VIEW current_scorecard"))
        connection.execute(sa.text("UPDATE warehouse SET views_hash = 'older'"))
    engine.dispose()
    with Warehouse.open(sqlite_url, AGENCY) as warehouse:
        assert "current_scorecard" in sa.inspect(warehouse.engine).get_view_names()


def contract(**change: object) -> dict[str, Contract]:
    field = FieldSpec(name="groups", type="text_list", description="Groups.")
    return {"target": CONTRACTS["target"].model_copy(update={"fields": (field,), **change})}


@pytest.mark.parametrize(
    ("contracts", "message"),
    [
        (contract(), "cannot be a list"),
        (contract(privacy="restricted"), "single students is never published"),
    ],
)
def test_what_must_not_be_published_has_no_table(contracts: dict[str, Contract], message: str):
    with pytest.raises(SpmError, match=message):
        warehouse_schema("sqlite", contracts)


def as_role(url: str, role: str) -> psycopg.Connection[tuple[object, ...]]:
    connection = psycopg.connect(url.replace("+psycopg", ""), autocommit=True)
    connection.execute(f"SET ROLE {role}")
    return connection


def test_a_public_reader_reads_the_public_views_and_nothing_else(postgres_url: str):
    with Warehouse.open(postgres_url, AGENCY) as warehouse:
        warehouse.publish(simple())
    with as_role(postgres_url, "spm_public_reader") as connection:
        query = "SELECT value FROM spm_public.current_measure_value"
        assert connection.execute(query).fetchall() == [(12.0,)]
        assert connection.execute("SELECT release_id FROM spm_public.current_release").fetchall() == [(1,)]
        for name in (
            "current_measure_value",
            "measure_value",
            "public_measure_value",
            "check_result",
            "slice",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(f"SELECT * FROM spm_internal.{name}")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("CREATE TABLE spm_public.mine (x int)")


def test_an_internal_reader_reads_both_faces_and_writes_nothing(postgres_url: str):
    with Warehouse.open(postgres_url, AGENCY) as warehouse:
        warehouse.publish(simple())
    with as_role(postgres_url, "spm_internal_reader") as connection:
        for schema in ("spm_internal", "spm_public"):
            assert connection.execute(f"SELECT n FROM {schema}.current_measure_value").fetchall() == [(100,)]
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("UPDATE spm_internal.pointer SET release_id = 7")


def test_a_writer_publishes_without_owning_the_schema(postgres_url: str, postgres_server: str):
    with Warehouse.open(postgres_url, AGENCY) as warehouse:
        warehouse.publish(simple(1))
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS test_clerk")
        connection.execute("CREATE ROLE test_clerk LOGIN IN ROLE spm_writer")
    with Warehouse.open(postgres_url.replace("postgres:@", "test_clerk:@"), AGENCY) as warehouse:
        assert warehouse.publish(simple(2)).release_id == 2
        assert warehouse.prune(1).slices == 2
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute("DROP ROLE test_clerk")


def test_the_database_says_what_its_columns_mean(postgres_url: str):
    Warehouse.open(postgres_url, AGENCY).dispose()
    query = "SELECT col_description('spm_public.current_measure_value'::regclass, {n})"
    with psycopg.connect(postgres_url.replace("+psycopg", "")) as connection:
        names = connection.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = 'spm_public.current_measure_value'::regclass "
            "AND attnum > 0 ORDER BY attnum"
        ).fetchall()
        meanings = [connection.execute(query.format(n=n + 1)).fetchone() for n in range(len(names))]
    assert all(meaning and meaning[0] for meaning in meanings)


def test_reading_imports_neither_arrow_nor_pandas_nor_alembic(sqlite_url: str):
    with Warehouse.open(sqlite_url, AGENCY) as warehouse:
        warehouse.publish(simple())
    script = (
        "import sys\nfrom warehouse.read import open_reader\n"
        f"with open_reader({sqlite_url!r}) as reader:\n"
        "    reader.scorecard(), reader.releases(), reader.checks()\n"
        "heavy = {'pyarrow', 'pandas', 'numpy', 'duckdb', 'alembic', 'pydantic'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
