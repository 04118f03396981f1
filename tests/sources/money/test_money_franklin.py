"""Franklin's money systems agree with each other to the cent, as they were read."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from money_reading import read_release

from simulator.generate import generate
from simulator.settings import Settings
from sources.read import ReadResult
from warehouse.model.agency import load_agency

YEAR = 2025
SOURCES = (
    "state_grants_management",
    "state_general_ledger",
    "ed_g6_awards",
    "ed_title_i_allocations",
    "nces_f33",
    "lea_finance",
)


@pytest.fixture(scope="module")
def readings(project: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, ReadResult]]:
    agency = load_agency(project / "agencies" / "franklin")
    folder = tmp_path_factory.mktemp("money")
    data = generate(Settings(students=2_000, seed=8, years=(YEAR,)), folder / "data").folder
    found = {}
    for source in SOURCES:
        (release,) = [r for r in agency.sources[source].releases if YEAR in r.school_years]
        of_year = release.model_copy(update={"school_years": (YEAR,)})
        found[source] = read_release(source, of_year, data, folder)
    return found


@pytest.fixture(scope="module")
def raw(readings: dict[str, dict[str, ReadResult]]) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("CREATE SCHEMA raw")
    for source, tables in readings.items():
        for name, result in tables.items():
            connection.register("incoming", result.table)
            connection.execute(f"CREATE TABLE raw.{source}__{name} AS SELECT * FROM incoming")
    return connection


def apart(raw: duckdb.DuckDBPyConnection, one: str, other: str) -> list[tuple[object, ...]]:
    """What either of two queries gives and the other does not."""
    return raw.execute(f"(({one}) EXCEPT ALL ({other})) UNION ALL (({other}) EXCEPT ALL ({one}))").fetchall()


@pytest.mark.parametrize("source", SOURCES)
def test_every_row_is_read_without_remark(readings: dict[str, dict[str, ReadResult]], source: str):
    for name, result in readings[source].items():
        assert result.rows_in == result.rows_out > 0, name
        assert result.warnings == (), name


def test_draws_of_the_payment_system_are_those_of_the_agency(raw: duckdb.DuckDBPyConnection):
    ours = "SELECT award_id, draw_id, amount_cents FROM raw.state_grants_management__draws"
    theirs = (
        "SELECT award_id, payment_request_id, CAST(amount_usd * 100 AS BIGINT) FROM raw.ed_g6_awards__draws"
    )
    assert apart(raw, ours, theirs) == []


def test_what_an_award_has_drawn_is_the_sum_of_its_draws(raw: duckdb.DuckDBPyConnection):
    awards = "SELECT award_id, drawn_usd FROM raw.ed_g6_awards__awards WHERE drawn_usd <> 0"
    draws = "SELECT award_id, sum(amount_usd) FROM raw.ed_g6_awards__draws GROUP BY 1"
    assert apart(raw, awards, draws) == []


def test_the_ledger_spends_what_was_paid_less_what_came_back(raw: duckdb.DuckDBPyConnection):
    ledger = (
        "SELECT document_type, document_number, CAST(sum(amount_cents) AS BIGINT) AS cents "
        "FROM raw.state_general_ledger__entries WHERE document_type IN ('payment', 'refund') GROUP BY ALL"
    )
    grants = (
        "SELECT 'payment', payment_id, amount_cents FROM raw.state_grants_management__payments UNION ALL "
        "SELECT 'refund', refund_id, -amount_cents FROM raw.state_grants_management__refunds"
    )
    assert apart(raw, ledger, grants) == []


def test_a_version_of_an_allocation_divides_its_award_to_the_cent(raw: duckdb.DuckDBPyConnection):
    divided = """
        SELECT v.award_id, v.version, v.award_cents, v.unallocated_cents
            + coalesce((SELECT sum(amount_cents) FROM raw.state_grants_management__allocations AS a
                WHERE a.award_id = v.award_id AND a.version = v.version), 0)
            + coalesce((SELECT sum(amount_cents) FROM raw.state_grants_management__reservations AS r
                WHERE r.award_id = v.award_id AND r.version = v.version), 0) AS divided_cents
        FROM raw.state_grants_management__allocation_versions AS v
    """
    rows = raw.execute(f"SELECT count(*), count(*) FILTER (award_cents <> divided_cents) FROM ({divided})")
    total, wrong = rows.fetchone() or (0, 0)
    assert total > 20 and wrong == 0


def test_nothing_but_leas_is_an_lea_in_the_title_i_workbook(raw: duckdb.DuckDBPyConnection):
    kinds = dict(
        raw.execute(
            "SELECT row_kind, count(*) FROM raw.ed_title_i_allocations__allocations GROUP BY 1"
        ).fetchall()
    )
    assert kinds["part_d_subpart_2"] == kinds["undistributed"] == 1
    leas = raw.execute(
        "SELECT count(*) FROM raw.ed_title_i_allocations__allocations AS t "
        "JOIN raw.state_grants_management__leas AS l ON l.lea_identifier_nces = t.lea_id_nces"
    ).fetchone()
    assert leas == (kinds["lea"],)


def test_the_survey_and_the_file_joined_from_it_give_one_row_an_lea(
    raw: duckdb.DuckDBPyConnection, project: Path
):
    raw.execute("CREATE SCHEMA IF NOT EXISTS agency")
    raw.execute("CREATE OR REPLACE TABLE agency.settings AS SELECT '88' AS state_ansi_code, 'FK' AS x")
    for schema in ("mapped", "core"):
        raw.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
    parts = [
        (project / "sources" / source / "core" / "lea_finance.sql").read_text(encoding="utf-8")
        for source in ("nces_f33", "lea_finance")
    ]
    union = " UNION ALL BY NAME ".join(f"({part})" for part in parts)
    raw.execute(f"CREATE OR REPLACE TABLE mapped.lea_finance AS {union}")
    core = (project / "assets" / "core" / "lea_finance.sql").read_text(encoding="utf-8")
    rows = raw.execute(
        f"SELECT source_id, count(*), count(DISTINCT organization_id) FROM ({core}) GROUP BY 1"
    )
    (found,) = rows.fetchall()
    doubled = raw.execute("SELECT count(*) FROM mapped.lea_finance").fetchone()
    assert found[0] == "nces_f33" and found[1] == found[2]
    assert doubled == (2 * found[1],)
