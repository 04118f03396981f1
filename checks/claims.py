"""From a contract to named claims.

Put here: which sentences follow from a contract, what Great Expectations is asked for each (a rule), and the
SQL that finds the rows for which one is false. Not here: evaluation (`gx_bridge`), claims written by hand
(`suites`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from checks.claim import Between, Claim, InSet, NoRows, NotNull, RowCount, Rule, identifier, literal
from warehouse.model.contract import DUCKDB_TYPES, Contract, FieldSpec, Reference

ROW_COUNT = "row_count_is_within_bounds"
_GROUPS = {
    "is_present": "columns_are_present",
    "is_well_formed": "columns_are_well_formed",
    "is_a_known_code": "codes_are_known",
    "is_within_bounds": "columns_are_within_bounds",
}


def claims_of(contract: Contract, tables: Collection[str]) -> tuple[Claim, ...]:
    """Every claim that follows from a contract, in a fixed order.

    Args:
        contract: The contract.
        tables: All tables as `layer.table`; a reference names only the table, since layers share no table
            name.
    """
    return tuple(_claims(contract, {name.partition(".")[2]: name for name in tables}))


def _claims(contract: Contract, full_names: dict[str, str]) -> Iterator[Claim]:
    yield _columns(contract)
    yield _key(contract)
    if contract.rows.minimum is not None or contract.rows.maximum is not None:
        yield _row_count(contract)
    for spec in contract.fields:
        yield from _field_claims(contract, spec)
    for reference in contract.references:
        yield _reference(contract, reference, full_names.get(reference.table, f"core.{reference.table}"))
    yield from _written(contract)


def _claim(
    contract: Contract,
    name: str,
    sentence: str,
    remedy: str,
    *,
    rule: Rule,
    failing_rows: str,
    shown: tuple[str, ...] | None = None,
    needs: frozenset[str] = frozenset(),
    group: str | None = None,
    is_false: str | None = None,
) -> Claim:
    return Claim(
        name=name,
        sentence=sentence,
        table=contract.name,
        severity="error",
        owner=contract.owner,
        remedy=remedy,
        rule=rule,
        failing_rows=failing_rows,
        shown=contract.key if shown is None else shown,
        needs=needs | {contract.name},
        group=group,
        is_false=is_false,
    )


def _columns(contract: Contract) -> Claim:
    declared = ", ".join(f"({literal(f.name)}, {literal(DUCKDB_TYPES[f.type])})" for f in contract.fields)
    return _claim(
        contract,
        "columns_are_as_declared",
        "The table has the columns and types of its contract",
        f"Make the SQL that fills the table give these columns, or change the contract {contract.table}.yml",
        rule=NoRows(),
        shown=("column_name",),
        failing_rows=(
            "SELECT coalesce(d.column_name, f.column_name) AS column_name, declared, column_type AS found "
            f"FROM (VALUES {declared}) AS d(column_name, declared) "
            f"FULL JOIN (DESCRIBE {contract.name}) AS f ON f.column_name = d.column_name "
            "WHERE d.declared IS DISTINCT FROM f.column_type"
        ),
    )


def _key(contract: Contract) -> Claim:
    key = ", ".join(identifier(name) for name in contract.key)
    return _claim(
        contract,
        "key_is_unique",
        f"No two rows share ({', '.join(contract.key)}): {contract.grain}",
        "Find which source row is repeated (its source_line is in the table) and drop or correct one of them",
        rule=NoRows(),
        # Grouping first keeps the healthy case to one hash aggregate over the key columns.
        failing_rows=(
            f"SELECT {key}, rows FROM (SELECT {key}, count(*) AS rows FROM {contract.name} "
            f"GROUP BY {key} HAVING count(*) > 1), range(rows)"
        ),
    )


def _row_count(contract: Contract) -> Claim:
    low, high = contract.rows.minimum, contract.rows.maximum
    between = " and ".join(
        [
            *([f"at least {low:,}"] if low is not None else []),
            *([f"at most {high:,}"] if high is not None else []),
        ]
    )
    return _claim(
        contract,
        ROW_COUNT,
        f"A year with data has {between} rows",
        "Compare the source file with last year's; move the bound in the contract only with a reason",
        rule=RowCount(low, high),
        failing_rows="",
    )


def _field_claims(contract: Contract, spec: FieldSpec) -> Iterator[Claim]:
    name, column = spec.name, identifier(spec.name)
    if not spec.nullable:
        sentence = f"Every row has a {name}"
        yield _field_claim(contract, spec, "is_present", sentence, NotNull(name), f"{column} IS NULL")
    if spec.pattern is not None:
        sentence, pattern = f"Every {name} is written like {spec.pattern}", literal(spec.pattern)
        failing = _any(spec, lambda cell: f"NOT regexp_full_match({cell}, {pattern})")
        yield _field_claim(contract, spec, "is_well_formed", sentence, NoRows(), failing)
    if spec.codes:
        sentence = f"Every {name} is one of its {len(spec.codes)} known codes"
        codes = ", ".join(literal(code) for code in spec.codes)
        failing = _any(spec, lambda cell: f"{cell} NOT IN ({codes})")
        rule = NoRows() if spec.type == "text_list" else InSet(name, spec.codes)
        yield _field_claim(contract, spec, "is_a_known_code", sentence, rule, failing)
    if spec.minimum is not None or spec.maximum is not None:
        sentence = f"Every {name} is {_bounds(spec)}"
        outside = [f"{column} < {spec.minimum!r}"] if spec.minimum is not None else []
        outside += [f"{column} > {spec.maximum!r}"] if spec.maximum is not None else []
        between = Between(name, spec.minimum, spec.maximum)
        yield _field_claim(contract, spec, "is_within_bounds", sentence, between, " OR ".join(outside))


def _any(spec: FieldSpec, test: Callable[[str], str]) -> str:
    """The test of a column's value, or of any element of a list column."""
    column = identifier(spec.name)
    if spec.type == "text_list":
        return f"len(list_filter({column}, lambda each: {test('each')})) > 0"
    return test(column)


def _bounds(spec: FieldSpec) -> str:
    low = [f"at least {spec.minimum:g}"] if spec.minimum is not None else []
    high = [f"at most {spec.maximum:g}"] if spec.maximum is not None else []
    return " and ".join(low + high) + (f" {spec.unit}" if spec.unit else "")


def _field_claim(
    contract: Contract, spec: FieldSpec, suffix: str, sentence: str, rule: Rule, failing: str
) -> Claim:
    columns = ", ".join(identifier(name) for name in dict.fromkeys((*contract.key, spec.name)))
    return _claim(
        contract,
        f"{spec.name}_{suffix}",
        sentence,
        f"Correct {spec.name} in the source or in the mapping that fills {contract.name}"
        + ("" if suffix != "is_a_known_code" else ", or add the code to its list if it is a new one"),
        rule=rule,
        failing_rows=f"SELECT {columns} FROM {contract.name} WHERE {failing}",
        group=_GROUPS[suffix],
        is_false=failing,
    )


def _reference(contract: Contract, reference: Reference, target: str) -> Claim:
    columns = ", ".join(reference.columns)
    shown = tuple(dict.fromkeys((*contract.key, *reference.columns)))
    selected = ", ".join(f"t.{identifier(name)}" for name in shown)
    present = " AND ".join(f"t.{identifier(name)} IS NOT NULL" for name in reference.columns)
    pairs = " AND ".join(
        f"r.{identifier(there)} = t.{identifier(here)}"
        for here, there in zip(reference.columns, reference.to, strict=True)
    )
    return _claim(
        contract,
        f"{'_'.join(reference.columns)}_resolve_in_{reference.table}",
        f"Every ({columns}) stands in {target}",
        f"Add the missing rows to {target}'s sources or crosswalk, or correct the id",
        rule=NoRows(),
        shown=shown,
        needs=frozenset({target}),
        failing_rows=(
            f"SELECT {selected} FROM {contract.name} AS t "
            f"WHERE {present} AND NOT EXISTS (SELECT 1 FROM {target} AS r WHERE {pairs})"
        ),
    )


def _written(contract: Contract) -> Iterator[Claim]:
    from checks.suites import tables_read  # sqlglot is only needed for SQL written by hand

    for spec in contract.claims:
        sql = spec.failing_rows.replace("{table}", contract.name).strip().rstrip(";")
        yield Claim(
            name=spec.claim,
            sentence=spec.sentence,
            table=contract.name,
            severity=spec.severity,
            owner=spec.owner or contract.owner,
            remedy=spec.remedy,
            rule=NoRows(),
            failing_rows=sql,
            shown=contract.key,
            needs=tables_read(sql) | {contract.name},
        )
