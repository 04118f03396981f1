"""Time all core tables and all measures of Franklin, stage by stage, and the memory they take.

Run: .venv/bin/python benchmarks/measures.py [--students 1000000] [--years 2025] [--keep FOLDER]
Franklin is generated and its sources are read first, in processes of their own that do not count. Then a
fresh process builds every core table, every measure and every figure of figures, year by year, as a refresh
does, and accepts each as it is: checks and Dagster are timed by `refresh.py`.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
MOST_SECONDS, MOST_GIB = 60.0, 2.0
# Stages below this many seconds of wall time are shown together.
SHOWN_SECONDS = 0.3


@dataclass(frozen=True)
class Stage:
    """One table of one layer, over all years: seconds of the clock and of the processor, and memory.

    `peak_mib` is the highest of the whole process until the stage's end.
    """

    layer: str
    table: str
    wall: float
    processor: float
    peak_mib: float
    rows: int


def main() -> None:
    """Generate, read, build, and print the table; end with 1 if it took more than it may."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--students", type=int, default=1_000_000)
    parser.add_argument("--years", type=int, nargs="*", default=[2025], help="default: the last one")
    parser.add_argument("--keep", type=Path, help="folder for data and home, kept, and used again if there")
    parser.add_argument("--part", choices=("read", "build"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.part:
        {"read": _read, "build": _build}[arguments.part](arguments.years)
        return
    with _folder(arguments.keep) as folder:
        stages = _stages(folder, arguments.students, arguments.years)
    _print(stages)
    total, peak = sum(s.wall for s in stages), max(s.peak_mib for s in stages)
    sys.exit(int(total > MOST_SECONDS or peak > MOST_GIB * 1024))


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        yield keep.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="spm-benchmark-") as folder:
        yield Path(folder)


def _stages(folder: Path, students: int, years: list[int]) -> list[Stage]:
    environment = {
        **os.environ,
        "SPM_AGENCY": "agencies/franklin",
        "SPM_HOME": f"{folder}/home",
        "SPM_DATA": f"{folder}/data",
    }
    if not (folder / "data").exists():
        command = ["-m", "simulator", "--out", f"{folder}/data", "--students", str(students)]
        _python(command, environment)
    chosen = ["--years", *map(str, years)]
    _python([__file__, "--part", "read", *chosen], environment)
    told = _python([__file__, "--part", "build", *chosen], environment)
    return [Stage(**stage) for stage in json.loads(told.splitlines()[-1])]


def _python(arguments: list[str], environment: dict[str, str]) -> str:
    done = subprocess.run(  # noqa: S603 - our own
        [sys.executable, *arguments],
        cwd=PROJECT,
        env=environment,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return done.stdout


def _read(years: list[int]) -> None:
    """Fetch and read every source; what cannot be reached from here is left out, as in a refresh."""
    from assets.home import claim_home, open_home
    from assets.raw import refresh_raw

    home = open_home()
    claim_home(home)
    for year in years:
        for source in home.sources:
            refresh_raw(home, source, year)


def _build(years: list[int]) -> None:
    """Build and accept everything that is computed, and print what each stage took as JSON."""
    from assets.core import build_core
    from assets.core_table import core_node, core_tables
    from assets.derived import build_derived
    from assets.derived_measures import DERIVED
    from assets.home import open_home
    from assets.lake import Node
    from assets.measures import build_measures, measured_tables, measures_node

    home = open_home()
    stages: list[Stage] = []

    def stage(node: Node, year: int, build: Callable[[], tuple[str, int]]) -> None:
        wall, processor = time.perf_counter(), time.process_time()
        version, rows = build()
        home.lake.accept(node, year, version, rows)
        took = time.perf_counter() - wall, time.process_time() - processor
        stages.append(Stage(node.layer, node.table, *took, _peak_mib(), rows))

    for year in years:
        for name, table in core_tables(home).items():
            stage(core_node(name), year, partial(build_core, home, table, year))
        for name in measured_tables(home):
            stage(measures_node(name), year, partial(build_measures, home, name, year))
        stage(DERIVED, year, partial(build_derived, home, year))
    print(json.dumps([asdict(each) for each in stages]))


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _print(stages: list[Stage]) -> None:
    print("| layer | table | rows | wall s | processor s | peak MiB |")
    print("|---|---|---|---|---|---|")
    for layer in dict.fromkeys(s.layer for s in stages):
        of_layer = [s for s in stages if s.layer == layer]
        for each in sorted(of_layer, key=lambda s: -s.wall):
            if each.wall >= SHOWN_SECONDS:
                _row(layer, f"`{each.table}`", [each])
        _row(layer, f"all {len({s.table for s in of_layer})}", of_layer)
    _row("all", "", stages)


def _row(layer: str, table: str, stages: list[Stage]) -> None:
    rows, wall = sum(s.rows for s in stages), sum(s.wall for s in stages)
    processor, peak = sum(s.processor for s in stages), max(s.peak_mib for s in stages)
    print(f"| {layer} | {table} | {rows:,} | {wall:.1f} | {processor:.1f} | {peak:,.0f} |", flush=True)


if __name__ == "__main__":
    main()
