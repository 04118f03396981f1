"""Columns kept as codes: the different values of a column once, and for each row which of them it has.

A file of 95,000 schools becomes 12 million rows of figures, most of which say the same as others. As codes
they take a twentieth of the memory, and a value is typed and compared once however often it stands.
Put here: such columns, tables of them put together, and back to plain columns. Not here: which values they
have (`values`). A dictionary here may repeat a value; it is never written to a file (pyarrow 26 writes such a
one wrongly), `decoded` comes before.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

# Rows that are plain at one time when a table is written, and those of a row group.
BLOCK_ROWS = 2**18
_WIDTHS = ((2**7, pa.int8()), (2**15, pa.int16()), (2**31, pa.int32()))


def narrowed(codes: pa.Array, size: int) -> pa.Array:
    """The same codes in the narrowest type that counts to `size` values."""
    width = next((kind for most, kind in _WIDTHS if size <= most), pa.int64())
    return codes if codes.type == width else codes.cast(width, safe=False)


def coded(codes: pa.Array, values: pa.Array) -> pa.DictionaryArray:
    """A column of codes that are known to count to its values."""
    return pa.DictionaryArray.from_arrays(codes, values, safe=False)


def constant(value: object, kind: pa.DataType, count: int) -> pa.DictionaryArray:
    """A column that says the same in every row."""
    return coded(pa.array(np.zeros(count, dtype=np.int8)), pa.array([value], kind))


def encoded(cells: pa.ChunkedArray) -> pa.DictionaryArray:
    """Any column as one of codes; a null is a row without code."""
    column = cells if pa.types.is_dictionary(cells.type) else cells.dictionary_encode()
    if column.num_chunks == 1:
        return column.chunk(0)
    if column.num_chunks == 0:
        return pa.array([], cells.type if column is not cells else cells.type.value_type).dictionary_encode()
    return column.unify_dictionaries().combine_chunks()


def stacked(tables: Sequence[pa.Table]) -> pa.Table:
    """The rows of all tables; what a table has not is null in its rows."""
    kinds = {field.name: field.type for table in reversed(tables) for field in table.schema}
    names = dict.fromkeys(name for table in tables for name in table.column_names)
    columns = {}
    for name in names:
        parts: list[pa.Array] = []
        for table in tables:
            if name in table.column_names:
                parts += table[name].chunks
            elif pa.types.is_dictionary(kinds[name]):
                parts.append(constant(None, kinds[name].value_type, table.num_rows))
            else:
                parts.append(pa.nulls(table.num_rows, kinds[name]))
        columns[name] = _one_width(parts, kinds[name])
    return pa.table(columns)


def _one_width(parts: list[pa.Array], kind: pa.DataType) -> pa.ChunkedArray:
    if not pa.types.is_dictionary(kind):
        return pa.chunked_array(parts, kind)
    widths = [part.indices.type for part in parts] or [kind.index_type]
    widest = max(widths, key=lambda width: width.bit_width)
    same = [p if p.indices.type == widest else coded(p.indices.cast(widest), p.dictionary) for p in parts]
    return pa.chunked_array(same, pa.dictionary(widest, kind.value_type))


def decoded(table: pa.Table, *, keep: Sequence[str] = ()) -> pa.Table:
    """The same table with plain columns, but for those to `keep`."""
    columns = {}
    for name in table.column_names:
        column = table[name]
        if pa.types.is_dictionary(column.type) and name not in keep:
            plain = [chunk.dictionary.take(chunk.indices) for chunk in column.chunks]
            column = pa.chunked_array(plain, column.type.value_type)
        columns[name] = column
    return pa.table(columns)


def decoded_blocks(table: pa.Table, *, keep: Sequence[str] = ()) -> Iterator[pa.Table]:
    """The same rows as plain tables of a bounded size; at least one, so that its schema is known."""
    for start in range(0, max(table.num_rows, 1), BLOCK_ROWS):
        yield decoded(table.slice(start, BLOCK_ROWS), keep=keep)


def numbered(column: pa.ChunkedArray) -> tuple[npt.NDArray[np.int64], int]:
    """A number for each row, the same exactly where value (or null) is the same, and how many there are."""
    if not pa.types.is_dictionary(column.type):
        column = pa.chunked_array([encoded(column)])
    null = pa.array([None], column.type.value_type)
    values = pa.concat_arrays([null, *(chunk.dictionary for chunk in column.chunks)])
    distinct = values.dictionary_encode(null_encoding="encode")
    numbers = distinct.indices.to_numpy().astype(np.int64)
    found, begins = np.empty(len(column), dtype=np.int64), 1
    at = 0
    for chunk in column.chunks:
        codes = chunk.indices
        # The first number is that of null.
        places = codes.cast(pa.int64()).fill_null(-begins).to_numpy() + begins
        np.take(numbers, places, out=found[at : at + len(chunk)])
        at, begins = at + len(chunk), begins + len(chunk.dictionary)
    return found, len(distinct.dictionary)
