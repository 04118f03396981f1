"""One measure per file: what it means, how it is computed, and for whom.

Put here: the shape of a measure. Not here: the rules between its parts (`measure_rules`), what a formula may
hold (`formula`), the SQL of a pass over a core table (`assets/measure_sql`), targets (the agency's plan).
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator

from warehouse.model.contract import load_contracts
from warehouse.model.dimensions import DIMENSIONS as DIMENSIONS
from warehouse.model.dimensions import FROM_MEASURES as FROM_MEASURES
from warehouse.model.dimensions import OTHERS as OTHERS
from warehouse.model.places import MEASURES
from warehouse.model.yaml_file import StrictModel, load_model

OrganizationType = Literal["SEA", "LEA", "SCHOOL", "UNIT", "DIVISION", "CBO"]
Kind = Literal["ratio", "statistic", "count", "amount", "derived"]
Polarity = Literal["higher", "lower", "in_range", "informational"]
MinimumRule = Literal["reporting", "accountability", "organizations"]

# Below this many organizations, a figure about organizations is hidden.
FEWEST_ORGANIZATIONS = 5


class PublishedFigure(StrictModel):
    """Columns that hold the figure where the source publishes it only as a percentage or a range."""

    value: str
    low: str | None = None
    high: str | None = None
    n: str | None = None
    step_percent: float = 0.0


class RollUp(StrictModel):
    """From which organizations' rows the figures of larger ones are computed, as ratios of sums.

    Several types may stand in `from` where none is part of another, such as LEAs and community organizations.
    """

    sources: tuple[OrganizationType, ...] = Field(alias="from", min_length=1)
    to: tuple[OrganizationType, ...] = Field(min_length=1)

    @field_validator("sources", mode="before")
    @classmethod
    def _one_or_several(cls, given: object) -> object:
        return (given,) if isinstance(given, str) else given


class Periods(StrictModel):
    """Figures for parts of the school year, by a date column, and what then stands for the whole year.

    `year`: over all rows, over the rows of the last period of the school year's rows, or none.
    """

    date: str
    every: Literal["month", "quarter"]
    year: Literal["all", "last", "none"] = "all"


class Range(StrictModel):
    """The values that are good where neither more nor less is better."""

    low: float | None = None
    high: float | None = None


class Gap(StrictModel):
    """The figure of each group against that of a reference: a group of the table, or the `others`.

    The others are the complement of the group: all less the group, in numerator and denominator.
    """

    of: str
    reference: str = "all"
    minus: Literal["reference", "group"] = "reference"


class Change(StrictModel):
    """The figure against the one so many years before."""

    of: str
    years: int = Field(default=1, ge=1)


class Population(StrictModel):
    """Organizations: those that have rows of a core table where a condition holds."""

    table: str
    where: str


class MeanChange(StrictModel):
    """The mean change of some figures over a cohort of organizations, less that over another."""

    of: tuple[str, ...] = Field(min_length=1)
    units: OrganizationType
    cohort: Population
    against: Population | None = None
    years: int = Field(default=1, ge=1)


class TargetsMet(StrictModel):
    """The share of the plan's targets of some measures that were met."""

    of: tuple[str, ...] = Field(min_length=1)


class CostPerOutcome(StrictModel):
    """Dollars of a strategy for each student more who has its outcome than at the rate of the year before."""


class Fresh(StrictModel):
    """The share of the measures that the plan requires which are up to date and owned."""


class Derived(StrictModel):
    """Exactly one way to make a figure from other figures."""

    gap: Gap | None = None
    change: Change | None = None
    mean_change: MeanChange | None = None
    targets_met: TargetsMet | None = None
    cost_per_outcome: CostPerOutcome | None = None
    fresh: Fresh | None = None

    @property
    def ways(self) -> tuple[str, ...]:
        """The ways that are given, by name."""
        return tuple(name for name in type(self).model_fields if getattr(self, name) is not None)


class Measure(StrictModel):
    """A measure, as in `warehouse/measures/<measure>.yml`.

    `numerator`, `denominator`, `value` and `n` are SQL fragments of aggregates over the columns of the core
    table; `n` (students or units behind the figure) is the denominator unless given, else the number of rows.
    `interval` says whether numerator and denominator are counts of trials, so that a Wilson interval is
    meaningful.
    """

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str
    definition: str
    limits: str
    kind: Kind
    core_table: str = Field(alias="from")
    where: str | None = None
    numerator: str | None = None
    denominator: str | None = None
    value: str | None = None
    n: str | None = None
    interval: Literal["wilson", "none"] = "none"
    published: PublishedFigure | None = None
    derived: Derived | None = None
    unit: Literal["percent", "percentage_points", "usd", "days", "ratio", "count"]
    decimals: int = Field(ge=0, le=6)
    polarity: Polarity
    range: Range | None = None
    grains: tuple[OrganizationType, ...] = Field(min_length=1)
    by: tuple[str, ...] = ()
    totals_over: tuple[str, ...] = ()
    periods: Periods | None = None
    roll_up: RollUp | None = None
    counts_people: bool
    minimum_n_rule: MinimumRule = "reporting"
    cadence: Literal["annual", "quarterly", "monthly"]
    expected_lag_days: int = Field(ge=0)
    owner: str
    federal_reference: str | None = None
    version: int = Field(ge=1)
    comparability_breaks: tuple[int, ...] = ()

    @property
    def gap(self) -> Gap | None:
        """The gap it is, if it is one."""
        return None if self.derived is None else self.derived.gap

    @property
    def is_of_figures(self) -> bool:
        """Whether it is computed from figures of other measures rather than in a pass over a core table."""
        return self.core_table == FROM_MEASURES

    @property
    def operands(self) -> tuple[str, ...]:
        """The measures that a derived one is computed from."""
        way = None if self.derived is None else getattr(self.derived, self.derived.ways[0])
        of = getattr(way, "of", ())
        return (of,) if isinstance(of, str) else of

    @property
    def formula(self) -> str:
        """The formula in words and SQL."""
        if self.derived is not None:
            return _derived_formula(self.derived)
        where = f", over rows where {self.where}" if self.where else ""
        if self.kind != "ratio":
            return f"{self.value}{where}"
        factor = "100 * " if self.unit == "percent" else ""
        return f"{factor}{self.numerator} / {self.denominator}{where}"

    def fewest(self, minimum_n: int, accountability_minimum_n: int) -> int | None:
        """The fewest people or organizations that a figure shown to the public is about; None if any."""
        if self.minimum_n_rule == "organizations":
            return FEWEST_ORGANIZATIONS
        if not self.counts_people:
            return None
        return minimum_n if self.minimum_n_rule == "reporting" else accountability_minimum_n


def _derived_formula(derived: Derived) -> str:
    if derived.gap is not None:
        gap = derived.gap
        other = "the other students" if gap.reference == OTHERS else repr(gap.reference)
        sides = (f"{gap.of} of the group", f"{gap.of} of {other}")
        return " - ".join(sides if gap.minus == "reference" else sides[::-1])
    if derived.change is not None:
        change = derived.change
        return f"{change.of} - {change.of} {_years(change.years)} before"
    if derived.mean_change is not None:
        mean = derived.mean_change
        text = f"mean change of {' and '.join(mean.of)} over {_years(mean.years)}, "
        text += f"{mean.units} of {mean.cohort.table} where {mean.cohort.where}"
        other_side = mean.against
        return (
            text
            if other_side is None
            else f"{text} - the same of {other_side.table} where {other_side.where}"
        )
    if derived.targets_met is not None:
        return f"100 * targets met / targets due, of {' and '.join(derived.targets_met.of)}"
    if derived.cost_per_outcome is not None:
        return (
            "dollars spent of the strategy's money / students more with its outcome than at last year's rate"
        )
    return "100 * required measures up to date and owned / required measures due"


def _years(number: int) -> str:
    return "a year" if number == 1 else f"{number} years"


def load_measures(root: Path = MEASURES) -> dict[str, Measure]:
    """All measures of a folder, by id.

    Raises:
        SpmError: A file is wrong, or a formula is not one aggregate over its core table's columns.
    """
    return dict(_load_measures(root))


@lru_cache(maxsize=8)
def _load_measures(root: Path) -> tuple[tuple[str, Measure], ...]:
    from warehouse.model.measure_rules import check_measure

    contracts = load_contracts()
    located = [load_model(path, Measure) for path in sorted(root.glob("*.yml"))]
    measures = {item.value.id: item.value for item in located}
    for item in located:
        check_measure(item, contracts, measures)
    return tuple(measures.items())
