"""The SIS hands over csv or Parquet; one source reads both to the same rows."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest
from franklin_reading import TODAY, YEAR

from simulator.sis_csv import EXTRACTS, write_csv_extracts
from sources.acquire import acquire
from sources.read import ReadResult, read
from sources.registry import discover
from sources.snapshot import SnapshotStore
from warehouse.model.agency import ReleaseSettings
from warehouse.model.errors import SpmError

LINEAGE = ["snapshot_sha256", "source_file", "source_line"]


def read_extracts(folder: Path, suffixes: dict[str, str], home: Path) -> dict[str, ReadResult]:
    source = discover()["sis_attendance"]
    files = {name: (f"{name}_{YEAR}{suffixes.get(name, '.csv')}",) for name in EXTRACTS}
    release = ReleaseSettings(school_years=(YEAR,), files=files)
    store = SnapshotStore(home)
    fetched = acquire(source, release, YEAR, store=store, data_root=folder, today=TODAY)
    if fetched.error is not None:
        raise fetched.error
    return read(source, fetched, release)


@pytest.fixture(scope="module")
def extracts(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sis_csv")
    for name in EXTRACTS:
        shutil.copy(data / "sis" / f"{name}_{YEAR}.parquet", folder)
    write_csv_extracts(folder, YEAR)
    return folder


def test_csv_and_parquet_extracts_give_equal_rows(extracts: Path, tmp_path: Path) -> None:
    parquet = {name: ".parquet" for name in EXTRACTS}
    from_parquet = read_extracts(extracts, parquet, tmp_path / "parquet")
    from_csv = read_extracts(extracts, {}, tmp_path / "csv")
    for name in EXTRACTS:
        expected = from_parquet[name].table.drop_columns(LINEAGE)
        found = from_csv[name].table.drop_columns(LINEAGE)
        assert found.num_rows > 10 and found.schema.names == expected.schema.names
        assert _words(found).equals(_words(expected)), name
        lines, records = (r[name].table["source_line"] for r in (from_csv, from_parquet))
        assert [n - 1 for n in lines.to_pylist()] == records.to_pylist()


def test_one_release_may_mix_both_formats(extracts: Path, tmp_path: Path) -> None:
    mixed = read_extracts(extracts, {"attendance": ".parquet"}, tmp_path)
    assert {name: result.rows_quarantined for name, result in mixed.items()} == dict.fromkeys(EXTRACTS, 0)


def test_a_parquet_file_named_csv_is_refused_without_a_traceback(extracts: Path, tmp_path: Path) -> None:
    for name in EXTRACTS:
        shutil.copy(extracts / f"{name}_{YEAR}.csv", tmp_path)
    shutil.copy(extracts / f"students_{YEAR}.parquet", tmp_path / f"students_{YEAR}.csv")
    with pytest.raises(SpmError):
        read_extracts(tmp_path, {}, tmp_path / "home")


def test_the_simulator_s_option_writes_a_year_as_csv_and_leaves_the_others(
    project: Path, tmp_path: Path
) -> None:
    asked = [
        "--out",
        str(tmp_path / "out"),
        "--students",
        "2000",
        "--years",
        "2024",
        "2025",
        "--sis-csv",
        "2024",
    ]
    subprocess.run([sys.executable, "-m", "simulator", *asked], cwd=project, capture_output=True, check=True)
    written = {file.name for file in (tmp_path / "out" / "sis").glob("*.csv")}
    assert written == {f"{name}_2024.csv" for name in EXTRACTS}


def _words(table: pa.Table) -> pa.Table:
    kinds = [f.type.value_type if pa.types.is_dictionary(f.type) else f.type for f in table.schema]
    return table.cast(pa.schema(list(zip(table.schema.names, kinds, strict=True)))).combine_chunks()
