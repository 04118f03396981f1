"""Time whole refreshes in fresh homes and print the split, as a Markdown table.

Run: .venv/bin/python benchmarks/refresh.py [--runs 3] franklin california ...
Real states need SPM_DATA; Franklin is generated. Each run is a process of its own with a new home, and
then refreshes the same home again, where nothing has changed.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
SPM = PROJECT / ".venv" / "bin" / "spm"
PARTS = ("import", "fetch_and_read", "sql", "checks", "publish", "dagster")


def main() -> None:
    """Time the agencies named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("agencies", nargs="+")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--students", type=int, default=20_000)
    arguments = parser.parse_args()
    print(f"| agency | refresh | wall s | {' | '.join(PARTS)} |")
    print("|---|---|---" + "|---" * len(PARTS) + "|")
    for agency in arguments.agencies:
        pairs = [_run(agency, arguments.students) for _ in range(arguments.runs)]
        for index, kind in enumerate(("first", "unchanged")):
            _print(agency, kind, [pair[index] for pair in pairs])


def _run(agency: str, students: int) -> tuple[dict[str, float], dict[str, float]]:
    with tempfile.TemporaryDirectory(prefix="spm-benchmark-") as folder:
        environment = {**os.environ, "SPM_AGENCY": f"agencies/{agency}", "SPM_HOME": f"{folder}/home"}
        if agency == "franklin":
            environment["SPM_DATA"] = f"{folder}/data"
            command = [
                sys.executable,
                "-m",
                "simulator",
                "--out",
                f"{folder}/data",
                "--students",
                str(students),
            ]
            subprocess.run(command, cwd=PROJECT, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - our own
        return _refresh(environment), _refresh(environment)


def _refresh(environment: dict[str, str]) -> dict[str, float]:
    start = time.perf_counter()
    done = subprocess.run(  # noqa: S603 - our own command
        [str(SPM), "refresh", "--json"],
        cwd=PROJECT,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    wall = time.perf_counter() - start
    return {"wall": wall, **json.loads(done.stdout)["seconds"]}


def _print(agency: str, kind: str, runs: list[dict[str, float]]) -> None:
    """Medians over the runs."""
    cells = [f"{statistics.median(r.get(part, 0.0) for r in runs):.1f}" for part in ("wall", *PARTS)]
    print(f"| {agency} | {kind} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
