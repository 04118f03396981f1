"""The change of one rate between two years or two releases, taken apart by the groups that make up the whole.

Put here: which figures are the whole and its groups. Not here: the arithmetic (`decomposition`), the terminal
(`differences_shown`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from pipelines.decomposition import Count, Decomposition, Effect, decompose
from warehouse.compare import Member, SlicePair, rows_of, slice_pairs
from warehouse.model.errors import SpmError
from warehouse.model.measure import DIMENSIONS
from warehouse.read import Reader, Row

# What the groups hold less than the whole: hidden groups, and whoever belongs to none.
REST = "all others"


@dataclass(frozen=True)
class Side:
    """One of the two figures compared: a release and a school year."""

    release_id: int
    school_year: int


@dataclass(frozen=True)
class Changed:
    """Which figure's change is asked for, and by what it is taken apart.

    `by` is school, lea, a dimension of figures (grade, federal_program_code ...), or a category of student
    groups (race_ethnicity, sex, english_learner ...). `dimensions` tells the figure from others; a dimension
    that is not given is that of all together.
    """

    measure_id: str
    organization_id: str
    by: str
    dimensions: Mapping[str, str]
    views: tuple[str, ...]


def change(reader: Reader, asked: Changed, before: Side, after: Side) -> dict[str, Any]:
    """The account of a change as plain values.

    Raises:
        SpmError: A figure is not there or has no counts, or the groups overlap, so that they are no parts.
    """
    measure = reader.measure(asked.measure_id)
    wholes, parts = [], []
    for side in (before, after):
        whole, groups = _side(reader, asked, side)
        wholes.append(whole)
        parts.append(groups)
    found = decompose(*parts)
    factor = 100 if measure["unit"] == "percent" else 1
    return {
        "measure": measure,
        "organization_id": asked.organization_id,
        "organization_name": wholes[1]["organization_name"],
        "by": asked.by,
        "before": {"release_id": before.release_id, "school_year": before.school_year, **_figure(wholes[0])},
        "after": {"release_id": after.release_id, "school_year": after.school_year, **_figure(wholes[1])},
        **_shown(found, factor),
    }


def _shown(found: Decomposition, factor: int) -> dict[str, Any]:
    return {
        "change": float(found.change * factor),
        "within": float(found.within * factor),
        "mix": float(found.mix * factor),
        "is_exact": found.within + found.mix == found.change,
        "parts": [
            _part(effect, factor)
            for effect in sorted(found.effects, key=lambda e: (-abs(e.within + e.mix), e.name))
        ],
    }


def _part(effect: Effect, factor: int) -> dict[str, Any]:
    def rate(value: Fraction | None) -> float | None:
        return None if value is None else float(value * factor)

    return {
        "name": effect.name,
        "share_before": float(100 * effect.share_before),
        "share_after": float(100 * effect.share_after),
        "before": rate(effect.rate_before),
        "after": rate(effect.rate_after),
        "within": float(effect.within * factor),
        "mix": float(effect.mix * factor),
    }


def _figure(row: Row) -> dict[str, Any]:
    return {name: row[name] for name in ("value", "numerator", "denominator", "data_status")}


def _side(reader: Reader, asked: Changed, side: Side) -> tuple[Row, dict[str, Count]]:
    rows = [r for r in _rows(reader, side, "measure_value", asked.measure_id) if r["period"] == "annual"]
    whole = _whole(rows, asked, side)
    members = _members(reader, asked, side, whole)
    parts = {name: _count(row) for name, row in members(rows) if row["numerator"] is not None}
    return whole, _with_rest(parts, _count(whole), asked, side)


def _rows(reader: Reader, side: Side, table: str, part: str = "") -> list[Row]:
    pairs = slice_pairs(reader, side.release_id, side.release_id, table=table)
    found: list[tuple[SlicePair, Member]] = [
        (pair, pair.after)
        for pair in pairs
        if pair.after is not None and pair.part == part and pair.school_year in (None, side.school_year)
    ]
    return [row for pair, member in found for row in rows_of(reader, pair, member)]


def _whole(rows: Sequence[Row], asked: Changed, side: Side) -> Row:
    own = [
        row
        for row in rows
        if row["organization_id"] == asked.organization_id
        and all(row[name] == value for name, value in asked.dimensions.items())
        and row["organization_view"] in asked.views
    ]
    for name in DIMENSIONS:
        if name not in asked.dimensions:
            own = _together(own, name)
    where = f"{asked.measure_id} of {asked.organization_id} in {side.school_year}, release {side.release_id}"
    if not own:
        raise SpmError(
            f"There is no figure {where}", remedy="See `spm measures` and `spm explain` for what there is"
        )
    whole = min(own, key=lambda row: asked.views.index(row["organization_view"]))
    if whole["numerator"] is None or whole["denominator"] is None:
        why = whole["suppression"] or whole["null_reason"] or "it is published without counts"
        raise SpmError(
            f"The figure {where} has no counts ({str(why).replace('_', ' ')})",
            remedy="Only a rate with numerator and denominator can be taken apart; choose another figure",
        )
    return whole


def _together(rows: list[Row], dimension: str) -> list[Row]:
    """Of one organization's rows those for all together in a dimension, or of its only value."""
    values = {row[dimension] for row in rows}
    if len(values) > 1:
        for value in ("all", "none"):
            if value in values:
                return [row for row in rows if row[dimension] == value]
        raise SpmError(
            f"The figure is told apart by {dimension}",
            remedy=f"Name one of {', '.join(sorted(values))}",
        )
    return rows


def _members(
    reader: Reader, asked: Changed, side: Side, whole: Row
) -> Callable[[Sequence[Row]], list[tuple[str, Row]]]:
    """Which rows are the parts of the whole, each with its name."""
    if asked.by in ("school", "lea"):
        return _organizations(reader, asked, side, whole)
    if asked.by in DIMENSIONS:
        return lambda rows: [
            (row[asked.by], row)
            for row in rows
            if _same(row, whole, besides=asked.by) and row[asked.by] not in ("all", "none", whole[asked.by])
        ]
    groups = {
        row["student_group"]: row["title"]
        for row in _rows(reader, side, "student_group")
        if row["group_category"] == asked.by
    }
    if not groups:
        categories = sorted({row["group_category"] for row in _rows(reader, side, "student_group")} - {"all"})
        raise SpmError(
            "A figure is taken apart by school, lea, a dimension or a category of student groups",
            value=asked.by,
            remedy=f"Use one of school, lea, grade, subject, federal_program_code, {', '.join(categories)}",
        )
    return lambda rows: [
        (groups[row["student_group"]], row)
        for row in rows
        if row["student_group"] in groups and _same(row, whole, besides="student_group")
    ]


def _organizations(
    reader: Reader, asked: Changed, side: Side, whole: Row
) -> Callable[[Sequence[Row]], list[tuple[str, Row]]]:
    kind = asked.by.upper()
    known = {o["organization_id"]: o for o in _rows(reader, side, "organization")}
    owner = "reporting_lea_id" if whole["organization_view"] == "reporting_lea" else "authorizer_lea_id"
    is_state = known.get(asked.organization_id, {}).get("organization_type") == "SEA"
    if not is_state and kind == "LEA":
        raise SpmError(
            "Only the state is taken apart by lea", value=asked.organization_id, remedy="Use --by school"
        )

    def parts(rows: Sequence[Row]) -> list[tuple[str, Row]]:
        best: dict[str, Row] = {}
        for row in rows:
            name = row["organization_id"]
            inside = is_state or known.get(name, {}).get(owner) == asked.organization_id
            if row["organization_type"] != kind or not inside or row["organization_view"] not in asked.views:
                continue
            if not all(row[d] == whole[d] for d in DIMENSIONS):
                continue
            before = best.get(name)
            if before is None or _rank(row, asked) < _rank(before, asked):
                best[name] = row
        return [(f"{name} {row['organization_name']}", row) for name, row in sorted(best.items())]

    return parts


def _rank(row: Row, asked: Changed) -> int:
    return asked.views.index(row["organization_view"])


def _same(row: Row, whole: Row, *, besides: str) -> bool:
    names = ("organization_id", "organization_view", *DIMENSIONS)
    return all(row[name] == whole[name] for name in names if name != besides)


def _count(row: Row) -> Count:
    # The texts of the numbers are exact where their floats are not.
    return Count(Fraction(str(row["numerator"])), Fraction(str(row["denominator"])))


def _with_rest(parts: dict[str, Count], whole: Count, asked: Changed, side: Side) -> dict[str, Count]:
    """The parts, and what they hold less than the whole."""
    rest = Count(
        whole.numerator - sum((p.numerator for p in parts.values()), Fraction(0)),
        whole.denominator - sum((p.denominator for p in parts.values()), Fraction(0)),
    )
    if not parts:
        raise SpmError(
            f"No part of the figure by {asked.by} is known in {side.school_year}",
            remedy="Choose another --by; `spm explain` shows what the figure is told apart by",
        )
    if rest.denominator < 0 or (rest.denominator == 0 and rest.numerator != 0):
        raise SpmError(
            f"The parts by {asked.by} hold more than the whole in {side.school_year}",
            value=asked.organization_id,
            remedy="Choose another --by: here somebody is counted twice, or the whole counts for itself",
        )
    return {**parts, REST: rest} if rest.denominator else parts
