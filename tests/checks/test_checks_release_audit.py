"""The audit of a staged release, on the warehouse's own views, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from invented_tables import TODAY

from checks.message import describe
from checks.release_audit import release_audit, release_claims
from checks.result import CheckResult
from warehouse.engine import parse_url, writer_engine
from warehouse.model.agency import Waiver
from warehouse.model.measure import Change, Derived, load_measures
from warehouse.schema import INTERNAL_SCHEMA, PUBLIC_SCHEMA, warehouse_schema
from warehouse.views import all_views, replace_views

RELEASE = 7
Audit = Callable[..., dict[str, CheckResult]]

VALUE: dict[str, Any] = {
    "measure_id": "absence_rate", "organization_id": "0600001", "organization_view": "authorizer",
    "school_year": 2021, "period": "annual", "student_group": "all", "grade": "all", "subject": "none",
    "federal_program_code": "none", "award_id": "none", "strategy_id": "none", "organization_type": "LEA",
    "n": 50, "value": 12.5,
}  # fmt: skip
STATUS: dict[str, Any] = {
    "plan_measure_id": "P1", "organization_id": "0600001", "organization_view": "authorizer",
    "school_year": 2021, "period": "annual", "measure_id": "absence_rate", "student_group": "all",
    "grade": "all", "subject": "none", "federal_program_code": "none", "award_id": "none",
    "strategy_id": "none", "actual": 12.5, "status": "MET",
    "status_reason": "", "trend": None, "gap_closed": None,
}  # fmt: skip
PLAN: dict[str, Any] = {
    "plan_measure_id": "P1", "measure_id": "absence_rate", "organization_id": None,
    "organization_type": "LEA",
    "student_group": "all", "grade": "all", "subject": "none", "federal_program_code": "none",
    "award_id": "none", "strategy_id": "none", "is_required": True,
}  # fmt: skip
ORGANIZATION: dict[str, Any] = {"organization_id": "0600001", "school_year": 2021}
MEASURE: dict[str, Any] = {
    "measure_id": "absence_rate", "counts_people": True, "minimum_n_rule": "reporting",
}  # fmt: skip
HIDDEN: dict[str, Any] = {
    **VALUE, "n": None, "core_rows": None, "value": None,
    "suppression": "below_minimum_n", "null_reason": "suppressed",
}  # fmt: skip
GAP, CHANGE, OF = "ela_proficiency_gap", "proficiency_change", "ela_proficiency_rate"
_CHANGED = {"id": CHANGE, "derived": Derived(change=Change(of=OF, years=2))}
MEASURES = load_measures()
MEASURES = {**MEASURES, CHANGE: MEASURES[GAP].model_copy(update=_CHANGED)}
SECRET: dict[str, Any] = {**STATUS, "status": "SUPPRESSED", "actual": None}
GOOD: dict[str, list[dict[str, Any]]] = {
    "measure_value": [VALUE], "public_measure_value": [VALUE],
    "measure_status": [STATUS], "public_measure_status": [STATUS],
    "plan_measure": [PLAN], "organization": [ORGANIZATION], "measure": [MEASURE], "public_measure": [MEASURE],
}  # fmt: skip


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    if request.param == "sqlite":
        made = writer_engine(parse_url(f"sqlite:///{tmp_path}/internal.db"))
    else:
        made = writer_engine(parse_url(request.getfixturevalue("postgres_url")))
    with made.begin() as connection:
        if request.param == "postgresql":
            for schema in (INTERNAL_SCHEMA, PUBLIC_SCHEMA):
                connection.exec_driver_sql(f"CREATE SCHEMA {schema}")
        schema = warehouse_schema(request.param)
        schema.metadata.create_all(connection)
        replace_views(connection, schema, all_views(schema))
    yield made
    made.dispose()


def filled(table: sa.Table, row: dict[str, Any]) -> dict[str, Any]:
    """The row, with something harmless in every column that may not be null and was not given."""
    plain = {str: "x", int: 0, float: 0.0, bool: False, date: TODAY, datetime: datetime(2026, 11, 24)}
    given = dict(row)
    for column in table.columns:
        if column.name not in given and not column.nullable:
            given[column.name] = plain[column.type.python_type]
    return given


@pytest.fixture
def audit(engine: sa.Engine) -> Audit:
    """Stage a release of these tables and audit it; gives the results by claim."""

    def run(
        changes: dict[str, list[dict[str, Any]]] | None = None,
        *,
        absent: list[dict[str, Any]] | None = None,
        slices: int = 1,
        school_years: tuple[int, ...] = (2021,),
        waivers: tuple[Waiver, ...] = (),
    ) -> dict[str, CheckResult]:
        schema = warehouse_schema(engine.dialect.name)
        with engine.begin() as connection:
            for release_id, state in ((RELEASE, "staged"), (RELEASE - 1, "published")):
                release = schema.ledger("release")
                row = {"release_id": release_id, "state": state}
                connection.execute(release.insert(), filled(release, row))
            for number, (name, rows) in enumerate({**GOOD, **(changes or {})}.items()):
                for part in range(slices):
                    add_slice(connection, schema, name, rows, slice_id=number * 10 + part, part=str(part))
            for given in absent or []:
                table = schema.ledger("absent_slice")
                row = {"release_id": RELEASE, "face": "internal", "table_name": "measure_value", **given}
                connection.execute(table.insert(), filled(table, row))
            fewest = {"minimum_n": 10, "accountability_minimum_n": 20}
            claimed = release_audit(
                **fewest, measures=MEASURES, school_years=school_years, today=TODAY, waivers=waivers
            )
            results = [CheckResult(**result) for result in claimed(connection, RELEASE)]
            assert connection.exec_driver_sql("SELECT 1").scalar_one() == 1  # the transaction still lives
        return {result.claim: result for result in results}

    return run


def add_slice(
    connection: sa.Connection, schema: Any, name: str, rows: list[dict[str, Any]], *, slice_id: int, part: str
) -> None:
    table = name.removeprefix("public_")
    face = "internal" if table == name else "public"
    key = {"face": face, "table_name": table, "school_year": 2021, "part": part, "slice_id": slice_id}
    for ledger, more in (("slice", {}), ("release_slice", {"release_id": RELEASE})):
        target = schema.ledger(ledger)
        connection.execute(target.insert(), filled(target, {**key, **more}))
    target = schema.rows(face, table)
    for row in rows:
        connection.execute(target.insert(), filled(target, {"slice_id": slice_id, **row}))


def failed(results: dict[str, CheckResult]) -> set[str]:
    return {name for name, result in results.items() if not result.passed}


def test_a_good_release_fails_no_claim(audit: Audit) -> None:
    results = audit()
    assert failed(results) == set()
    assert {r.kind for r in results.values()} == {"data"}
    assert results["measure_value_key_is_unique"].checked_rows == 1
    assert len(results) == len(
        release_claims(
            minimum_n=10, accountability_minimum_n=20, school_years=(2021,), measures=load_measures()
        )
    )


def test_a_figure_that_stands_in_two_slices_is_found_though_each_slice_is_sound(audit: Audit) -> None:
    results = audit(slices=2)
    assert failed(results) == {"measure_value_key_is_unique", "public_measure_value_key_is_unique"}
    result = results["measure_value_key_is_unique"]
    assert result.stops
    assert result.failing_keys[0].startswith("measure_id=absence_rate, organization_id=0600001")
    assert "published.measure_value" in describe(result)


@pytest.mark.parametrize(
    ("table", "change", "claim"),
    [
        ("public_measure_value", {"n": 9}, "no_public_figure_is_about_fewer_than_minimum_n"),
        ("public_measure_value", {"n": 0}, "no_public_figure_is_about_fewer_than_minimum_n"),
        ("measure_value", {"organization_id": "0699999"}, "organizations_of_measure_value_are_known"),
        ("measure_status", {"organization_id": "0699999"}, "organizations_of_measure_status_are_known"),
        ("measure_status", {"school_year": 2020}, "organizations_of_measure_status_are_known"),
    ],
)
def test_a_planted_defect_is_caught_by_its_claim_and_no_other(
    audit: Audit, table: str, change: dict[str, Any], claim: str
) -> None:
    results = audit({table: [{**GOOD[table][0], **change}]})
    assert failed(results) == {claim}
    assert results[claim].stops
    assert results[claim].failing_rows == 1


def test_a_group_of_nobody_without_a_figure_is_no_secret(audit: Audit) -> None:
    nobody = {**VALUE, "n": 0, "value": None, "null_reason": "denominator_is_zero"}
    assert failed(audit({"public_measure_value": [nobody]})) == set()


def test_money_and_days_have_no_minimum(audit: Audit) -> None:
    money = {**MEASURE, "counts_people": False}
    assert failed(audit({"public_measure_value": [{**VALUE, "n": 1}], "public_measure": [money]})) == set()


@pytest.mark.parametrize(
    ("rule", "counts_people", "n", "found"),
    [
        ("accountability", True, 19, True),
        ("accountability", True, 20, False),
        ("organizations", False, 4, True),
        ("organizations", False, 5, False),
    ],
)
def test_each_rule_has_its_own_minimum(
    audit: Audit, rule: str, counts_people: bool, n: int, found: bool
) -> None:
    measure = {**MEASURE, "minimum_n_rule": rule, "counts_people": counts_people}
    results = audit({"public_measure_value": [{**VALUE, "n": n}], "public_measure": [measure]})
    assert failed(results) == ({"no_public_figure_is_about_fewer_than_minimum_n"} if found else set())


def test_a_hidden_figure_may_not_be_told_by_itself_nor_by_its_status(audit: Audit) -> None:
    assert failed(audit({"public_measure_value": [HIDDEN], "public_measure_status": [SECRET]})) == set()


@pytest.mark.parametrize("told", [{"value_low": 1.0}, {"n": 12}, {"core_rows": 3}, {"numerator": Decimal(3)}])
def test_a_hidden_figure_that_tells_is_found(audit: Audit, told: dict[str, Any]) -> None:
    results = audit({"public_measure_value": [{**HIDDEN, **told}], "public_measure_status": [SECRET]})
    assert failed(results) == {"hidden_public_figures_tell_nothing"}


@pytest.mark.parametrize("told", [{"actual": 12.5}, {"status": "OFF_TRACK"}, {"trend": "DECLINING"}])
def test_a_status_that_tells_a_hidden_figure_is_found(audit: Audit, told: dict[str, Any]) -> None:
    status = {**SECRET, **told}
    results = audit({"public_measure_value": [HIDDEN], "public_measure_status": [status]})
    assert failed(results) == {"public_statuses_tell_no_hidden_figure"}


def rates(group: dict[str, Any], everyone: dict[str, Any], before: dict[str, Any]) -> list[dict[str, Any]]:
    """Public rates of a group, of all, and of the group two years before; a gap and a change of them."""
    rate = {**VALUE, "measure_id": OF, "subject": "ela", "student_group": "female"}
    made = [{**rate, "measure_id": name, "value": 2.5} for name in (GAP, CHANGE)]
    return [
        {**rate, **group},
        {**rate, "student_group": "all", **everyone},
        {**rate, "school_year": 2019, **before},
        *made,
    ]


UNSEEN = {name: HIDDEN[name] for name in ("n", "core_rows", "value", "suppression", "null_reason")}


@pytest.mark.parametrize(
    ("group", "everyone", "before", "told"),
    [
        ({"n": 40}, {"n": 50}, {"n": 40}, []),
        (UNSEEN, {"n": 50}, {"n": 40}, [GAP, CHANGE]),
        ({"n": 40}, UNSEEN, {"n": 40}, [GAP]),
        ({"n": 41}, {"n": 50}, {"n": 40}, [GAP]),
        ({"n": 40}, {"n": 50}, UNSEEN, [CHANGE]),
    ],
)
def test_a_difference_that_tells_a_hidden_side_is_found(
    audit: Audit, group: dict[str, Any], everyone: dict[str, Any], before: dict[str, Any], told: list[str]
) -> None:
    results = audit({"public_measure_value": rates(group, everyone, before)})
    claim = "public_differences_are_of_shown_figures"
    assert failed(results) == ({claim} if told else set())
    assert [key.split(", ")[0] for key in results[claim].failing_keys] == [f"measure_id={m}" for m in told]


PLAN_CLAIM = "every_measure_of_the_plan_has_a_value_or_a_reason"
NOTHING: dict[str, list[dict[str, Any]]] = {"measure_value": [], "measure_status": []}


def test_a_measure_of_the_plan_that_is_absent_without_a_reason_is_named_with_its_year(audit: Audit) -> None:
    result = audit(NOTHING, school_years=(2021, 2022))[PLAN_CLAIM]
    assert result.failing_keys == (
        "plan_measure_id=P1, measure_id=absence_rate, school_year=2021",
        "plan_measure_id=P1, measure_id=absence_rate, school_year=2022",
    )


@pytest.mark.parametrize(
    "changes",
    [
        {**NOTHING, "measure_status": [{**STATUS, "actual": None, "status_reason": "The file has not come"}]},
        {**NOTHING, "measure_value": [{**VALUE, "value": None, "null_reason": "no_input"}]},
        {**NOTHING, "measure_value": [VALUE]},
        {**NOTHING, "plan_measure": [{**PLAN, "is_required": False}]},
    ],
)
def test_a_value_or_a_reason_is_enough(audit: Audit, changes: dict[str, list[dict[str, Any]]]) -> None:
    assert audit(changes)[PLAN_CLAIM].passed


@pytest.mark.parametrize(
    "changes",
    [
        {**NOTHING, "measure_status": [{**STATUS, "actual": None}]},
        {**NOTHING, "measure_value": [{**VALUE, "value": None}]},
        {**NOTHING, "measure_value": [{**VALUE, "student_group": "female"}]},
        {**NOTHING, "measure_value": [{**VALUE, "organization_type": "SCHOOL"}]},
    ],
)
def test_a_row_that_says_nothing_of_the_measure_is_not_enough(
    audit: Audit, changes: dict[str, list[dict[str, Any]]]
) -> None:
    assert not audit(changes)[PLAN_CLAIM].passed


@pytest.mark.parametrize(
    ("absent", "enough"),
    [
        ({"school_year": 2021, "part": "absence_rate", "reason": "The source failed"}, True),
        ({"school_year": 0, "part": "", "reason": "No source is switched on"}, True),
        ({"school_year": 2020, "part": "absence_rate", "reason": "The source failed"}, False),
        ({"school_year": 2021, "part": "poverty_rate", "reason": "The source failed"}, False),
        ({"school_year": 2021, "part": "absence_rate", "reason": ""}, False),
        ({"release_id": RELEASE - 1, "school_year": 2021, "part": "", "reason": "Long ago"}, False),
    ],
)
def test_an_absent_slice_is_a_reason_for_its_own_measure_and_year(
    audit: Audit, absent: dict[str, Any], enough: bool
) -> None:
    assert audit(NOTHING, absent=[absent])[PLAN_CLAIM].passed == enough


def test_a_waiver_lets_the_plan_wait_but_never_the_minimum_n(audit: Audit) -> None:
    def waiver(claim: str, table: str) -> Waiver:
        return Waiver(claim=claim, table=table, who="J. Doe", why="in May", until=TODAY)

    tables = {**NOTHING, "public_measure_value": [{**VALUE, "n": 9}]}
    privacy = "no_public_figure_is_about_fewer_than_minimum_n"
    waivers = (waiver(PLAN_CLAIM, "measure_status"), waiver(privacy, "public_measure_value"))
    results = audit(tables, waivers=waivers)
    assert (results[PLAN_CLAIM].passed, results[PLAN_CLAIM].stops) == (False, False)
    assert (results[privacy].stops, results[privacy].waived_by) == (True, None)


def test_a_crash_is_a_result_that_stops_and_leaves_the_transaction_alive(
    audit: Audit, engine: sa.Engine
) -> None:
    with engine.begin() as connection:
        schema = warehouse_schema(engine.dialect.name)
        prefix = f"{schema.schema}." if schema.schema else ""
        cascade = " CASCADE" if schema.schema else ""
        connection.exec_driver_sql(f"DROP VIEW {prefix}staged_organization{cascade}")
    results = audit()
    assert failed(results) == {
        "organizations_of_measure_value_are_known", "organizations_of_measure_status_are_known",
    }  # fmt: skip
    assert all(results[name].kind == "crash" and results[name].stops for name in failed(results))
