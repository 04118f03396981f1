"""What the public face hides, and where it stands."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from invented_release import ABSENCE, AGENCY, SPENDING, figure, figures, publication, simple, value_slice

from warehouse.model.measure import OTHERS, Derived, Gap, load_measures
from warehouse.public_face import hide_all, suppress
from warehouse.store import Warehouse

GAP = "chronic_absence_gap"
TOLD = ("value", "numerator", "denominator", "n", "value_low", "value_high", "interval_low", "interval_high")
COUNTED = "core_rows"


def only(rows: pa.Table) -> dict[str, Any]:
    (row,) = rows.to_pylist()
    return row


def is_hidden(row: dict[str, Any]) -> bool:
    told = [name for name in TOLD if row[name] is not None]
    if row["null_reason"] == "suppressed":
        assert told == [] and row["suppression"] is not None and not row["is_ranged"]
        return True
    assert told != []
    return False


@pytest.mark.parametrize(
    ("row", "hidden"),
    [
        (figure("0600001", 3, 9), True),
        (figure("0600001", 3, 10), False),
        (figure("0600001", 0, 10), False),
        (figure("0600001", 3, 9, n=None), True),
        (figure("0600001", 3, 50, n=None), True),
        (figure("0600001", 3, 9, n=50), True),
        (figure("0600001", 0, 50, n=0), True),
        (figure("0600001", 3, 9, numerator=None, denominator=None, n=None), False),
        (figure("0600001", 3, 9, numerator=None, denominator=None, n=9), True),
        (figure("0600001", 3, 9, measure_id="median_days_to_reimburse"), False),
        (figure("0600001", 3, 9, measure_id="a_measure_nobody_knows"), True),
    ],
)
def test_a_figure_about_too_few_people_is_hidden_whole(row: dict[str, Any], hidden: bool):
    assert is_hidden(only(suppress(figures(row), 10))) == hidden


def test_a_range_stays_unless_it_is_about_too_few():
    ranged = {
        "value": None, "value_low": 90.0, "value_high": 95.0, "is_ranged": True, "null_reason": "ranged",
        "numerator": None, "denominator": None,
    }  # fmt: skip
    kept, hidden = (only(suppress(figures(figure("0600001", 1, 2, **ranged, n=n)), 10)) for n in (None, 9))
    assert (kept["value_low"], kept["is_ranged"], kept["null_reason"]) == (90.0, True, "ranged")
    assert is_hidden(hidden)


def test_what_the_source_hid_keeps_its_own_reason():
    hidden = {"suppression": "suppressed_at_source", "value": None, "null_reason": "suppressed"}
    row = figure("0600001", 1, 9, **hidden)
    assert only(suppress(figures(row), 10))["suppression"] == "suppressed_at_source"


def gap_rows(group_n: int, all_n: int) -> tuple[pa.Table, pa.Table]:
    sides = figures(
        figure("0600001", 5, group_n, student_group="migrant"),
        figure("0600001", 5, all_n, student_group="all"),
    )
    gap = figures(
        figure(
            "0600001", 5, group_n, measure_id=GAP, student_group="migrant", numerator=None, denominator=None
        )
    )
    return gap, sides


@pytest.mark.parametrize(("group_n", "all_n", "hidden"), [(20, 100, False), (9, 100, True), (20, 9, True)])
def test_a_gap_is_hidden_if_either_side_is(group_n: int, all_n: int, hidden: bool):
    gap, sides = gap_rows(group_n, all_n)
    assert is_hidden(only(suppress(gap, 10, sides=sides))) == hidden
    together = suppress(pa.concat_tables([gap, sides]), 10)
    (row,) = (row for row in together.to_pylist() if row["measure_id"] == GAP)
    assert is_hidden(row) == hidden


@pytest.mark.parametrize(
    ("group_n", "all_n", "hidden"),
    [(20, 100, False), (20, 30, False), (20, 29, True), (9, 100, True), (20, 20, True)],
)
def test_a_gap_to_the_others_is_hidden_if_the_others_are_too_few(group_n: int, all_n: int, hidden: bool):
    gap, sides = gap_rows(group_n, all_n)
    to_others = {"gap": Gap(of=ABSENCE, reference=OTHERS)}
    catalogue = load_measures()
    changed = catalogue[GAP].model_copy(update={"derived": Derived(**to_others)})
    public = suppress(gap, 10, sides=sides, measures={**catalogue, GAP: changed})
    assert is_hidden(only(public)) == hidden


@pytest.mark.parametrize(
    ("rule", "counts_people", "n", "hidden"),
    [
        ("reporting", True, 9, True),
        ("reporting", True, 10, False),
        ("reporting", False, 1, False),
        ("accountability", True, 19, True),
        ("accountability", True, 20, False),
        ("organizations", False, 4, True),
        ("organizations", False, 5, False),
        ("organizations", True, 5, False),
    ],
)
def test_each_rule_hides_below_its_own_minimum(rule: str, counts_people: bool, n: int, hidden: bool):
    catalogue = load_measures()
    update = {"minimum_n_rule": rule, "counts_people": counts_people}
    changed = {**catalogue, ABSENCE: catalogue[ABSENCE].model_copy(update=update)}
    rows = figures(figure("0600001", 3, n))
    assert is_hidden(only(suppress(rows, 10, accountability_minimum_n=20, measures=changed))) == hidden


def test_a_gap_whose_sides_are_not_at_hand_is_hidden():
    gap, _ = gap_rows(20, 100)
    assert is_hidden(only(suppress(gap, 10)))


def test_suppression_keeps_rows_columns_and_what_is_not_a_figure():
    rows = figures(figure("0600001", 1, 5), figure("0600002", 1, 50))
    public = suppress(rows, 10)
    assert public.schema == rows.schema
    for name in set(rows.column_names) - {*TOLD, COUNTED, "suppression", "null_reason", "is_ranged"}:
        assert public.column(name) == rows.column(name)
    assert public.slice(1) == rows.slice(1)


def test_a_hidden_count_of_organizations_is_not_told_by_its_rows():
    rows = figures(figure("0600001", 1, 4, measure_id="csi_exit_rate", core_rows=1))
    assert rows[COUNTED].to_pylist() == [1]
    assert suppress(rows, 10)[COUNTED].to_pylist() == [None]


def test_figures_made_of_what_is_not_known_can_be_hidden_whole():
    rows = figures(figure("0600001", 30, 80), figure("0600002", 3, 80))
    assert [is_hidden(row) for row in hide_all(rows).to_pylist()] == [True, True]
    assert hide_all(rows.slice(0, 0)).num_rows == 0


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.none() | st.integers(0, 30),
            st.none() | st.integers(0, 30),
            st.none() | st.integers(0, 30),
            st.sampled_from([ABSENCE, GAP, SPENDING]),
        ),
        min_size=1,
        max_size=20,
    ),
    st.integers(1, 20),
)
def test_no_shown_figure_is_about_fewer_than_the_minimum(rows: list[Any], minimum_n: int):
    made = [
        figure(f"{i:07d}", 1, 1, n=n, measure_id=measure,
               numerator=None if k is None else Decimal(k), denominator=None if d is None else Decimal(d))
        for i, (n, k, d, measure) in enumerate(rows)
    ]  # fmt: skip
    people = {name for name, measure in load_measures().items() if measure.counts_people}
    for row in suppress(figures(*made), minimum_n).to_pylist():
        if row["measure_id"] in people:
            for counted in ("n", "denominator"):
                assert row[counted] is None or row[counted] >= minimum_n
            if row["value"] is not None:
                assert row["n"] is not None or row["numerator"] is row["denominator"] is None


def publish_with_suppression(warehouse: Warehouse) -> None:
    rows = figures(figure("0600001", 3, 8), figure("0600002", 3, 80))
    faces = [value_slice(rows), value_slice(suppress(rows, 10), face="public")]
    warehouse.publish(publication(faces))


def public_rows(path: Path, query: str) -> list[Any]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()


def test_the_public_file_never_holds_a_figure_about_too_few(sqlite_url: str):
    with Warehouse.open(sqlite_url, AGENCY) as warehouse:
        publish_with_suppression(warehouse)
        path = warehouse.public_file
        assert path is not None
        query = "SELECT organization_id, n, value, suppression FROM current_measure_value ORDER BY 1"
        assert public_rows(path, query) == [
            ("0600001", None, None, "below_minimum_n"),
            ("0600002", 80, 3.75, None),
        ]
        tables = [
            name for (name,) in public_rows(path, "SELECT name FROM sqlite_master WHERE type = 'table'")
        ]
        assert "8" not in {
            str(cell)
            for table in tables
            for row in public_rows(path, f'SELECT * FROM "{table}"')
            for cell in row
        }, "no table of the file may hold the hidden count"


def test_the_public_file_names_its_release_and_its_stamp(sqlite_url: str):
    with Warehouse.open(sqlite_url, AGENCY) as warehouse:
        warehouse.publish(simple(1))
        warehouse.publish(simple(2))
        path = warehouse.public_file
        assert path is not None
        query = "SELECT release_id, not_for_release FROM current_release"
        assert public_rows(path, query) == [(2, 1)]
        warehouse.rollback(1)
        assert public_rows(path, query) == [(1, 1)]
        assert public_rows(path, "SELECT release_id, value FROM release_measure_value") == [(1, 1.0)]


@pytest.mark.parametrize("damage", ["missing", "torn", "empty"])
def test_a_damaged_public_file_is_rebuilt_at_the_next_opening(sqlite_url: str, damage: str):
    with Warehouse.open(sqlite_url, AGENCY) as warehouse:
        warehouse.publish(simple(1))
        path = warehouse.public_file
    assert path is not None
    whole = path.read_bytes()
    path.unlink()
    if damage != "missing":
        path.write_bytes(whole[:5000] if damage == "torn" else b"")
    Warehouse.open(sqlite_url, AGENCY).dispose()
    assert public_rows(path, "SELECT value FROM current_measure_value") == [(1.0,)]
