"""The views that people read: current release, earlier releases, and the staged one for audits.

Views follow from the contracts, so they are not part of a migration: a writer replaces them when their text
has changed (`warehouse.views_hash`).

Put here: view texts. Not here: the SQLite public file (`public_file`), grants and comments (`roles`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from warehouse.model.contract import Contract
from warehouse.money import DECIMALS
from warehouse.publication import FACES, Face
from warehouse.schema import INTERNAL_SCHEMA, PUBLIC_SCHEMA, WarehouseSchema, rows_table

# What every row of a `current_` view adds to its contract's columns.
ADDED = {
    "release_id": "Release that the row is read from.",
    "carried_forward_since": "Time (UTC) of the last release that computed this slice itself; null: fresh.",
    "carried_from_release_id": "The release of carried_forward_since; null: fresh.",
    "carried_reason": "Why the earlier version was kept; null: fresh.",
    "carried_claim": "Claim whose failure made it so; null: fresh, or no claim was involved.",
}
_CARRIED = "carried_forward_since, carried_from_release_id, carried_reason, carried_claim"

# The scorecard is one row per judged measure of the plan, organization and year.
_SCORECARD = """
SELECT s.node_id, n.node_type, n.parent_node_id, n.title AS node_title, s.plan_measure_id, p.role,
  s.measure_id, m.title AS measure_title, m.unit, m.decimals, m.polarity, m.counts_people,
  s.organization_id, s.organization_view, p.organization_type, s.organization_name, s.school_year, s.period,
  s.student_group, s.grade, s.subject, s.federal_program_code, s.award_id, s.strategy_id,
  s.actual, s.actual_low, s.actual_high, s.baseline, s.expected, s.expected_low, s.expected_high,
  s.target, s.target_school_year,
  s.status, s.status_reason, s.trend, s.gap_closed, s.due_on,
  s.carried_forward_since, s.carried_claim, s.release_id, r.not_for_release
FROM {current}measure_status AS s
CROSS JOIN {current}release AS r
LEFT JOIN {current}measure AS m ON m.measure_id = s.measure_id
LEFT JOIN {current}plan_node AS n ON n.node_id = s.node_id
LEFT JOIN {current}plan_measure AS p ON p.plan_measure_id = s.plan_measure_id"""
_SCORECARD_TABLES = {"measure_status", "measure", "plan_node", "plan_measure"}

_RELEASE = """
SELECT r.release_id, r.agency_id, r.as_of, r.published_at, r.code_version, r.settings_hash, r.content_hash,
  r.not_for_release, r.previous_release_id, r.name, p.moved_at AS current_since
FROM {t}pointer AS p JOIN {t}release AS r ON r.release_id = p.release_id"""

# The latest publication that made or confirmed the current release.
_EVIDENCE = """
SELECT p.release_id, {columns}
FROM {t}pointer AS p
JOIN {t}publication AS b ON b.publication_id = (
  SELECT max(c.publication_id) FROM {t}publication AS c
  WHERE c.release_id = p.release_id AND c.outcome IN ('published', 'unchanged'))
JOIN {t}{table} AS e ON e.publication_id = b.publication_id"""

# Failing keys and files stay inside: a key can name a group too small to be named.
_PUBLIC_CHECKS = (
    "phase, claim, sentence, table_name, school_year, severity, blocking, passed, kind, checked_rows, "
    "failing_rows, owner, waived_by"
)
_EVIDENCE_COLUMNS: dict[Face, dict[str, str]] = {
    "internal": {
        "check_result": _PUBLIC_CHECKS
        + ", data_version, failing_keys, remedy, failing_rows_file, seconds, detail",
        "waiver": "claim, table_name, school_year, who, why, until, detail",
        "correction": "source_id, table_name, school_year, column_name, reason, detail",
        "fetch_outcome": "source_id, school_year, outcome, detail",
    },
    "public": {
        "check_result": _PUBLIC_CHECKS,
        "waiver": "claim, table_name, school_year, who, why, until",
        "correction": "source_id, table_name, school_year, column_name, reason",
    },
}

_SLICE = """
SELECT s.face, s.table_name, s.school_year, s.part, c.content_hash, c.row_count, s.snapshots,
  s.carried_forward_since, s.carried_from_release_id, s.carried_reason, s.carried_claim, s.release_id
FROM {t}pointer AS p
JOIN {t}release_slice AS s ON s.release_id = p.release_id
JOIN {t}slice AS c ON c.slice_id = s.slice_id"""

_ABSENT = """
SELECT a.table_name, a.school_year, a.part, a.reason, a.claim, a.release_id
FROM {t}pointer AS p JOIN {t}absent_slice AS a ON a.release_id = p.release_id AND a.face = '{face}'"""


@dataclass(frozen=True)
class View:
    """A view: its name, the face that reads it, its text, and what its columns mean."""

    name: str
    face: Face
    query: str
    comment: str
    columns: tuple[tuple[str, str], ...] = ()


def all_views(schema: WarehouseSchema) -> list[View]:
    """Every view, each after those it reads."""
    views: list[View] = []
    for face in FACES:
        for table, contract in sorted(schema.contracts.items()):
            views.extend(_views_of_table(schema, face, table, contract))
        views.extend(_ledger_views(schema, face))
        if set(schema.contracts) >= _SCORECARD_TABLES:
            current = qualified(schema, face, "current_")
            query = _SCORECARD.format(current=current)
            views.append(
                View("current_scorecard", face, query, "Scorecard of the plan, one row per judgement.")
            )
    return views


def _views_of_table(schema: WarehouseSchema, face: Face, table: str, contract: Contract) -> Iterable[View]:
    columns = tuple((f.name, _meaning(f.description, f.unit, f.null_means)) for f in contract.fields)
    described = (*columns, *ADDED.items())
    start = f"{contract.title}: {contract.grain}"
    texts = {
        "current": (f"{_t(schema)}pointer AS p", "", f"{start}. The current release."),
        "release": (
            f"{_t(schema)}release AS p",
            " AND p.state = 'published'",
            f"{start}. Every kept release.",
        ),
        "staged": (f"{_t(schema)}release AS p", " AND p.state = 'staged'", f"{start}. The one under audit."),
    }
    for prefix, (source, condition, comment) in texts.items():
        query = _rows_query(schema, face, contract, source=source, condition=condition)
        if prefix == "staged":
            yield View(f"staged_{rows_table(face, table)}", "internal", query, comment, described)
        else:
            yield View(f"{prefix}_{table}", face, query, comment, described)


def _rows_query(
    schema: WarehouseSchema, face: Face, contract: Contract, *, source: str, condition: str
) -> str:
    columns = ",\n  ".join(_column(schema, f.name, f.type) for f in contract.fields)
    return (
        f"SELECT {columns},\n  p.release_id, {', '.join('s.' + c for c in _CARRIED.split(', '))}\n"
        # SQLite keeps the order of a CROSS JOIN (release, slices, rows by key); PostgreSQL has its own.
        f"FROM {source}\nCROSS JOIN {_t(schema)}release_slice AS s\n"
        f'CROSS JOIN {_t(schema)}"{rows_table(face, contract.table)}" AS t\n'
        f"WHERE s.release_id = p.release_id AND s.face = '{face}' AND s.table_name = '{contract.table}' "
        f"AND t.slice_id = s.slice_id{condition}"
    )


def _column(schema: WarehouseSchema, name: str, kind: str) -> str:
    if kind in DECIMALS and schema.schema is None:
        # SQLite holds units of the last place; a quotient by a power of ten is the nearest double.
        return f't."{name}" / {10 ** DECIMALS[kind][1]}.0 AS "{name}"'
    return f't."{name}"'


def _ledger_views(schema: WarehouseSchema, face: Face) -> Iterable[View]:
    t = _t(schema)
    yield View("current_release", face, _RELEASE.format(t=t), "The release that the current_ views read.")
    for table, names in _EVIDENCE_COLUMNS[face].items():
        columns = ", ".join(f"e.{name}" for name in names.split(", "))
        query = _EVIDENCE.format(t=t, table=table, columns=columns)
        yield View(f"current_{table}", face, query, f"{table.replace('_', ' ')}s behind the current release.")
    absent = _ABSENT.format(t=t, face=face)
    yield View("current_absent_slice", face, absent, "What the current release lacks, and why.")
    if face == "internal":
        yield View("current_slice", face, _SLICE.format(t=t), "The slices of the current release.")


def _meaning(description: str, unit: str | None, null_means: str | None) -> str:
    text = description if unit is None else f"{description} Unit: {unit}."
    return text if null_means is None else f"{text} Null: {null_means}"


def _t(schema: WarehouseSchema) -> str:
    return f"{schema.schema}." if schema.schema else ""


def qualified(schema: WarehouseSchema, face: Face, name: str) -> str:
    """A view's name in SQL: `spm_public.x` on PostgreSQL, `public_x` inside the SQLite file."""
    if schema.schema is None:
        return name if face == "internal" else f"public_{name}"
    return f"{schema.schema if face == 'internal' else PUBLIC_SCHEMA}.{name}"


def views_hash(views: list[View]) -> str:
    """Changes when any view or its description does."""
    digest = hashlib.sha256()
    for view in views:
        digest.update(repr((view.name, view.face, view.query, view.comment, view.columns)).encode())
    return digest.hexdigest()


def replace_views(connection: sa.Connection, schema: WarehouseSchema, views: list[View]) -> None:
    """Drop and make every view, within the connection's transaction."""
    for view in reversed(views):
        connection.exec_driver_sql(f"DROP VIEW IF EXISTS {qualified(schema, view.face, view.name)}")
    for view in views:
        connection.exec_driver_sql(f"CREATE VIEW {qualified(schema, view.face, view.name)} AS {view.query}")


def staged_view(connection: sa.Connection, table: str, face: Face = "internal") -> str:
    """The view, as SQL names it, in which an audit reads a table of the release under audit."""
    name = f"staged_{rows_table(face, table)}"
    return f"{INTERNAL_SCHEMA}.{name}" if connection.dialect.name == "postgresql" else name
