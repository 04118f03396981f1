"""Finds the sources: every folder with a `source.yml` is one, and nothing has to be registered.

Put here: discovery and what a source consists of. Not here: fetching and reading.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from sources.api.spec import request_problem
from sources.columns import ColumnMap, load_columns
from sources.corrections import Corrections, load_corrections
from sources.spec import SourceSpec
from warehouse.model.yaml_file import Located, load_model

SOURCES_ROOT = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Source:
    """A source folder, read and checked."""

    id: str
    folder: Path
    spec: SourceSpec
    columns: ColumnMap
    corrections: Corrections

    @cached_property
    def core_mappings(self) -> dict[str, Path]:
        """The SQL file per core table that this source feeds."""
        return {path.stem: path for path in sorted((self.folder / "core").glob("*.sql"))}

    @cached_property
    def version(self) -> str:
        """sha256 over what decides how its files are read: its folder but `core/`, and the shared readers."""
        digest = hashlib.sha256()
        for path in [*_own_files(self.folder), *_shared_files()]:
            digest.update(path.name.encode("utf-8"))
            digest.update(path.read_bytes())
        return digest.hexdigest()


def discover(root: Path = SOURCES_ROOT) -> dict[str, Source]:
    """All sources below `root`, by id.

    Raises:
        SpmError: A source.yml or columns.csv is wrong; names file, line and remedy.
    """
    return dict(_discover(root))


@lru_cache(maxsize=8)
def _discover(root: Path) -> tuple[tuple[str, Source], ...]:
    found = []
    for path in sorted(root.glob("*/source.yml")):
        located = load_model(path, SourceSpec)
        if located.value.id != path.parent.name:
            raise located.error(("id",), "Source and folder name differ", remedy="Give both one name")
        columns = load_columns(path.parent / "columns.csv")
        _check(located, columns)
        corrections = load_corrections(path.parent, columns)
        source = Source(located.value.id, path.parent, located.value, columns, corrections)
        found.append((source.id, source))
    return tuple(found)


def _check(located: Located[SourceSpec], columns: ColumnMap) -> None:
    """Hold source.yml and columns.csv against each other."""
    spec = located.value
    for line in columns.lines:
        if line.table not in spec.tables:
            raise located.error(
                ("tables",),
                f"columns.csv line {line.line} names a table that source.yml lacks",
                value=line.table,
                remedy="Add the table, or correct its name",
            )
    for name, table in spec.tables.items():
        lines = [line for line in columns.of(name) if line.type.kind != "ignored"]
        if any(line.member for line in lines) != (table.pivot is not None):
            raise located.error(
                ("tables", name),
                "A table has a pivot exactly when columns.csv gives its columns members",
                remedy="Name the pivot, or fill or empty the member cells of columns.csv",
            )
        if table.pivot is not None and table.pivot not in table.key:
            raise located.error(
                ("tables", name, "key"),
                f"The key lacks the pivot {table.pivot}, so that every line would be its own duplicate",
                remedy="Add the pivot to the key",
            )
        lost = set(table.key) - {line.column for line in lines} - {table.pivot}
        if lost:
            raise located.error(
                ("tables", name, "key"),
                f"The key names columns that columns.csv does not give: {', '.join(sorted(lost))}",
                remedy="Correct the key, or map the columns",
            )
        if problem := request_problem(spec.api, table.request, set(spec.tables)):
            raise located.error(
                ("tables", name, "request"),
                problem[0].upper() + problem[1:],
                remedy="Correct api and request in source.yml, or remove both",
            )
        if spec.reader == "database" and table.query is None:
            raise located.error(
                ("tables", name), "A table of a database needs a query", remedy="Add the query that reads it"
            )


def _own_files(folder: Path) -> Iterator[Path]:
    yield from sorted(p for p in folder.glob("*") if p.suffix in {".yml", ".csv", ".py"})


def _shared_files() -> Iterator[Path]:
    yield from sorted(SOURCES_ROOT.glob("*.py"))
    yield from sorted((SOURCES_ROOT / "readers").glob("*.py"))
