"""What differs between two releases, figure by figure, and why.

Put here: which figures and statuses differ. Not here: causes (`causes`), the change of one rate taken apart
(`change`), the terminal (`differences_shown`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from typing import Any

from pipelines.causes import Cause, Causes
from warehouse.compare import SlicePair, differing_rows, slice_pairs
from warehouse.model.contract import published_contracts
from warehouse.model.errors import SpmError
from warehouse.read import Reader, Row

# What of a figure is compared; the rest of a row is its key, or follows from these.
COMPARED = ("value", "value_low", "value_high", "numerator", "denominator", "n", "suppression", "data_status")
_KEYS = {name: published_contracts()[name].key for name in ("measure_value", "measure_status")}


def release_row(reader: Reader, release_id: int) -> Row:
    """A release that can be read.

    Raises:
        SpmError: There is no such release.
    """
    rows = reader.releases()
    for row in rows:
        if row["release_id"] == release_id:
            return row
    listed = ", ".join(str(row["release_id"]) for row in rows)
    raise SpmError(
        "There is no such release",
        value=str(release_id),
        remedy=f"Use one that `spm releases` lists: {listed}",
    )


def differences(
    reader: Reader,
    before_id: int,
    after_id: int,
    *,
    settings_of: Callable[[str], set[str] | None],
    measures_of: Callable[[str], Sequence[str]],
    measure: str | None = None,
    organization: str | None = None,
) -> dict[str, Any]:
    """The account of all that differs as plain values.

    Args:
        reader: The warehouse.
        before_id: The first release.
        after_id: The second.
        settings_of: Which settings a measure's figures can depend on; None where that is unknown.
        measures_of: The measures that a derived measure is computed from.
        measure: Only this measure.
        organization: Only this organization.

    Raises:
        SpmError: One of the releases cannot be read.
    """
    before, after = release_row(reader, before_id), release_row(reader, after_id)
    causes = Causes(reader, before, after, settings_of)
    pairs = [
        pair
        for pair in slice_pairs(reader, before_id, after_id, table="measure_value")
        if pair.differs and measure in (None, pair.part)
    ]
    differing = {(pair.part, pair.school_year) for pair in pairs}
    slices = []
    for pair in pairs:
        followed = [m for m in measures_of(pair.part) if (m, pair.school_year) in differing]
        slices.append(_of_slice(reader, pair, causes, followed, organization))
    return {
        "before": before,
        "after": after,
        "measures": [found for found in slices if found["figures"]],
        "carried": _carried(reader, before_id, after_id, measure),
        "statuses": _statuses(reader, before_id, after_id, measure, organization),
        "unchanged": _unchanged(reader, before_id, after_id, measure),
    }


def _of_slice(
    reader: Reader, pair: SlicePair, causes: Causes, followed: Sequence[str], organization: str | None
) -> dict[str, Any]:
    found = causes.of(pair)
    if followed:
        words = f"computed from {', '.join(followed)}, which changed"
        found = [Cause("follows", words, {"measures": list(followed)})] + [
            cause for cause in found if cause.kind != "code"
        ]
    moved = causes.moved(pair.school_year)
    old, new = differing_rows(reader, pair)
    figures = []
    for key, first, second in _matched(old, new, _KEYS["measure_value"]):
        if organization not in (None, key["organization_id"]):
            continue
        kinds = _kinds(found, moved.get(key["organization_id"]))
        figures.append({**key, **_figure(first, second), "causes": kinds})
    return {
        "measure_id": pair.part,
        "school_year": pair.school_year,
        "causes": [asdict(cause) for cause in found],
        "figures": figures,
    }


def _kinds(found: Sequence[Cause], moved: Cause | None) -> list[str]:
    """The kinds of causes of one figure; other organizations' changes count only if nothing else does."""
    kinds = [cause.kind for cause in found if cause.kind != "organization_change"]
    if moved is not None or not kinds:
        kinds.append("organization_change")
    return list(dict.fromkeys(kinds))


def _figure(first: Row | None, second: Row | None) -> dict[str, Any]:
    row = second or first or {}
    happened = "new" if first is None else "gone" if second is None else "changed"
    sides = {
        f"{name}_{side}": None if found is None else found[name]
        for side, found in (("before", first), ("after", second))
        for name in COMPARED
    }
    was, now = sides["value_before"], sides["value_after"]
    change = None if was is None or now is None else now - was
    return {
        "organization_name": row.get("organization_name"),
        "unit": row.get("unit"),
        "happened": happened,
        "change": change,
        **sides,
    }


def _matched(
    old: Sequence[Row], new: Sequence[Row], key: Sequence[str]
) -> Iterable[tuple[Row, Row | None, Row | None]]:
    """Rows of one key in both, in key order."""
    first = {tuple(row[name] for name in key): row for row in old}
    second = {tuple(row[name] for name in key): row for row in new}
    for values in sorted(first.keys() | second.keys()):
        yield dict(zip(key, values, strict=True)), first.get(values), second.get(values)


def _statuses(
    reader: Reader, before: int, after: int, measure: str | None, organization: str | None
) -> list[dict[str, Any]]:
    """Judgements that changed, and whether the figure or what was expected of it did."""
    found = []
    for pair in slice_pairs(reader, before, after, table="measure_status"):
        if not pair.differs or measure not in (None, pair.part):
            continue
        old, new = differing_rows(reader, pair)
        for key, first, second in _matched(old, new, _KEYS["measure_status"]):
            was, now = (None if row is None else row["status"] for row in (first, second))
            if was == now or organization not in (None, key["organization_id"]):
                continue
            found.append(
                {
                    **key,
                    "measure_id": pair.part,
                    "status_before": was,
                    "status_after": now,
                    "because": _why(first, second),
                    "status_reason": None if second is None else second["status_reason"],
                }
            )
    return found


def _why(first: Row | None, second: Row | None) -> list[str]:
    if first is None or second is None:
        return ["the plan judges it anew" if first is None else "the plan no longer judges it"]
    told = {
        "the figure changed": ("actual", "actual_low", "actual_high"),
        "the baseline changed": ("baseline",),
        "what is expected changed": ("expected", "target", "target_school_year"),
    }
    because = [words for words, names in told.items() if any(first[n] != second[n] for n in names)]
    return because or ["the day, a condition or a rule changed"]


def _carried(reader: Reader, before: int, after: int, measure: str | None) -> list[dict[str, Any]]:
    """What the second release could not renew, so that it has the same figures though all is not well."""
    pairs = slice_pairs(reader, before, after, table="measure_value")
    return [
        {
            "measure_id": pair.part,
            "school_year": pair.school_year,
            "since": pair.after.carried_forward_since,
            "reason": pair.after.carried_reason,
        }
        for pair in pairs
        if pair.after is not None and pair.after.carried_forward_since and measure in (None, pair.part)
    ]


def _unchanged(reader: Reader, before: int, after: int, measure: str | None) -> int:
    """How many measures' years are the same in both."""
    pairs = slice_pairs(reader, before, after, table="measure_value")
    return sum(not pair.differs for pair in pairs if measure in (None, pair.part))
