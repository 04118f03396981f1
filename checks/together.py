"""Many claims about one table as one question, which is true of nearly every table that is checked.

Put here: the SQL that is false if any of the claims is. Not here: asking it (`gx_bridge`), or which of them
is false: that is asked claim by claim, once the answer to all of them together was not yes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from checks.claim import Claim, RowCount

FEWEST = 2


def failing_of(claims: Sequence[Claim], table: str) -> str:
    """SQL that counts failing rows by part of the claims, without the parts that have none.

    All claims about single cells are judged in one scan; every other one keeps its own SQL. A claim that
    cannot be evaluated makes the whole of it fail, so that its neighbours are asked alone as well.
    """
    parts = "\nUNION ALL ".join(_parts(claims, table))
    return f"SELECT failing_rows FROM (\n{parts}\n) AS parts WHERE failing_rows > 0"


def _parts(claims: Sequence[Claim], table: str) -> Iterator[str]:
    cells = [f"({claim.is_false})" for claim in claims if claim.is_false is not None]
    if cells:
        yield f"SELECT count(*) AS failing_rows FROM {table} WHERE " + " OR ".join(cells)
    for claim in claims:
        if isinstance(claim.rule, RowCount):
            yield f"SELECT count(*) AS failing_rows FROM ({_wrong_count(claim.rule, table)}) AS wrong_count"
        elif claim.is_false is None:
            yield f"SELECT count(*) AS failing_rows FROM (\n{claim.failing_rows}\n) AS failing"


def _wrong_count(rule: RowCount, table: str) -> str:
    outside = [f"count(*) < {rule.minimum}"] if rule.minimum is not None else []
    outside += [f"count(*) > {rule.maximum}"] if rule.maximum is not None else []
    return f"SELECT count(*) AS rows FROM {table} HAVING {' OR '.join(outside)}"
