"""Canonical rows and their hash; exact decimals."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from invented_release import CONTRACTS, figure, figures, rows_of, value_key

from warehouse.model.errors import SpmError
from warehouse.money import from_scaled, to_scaled
from warehouse.publication import SliceKey
from warehouse.slices import Layout, canonical_rows, content_hash

CONTRACT = CONTRACTS["measure_value"]
LAYOUT = Layout.of(CONTRACT)


def name_of(rows: pa.Table) -> str:
    return content_hash(LAYOUT, canonical_rows(value_key(), rows, CONTRACT))


def some_rows() -> pa.Table:
    return figures(*(figure(f"06000{i:02d}", i, 100 + i) for i in range(20)))


def test_the_hash_does_not_depend_on_the_order_of_rows_columns_or_chunks():
    rows = some_rows()
    shuffled = rows.take(pa.array(np.random.default_rng(1).permutation(len(rows))))
    chunked = pa.concat_tables([shuffled.slice(0, 7), shuffled.slice(7)])
    assert name_of(rows) == name_of(chunked.select(sorted(rows.column_names)))


def test_the_hash_is_the_same_on_every_machine():
    """A change of encoding makes every slice of every warehouse look new: that needs a decision."""
    rows = rows_of("target", {"plan_measure_id": "Ä1", "school_year": 2025, "target_value": 12.5})
    contract = CONTRACTS["target"]
    canonical = canonical_rows(SliceKey("internal", "target"), rows, contract)
    assert content_hash(Layout.of(contract), canonical) == TARGET_HASH


TARGET_HASH = "ceb9d09b8662233e88ae77c225f9aa51223f58422a6bb6b7ede5ba20dd8388f0"


@pytest.mark.parametrize(
    ("column", "changed"),
    [
        ("numerator", Decimal("1.01")),
        ("value", 5.000000000000001),
        ("organization_name", "escuela"),
        ("n", None),
        ("is_ranged", True),
        ("suppression", "not_reported"),
    ],
)
def test_any_changed_value_changes_the_hash(column: str, changed: object):
    base = {"numerator": Decimal("1.00"), "value": 5.0, "organization_name": "Escuela", "n": 20}
    before = figures({**figure("0600001", 1, 20), **base})
    after = figures({**figure("0600001", 1, 20), **base, column: changed})
    assert name_of(before) != name_of(after)


def test_null_zero_and_empty_text_are_different():
    names = {
        name_of(figures(figure("0600001", 1, 20, award_id=award, n=n)))
        for award in ("", "none")
        for n in (0, None)
    }
    assert len(names) == 4


def test_text_that_moves_to_the_next_row_changes_the_hash():
    one = figures(
        figure("0600001", 1, 20, organization_name="ab"), figure("0600002", 1, 20, organization_name="c")
    )
    two = figures(
        figure("0600001", 1, 20, organization_name="a"), figure("0600002", 1, 20, organization_name="bc")
    )
    assert name_of(one) != name_of(two)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (some_rows().drop_columns(["n"]), "missing ['n']"),
        (some_rows().append_column("extra", pa.array([1] * 20)), "not in the contract ['extra']"),
        (
            pa.concat_tables([some_rows(), some_rows().slice(3, 1)]),
            "repeats 1 keys, the first measure_id=chronic",
        ),
        (figures(figure("0600001", 1, 20, school_year=2023)), "rows of other values than 2024"),
        (
            figures(figure("0600001", 1, 20, measure_id="other")),
            "rows of other values than 'chronic_absence_rate'",
        ),
        (figures(figure("0600001", 1, 20, value=float("nan"))), "not finite"),
        (figures(figure("0600001", 1, 20, organization_name="a\x00b")), "NUL"),
    ],
)
def test_rows_that_do_not_fit_are_refused_with_the_reason(rows: pa.Table, message: str):
    with pytest.raises(SpmError) as refused:
        canonical_rows(value_key(), rows, CONTRACT)
    assert message in str(refused.value)


def test_a_null_where_none_may_be_is_refused():
    rows = some_rows()
    rows = rows.set_column(
        rows.column_names.index("organization_name"),
        pa.field("organization_name", pa.string()),
        pa.array([None] + ["x"] * 19, pa.string()),
    )
    with pytest.raises(SpmError, match="1 rows have no value") as refused:
        canonical_rows(value_key(), rows, CONTRACT)
    assert refused.value.column == "organization_name"


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.none() | st.decimals("-9999999999999999.99", "9999999999999999.99", places=2)),
    st.integers(0, 3),
)
def test_money_comes_back_from_scaled_integers_as_it_was(amounts: list[Decimal | None], offset: int):
    kind = pa.decimal128(18, 2)
    array = pa.array([None] * offset + amounts, type=kind).slice(offset)
    assert from_scaled(to_scaled(array), kind).to_pylist() == amounts
