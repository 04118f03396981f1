"""What a publisher hands over, and what it gets back.

Put here: keys, slices, carried and absent ones, the publication and its outcome, refusals.
Not here: how they are stored (`staging`, `publish`) or hashed (`slices`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

import pyarrow as pa
from sqlalchemy import Connection

from warehouse.model.errors import SpmError

Face = Literal["internal", "public"]
FACES: tuple[Face, ...] = ("internal", "public")

# An audit gets the connection and the staged release's id, reads the views that `views.staged_view` names,
# and gives check results as mappings with the fields of `checks.result.CheckResult`.
Audit = Callable[[Connection, int], Sequence[Mapping[str, Any]]]


@dataclass(frozen=True)
class SliceKey:
    """Names a slice: a table of one face, for a school year (None: all years), for a measure ("": all)."""

    face: Face
    table: str
    school_year: int | None = None
    part: str = ""

    def __str__(self) -> str:
        pieces = [self.face, self.table]
        if self.school_year is not None:
            pieces.append(str(self.school_year))
        if self.part:
            pieces.append(self.part)
        return " ".join(pieces)

    @property
    def order(self) -> tuple[str, str, int, str]:
        """Sorts keys, all years first."""
        return (self.face, self.table, self.school_year or 0, self.part)


@dataclass(frozen=True)
class SliceData:
    """A slice's rows, exactly the contract's columns, and the sha256 of the snapshots they came from."""

    key: SliceKey
    rows: pa.Table
    snapshots: tuple[str, ...] = ()


@dataclass(frozen=True)
class CarryForward:
    """Keep the current release's slice for this key, marked; absent when the current release has none."""

    key: SliceKey
    reason: str
    claim: str | None = None


@dataclass(frozen=True)
class AbsentSlice:
    """The release has no rows for this key, and says why."""

    key: SliceKey
    reason: str
    claim: str | None = None


@dataclass(frozen=True)
class Publication:
    """Everything a release consists of. A key of the current release that is not mentioned is dropped.

    `check_results` are results already acted upon (their failures became carried or absent slices); they are
    recorded, and do not stop the publication. What the audit returns does.
    """

    agency_id: str
    as_of: date
    slices: Sequence[SliceData]
    carried: Sequence[CarryForward] = ()
    absent: Sequence[AbsentSlice] = ()
    check_results: Sequence[Mapping[str, Any]] = ()
    waivers: Sequence[Mapping[str, Any]] = ()
    corrections: Sequence[Mapping[str, Any]] = ()
    fetch_outcomes: Sequence[Mapping[str, Any]] = ()
    code_version: str = ""
    settings_hash: str = ""
    not_for_release: bool = True


@dataclass(frozen=True)
class PublishOutcome:
    """What a publication came to.

    Attributes:
        release_id: The current release afterwards; with `unchanged`, the one there was.
        added_slices: Slices written now.
        shared_slices: Slices that were stored already, carried ones included.
        carried: Keys whose earlier version was kept.
        absent: Keys without rows.
        unchanged: The content equals the current release's, so that no release was added.
    """

    release_id: int
    added_slices: int
    shared_slices: int
    carried: tuple[SliceKey, ...]
    absent: tuple[SliceKey, ...]
    unchanged: bool


@dataclass(frozen=True)
class ReleaseInfo:
    """A release as the ledger has it. Times are UTC; `name` is None unless someone named it."""

    release_id: int
    agency_id: str
    as_of: date
    published_at: datetime
    code_version: str
    settings_hash: str
    content_hash: str
    not_for_release: bool
    previous_release_id: int | None
    name: str | None
    is_current: bool


@dataclass(frozen=True)
class PruneOutcome:
    """What a prune removed: releases, slices no kept release has, and their rows."""

    releases: tuple[int, ...]
    slices: int
    rows: int


class AuditRefused(SpmError):
    """The audit of the staged release failed; the earlier release stays current.

    Attributes:
        results: The audit's results that stopped it.
    """

    def __init__(self, results: Sequence[Mapping[str, Any]]) -> None:
        self.results = tuple(results)
        named = "; ".join(
            f"{r['table']}: {r['claim']} ({r.get('failing_rows', 0)} rows)" for r in self.results[:5]
        )
        more = f" and {len(self.results) - 5} more" if len(self.results) > 5 else ""
        super().__init__(
            f"The release was refused by its audit, and the earlier one stays current: {named}{more}",
            remedy=str(self.results[0].get("remedy") or "Correct the figures and publish again"),
        )


class WarehouseBusy(SpmError):
    """Another publisher holds the warehouse."""
