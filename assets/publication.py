"""Publication: from accepted versions to a release, with what failed carried forward and what lacks named.

Put here: which slices a release consists of. Not here: how slices are stored (`warehouse/store`), hidden
(`warehouse/public_face`), judged (`statuses`) or audited (`checks/release_audit`).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from assets.core_table import core_node, core_tables
from assets.evidence import account_of, corrections, fetch_outcomes, last_results_of, snapshots_behind
from assets.health import Health, core_health, measures_health
from assets.home import Home
from assets.measures import measured_tables, measures_node
from assets.plan_tables import (
    measure_rows,
    plan_measure_rows,
    plan_node_rows,
    student_group_rows,
    target_rows,
)
from assets.program_tables import federal_program_rows, federal_program_rule_rows
from assets.setting_tables import setting_rows
from assets.statuses import status_tables
from assets.version import data_version
from checks.release_audit import release_audit
from checks.result import CheckResult
from warehouse.model.contract import Contract, published_contracts
from warehouse.public_face import suppress
from warehouse.publication import (
    FACES,
    AbsentSlice,
    CarryForward,
    Face,
    Publication,
    PublishOutcome,
    SliceData,
    SliceKey,
)
from warehouse.store import Warehouse

PUBLIC_REASON = "Its sources or checks of this school year failed; the last good figure stays"


@dataclass(frozen=True)
class Failing:
    """A measure's year that could not be renewed: carried forward, or absent with nothing to carry."""

    measure_id: str
    school_year: int
    reason: str
    claim: str | None


@dataclass
class _Draft:
    """Slices gathered so far.

    `values` holds the figures of each face by measure; `described_years` the years whose organizations the
    release describes, since a judgement is about an organization of its year.
    """

    slices: list[SliceData] = field(default_factory=list)
    carried: list[CarryForward] = field(default_factory=list)
    absent: list[AbsentSlice] = field(default_factory=list)
    failing: list[Failing] = field(default_factory=list)
    described_years: set[int] = field(default_factory=set)
    values: dict[Face, dict[str, list[pa.Table]]] = field(
        default_factory=lambda: {face: {} for face in FACES}
    )


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
        draft = _Draft()
        _add_declarations(draft, home, contracts)
        for year in home.agency.settings.school_years:
            _add_organizations(draft, home, warehouse, year)
            _add_snapshots(draft, home, contracts["source_snapshot"], year)
            _add_values(draft, home, warehouse, year)
        _add_statuses(draft, home, contracts["measure_status"])
        results = tuple(last_results_of(home))
        publication = _publication(draft, home, results, code_version)
        audit = release_audit(
            minimum_n=home.agency.settings.minimum_n,
            school_years=home.agency.settings.school_years,
            today=home.today,
            waivers=home.agency.waivers,
        )
        outcome = warehouse.publish(publication, audit=audit)
    finally:
        warehouse.dispose()
    return PublishReport(outcome, tuple(draft.failing), results)


def _publication(
    draft: _Draft, home: Home, results: tuple[CheckResult, ...], code_version: str
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
            {"settings": agency.settings, "plan": agency.plan, "conditions": list(agency.conditions)}
        ),
    )


def _add_everywhere(draft: _Draft, table: str, year: int | None, rows: pa.Table) -> None:
    """Rows about organizations and plans are the same in both faces."""
    for face in FACES:
        draft.slices.append(SliceData(SliceKey(face, table, year), rows))


def _add_declarations(draft: _Draft, home: Home, contracts: dict[str, Contract]) -> None:
    agency = home.agency
    _add_everywhere(draft, "student_group", None, student_group_rows(contracts["student_group"]))
    programs, rules = contracts["federal_program"], contracts["federal_program_rule"]
    _add_everywhere(draft, "federal_program", None, federal_program_rows(programs))
    _add_everywhere(draft, "federal_program_rule", None, federal_program_rule_rows(rules))
    _add_everywhere(draft, "agency_setting", None, setting_rows(agency, contracts["agency_setting"]))
    _add_everywhere(draft, "measure", None, measure_rows(agency, contracts["measure"]))
    _add_everywhere(draft, "plan_node", None, plan_node_rows(agency, contracts["plan_node"]))
    _add_everywhere(draft, "plan_measure", None, plan_measure_rows(agency, contracts["plan_measure"]))
    _add_everywhere(draft, "target", None, target_rows(agency, contracts["target"]))


def _add_organizations(draft: _Draft, home: Home, warehouse: Warehouse, year: int) -> None:
    if "organizations" not in core_tables(home):
        return  # a new agency whose sources feed no core table yet
    health = core_health(home, "organizations", year)
    if health.is_good:
        state = home.lake.state(core_node("organizations"), year)
        assert state is not None and state.accepted is not None  # noqa: S101 - good health means accepted
        rows = pq.read_table(home.lake.file(core_node("organizations"), year, state.accepted))
        _add_everywhere(draft, "organization", year, rows)
        draft.described_years.add(year)
        return
    for face in FACES:
        key = SliceKey(face, "organization", year)
        draft.carried.append(_carried(key, health))
        if warehouse.current_rows(key) is not None:
            draft.described_years.add(year)


def _carried(key: SliceKey, health: Health) -> CarryForward:
    """The mark of a slice that could not be renewed.

    Messages may tell counts of a few students, so the public face learns only which claim failed.
    """
    if key.face == "internal":
        return CarryForward(key, health.reason or "not refreshed", health.claim)
    return CarryForward(key, PUBLIC_REASON, health.claim)


def _add_snapshots(draft: _Draft, home: Home, contract: Contract, year: int) -> None:
    rows: list[dict[str, Any]] = []
    for source in home.sources:
        rows += account_of(home, source, year)
    if not rows:
        return
    for row in rows:
        row["fetched_at"] = datetime.fromisoformat(row["fetched_at"]).replace(tzinfo=None)
    _add_everywhere(
        draft, "source_snapshot", year, pa.Table.from_pylist(rows, schema=contract.arrow_schema())
    )


def _add_values(draft: _Draft, home: Home, warehouse: Warehouse, year: int) -> None:
    for table, measures in measured_tables(home).items():
        health = measures_health(home, table, year)
        if not health.is_good:
            _carry(draft, home, warehouse, [m.id for m in measures], year, health)
            continue
        rows = _accepted_values(home, table, year)
        for measure in measures:
            own = rows.filter(pc.equal(rows["measure_id"], measure.id))
            if own.num_rows:
                faces: dict[Face, pa.Table] = {"internal": own, "public": _hidden(home, own, rows)}
                _add_value_slices(draft, measure.id, year, faces, snapshots_behind(home, table, year))
            else:
                _add_absent(draft, measure.id, year, health)


def _hidden(home: Home, rows: pa.Table, sides: pa.Table) -> pa.Table:
    """The rows as the public may see them today."""
    return suppress(rows, home.agency.settings.minimum_n, measures=home.agency.measures, sides=sides)


def _accepted_values(home: Home, table: str, year: int) -> pa.Table:
    state = home.lake.state(measures_node(table), year)
    assert state is not None and state.accepted is not None  # noqa: S101 - good health means accepted
    rows = pq.read_table(home.lake.file(measures_node(table), year, state.accepted))
    # Parquet forgets what must not be null; figures carried forward from the warehouse still know it.
    return rows.cast(home.contracts["measure_value"].arrow_schema())


def _add_value_slices(
    draft: _Draft, measure_id: str, year: int, faces: dict[Face, pa.Table], snapshots: tuple[str, ...]
) -> None:
    for face, content in faces.items():
        draft.slices.append(SliceData(SliceKey(face, "measure_value", year, measure_id), content, snapshots))
        draft.values[face].setdefault(measure_id, []).append(content)


def _carry(
    draft: _Draft, home: Home, warehouse: Warehouse, measure_ids: list[str], year: int, health: Health
) -> None:
    """Keep the last good slices of a core table's measures, marked.

    A public slice that hides less than today's minimum n asks for is left out, with that reason.
    """
    kept: dict[SliceKey, pa.Table] = {}
    for face in FACES:
        for measure_id in measure_ids:
            key = SliceKey(face, "measure_value", year, measure_id)
            rows = warehouse.current_rows(key)
            if rows is not None:
                kept[key] = rows
    internal = [rows for key, rows in kept.items() if key.face == "internal"]
    for measure_id in measure_ids:
        draft.failing.append(Failing(measure_id, year, health.reason or "not refreshed", health.claim))
        for face in FACES:
            key = SliceKey(face, "measure_value", year, measure_id)
            if face == "public" and key in kept and not _hides_enough(home, kept, key, internal):
                draft.absent.append(
                    AbsentSlice(key, "The agency's minimum n has changed since", health.claim)
                )
                continue
            draft.carried.append(_carried(key, health))
            if key in kept:
                draft.values[face].setdefault(measure_id, []).append(kept[key])


def _hides_enough(
    home: Home, kept: dict[SliceKey, pa.Table], public: SliceKey, internal: list[pa.Table]
) -> bool:
    """Whether a carried public slice shows nothing that today's minimum n hides."""
    source = kept.get(replace(public, face="internal"))
    if source is None:
        return True
    wanted = _hidden(home, source, pa.concat_tables(internal))
    newly_hidden = pc.and_(pc.is_null(wanted["n"]), pc.is_valid(kept[public]["n"]))
    return not pc.any(newly_hidden).as_py()


def _add_absent(draft: _Draft, measure_id: str, year: int, health: Health) -> None:
    reason = (
        "No source is declared for the school year"
        if health.is_empty
        else "The sources of the school year hold no rows for it"
    )
    for face in FACES:
        draft.absent.append(AbsentSlice(SliceKey(face, "measure_value", year, measure_id), reason, None))


def _add_statuses(draft: _Draft, home: Home, contract: Contract) -> None:
    years = sorted(draft.described_years)
    for face in FACES:
        values = {m: pa.concat_tables(tables) for m, tables in draft.values[face].items()}
        for (measure_id, year), rows in status_tables(home, values, contract, years).items():
            draft.slices.append(SliceData(SliceKey(face, "measure_status", year, measure_id), rows))
