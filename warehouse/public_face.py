"""Which figures the public face shows: primary suppression by minimum n.

A figure about fewer people than the agency's minimum is hidden whole: value, counts, range and interval. The
measure's rule says which minimum: that of reporting, of accountability, or the one for organizations. What
stays, and why everything public is stamped `not_for_release` for now:
- a numerator under the minimum over a denominator that reaches it (3 of 40 chronically absent);
- what can be computed from totals, sibling groups, schools of a district, the month before or an earlier
  release (complementary suppression is not done here);
- a rate that its source publishes without counts: the source decided, and n is unknown.

Put here: what is hidden and how a hidden row looks.
Not here: the file or schema the public face stands in (`public_file`, `views`), claims about it (`checks`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from warehouse.model.measure import DIMENSIONS, OTHERS, Gap, Measure, load_measures

HIDDEN = "below_minimum_n"
FIGURES = (
    "numerator", "denominator", "value", "value_low", "value_high", "interval_low", "interval_high", "n",
    "core_rows",
)  # fmt: skip
_SIDE_KEY = (
    "organization_id", "organization_view", "school_year", "period",
    *(name for name in DIMENSIONS if name != "student_group"),
)  # fmt: skip
_COUNT = pa.decimal128(18, 2)


def suppress(
    rows: pa.Table,
    minimum_n: int,
    *,
    accountability_minimum_n: int | None = None,
    measures: Mapping[str, Measure] | None = None,
    sides: pa.Table | None = None,
) -> pa.Table:
    """Rows of `measure_value` as the public may see them; same rows, same columns.

    Args:
        rows: Unsuppressed rows, of any measures and years.
        minimum_n: Fewest people that a shown figure may be about.
        accountability_minimum_n: The same for measures of accountability; `minimum_n` unless given.
        measures: The catalogue, which says what counts people, and by which rule; the project's own by
            default. A measure that it does not have is treated as counting people.
        sides: Unsuppressed rows in which the two sides of gaps are looked up, besides `rows`. A gap is hidden
            unless both of its sides are found there and shown.
    """
    catalogue = load_measures() if measures is None else measures
    accountable = minimum_n if accountability_minimum_n is None else accountability_minimum_n
    fewest = {name: measure.fewest(minimum_n, accountable) for name, measure in catalogue.items()}
    unknown = max(minimum_n, accountable)
    hidden = _too_few(rows, fewest, unknown)
    gaps = {name: m.gap for name, m in catalogue.items() if m.gap is not None}
    present = set(pc.unique(rows.column("measure_id")).to_pylist())
    if present & set(gaps):
        at_hand = rows if sides is None else pa.concat_tables([rows, sides.select(rows.column_names)])
        shown = at_hand.filter(pc.invert(_too_few(at_hand, fewest, unknown)))
        for name in sorted(present & set(gaps)):
            hidden = pc.or_(hidden, _side_hidden(rows, name, gaps[name], shown, fewest[name] or 0))
    return _hide(rows, hidden)


def _too_few(rows: pa.Table, fewest: Mapping[str, int | None], unknown: int) -> pa.ChunkedArray:
    """Rows about fewer than their measure's minimum, or about an unknown number although counts are given."""
    measures = rows.column("measure_id")
    minimums = pa.array([*fewest.values(), unknown], pa.int32())
    place = pc.fill_null(pc.index_in(measures, value_set=pa.array(list(fewest), pa.string())), len(fewest))
    minimum = pc.take(minimums, place)
    n, denominator = rows.column("n"), rows.column("denominator")
    few = pc.fill_null(pc.less(n, minimum), False)
    few_below = pc.fill_null(pc.less(denominator, minimum.cast(_COUNT)), False)
    counted = pc.or_(pc.is_valid(rows.column("numerator")), pc.is_valid(denominator))
    untold = pc.and_(pc.is_null(n), counted)
    return pc.and_(pc.is_valid(minimum), pc.or_(pc.or_(few, few_below), untold))


def _side_hidden(rows: pa.Table, measure_id: str, gap: Gap, shown: pa.Table, fewest: int) -> pa.ChunkedArray:
    """Rows of the gap of which a side is not among the shown figures, or is made of too few others."""
    sides = shown.filter(pc.equal(shown.column("measure_id"), gap.of))
    reference = "all" if gap.reference == OTHERS else gap.reference
    own, other = (pc.index_in(_keys(rows, g), value_set=_keys(sides, None)) for g in (None, reference))
    hidden = pc.or_(pc.is_null(own), pc.is_null(other))
    if gap.reference == OTHERS:
        n = sides.column("n")
        others = pc.subtract(pc.take(n, other), pc.take(n, own))
        hidden = pc.or_(hidden, pc.fill_null(pc.less(others, fewest), True))
    return pc.and_(pc.equal(rows.column("measure_id"), measure_id), hidden)


def _keys(rows: pa.Table, student_group: str | None) -> pa.Array:
    """One text per row naming the figure, of another student group if one is given."""
    columns = [rows.column(name).cast(pa.string()).combine_chunks() for name in _SIDE_KEY]
    group = rows.column("student_group").combine_chunks()
    if student_group is not None:
        group = pa.array([student_group] * len(rows), pa.string())
    # The unit separator stands in no id, so that no two keys give the same text.
    return pc.binary_join_element_wise(*columns, group, "\x1f")


def _hide(rows: pa.Table, hidden: pa.ChunkedArray) -> pa.Table:
    replaced = {name: pa.scalar(None, rows.schema.field(name).type) for name in FIGURES}
    replaced |= {"is_ranged": pa.scalar(False), "null_reason": pa.scalar("suppressed")}
    columns = []
    for field in rows.schema:
        column = rows.column(field.name)
        if field.name == "suppression":
            # What the source hid already says so.
            column = pc.if_else(pc.and_(hidden, pc.is_null(column)), HIDDEN, column)
        elif field.name in replaced:
            column = pc.if_else(hidden, replaced[field.name], column)
        columns.append(column)
    return pa.table(columns, schema=rows.schema)


def hide_all(rows: pa.Table) -> pa.Table:
    """The rows without any figure."""
    return _hide(rows, pa.chunked_array([pa.array([True] * len(rows), pa.bool_())]))


def suppress_made_of(rows: pa.Table, parts: pa.Table, public: pa.Table, key: Sequence[str]) -> pa.Table:
    """Rows of figures that are made of figures, hidden wherever one of those is hidden or absent.

    Args:
        rows: Rows of `measure_value`.
        parts: For each figure its parts: `figure` and `part` hold keys, joined by the unit separator.
        public: The figures as the public sees them.
        key: The columns of such a key, in their order.
    """
    seen = public.filter(pc.not_equal(pc.fill_null(public.column("null_reason"), ""), "suppressed"))
    unseen = pc.invert(pc.is_in(parts.column("part"), value_set=_texts(seen, key)))
    closed = parts.column("figure").filter(unseen).combine_chunks()
    return _hide(rows, pc.is_in(_texts(rows, key), value_set=closed))


def _texts(rows: pa.Table, key: Sequence[str]) -> pa.Array:
    columns = [rows.column(name).cast(pa.string()).combine_chunks() for name in key]
    return pc.binary_join_element_wise(*columns, "\x1f")
