"""Claims as Dagster asset checks: one `multi_asset_check` per table, one spec per claim.

Put here: what Dagster is told. Not here: evaluation (`run`), and no decision: gate, waivers and alerts read
our own `CheckResult`, because Dagster's check status does not know school years (a green 2024 would hide a
red 2023).
"""

# Without `from __future__ import annotations`: Dagster compares the annotation of `context` with the class
# itself.
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

    # can_subset, so that a steward may choose one claim in the UI; the table is read once all the same.
    @dg.multi_asset_check(
        name="__".join((*key.path, "checks")),
        specs=[_spec(key, claim, partitions_def) for claim in claims],
        description=f"Claims about {contract.name}",
        can_subset=True,
    )
    def table_checks(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        year = school_year_of(context, contract)
        chosen = {check.name for check in context.selected_asset_check_keys}
        for result in results_for(claims, contract, year, run):
            if result.claim not in chosen:
                continue
            if not result.passed:
                context.log.log("ERROR" if result.stops else "WARNING", describe(result))
            yield as_check_result(result, key)

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
        tells = isinstance(problem, SpmError) or not contract.is_restricted
        detail = str(problem) if tells else type(problem).__name__
        return [crashed(blank, detail) for blank in blanks]
    return [
        given.get(claim.name) or (_not_applicable(blank) if claim.from_suite else crashed(blank, "no result"))
        for claim, blank in zip(claims, blanks, strict=True)
    ]


def as_check_result(result: CheckResult, key: dg.AssetKey) -> dg.AssetCheckResult:
    """What Dagster keeps of a result: counts, shares and keys of organizations, never a value of a student.

    A waived failure stays failed, as a WARN.
    """
    metadata: dict[str, Any] = {
        "checked_rows": result.checked_rows,
        "failing_rows": result.failing_rows,
        "failing_share": result.failing_share,
        "seconds": round(result.seconds, 4),
        "kind": result.kind,
        "data_version": result.data_version,
        "owner": result.owner,
    }
    if result.school_year is not None:
        metadata["school_year"] = result.school_year
    if result.failing_keys:
        metadata["first_failing_keys"] = list(result.failing_keys)
    if result.waived_by:
        metadata["waived_by"] = result.waived_by
    if result.failing_rows_file:
        metadata["failing_rows_file"] = dg.MetadataValue.path(result.failing_rows_file)
    severity = dg.AssetCheckSeverity.ERROR if result.stops else dg.AssetCheckSeverity.WARN
    return dg.AssetCheckResult(
        asset_key=key,
        check_name=result.claim,
        passed=result.passed,
        severity=severity,
        metadata=metadata,
        description=describe(result),
    )


def _spec(
    key: dg.AssetKey, claim: Claim, partitions_def: dg.PartitionsDefinition[str] | None
) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(
        claim.name,
        asset=key,
        description=claim.sentence,
        blocking=True,
        partitions_def=partitions_def,
        metadata={"owner": claim.owner, "severity": claim.severity, "remedy": claim.remedy},
    )


def _not_applicable(blank: CheckResult) -> CheckResult:
    return replace(blank, detail="it does not apply: a table it compares with is not there")
