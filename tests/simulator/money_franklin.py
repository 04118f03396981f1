"""The money systems of a Franklin without its students, for tests that need nothing else."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field
from pathlib import Path

from simulator.money.files import write_federal_money
from simulator.money.world import Money, build_money
from simulator.organizations import build_state
from simulator.settings import Settings

SIZES = (2_000, 200_000)


@dataclass(frozen=True)
class MoneyFiles:
    """What was made, and where it was written."""

    money: Money = field(repr=False)
    folder: Path

    def rows(self, query: str, database: str = "grants/grants_management.db") -> list[tuple[object, ...]]:
        """Ask a database of it."""
        connection = sqlite3.connect(self.folder / database)
        try:
            return connection.execute(query).fetchall()
        finally:
            connection.close()

    def ledger(self, query: str) -> list[tuple[object, ...]]:
        """Ask the ledger."""
        return self.rows(query, "ledger/ledger.db")


def write_money(settings: Settings, folder: Path) -> MoneyFiles:
    """Make and write the money systems."""
    money = build_money(settings, build_state(settings))
    folder.mkdir(parents=True, exist_ok=True)
    write_federal_money(money, folder)
    return MoneyFiles(money, folder)
