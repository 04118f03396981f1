"""The traps of Great Expectations on DuckDB: each has a test that fails when the cure is taken away."""

from __future__ import annotations

import importlib
import logging
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa
from invented_tables import (
    ABSENCE,
    ATTENDANCE,
    CONTRACTS,
    GOOD_ROWS,
    ORGANIZATION_ROWS,
    ORGANIZATIONS,
    TODAY,
    failed,
    planted,
    write_rows,
)

from checks import duckdb_dialect, gx_bridge
from checks.catalog import Catalog
from checks.claim import Claim, NoRows
from checks.claims import claims_of
from checks.message import describe
from checks.result import CheckResult
from warehouse.model.contract import ClaimSpec
from warehouse.model.errors import SpmError

Check = Callable[..., dict[str, CheckResult]]
PROJECT = Path(__file__).resolve().parents[2]
STUDENT = "9183746520"


def _claim(sql: str, *, name: str = "written", severity: Any = "error", **more: Any) -> Claim:
    return Claim(
        name=name,
        sentence="s",
        table="core.absence",
        severity=severity,
        owner="o",
        remedy="r",
        rule=NoRows(),
        failing_rows=sql,
        shown=("organization_id",),
        needs=frozenset({"core.absence"}),
        from_suite=True,
        **more,
    )


def test_rows_outlive_their_connection() -> None:
    duckdb_dialect.register()
    engine = sa.create_engine(f"{duckdb_dialect.DRIVER}:///:memory:buffered_test")
    with engine.connect() as connection:
        result = connection.execute(sa.text("SELECT i FROM range(3) AS t(i)"))
    assert [row.i for row in result] == [0, 1, 2]
    engine.dispose()


def test_without_the_buffer_rows_die_with_their_connection() -> None:
    """When this fails, the driver was mended and `duckdb_dialect` can be removed."""
    engine = sa.create_engine("duckdb:///:memory:unbuffered_test", poolclass=sa.pool.NullPool)
    with engine.connect() as connection:
        result = connection.execute(sa.text("SELECT i FROM range(3) AS t(i)"))
    with pytest.raises(Exception, match=r"."):
        assert [row.i for row in result] == [0, 1, 2]


def test_the_dialect_builds_on_public_names_only() -> None:
    source = Path(duckdb_dialect.__file__).read_text(encoding="utf-8")
    names = [word for line in source.splitlines() if "import" in line for word in line.split()]
    assert not [name for name in names if name.startswith("_") and name != "__future__"]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM core.absence WHERE NOT regexp_full_match(organization_id, '(?:0[0-9]{6}|CA)')",
        "SELECT organization_id FROM core.absence WHERE {'a': eligible}.a::BIGINT > 100",
        "SELECT organization_id FROM core.absence WHERE organization_id LIKE '%:x{batch}%' -- a remark",
        "SELECT organization_id FROM core.absence WHERE organization_id IN ('$1', '?', '\\\\:y')",
    ],
)
def test_sql_reaches_duckdb_as_it_was_written(check: Check, sql: str) -> None:
    assert check(suites=(_claim(sql),))["written"].passed
    opposite = (
        f"SELECT * FROM core.absence WHERE organization_id NOT IN (SELECT organization_id FROM ({sql}\n))"
    )
    result = check(suites=(_claim(opposite),))["written"]
    assert (result.kind, result.failing_rows) == ("data", 3)


@pytest.mark.parametrize("severity", ["error", "warn"])
def test_an_exception_is_a_blocking_crash_and_takes_no_other_claim_with_it(
    check: Check, severity: Any
) -> None:
    broken = _claim(
        "SELECT organization_id FROM core.absence WHERE CAST(student_group AS INTEGER) > 0", severity=severity
    )
    results = check(planted(0, absent=101), suites=(broken,))
    assert failed(results) == {"written", "absent_do_not_exceed_eligible"}
    crash = results["written"]
    assert (crash.kind, crash.stops, crash.severity, crash.failing_rows) == ("crash", True, "error", 0)
    assert "Conversion" in str(crash.detail)
    assert "COULD NOT BE CHECKED" in describe(crash)
    assert results["absent_do_not_exceed_eligible"].kind == "data"


def test_a_crash_of_a_restricted_table_tells_only_its_type(
    check: Check, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    broken = ClaimSpec(
        claim="broken",
        sentence="s",
        remedy="r",
        failing_rows="SELECT student_id FROM {table} WHERE CAST(student_id || 'x' AS INTEGER) > 0",
    )
    contract = ATTENDANCE.model_copy(update={"claims": (broken,)})
    rows = [{"student_id": STUDENT, "school_year": 2021, "days_enrolled": 180, "days_absent": 1}]
    result = check(rows, contract)["broken"]
    assert (result.kind, result.detail) == ("crash", "duckdb.ConversionException")
    captured = capfd.readouterr()
    assert STUDENT not in result.to_json() + describe(result) + caplog.text + captured.out + captured.err


def damaged(path: Path, column: str) -> Path:
    """The same file with one column's data unreadable."""
    metadata = pq.ParquetFile(path).metadata
    place = metadata.schema.names.index(column)
    chunk = metadata.row_group(0).column(place)
    start = chunk.dictionary_page_offset or chunk.data_page_offset
    content = bytearray(path.read_bytes())
    content[start : start + chunk.total_compressed_size] = b"\xff" * chunk.total_compressed_size
    path.write_bytes(content)
    return path


def test_a_column_that_cannot_be_read_is_a_crash_of_its_own_claims_only(
    check: Check, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Great Expectations asks all column claims in one query, which fails as one and is logged as one."""
    caplog.set_level(logging.DEBUG)
    file = damaged(write_rows(tmp_path / "t.parquet", ABSENCE, GOOD_ROWS), "eligible")
    organizations = write_rows(tmp_path / "o.parquet", ORGANIZATIONS, ORGANIZATION_ROWS)
    results = check(views={"core.absence": [file], "core.organizations": [organizations]})
    # The claims that compare it with other columns are settled by the file's statistics, without reading it.
    assert failed(results) == {"eligible_is_present", "eligible_is_within_bounds"}
    assert {results[name].kind for name in failed(results)} == {"crash"}
    assert [r.name for r in caplog.records if r.name.startswith("great_expectations")] == []


def test_what_breaks_a_whole_validation_is_asked_again_claim_by_claim(
    check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    gx_bridge.import_great_expectations()
    batch = importlib.import_module("great_expectations.datasource.fluent.interfaces").Batch
    whole = batch.validate

    def breaks(self: Any, suite: Any, **more: Any) -> Any:
        if any(e.meta["claim"] == "key_is_unique" for e in suite.expectations):
            raise TypeError("Object of type bool is not JSON serializable")
        return whole(self, suite, **more)

    monkeypatch.setattr(batch, "validate", breaks)
    results = check(planted(0, absent=101))
    assert failed(results) == {"key_is_unique", "absent_do_not_exceed_eligible"}
    assert (results["key_is_unique"].kind, results["key_is_unique"].stops) == ("crash", True)


def test_great_expectations_decides_and_a_verdict_without_rows_is_a_crash(
    check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    verdict = gx_bridge.Verdict(passed=False)
    monkeypatch.setattr(
        gx_bridge, "evaluate", lambda _u, _t, claims, **_k: dict.fromkeys((c.name for c in claims), verdict)
    )
    result = check()["absent_do_not_exceed_eligible"]
    assert (result.kind, result.stops) == ("crash", True)


def test_core_expectations_are_used_where_they_exist(tmp_path: Path) -> None:
    gx = gx_bridge.import_great_expectations()
    claims = {c.name: c for c in claims_of(ABSENCE, CONTRACTS)}
    kinds = {name: type(gx_bridge._expectation(gx, claim)).__name__ for name, claim in claims.items()}
    assert kinds["eligible_is_present"] == "ExpectColumnValuesToNotBeNull"
    assert kinds["student_group_is_a_known_code"] == "ExpectColumnValuesToBeInSet"
    assert kinds["rate_is_within_bounds"] == "ExpectColumnValuesToBeBetween"
    assert kinds["row_count_is_within_bounds"] == "ExpectTableRowCountToBeBetween"
    assert kinds["organization_id_is_well_formed"] == "UnexpectedRowsExpectation"


def test_great_expectations_sees_a_count_and_no_row(tmp_path: Path) -> None:
    gx = gx_bridge.import_great_expectations()
    rows = [{"student_id": STUDENT, "school_year": 2021, "days_enrolled": 1, "days_absent": 2}]
    file = write_rows(tmp_path / "a.parquet", ATTENDANCE, rows)
    claim = next(c for c in claims_of(ATTENDANCE, CONTRACTS) if c.name.startswith("absent_days"))
    with Catalog({"core.attendance": [file]}, CONTRACTS) as catalog:
        context = gx.get_context(mode="ephemeral")
        source = context.data_sources.add_sql("s", connection_string=catalog.url)
        batch = source.add_table_asset("t", table_name="attendance", schema_name="core")
        outcome = (
            batch.add_batch_definition_whole_table("b")
            .get_batch()
            .validate(gx_bridge._expectation(gx, claim), result_format="COMPLETE")
        )
        source.get_engine().dispose()
    assert outcome.success is False
    assert STUDENT not in str(outcome.to_json_dict())
    assert outcome.result["details"]["unexpected_rows"] == [{"failing_rows": 1}]


def test_importing_the_checks_imports_neither_great_expectations_nor_dagster() -> None:
    code = (
        "import sys, checks.run, checks.suites, checks.release_audit, checks.message\n"
        "heavy = {'great_expectations', 'dagster', 'pandas', 'sqlglot', 'duckdb'} & set(sys.modules)\n"
        "print(sorted(heavy))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_an_import_that_ends_python_is_a_clear_error_and_no_silent_success(tmp_path: Path) -> None:
    package = tmp_path / "great_expectations"
    package.mkdir()
    (package / "__init__.py").write_text("import sys\nsys.exit(0)\n", encoding="utf-8")
    code = (
        "import sys\n"
        f"sys.path[:0] = [{str(tmp_path)!r}, {str(PROJECT)!r}]\n"
        "from checks.gx_bridge import import_great_expectations\n"
        "import_great_expectations()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "tried to end Python with exit code 0" in done.stderr
    assert issubclass(SpmError, Exception)  # so that `except Exception` of a step sees it, unlike SystemExit


def test_telemetry_is_off_before_the_import() -> None:
    code = (
        "import os, sys\n"
        "from checks.gx_bridge import import_great_expectations\n"
        "import_great_expectations()\n"
        "import great_expectations as gx\n"
        "context = gx.get_context(mode='ephemeral')\n"
        "on = context.config.analytics_enabled\n"
        "print(os.environ['GX_ANALYTICS_ENABLED'], on, 'posthog' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() in (["false", "None", "False"], ["false", "False", "False"])


def test_a_claim_about_absence_applies_to_a_year_without_rows_only_when_it_says_so(check: Check) -> None:
    sql = (
        "SELECT o.organization_id FROM core.organizations AS o "
        "WHERE NOT EXISTS (SELECT 1 FROM core.absence AS a WHERE a.organization_id = o.organization_id)"
    )
    claim = replace(_claim(sql), needs=frozenset({"core.absence", "core.organizations"}))
    assert check([], suites=(claim,))["written"].passed
    assert check([], suites=(replace(claim, applies_to_empty=True),))["written"].failing_rows == 2


def test_a_restricted_table_read_by_a_public_ones_claim_shows_no_key(check: Check, tmp_path: Path) -> None:
    claim = replace(
        _claim("SELECT student_id AS organization_id FROM core.attendance, core.absence"),
        needs=frozenset({"core.absence", "core.attendance"}),
    )
    rows = [{"student_id": STUDENT, "school_year": 2021, "days_enrolled": 2, "days_absent": 1}]
    views = {
        "core.absence": [write_rows(tmp_path / "b.parquet", ABSENCE, GOOD_ROWS)],
        "core.attendance": [write_rows(tmp_path / "a.parquet", ATTENDANCE, rows)],
        "core.organizations": [],
    }
    result = check(views=views, suites=(claim,), today=TODAY)["written"]
    assert (result.passed, result.failing_keys) == (False, ())
