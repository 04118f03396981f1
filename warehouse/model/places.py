"""Where the project's own declarations stand.

Put here: the folders of contracts, measures, codes and agencies.
Not here: anything about one machine or one run.
"""

from __future__ import annotations

from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
WAREHOUSE = PROJECT / "warehouse"
CONTRACTS = WAREHOUSE / "contracts"
MEASURES = WAREHOUSE / "measures"
CODES = WAREHOUSE / "codes"
FIELDS = WAREHOUSE / "fields.yml"
AGENCIES = PROJECT / "agencies"


def shown(path: Path) -> str:
    """The path as a person in the checkout would write it."""
    try:
        return str(path.resolve().relative_to(PROJECT))
    except ValueError:
        return str(path)
