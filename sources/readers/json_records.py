"""Records in JSON, one a line, to text cells: the snapshot of an HTTP API, or a JSON Lines file.

A header is a path into the record:
    schoolReference.schoolId      a value inside an object; every other name of that object is a header too
    Recipient Location.*          whatever else the object has (for `ignored`)
    races[].raceDescriptor        of every element of a list, with | between them
    results[method=Scale].value   of the element whose `method` is `Scale`, or a descriptor `...#Scale`
A name that no header claims becomes a column, for `claim` to refuse; inside lists nothing is claimed.

Options of the table in source.yml:
    explode: path                 a list: one row for each of its elements, one without if it has none; the
                                  path's headers then go on as if it were an object
    absent_is_null: "yes"         the API leaves names out instead of sending null; or a list of such headers
Put here: from records to cells. Not here: headers' meaning (`columns.csv`), descriptors (`descriptors`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa

from sources.api.failures import parse_json
from sources.readers.json_paths import Plan, plan_of, texts_of
from sources.readers.limits import LONGEST_LINE, require_file
from sources.readers.request import LINE, ReadRequest

CHUNK_ROWS = 20_000
# Different sets of names that are remembered; where every record has its own, there is nothing to gain.
MOST_SHAPES = 10_000


def read_json_records(request: ReadRequest) -> pa.Table:
    """Read a JSON Lines file; the line of a row is its record's.

    Raises:
        SpmError: A line is no JSON object, the last one was cut off, or a line is beyond all measure.
    """
    require_file(request, "json_records")
    plan = plan_of(tuple(header for header in request.headers if header != request.table.repeats))
    explode = request.table.options.get("explode")
    chunks: list[pa.Table] = []
    rows: list[Sequence[Any]] = []
    extra: dict[int, dict[str, str | None]] = {}
    numbers: list[int] = []
    seen = [False] * len(plan.headers)
    shapes = _Shapes(plan, seen)
    for number, record in _records(request):
        for part in _exploded(record, str(explode)) if explode else (record,):
            strange = shapes.add(part, rows)
            if strange:
                extra[len(rows) - 1] = strange
            numbers.append(number)
        if len(rows) >= CHUNK_ROWS:
            chunks.append(_chunk(plan, rows, extra, numbers))
            rows, extra, numbers = [], {}, []
    chunks.append(_chunk(plan, rows, extra, numbers))
    whole = pa.concat_tables(chunks, promote_options="default")
    return _without_unseen(request, whole, plan, seen)


class _Shapes:
    """Records of the same names, nothing nested in them, become rows without a walk along the plan."""

    def __init__(self, plan: Plan, seen: list[bool]) -> None:
        self._plan, self._seen, self._width = plan, seen, len(plan.headers)
        self._in_order = tuple(range(self._width))
        self._known: dict[tuple[str, ...], tuple[int, ...] | None] = {}

    def add(self, record: dict[str, Any], rows: list[Sequence[Any]]) -> dict[str, str | None]:
        """Add a record's row; gives what no header claims."""
        columns = self._columns(tuple(record))
        if columns == self._in_order:
            rows.append(tuple(record.values()))
            return {}
        row: list[Any] = [None] * self._width
        rows.append(row)
        strange: dict[str, str | None] = {}
        if columns is None:
            self._plan.fill(record, row, strange, self._seen)
        else:
            for column, value in zip(columns, record.values(), strict=True):
                row[column] = value
        return strange

    def _columns(self, names: tuple[str, ...]) -> tuple[int, ...] | None:
        try:
            return self._known[names]
        except KeyError:
            columns = self._plan.columns_of(names)
        for column in columns or ():
            self._seen[column] = True
        if len(self._known) < MOST_SHAPES:
            self._known[names] = columns
        return columns


def _records(request: ReadRequest) -> Iterator[tuple[int, dict[str, Any]]]:
    with request.path.open("rb") as handle:
        number = 0
        while line := handle.readline(LONGEST_LINE + 1):
            number += 1
            if len(line) > LONGEST_LINE:
                raise request.error(
                    f"A line is longer than {LONGEST_LINE} bytes",
                    line=number,
                    remedy="Look whether the file is JSON Lines, one record a line",
                )
            if not line.endswith(b"\n"):
                raise request.error(
                    "The last line has no line end",
                    line=number,
                    remedy="The file may be cut off; fetch it again. If it is whole, end its last line",
                )
            if line.strip():
                yield number, _record(request, line, number)


def _record(request: ReadRequest, line: bytes, number: int) -> dict[str, Any]:
    try:
        record = parse_json(line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line)
    except (ValueError, RecursionError):
        raise request.error(
            "The line is not JSON",
            line=number,
            remedy="Fetch the file again; it must have one JSON record a line",
        ) from None
    if not isinstance(record, dict):
        raise request.error(
            "The line is JSON, but no object with names and values",
            line=number,
            remedy="Give one record a line, each an object",
        )
    return record


def _exploded(record: dict[str, Any], path: str) -> Iterator[dict[str, Any]]:
    """The record once for each element of the list at a path, the element in the list's place."""
    name, _, rest = path.partition(".")
    inner = record.get(name)
    if rest:
        for part in _exploded(inner, rest) if isinstance(inner, dict) else (inner,):
            yield {**record, name: part}
        return
    for element in (inner or [None]) if isinstance(inner, list) else (inner,):
        yield {**record, name: element}


def _chunk(
    plan: Plan, rows: list[Sequence[Any]], extra: dict[int, dict[str, str | None]], numbers: list[int]
) -> pa.Table:
    columns: list[Sequence[Any]] = list(zip(*rows, strict=True)) if rows else [()] * len(plan.headers)
    arrays = [pa.array(texts_of(column), pa.string()) for column in columns]
    strangers = list(dict.fromkeys(name for strange in extra.values() for name in strange))
    for name in strangers:
        cells = [extra[at].get(name) if at in extra else None for at in range(len(rows))]
        arrays.append(pa.array(cells, pa.string()))
    return pa.Table.from_arrays(
        [*arrays, pa.array(numbers, pa.int64())], names=[*plan.headers, *strangers, LINE]
    )


def _without_unseen(request: ReadRequest, table: pa.Table, plan: Plan, seen: list[bool]) -> pa.Table:
    """Leave out headers that no record has, so that `claim` misses them: a name may have changed."""
    allowed = request.table.options.get("absent_is_null", ())
    if table.num_rows == 0 or allowed == "yes":
        return table
    unseen = [
        header
        for header, was_seen in zip(plan.headers, seen, strict=True)
        if not was_seen and not plan.is_lenient(header) and header not in allowed
    ]
    return table.drop_columns(unseen) if unseen else table
