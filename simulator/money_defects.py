"""Known defects of the money systems, planted on request in a finished set of files.

Put here: one function a defect of grants database, ledger, G6, allocation workbook or F-33 file.
Not here: defects of other systems (see `defects`), and what a refresh should do about them.

Each says in `found_by` what would find it, or why nothing can.
"""

from __future__ import annotations

import csv
import sqlite3
from pathlib import Path

from openpyxl import load_workbook

from simulator.defects import Planted, defect
from simulator.finance import without_clock


def _changed(path: Path, statement: str, *values: object) -> None:
    connection = sqlite3.connect(path)
    try:
        if connection.execute(statement, values).rowcount < 1:
            raise ValueError(f"nothing in {path.name} to damage")
        connection.commit()
    finally:
        connection.close()


def _one(path: Path, query: str, *values: object) -> tuple[str | int, ...]:
    connection = sqlite3.connect(path)
    try:
        row = connection.execute(query, values).fetchone()
    finally:
        connection.close()
    if row is None:
        raise ValueError(f"nothing in {path.name} to damage")
    return tuple(row)


GRANTS, LEDGER = Path("grants") / "grants_management.db", Path("ledger") / "ledger.db"
# Paid in full in one payment, in the school year; the first of them by id.
PLAIN_PAYMENT = """
    SELECT p.payment_id, r.request_id, p.paid_on, p.amount_cents, r.submitted_on
    FROM payment AS p JOIN reimbursement_request AS r USING (request_id)
    WHERE p.amount_cents = r.amount_cents AND r.returned_on IS NULL AND r.proper_on > r.submitted_on
        AND r.request_id LIKE ?
    ORDER BY r.request_id LIMIT 1
"""


@defect
def payment_twice(folder: Path, year: int) -> Planted:
    """A payment was keyed twice: the same request, day and amount under the next free number."""
    path = folder / GRANTS
    _, request, day, cents, _ = _one(path, PLAIN_PAYMENT, f"RR-{year}-%")
    (last,) = _one(path, "SELECT max(payment_id) FROM payment")
    number = int(last) + 1
    _changed(
        path, "INSERT INTO payment VALUES (?, ?, ?, ?, ?)", number, request, day, cents, f"{day}T18:00:00"
    )
    return Planted(
        "payment_twice", GRANTS.as_posix(), None, "payment.payment_id", str(number),
        "payments on a request exceed its amount; the ledger has one posting",
    )  # fmt: skip


@defect
def paid_before_proper(folder: Path, year: int) -> Planted:
    """A request was paid on the day it was sent in, before the agency had it complete."""
    path = folder / GRANTS
    number, request, _, _, sent = _one(path, PLAIN_PAYMENT, f"RR-{year}-%")
    _changed(path, "UPDATE payment SET paid_on = ? WHERE payment_id = ?", sent, number)
    return Planted(
        "paid_before_proper", GRANTS.as_posix(), None, "payment.paid_on", str(request),
        "a payment dated before its request was proper",
    )  # fmt: skip


@defect
def allocation_not_conserved(folder: Path, year: int) -> Planted:
    """An LEA's Title I allocation in the last version is a dollar more than the award has."""
    path = folder / GRANTS
    fain = f"S010A{(year - 1) % 100:02d}0088"
    version, lea = _one(
        path,
        "SELECT version, lea_id FROM allocation WHERE fain = ? ORDER BY version DESC, lea_id LIMIT 1",
        fain,
    )
    _changed(
        path,
        "UPDATE allocation SET amount_cents = amount_cents + 100 WHERE (fain, version, lea_id) = (?, ?, ?)",
        fain,
        version,
        lea,
    )
    return Planted(
        "allocation_not_conserved", GRANTS.as_posix(), None, "allocation.amount_cents",
        f"{fain}/{version}/{lea}",
        "award_cents differs from reservations, allocations and unallocated together",
    )  # fmt: skip


@defect
def plausible_request_amount(folder: Path, year: int) -> Planted:
    """An unpaid request, its lines and all, is a cent less than the LEA asked for."""
    path = folder / GRANTS
    (request,) = _one(
        path,
        """SELECT r.request_id FROM reimbursement_request AS r
        WHERE r.request_id LIKE ? AND NOT EXISTS (SELECT 1 FROM payment AS p
            WHERE p.request_id = r.request_id)
        ORDER BY r.request_id LIMIT 1""",
        f"RR-{year}-%",
    )
    less = "SET amount_cents = amount_cents - 1 WHERE request_id = ?"
    _changed(path, f"UPDATE reimbursement_request {less}", request)
    _changed(path, f"UPDATE request_line {less} AND object_code = '100'", request)
    return Planted(
        "plausible_request_amount", GRANTS.as_posix(), None, "reimbursement_request.amount_cents",
        str(request),
        "undetectable: nothing else in Franklin says what the LEA asked for",
    )  # fmt: skip


@defect
def ledger_posting_missing(folder: Path, year: int) -> Planted:
    """A payment was never posted to the ledger."""
    (number, *_) = _one(folder / GRANTS, PLAIN_PAYMENT, f"RR-{year}-%")
    path = folder / LEDGER
    _changed(path, "DELETE FROM entry WHERE document_type = 'payment' AND document_number = ?", str(number))
    return Planted(
        "ledger_posting_missing", LEDGER.as_posix(), None, "entry.document_number", str(number),
        "a payment without a posting; the award's expenditures are less than its payments",
    )  # fmt: skip


@defect
def draw_export_totals_row(folder: Path, _: int) -> Planted:
    """Somebody added a row of totals inside the draw export."""
    path = folder / "g6" / "draw_export.csv"
    lines = path.read_bytes().decode("utf-8").split("\r\n")
    where = len(lines) // 2
    lines.insert(where, 'TOTAL,,,,,"1,234,567.00",')
    path.write_bytes("\r\n".join(lines).encode("utf-8"))
    return Planted(
        "draw_export_totals_row", "g6/draw_export.csv", where + 1, "PR Award Number", "TOTAL",
        "an award number that is none; draws by award differ from the award export",
    )  # fmt: skip


@defect
def award_balance_disagrees(folder: Path, year: int) -> Planted:
    """The available balance of the year's Title I award is a cent off."""
    path = folder / "g6" / "award_export.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    where = next(i for i, row in enumerate(rows) if row[0].startswith(f"S010A{(year - 1) % 100:02d}"))
    column = rows[0].index("Available Balance")
    balance = rows[where][column]
    rows[where][column] = balance[:-1] + ("0" if balance[-1] != "0" else "1")
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\r\n").writerows(rows)
    return Planted(
        "award_balance_disagrees", "g6/award_export.csv", where + 1, "Available Balance", rows[where][column],
        "award amount less drawn differs from the balance",
    )  # fmt: skip


@defect
def allocation_lea_id_as_number(folder: Path, year: int) -> Planted:
    """The first district's id in the allocation workbook is a number, as a spreadsheet makes of it."""
    path = folder / "titlei" / f"fy{(year - 1) % 100:02d}" / "franklin.xlsx"
    book = load_workbook(path)
    cell = book[book.sheetnames[0]]["A8"]
    cell.value = int(cell.value)
    path.write_bytes(without_clock(book))
    return Planted(
        "allocation_lea_id_as_number", path.relative_to(folder).as_posix(), 8, "LEA ID", str(cell.value),
        "a numeric cell where ids are text; Franklin's ids have no leading zero, so nothing is lost",
    )  # fmt: skip


@defect
def survey_identity_broken(folder: Path, year: int) -> Planted:
    """The first LEA's total revenue in the F-33 file is a dollar more than its parts."""
    path = folder / "f33" / f"sdf{year % 100:02d}_1a.txt"
    lines = path.read_bytes().decode("ascii").split("\r\n")
    place = lines[0].split("\t").index("TOTALREV")
    cells = lines[1].split("\t")
    cells[place] = str(int(cells[place]) + 1)
    lines[1] = "\t".join(cells)
    path.write_bytes("\r\n".join(lines).encode("ascii"))
    return Planted(
        "survey_identity_broken", path.relative_to(folder).as_posix(), 2, "TOTALREV", cells[place],
        "TOTALREV differs from TFEDREV + TSTREV + TLOCREV",
    )  # fmt: skip
