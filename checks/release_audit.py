"""Claims about a whole release, asked of the staged one before the pointer moves.

Put here: what must be true of all slices together, in SQL that SQLite and PostgreSQL share, over the
warehouse's `staged_` views. Not here: what protects people (`release_privacy`), claims about one table and
year (`claims`, `suites`), which were judged in the lake.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import date
from typing import Any

from sqlalchemy import Connection

from checks.evaluate import crashed
from checks.release_claim import ReleaseClaim
from checks.release_privacy import privacy_claims
from checks.result import CheckResult
from checks.waivers import apply_waivers
from warehouse.ledger import ALL_YEARS
from warehouse.model.agency import Waiver
from warehouse.model.contract import published_contracts
from warehouse.model.measure import Measure, load_measures
from warehouse.schema import INTERNAL_SCHEMA

MOST_KEYS_SHOWN = 5
_OWNER = "performance-office"


def release_audit(
    *,
    minimum_n: int,
    accountability_minimum_n: int,
    school_years: Sequence[int],
    today: date,
    measures: Mapping[str, Measure] | None = None,
    waivers: Sequence[Waiver] = (),
) -> Callable[[Connection, int], list[Mapping[str, Any]]]:
    """The audit that the warehouse calls with a connection and the id of the staged release.

    Args:
        minimum_n: Fewest people that a public figure may be about.
        accountability_minimum_n: The same for figures of accountability.
        school_years: The years for which the plan's required measures must have a value or a reason.
        today: The day against which waivers expire.
        measures: The catalogue, which says what figures are made of; the project's own by default.
        waivers: Waivers of the agency; none covers a claim that protects people.
    """
    claims = release_claims(
        minimum_n=minimum_n,
        accountability_minimum_n=accountability_minimum_n,
        school_years=school_years,
        measures=load_measures() if measures is None else measures,
    )

    def audit(connection: Connection, release_id: int) -> list[Mapping[str, Any]]:
        results = []
        for claim in claims:
            result = _evaluate(connection, claim, release_id)
            results.append(apply_waivers(result, waivers, today=today, is_privacy=claim.is_privacy))
        return [asdict(result) for result in results]

    return audit


def release_claims(
    *,
    minimum_n: int,
    accountability_minimum_n: int,
    school_years: Sequence[int],
    measures: Mapping[str, Measure],
) -> tuple[ReleaseClaim, ...]:
    """The claims, in the order in which they are asked."""
    return (
        *(claim for face in ("", "public_") for claim in _key_claims(face)),
        _plan_has_its_measures(school_years),
        *(_organizations(table) for table in ("measure_value", "measure_status")),
        *privacy_claims(minimum_n, accountability_minimum_n, measures),
    )


def _key_claims(face: str) -> tuple[ReleaseClaim, ...]:
    key = published_contracts()["measure_value"].key
    columns, view = ", ".join(key), f"staged_{face}measure_value"
    missing = " OR ".join(f"{name} IS NULL" for name in key)
    unique = ReleaseClaim(
        f"{face}measure_value_key_is_unique",
        "No figure of the release stands twice",
        f"published.{face}measure_value", view,
        f"SELECT {columns} FROM {{t}}{view} GROUP BY {columns} HAVING count(*) > 1",
        key, "Report it; two slices of the release hold the same figure",
    )  # fmt: skip
    present = ReleaseClaim(
        f"{face}measure_value_key_is_present",
        "Every figure says what it is about; what does not apply is 'none', never null",
        f"published.{face}measure_value", view,
        f"SELECT {columns} FROM {{t}}{view} WHERE {missing}",
        key, "Report it; the compute engine left out a part of the key",
    )  # fmt: skip
    return unique, present


def _plan_has_its_measures(school_years: Sequence[int]) -> ReleaseClaim:
    years = " UNION ALL ".join(f"SELECT {int(year)} AS school_year" for year in school_years)
    return ReleaseClaim(
        "every_measure_of_the_plan_has_a_value_or_a_reason",
        "Every measure that the plan requires has for every school year a value or a stated reason",
        "published.measure_status", "staged_plan_measure",
        f"""
        WITH given AS MATERIALIZED (
          SELECT DISTINCT v.measure_id, v.school_year, v.organization_type, v.student_group, v.grade,
            v.subject, v.federal_program_code, v.award_id, v.strategy_id,
            CASE WHEN v.organization_id IN (SELECT organization_id FROM {{t}}staged_plan_measure)
              THEN v.organization_id END AS organization_id
          FROM {{t}}staged_measure_value AS v
          WHERE v.period = 'annual' AND (v.value IS NOT NULL OR v.null_reason IS NOT NULL)
        )
        SELECT p.plan_measure_id, p.measure_id, y.school_year
        FROM {{t}}staged_plan_measure AS p
        CROSS JOIN ({years or 'SELECT 0 AS school_year WHERE 1 = 0'}) AS y
        WHERE p.is_required
        AND NOT EXISTS (
          SELECT 1 FROM {{t}}staged_measure_status AS s
          WHERE s.plan_measure_id = p.plan_measure_id AND s.school_year = y.school_year
          AND (s.actual IS NOT NULL OR s.status_reason <> ''))
        AND NOT EXISTS (
          SELECT 1 FROM given AS v
          WHERE v.measure_id = p.measure_id AND v.school_year = y.school_year
          AND v.organization_type = p.organization_type
          AND (p.organization_id IS NULL OR v.organization_id = p.organization_id)
          AND v.student_group = p.student_group AND v.grade = p.grade AND v.subject = p.subject
          AND v.federal_program_code = p.federal_program_code
          AND v.award_id = p.award_id AND v.strategy_id = p.strategy_id)
        AND NOT EXISTS (
          SELECT 1 FROM {{t}}absent_slice AS a
          WHERE a.release_id = {{release_id}} AND a.face = 'internal' AND a.table_name = 'measure_value'
          AND a.school_year IN ({ALL_YEARS}, y.school_year)
          AND a.part IN ('', p.measure_id) AND a.reason <> '')
        """,
        ("plan_measure_id", "measure_id", "school_year"),
        "Switch on a source that gives the measure for that year, or take it out of the plan's requirements",
    )  # fmt: skip


def _organizations(table: str) -> ReleaseClaim:
    return ReleaseClaim(
        f"organizations_of_{table}_are_known",
        "Every figure is about an organization that the release describes for that year",
        f"published.{table}", f"staged_{table}",
        f"""
        SELECT v.measure_id, v.organization_id, v.school_year FROM (
          SELECT min(measure_id) AS measure_id, organization_id, school_year FROM {{t}}staged_{table}
          GROUP BY organization_id, school_year) AS v
        WHERE NOT EXISTS (
          SELECT 1 FROM {{t}}staged_organization AS o
          WHERE o.organization_id = v.organization_id AND o.school_year = v.school_year)
        """,
        ("measure_id", "organization_id", "school_year"),
        "Publish the organizations of that year, or correct the id in the crosswalk",
    )  # fmt: skip


def _evaluate(connection: Connection, claim: ReleaseClaim, release_id: int) -> CheckResult:
    prefix = f"{INTERNAL_SCHEMA}." if connection.dialect.name == "postgresql" else ""
    started = time.perf_counter()
    blank = CheckResult(
        claim=claim.name, sentence=claim.sentence, table=claim.table, school_year=None,
        data_version=f"release {release_id}", severity="error", blocking=True, passed=True, kind="data",
        checked_rows=0, failing_rows=0, failing_keys=(), owner=_OWNER, remedy=claim.remedy,
        failing_rows_file=None, seconds=0.0,
    )  # fmt: skip
    try:
        # A savepoint: on PostgreSQL a failed statement would otherwise take the whole transaction with it.
        with connection.begin_nested():
            failing = claim.failing_rows.format(t=prefix, release_id=int(release_id))
            checked = _scalar(connection, f"SELECT count(*) FROM {prefix}{claim.checked}")
            count = _scalar(connection, f"SELECT count(*) FROM ({failing}) AS failing")
            keys = _keys(connection, failing, claim.shown) if count else ()
    except Exception as problem:
        return crashed(blank, f"{type(problem).__name__}: {' '.join(str(problem).split())[:300]}")
    return replace(
        blank, passed=count == 0, checked_rows=checked, failing_rows=count, failing_keys=keys,
        seconds=time.perf_counter() - started,
    )  # fmt: skip


def _keys(connection: Connection, failing: str, shown: tuple[str, ...]) -> tuple[str, ...]:
    columns = ", ".join(shown)
    rows = connection.exec_driver_sql(
        f"SELECT {columns} FROM ({failing}) AS failing ORDER BY {columns} LIMIT {MOST_KEYS_SHOWN}"
    )
    return tuple(", ".join(f"{name}={v}" for name, v in zip(shown, row, strict=True)) for row in rows)


def _scalar(connection: Connection, sql: str) -> int:
    return int(connection.exec_driver_sql(sql).scalar_one())
