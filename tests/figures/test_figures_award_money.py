"""Tables of federal money equal a recount of Franklin's databases by sqlite3 and whole cents, to the cent."""

from __future__ import annotations

import csv
import math
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from statistics import median

import duckdb
import pytest
from grants_books import Books, day, month_ends, months_between, rows

YEARS = (2024, 2025)
END = {year: date(year, 6, 30) for year in YEARS}


@pytest.fixture(scope="module")
def books(small_franklin):
    return Books(small_franklin.data)


@pytest.fixture(scope="module")
def table(small_franklin):
    """Rows of an accepted core table as dictionaries."""

    def read(name: str, year: int, where: str = "true"):
        file = small_franklin.lake_file("core", name, year)
        with duckdb.connect() as connection:
            found = connection.execute(f"SELECT * FROM read_parquet('{file}') WHERE {where}")
            names = [column[0] for column in found.description]
            return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    return read


def cents(amount: Decimal) -> int:
    whole = amount * 100
    assert whole == int(whole)
    return int(whole)


@pytest.mark.parametrize("year", YEARS)
def test_awards_of_each_month_are_what_the_databases_add_up_to(books, table, year):
    found = {(row["award_id"], row["month_ends_on"]): row for row in table("award_months", year)}
    expected = {
        (award.fain, end): award
        for award in books.awards.values()
        for end in month_ends(year)
        if end >= award.available_from and end.replace(day=1) <= award.last_day_to_draw
    }
    assert found.keys() == expected.keys()
    assert len(found) > 150
    for (fain, end), row in found.items():
        authorized, drawn = books.by("modifications", fain, end), books.by("draws", fain, end)
        spent, paid = books.by("posted", fain, end), books.by("moved", fain, end)
        told = (
            "authorized",
            "requested",
            "paid",
            "drawn",
            "expended",
            "available",
            "ledger_less_drawn",
            "unexplained",
        )
        assert {name: cents(row[f"{name}_usd"]) for name in told} == {
            "authorized": authorized,
            "requested": books.by("asked", fain, end),
            "paid": paid,
            "drawn": drawn,
            "expended": spent,
            "available": authorized - drawn,
            "ledger_less_drawn": spent - drawn,
            "unexplained": spent - books.own(fain, end) - paid,
        }
        since = books.differing_since(fain, end)
        assert row["unexplained_since"] == since
        assert row["unexplained_days"] == (None if since is None else (end - since).days)


@pytest.mark.parametrize("year", YEARS)
def test_pace_is_against_earlier_awards_of_the_same_age_and_lapse_goes_on_as_the_last_twelve_months(
    books, table, year
):
    paced = 0
    for row in table("award_months", year):
        award, end = books.awards[row["award_id"]], row["month_ends_on"]
        age = months_between(award.available_from, end) + 1
        earlier = []
        for other in books.awards.values():
            if other.listing == award.listing and other.fiscal_year < award.fiscal_year:
                number = other.available_from.year * 12 + other.available_from.month - 1 + age
                then = date(number // 12, number % 12 + 1, 1) - timedelta(days=1)
                earlier.append(books.share(other.fain, then))
        assert (row["age_months"], row["earlier_awards"]) == (age, len(earlier))
        if earlier and median(earlier) > 0:
            paced += 1
            assert math.isclose(
                row["spending_pace"],
                books.share(award.fain, end) / median(earlier),
                rel_tol=1e-12,
                abs_tol=1e-12,
            )
        else:
            assert row["spending_pace"] is None
        months = min(12, age)
        year_before = date(end.year - 1, end.month, 1) + timedelta(days=31)
        before = (
            books.by("posted", award.fain, year_before.replace(day=1) - timedelta(days=1)) if age > 12 else 0
        )
        recent = max(0, books.by("posted", award.fain, end) - before)
        coming = math.floor(recent * max(0, months_between(end, award.available_to)) / months + 0.5)
        left = books.by("modifications", award.fain, end) - books.by("posted", award.fain, end) - coming
        assert cents(row["projected_lapse_usd"]) == max(0, left)
    assert paced > 100


@pytest.mark.parametrize("year", YEARS)
def test_the_bridge_from_award_to_ledger_keeps_every_cent_and_counts_its_reasons_from_documents(
    books, table, year
):
    bridges = defaultdict(list)
    for row in sorted(table("award_reconciliation", year), key=lambda row: row["step_number"]):
        bridges[row["award_id"]].append(row)
    assert len(bridges) >= 21
    end = END[year]
    for fain, bridge in bridges.items():
        for before, after in pairwise(bridge):
            assert before["to_usd"] == after["from_usd"]
        assert all(row["from_usd"] - row["difference_usd"] == row["to_usd"] for row in bridge)
        assert cents(bridge[0]["from_usd"]) == books.by("modifications", fain, end)
        assert cents(bridge[-1]["to_usd"]) == books.by("posted", fain, end)
        told = {(row["reason"], row["step_to"]): cents(row["difference_usd"]) for row in bridge}
        waiting, last = books.not_drawn(fain, end), books.awards[fain].last_day_to_draw
        documents = books.documents(fain, end)
        paid = sum(c for (kind, _), _, c in documents if kind == "payment")
        assert told["not_yet_drawn", "drawn"] == sum(c for _, on, c in waiting if on <= last)
        assert told["too_late_to_draw", "drawn"] == sum(c for _, on, c in waiting if on > last)
        assert told["refunds", "paid"] == -sum(c for (kind, _), _, c in documents if kind == "refund")
        assert told["not_yet_paid", "paid"] == books.by("asked", fain, end) - paid
        assert told["not_yet_posted", "posted"] == books.not_posted(fain, end)
        assert told["unexplained", "posted"] == (
            sum(c for _, _, c in documents) - books.not_posted(fain, end) - books.by("posted", fain, end)
        )
        assert {told["unexplained", step] for step in ("given_out", "paid", "drawn")} == {0}
    reasons = {row["reason"] for bridge in bridges.values() for row in bridge if row["difference_usd"]}
    assert reasons >= {
        "not_yet_requested",
        "not_yet_paid",
        "refunds",
        "not_yet_drawn",
        "spent_before_drawing",
    }


@pytest.mark.parametrize("year", YEARS)
def test_every_request_counts_once_from_the_day_its_time_ran_out_or_it_was_paid(small_franklin, table, year):
    path, start, end = (
        small_franklin.data / "grants" / "grants_management.db",
        date(year - 1, 7, 1),
        END[year],
    )
    expected, open_at_end = {}, set()
    for number, proper, returned, back, paid, left in rows(
        path,
        "SELECT request_id, proper_on, returned_on, resubmitted_on, max(p.paid_on), r.amount_cents -"
        " coalesce(sum(p.amount_cents), 0) FROM reimbursement_request r LEFT JOIN payment p"
        " USING (request_id) GROUP BY request_id",
    ):
        proper, returned, back = day(proper), day(returned), day(back)
        paid = None if left else day(paid)
        away = (back - returned).days if back else 0
        in_time = paid is not None and (paid - proper).days - away <= 30
        counted = paid if in_time else proper + timedelta(days=31 + away)
        if not in_time and returned and not back:
            counted = None
        if counted and start <= counted <= end:
            expected[number] = (counted, in_time)
        if proper <= end and (paid is None or paid > end):
            open_at_end.add(number)
    found = table("reimbursement_requests", year)
    assert {
        r["request_id"]: (r["counted_on"], r["is_paid_within_limit"]) for r in found if r["is_due"]
    } == expected
    assert {r["request_id"] for r in found if r["is_open_at_end"]} == open_at_end
    assert all(r["is_due"] or r["is_paid_in_year"] or r["is_open_at_end"] for r in found)
    assert 0 < sum(in_time for _, in_time in expected.values()) < len(expected)
    for end in month_ends(year):
        overdue = [
            r for r in table("request_months", year, f"month_ends_on = DATE '{end}'") if r["is_overdue"]
        ]
        assert all(r["open_days"] > 30 for r in overdue)


def test_days_of_cash_are_those_between_each_draw_and_its_payments(books, small_franklin, table):
    path = small_franklin.data / "grants" / "grants_management.db"
    paid = {f"{p}": day(on) for p, on in rows(path, "SELECT payment_id, paid_on FROM payment")}
    expected = defaultdict(int)
    for fain, payment, on, amount in rows(
        path,
        "SELECT fain, payment_id, drawn_on, i.amount_cents FROM draw_item i JOIN draw USING (draw_id)"
        " WHERE payment_id IS NOT NULL AND drawn_on BETWEEN '2024-07-01' AND '2025-06-30'",
    ):
        expected[fain] += amount * (paid[str(payment)] - day(on)).days
    found = defaultdict(int)
    for row in table("draw_payments", 2025, "is_drawn_in_year AND document_type = 'payment'"):
        found[row["award_id"]] += cents(row["dollar_days"])
    assert dict(found) == dict(expected)
    assert len(found) > 10


def test_whole_lives_of_awards_stand_in_the_year_and_only_the_last_version_counts(
    books, small_franklin, table
):
    path = small_franklin.data / "grants" / "grants_management.db"
    for name, query in (
        ("payments", "SELECT count(*) FROM payment WHERE paid_on <= '2025-06-30'"),
        ("drawdowns", "SELECT count(*) FROM draw WHERE drawn_on <= '2025-06-30'"),
        ("award_modifications", "SELECT count(*) FROM award_modification WHERE action_on <= '2025-06-30'"),
        ("award_requests", "SELECT count(*) FROM reimbursement_request WHERE proper_on <= '2025-06-30'"),
    ):
        refunds = rows(path, "SELECT count(*) FROM refund WHERE refunded_on <= '2025-06-30'")[0][0]
        extra = refunds if name == "payments" else 0
        assert len(table(name, 2025)) == rows(path, query)[0][0] + extra
    current = defaultdict(int)
    for row in table("allocations", 2025, "is_current AND allocation_type <> 'reservation_subgrant'"):
        current[row["award_id"]] += cents(row["amount_usd"])
    assert dict(current) == {fain: books.by("modifications", fain, END[2025]) for fain in books.awards}


def test_carryover_above_the_cap_is_what_fifteen_percent_leave(small_franklin, table):
    path = small_franklin.data / "grants" / "grants_management.db"
    expected = {
        (fain, lea): max(0, carried - given * 15 // 100)
        if given >= 5_000_000 and fain[:5] == "S010A"
        else None
        for fain, lea, given, carried in rows(
            path,
            "SELECT fain, nces_lea_id, allocation_cents, carryover_cents FROM carryover"
            " JOIN lea USING (lea_id) WHERE measured_on = '2024-09-30' AND NOT has_waiver",
        )
    }
    found = {
        (row["award_id"], row["organization_id"]): None
        if row["excess_usd"] is None
        else cents(row["excess_usd"])
        for row in table("carryover", 2025, "NOT has_waiver")
    }
    assert found == expected
    assert {None, 0} <= set(expected.values())


def test_an_lea_fails_when_its_effort_falls_in_total_and_per_student(small_franklin, table):
    with (small_franklin.data / "finance" / "maintenance_of_effort_2025.csv").open(encoding="utf-8") as file:
        lines = {(line["DistrictCode"], int(line["FiscalYear"])): line for line in csv.DictReader(file)}
    failed, short = 0, 0
    for (lea, year), line in lines.items():
        if year == 2024:
            before = lines[lea, 2023]
            now, then = Decimal(line["FiscalEffort"]), Decimal(before["FiscalEffort"])
            per_now, per_then = now / int(line["Membership"]), then / int(before["Membership"])
            has_failed = now < then * 9 / 10 and per_now < per_then * 9 / 10
            failed += has_failed
            short += math.ceil((then * 9 / 10 - now) * 100) if has_failed else 0
    found = table("maintenance_of_effort", 2025)
    assert (len(found), sum(row["has_failed"] for row in found)) == (len(lines) // 2, failed)
    assert sum(cents(row["shortfall_usd"]) for row in found) == short > 0


def test_corrective_actions_are_due_in_their_year_or_open_in_it(small_franklin, table):
    with (small_franklin.data / "monitoring" / "corrective_actions.csv").open(encoding="utf-8") as file:
        lines = [
            (
                line["ActionId"],
                date.fromisoformat(line["DueOn"]),
                line["ClosedOn"] and date.fromisoformat(line["ClosedOn"]),
            )
            for line in csv.DictReader(file)
        ]
    start, end = date(2024, 7, 1), END[2025]
    due = {number: bool(closed) and closed <= on for number, on, closed in lines if start <= on <= end}
    found = table("corrective_actions", 2025)
    assert {row["action_id"]: row["is_closed_on_time"] for row in found if row["is_due_in_year"]} == due
    still_open = [row for row in found if not row["is_due_in_year"] and row["due_on"] < start]
    assert all(row["closed_on"] is None or row["closed_on"] >= start for row in still_open)
    with (small_franklin.data / "monitoring" / "reviews.csv").open(encoding="utf-8") as file:
        planned = sum("2024-07-01" <= line["PlannedOn"] <= "2025-06-30" for line in csv.DictReader(file))
    assert sum(row["is_planned_in_year"] for row in table("monitoring_reviews", 2025)) == planned > 0


def test_reports_of_subawards_are_absent_while_their_system_is_not_served(small_franklin):
    query = "SELECT count(*) FROM current_measure_value WHERE measure_id = 'subawards_reported_on_time_rate'"
    assert small_franklin.select(query) == [(0,)]
    assert "sam_subawards" in small_franklin.report.left
