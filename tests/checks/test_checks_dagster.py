"""What Dagster does with our claims, in real runs on a real SQLite instance."""

import logging
import warnings
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from invented_tables import (
    ABSENCE,
    ATTENDANCE,
    CONTRACTS,
    ORGANIZATION_ROWS,
    ORGANIZATIONS,
    planted,
    write_rows,
)

from checks.claim import Claim
from checks.dagster_checks import build_table_checks
from checks.result import CheckResult
from checks.run import run_checks
from warehouse.model.contract import ClaimSpec, Contract
from warehouse.model.errors import SpmError

YEARS = dg.StaticPartitionsDefinition(["2020", "2021"])
STUDENT = "9183746520"
Run = Callable[[Contract, int | None], list[CheckResult]]
pytestmark = pytest.mark.filterwarnings("ignore")


class House:
    """One checked table and one measure downstream of it, in a job partitioned by school year."""

    def __init__(
        self, contract: Contract, run: Run, instance: dg.DagsterInstance, *, grouped: bool = False
    ) -> None:
        self.built: list[str] = []
        self.instance = instance
        key = dg.AssetKey([contract.layer, contract.table])

        @dg.asset(key=key, partitions_def=YEARS)
        def table() -> None: ...

        @dg.asset(key=["measures", "rate"], deps=[key], partitions_def=YEARS)
        def rate(context: dg.AssetExecutionContext) -> None:
            self.built.append(context.partition_key)

        self.checks = build_table_checks(contract, run, suites=(), partitions_def=YEARS, grouped=grouped)
        job = dg.define_asset_job("refresh", selection="*", partitions_def=YEARS)
        self.definitions = dg.Definitions(assets=[table, rate], asset_checks=[self.checks], jobs=[job])

    def refresh(self, year: str | None = "2021") -> dg.ExecuteInProcessResult:
        job = self.definitions.resolve_job_def("refresh")
        return job.execute_in_process(partition_key=year, instance=self.instance, raise_on_error=False)


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    home = tmp_path / "dagster"
    home.mkdir()
    (home / "dagster.yaml").write_text("telemetry: {enabled: false}\n", encoding="utf-8")
    with dg.DagsterInstance.from_config(str(home)) as made:
        yield made


def lake_run(tmp_path: Path, contract: Contract, rows_of: Callable[[int], list[dict[str, Any]]]) -> Run:
    def run(given: Contract, school_year: int | None) -> list[CheckResult]:
        assert school_year is not None
        file = write_rows(tmp_path / f"t{school_year}.parquet", given, rows_of(school_year))
        organizations = write_rows(tmp_path / "o.parquet", ORGANIZATIONS, ORGANIZATION_ROWS)
        return run_checks(
            given,
            views={given.name: [file], "core.organizations": [organizations]},
            target=given.name,
            school_year=school_year,
            data_version=f"v{school_year}",
            failing_dir=tmp_path / "failing",
            today=date(2026, 11, 24),
            contracts=CONTRACTS,
            extra_suites=(),
        )

    return run


def evaluations(result: dg.ExecuteInProcessResult) -> dict[str, dg.AssetCheckEvaluation]:
    return {e.check_name: e for e in result.get_asset_check_evaluations()}


def test_a_failed_error_stops_what_is_downstream_and_names_the_claim(
    tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    run = lake_run(tmp_path, ABSENCE, lambda year: planted(0, absent=101 if year == 2021 else 1))
    house = House(ABSENCE, run, instance)
    good, bad = house.refresh("2020"), house.refresh("2021")
    assert (good.success, bad.success, house.built) == (True, False, ["2020"])
    failure = next(e for e in bad.all_events if e.is_step_failure)
    assert "absent_do_not_exceed_eligible" in str(failure.step_failure_data.error)
    evaluation = evaluations(bad)["absent_do_not_exceed_eligible"]
    assert evaluation.severity == dg.AssetCheckSeverity.ERROR
    assert evaluation.metadata["failing_rows"].value == 1
    assert evaluation.metadata["school_year"].value == 2021
    assert "organization_id=0600001" in str(evaluation.metadata["first_failing_keys"].value)
    assert "Owner: student-data-team" in str(evaluation.description)
    assert {name for name, e in evaluations(bad).items() if not e.passed} == {"absent_do_not_exceed_eligible"}


def test_each_evaluation_is_filed_under_its_school_year(tmp_path: Path, instance: dg.DagsterInstance) -> None:
    house = House(ABSENCE, lake_run(tmp_path, ABSENCE, lambda _year: planted(0)), instance)
    result = house.refresh("2020")
    assert {e.partition for e in evaluations(result).values()} == {"2020"}


def test_a_failed_warning_stops_nothing(tmp_path: Path, instance: dg.DagsterInstance) -> None:
    house = House(ABSENCE, lake_run(tmp_path, ABSENCE, lambda _year: planted(0, absent=0)), instance)
    result = house.refresh()
    assert (result.success, house.built) == (True, ["2021"])
    evaluation = evaluations(result)["someone_is_absent"]
    assert (evaluation.passed, evaluation.severity) == (False, dg.AssetCheckSeverity.WARN)


def test_a_crashed_warning_stops_what_is_downstream(tmp_path: Path, instance: dg.DagsterInstance) -> None:
    broken = ClaimSpec(
        claim="broken",
        sentence="s",
        remedy="r",
        severity="warn",
        failing_rows="SELECT organization_id FROM {table} WHERE CAST(student_group AS INTEGER) > 0",
    )
    contract = ABSENCE.model_copy(update={"claims": (broken,)})
    house = House(contract, lake_run(tmp_path, contract, lambda _year: planted(0)), instance)
    result = house.refresh()
    assert (result.success, house.built) == (False, [])
    assert evaluations(result)["broken"].metadata["kind"].value == "crash"


def test_a_run_that_raises_or_forgets_a_claim_stops_what_is_downstream(instance: dg.DagsterInstance) -> None:
    def raises(_contract: Contract, _year: int | None) -> list[CheckResult]:
        raise SpmError("The lake is on fire", remedy="Put it out")

    for run in (raises, lambda _contract, _year: []):
        house = House(ABSENCE, run, instance)
        result = house.refresh()
        assert (result.success, house.built) == (False, [])
        assert {e.passed for e in evaluations(result).values()} == {False}


def test_a_run_without_a_school_year_builds_nothing_and_says_why(
    tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    house = House(ABSENCE, lake_run(tmp_path, ABSENCE, lambda _year: planted(0)), instance)
    job = house.definitions.resolve_implicit_global_asset_job_def()
    checks = {spec.key for spec in house.checks.check_specs}
    alone = job.get_subset(asset_selection=set(), asset_check_selection=checks)
    result = alone.execute_in_process(instance=instance, raise_on_error=False)
    assert (result.success, house.built) == (False, [])
    assert any("one school year at a time" in str(e.event_specific_data) for e in result.all_events)


def test_one_claim_may_be_run_alone_for_one_school_year(tmp_path: Path, instance: dg.DagsterInstance) -> None:
    house = House(ABSENCE, lake_run(tmp_path, ABSENCE, lambda _year: planted(0)), instance)
    key = dg.AssetCheckKey(dg.AssetKey(["core", "absence"]), "key_is_unique")
    job = house.definitions.resolve_implicit_global_asset_job_def()
    alone = job.get_subset(asset_selection=set(), asset_check_selection={key})
    result = alone.execute_in_process(instance=instance, partition_key="2021", raise_on_error=False)
    assert result.success
    assert set(evaluations(result)) == {"key_is_unique"}


def test_a_table_without_years_is_checked_without_a_partition(
    tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    seen: list[int | None] = []

    def run(contract: Contract, school_year: int | None) -> list[CheckResult]:
        seen.append(school_year)
        return []

    contract = ABSENCE.model_copy(update={"partitioned": False})
    checks = build_table_checks(contract, run, suites=())
    definitions = dg.Definitions(asset_checks=[checks])
    definitions.resolve_implicit_global_asset_job_def().execute_in_process(
        instance=instance, raise_on_error=False
    )
    assert seen == [None]


@pytest.mark.parametrize("how", ["failing rows", "crash in SQL", "exception"])
def test_no_value_of_a_student_reaches_dagster_or_a_log(
    tmp_path: Path,
    instance: dg.DagsterInstance,
    how: str,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    broken = ClaimSpec(
        claim="broken",
        sentence="s",
        remedy="r",
        failing_rows="SELECT student_id FROM {table} WHERE CAST(student_id || 'x' AS INTEGER) > 0",
    )
    contract = ATTENDANCE.model_copy(update={"claims": (broken,)}) if how == "crash in SQL" else ATTENDANCE
    row = {"student_id": STUDENT, "school_year": 2021, "days_enrolled": 180, "days_absent": 181}
    inner = lake_run(tmp_path, contract, lambda _year: [row])

    def run(given: Contract, school_year: int | None) -> list[CheckResult]:
        if how == "exception":
            try:
                int(STUDENT + "x")
            except ValueError as problem:
                raise RuntimeError(f"cannot convert {STUDENT}") from problem
        return inner(given, school_year)

    house = House(contract, run, instance)
    result = house.refresh()
    assert (result.success, house.built) == (False, [])
    captured = capfd.readouterr()
    assert STUDENT not in caplog.text + captured.out + captured.err
    home = tmp_path / "dagster"
    files = [path for path in home.rglob("*") if path.is_file()]
    assert any(path.suffix == ".db" and path.stat().st_size > 0 for path in files)
    assert [path for path in files if STUDENT.encode() in path.read_bytes()] == []


def test_the_search_for_a_student_would_find_a_value_that_dagster_was_told(
    tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    def tells(contract: Contract, _year: int | None) -> list[CheckResult]:
        raise RuntimeError(f"cannot convert {STUDENT}")

    house = House(ABSENCE, tells, instance)  # not restricted, so its exceptions are told in full
    assert not house.refresh().success
    files = [path for path in (tmp_path / "dagster").rglob("*") if path.is_file()]
    assert any(STUDENT.encode() in path.read_bytes() for path in files)


def test_grouped_checks_are_fewer_and_still_name_the_claim_that_fails(
    tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    run = lake_run(tmp_path, ABSENCE, lambda _year: planted(0, eligible=None))
    single, grouped = House(ABSENCE, run, instance), House(ABSENCE, run, instance, grouped=True)
    assert len(list(grouped.checks.check_specs)) < len(list(single.checks.check_specs))
    result = grouped.refresh()
    assert (result.success, grouped.built) == (False, [])
    failing = {name: e for name, e in evaluations(result).items() if not e.passed}
    assert set(failing) == {"columns_are_present"}
    assert failing["columns_are_present"].metadata["failing_claims"].value == ["eligible_is_present"]
    assert "eligible_is_present FAILED" in str(failing["columns_are_present"].description)


def test_a_check_may_be_filed_by_year_without_a_warning_in_the_log() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", dg.PreviewWarning)
        build_table_checks(ABSENCE, lambda _c, _y: [], suites=(), partitions_def=YEARS)


def test_two_claims_of_one_name_are_refused(tmp_path: Path) -> None:
    from checks.claim import NoRows

    double = Claim(
        name="key_is_unique",
        sentence="s",
        table="core.absence",
        severity="warn",
        owner="o",
        remedy="r",
        rule=NoRows(),
        failing_rows="SELECT 1",
        shown=(),
        needs=frozenset({"core.absence"}),
        from_suite=True,
    )
    with pytest.raises(SpmError, match="key_is_unique"):
        build_table_checks(ABSENCE, lambda _c, _y: [], suites=(double,))
