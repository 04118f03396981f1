"""What a reader has to say besides the cells it gives: rows it refuses, and what is unusual.

Put here: how a reader attaches remarks to its table, and how they are taken off again. Not here: the rules
that lead to them (each reader), cells that a type refuses (`values`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import pyarrow as pa

_REFUSED, _WARNINGS = b"spm.refused", b"spm.warnings"


@dataclass(frozen=True)
class RefusedRow:
    """A row, counted from 0, that a rule over several of its columns refuses."""

    row: int
    column: str
    value: str
    reason: str


def with_remarks(cells: pa.Table, refused: list[RefusedRow], warnings: list[str]) -> pa.Table:
    """The same cells, with remarks in the metadata of their schema."""
    metadata = dict(cells.schema.metadata or {})
    metadata[_REFUSED] = json.dumps([[r.row, r.column, r.value, r.reason] for r in refused]).encode("utf-8")
    metadata[_WARNINGS] = json.dumps(warnings).encode("utf-8")
    return cells.replace_schema_metadata(metadata)


def refused_rows(cells: pa.Table) -> list[RefusedRow]:
    """The rows its reader refused."""
    metadata = cells.schema.metadata or {}
    return [RefusedRow(*item) for item in json.loads(metadata.get(_REFUSED, b"[]"))]


def reader_warnings(cells: pa.Table) -> tuple[str, ...]:
    """What its reader found unusual."""
    metadata = cells.schema.metadata or {}
    return tuple(json.loads(metadata.get(_WARNINGS, b"[]")))
