"""What a version of a plan changed: nodes, measures and targets added, removed or changed.

Put here: comparing two plans. Not here: reading versions (`plans`), publishing them (`assets/plan_tables`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from warehouse.model.plan import Baseline, Plan, TheoryOfAction, nodes, placed_measures

What = Literal["node", "measure", "target"]
# Kept apart: what stands below a node, and the targets of a measure, are compared as things of their own.
_BELOW = {"strategies", "milestones", "actions", "measures", "targets", "code"}


@dataclass(frozen=True)
class PlanChange:
    """One difference between two versions; for a thing that was added or removed, `field` is empty."""

    what: What
    subject: str
    change: Literal["added", "removed", "changed"]
    field: str = ""
    before: str | None = None
    after: str | None = None


def plan_changes(before: Plan, after: Plan) -> list[PlanChange]:
    """Everything in which two versions differ, in the order of their ids."""
    found: list[PlanChange] = []
    pairs: tuple[tuple[What, dict[str, Mapping[str, Any]], dict[str, Mapping[str, Any]]], ...] = (
        ("node", _nodes(before), _nodes(after)),
        ("measure", _measures(before), _measures(after)),
        ("target", _targets(before), _targets(after)),
    )
    for what, old, new in pairs:
        for subject in sorted(old.keys() | new.keys()):
            found += _compared(what, subject, old.get(subject), new.get(subject))
    return found


def _compared(
    what: What, subject: str, old: Mapping[str, Any] | None, new: Mapping[str, Any] | None
) -> Iterator[PlanChange]:
    if old is None and new is not None:
        yield PlanChange(what, subject, "added", after=_summary(what, new))
    elif new is None and old is not None:
        yield PlanChange(what, subject, "removed", before=_summary(what, old))
    elif old is not None and new is not None:
        for name in sorted(old.keys() | new.keys()):
            earlier, later = _text(old.get(name)), _text(new.get(name))
            if earlier != later:
                yield PlanChange(what, subject, "changed", name, earlier, later)


def _summary(what: What, fields: Mapping[str, Any]) -> str | None:
    """What an added or removed thing was, in a few words."""
    if what == "node":
        return _text(fields["title"])
    if what == "measure":
        return _text(fields["role"])
    return "; ".join(f"{k} {_text(v)}" for k, v in fields.items() if v is not None and k != "kind")


def _nodes(plan: Plan) -> dict[str, Mapping[str, Any]]:
    return {node.node_id: _fields(node.item) for node in nodes(plan)}


def _measures(plan: Plan) -> dict[str, Mapping[str, Any]]:
    return {placed.plan_measure_id: _fields(placed.item) for placed in placed_measures(plan)}


def _targets(plan: Plan) -> dict[str, Mapping[str, Any]]:
    return {
        f"{placed.plan_measure_id}@{target.period or target.school_year}": {
            name: getattr(target, name) for name in ("value", "low", "high", "kind")
        }
        for placed in placed_measures(plan)
        for target in placed.item.targets
    }


def _fields(item: Any) -> dict[str, Any]:
    return {name: getattr(item, name) for name in type(item).model_fields if name not in _BELOW}


def _text(value: Any) -> str | None:
    """A value as people read it; nothing for what is absent or empty."""
    if value is None or value == ():
        return None
    if isinstance(value, TheoryOfAction):
        return value.sentence
    if isinstance(value, Baseline):
        at = value.period or str(value.school_year)
        return at if value.value is None else f"{value.value:g} in {at}"
    if isinstance(value, tuple):
        return "; ".join(_text(entry) or "" for entry in value)
    if isinstance(value, float):
        return f"{value:g}"
    if hasattr(value, "model_fields"):
        parts = {name: _text(getattr(value, name)) for name in type(value).model_fields}
        return ", ".join(f"{name} {text}" for name, text in parts.items() if text is not None)
    return str(value)
