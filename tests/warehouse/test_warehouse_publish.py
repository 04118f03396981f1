"""What publishing promises: exact, shared, marked, audited, reversible."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
import sqlalchemy as sa
from invented_release import (
    ABSENCE,
    AGENCY,
    CONTRACTS,
    SPENDING,
    both_faces,
    figure,
    figures,
    publication,
    rows_of,
    simple,
    value_key,
    value_slice,
)

from warehouse.model.errors import SpmError
from warehouse.publication import AbsentSlice, AuditRefused, CarryForward, SliceData, SliceKey
from warehouse.read import open_reader
from warehouse.staging import DamagedWarehouse
from warehouse.store import Warehouse
from warehouse.views import qualified, staged_view

FAILED = {"claim": "sums_agree", "table": "published.measure_value", "passed": False, "failing_rows": 3}


def rows(warehouse: Warehouse, view: str, columns: str = "*", face: Any = "internal") -> list[Any]:
    name = qualified(warehouse.schema, face, view)
    with warehouse.engine.connect() as connection:
        return list(connection.execute(sa.text(f"SELECT {columns} FROM {name}")).mappings())


def shown_values(warehouse: Warehouse) -> list[float]:
    return sorted(row["value"] for row in rows(warehouse, "current_measure_value", "value"))


def test_what_was_published_is_read_back_exactly(warehouse: Warehouse):
    money = [Decimal("9999999999999999.99"), Decimal("-0.01"), Decimal("0.10"), None]
    given = figures(
        *(
            figure(f"060000{i}", 1, 3, numerator=amount, value=1 / 3 + i, organization_name=name)
            for i, (amount, name) in enumerate(
                zip(money, ["0012", 'Ñ, "quoted"\nname', "", "\\N 東京"], strict=True)
            )
        )
    )
    warehouse.publish(publication([value_slice(given)]))
    assert warehouse.read_table("measure_value").to_pylist() == given.to_pylist()
    assert warehouse.current_rows(value_key()) == given
    assert warehouse.current_rows(value_key(year=1999)) is None


@pytest.mark.parametrize("table", sorted(CONTRACTS))
def test_every_published_table_comes_back_as_it_went_in(warehouse: Warehouse, table: str):
    given = rows_of(table, {})
    year = 1 if CONTRACTS[table].partitioned else None
    warehouse.publish(publication([SliceData(SliceKey("internal", table, year), given)]))
    assert warehouse.read_table(table).to_pylist() == given.to_pylist()
    (shown,) = rows(warehouse, f"current_{table}")
    assert shown["release_id"] == 1 and shown["carried_forward_since"] is None


def test_views_show_plain_decimals(warehouse: Warehouse):
    warehouse.publish(
        publication([value_slice(figures(figure("0600001", 1, 3, numerator=Decimal("12.34"))))])
    )
    (row,) = rows(warehouse, "current_measure_value")
    assert float(row["numerator"]) == 12.34


def test_publishing_the_same_content_adds_no_release_but_records_its_checks(warehouse: Warehouse):
    first = warehouse.publish(simple())
    again = warehouse.publish(
        simple(check_results=[{"claim": "key_is_unique", "table": "core.x", "passed": True}])
    )
    assert (first.unchanged, again.unchanged) == (False, True)
    assert (again.release_id, again.added_slices, again.shared_slices) == (first.release_id, 0, 2)
    assert [info.release_id for info in warehouse.releases()] == [1]
    assert [row["claim"] for row in rows(warehouse, "current_check_result")] == ["key_is_unique"]
    assert warehouse.publish(simple(13)).release_id == 2


def test_slices_that_did_not_change_are_shared_between_releases(warehouse: Warehouse):
    spending = value_slice(figures(figure("0600001", 1, 2, measure_id=SPENDING)), measure_id=SPENDING)
    warehouse.publish(publication([value_slice(figures(figure("0600001", 5, 50))), spending]))
    outcome = warehouse.publish(publication([value_slice(figures(figure("0600001", 6, 50))), spending]))
    assert (outcome.added_slices, outcome.shared_slices) == (1, 1)
    assert {row["release_id"] for row in rows(warehouse, "current_measure_value")} == {2}


def test_a_failed_slice_keeps_its_last_good_version_marked_until_it_recovers(url: str):
    now = datetime(2026, 1, 1)
    with Warehouse.open(url, AGENCY, clock=lambda: now) as warehouse:
        warehouse.publish(publication([value_slice(figures(figure("0600001", 5, 50)))]))
        for day, why in ((1, "key_is_unique"), (2, "rows_are_enough")):
            now = datetime(2026, 1, 1) + timedelta(days=day)
            failing = CarryForward(value_key(), f"{why} failed", why)
            outcome = warehouse.publish(publication(carried=[failing]))
            assert outcome.carried == (value_key(),)
            (row,) = rows(warehouse, "current_measure_value")
            assert (row["value"], row["carried_from_release_id"], row["carried_claim"]) == (10.0, 1, why)
            assert str(row["carried_forward_since"])[:10] == "2026-01-01"
        assert warehouse.publish(publication(carried=[failing])).unchanged
        recovered = warehouse.publish(publication([value_slice(figures(figure("0600001", 5, 50)))]))
        assert not recovered.unchanged and recovered.added_slices == 0
        (row,) = rows(warehouse, "current_measure_value")
        assert row["carried_forward_since"] is None and row["release_id"] == recovered.release_id


def test_what_cannot_be_carried_forward_is_absent_with_its_reason(warehouse: Warehouse):
    carried = CarryForward(value_key(), "the file was cut in half", "rows_are_enough")
    missing = AbsentSlice(value_key(year=2023), "no file was published")
    outcome = warehouse.publish(publication(carried=[carried], absent=[missing]))
    assert outcome.carried == () and set(outcome.absent) == {value_key(), value_key(year=2023)}
    told = {(r["school_year"], r["reason"], r["claim"]) for r in rows(warehouse, "current_absent_slice")}
    assert told == {
        (2024, "the file was cut in half", "rows_are_enough"),
        (2023, "no file was published", None),
    }


def test_a_rollback_moves_the_pointer_and_publishing_goes_on_with_a_new_release(warehouse: Warehouse):
    for absent in (1, 2):
        warehouse.publish(simple(absent))
    assert warehouse.rollback(1).is_current
    assert shown_values(warehouse) == [1.0]
    assert warehouse.publish(simple(1)).unchanged
    assert warehouse.publish(simple(2)).release_id == 3
    assert warehouse.releases()[-1].previous_release_id == 1
    warehouse.rollback(2)
    assert shown_values(warehouse) == [2.0]
    moves = warehouse.schema.ledger("pointer_move")
    with warehouse.engine.connect() as connection:
        told = connection.execute(
            sa.select(moves.c.to_release_id, moves.c.reason).order_by(moves.c.move_id)
        ).all()
    assert [tuple(move) for move in told] == [
        (1, "publish"), (2, "publish"), (1, "rollback"), (3, "publish"), (2, "rollback"),
    ]  # fmt: skip


def test_rolling_back_to_what_is_not_there_names_what_is(warehouse: Warehouse):
    warehouse.publish(simple())
    with pytest.raises(SpmError, match="no such release") as refused:
        warehouse.rollback(9)
    assert refused.value.remedy.endswith(": 1")


def test_a_failed_audit_keeps_the_old_release_and_records_why(warehouse: Warehouse):
    warehouse.publish(simple(1))
    seen: list[float] = []

    def audit(connection: sa.Connection, release_id: int) -> list[dict[str, Any]]:
        view = staged_view(connection, "measure_value")
        query = f"SELECT value FROM {view} WHERE release_id = {release_id}"
        seen.extend(connection.execute(sa.text(query)).scalars())
        return [FAILED]

    with pytest.raises(AuditRefused, match=r"published.measure_value: sums_agree \(3 rows\)"):
        warehouse.publish(simple(2), audit)
    assert seen == [2.0], "the audit must see the staged release"
    assert shown_values(warehouse) == [1.0]
    assert [info.release_id for info in warehouse.releases()] == [1]
    checks, attempts = warehouse.schema.ledger("check_result"), warehouse.schema.ledger("publication")
    with warehouse.engine.connect() as connection:
        assert connection.execute(sa.select(checks.c.claim, checks.c.phase)).all() == [
            ("sums_agree", "audit")
        ]
        assert list(connection.execute(sa.select(attempts.c.outcome)).scalars()) == ["published", "refused"]
    assert warehouse.publish(simple(2)).added_slices == 0, "the refused release's slices are used again"


@pytest.mark.parametrize("change", [{"passed": True}, {"blocking": False}, {"waived_by": "A. Clerk"}])
def test_an_audit_that_does_not_block_lets_the_release_through(warehouse: Warehouse, change: dict[str, Any]):
    outcome = warehouse.publish(simple(), lambda _connection, _release: [{**FAILED, **change}])
    assert outcome.release_id == 1
    (result,) = rows(warehouse, "current_check_result")
    assert result["claim"] == "sums_agree" and result["waived_by"] == change.get("waived_by")


def test_every_kept_release_stays_readable(warehouse: Warehouse):
    for absent in (1, 2, 3):
        warehouse.publish(simple(absent))
    told = {(row["release_id"], row["value"]) for row in rows(warehouse, "release_measure_value")}
    assert told == {(1, 1.0), (2, 2.0), (3, 3.0)}
    assert warehouse.read_table("measure_value", release_id=2)["value"].to_pylist() == [2.0]


def test_prune_removes_orphans_only(warehouse: Warehouse):
    warehouse.publish(simple(1))
    with pytest.raises(AuditRefused):
        warehouse.publish(simple(2), lambda _connection, _release: [FAILED])
    warehouse.publish(simple(3))
    outcome = warehouse.prune()
    assert (outcome.releases, outcome.slices, outcome.rows) == ((), 2, 2)
    assert warehouse.prune().slices == 0
    assert {row["value"] for row in rows(warehouse, "release_measure_value")} == {1.0, 3.0}


def test_prune_keeps_the_newest_the_named_the_asked_for_and_the_current(warehouse: Warehouse):
    for absent in range(1, 7):
        warehouse.publish(simple(absent))
    warehouse.name_release(2, "2025 Q3 review")
    warehouse.rollback(1)
    outcome = warehouse.prune(1, keep=[4])
    assert outcome.releases == (3, 5) and outcome.slices == 4
    assert {row["value"] for row in rows(warehouse, "release_measure_value")} == {1.0, 2.0, 4.0, 6.0}
    assert [info.release_id for info in warehouse.releases()] == [1, 2, 4, 6]
    assert warehouse.publish(simple(9)).release_id == 7, "the id of a pruned release is not given again"


@pytest.mark.parametrize(
    "change",
    ["UPDATE {t} SET value = 99", "UPDATE {t} SET organization_name = 'x'", "DELETE FROM {t}"],
)
def test_rows_that_someone_changed_are_caught(warehouse: Warehouse, change: str):
    warehouse.publish(simple())
    assert warehouse.verify() == 2
    table = warehouse.schema.rows("internal", "measure_value")
    with warehouse.engine.begin() as connection:
        connection.execute(sa.text(change.format(t=table.fullname)))
    with pytest.raises(DamagedWarehouse, match="measure_value 2024"):
        warehouse.verify()


def test_a_release_is_not_published_over_rows_that_changed_after_staging(warehouse: Warehouse):
    warehouse.publish(simple(1))

    def tamper(connection: sa.Connection, _release: int) -> list[dict[str, Any]]:
        connection.execute(
            sa.text(f"UPDATE {warehouse.schema.rows('public', 'measure_value').fullname} SET n = n + 1")
        )
        return []

    with pytest.raises(DamagedWarehouse, match="public measure_value 2024"):
        warehouse.publish(simple(2), tamper)
    assert shown_values(warehouse) == [1.0]


def test_the_key_of_current_measure_value_is_unique_and_never_null(warehouse: Warehouse):
    slices = [
        *both_faces(figures(*(figure(f"060000{i}", i, 50) for i in range(9)))),
        *both_faces(figures(figure("0600001", 1, 50, school_year=2023)), year=2023),
        *both_faces(figures(figure("0600001", 1, 50, measure_id=SPENDING)), measure_id=SPENDING),
    ]
    warehouse.publish(publication(slices))
    key = CONTRACTS["measure_value"].key
    for face in ("internal", "public"):
        keys = [
            tuple(row[name] for name in key) for row in rows(warehouse, "current_measure_value", face=face)
        ]
        assert len(keys) == len(set(keys)) == 11
        assert all(part is not None for one in keys for part in one)


def misuses() -> dict[str, Callable[[], Any]]:
    data = value_slice(figures(figure("0600001", 1, 50)))
    whole = SliceData(SliceKey("internal", "measure_value"), data.rows)
    return {
        "is both given and carried": lambda: publication([data], carried=[CarryForward(data.key, "why")]),
        "not all divided alike": lambda: publication([data, whole]),
        "No contract publishes this table": lambda: publication(
            [SliceData(SliceKey("internal", "x"), data.rows)]
        ),
        "is new while its internal one is carried": lambda: publication(
            [value_slice(data.rows, face="public")], carried=[CarryForward(data.key, "why")]
        ),
    }


@pytest.mark.parametrize("message", list(misuses()))
def test_a_publication_that_contradicts_itself_is_refused(sqlite_url: str, message: str):
    with Warehouse.open(sqlite_url, AGENCY) as warehouse, pytest.raises(SpmError, match=message):
        warehouse.publish(misuses()[message]())


def test_evidence_is_recorded_with_what_has_no_column_in_detail(warehouse: Warehouse):
    given = simple(
        waivers=[
            {
                "claim": "c",
                "table": "core.x",
                "school_year": None,
                "who": "A",
                "why": "B",
                "until": "2026-12-31",
            }
        ],
        corrections=[{"source_id": "s", "column": "n", "reason": "misplaced", "expect": {"above": 10}}],
        fetch_outcomes=[{"source_id": "s", "school_year": 2024, "outcome": "failed", "bytes": 12}],
        check_results=[{**FAILED, "school_year": 2024, "failing_keys": ("organization_id=1",)}],
    )
    warehouse.publish(given)
    assert str(rows(warehouse, "current_waiver")[0]["until"]) == "2026-12-31"
    assert '"above": 10' in rows(warehouse, "current_correction")[0]["detail"]
    assert rows(warehouse, "current_fetch_outcome")[0]["detail"] == '{"bytes": 12, "detail": null}'
    assert rows(warehouse, "current_check_result")[0]["failing_keys"] == '["organization_id=1"]'
    assert "failing_keys" not in rows(warehouse, "current_check_result", face="public")[0]


def test_the_scorecard_names_node_measure_and_release(warehouse: Warehouse, url: str):
    tables = {
        "measure": {"measure_id": ABSENCE, "title": "Chronic absence"},
        "plan_node": {"node_id": "G1", "title": "Attendance"},
        "plan_measure": {"plan_measure_id": "P1", "node_id": "G1", "measure_id": ABSENCE},
    }
    slices = [SliceData(SliceKey("internal", name), rows_of(name, row)) for name, row in tables.items()]
    status = {"plan_measure_id": "P1", "organization_id": "CA", "school_year": 2024, "node_id": "G1",
              "measure_id": ABSENCE, "status": "AT_RISK", "actual": 12.0}  # fmt: skip
    key = SliceKey("internal", "measure_status", 2024, ABSENCE)
    warehouse.publish(publication([*slices, SliceData(key, rows_of("measure_status", status))]))
    with open_reader(url, agency_id=AGENCY) as reader:
        (row,) = reader.scorecard(organization_id="CA", status=["AT_RISK", "OFF_TRACK"])
        assert reader.scorecard(school_year=1999) == []
    shown = ("node_title", "measure_title", "actual", "status", "release_id", "not_for_release")
    assert [row[name] for name in shown] == ["Attendance", "Chronic absence", 12.0, "AT_RISK", 1, True]


def test_a_publication_that_is_not_this_agencys_is_refused(sqlite_url: str):
    with Warehouse.open(sqlite_url, "california") as warehouse, pytest.raises(SpmError, match="franklin"):
        warehouse.publish(simple())


def test_an_empty_slice_can_be_published(warehouse: Warehouse):
    warehouse.publish(publication([value_slice(figures())]))
    assert warehouse.read_table("measure_value") == pa.table(figures())
    assert warehouse.verify() == 1
