"""Organizations over the years: the history of random snapshots, other ids, and who is in no directory."""

from __future__ import annotations

import random
from datetime import date
from typing import Any

import pytest
from core_sql import CONTRACTS, Row, run

from assets.core_table import CORE_SQL

YEARS = (2019, 2020, 2022, 2023)  # the agency holds no directory of 2021
TOLD_ONCE = ("prior_lea_identifier_sea", "prior_school_identifier_sea")
NO_ATTRIBUTE = {
    "school_year",
    "is_in_directory",
    "source_id",
    "snapshot_sha256",
    "source_line",
    "data_status",
}


def snapshot(organization_id: str, year: int, **more: Any) -> Row:
    common = {
        "organization_type": "LEA", "organization_name": "Oak", "state_abbreviation_code": "FK",
        "is_in_directory": True, "source_id": "a_directory", "data_status": "final",
    }  # fmt: skip
    return {"organization_id": organization_id, "school_year": year, **common, **more}


def random_snapshots(seed: int) -> list[Row]:
    draw = random.Random(seed)
    rows = []
    for one in ("8800010", "8800020", "8800030"):
        for year in YEARS:
            if draw.random() < 0.8:
                changed: Row = {
                    "organization_name": draw.choice(("Oak", "Oak", "Elm")),
                    "is_charter": draw.choice((None, False)),
                    "closed_on": draw.choice((None, None, date(2020, 7, 1))),
                    "prior_lea_identifier_sea": draw.choice((None, None, None, "0011", "0022")),
                    "is_in_directory": draw.random() < 0.5,
                    "source_line": draw.randint(1, 99),
                }
                rows.append(snapshot(one, year, **changed))
    return rows


def brute_force(rows: list[Row], until: int) -> dict[tuple[str, int], tuple[int | None, int]]:
    """By organization and first year: the last year (None when current) and the number of snapshots."""
    years = sorted({r["school_year"] for r in rows if r["school_year"] <= until})
    found: dict[tuple[str, int], tuple[int | None, int]] = {}
    for one in sorted({r["organization_id"] for r in rows}):
        before: Row | None = None
        start, count, prior = 0, 0, dict.fromkeys(TOLD_ONCE)
        for year in years:
            now = next((r for r in rows if (r["organization_id"], r["school_year"]) == (one, year)), None)
            state = None
            if now is not None:
                prior = {k: now.get(k) or prior[k] for k in TOLD_ONCE}
                state = {k: v for k, v in now.items() if k not in NO_ATTRIBUTE} | prior
            if state is None or state != before:
                start, count = year, 0
            if state is not None:
                count += 1
                found[one, start] = (None if year == until else year, count)
            before = state
    return found


@pytest.mark.parametrize("seed", range(40))
def test_the_history_has_one_row_for_each_unchanged_stretch_of_snapshots(seed: int) -> None:
    rows = random_snapshots(seed)
    until = max(r["school_year"] for r in rows)
    history = run("organization_history", until, to_date__organizations=rows)
    got = {
        (h["organization_id"], h["valid_from_school_year"]): (h["valid_to_school_year"], h["snapshot_years"])
        for h in history
    }
    assert got == brute_force(rows, until)
    assert all(h["is_current"] == (h["valid_to_school_year"] is None) for h in history)


def test_a_prior_id_is_told_once_and_stays_in_the_history() -> None:
    rows = [snapshot("8800010", 2019), snapshot("8800010", 2020, prior_lea_identifier_sea="0011")]
    rows.append(snapshot("8800010", 2022))
    history = run("organization_history", 2022, to_date__organizations=rows)
    assert [(h["valid_from_school_year"], h["prior_lea_identifier_sea"]) for h in history] == [
        (2019, None),
        (2020, "0011"),
    ]


def test_an_lea_may_have_several_ueis_and_its_former_id_is_marked() -> None:
    lea = snapshot(
        "8800010", 2023, lea_identifier_nces="8800010", lea_identifier_sea="0022",
        prior_lea_identifier_sea="0011", uei="AAAAAAAAAAA1",
    )  # fmt: skip
    told = {"organization_id": "8800010", "school_year": 2023, "identifier_system": "UEI", "is_prior": False}
    lineage = {"source_id": "an_audit", "source_line": 7, "data_status": "final"}
    ids = run(
        "organization_identifiers",
        2023,
        core__organizations=[lea],
        mapped__organization_identifiers=[
            {**told, **lineage, "identifier": "AAAAAAAAAAA1"},
            {**told, **lineage, "identifier": "BBBBBBBBBBB2"},
        ],
    )
    assert [(i["identifier_system"], i["identifier"], i["is_prior"], i["source_id"]) for i in ids] == [
        ("NCES", "8800010", False, "core"),
        ("SEA", "0011", True, "core"),
        ("SEA", "0022", False, "core"),
        ("UEI", "AAAAAAAAAAA1", False, "an_audit"),
        ("UEI", "BBBBBBBBBBB2", False, "an_audit"),
    ]


def test_rows_of_whom_no_directory_knows_are_counted_by_table_and_source() -> None:
    known, strange = snapshot("8800010", 2023), snapshot("FK-9", 2023, is_in_directory=False)
    poverty = {"school_year": 2023, "source_id": "a_census"}
    found = run(
        "unmatched_organizations",
        2023,
        core__organizations=[known, strange],
        core__poverty=[{**poverty, "organization_id": o} for o in ("8800010", "FK-9", "FK-10")],
        core__student_attendance=[
            {"student_id": s, "organization_id": "FK-9", "school_year": 2023, "source_id": "a_system"}
            for s in ("1", "2")
        ],
    )
    columns = ("core_table", "source_id", "organization_id", "is_organization", "unmatched_rows")
    assert [tuple(f[c] for c in columns) for f in found] == [
        ("poverty", "a_census", "FK-10", False, 1),
        ("poverty", "a_census", "FK-9", True, 1),
        ("student_attendance", "a_system", "FK-9", True, 2),
    ]


def test_every_core_table_about_organizations_is_searched_for_unmatched_ones() -> None:
    derived = {n for n in CONTRACTS if n.startswith("organization")} | {"unmatched_organizations"}
    about = {
        name
        for name, contract in CONTRACTS.items()
        if contract.layer == "core" and contract.partitioned and name not in derived
        if {"organization_id", "school_year", "source_id"} <= {f.name for f in contract.fields}
    }
    sql = (CORE_SQL / "unmatched_organizations.sql").read_text(encoding="utf-8")
    assert about == {name for name in about if f"FROM core.{name} " in sql}
