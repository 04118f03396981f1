"""Why a measure's year differs between two releases.

Causes are looked for in what each release says of itself: its snapshots, measures, settings and
organizations. Where none of them has changed, it is the code or a mapping.

Put here: from two releases to causes. Not here: which figures differ (`differences`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from warehouse.compare import Member, SlicePair, rows_of, slice_pairs
from warehouse.read import Reader, Row

# What of a measure's definition changes its figures, and not only its words.
_FORMULA = ("measure_version", "kind", "formula", "core_table", "unit")
# What of an organization changes where its rows count.
_PLACE = ("organization_type", "authorizer_lea_id", "reporting_lea_id", "parent_organization_id")
_NAMES = ("organization_name", "operational_status", "is_in_directory", "is_charter")


@dataclass(frozen=True)
class Cause:
    """One cause: what kind it is, and in words what it was and is.

    Kinds: new_data, restated_source, withdrawn_source, changed_formula, changed_setting, organization_change,
    follows (another measure it is computed from), code.
    """

    kind: str
    text: str
    detail: Mapping[str, Any]


class Causes:
    """What differs between two releases beside the figures; read once, asked of every measure and year."""

    def __init__(
        self, reader: Reader, before: Row, after: Row, settings_of: Callable[[str], set[str] | None]
    ) -> None:
        """Look from one release to another.

        Args:
            reader: The warehouse.
            before: The row of `release` of the first.
            after: That of the second.
            settings_of: Which settings the figures of a measure can depend on; None where that is unknown.
        """
        self._reader = reader
        self._before, self._after = before, after
        self._settings_of = settings_of

    def of(self, pair: SlicePair) -> list[Cause]:
        """The causes for which a measure's year differs."""
        found = [
            *self._sources(pair),
            *self._formula(pair.part),
            *self._settings(pair.part),
            *self._moved(pair.school_year),
        ]
        return found or [self._code()]

    def moved(self, school_year: int | None) -> dict[str, Cause]:
        """The organizations of a year that changed their place, and the ones they moved between."""
        return self._organizations.get(school_year, {})

    def _sources(self, pair: SlicePair) -> Iterable[Cause]:
        for key in sorted(self._files[0].keys() | self._files[1].keys()):
            year, source, table, address = key
            if year != pair.school_year:
                continue
            old, new = self._files[0].get(key), self._files[1].get(key)
            used = [s for side in (pair.before, pair.after) if side is not None for s in side.snapshots]
            old = old if old is not None and old["snapshot_sha256"] in used else None
            new = new if new is not None and new["snapshot_sha256"] in used else None
            if (old and old["snapshot_sha256"]) == (new and new["snapshot_sha256"]):
                continue
            yield _source_cause(f"{source} {table}, {address}", old, new)

    @cached_property
    def _files(self) -> tuple[dict[tuple[Any, ...], Row], dict[tuple[Any, ...], Row]]:
        first, second = (
            {
                (row["school_year"], row["source_id"], row["table_name"], row["address"]): row
                for row in self._table(release, "source_snapshot")
            }
            for release in (self._before, self._after)
        )
        return first, second

    def _formula(self, measure_id: str) -> Iterable[Cause]:
        old, new = (table.get(measure_id) for table in self._measures)
        if old is None or new is None:
            return
        for name in _FORMULA:
            if old[name] != new[name]:
                words = f"{name.replace('_', ' ')} was {old[name]}, is {new[name]}"
                yield Cause("changed_formula", words, {"what": name, "was": old[name], "is": new[name]})

    @cached_property
    def _measures(self) -> tuple[dict[str, Row], dict[str, Row]]:
        first, second = (
            {row["measure_id"]: row for row in self._table(release, "measure")}
            for release in (self._before, self._after)
        )
        return first, second

    def _settings(self, measure_id: str) -> Iterable[Cause]:
        first, second = self._all_settings
        concerned = self._settings_of(measure_id)
        for name in sorted(first.keys() | second.keys()):
            if first.get(name) == second.get(name) or (concerned is not None and name not in concerned):
                continue
            words = f"{name} was {first.get(name)}, is {second.get(name)}"
            detail = {"setting": name, "was": first.get(name), "is": second.get(name)}
            yield Cause("changed_setting", words, detail)

    @cached_property
    def _all_settings(self) -> tuple[dict[str, str], dict[str, str]]:
        first, second = (
            {row["setting"]: row["setting_value"] for row in self._table(release, "agency_setting")}
            for release in (self._before, self._after)
        )
        return first, second

    def _moved(self, school_year: int | None) -> Iterable[Cause]:
        moved = {cause.detail["organization_id"]: cause for cause in self.moved(school_year).values()}
        if moved:
            first = next(iter(moved.values()))
            more = f", and {len(moved) - 1} more" if len(moved) > 1 else ""
            yield Cause("organization_change", first.text + more, {"organizations": sorted(moved)})

    @cached_property
    def _organizations(self) -> dict[int | None, dict[str, Cause]]:
        found: dict[int | None, dict[str, Cause]] = {}
        for pair in self._pairs("organization"):
            if pair.differs:
                found[pair.school_year] = self._moves(pair)
        return found

    def _moves(self, pair: SlicePair) -> dict[str, Cause]:
        sides = [
            {row["organization_id"]: row for row in rows_of(self._reader, pair, member)}
            for member in (pair.before, pair.after)
        ]
        moves: dict[str, Cause] = {}
        for name in sorted(sides[0].keys() | sides[1].keys()):
            old, new = sides[0].get(name), sides[1].get(name)
            cause = _organization_cause(name, old, new)
            if cause is None:
                continue
            # A school that moved changes the figures of both its LEAs.
            touched = {row[column] for row in (old, new) if row is not None for column in _PLACE[1:]}
            for organization in (name, *sorted(t for t in touched if t is not None)):
                moves.setdefault(organization, cause)
        return moves

    def _code(self) -> Cause:
        old, new = self._before["code_version"], self._after["code_version"]
        if old != new:
            return Cause("code", f"the program was {old}, is {new}", {"was": old, "is": new})
        return Cause("code", "a mapping, a crosswalk or an input that no release names has changed", {})

    def _pairs(self, table: str) -> list[SlicePair]:
        return slice_pairs(self._reader, self._before["release_id"], self._after["release_id"], table=table)

    def _table(self, release: Row, table: str) -> list[Row]:
        number = release["release_id"]
        found: list[tuple[SlicePair, Member | None]] = [
            (pair, pair.after) for pair in slice_pairs(self._reader, number, number, table=table)
        ]
        return [row for pair, member in found for row in rows_of(self._reader, pair, member)]


def _source_cause(file: str, old: Row | None, new: Row | None) -> Cause:
    detail = {
        "file": file,
        "was": old and old["snapshot_sha256"],
        "is": new and new["snapshot_sha256"],
        "fetched_at": new and new["fetched_at"],
    }
    if old is None:
        return Cause("new_data", f"new file {file}", detail)
    if new is None:
        return Cause("withdrawn_source", f"file no longer used {file}", detail)
    received = str(new["fetched_at"])[:10]
    hashes = f"was sha256 {old['snapshot_sha256'][:12]}, is {new['snapshot_sha256'][:12]}"
    words = f"{file}: {hashes}, received {received}"
    return Cause("restated_source", words, detail)


def _organization_cause(name: str, old: Row | None, new: Row | None) -> Cause | None:
    detail: dict[str, Any] = {"organization_id": name}
    if old is None or new is None:
        words = "is new" if old is None else "is gone"
        return Cause("organization_change", f"{name} {words}", detail)
    for column in (*_PLACE, *_NAMES):
        if old.get(column) != new.get(column):
            words = f"{name}: {column.replace('_', ' ')} was {old.get(column)}, is {new.get(column)}"
            return Cause("organization_change", words, detail)
    return None
