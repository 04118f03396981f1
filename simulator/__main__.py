"""The command line of the simulator: `python -m simulator --out DIR`, then `... serve --folder DIR`.

Put here: arguments, and the few lines that say what was written.
Not here: anything else.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from simulator.defects import names
from simulator.generate import generate
from simulator.settings import KNOWN_YEARS, Settings, SimulatorError
from simulator.web import command


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m simulator",
        description="Generate the systems of Franklin.",
        epilog="Its web systems are served by `python -m simulator serve`; see --help there.",
    )
    parser.add_argument(
        "--out", type=Path, required=True, help="folder to write; an earlier run in it is replaced"
    )
    parser.add_argument("--students", type=int, default=20_000, help="students a year, 2,000 to 6,000,000")
    parser.add_argument("--seed", type=int, default=7, help="the same seed gives the same bytes")
    parser.add_argument(
        "--years", type=int, nargs="+", default=list(KNOWN_YEARS), help="school years, ascending"
    )
    parser.add_argument(
        "--sis-csv",
        type=int,
        nargs="+",
        default=[],
        metavar="YEAR",
        help="SIS extracts of a year as csv, too",
    )
    parser.add_argument(
        "--defect", action="append", default=[], metavar="NAME", help=f"one of {', '.join(names())}"
    )
    return parser


def main() -> int:
    """Generate, and say in a few lines what there is; or serve what was generated."""
    if sys.argv[1:2] == ["serve"]:
        return command.main(sys.argv[2:])
    asked = _parser().parse_args()
    started = time.perf_counter()
    try:
        settings = Settings(
            students=asked.students, seed=asked.seed, years=tuple(asked.years), sis_csv=tuple(asked.sis_csv)
        )
        written = generate(settings, asked.out, asked.defect)
    except SimulatorError as error:
        print(f"simulator: {error}", file=sys.stderr)
        return 2
    seconds = time.perf_counter() - started
    print(
        f"Franklin, {settings.students:,} students a year, school years {', '.join(map(str, settings.years))}"
    )
    print(f"  {written.leas} LEAs, {written.schools} schools, {written.student_days:,} student-days")
    print(f"  {written.truths:,} true answers in {written.folder / 'truth' / 'truth.parquet'}")
    for item in written.defects:
        print(f"  planted {item.name} in {item.file}" + (f", line {item.line}" if item.line else ""))
    print(f"  {written.bytes / 1e6:.1f} MB in {written.folder} ({seconds:.1f} s)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
