"""Claims written by hand as SQL over one or several tables, in `checks/suites/*.yml`.

Put here: how such a file is read and when it applies. Not here: claims that follow from a contract
(`claims`); a claim about one table alone belongs in its contract.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from pydantic import Field

from checks.claim import Claim, NoRows
from warehouse.model.contract import Severity, load_contracts
from warehouse.model.errors import SpmError
from warehouse.model.yaml_file import Located, StrictModel, load_model

SUITES = Path(__file__).resolve().parent / "suites"


class SuiteClaim(StrictModel):
    """One sentence about `table`, and the SQL that selects the rows for which it is false.

    The SQL reads tables by `layer.table`. `shown` are the columns that identify a failing row to people; the
    others it selects go only to the restricted file of failing rows.
    """

    claim: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    table: str = Field(pattern=r"^[a-z]+\.[a-z][a-z0-9_]*$")
    sentence: str
    failing_rows: str
    shown: tuple[str, ...] = Field(min_length=1)
    severity: Severity = "error"
    owner: str
    remedy: str
    applies_to_empty: bool = False
    is_privacy: bool = False


class Suite(StrictModel):
    """A file of claims that belong together."""

    suite: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str
    claims: tuple[SuiteClaim, ...] = Field(min_length=1)


@lru_cache(maxsize=8)
def load_suites(folder: Path = SUITES) -> tuple[Claim, ...]:
    """The claims of every suite in a folder, in file order.

    Raises:
        SpmError: A file is wrong, its name is not its suite's, its SQL cannot be parsed or does not read the
            table it is about, or a claim stands twice for one table.
    """
    claims: list[Claim] = []
    seen: dict[tuple[str, str], Path] = {}
    for path in sorted(folder.glob("*.yml")):
        located = load_model(path, Suite)
        if located.value.suite != path.stem:
            raise located.error(("suite",), "Suite and file name differ", remedy=f"Name it {path.stem!r}")
        for index, spec in enumerate(located.value.claims):
            if (spec.table, spec.claim) in seen:
                raise located.error(
                    ("claims", index, "claim"),
                    f"Claim {spec.claim!r} stands twice for {spec.table}",
                    remedy="Rename one of the two",
                    value=spec.claim,
                )
            seen[(spec.table, spec.claim)] = path
            claims.append(_claim(located, index, spec))
    return tuple(claims)


@lru_cache(maxsize=512)
def tables_read(sql: str) -> frozenset[str]:
    """The `layer.table` names that a DuckDB query reads; names of its own WITH clauses are left out.

    Raises:
        SpmError: It is not one SELECT statement.
    """
    import sqlglot
    from sqlglot import exp

    try:
        statements = sqlglot.parse(sql, read="duckdb")
    except sqlglot.errors.SqlglotError as problem:
        raise SpmError(
            f"SQL cannot be parsed: {str(problem).splitlines()[0]}", remedy="Correct the SQL of the claim"
        ) from None
    if len(statements) != 1 or not isinstance(statements[0], exp.Query):
        raise SpmError("The SQL of a claim must be one SELECT", remedy="Keep only the SELECT")
    return frozenset(f"{table.db}.{table.name}" for table in statements[0].find_all(exp.Table) if table.db)


def _names_a_row(column: str) -> bool:
    """Whether a column identifies a row: a text or year of a contract, or by name an id, file or line."""
    if column.endswith(("_id", "_file", "_line")):
        return True
    kinds = {f.type for c in load_contracts().values() for f in c.fields if f.name == column}
    return bool(kinds) and (kinds <= {"text"} or column == "school_year")


def _claim(located: Located[Suite], index: int, spec: SuiteClaim) -> Claim:
    sql = spec.failing_rows.strip().rstrip(";")
    if "{table}" in sql:
        raise located.error(
            ("claims", index, "failing_rows"),
            f"A suite names its tables; write {spec.table}",
            value="{table}",
            remedy=f"Write {spec.table} for {{table}}; {{table}} works in contracts only",
        )
    try:
        needs = tables_read(sql)
    except SpmError as problem:
        raise located.error(("claims", index, "failing_rows"), problem.what, remedy=problem.remedy) from None
    if spec.table not in needs:
        raise located.error(
            ("claims", index, "table"),
            f"Claim {spec.claim!r} is about {spec.table} but does not read it",
            remedy=f"Read it, or name one of {', '.join(sorted(needs)) or 'the tables it is about'}",
        )
    for column in spec.shown:
        if not _names_a_row(column):
            raise located.error(
                ("claims", index, "shown"),
                f"Column {column!r} does not identify a row, and may be a count that messages must not tell",
                value=column,
                remedy="Show ids, names, years and lines only; the file of failing rows keeps every column",
            )
    return Claim(
        name=spec.claim,
        sentence=spec.sentence,
        table=spec.table,
        severity=spec.severity,
        owner=spec.owner,
        remedy=spec.remedy,
        rule=NoRows(),
        failing_rows=sql,
        shown=spec.shown,
        needs=needs,
        applies_to_empty=spec.applies_to_empty,
        is_privacy=spec.is_privacy,
        from_suite=True,
    )
