"""Commands that need no data: what the plan asks for, and what the declared inputs can give.

Put here: the printed matrix. Not here: the answer (`assets/coverage`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from assets.coverage import Coverage, coverage, require_inputs
from assets.home import open_home
from pipelines.terminal import console, counted, print_json
from warehouse.model.plan import Goal, nodes, placed_measures

GRAINS = {"SEA": "state", "LEA": "districts", "SCHOOL": "schools"}
MARKS = {"counts": "counts", "figures": "figures only", "bound": "bound"}


def run_check(*, as_json: bool) -> int:
    """Refuse a plan with a measure that has no input; print what it rests on."""
    home = open_home()
    require_inputs(home)
    given = coverage(home)
    plan = home.agency.plan
    placed = [p for one in home.agency.plans for p in placed_measures(one)]
    if as_json:
        print_json(
            {
                "plan_id": plan.plan_id,
                "nested_plan_ids": [one.plan_id for one in home.agency.plans[1:]],
                "earlier_versions": [one.version for one in home.agency.plan_versions],
                "measures": [p.plan_measure_id for p in placed],
                "coverage": [asdict(c) for c in given],
            }
        )
        return 0
    out = console()
    for one in home.agency.plans:
        goals = sum(isinstance(node.item, Goal) for node in nodes(one))
        own = counted(len(list(placed_measures(one))), "measure")
        out.print(
            f"{one.title}, version {one.version}: {counted(goals, 'goal')}, {own} in place, "
            "each with an input",
            soft_wrap=True,
        )
    asked = {p.item.measure for p in placed}
    _print(out, [c for c in given if c.measure_id in asked])
    return 0


def run_workbook(file: Path, unit: str | None, year: int | None, *, check: bool, as_json: bool) -> int:
    """Write the workbook that units report in, or tell what to mend in a filled one."""
    from pipelines.status_workbook import check_filled, write_template

    home, out = open_home(), console()
    if not check:
        rows = write_template(home, file, unit=unit, school_year=year)
        if as_json:
            print_json({"file": str(file), "rows": rows})
        else:
            out.print(f"{file}: {rows} milestones and actions to report on", soft_wrap=True)
        return 0
    reports, remarks = check_filled(home, file)
    if as_json:
        print_json({"file": str(file), "reports": reports, "remarks": [asdict(r) for r in remarks]})
    else:
        for remark in remarks:
            out.print(f"Row {remark.row}, {remark.column}: {escape(remark.text)}", soft_wrap=True)
        things = "1 thing" if len(remarks) == 1 else f"{len(remarks)} things"
        state = f"{things} to mend" if remarks else f"{reports} reports, all of them readable"
        out.print(f"{file.name}: {state}", soft_wrap=True)
    return 1 if remarks else 0


def run_measures(*, as_json: bool) -> int:
    """Print the whole matrix."""
    home = open_home()
    given = coverage(home)
    if as_json:
        print_json([{"agency_id": home.agency.settings.agency_id, **asdict(c)} for c in given])
        return 0
    out = console()
    out.print(f"{home.agency.settings.name}: what its inputs give")
    _print(out, given)
    without = sorted(set(home.agency.measures) - {c.measure_id for c in given})
    if without:
        out.print(f"Without input here: {', '.join(without)}", style="dim", soft_wrap=True)
    return 0


def _print(out: Console, given: Sequence[Coverage]) -> None:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    for name in ("measure", "for", "school years", "as", "from"):
        table.add_column(name, overflow="fold", no_wrap=name == "from")
    rows: dict[tuple[str, str, str, str, tuple[str, ...]], list[int]] = {}
    for item in given:
        key = (item.measure_id, item.grain, item.kind, item.basis, item.sources)
        rows.setdefault(key, []).append(item.school_year)
    last = ""
    for (measure, grain, kind, basis, sources), years in rows.items():
        table.add_row(
            "" if measure == last else measure,
            GRAINS.get(grain, grain),
            _years(years),
            f"{MARKS[kind]}, {basis}",
            "\n".join(sources),
        )
        last = measure
    out.print(table)


def _years(years: Sequence[int]) -> str:
    """Years with runs joined, such as `2012-2014, 2021`."""
    runs: list[list[int]] = []
    for year in sorted(years):
        if runs and year == runs[-1][1] + 1:
            runs[-1][1] = year
        else:
            runs.append([year, year])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)
