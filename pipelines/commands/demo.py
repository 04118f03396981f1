"""`spm demo`: an invented state, from its systems to a scorecard.

Put here: the order, and what to try next. Not here: the state (`simulator`, a program of its own).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape

from assets.home import Home, claim_home, open_home
from assets.place import find_place
from pipelines import scorecard
from pipelines.commands.run import show, tell
from pipelines.refresh import refresh
from pipelines.terminal import console
from warehouse.model.errors import SpmError
from warehouse.model.places import AGENCIES, PROJECT, shown
from warehouse.read import Reader, open_reader

AGENCY = "franklin"


def run(students: int) -> int:
    """Generate, refresh, publish, show."""
    os.environ["SPM_AGENCY"] = str(AGENCIES / AGENCY)
    os.environ.pop("SPM_DATA", None)  # the demo reads what it generates
    start = time.perf_counter()
    out = console()
    home = open_home()
    claim_home(home)
    out.print(f"Generating the systems of Franklin, {students:,} students …")
    _simulate(home, students)
    out.print(f"Refreshing {', '.join(map(str, home.agency.settings.school_years))} …")
    progress = Console(stderr=True, highlight=False)
    with _web_systems(home) as variables:
        home = open_home({**os.environ, **variables})
        report = refresh(home, progress=lambda what: tell(progress, what))
    show(out, report, home)
    if report.failed:
        return 1
    out.print()
    place = find_place()
    with open_reader(place.warehouse_url, agency_id=place.agency_id) as reader:
        scorecard.show(out, scorecard.scorecard(reader, year=None, organization=None), place)
        school, year = _example(reader)
    out.print(f"Done in {time.perf_counter() - start:.0f} s. To try next:")
    spm = shown(PROJECT / ".venv" / "bin" / "spm")
    for line in (
        f"{spm} explain chronic_absence_rate --org {school} --year {year} --group all",
        f"{spm} status --org {school}",
        f"{spm} sources",
        f"{spm} measures",
        f"{spm} dev",
    ):
        out.print(f"  {escape(line)}", soft_wrap=True)
    return 0


def _simulate(home: Home, students: int) -> None:
    if home.data_root is None:
        raise SpmError(
            "Franklin has no data root", remedy="Restore data_root in agencies/franklin/agency.yml"
        )
    command = [sys.executable, "-m", "simulator", "--out", str(home.data_root), "--students", str(students)]
    done = subprocess.run(  # noqa: S603 - our own program
        command, cwd=PROJECT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        said = done.stderr.strip().splitlines() or ["no message"]
        raise SpmError(
            f"The simulator failed: {said[-1]}",
            remedy="Run `python -m simulator --help`, and try it by hand",
        )


@contextmanager
def _web_systems(home: Home) -> Iterator[dict[str, str]]:
    """Franklin's web systems, served while the context lasts; gives the variables by which to reach them."""
    command = [sys.executable, "-m", "simulator", "serve", "--folder", str(home.data_root)]
    with subprocess.Popen(  # noqa: S603 - our own program
        command, cwd=PROJECT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
    ) as server:
        try:
            first = server.stdout.readline() if server.stdout else ""
            if not first:
                raise SpmError(
                    "Franklin's web systems did not start",
                    remedy="Run `python -m simulator serve --help`, and try it by hand",
                )
            yield dict(json.loads(first)["environment"])
        finally:
            server.terminate()


def _example(reader: Reader) -> tuple[str, int]:
    """A school with a figure, for the commands to try."""
    rows = reader.select(
        f"SELECT organization_id, school_year FROM {reader.view('current_measure_value')} "
        "WHERE measure_id = 'chronic_absence_rate' AND organization_type = 'SCHOOL' "
        "AND student_group = 'all' AND value IS NOT NULL "
        "ORDER BY school_year DESC, organization_id LIMIT 1"
    )
    if not rows:
        raise SpmError("The demo published no figure of a school", remedy="Report it; the demo is broken")
    return str(rows[0]["organization_id"]), int(rows[0]["school_year"])
