"""Publication: from accepted versions to a release, with what failed carried forward and what lacks named.

Put here: the order in which a release is gathered, and its declarations. Not here: its figures
(`published_values`) and core tables (`published_tables`), how slices are stored (`warehouse/store`), hidden
(`warehouse/public_face`), judged (`statuses`) or audited (`checks/release_audit`).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa

from assets.definition_tables import measure_rows, student_group_rows
from assets.draft import Draft, Failing, add_everywhere
from assets.evidence import account_of, corrections, fetch_outcomes, last_results_of
from assets.home import Home
from assets.node_statuses import node_status_tables
from assets.plan_tables import PLAN_TABLES, plan_table
from assets.program_tables import federal_program_rows, federal_program_rule_rows
from assets.published_derived import add_derived
from assets.published_tables import add_core_tables
from assets.published_values import add_values
from assets.setting_tables import setting_rows
from assets.spend_outcome import spend_outcome_tables
from assets.statuses import status_tables
from assets.submission_register import submission_rows
from assets.version import data_version
from checks.release_audit import release_audit
from checks.result import CheckResult
from warehouse.model.contract import Contract, published_contracts
from warehouse.publication import (
    FACES,
    Publication,
    PublishOutcome,
    SliceData,
    SliceKey,
)
from warehouse.store import Warehouse


@dataclass(frozen=True)
class PublishReport:
    """What a publication came to, for people."""

    outcome: PublishOutcome
    failing: tuple[Failing, ...]
    results: tuple[CheckResult, ...]


def publish(home: Home, *, code_version: str) -> PublishReport:
    """Assemble and publish a release from what the lake accepts.

    Raises:
        SpmError: The audit refused the release, or the warehouse cannot be written; the earlier one stays.
    """
    contracts = published_contracts(home.contracts)
    warehouse = Warehouse.open(home.warehouse_url, home.agency.settings.agency_id)
    try:
        draft = Draft()
        _add_declarations(draft, home, contracts)
        for year in home.agency.settings.school_years:
            add_core_tables(draft, home, warehouse, year)
            _add_snapshots(draft, home, contracts["source_snapshot"], year)
            submissions = submission_rows(home, year, contracts["submission_register"])
            add_everywhere(draft, "submission_register", year, submissions)
            add_values(draft, home, warehouse, year)
            add_derived(draft, home, warehouse, year)
        _add_statuses(draft, home, contracts)
        results = tuple(last_results_of(home))
        publication = _publication(draft, home, results, code_version)
        audit = release_audit(
            minimum_n=home.agency.settings.minimum_n,
            accountability_minimum_n=home.agency.settings.accountability_minimum_n,
            school_years=home.agency.settings.school_years,
            today=home.today,
            measures=home.agency.measures,
            waivers=home.agency.waivers,
        )
        outcome = warehouse.publish(publication, audit=audit)
    finally:
        warehouse.dispose()
    return PublishReport(outcome, tuple(draft.failing), results)


def _publication(
    draft: Draft, home: Home, results: tuple[CheckResult, ...], code_version: str
) -> Publication:
    agency = home.agency
    return Publication(
        agency_id=agency.settings.agency_id,
        as_of=home.as_of,
        slices=draft.slices,
        carried=draft.carried,
        absent=draft.absent,
        check_results=[asdict(r) for r in results],
        waivers=[w.model_dump() for w in agency.waivers],
        corrections=list(corrections(home)),
        fetch_outcomes=list(fetch_outcomes(home)),
        code_version=code_version,
        settings_hash=data_version(
            {"settings": agency.settings, "plan": list(agency.plans), "conditions": list(agency.conditions)}
        ),
    )


def _add_declarations(draft: Draft, home: Home, contracts: dict[str, Contract]) -> None:
    agency = home.agency
    add_everywhere(draft, "student_group", None, student_group_rows(contracts["student_group"]))
    programs, rules = contracts["federal_program"], contracts["federal_program_rule"]
    add_everywhere(draft, "federal_program", None, federal_program_rows(programs))
    add_everywhere(draft, "federal_program_rule", None, federal_program_rule_rows(rules))
    add_everywhere(draft, "agency_setting", None, setting_rows(agency, contracts["agency_setting"]))
    add_everywhere(draft, "measure", None, measure_rows(agency, contracts["measure"]))
    for name in PLAN_TABLES:
        table = str(home.contracts[name].published_as)
        add_everywhere(draft, table, None, plan_table(agency, name, contracts[table]))


def _add_snapshots(draft: Draft, home: Home, contract: Contract, year: int) -> None:
    rows: list[dict[str, Any]] = []
    for source in home.sources:
        rows += account_of(home, source, year)
    if not rows:
        return
    for row in rows:
        row["fetched_at"] = datetime.fromisoformat(row["fetched_at"]).replace(tzinfo=None)
    add_everywhere(draft, "source_snapshot", year, pa.Table.from_pylist(rows, schema=contract.arrow_schema()))


def _add_statuses(draft: Draft, home: Home, contracts: dict[str, Contract]) -> None:
    years = sorted(draft.described_years)
    for face in FACES:
        values = {m: pa.concat_tables(tables) for m, tables in draft.values[face].items()}
        statuses = status_tables(home, values, contracts["measure_status"], years)
        for (measure_id, year), rows in statuses.items():
            draft.slices.append(SliceData(SliceKey(face, "measure_status", year, measure_id), rows))
        for year, rows in node_status_tables(home.agency, statuses, contracts["node_status"]).items():
            draft.slices.append(SliceData(SliceKey(face, "node_status", year), rows))
        sides = spend_outcome_tables(home.agency, values, contracts["spend_outcome"], years)
        for year, rows in sides.items():
            draft.slices.append(SliceData(SliceKey(face, "spend_outcome", year), rows))
