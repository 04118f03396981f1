"""What a table of text cells needs before its headers are claimed, whatever format it was read from.

Put here: headers whose case varies, headers that hold data (unpivot), rows repeated on purpose, and whether
a file is of the year it is read for. Not here: formats (`readers`), types (`values`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sources.coded import coded, encoded, narrowed
from sources.readers.request import LINE, ReadRequest
from sources.spec import UnpivotSpec
from sources.withheld import shown_name

VALUE = "VALUE"
_Headers = dict[tuple[str, ...], dict[str, str]]


def reshape(request: ReadRequest, cells: pa.Table) -> pa.Table:
    """The cells in the shape that columns.csv describes.

    Raises:
        SpmError: Headers cannot be told apart or do not form whole blocks, or the file is of another year.
    """
    table = request.table
    if table.header_case == "any":
        cells = _in_claimed_case(request, cells)
    if table.unpivot is not None:
        cells = _unpivoted(request, cells, table.unpivot)
    if table.repeats is not None:
        cells = _with_repeats(cells, table.repeats)
    _require_year(request, cells)
    return cells


def _in_claimed_case(request: ReadRequest, cells: pa.Table) -> pa.Table:
    """The headers as columns.csv writes them, else in capitals."""
    claimed = {header.upper(): header for header in request.headers}
    names = [n if n == LINE else claimed.get(n.upper(), n.upper()) for n in cells.column_names]
    found = {name for name in names if names.count(name) > 1}
    twice = sorted(shown_name(name, is_restricted=request.is_restricted) for name in found)
    if twice:
        raise request.error(
            f"Header stands twice, in capitals and small letters: {twice[0]}",
            line=request.table.header_row,
            column=twice[0],
            remedy="Ask the publisher; two columns of one name cannot be told apart",
        )
    return cells.rename_columns(names)


def _unpivoted(request: ReadRequest, cells: pa.Table, spec: UnpivotSpec) -> pa.Table:
    """One row per line and block of headers; a block's headers differ only in what they give the value of."""
    keys = [name for name in spec.groups if name != VALUE]
    blocks, values = _blocks(request, cells, spec, keys)
    inside = {header for block in blocks.values() for header in block.values()}
    kept = [name for name in cells.column_names if name not in inside]
    count, repeats = cells.num_rows, len(blocks)
    arrays: dict[str, pa.Array] = {}
    for name in kept:
        if name == LINE:
            arrays[name] = pa.array(np.repeat(cells[name].to_numpy(), repeats))
        else:
            # Texts that stand in every block are kept once and pointed at.
            column = encoded(cells[name])
            arrays[name] = coded(_repeated(column, repeats), column.dictionary)
    which = narrowed(pa.array(np.tile(np.arange(repeats, dtype=np.int32), count)), repeats)
    for place, key in enumerate(keys):
        arrays[key] = coded(which, pa.array([block[place] for block in blocks], pa.string()))
    for value in values:
        arrays[value] = _interleaved([cells[block[value]] for block in blocks.values()], count)
    order = [name for name in kept if name != LINE] + keys + values + [LINE]
    return pa.table({name: arrays[name] for name in order})


def _repeated(column: pa.DictionaryArray, repeats: int) -> pa.Array:
    """The codes of a column, each so many times."""
    codes = narrowed(column.indices, len(column.dictionary) + 1)
    if codes.null_count:
        return codes.take(pa.array(np.repeat(np.arange(len(codes)), repeats)))
    return pa.array(np.repeat(codes.to_numpy(), repeats))


def _interleaved(columns: list[pa.ChunkedArray], count: int) -> pa.DictionaryArray:
    """The first cells of all columns, then their second cells, and so on."""
    chunks = [chunk for column in columns for chunk in column.chunks]
    whole = encoded(pa.chunked_array(chunks, columns[0].type))
    codes = narrowed(whole.indices, len(whole.dictionary) + 1)
    if codes.null_count:
        order = np.arange(len(codes)).reshape(len(columns), count).T.ravel()
        return coded(codes.take(pa.array(order)), whole.dictionary)
    return coded(pa.array(codes.to_numpy().reshape(len(columns), count).T.ravel()), whole.dictionary)


def _blocks(
    request: ReadRequest, cells: pa.Table, spec: UnpivotSpec, keys: list[str]
) -> tuple[_Headers, list[str]]:
    pattern = re.compile(spec.pattern)
    blocks: _Headers = {}
    values: list[str] = []
    for header in cells.column_names:
        match = pattern.fullmatch(header)
        if match is None:
            continue
        named = match.groupdict("")
        value = named.get(VALUE, VALUE)
        blocks.setdefault(tuple(named[key] for key in keys), {})[value] = header
        if value not in values:
            values.append(value)
    for block in blocks.values():
        _require_whole(request, block, values)
    low, high = spec.blocks.minimum, spec.blocks.maximum
    if not blocks or (low is not None and len(blocks) < low) or (high is not None and len(blocks) > high):
        raise request.error(
            f"The headers form {len(blocks)} blocks where {_expected(low, high)} are expected",
            line=request.table.header_row,
            remedy="Fetch the file again; if its columns were changed, correct unpivot in source.yml",
        )
    return blocks, values


def _require_whole(request: ReadRequest, block: Mapping[str, str], values: list[str]) -> None:
    lacking = [value for value in values if value not in block]
    if lacking:
        header = next(iter(block.values()))
        raise request.error(
            f"The header {header!r} has no header for {lacking[0]} beside it",
            line=request.table.header_row,
            column=header,
            remedy="Fetch the file again; a column is missing, or has another name",
        )


def _expected(low: int | None, high: int | None) -> str:
    if low == high and low is not None:
        return str(low)
    ends = [] if low is None else [f"at least {low}"]
    ends += [] if high is None else [f"at most {high}"]
    return " and ".join(ends) or "some"


def _with_repeats(cells: pa.Table, header: str) -> pa.Table:
    """The cells with a column that numbers wholly equal lines: 1, and 2 for its repetition."""
    seen: dict[tuple[str | None, ...], int] = {}
    columns = [cells[name].to_pylist() for name in cells.column_names if name != LINE]
    numbers = []
    for line in zip(*columns, strict=True):
        seen[line] = seen.get(line, 0) + 1
        numbers.append(str(seen[line]))
    return cells.append_column(header, pa.array(numbers, pa.string()))


def _require_year(request: ReadRequest, cells: pa.Table) -> None:
    """Refuse a file of another school year than the one it was put under."""
    year = request.school_year
    words = {"start": year - 1, "end": year, "ss": f"{(year - 1) % 100:02d}", "yy": f"{year % 100:02d}"}
    for header, forms in request.table.year_in.items():
        if header not in cells.column_names:
            continue  # `claim` says so, in its own words
        right = {form.format(**words) for form in forms}
        for text in pc.unique(cells[header]).to_pylist():
            if text is None or text.strip() in right:
                continue
            place = pc.index(cells[header].cast(pa.string()), text).as_py()
            raise request.error(
                f"The file is of another school year than {year}",
                line=cells[LINE][place].as_py(),
                column=header,
                value=text,
                remedy="Put it under its own school year in sources.yml, or fetch the right file",
            )
