"""Which reader reads a table: a shared one by its name, or the source's own.

Put here: the shared readers by name. Not here: any format.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path, PurePath
from typing import Any

import pyarrow as pa

from sources.readers.delimited import read_delimited
from sources.readers.edfacts_submission import read_edfacts_submission
from sources.readers.edsight import read_edsight
from sources.readers.fixed_width import read_fixed_width
from sources.readers.json_records import read_json_records
from sources.readers.parquet import read_parquet
from sources.readers.request import ReadRequest
from sources.readers.workbook import read_workbook
from sources.registry import Source
from sources.spec import TableSpec
from warehouse.model.errors import SpmError
from warehouse.model.places import shown

READERS: dict[str, Callable[[ReadRequest], pa.Table]] = {
    "delimited": read_delimited,
    "workbook": read_workbook,
    "edfacts_submission": read_edfacts_submission,
    "edsight": read_edsight,
    "fixed_width": read_fixed_width,
    "json_records": read_json_records,
    "parquet": read_parquet,
    "database": read_parquet,
}


# What code that trusts a file's shape raises when the file has another.
_STUMBLING = (ArithmeticError, AttributeError, LookupError, OSError, RecursionError, TypeError, ValueError)


def chosen_reader(source: Source, table: TableSpec) -> Callable[[ReadRequest], pa.Table]:
    """The reader of a table: by the end of a file's name, else the table's own choice, else the source's."""
    usual = _reader(source, table.reader or source.spec.reader)
    others = {suffix: _reader(source, name) for suffix, name in table.suffixes.items()}

    def read(request: ReadRequest) -> pa.Table:
        suffix = PurePath(request.address).suffix.lower()
        return others.get(suffix, usual)(request)

    return read if others else usual


def _reader(source: Source, name: str) -> Callable[[ReadRequest], pa.Table]:
    return READERS.get(name) or _guarded(_custom_reader(source.folder / "reader.py"))


def _guarded(reader: Callable[[ReadRequest], pa.Table]) -> Callable[[ReadRequest], pa.Table]:
    """A source's own reader, whose stumbling over a damaged file is told as any other refusal."""

    def guarded(request: ReadRequest) -> pa.Table:
        try:
            return reader(request)
        except _STUMBLING as problem:
            # The words of the problem may quote a cell; its type is enough to find the place.
            cause = None if request.is_restricted else problem
            raise request.error(
                f"The source's own reader cannot read the file ({type(problem).__name__})",
                remedy="Fetch the file again; if it is in order, correct the reader.py of the source",
            ) from cause

    return guarded


@lru_cache(maxsize=32)
def _custom_reader(path: Path) -> Callable[[ReadRequest], pa.Table]:
    """A source's own `reader.py`: its function `read_file(request) -> pa.Table`."""
    spec = importlib.util.spec_from_file_location(f"sources.{path.parent.name}.reader", path)
    if spec is None or spec.loader is None or not path.is_file():
        raise SpmError(
            "A source with reader: custom needs a reader.py",
            file=shown(path),
            remedy="Add it with a function read_file(request)",
        )
    module: Any = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # a dataclass looks its module up there
    spec.loader.exec_module(module)
    reader: Callable[[ReadRequest], pa.Table] | None = getattr(module, "read_file", None)
    if reader is None:
        raise SpmError(
            "reader.py has no read_file",
            file=shown(path),
            remedy="Give it a function read_file(request: ReadRequest) -> pa.Table",
        )
    return reader
