"""The plans, their versions, and what each version changed, as tables.

Put here: rows of versions. Not here: comparing two of them (`warehouse/model/plan_changes`), what stands in a
plan (`plan_tables`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from typing import Any

from warehouse.model.agency import Agency
from warehouse.model.plan import Plan
from warehouse.model.plan_changes import plan_changes

Rows = list[dict[str, Any]]


def version_rows(agency: Agency) -> Rows:
    """Every version of the agency's plan, and the version in force of the plans aligned to it."""
    own = [*agency.plan_versions, agency.plan]
    rows = [_version_row(plan, None) for plan in agency.plans[1:]]
    for index, plan in enumerate(own):
        later = own[index + 1] if index + 1 < len(own) else None
        earlier = own[index - 1] if index else None
        changes = 0 if earlier is None else len(plan_changes(earlier, plan))
        rows.append(_version_row(plan, later) | {"changes": changes})
    return rows


def _version_row(plan: Plan, later: Plan | None) -> dict[str, Any]:
    return {
        "plan_id": plan.plan_id,
        "plan_version": plan.version,
        "is_current": later is None,
        "plan_kind": plan.plan_kind,
        "title": plan.title,
        "owning_organization_id": plan.owning_organization,
        "aligned_to_plan_id": plan.aligned_to_plan,
        "effective_from": plan.effective_from,
        "effective_to": None if later is None else later.effective_from - timedelta(days=1),
        "approved_by": plan.approved_by,
        "change_note": plan.change_note,
        "changes": 0,
        "content_sha256": hashlib.sha256(plan.model_dump_json(by_alias=True).encode()).hexdigest(),
    }


def change_rows(agency: Agency) -> Rows:
    """Every difference between a version of the agency's plan and the one before it."""
    return list(_changes(agency))


def _changes(agency: Agency) -> Iterator[dict[str, Any]]:
    for earlier, later in pairwise([*agency.plan_versions, agency.plan]):
        for change in plan_changes(earlier, later):
            yield {
                "plan_id": later.plan_id,
                "plan_version": later.version,
                "from_version": earlier.version,
                "what": change.what,
                "subject": change.subject,
                "field": change.field,
                "change": change.change,
                "from_value": change.before,
                "to_value": change.after,
            }
