"""Federal programs and the rules of law their money must keep: `warehouse/codes/federal_programs.yml`.

Put here: what a program and a rule consist of, and what makes a list of them impossible.
Not here: whether anybody keeps a rule (measures), which programs an agency has (its sources).
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import Field

from warehouse.model.places import CODES
from warehouse.model.yaml_file import Located, StrictModel, load_model

FILE = CODES / "federal_programs.yml"
RuleKind = Literal[
    "carryover_cap",
    "maintenance_of_effort",
    "supplement_not_supplant",
    "comparability",
    "priority",
    "set_aside",
    "subgrant",
    "administration",
    "cap",
]
Evidence = Literal["cited", "unverified"]
# What a bound needs to be one.
_BOUNDED = ("at_least", "at_most", "exactly")
# A program has at most one of these for each kind of agency.
_ONCE = ("carryover_cap", "supplement_not_supplant")


class _Stated(StrictModel):
    """Something that a law says: where it says so, and in which document that was read."""

    reference: str = Field(min_length=1)
    seen_in: str | None = None

    @property
    def evidence(self) -> Evidence:
        """`cited` when a document was read that says so, else general knowledge."""
        return "unverified" if self.seen_in is None else "cited"


class Liquidation(_Stated):
    """Days after the last day to obligate on which costs may still be paid."""

    days: int = Field(gt=0)


class Availability(_Stated):
    """How long an award may be obligated: in its own year, and with the year of carryover."""

    first_months: int = Field(gt=0)
    all_months: int = Field(gt=0)


class Rule(_Stated):
    """One rule of a program.

    Attributes:
        bound: Which way `percent` of `base`, or `amount_usd`, binds; `required` where there is no number.
        applies_to: Whom it binds.
        threshold_usd: The size of an allocation from which it binds; `condition` says on which side of it.
        condition: Whom or what it leaves out.
    """

    rule: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str
    kind: RuleKind
    bound: Literal["at_least", "at_most", "exactly", "required"]
    applies_to: Literal["SEA", "LEA"]
    percent: float | None = Field(default=None, gt=0, le=100)
    amount_usd: int | None = Field(default=None, gt=0)
    base: str | None = None
    threshold_usd: int | None = Field(default=None, gt=0)
    condition: str | None = None


class FederalProgram(StrictModel):
    """One assistance listing."""

    federal_program_code: str = Field(pattern=r"^[0-9]{2}\.[0-9A-Z]{3}$")
    title: str
    short_title: str
    statute: str
    reference: str
    funding_path: Literal["formula_subgrants", "competitive_subgrants", "state_agency", "direct"]
    availability: Availability | None = None
    note: str | None = None
    rules: tuple[Rule, ...] = ()

    def rule(self, kind: RuleKind, applies_to: str) -> Rule | None:
        """The first rule of a kind for an agency, if there is one."""
        return next((r for r in self.rules if r.kind == kind and r.applies_to == applies_to), None)


class FederalPrograms(StrictModel):
    """federal_programs.yml."""

    liquidation: Liquidation
    programs: tuple[FederalProgram, ...]


@lru_cache(maxsize=4)
def load_federal_programs(path: Path = FILE) -> FederalPrograms:
    """All programs with their rules.

    Raises:
        SpmError: The file is wrong; names line, field and remedy.
    """
    located = load_model(path, FederalPrograms)
    seen: set[str] = set()
    for index, program in enumerate(located.value.programs):
        at = ("programs", index)
        if program.federal_program_code in seen:
            raise located.error(
                (*at, "federal_program_code"),
                "The program stands twice",
                value=program.federal_program_code,
                remedy="Keep one of the two",
            )
        seen.add(program.federal_program_code)
        _check_availability(located, index)
        for place in range(len(program.rules)):
            _check_rule(located, index, place)
    return located.value


def _check_availability(located: Located[FederalPrograms], index: int) -> None:
    found = located.value.programs[index].availability
    if found is not None and found.all_months < found.first_months:
        raise located.error(
            ("programs", index, "availability"),
            f"All {found.all_months} months are fewer than the first {found.first_months}",
            remedy="all_months counts from the first day of the award, with the year of carryover",
        )


def _check_rule(located: Located[FederalPrograms], index: int, place: int) -> None:
    rules = located.value.programs[index].rules
    rule = rules[place]
    at = ("programs", index, "rules", place)
    before = rules[:place]
    if rule.rule in {other.rule for other in before}:
        raise located.error(
            (*at, "rule"), "The rule stands twice", value=rule.rule, remedy="Give each rule a name of its own"
        )
    if any(o.kind == rule.kind and o.applies_to == rule.applies_to for o in before) and rule.kind in _ONCE:
        raise located.error(
            (*at, "kind"),
            f"A second {rule.kind} for the {rule.applies_to}",
            value=rule.rule,
            remedy="Keep the one that is in force",
        )
    has_number = rule.percent is not None or rule.amount_usd is not None
    if has_number != (rule.bound in _BOUNDED):
        raise located.error(
            (*at, "bound"),
            "A rule has a number exactly when it is bounded",
            value=rule.bound,
            remedy="Give a percent or amount_usd, or write bound: required where the law names no number",
        )
    if rule.percent is not None and rule.base is None:
        raise located.error((*at, "percent"), "A percent of what?", value=rule.rule, remedy="Say it in base")
