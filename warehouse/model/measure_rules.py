"""Holding a measure to the rules between its parts, its core table and the other measures.

Put here: what a kind needs and has no use for, dimensions, periods, range, places, derived measures.
Not here: the shape of a measure (`measure`), what a SQL fragment may hold (`formula`).
"""

from __future__ import annotations

from collections.abc import Mapping

from warehouse.model.contract import Contract
from warehouse.model.formula import require_aggregate, require_columns, require_condition
from warehouse.model.measure import DIMENSIONS, FROM_MEASURES, OTHERS, Gap, Measure, Population
from warehouse.model.yaml_file import Located, Location

_FRAGMENTS = ("numerator", "denominator", "value", "derived")
_NEEDED = {
    "ratio": ("numerator", "denominator"),
    "statistic": ("value",),
    "count": ("value",),
    "amount": ("value",),
    "derived": ("derived",),
}
# Published figures stand beside the counts of a ratio; what is derived takes all from what it is derived of.
_USELESS = {"ratio": (), "derived": ("where", "n", "periods", "published", "roll_up")}
_UNITS = {"count": ("count",), "amount": ("usd",)}
Contracts = Mapping[str, Contract]


def check_measure(item: Located[Measure], contracts: Contracts, measures: Mapping[str, Measure]) -> None:
    """Accept a measure that agrees with itself, its table and the measures it is derived from.

    Raises:
        SpmError: It does not; names file, line and remedy.
    """
    measure = item.value
    if measure.id != item.path.stem:
        raise item.error(("id",), "Measure and file name differ", remedy=f"Rename to {item.path.stem!r}")
    contract = None if measure.is_of_figures else _core_table(item, ("from",), measure.core_table, contracts)
    _check_dimensions(item, contract)
    _check_kind(item, contract)
    _check_periods(item, contract)
    _check_range(item)
    _check_places(item)
    _check_minimum(item)
    if measure.derived is not None:
        _check_derived(item, contract, contracts, measures)


def _core_table(item: Located[Measure], at: Location, table: str, contracts: Contracts) -> Contract:
    contract = contracts.get(table)
    if contract is None or contract.layer != "core":
        raise item.error(
            at,
            "No such core table",
            value=table,
            remedy="Name a table of warehouse/contracts with layer core",
        )
    return contract


def _check_dimensions(item: Located[Measure], contract: Contract | None) -> None:
    measure = item.value
    known = [d for d in DIMENSIONS if contract is None or d in {f.name for f in contract.fields}]
    for index, column in enumerate(measure.by):
        if column not in known:
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
    for name in ("by", "totals_over"):
        listed = getattr(measure, name)
        for index, column in enumerate(listed):
            if column in listed[:index]:
                raise item.error(
                    (name, index), "A dimension stands twice", value=column, remedy="Keep one of the two"
                )


def _check_kind(item: Located[Measure], contract: Contract | None) -> None:
    measure = item.value
    article = "An" if measure.kind == "amount" else "A"
    for name in _FRAGMENTS:
        text = getattr(measure, name)
        if (text is None) == (name in _NEEDED[measure.kind]):
            verb = "needs" if text is None else "has no use for"
            raise item.error(
                (name,), f"{article} {measure.kind} {verb} {name!r}", remedy=f"Correct {name!r}, or the kind"
            )
    for name in _USELESS.get(measure.kind, ("published",)):
        if getattr(measure, name) is not None:
            raise item.error(
                (name,), f"{article} {measure.kind} has no use for {name!r}", remedy=f"Remove {name!r}"
            )
    _check_unit(item, article)
    if contract is not None:
        _check_fragments(item, contract)
    elif measure.kind != "derived":
        raise item.error(
            ("from",),
            f"{article} {measure.kind} is computed from a core table",
            value=measure.core_table,
            remedy="Name a core table, or make the measure a derived one",
        )


def _check_unit(item: Located[Measure], article: str) -> None:
    measure = item.value
    if measure.unit not in _UNITS.get(measure.kind, (measure.unit,)):
        raise item.error(
            ("unit",),
            f"{article} {measure.kind} has another unit",
            value=measure.unit,
            remedy=f"Use {' or '.join(_UNITS[measure.kind])}, or make it a statistic",
        )
    if measure.interval == "wilson" and (measure.kind, measure.unit) != ("ratio", "percent"):
        raise item.error(
            ("interval",),
            "A Wilson interval belongs to a percentage of counts",
            remedy="Remove it, or make the measure a ratio in percent",
        )


def _check_fragments(item: Located[Measure], contract: Contract) -> None:
    measure = item.value
    for name in ("numerator", "denominator", "value", "n"):
        text = getattr(measure, name)
        if text is not None:
            require_aggregate(item, name, text, contract)
    if measure.where is not None:
        require_condition(item, ("where",), measure.where, contract)
    if measure.published is not None:
        given = measure.published
        named = [c for c in (given.value, given.low, given.high, given.n) if c is not None]
        require_columns(item, ("published",), named, contract)


def _check_periods(item: Located[Measure], contract: Contract | None) -> None:
    periods = item.value.periods
    if periods is None or contract is None:  # a measure of other figures has none: refused with its kind
        return
    require_columns(item, ("periods", "date"), [periods.date], contract)
    if contract.field(periods.date).type != "date":
        raise item.error(
            ("periods", "date"),
            "Periods need a date column",
            value=periods.date,
            remedy=f"Name a column of {item.value.core_table} of type date",
        )


def _check_range(item: Located[Measure]) -> None:
    measure = item.value
    if (measure.polarity == "in_range") != (measure.range is not None):
        verb = "needs" if measure.range is None else "is only for polarity in_range, which is not given with"
        raise item.error(
            ("polarity",) if measure.range is None else ("range",),
            f"Polarity in_range {verb} a range" if measure.range is None else "A range belongs to in_range",
            value=measure.polarity,
            remedy="Give range: {low: ..., high: ...} with polarity in_range, and only with it",
        )
    given = measure.range
    if given is None:
        return
    if given.low is None and given.high is None:
        raise item.error(("range",), "A range without ends", remedy="Give low, high or both")
    if given.low is not None and given.high is not None and given.low > given.high:
        raise item.error(("range",), "A range ends before it begins", remedy="Give the smaller end as low")


def _check_places(item: Located[Measure]) -> None:
    measure, roll = item.value, item.value.roll_up
    for index, place in enumerate(() if roll is None else roll.to):
        if place not in measure.grains:
            raise item.error(
                ("roll_up", "to", index),
                "A figure is rolled up to what is not among the grains",
                value=place,
                remedy="Add it to grains, or remove it here",
            )


def _check_minimum(item: Located[Measure]) -> None:
    measure = item.value
    if measure.minimum_n_rule == "accountability" and not measure.counts_people:
        raise item.error(
            ("minimum_n_rule",),
            "The minimum of accountability is one of people, and the measure counts none",
            remedy="Set counts_people: true, or leave the rule out",
        )


def _check_derived(
    item: Located[Measure], contract: Contract | None, contracts: Contracts, measures: Mapping[str, Measure]
) -> None:
    measure, derived = item.value, item.value.derived
    if derived is None or len(derived.ways) != 1:
        raise item.error(
            ("derived",), "A derived measure is derived in exactly one way", remedy="Keep one of the ways"
        )
    way = derived.ways[0]
    if (way == "gap") == measure.is_of_figures:
        table = "the core table of its measure" if way == "gap" else FROM_MEASURES
        raise item.error(
            ("from",), f"A {way} is computed from {table}", value=measure.core_table, remedy="Correct `from`"
        )
    for index, name in enumerate(measure.operands):
        if name not in measures:
            at: Location = ("derived", way, "of")
            is_list = not isinstance(getattr(getattr(derived, way), "of", None), str)
            raise item.error(
                (*at, index) if is_list else at,
                "No such measure",
                value=name,
                remedy="Name a measure of this folder",
            )
    if derived.gap is not None and contract is not None:
        _check_gap(item, derived.gap, contract, measures)
    if derived.mean_change is not None:
        _check_population(item, "cohort", derived.mean_change.cohort, contracts)
        if derived.mean_change.against is not None:
            _check_population(item, "against", derived.mean_change.against, contracts)


def _check_gap(item: Located[Measure], gap: Gap, contract: Contract, measures: Mapping[str, Measure]) -> None:
    """A gap has two sides in one pass: figures of one measure, told apart by student group."""
    of = measures[gap.of]
    if of.derived is not None or of.core_table != item.value.core_table or "student_group" not in of.by:
        raise item.error(
            ("derived", "gap", "of"),
            "A gap is taken of a figure of the same core table that is told apart by student_group",
            value=gap.of,
            remedy="Name such a measure, or correct `from`",
        )
    if gap.reference == OTHERS and of.kind != "ratio":
        raise item.error(
            ("derived", "gap", "reference"),
            f"The others of a {of.kind} cannot be told: only counts can be taken from each other",
            value=gap.of,
            remedy="Name a ratio, or the reference all",
        )
    if gap.reference != OTHERS and gap.reference not in (contract.field("student_group").codes or ()):
        raise item.error(
            ("derived", "gap", "reference"),
            "No such student group",
            value=gap.reference,
            remedy="Use a code of warehouse/codes/student_groups.csv, or others",
        )


def _check_population(
    item: Located[Measure], side: str, population: Population, contracts: Contracts
) -> None:
    at: Location = ("derived", "mean_change", side)
    contract = _core_table(item, (*at, "table"), population.table, contracts)
    require_condition(item, (*at, "where"), population.where, contract)
