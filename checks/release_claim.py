"""What a claim about a whole release is.

Put here: its shape. Not here: the claims (`release_audit`, `release_privacy`), claims about one table and
year (`claim`).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ReleaseClaim:
    """A sentence about a release; every one is an error, since its failure would make the release wrong.

    Attributes:
        failing_rows: SQL, with `{t}` before each view or ledger table and `{release_id}` for the release.
        shown: Columns of it that identify a row.
        checked: The view whose rows it is about.
        is_privacy: Whether it protects people; then no waiver lets it pass.
    """

    name: str
    sentence: str
    table: str
    checked: str
    failing_rows: str
    shown: tuple[str, ...]
    remedy: str
    is_privacy: bool = False
