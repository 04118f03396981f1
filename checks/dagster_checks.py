"""Claims as Dagster asset checks: one `multi_asset_check` per table, one spec per claim.

Put here: what Dagster is told. Not here: evaluation (`run`), and no decision: gate, waivers and alerts read
our own `CheckResult`, because Dagster's check status does not know school years (a green 2024 would hide a
red 2023).
"""

# Without `from __future__ import annotations`: Dagster compares the annotation of `context` with the class
# itself.
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import dagster as dg

from checks.claim import Claim
from checks.evaluate import blank_result, crashed
from checks.message import describe
from checks.result import CheckResult
from checks.run import all_claims, project_contracts
from checks.suites import load_suites
from warehouse.model.contract import Contract
from warehouse.model.errors import SpmError

Run = Callable[[Contract, int | None], list[CheckResult]]


def build_table_checks(
    contract: Contract,
    run: Run,
    *,
    asset_key: Sequence[str] | None = None,
    suites: Sequence[Claim] | None = None,
    partitions_def: dg.PartitionsDefinition[str] | None = None,
    grouped: bool = False,
) -> dg.AssetChecksDefinition:
    """The asset checks of one table.

    Every spec is `blocking` and the severity of the *result* decides: Dagster lets a WARN pass even then,
    while a claim of any severity that crashed is an ERROR and stops what is downstream.

    `run` evaluates all claims for one school year (None for a table without years). `asset_key` defaults to
    layer and table, `suites` to those of `checks/suites`: give the same as to `run_checks`. With the asset's
    own `partitions_def`, Dagster files each evaluation under its year.
    """
    key = dg.AssetKey(list(asset_key or (contract.layer, contract.table)))
    written = load_suites() if suites is None else suites
    claims = all_claims(contract, written, project_contracts())
    checks: dict[str, list[Claim]] = {}
    for claim in claims:
        checks.setdefault((grouped and claim.group) or claim.name, []).append(claim)

    # can_subset, so that a steward may choose one claim in the UI; the table is read once all the same.
    @dg.multi_asset_check(
        name="__".join((*key.path, "checks")),
        specs=[_spec(key, name, members, partitions_def) for name, members in checks.items()],
        description=f"Claims about {contract.name}",
        can_subset=True,
    )
    def table_checks(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        year = school_year_of(context, contract)
        chosen = {check.name for check in context.selected_asset_check_keys}
        results = {result.claim: result for result in results_for(claims, contract, year, run)}
        for result in results.values():
            if not result.passed:
                context.log.log("ERROR" if result.stops else "WARNING", describe(result))
        for name, members in checks.items():
            if name in chosen:
                yield as_check_result(name, [results[claim.name] for claim in members], key)

    return table_checks


def school_year_of(context: dg.AssetCheckExecutionContext, contract: Contract) -> int | None:
    """The school year of this run: its partition key, which a check sees whatever its own partitions.

    Raises:
        SpmError: The table has years, but the run has none or several.
    """
    if not contract.partitioned:
        return None
    if not context.has_partition_key or context.has_partition_key_range:
        raise SpmError(
            f"{contract.name} is checked one school year at a time, and this run names none or several",
            remedy="Choose one school year as the partition of the run",
        )
    return int(context.partition_key)


def results_for(
    claims: Sequence[Claim], contract: Contract, school_year: int | None, run: Run
) -> list[CheckResult]:
    """One result for every claim, whatever `run` does.

    Dagster builds what is downstream of a check that gave no result, so a claim that `run` left out is a
    crash; only a suite whose tables were not there is left out rightly. An exception becomes a crash of
    every claim. Dagster keeps the text of exceptions, and of a restricted table it may quote a student's
    cell: then only its type is told.
    """
    blanks = [blank_result(claim, school_year) for claim in claims]
    try:
        given = {result.claim: result for result in run(contract, school_year)}
    except Exception as problem:
        detail = str(problem)
        if contract.is_restricted:
            detail = problem.what if isinstance(problem, SpmError) else type(problem).__name__
        return [crashed(blank, detail) for blank in blanks]
    return [
        given.get(claim.name) or (_not_applicable(blank) if claim.from_suite else crashed(blank, "no result"))
        for claim, blank in zip(claims, blanks, strict=True)
    ]


def as_check_result(name: str, results: Sequence[CheckResult], key: dg.AssetKey) -> dg.AssetCheckResult:
    """What Dagster keeps of one check's results: counts and keys of organizations, no value of a student.

    A waived failure stays failed, as a WARN.
    """
    failing = sorted((r for r in results if not r.passed), key=lambda r: not r.stops)
    shown = failing[0] if failing else results[0]
    metadata: dict[str, Any] = {
        "checked_rows": shown.checked_rows,
        "failing_rows": sum(r.failing_rows for r in results),
        "failing_share": max(r.failing_share for r in results),
        "seconds": round(sum(r.seconds for r in results), 4),
        "claims": len(results),
        "kind": shown.kind,
        "data_version": shown.data_version,
        "owner": shown.owner,
    }
    optional = {
        "school_year": shown.school_year,
        "failing_claims": [r.claim for r in failing],
        "first_failing_keys": list(shown.failing_keys),
        "waived_by": shown.waived_by,
        "failing_rows_file": shown.failing_rows_file and dg.MetadataValue.path(shown.failing_rows_file),
    }
    return dg.AssetCheckResult(
        asset_key=key,
        check_name=name,
        passed=not failing,
        severity=dg.AssetCheckSeverity.ERROR if shown.stops else dg.AssetCheckSeverity.WARN,
        metadata={**metadata, **{label: value for label, value in optional.items() if value}},
        description="\n".join(describe(r) for r in failing or [shown]),
    )


def _spec(
    key: dg.AssetKey, name: str, claims: Sequence[Claim], partitions_def: dg.PartitionsDefinition[str] | None
) -> dg.AssetCheckSpec:
    with warnings.catch_warnings():
        # Partitions of a check are a preview in 1.13; pinned below 1.14, and a test holds what we rely on.
        warnings.simplefilter("ignore", dg.PreviewWarning)
        return dg.AssetCheckSpec(
            name,
            asset=key,
            description=". ".join(claim.sentence.rstrip(".") for claim in claims),
            blocking=True,
            partitions_def=partitions_def,
            metadata={
                "owner": claims[0].owner,
                "severity": min(claim.severity for claim in claims),
                "remedy": claims[0].remedy,
            },
        )


def _not_applicable(blank: CheckResult) -> CheckResult:
    return replace(blank, detail="it does not apply: a table it compares with is not there")
