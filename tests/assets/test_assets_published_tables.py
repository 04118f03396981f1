"""Core tables published as they stand: as accepted, carried forward, absent with a reason, or inside."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from small_state import ELM, LEA, OAK, STATE, littleland, refresh
from verdicts import Verdicts

from assets.core_table import core_node
from assets.draft import NO_ROWS, PUBLIC_REASON
from assets.home import Home
from assets.publication import publish
from assets.published_tables import faces_of, published_core_tables
from warehouse.model.contract import load_contracts, published_contracts
from warehouse.read import open_reader

HISTORY, UNMATCHED = "organization_history", "unmatched_organization"


def released(home: Home) -> None:
    refresh(home)
    publish(home, code_version="test")


def read(home: Home, ask: Any, face: Any = "internal") -> Any:
    with open_reader(home.warehouse_url, agency_id="littleland", face=face) as reader:
        return ask(reader)


def slices(home: Home, table: str) -> dict[tuple[str, int], str | None]:
    found = read(home, lambda r: r.slices(table_name=table))
    return {(s["face"], s["school_year"]): s["carried_reason"] for s in found}


def test_a_core_table_is_published_for_every_year_it_is_accepted_in(
    tmp_path: Path, verdicts: Verdicts
) -> None:
    home = littleland(tmp_path)
    released(home)
    assert set(slices(home, HISTORY)) == {(f, y) for f in ("internal", "public") for y in (2023, 2024)}
    for face in ("internal", "public"):
        rows = read(home, lambda r: r.table(HISTORY, school_year=2024), face)
        assert {row["organization_id"] for row in rows} == {STATE, LEA, OAK, ELM}
    (one, *_) = read(home, lambda r: r.slices(table_name=HISTORY, school_year=2024))
    assert one["snapshots"]  # the files it was made from


def test_a_core_table_that_failed_is_carried_forward_and_the_public_learns_no_count(
    tmp_path: Path, verdicts: Verdicts
) -> None:
    home = littleland(tmp_path)
    released(home)
    verdicts.failing.add(("core.organization_history", 2024))
    (home.lake.folder(core_node("organization_history"), 2024) / "checks.json").unlink()
    released(home)
    found = slices(home, HISTORY)
    assert found["public", 2024] == PUBLIC_REASON
    assert found["internal", 2024] != PUBLIC_REASON
    assert found["internal", 2024]
    assert (found["internal", 2023], found["public", 2023]) == (None, None)
    rows = read(home, lambda r: r.table(HISTORY, school_year=2024))
    assert {row["organization_id"] for row in rows} == {STATE, LEA, OAK, ELM}


def test_a_core_table_without_rows_is_absent_and_says_so_where_it_would_be_shown(
    tmp_path: Path, verdicts: Verdicts
) -> None:
    home = littleland(tmp_path)
    released(home)
    assert slices(home, UNMATCHED) == {}
    absent = read(home, lambda r: r.absent(table_name=UNMATCHED))
    assert {(a["school_year"], a["reason"]) for a in absent} == {(2023, NO_ROWS), (2024, NO_ROWS)}
    assert read(home, lambda r: r.absent(table_name=UNMATCHED), "public") == []


def test_what_is_internal_stays_inside_and_every_such_table_has_a_published_contract(
    tmp_path: Path,
) -> None:
    contracts = load_contracts()
    assert faces_of(contracts["unmatched_organizations"]) == ("internal",)
    assert faces_of(contracts["review_decisions"]) == faces_of(contracts["status_events"]) == ("internal",)
    assert faces_of(contracts["organizations"]) == ("internal", "public")
    tables = published_core_tables(littleland(tmp_path))
    assert {"organization", HISTORY, UNMATCHED} <= set(tables)
    assert set(tables) <= set(published_contracts(contracts))
