"""A DuckDB database of nothing but views on the lake's Parquet files.

Put here: what can be asked of those views, and how failing rows leave them. Not here: claims (`claims`), or
Great Expectations (`gx_bridge`), which reads the same database by its `url`.
"""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any
from uuid import uuid4

from checks.claim import Claim, identifier, literal
from warehouse.model.contract import DUCKDB_TYPES, Contract
from warehouse.model.errors import SpmError

MOST_KEYS_SHOWN = 5


@dataclass(frozen=True)
class FailingRows:
    """How many rows fail, the first of their keys as `column=value` texts, and the file that has them all."""

    count: int
    keys: tuple[str, ...]
    file: Path | None


class Catalog:
    """Views named `layer.table` in a database in memory, shared within this process by its `url`.

    The database is in memory; what does not fit spills to a private folder that goes with it. Both we and
    Great Expectations connect through SQLAlchemy, because DuckDB refuses a second connection with other
    settings than the first.
    """

    def __init__(self, views: Mapping[str, Sequence[Path]], contracts: Mapping[str, Contract]) -> None:
        import sqlalchemy as sa

        from checks import duckdb_dialect

        duckdb_dialect.register()
        # SQLAlchemy logs every row of an answer where the root logger is set to DEBUG.
        logging.getLogger("sqlalchemy.engine").setLevel(logging.WARNING)
        self.url = f"{duckdb_dialect.DRIVER}:///:memory:checks_{uuid4().hex}"
        self._engine = sa.create_engine(self.url)
        self._connection = self._engine.connect()
        # What does not fit into memory spills here, not into the folder the process happens to be in.
        self._spill = tempfile.TemporaryDirectory(prefix="spm-checks-", ignore_cleanup_errors=True)
        try:
            self._run(f"SET temp_directory = {literal(self._spill.name)}")
            for schema in sorted({name.split(".")[0] for name in views}):
                self._run(f"CREATE SCHEMA {identifier(schema)}")
            for name, files in views.items():
                self._create_view(name, files, contracts.get(name))
            self._connection.commit()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Catalog:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Forget the database."""
        self._connection.close()
        self._engine.dispose()
        self._spill.cleanup()

    def count(self, table: str) -> int:
        """The number of rows of a view (read from the Parquet footers)."""
        return int(self._run(f"SELECT count(*) FROM {table}").scalar())

    def failing_rows(self, claim: Claim, file: Path, *, show_keys: bool) -> FailingRows:
        """Write the rows for which a claim is false to `file`, and count them.

        The folder is made 0700 and the file 0600, whatever the table's privacy: failing rows are raw values.
        Rows are ordered by all columns, so that the first keys are the same on every run.
        """
        make_private_folder(file.parent)
        temporary = file.with_suffix(f".{os.getpid()}.tmp")
        # Created by us first: DuckDB would create it, or one of its own beside it (USE_TMP_FILE), with the
        # process's umask and expose it for a moment.
        os.close(os.open(temporary, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600))
        try:
            self._run(
                f"COPY (SELECT * FROM ({claim.failing_rows}) ORDER BY ALL) TO {literal(str(temporary))} "
                "(FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false)"
            )
            temporary.chmod(0o600)
            temporary.replace(file)
        finally:
            temporary.unlink(missing_ok=True)
        source = f"read_parquet({literal(str(file))}, hive_partitioning=false)"
        count = int(self._run(f"SELECT count(*) FROM {source}").scalar())
        if count == 0:
            file.unlink()
            return FailingRows(0, (), None)
        return FailingRows(count, self._keys(source, claim.shown) if show_keys else (), file)

    def _keys(self, source: str, shown: tuple[str, ...]) -> tuple[str, ...]:
        present = [name for (name, *_rest) in self._run(f"DESCRIBE SELECT * FROM {source}").fetchall()]
        columns = [name for name in shown if name in present]
        if not columns:
            return ()
        selected = ", ".join(identifier(name) for name in columns)
        rows = self._run(f"SELECT DISTINCT {selected} FROM {source} ORDER BY ALL LIMIT {MOST_KEYS_SHOWN}")
        return tuple(
            ", ".join(f"{c}={v}" for c, v in zip(columns, row, strict=True)) for row in rows.fetchall()
        )

    def _create_view(self, name: str, files: Sequence[Path], contract: Contract | None) -> None:
        for file in files:
            if not file.is_file():
                raise SpmError(
                    f"The Parquet file of {name} is not there", file=file, remedy="Build that table again"
                )
        schema, _, table = name.partition(".")
        self._run(f"CREATE VIEW {identifier(schema)}.{identifier(table)} AS {_select(name, files, contract)}")

    def _run(self, sql: str) -> Any:
        return self._connection.exec_driver_sql(sql)


def make_private_folder(folder: Path) -> None:
    """Make a folder that only we can enter; an existing one is closed to others."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)


def _select(name: str, files: Sequence[Path], contract: Contract | None) -> str:
    if files:
        listed = ", ".join(literal(str(file)) for file in files)
        # A folder called school_year=2021 must not replace the column of that name.
        return f"SELECT * FROM read_parquet([{listed}], union_by_name=true, hive_partitioning=false)"
    if contract is None:
        raise SpmError(
            f"{name} has no file and no contract", remedy=f"Add a contract for {name}, or its files"
        )
    nothing = ", ".join(
        f"CAST(NULL AS {DUCKDB_TYPES[f.type]}) AS {identifier(f.name)}" for f in contract.fields
    )
    return f"SELECT {nothing} WHERE false"
