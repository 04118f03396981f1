"""One measure per file: what it means, how it is computed, and for whom.

Put here: the shape of a measure, and the refusal of formulas that are not one aggregate over the contract.
Not here: the SQL of a pass over a core table (`assets/measure_sql`); targets (the agency's plan).
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import Field

from warehouse.model.contract import Contract, load_contracts
from warehouse.model.places import MEASURES
from warehouse.model.yaml_file import Located, StrictModel, load_model

OrganizationType = Literal["SEA", "LEA", "SCHOOL"]
Polarity = Literal["higher", "lower", "informational"]

# What tells figures apart beside organization and school year; `none` where not applicable.
DIMENSIONS = ("student_group", "grade", "subject", "federal_program_code", "award_id")


class PublishedFigure(StrictModel):
    """Columns that hold the figure where the source publishes it only as a percentage or a range."""

    value: str
    low: str | None = None
    high: str | None = None
    n: str | None = None
    step_percent: float = 0.0


class RollUp(StrictModel):
    """From which organizations' rows the figures of larger ones are summed, as ratios of sums."""

    source: OrganizationType = Field(alias="from")
    to: tuple[OrganizationType, ...]


class Gap(StrictModel):
    """A derived measure: the figure of each group minus that of a reference group, in percentage points."""

    of: str
    reference_group: str


class Measure(StrictModel):
    """A measure, as in `warehouse/measures/<measure>.yml`.

    `numerator`, `denominator`, `value` and `n` are SQL aggregate fragments over the columns of the core
    table; `n` (students or units behind the figure) is the denominator unless given. `interval` says whether
    numerator and denominator are counts of trials, so that a Wilson interval is meaningful.
    """

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str
    definition: str
    limits: str
    kind: Literal["ratio", "median", "gap"]
    core_table: str = Field(alias="from")
    where: str | None = None
    numerator: str | None = None
    denominator: str | None = None
    value: str | None = None
    n: str | None = None
    interval: Literal["wilson", "none"] = "none"
    published: PublishedFigure | None = None
    gap: Gap | None = None
    unit: Literal["percent", "percentage_points", "usd", "days"]
    decimals: int = Field(ge=0, le=6)
    polarity: Polarity
    grains: tuple[OrganizationType, ...]
    by: tuple[str, ...] = ()
    totals_over: tuple[str, ...] = ()
    roll_up: RollUp | None = None
    counts_people: bool
    cadence: Literal["annual", "quarterly", "monthly"]
    expected_lag_days: int = Field(ge=0)
    owner: str
    federal_reference: str | None = None
    version: int = Field(ge=1)
    comparability_breaks: tuple[int, ...] = ()

    @property
    def formula(self) -> str:
        """The formula in words and SQL."""
        if self.gap is not None:
            return f"{self.gap.of} of the group - {self.gap.of} of {self.gap.reference_group!r}"
        if self.kind == "median":
            return f"{self.value}" + (f" where {self.where}" if self.where else "")
        factor = "100 * " if self.unit == "percent" else ""
        where = f", over rows where {self.where}" if self.where else ""
        return f"{factor}{self.numerator} / {self.denominator}{where}"


def load_measures(root: Path = MEASURES) -> dict[str, Measure]:
    """All measures of a folder, by id.

    Raises:
        SpmError: A file is wrong, or a formula is not one aggregate over its core table's columns.
    """
    return dict(_load_measures(root))


@lru_cache(maxsize=8)
def _load_measures(root: Path) -> tuple[tuple[str, Measure], ...]:
    contracts = load_contracts()
    located = [load_model(path, Measure) for path in sorted(root.glob("*.yml"))]
    measures = {item.value.id: item.value for item in located}
    for item in located:
        _check(item, contracts, measures)
    return tuple(measures.items())


def _check(item: Located[Measure], contracts: dict[str, Contract], measures: dict[str, Measure]) -> None:
    measure = item.value
    if measure.id != item.path.stem:
        raise item.error(("id",), "Measure and file name differ", remedy=f"Rename to {item.path.stem!r}")
    contract = contracts.get(measure.core_table)
    if contract is None or contract.layer != "core":
        raise item.error(
            ("from",),
            "No such core table",
            value=measure.core_table,
            remedy="Name a table of warehouse/contracts with layer core",
        )
    for index, column in enumerate(measure.by):
        if column not in DIMENSIONS or column not in {f.name for f in contract.fields}:
            raise item.error(
                ("by", index),
                "Not a dimension of the core table",
                value=column,
                remedy=f"Use one of {', '.join(DIMENSIONS)} that {measure.core_table} has",
            )
    for index, column in enumerate(measure.totals_over):
        if column not in measure.by:
            raise item.error(
                ("totals_over", index),
                "There are totals only over a dimension of `by`",
                value=column,
                remedy="Add it to by, or remove it here",
            )
    _check_kind(item, contract, measures)


def _check_kind(item: Located[Measure], contract: Contract, measures: dict[str, Measure]) -> None:
    from warehouse.model.formula import require_aggregate, require_columns, require_condition

    measure = item.value
    needed = {"ratio": ("numerator", "denominator"), "median": ("value",), "gap": ("gap",)}[measure.kind]
    for name in ("numerator", "denominator", "value", "gap"):
        text = getattr(measure, name)
        if (text is None) == (name in needed):
            verb = "needs" if text is None else "has no use for"
            raise item.error((name,), f"A {measure.kind} {verb} {name!r}", remedy=f"Correct {name!r}")
        if isinstance(text, str):
            require_aggregate(item, name, text, contract)
    if measure.n is not None:
        require_aggregate(item, "n", measure.n, contract)
    if measure.where is not None:
        require_condition(item, measure.where, contract)
    if measure.published is not None:
        given = measure.published
        named = [c for c in (given.value, given.low, given.high, given.n) if c is not None]
        require_columns(item, "published", named, contract)
    if measure.gap is not None:
        _check_gap(item, measure.gap, contract, measures)


def _check_gap(item: Located[Measure], gap: Gap, contract: Contract, measures: dict[str, Measure]) -> None:
    """A gap has two sides in one pass: figures of one measure, told apart by student group."""
    of = measures.get(gap.of)
    if of is None:
        raise item.error(
            ("gap", "of"), "No such measure", value=gap.of, remedy="Name a measure of this folder"
        )
    if of.kind == "gap" or of.core_table != item.value.core_table or "student_group" not in of.by:
        raise item.error(
            ("gap", "of"),
            "A gap is taken of a rate or median of the same core table that is told apart by student_group",
            value=gap.of,
            remedy="Name such a measure, or correct `from`",
        )
    if gap.reference_group not in (contract.field("student_group").codes or ()):
        raise item.error(
            ("gap", "reference_group"),
            "No such student group",
            value=gap.reference_group,
            remedy="Use a code of warehouse/codes/student_groups.csv",
        )
