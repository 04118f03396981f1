"""A cell is what its type says, or an error that says why; never a guess."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources import plain_cells
from sources.columns import ColumnType
from sources.values import layout, parse_column

MARKERS = {"--": "suppressed", "NT": "not_tested"}


def parse(kind: str, cells: list[Any], argument: str = "", *, markers=None, required=True, arrow=None):
    column = pa.chunked_array([pa.array(cells, arrow)])
    return parse_column(column, ColumnType(kind, argument), markers=markers or {}, is_required=required)


def value(kind: str, text: str, argument: str = "") -> Any:
    parsed = parse(kind, [text], argument)
    assert not parsed.errors, parsed.errors
    return parsed.columns[""].to_pylist()[0]


def reason(kind: str, text: str, argument: str = "") -> str:
    parsed = parse(kind, [text], argument)
    assert parsed.columns[""].to_pylist() == [None]
    return parsed.errors[0]


@pytest.mark.parametrize(
    ("kind", "text", "argument", "expected"),
    [
        ("text", "  A b ", "", "A b"),
        ("id", "0012345", "[0-9]{7}", "0012345"),
        ("count", "0", "", 0),
        ("count", "1,234,567", "", 1234567),
        ("count", "18354.00000", "", 18354),
        ("integer", "-7", "", -7),
        ("decimal", "1.250", "", Decimal("1.25")),
        ("percent", "92.41", "", Decimal("92.41")),
        ("percent", "100%", "", Decimal(100)),
        ("money", "$1,234.50", "", Decimal("1234.50")),
        ("money", "-$3", "", Decimal(-3)),
        ("date", "06/30/2025", "%m/%d/%Y", date(2025, 6, 30)),
        ("code", "F", "F=female|M=male", "female"),
        ("boolean", "Y", "Y|N", True),
        ("boolean", "N", "Y|N", False),
    ],
)
def test_a_cell_of_its_type_is_read(kind, text, argument, expected):
    assert value(kind, text, argument) == expected


@pytest.mark.parametrize(
    ("kind", "text", "argument"),
    [
        ("count", "1,O23", ""),
        ("count", "1,02", ""),
        ("count", ",123", ""),
        ("count", "1.5", ""),
        ("count", "-1", ""),
        ("count", "1e3", ""),
        ("count", "١٢", ""),
        ("count", "9" * 30, ""),
        ("integer", "1.5", ""),
        ("integer", "9" * 30, ""),
        ("decimal", "1.2345678", ""),
        ("decimal", "1" * 20, ""),
        ("percent", "100.1", ""),
        ("percent", "-1", ""),
        ("percent", "1" * 40, ""),
        ("percent", "12.34567", ""),
        ("money", "1.005", ""),
        ("money", "1" * 30, ""),
        ("money", "1.000,50", ""),
        ("date", "2025-06-31", "%Y-%m-%d"),
        ("code", "X", "F=female|M=male"),
        ("boolean", "yes", "Y|N"),
        ("rate", "GE950", ""),
        ("rate", "39-21", ""),
        ("rate", "about 50", ""),
    ],
)
def test_a_cell_of_another_form_is_refused(kind, text, argument):
    assert reason(kind, text, argument)


def test_an_id_is_kept_as_text_and_a_lost_zero_is_suspected():
    assert "leading zeros lost?" in reason("id", "123456", "[0-9]{7}")
    assert "leading zeros" not in reason("id", "12345X", "[0-9]{7}")
    assert "leading zeros" not in reason("id", "12345678", "[0-9]{7}")


@pytest.mark.parametrize(
    ("text", "says"),
    [("9.90694E+11", "a spreadsheet made a number of it"), ("1E+5", "digits are lost"),
     ('="0012345"', "sign that it is text"), ("'0012345", "sign that it is text"),
     ("12-345", "not of the form")],
)  # fmt: skip
def test_what_a_spreadsheet_did_to_an_id_is_suspected_and_not_mended(text, says):
    assert says in reason("id", text, "[0-9]{7}") and text not in reason("id", text, "[0-9]{7}")


def test_an_estimate_too_large_to_be_one_is_refused_and_never_infinite():
    assert value("estimate", "266.1234567") == 266.1234567
    assert "too large" in reason("estimate", "9" * 400)


@given(st.integers(1, 8), st.data())
def test_the_reason_for_a_refused_id_never_repeats_it(length, data):
    digits = st.from_regex(rf"[1-9]{{{length}}}", fullmatch=True)
    first, second = data.draw(digits), data.draw(digits)
    for pattern in ("[0-9]{9}", "[A-Z]{3}"):
        assert reason("id", first, pattern) == reason("id", second, pattern)


@given(st.integers(min_value=0, max_value=2**63 - 1))
def test_every_count_is_read_plain_and_grouped(number):
    assert value("count", str(number)) == number
    assert value("count", f"{number:,}") == number


@given(st.decimals(min_value=-(10**15), max_value=10**15, places=2))
def test_every_amount_of_cents_is_read_exactly(amount):
    assert value("money", f"{amount:f}") == amount
    assert value("money", f"{amount:,f}") == amount


@given(st.decimals(min_value=0, max_value=100, places=4))
def test_every_percent_is_read_exactly(percent):
    assert value("percent", f"{percent:f}") == percent


@given(
    st.sampled_from(["count", "integer", "decimal", "percent", "money", "rate"]),
    st.one_of(st.text(max_size=12), st.from_regex(r"-?\$?[0-9,.%GELT-]{1,25}", fullmatch=True)),
)
def test_any_text_is_a_value_or_a_refusal_and_never_a_crash(kind, text):
    parsed = parse(kind, [text], required=False)
    columns = {suffix: array.to_pylist()[0] for suffix, array in parsed.columns.items()}
    if 0 in parsed.errors:
        assert set(columns.values()) == {None}
    elif kind != "rate" and text.strip():
        assert columns[""] is not None


@given(st.lists(st.sampled_from(["1", "2,000", "x", "--", "", None]), max_size=40), st.integers(1, 7))
def test_values_stand_in_the_rows_of_their_cells_however_the_column_is_cut(cells, size):
    chunks = [pa.array(cells[i : i + size], pa.string()) for i in range(0, len(cells), size)]
    column = pa.chunked_array(chunks, type=pa.string())
    parsed = parse_column(column, ColumnType("count"), markers=MARKERS, is_required=False)
    expected = [{"1": 1, "2,000": 2000}.get(cell or "") for cell in cells]
    assert parsed.columns[""].to_pylist() == expected
    assert parsed.columns["_marker"].to_pylist() == ["suppressed" if c == "--" else None for c in cells]
    assert sorted(parsed.errors) == [i for i, cell in enumerate(cells) if cell == "x"]


SINGLE = [("id", "[0-9]{3}| x|.y"), *((kind, "") for kind in ("count", "integer", "decimal", "percent"))]
ODD = ["--", "-1", "NT", "", " ", "1,000", "007", "-0", " x", "x", "\x1f1", "5\n", "1.50", "100", "100.00001"]
numberlike = st.from_regex(r"-?[0-9]{0,20}(\.[0-9]{0,7})?%? ?\n?", fullmatch=True)


@given(
    st.sampled_from([*SINGLE, ("money", ""), ("text", "")]),
    st.lists(st.one_of(st.none(), numberlike, st.sampled_from(ODD), st.text(max_size=4)), max_size=30),
)
def test_cells_are_read_by_the_column_exactly_as_they_are_one_by_one(kind, cells):
    """What is done for columns of very many different cells gives what is done for few."""
    columns = pa.chunked_array([pa.array(cells, pa.string())])
    marks = {**MARKERS, "-1": "missing", "100": "too_many"}
    outcomes = []
    for many in (0, 10**9):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(plain_cells, "MANY", many)
            parsed = parse_column(columns, ColumnType(*kind), markers=marks, is_required=True)
        outcomes.append(({s: (a.type, a.to_pylist()) for s, a in parsed.columns.items()}, parsed.errors))
    assert outcomes[0] == outcomes[1]


def test_a_marker_is_no_value_and_keeps_its_reason():
    parsed = parse("count", ["5", "--", "NT"], markers=MARKERS)
    assert parsed.columns[""].to_pylist() == [5, None, None]
    assert parsed.columns["_marker"].to_pylist() == [None, "suppressed", "not_tested"]
    assert not parsed.errors


def test_a_marker_is_refused_where_the_table_declares_none():
    assert reason("count", "--")


@pytest.mark.parametrize(
    ("text", "exact", "low", "high", "kind", "marker"),
    [
        ("87", 87, None, None, "exact", None),
        ("87.5", Decimal("87.5"), None, None, "exact", None),
        ("GE95", None, 95, 100, "ranged", None),
        ("GT95", None, 95, 100, "ranged", None),
        ("LE5", None, 0, 5, "ranged", None),
        ("LT50", None, 0, 50, "ranged", None),
        ("21-39", None, 21, 39, "ranged", None),
        ("PS", None, None, None, "suppressed", "suppressed"),
        (".", None, None, None, "not_reported", "not_reported"),
        ("", None, None, None, "not_reported", "not_reported"),
    ],
)
def test_a_rate_is_exact_ranged_suppressed_or_not_reported(text, exact, low, high, kind, marker):
    parsed = parse("rate", [text])
    assert not parsed.errors
    got = {suffix: array.to_pylist()[0] for suffix, array in parsed.columns.items()}
    middle = None if low is None else Decimal(low + high) / 2
    assert got == {
        "": exact,
        "_low": low,
        "_high": high,
        "_midpoint": middle,
        "_is_range": low is not None,
        "_kind": kind,
        "_marker": marker,
    }


@given(st.integers(0, 100), st.integers(0, 100))
def test_a_range_never_becomes_one_figure(first, second):
    low, high = sorted((first, second))
    parsed = parse("rate", [f"{low}-{high}"])
    got = {suffix: array.to_pylist()[0] for suffix, array in parsed.columns.items()}
    assert (got[""], got["_low"], got["_high"]) == (None, low, high)


@pytest.mark.parametrize(
    ("kind", "argument", "cells", "arrow"),
    [
        ("count", "", [3, None], pa.int32()),
        ("decimal", "", [Decimal("1.50"), None], pa.decimal128(9, 2)),
        ("date", "%Y-%m-%d", [date(2025, 9, 1), None], pa.date32()),
        ("boolean", "true|false", [True, None], pa.bool_()),
        ("text", "", ["a", None], pa.dictionary(pa.int8(), pa.string())),
    ],
)
def test_typed_columns_of_a_parquet_file_keep_their_values(kind, argument, cells, arrow):
    parsed = parse(kind, cells, argument, required=False, arrow=arrow)
    assert not parsed.errors
    assert parsed.columns[""].to_pylist() == cells


def test_a_narrow_index_of_a_file_can_count_to_its_blank_cells():
    words = [f"w{n}" for n in range(128)]
    cells = pa.array([*words, None], pa.dictionary(pa.int8(), pa.string()))
    parsed = parse_column(pa.chunked_array([cells]), ColumnType("text"), markers={}, is_required=False)
    assert parsed.columns[""].to_pylist()[:128] == words and not parsed.columns[""].to_pylist()[128]


def test_every_type_gives_the_columns_its_layout_promises():
    for kind in ("count", "rate", "text", "money"):
        parsed = parse(kind, ["PS" if kind == "rate" else "1"], markers=MARKERS)
        promised = layout(ColumnType(kind), has_markers=True)
        assert {s: a.type for s, a in parsed.columns.items()} == promised
