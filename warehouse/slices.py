"""The canonical form of a slice's rows, and the hash that names it.

The hash covers column names, types and values in key order, in an encoding of our own: not the bytes of a
file or of Arrow's IPC, which change with library versions. The same rows give the same name everywhere.

Put here: refusing rows that do not fit the contract; sorting; hashing.
Not here: keys and publications (`publication`), storage (`load`).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from warehouse.model.contract import ARROW_TYPES, Contract
from warehouse.model.errors import SpmError
from warehouse.money import DECIMALS, to_scaled
from warehouse.publication import SliceKey

ENCODING = "spm-slice-1"
_REPORT = "Correct the SQL or the publisher that made the rows"


@dataclass(frozen=True)
class Layout:
    """The columns a slice was written with, kept beside it so that it stays verifiable as contracts grow.

    Attributes:
        columns: Name and contract type of each column, in order.
        key: Key columns, in the order that sorts the rows.
    """

    columns: tuple[tuple[str, str], ...]
    key: tuple[str, ...]

    @classmethod
    def of(cls, contract: Contract) -> Layout:
        """The layout that a contract asks for today."""
        return cls(columns=tuple((f.name, f.type) for f in contract.fields), key=contract.key)

    @classmethod
    def from_json(cls, text: str) -> Layout:
        """The layout that `to_json` wrote."""
        stored = json.loads(text)
        return cls(columns=tuple((n, t) for n, t in stored["columns"]), key=tuple(stored["key"]))

    def to_json(self) -> str:
        """One line of JSON."""
        return json.dumps({"columns": self.columns, "key": self.key}, separators=(",", ":"))

    def arrow_schema(self) -> pa.Schema:
        """The Arrow schema of the rows."""
        return pa.schema([pa.field(name, ARROW_TYPES[kind]) for name, kind in self.columns])


def canonical_rows(key: SliceKey, rows: pa.Table, contract: Contract) -> pa.Table:
    """The rows as the contract types them, in key order.

    Raises:
        SpmError: A column is missing, strange, of a wrong type, or null where it may not be; a value cannot
            be stored; a key stands twice; rows belong to another school year or measure than the slice.
    """
    table = _typed(key, rows, contract)
    for spec in contract.fields:
        column = table.column(spec.name)
        if not spec.nullable and column.null_count:
            raise _refusal(key, spec.name, f"{column.null_count} rows have no value")
        if spec.type == "text" and pc.any(pc.match_substring(column, "\x00")).as_py():
            raise _refusal(key, spec.name, "a text holds a NUL character")
        if spec.type == "double" and not pc.all(pc.is_finite(column), min_count=0).as_py():
            raise _refusal(key, spec.name, "a number is not finite")
    _require_own_rows(key, table)
    ordered = sort_rows(table, contract.key)
    _require_unique(key, ordered, contract)
    return ordered


def _typed(key: SliceKey, rows: pa.Table, contract: Contract) -> pa.Table:
    schema = contract.arrow_schema()
    given, wanted = set(rows.column_names), set(schema.names)
    if given != wanted or len(rows.column_names) != len(schema.names):
        raise SpmError(
            f"Slice {key} does not have its contract's columns: missing {sorted(wanted - given)}, "
            f"not in the contract {sorted(given - wanted)}",
            remedy=f"Correct the publisher, or warehouse/contracts/{contract.table}.yml and a migration",
        )
    columns = []
    for field in schema:
        column = rows.column(field.name).combine_chunks()
        try:
            columns.append(column if column.type == field.type else column.cast(field.type))
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            raise _refusal(key, field.name, f"values of type {column.type} are not {field.type}") from None
    return pa.table(columns, schema=pa.schema([f.with_nullable(True) for f in schema]))


def _refusal(key: SliceKey, column: str, what: str) -> SpmError:
    return SpmError(f"Slice {key} cannot be published: {what}", column=column, remedy=_REPORT)


def _require_own_rows(key: SliceKey, table: pa.Table) -> None:
    """Rows lie in the slice of their own year and measure, or one key could stand in two slices."""
    owners: dict[str, Any] = {"school_year": key.school_year, "measure_id": key.part or None}
    for column, expected in owners.items():
        if expected is None:
            continue
        if column not in table.column_names:
            raise _refusal(key, column, "the table has no such column to divide it by")
        if not pc.all(pc.equal(table.column(column), expected)).as_py() and len(table):
            raise _refusal(key, column, f"rows of other values than {expected!r}")


def sort_rows(table: pa.Table, key: tuple[str, ...]) -> pa.Table:
    """The rows in key order; text sorts by its UTF-8 bytes."""
    # Columns that are the same throughout (the year, the measure) do not order anything.
    varying = [name for name in key if len(table) and not _is_constant(table.column(name))]
    if not varying:
        return table.combine_chunks()
    order = pc.sort_indices(table, sort_keys=[(name, "ascending") for name in varying])
    return table.take(order).combine_chunks()


def _is_constant(column: pa.ChunkedArray) -> bool:
    first = column[0]
    return bool(first.is_valid and column.null_count == 0 and pc.all(pc.equal(column, first)).as_py())


def _require_unique(key: SliceKey, ordered: pa.Table, contract: Contract) -> None:
    if len(ordered) < 2:
        return
    same: Any = None
    for name in contract.key:
        column = ordered.column(name).combine_chunks()
        equal = pc.equal(column[1:], column[:-1])
        same = equal if same is None else pc.and_(same, equal)
    repeated = pc.sum(same).as_py() or 0
    if repeated:
        where = int(pc.index(same, True).as_py())
        values = ", ".join(f"{name}={ordered.column(name)[where].as_py()}" for name in contract.key)
        raise SpmError(f"Slice {key} repeats {repeated} keys, the first {values}", remedy=_REPORT)


def content_hash(layout: Layout, rows: pa.Table) -> str:
    """The sha256 that names these rows, which must be in the layout's types and key order."""
    digest = hashlib.sha256()
    digest.update(f"{ENCODING}\n{layout.to_json()}\n{len(rows)}\n".encode())
    for name, kind in layout.columns:
        column = rows.column(name).combine_chunks()
        valid = column.is_valid().to_numpy(zero_copy_only=False)
        digest.update(np.packbits(valid, bitorder="little").tobytes())
        for part in _encoded(column, kind):
            digest.update(part)
    return digest.hexdigest()


def _encoded(column: pa.Array, kind: str) -> list[bytes]:
    """A column's values, nulls as zero or empty: little endian numbers, or lengths and then UTF-8 bytes."""
    if kind == "text":
        filled = column.fill_null("")
        if not len(filled):
            return [b""]
        _, offsets, data = filled.buffers()
        ends = np.frombuffer(offsets, dtype="<i4")[filled.offset : filled.offset + len(filled) + 1]
        body = b"" if data is None else data.slice(int(ends[0]), int(ends[-1] - ends[0])).to_pybytes()
        return [np.diff(ends).astype("<i4").tobytes(), body]
    if kind in DECIMALS:
        values = to_scaled(column)
    elif kind == "date":
        values = column.cast(pa.int32())
    elif kind == "timestamp":
        values = column.cast(pa.int64())
    else:
        values = column
    filled = values.fill_null(False if kind == "boolean" else 0).to_numpy(zero_copy_only=False)
    if kind == "double":
        # Adding zero turns -0.0 into 0.0: databases may not keep the sign.
        return [(filled + 0.0).astype("<f8").tobytes()]
    return [filled.astype("<u1" if kind == "boolean" else "<i8").tobytes()]
