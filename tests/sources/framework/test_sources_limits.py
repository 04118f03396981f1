"""What would take all memory, or is no file at all, is refused before it is held."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from invented_source import GOOD, Workbench

from sources.readers import limits
from sources.readers.choice import READERS
from sources.readers.delimited import read_delimited
from sources.readers.request import ReadRequest
from sources.spec import TableSpec
from warehouse.model.errors import SpmError


def request(path: Path) -> ReadRequest:
    spec = TableSpec(key=("a",), options={"skip_lines": "0"})
    return ReadRequest(path, path.name, "t", spec, ("a",), "all", 2025, is_restricted=False)


def refusal(path: Path, reader=read_delimited) -> SpmError:
    with pytest.raises(SpmError) as caught:
        reader(request(path))
    assert caught.value.remedy and caught.value.file == path.name
    return caught.value


@pytest.mark.parametrize("name", sorted(READERS))
def test_a_folder_is_refused_by_every_reader(tmp_path, name):
    folder = tmp_path / "FKSCHINVENTEDv000001.csv"
    folder.mkdir()
    with pytest.raises(SpmError) as caught:
        limits.require_file(request(folder), name)
    assert "folder" in caught.value.what


@pytest.mark.parametrize("name", sorted({*READERS, "custom"}))
def test_a_file_above_its_readers_size_is_refused_by_its_size_alone(tmp_path, name):
    """A file of holes: it has the size and takes no room on the disk."""
    path = tmp_path / "holes"
    with path.open("wb") as handle:
        handle.truncate(limits.LARGEST_FILE[name] + 1)
    with pytest.raises(SpmError) as caught:
        limits.require_file(request(path), name)
    assert f"{limits.LARGEST_FILE[name]}" in caught.value.what


def test_a_file_that_is_gone_is_told(tmp_path):
    assert "cannot be opened" in refusal(tmp_path / "gone.csv").what


def test_a_source_refuses_a_file_above_its_size_before_it_is_read(bench: Workbench, monkeypatch):
    monkeypatch.setitem(limits.LARGEST_FILE, "delimited", 100)
    with pytest.raises(SpmError, match="and a file of its kind is read up to 100"):
        bench.read_text(GOOD)


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
@pytest.mark.parametrize("block", [7, 64, 4096])
def test_a_line_beyond_the_limit_is_told_with_its_number(tmp_path, monkeypatch, end, block):
    monkeypatch.setattr(limits, "LONGEST_LINE", 50)
    monkeypatch.setattr(limits, "BLOCK", block)
    path = tmp_path / "long.csv"
    lines = ["a,b"] * 30
    path.write_bytes("".join(f"{line}{end}" for line in lines).encode())
    limits.require_lines(request(path))
    lines[20] = "x" * 60
    path.write_bytes("".join(f"{line}{end}" for line in lines).encode())
    assert refusal(path).line == 21
    path.write_bytes(("".join(f"{line}{end}" for line in lines[:20]) + "x" * 60).encode())
    assert refusal(path).line == 21


def test_an_empty_file_has_no_line_that_is_too_long(tmp_path):
    (tmp_path / "empty").write_bytes(b"")
    limits.require_lines(request(tmp_path / "empty"))


def test_a_parquet_file_of_very_many_cells_is_refused(bench: Workbench, monkeypatch):
    monkeypatch.setattr(limits, "MOST_PARQUET_CELLS", 1000)
    bench.reader, bench.file_name = "parquet", "counts.parquet"
    path = bench.write(b"")
    pq.write_table(pa.table({"a": ["x"] * 600, "b": ["y"] * 600}), path)
    with pytest.raises(SpmError, match="600 rows of 2 columns"):
        bench.read()


def test_a_parquet_file_with_text_that_is_none_is_refused(bench: Workbench):
    bench.reader, bench.file_name = "parquet", "counts.parquet"
    path = bench.write(b"")
    text = pa.array([b"\xff\xfe"], pa.binary()).cast(pa.string(), safe=False)
    pq.write_table(pa.table({"School Code": text}), path)
    with pytest.raises(SpmError, match="Not a whole Parquet file"):
        bench.read()


MEASURE = """
import resource, sys
from pathlib import Path
from sources.readers.choice import READERS
from sources.readers.request import ReadRequest
from sources.spec import TableSpec
from warehouse.model.errors import SpmError
def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
path, reader = Path(sys.argv[1]), sys.argv[2]
spec = TableSpec(key=("a",))
request = ReadRequest(path, path.name, "t", spec, ("a",), "all", 2025, False)
before = peak()
try:
    READERS[reader](request)
except SpmError as problem:
    print(peak() - before, problem.what)
"""


@pytest.mark.slow
@pytest.mark.parametrize("reader", ["delimited", "json_records"])
def test_a_line_of_two_gigabytes_is_refused_in_little_memory(tmp_path, project, reader):
    path = tmp_path / "one_line.csv"
    with path.open("wb") as handle:
        handle.write(b"a,b\n" if reader == "delimited" else b"{}\n")
        handle.truncate(2**31 + 100)
    command = [sys.executable, "-c", MEASURE, str(path), reader]
    env = {**os.environ, "PYTHONPATH": str(project)}
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=project, env=env)
    path.unlink()
    megabytes, words = done.stdout.split(" ", 1)
    assert "longer than" in words
    assert int(megabytes) < 200
