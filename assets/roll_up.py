"""From the statuses of a node's measures to the status of the node, by the rule that the plan declares.

Put here: the rules, as pure functions. Not here: the status of a figure (`status`), which nodes there are and
the rows of their table (`node_statuses`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median_low

from warehouse.model.plan import RollUpRule

RULE_VERSIONS: Mapping[RollUpRule, str] = {"worst_required": "worst_required-1", "weighted": "weighted-1"}
# From bad to good. What cannot be judged stands apart: it neither spoils a node nor mends it.
JUDGED = ("OFF_TRACK", "OVERDUE_DATA", "AT_RISK", "INDETERMINATE", "ON_TRACK", "MET")
# What a node is called when none of its measures is judged, the first that holds for one of them.
UNJUDGED = ("NOT_DUE", "BASELINE_ONLY", "SUPPRESSED", "NOT_APPLICABLE")
# A measure that is overdue counts like one that is off track: nobody can say that it is not.
_SCORES = {"OFF_TRACK": 0.0, "OVERDUE_DATA": 0.0, "AT_RISK": 1.0, "ON_TRACK": 2.0, "MET": 3.0}
_FROM_SCORE = ((2.5, "MET"), (1.5, "ON_TRACK"), (0.5, "AT_RISK"), (float("-inf"), "OFF_TRACK"))


@dataclass(frozen=True)
class Part:
    """One measure of a node: the statuses of the organizations it is judged for, and what it weighs."""

    plan_measure_id: str
    statuses: tuple[str | None, ...]
    weight: float
    is_required: bool

    @property
    def status(self) -> str | None:
        """Its one status; of many organizations, the one that at least half of those judged reach."""
        judged = [JUDGED.index(s) for s in self.statuses if s in JUDGED]
        if judged:
            return JUDGED[median_low(judged)]
        return next((s for s in UNJUDGED if s in self.statuses), None)

    @property
    def said(self) -> str:
        """The measure with its status, and how many organizations it is the median of."""
        many = f" (median of {len(self.statuses)})" if len(self.statuses) > 1 else ""
        return f"{self.plan_measure_id}={self.status or 'not judged'}{many}"


@dataclass(frozen=True)
class Rolled:
    """The status of a node and what it rests on."""

    status: str | None
    score: float | None
    inputs: tuple[str, ...]
    judged: int
    not_judged: int


def roll_up(rule: RollUpRule, parts: Sequence[Part]) -> Rolled:
    """The status of a node from its required measures."""
    used = sorted((part for part in parts if part.is_required), key=lambda part: part.plan_measure_id)
    judged = [part for part in used if part.status in JUDGED]
    score = _score(judged) if rule == "weighted" else None
    if not judged:
        status = next((s for s in UNJUDGED if any(part.status == s for part in used)), None)
    elif rule == "worst_required":
        status = min((str(part.status) for part in judged), key=JUDGED.index)
    elif score is None:
        status = "INDETERMINATE"
    else:
        status = next(name for least, name in _FROM_SCORE if score >= least)
    inputs = tuple(part.said for part in used)
    return Rolled(status, score, inputs, len(judged), len(used) - len(judged))


def _score(judged: Sequence[Part]) -> float | None:
    """The weighted mean of what is decided; none where nothing that weighs is."""
    decided = [(part.weight, _SCORES[str(part.status)]) for part in judged if part.status in _SCORES]
    whole = sum(weight for weight, _ in decided)
    return sum(weight * score for weight, score in decided) / whole if whole else None
