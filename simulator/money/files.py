"""Writes every system that federal money goes through.

Put here: which file of a run each system is.
Not here: any format.
"""

from __future__ import annotations

from pathlib import Path

from simulator.money.allocation_workbook import write_workbooks
from simulator.money.g6 import write_exports
from simulator.money.grants_database import write_database
from simulator.money.ledger import write_ledger
from simulator.money.money_truth import write_money_truth
from simulator.money.world import Money


def write_federal_money(money: Money, folder: Path) -> None:
    """Write all of them and the truth about them; the years a run asks for do not matter here."""
    write_database(money, folder / "grants" / "grants_management.db")
    write_ledger(money, folder / "ledger" / "ledger.db")
    write_exports(money, folder / "g6")
    write_workbooks(money, folder / "titlei")
    (folder / "truth").mkdir(exist_ok=True)
    write_money_truth(money, folder / "truth" / "money_truth.parquet")
