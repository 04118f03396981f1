"""The workbook in which units report how their milestones and actions stand.

Put here: writing the template, and telling a unit what to mend in a filled one. Not here: reading it into the
lake (its source does, like every other). The sheet's headers and choices are those of the source's
columns.csv: there is no second list of them.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from assets.home import Home
from sources.acquire import acquire
from sources.columns import ColumnLine
from sources.read import read
from sources.registry import Source, discover
from sources.snapshot import SnapshotStore
from warehouse.model.agency import ReleaseSettings
from warehouse.model.errors import SpmError
from warehouse.model.plan import Action, Milestone, Node, nodes

CORE_TABLE = "status_events"
_WIDTHS = {"text": 44, "code": 16, "date": 13, "count": 18, "id": 14, "ignored": 40}
_HEAD = PatternFill("solid", fgColor="1F3A5F")
_FIXED = PatternFill("solid", fgColor="EEF1F5")
_HELP = (
    ("Status", "How it stands on the day: choose from the list. Complete means done, with its outputs."),
    ("As of", "The day your report speaks for, such as 2025-10-31. A later report is a further row or file."),
    ("Percent complete", "A whole number from 0 to 100, without the percent sign; may stay empty."),
    ("What happened", "One or two sentences. No names of students or of single people."),
    ("What stands in the way", "Leave empty if nothing does. It is read at the next review."),
    ("Reported by", "Your role, such as Literacy lead; never a name."),
    ("Review", "Monthly, quarterly or annual."),
    ("Rows", "Leave a row alone if you have nothing to report on it. Never change the grey cells."),
)


@dataclass(frozen=True)
class Remark:
    """One thing to mend in a filled workbook, in plain words."""

    row: int
    column: str
    text: str


def status_source() -> Source:
    """The source that reads the workbook: the one that gives status events.

    Raises:
        SpmError: There is none.
    """
    for source in discover().values():
        if any(p.core_table == CORE_TABLE for p in source.spec.provides):
            return source
    raise SpmError("No source reads status workbooks", remedy=f"Add one that provides {CORE_TABLE}")


def write_template(home: Home, file: Path, *, unit: str | None, school_year: int | None) -> int:
    """Write a workbook with a row for each milestone and action of a unit, or of the whole plan.

    Returns:
        How many rows there are to report on.

    Raises:
        SpmError: The plan has no such unit or nothing for it, or the file is there already or cannot be
            written.
    """
    _require_new(file)
    source = status_source()
    ((table, spec),) = source.spec.tables.items()
    chosen = _chosen(home, unit, school_year)
    workbook = Workbook()
    sheet: Any = workbook.active
    sheet.title = str(spec.sheet)
    _head(home, sheet, unit)
    lines = source.columns.of(table)
    _columns(sheet, lines, spec.header_row)
    for row, node in enumerate(chosen, start=spec.header_row + 1):
        for column, value in enumerate((node.node_id, node.item.title, _due(node)), start=1):
            cell = sheet.cell(row, column, value)
            cell.fill, cell.alignment = _FIXED, Alignment(wrap_text=True, vertical="top")
    _choices(sheet, lines, spec.header_row, len(chosen))
    sheet.freeze_panes = sheet.cell(spec.header_row + 1, 3)
    _help(workbook)
    try:
        workbook.save(file)
    except OSError as problem:
        raise SpmError(
            f"The workbook cannot be written ({problem.strerror or type(problem).__name__})",
            file=file,
            remedy="Choose a folder that exists, and close the workbook if it is open",
        ) from None
    return len(chosen)


def _require_new(file: Path) -> None:
    """A unit's reports may stand in a file that is there: it is never written over.

    Raises:
        SpmError: It is there, or it would be no workbook by its name.
    """
    if file.suffix.lower() != ".xlsx":
        remedy = f"Call it {file.with_suffix('.xlsx').name}"
        raise SpmError("A workbook's name ends in .xlsx", file=file.name, remedy=remedy)
    if file.exists():
        raise SpmError(
            "There is such a file already, and it may hold reports",
            file=file,
            remedy="Give another name, or move the file; to have a filled workbook checked, add --check",
        )


def check_filled(home: Home, file: Path) -> tuple[int, list[Remark]]:
    """Read a filled workbook as a refresh does; gives how many reports it holds, and everything to mend.

    Raises:
        SpmError: It is no such workbook at all: another file, no sheet of that name, other headers.
    """
    if not file.is_file():
        raise SpmError(
            "There is no such workbook", file=file, remedy="Give the path of the filled .xlsx file"
        )
    source = status_source()
    ((table, _),) = source.spec.tables.items()
    year = home.agency.settings.school_years[-1]
    release = ReleaseSettings(school_years=(year,), files=(file.name,))
    with tempfile.TemporaryDirectory(prefix="spm-workbook-") as folder:
        fetch = acquire(
            source,
            release,
            year,
            store=SnapshotStore(Path(folder)),
            data_root=file.parent,
            today=home.today,
            environment=home.environment,
        )
        if fetch.error is not None:
            raise fetch.error
        result = read(source, fetch, release)[table]
    remarks = [Remark(r["source_line"], r["column"], _plain(r)) for r in result.quarantine.to_pylist()]
    remarks += _unknown(home, result.table.to_pylist())
    return result.rows_in, sorted(remarks, key=lambda remark: remark.row)


def _chosen(home: Home, unit: str | None, school_year: int | None) -> list[Node]:
    """The milestones of a unit and the actions below them, of one school year or all."""
    units = {u.unit_id: u for u in home.agency.plan.units}
    if unit is not None and unit not in units:
        raise SpmError(
            "The plan has no such unit",
            file="plan.yml",
            value=unit,
            remedy=f"Use one of {', '.join(sorted(units))}",
        )
    found: list[Node] = []
    is_theirs = False
    for node in nodes(home.agency.plan):
        if isinstance(node.item, Milestone):
            is_theirs = unit in (None, node.item.lead_unit, *node.item.collaborators)
            is_theirs = is_theirs and school_year in (None, node.item.school_year)
        if isinstance(node.item, Milestone | Action) and is_theirs:
            found.append(node)
    if not found:
        raise SpmError(
            "The plan has no milestone to report on there",
            file="plan.yml",
            value=unit or str(school_year),
            remedy="Leave out --unit or --year, or add the milestone to the plan",
        )
    return found


def _due(node: Node) -> str:
    due = getattr(node.item, "due", None)
    return "" if due is None else due.isoformat()


def _head(home: Home, sheet: Any, unit: str | None) -> None:
    names = {u.unit_id: u.name for u in home.agency.plan.units}
    sheet["A1"] = f"Status of milestones and actions: {names.get(unit or '', 'the whole plan')}"
    sheet["A1"].font = Font(bold=True, size=14)
    sheet["A2"] = (
        f"{home.agency.plan.title}. Fill in the white cells of the rows you report on; "
        "leave the others empty. The sheet Help says what belongs where."
    )


def _columns(sheet: Any, lines: Sequence[ColumnLine], row: int) -> None:
    for column, line in enumerate(lines, start=1):
        cell = sheet.cell(row, column, line.header("all"))
        cell.font, cell.fill = Font(bold=True, color="FFFFFF"), _HEAD
        cell.alignment = Alignment(vertical="center", wrap_text=True)
        sheet.column_dimensions[get_column_letter(column)].width = _WIDTHS[line.type.kind]


def _choices(sheet: Any, lines: Sequence[ColumnLine], header_row: int, rows: int) -> None:
    """Let Excel offer the choices and refuse what could not be read."""
    for column, line in enumerate(lines, start=1):
        letter = get_column_letter(column)
        cells = f"{letter}{header_row + 1}:{letter}{header_row + rows + 50}"
        rule = _rule(line)
        if rule is None:
            continue
        rule.showErrorMessage, rule.errorTitle = True, str(line.header("all"))
        sheet.add_data_validation(rule)
        rule.add(cells)
        if line.type.kind == "date":
            for (cell,) in sheet[cells]:
                cell.number_format = "yyyy-mm-dd"


def _rule(line: ColumnLine) -> DataValidation | None:
    if line.type.kind == "code":
        choices = ",".join(pair.split("=", 1)[0] for pair in line.type.argument.split("|"))
        rule = DataValidation(type="list", formula1=f'"{choices}"', allow_blank=True)
        rule.error = "Choose from the list."
    elif line.type.kind == "date":
        rule = DataValidation(type="date", operator="greaterThan", formula1="36526", allow_blank=True)
        rule.error = "Write a day, such as 2025-10-31."
    elif line.type.kind == "count":
        rule = DataValidation(
            type="whole", operator="between", formula1="0", formula2="100", allow_blank=True
        )
        rule.error = "Write a whole number from 0 to 100, without the percent sign."
    else:
        return None
    return rule


def _help(workbook: Workbook) -> None:
    sheet = workbook.create_sheet("Help")
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 24, 100
    for row, (name, text) in enumerate(_HELP, start=1):
        sheet.cell(row, 1, name).font = Font(bold=True)
        sheet.cell(row, 2, text).alignment = Alignment(wrap_text=True)


def _plain(row: dict[str, Any]) -> str:
    """Why a row cannot be read, for somebody who fills in a form."""
    reason, value = str(row["reason"]), row["value"] or ""
    if "the key stands" in reason:
        return "This milestone or action is reported twice for the same day; keep one of the two rows"
    if "empty" in reason:
        return "This cell must not be empty in a row that you report on"
    if reason.startswith("unknown code; known are "):
        return f"{value!r} is not one of the choices: {reason.removeprefix('unknown code; known are ')}"
    if reason.startswith("not a date"):
        return f"{value!r} is not a day; write it such as 2025-10-31"
    if reason.startswith("not a whole number"):
        return f"{value!r} is not a whole number from 0 to 100; leave out the percent sign"
    if reason.startswith("not of the form"):
        return f"{value!r} is not a code of the plan, such as G1.S1.M1.A2; never change grey cells"
    return f"{value!r} cannot be read: {reason}"


def _unknown(home: Home, rows: Sequence[dict[str, Any]]) -> Iterator[Remark]:
    """What could be read, and does not fit the plan or the form."""
    known = {node.node_id for plan in home.agency.plans for node in nodes(plan)}
    for row in rows:
        if row["node_id"] not in known:
            yield Remark(row["source_line"], "Code", f"The plan has no {row['node_id']}")
        if row["as_of_date"] > home.today:
            yield Remark(row["source_line"], "As of", f"{row['as_of_date']} has not come yet")
        if (row["percent_complete"] or 0) > 100:
            too_much = f"{row['percent_complete']} is more than 100"
            yield Remark(row["source_line"], "Percent complete", too_much)
