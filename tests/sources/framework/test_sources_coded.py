"""Columns kept as codes say the same as plain ones, through putting together, numbering and writing."""

from __future__ import annotations

import pyarrow as pa
import pytest

import sources.duplicates
from sources.coded import BLOCK_ROWS, coded, constant, decoded, decoded_blocks, numbered, stacked


def _codes(codes: list[int | None], values: list[object], kind: pa.DataType) -> pa.DictionaryArray:
    return coded(pa.array(codes, kind), pa.array(values))


def test_tables_put_together_hold_every_row_whatever_the_width_of_their_codes():
    wide = pa.table({"a": _codes([0, 1], ["x", None], pa.int32()), "line": pa.array([1, 2])})
    narrow = pa.table({"b": _codes([0], [7], pa.int8()), "a": _codes([1], ["x", "y"], pa.int8())})
    whole = stacked([narrow, wide])
    assert whole.column_names == ["b", "a", "line"]
    assert decoded(whole).to_pydict() == {"b": [7, None, None], "a": ["y", "x", None], "line": [None, 1, 2]}
    assert decoded(whole).schema.types == [pa.int64(), pa.string(), pa.int64()]


def test_a_number_is_the_same_exactly_where_the_value_is_also_across_files_and_repeated_values():
    column = pa.chunked_array(
        [
            _codes([0, 1, 2, 3], ["x", "y", "x", None], pa.int8()),
            _codes([0, None, 1], ["y", "z"], pa.int8()),
        ]
    )
    numbers, count = numbered(column)
    x, y, again, null, other_y, no_code, z = numbers.tolist()
    assert x == again and y == other_y and null == no_code
    assert len({x, y, null, z}) == 4 == count


@pytest.mark.parametrize("largest", [2**62, 3])
def test_rows_whose_whole_key_is_equal_are_found_however_many_keys_there_could_be(monkeypatch, largest):
    monkeypatch.setattr(sources.duplicates, "_LARGEST", largest)
    table = pa.table(
        {
            "a": _codes([0, 1, 0, 2, 0], ["p", "q", None], pa.int8()),
            "b": _codes([0, 0, 1, 1, 0], ["r", "s"], pa.int8()),
            "c": constant(None, pa.string(), 5),
        }
    )
    rows, groups = sources.duplicates._repeated(table, ("a", "b", "c"))
    assert rows.tolist() == [0, 4] and len(set(groups.tolist())) == 1
    assert len(sources.duplicates._repeated(table.slice(0, 4), ("a", "b", "c"))[0]) == 0


def test_blocks_are_all_rows_in_order_and_one_without_rows_still_has_its_columns():
    count = BLOCK_ROWS + 5
    table = pa.table({"line": pa.array(range(count)), "word": constant("x", pa.string(), count)})
    blocks = list(decoded_blocks(table))
    assert [block.num_rows for block in blocks] == [BLOCK_ROWS, 5]
    assert pa.concat_tables(blocks)["line"].to_pylist() == list(range(count))
    (nothing,) = decoded_blocks(table.slice(0, 0))
    assert nothing.schema == pa.schema({"line": pa.int64(), "word": pa.string()})


def test_a_constant_takes_a_byte_a_row():
    assert constant("a text of some length", pa.string(), 10_000).nbytes < 10_100
