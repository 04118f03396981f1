"""What the Federal Audit Clearinghouse holds: Franklin's single audits and a neighbour's.

Put here: the audits in the shape of the three tables of the public API.
Not here: the audits themselves (see `simulator.audits`), nor PostgREST (see `answer_fac`).

A report of the first year was migrated from the Census Bureau's clearinghouse: what that one did not ask for
reads GSA_MIGRATION.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from simulator.audits import Audit
from simulator.organizations import State
from simulator.settings import STATE_CODE
from simulator.web.holding import Record

MIGRATED = "GSA_MIGRATION"
MIGRATED_LEA = 1  # position, in the first year


def report_id(audit: Audit, migrated: bool, neighbour: bool) -> str:
    """Name a report as the clearinghouse does."""
    number = int(audit.report_id.split("-")[0]) + (9_000_000 if neighbour else 0)
    return f"{audit.year}-06-{'CENSUS' if migrated else 'GSAFAC'}-{number:010d}"


def tables(state: State, audits: Sequence[Audit]) -> dict[str, list[Record]]:
    """All three tables; the neighbour's reports are the state's own under other names."""
    made: dict[str, list[Record]] = {"general": [], "federal_awards": [], "findings": []}
    first = min(audit.year for audit in audits)
    names = {lea.nces_id: lea.name for lea in state.leas}
    for audit in audits:
        migrated = audit.year == first and audit.organization_id == state.leas[MIGRATED_LEA].nces_id
        name = names.get(audit.organization_id, "State of Franklin")
        _add(made, audit, STATE_CODE, name, migrated, False)
        if audit.organization_id == STATE_CODE:
            _add(made, replace(audit, uei="NB0STATE0089"), "NB", "State of Neighbor", False, True)
    return made


def _add(
    made: dict[str, list[Record]], audit: Audit, state: str, name: str, migrated: bool, neighbour: bool
) -> None:
    key = report_id(audit, migrated, neighbour)
    head: Record = {"report_id": key, "auditee_uei": audit.uei, "audit_year": str(audit.year)}
    made["general"].append({**head, **_general(audit, state, name, migrated)})
    made["federal_awards"] += [{**head, **line} for line in _awards(audit, migrated)]
    made["findings"] += [{**head, **line} for line in _findings(audit)]


def _general(audit: Audit, state: str, name: str, migrated: bool) -> Record:
    old = MIGRATED if migrated else None
    year, accepted = audit.year, f"{audit.year + 1}-03-28"
    is_state = name.startswith("State of")
    return {
        "auditee_certify_name": old or "Controller", "auditee_certify_title": old or "Controller",
        "auditee_contact_name": old or "Controller", "auditee_email": old or "audit@franklin.example",
        "auditee_name": name.upper(), "auditee_phone": "5550100", "auditee_contact_title": "Controller",
        "auditee_address_line_1": "1 Main St.", "auditee_city": "Capital", "auditee_state": state,
        "auditee_ein": "880000001", "auditee_zip": "90000", "auditor_certify_name": old or "Partner",
        "auditor_certify_title": old or "Partner", "auditor_phone": "5550101", "auditor_state": state,
        "auditor_city": "Capital", "auditor_contact_title": "Partner", "auditor_address_line_1": "2 Main St.",
        "auditor_zip": "90000", "auditor_country": "USA", "auditor_contact_name": old or "Partner",
        "auditor_email": "partner@auditors.example", "auditor_firm_name": "Example Auditors LLP",
        "auditor_foreign_address": "", "auditor_ein": "880000002",
        "cognizant_agency": "84" if is_state else "",
        "oversight_agency": "" if is_state else "84", "date_created": f"{year + 1}-01-10",
        "ready_for_certification_date": f"{year + 1}-03-20", "auditor_certified_date": f"{year + 1}-03-25",
        "auditee_certified_date": f"{year + 1}-03-26", "submitted_date": f"{year + 1}-03-27",
        "fac_accepted_date": accepted, "fy_end_date": f"{year}-06-30", "fy_start_date": f"{year - 1}-07-01",
        "audit_type": "single-audit", "gaap_results": "unmodified_opinion", "sp_framework_basis": "",
        "is_sp_framework_required": old or "", "sp_framework_opinions": "",
        "is_going_concern_included": "No",
        "is_internal_control_deficiency_disclosed": "Yes" if audit.findings else "No",
        "is_internal_control_material_weakness_disclosed":
            "Yes" if any(finding.is_material for finding in audit.findings) else "No",
        "is_material_noncompliance_disclosed": "No", "dollar_threshold": 3_000_000 if is_state else 750_000,
        "is_low_risk_auditee": "No", "agencies_with_prior_findings": "84", "entity_type":
            "state" if is_state else "local", "number_months": None, "audit_period_covered": "annual",
        "total_amount_expended": sum(award.amount for award in audit.awards), "type_audit_code": "UG",
        "is_public": "true", "data_source": "CENSUS" if migrated else "GSAFAC",
        "is_aicpa_audit_guide_included": old or "Yes", "is_additional_ueis": "No", "is_multiple_eins": "No",
        "is_secondary_auditors": "No",
    }  # fmt: skip


def _awards(audit: Audit, migrated: bool) -> list[Record]:
    by_program: Counter[str] = Counter()
    by_cluster: Counter[str] = Counter()
    for award in audit.awards:
        by_program[award.listing] += award.amount
        by_cluster[award.cluster] += award.amount
    named = Counter(name for finding in audit.findings for name in finding.awards)
    is_state = audit.organization_id == STATE_CODE
    return [
        {
            "award_reference": award.reference,
            "federal_agency_prefix": award.prefix,
            "federal_award_extension": award.extension,
            "additional_award_identification": award.identification or (MIGRATED if migrated else ""),
            "federal_program_name": award.program,
            "amount_expended": award.amount,
            "cluster_name": award.cluster,
            "other_cluster_name": MIGRATED if migrated else "",
            "state_cluster_name": MIGRATED if migrated else "",
            "cluster_total": 0 if award.cluster == "N/A" else by_cluster[award.cluster],
            "federal_program_total": by_program[award.listing],
            "is_major": "Y" if named[award.reference] else "N",
            "is_loan": "N",
            "loan_balance": "",
            "is_direct": "Y" if is_state else "N",
            "audit_report_type": "Q" if named[award.reference] else "",
            "findings_count": named[award.reference],
            "is_passthrough_award": "Y" if is_state else "N",
            "passthrough_amount": award.amount * 9 // 10 if is_state else None,
        }
        for award in audit.awards
    ]


def _findings(audit: Audit) -> list[Record]:
    """One row a finding and award it names: a finding stands several times."""
    return [
        {
            "award_reference": reference,
            "reference_number": finding.reference,
            "is_material_weakness": "Y" if finding.is_material else "N",
            "is_modified_opinion": "N",
            "is_other_findings": "N",
            "is_other_matters": "N",
            "prior_finding_ref_numbers": finding.repeats or "N/A",
            "is_questioned_costs": "Y" if finding.has_questioned_costs else "N",
            "is_repeat_finding": "Y" if finding.repeats else "N",
            "is_significant_deficiency": "N" if finding.is_material else "Y",
            "type_requirement": finding.letters,
        }
        for finding in audit.findings
        for reference in finding.awards
    ]


def totals(audits: Sequence[Audit]) -> Record:
    """The truth of Franklin's own reports, by year."""
    told: dict[str, Record] = {}
    for year in sorted({audit.year for audit in audits}):
        own = [audit for audit in audits if audit.year == year]
        spent: Counter[str] = Counter()
        for audit in own:
            for award in audit.awards:
                spent[award.listing] += award.amount
        findings = [finding for audit in own for finding in audit.findings]
        told[str(year)] = {
            "general": len(own),
            "federal_awards": sum(len(audit.awards) for audit in own),
            "findings": sum(len(finding.awards) for finding in findings),
            "distinct_findings": len(findings),
            "repeat_findings": sum(finding.repeats is not None for finding in findings),
            "amount_expended_by_listing": dict(sorted(spent.items())),
        }
    return dict(told)
