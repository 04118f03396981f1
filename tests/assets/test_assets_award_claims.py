"""Claims about federal money find what is wrong in the books, and nothing where they are right.

One set of books with all the errors, built without a refresh; the shared Franklin shows that sound ones pass.
"""

from __future__ import annotations

import sqlite3
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from refreshed import environment

from assets.core import build_core
from assets.core_table import core_node, core_tables
from assets.gate import check_core
from assets.home import Home, claim_home, open_home
from assets.raw import refresh_raw
from checks.result import CheckResult
from simulator.defects import plant
from simulator.money.files import write_federal_money
from simulator.money.world import build_money
from simulator.organizations import build_state
from simulator.settings import Settings

YEAR = 2025
SOURCES = ("state_grants_management", "state_general_ledger", "ed_g6_awards")
TABLES = (
    "organizations", "awards", "award_modifications", "allocations", "payments", "award_requests",
    "drawdowns", "ledger_entries", "draw_payments", "award_years", "award_months", "award_reconciliation",
)  # fmt: skip
Results = dict[str, dict[str, CheckResult]]


def changed(database: Path, statement: str) -> None:
    with sqlite3.connect(database) as connection:
        assert connection.execute(statement).rowcount == 1


def spoil(data: Path) -> None:
    """Errors of several awards and years; all of them are in the whole life of the awards of one year."""
    plant("paid_before_proper", data, 2023)
    plant("payment_twice", data, 2024)
    plant("ledger_posting_missing", data, 2024)
    plant("allocation_not_conserved", data, 2025)
    grants = data / "grants" / "grants_management.db"
    changed(
        grants,
        "UPDATE draw SET amount_cents = amount_cents + 1 WHERE draw_id = (SELECT min(draw_id) FROM draw)",
    )
    changed(
        grants,
        "UPDATE reimbursement_request SET period_from = '2001-01-01' WHERE request_id ="
        " (SELECT max(request_id) FROM reimbursement_request WHERE proper_on <= '2025-06-30')",
    )
    changed(grants, "UPDATE reservation_subgrant SET amount_cents = 100000000000 WHERE rowid = 1")
    changed(grants, "UPDATE award SET last_day_to_draw = '2027-02-15' WHERE fain = 'S010A240088'")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    folder = tmp_path_factory.mktemp("spoilt_books")
    settings = Settings(students=2_000, seed=23)
    (folder / "data").mkdir()
    write_federal_money(build_money(settings, build_state(settings)), folder / "data")
    spoil(folder / "data")
    made = open_home(environment("franklin", folder / "home", folder / "data"))
    claim_home(made)
    return made


@pytest.fixture(scope="module")
def results(home: Home) -> Results:
    """Verdicts by table and claim. What fails is accepted all the same: the tables after it are built too."""
    for source in SOURCES:
        refresh_raw(home, source, YEAR)
    found: Results = {}
    for name, table in core_tables(home).items():
        if name in TABLES:
            version, rows = build_core(home, table, YEAR)
            found[name] = {result.claim: result for result in check_core(home, table, YEAR)}
            home.lake.accept(core_node(name), YEAR, version, rows)
    assert set(found) == set(TABLES)
    return found


def rows_of(home: Home, table: str, where: str) -> list[dict[str, Any]]:
    state = home.lake.state(core_node(table), YEAR)
    assert state is not None and state.accepted is not None
    file = home.lake.file(core_node(table), YEAR, state.accepted)
    with duckdb.connect() as connection:
        found = connection.execute(f"SELECT * FROM read_parquet('{file}') WHERE {where}")
        names = [column[0] for column in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


@pytest.mark.parametrize(
    ("table", "claim", "stops"),
    [
        ("awards", "awards_are_drawn_within_the_liquidation_period", False),
        ("allocations", "allocations_and_what_is_kept_make_up_the_award", True),
        ("allocations", "allocations_and_what_is_kept_make_up_the_award_to_the_cent", False),
        ("allocations", "reservations_are_not_spent_twice", True),
        ("award_requests", "no_payment_is_made_before_its_request_was_proper", True),
        ("award_requests", "no_request_is_paid_more_than_it_asks_for", True),
        ("award_requests", "costs_are_obligated_while_the_award_is_available", True),
        ("drawdowns", "the_agency_and_the_payment_system_book_the_same_draws", True),
        ("draw_payments", "items_make_up_their_draw", True),
        ("ledger_entries", "the_ledger_receives_what_is_drawn", False),
        ("award_months", "the_ledger_differs_from_payments_for_a_month_at_most", False),
        ("award_reconciliation", "steps_from_award_to_draws_are_explained", False),
        ("award_reconciliation", "payments_are_posted_within_a_month", False),
    ],
)
def test_an_error_in_the_books_is_found_by_a_claim(
    results: Results, table: str, claim: str, stops: bool
) -> None:
    found = results[table][claim]
    assert (found.passed, found.stops) == (False, stops)
    assert found.failing_keys


def test_claims_about_what_is_right_pass(results: Results) -> None:
    failed = {claim for claims in results.values() for claim, result in claims.items() if not result.passed}
    sound = {
        "steps_from_award_to_ledger_are_joined",
        "key_is_unique",
        "nothing_is_drawn_after_the_last_day",
        "reversals_take_back_what_was_posted",
        "payments_belong_to_a_request",
    }
    assert sound & failed == set()
    assert len(failed) <= 16


def test_spoilt_books_still_lead_from_the_award_to_the_ledger_and_say_what_is_unexplained(
    home: Home, results: Results
) -> None:
    steps = rows_of(home, "award_reconciliation", "difference_usd <> 0")
    told = {(row["reason"], row["step_to"]) for row in steps}
    assert told >= {("unexplained", "given_out"), ("unexplained", "paid"), ("unexplained", "drawn"),
                    ("not_yet_posted", "posted")}  # fmt: skip
    missing = [row for row in steps if row["reason"] == "not_yet_posted"]
    assert any(row["oldest_on"] < date(2024, 7, 1) for row in missing)


def test_a_difference_between_ledger_and_payments_has_the_age_of_its_oldest_payment(
    home: Home, results: Results
) -> None:
    lost = rows_of(home, "award_reconciliation", "reason = 'not_yet_posted' AND difference_usd <> 0")
    award = next(row for row in lost if row["oldest_on"] < date(2024, 7, 1))
    month = f"award_id = '{award['award_id']}' AND month_ends_on = DATE '2025-06-30'"
    for row in rows_of(home, "award_months", month):
        assert row["unexplained_since"] == award["oldest_on"]
        assert row["unexplained_days"] == (date(2025, 6, 30) - award["oldest_on"]).days > 300
