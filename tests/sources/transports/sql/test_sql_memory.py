"""Memory does not grow with the table: the benchmark, at a size for every day."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path


def test_a_larger_table_takes_no_more_memory(project: Path):
    small, large = (most_memory(project, rows) for rows in (100_000, 600_000))
    # Half a million rows of eight cells more: as Python objects they would be some 300 MB.
    assert large - small < 100


def most_memory(project: Path, rows: int) -> float:
    script = str(project / "benchmarks" / "sql_transport.py")
    command = [sys.executable, script, "--rows", str(rows), "--stream", "--json"]
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    (stream,) = json.loads(done.stdout)
    assert (stream["read"], stream["rows"]) == ("stream", rows)
    return float(stream["memory_mb"])
