"""No cent of federal money is lost between the award and the ledger, and every date is one the law allows.

The databases are asked in SQL and the exports read by the csv module; nothing of the simulator computes here.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal

import pyarrow.parquet as pq
import pytest
from money_franklin import SIZES, MoneyFiles, write_money
from openpyxl import load_workbook

from simulator.settings import Settings

AS_OF = date(2025, 9, 30)


@pytest.fixture(scope="module", params=SIZES, ids=lambda size: f"{size}-students")
def files(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> MoneyFiles:
    return write_money(Settings(students=request.param), tmp_path_factory.mktemp("money"))


def export(files: MoneyFiles, name: str) -> list[dict[str, str]]:
    with (files.folder / "g6" / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def cents(text: str) -> int:
    return int(Decimal(text.replace(",", "")) * 100)


def day(text: str) -> date:
    return datetime.strptime(text, "%m/%d/%Y").date()


def test_every_version_divides_the_whole_award(files: MoneyFiles) -> None:
    versions = files.rows(
        """
        SELECT v.award_cents, v.unallocated_cents,
            (SELECT sum(amount_cents) FROM reservation r WHERE (r.fain, r.version) = (v.fain, v.version)),
            (SELECT sum(amount_cents) FROM allocation a WHERE (a.fain, a.version) = (v.fain, v.version))
        FROM allocation_version v
        """
    )
    assert len(versions) >= 28 * 3
    assert [row for row in versions if row[0] != row[1] + row[2] + row[3] or row[1] < 0] == []


def test_the_last_version_divides_what_the_modifications_add_up_to(files: MoneyFiles) -> None:
    wrong = files.rows(
        """
        SELECT a.fain FROM award a
        WHERE a.amount_cents <> (SELECT sum(amount_cents) FROM award_modification m WHERE m.fain = a.fain)
            OR a.amount_cents <> (SELECT award_cents FROM allocation_version v WHERE v.fain = a.fain
                ORDER BY version DESC LIMIT 1)
        """
    )
    assert wrong == []


def test_one_award_grew_and_one_was_cut(files: MoneyFiles) -> None:
    found = files.rows("SELECT fain, action FROM award_modification WHERE modification_number = 2 ORDER BY 1")
    assert found == [("S010A220088", "supplement"), ("S365A230088", "deobligation")]


def test_an_award_is_available_for_27_months_and_drawn_within_120_days_more(files: MoneyFiles) -> None:
    rows = files.rows(
        """
        SELECT federal_fiscal_year, available_from, first_period_to, available_to, last_day_to_draw FROM award
        """
    )
    for year, start, first, end, last in rows:
        assert (start, first, end) == (f"{year}-07-01", f"{year + 1}-09-30", f"{year + 2}-09-30")
        assert date.fromisoformat(last) == date.fromisoformat(end) + timedelta(days=120)


def test_budgets_add_up_to_allocations_and_request_lines_to_requests(files: MoneyFiles) -> None:
    wrong = files.rows(
        """
        WITH last AS (SELECT fain, lea_id, amount_cents FROM allocation a WHERE version =
                (SELECT max(version) FROM allocation_version v WHERE v.fain = a.fain)),
            budget AS (SELECT fain, lea_id, sum(amount_cents) AS cents FROM budget_line b WHERE revision =
                (SELECT max(revision) FROM budget_line o WHERE (o.fain, o.lea_id) = (b.fain, b.lea_id))
                GROUP BY fain, lea_id)
        SELECT * FROM last LEFT JOIN budget USING (fain, lea_id) WHERE cents IS NOT amount_cents
        """
    )
    assert wrong == []
    lines = "SELECT request_id, sum(amount_cents) AS cents FROM request_line GROUP BY request_id"
    joined = f"SELECT * FROM reimbursement_request LEFT JOIN ({lines}) USING (request_id)"
    assert files.rows(f"SELECT * FROM ({joined}) WHERE cents IS NOT amount_cents OR amount_cents <= 0") == []


def test_no_lea_asks_for_more_than_an_object_of_its_budget_has(files: MoneyFiles) -> None:
    wrong = files.rows(
        """
        WITH asked AS (SELECT r.fain, r.lea_id, l.object_code, sum(l.amount_cents) AS cents,
                min(l.amount_cents) AS least
                FROM request_line l JOIN reimbursement_request r USING (request_id) GROUP BY 1, 2, 3),
            budget AS (SELECT fain, lea_id, object_code, amount_cents FROM budget_line b WHERE revision =
                (SELECT max(revision) FROM budget_line o WHERE (o.fain, o.lea_id) = (b.fain, b.lea_id)))
        SELECT * FROM asked LEFT JOIN budget USING (fain, lea_id, object_code)
        WHERE amount_cents IS NULL OR cents > amount_cents OR least < 0
        """
    )
    assert wrong == []


def test_a_refused_request_asked_for_more_than_was_left(files: MoneyFiles) -> None:
    refused = files.rows(
        "SELECT amount_cents, budget_left_cents, submitted_on, refused_on FROM refused_request"
    )
    assert refused
    assert all(asked > left > 0 and sent < back for asked, left, sent, back in refused)


def test_obligations_payments_and_draws_fall_on_days_the_law_allows(files: MoneyFiles) -> None:
    wrong = files.rows(
        """
        SELECT r.request_id FROM reimbursement_request r JOIN award a USING (fain)
        WHERE r.period_from < a.available_from OR r.period_to > a.available_to OR r.period_to < r.period_from
            OR r.period_to > r.submitted_on OR r.submitted_on > r.proper_on
        UNION ALL SELECT p.request_id FROM payment p JOIN reimbursement_request r USING (request_id)
        WHERE p.paid_on < r.proper_on OR p.paid_on > '2025-09-30'
        UNION ALL SELECT d.draw_id FROM draw d JOIN award a USING (fain)
        WHERE d.drawn_on < a.available_from OR d.drawn_on > a.last_day_to_draw OR d.drawn_on > '2025-09-30'
        UNION ALL SELECT application_id FROM application
        WHERE NOT (submitted_on <= substantially_approvable_on AND substantially_approvable_on <= approved_on)
            OR NOT (submitted_on < coalesce(returned_on, '9') AND coalesce(returned_on, '') <=
                coalesce(resubmitted_on, '9') AND coalesce(resubmitted_on, '') <= substantially_approvable_on)
        """
    )
    assert wrong == []


def test_an_application_is_approved_before_the_first_request_on_it(files: MoneyFiles) -> None:
    wrong = files.rows(
        """
        SELECT r.request_id FROM reimbursement_request r LEFT JOIN application a USING (fain, lea_id)
        WHERE a.approved_on IS NULL OR a.approved_on >= r.proper_on
        """
    )
    assert wrong == []


def test_payments_do_not_exceed_requests_and_refunds_not_payments(files: MoneyFiles) -> None:
    wrong = files.rows(
        """
        WITH paid AS (SELECT request_id, sum(amount_cents) AS paid FROM payment GROUP BY 1),
            back AS (SELECT request_id, sum(amount_cents) AS back FROM refund GROUP BY 1)
        SELECT r.request_id FROM reimbursement_request r LEFT JOIN paid USING (request_id)
            LEFT JOIN back USING (request_id)
        WHERE coalesce(paid, 0) > r.amount_cents OR coalesce(back, 0) > coalesce(paid, 0)
        """
    )
    assert wrong == []


def test_a_draw_is_what_its_payments_expenses_and_refunds_net_to(files: MoneyFiles) -> None:
    wrong = files.rows(
        """
        SELECT d.draw_id FROM draw d WHERE d.amount_cents = 0 OR d.amount_cents IS NOT
            (SELECT sum(amount_cents) FROM draw_item i WHERE i.draw_id = d.draw_id)
        UNION ALL SELECT i.draw_id FROM draw_item i LEFT JOIN payment p USING (payment_id)
            LEFT JOIN refund f USING (refund_id)
        WHERE (i.payment_id IS NOT NULL AND i.amount_cents IS NOT p.amount_cents)
            OR (i.refund_id IS NOT NULL AND i.amount_cents IS NOT -f.amount_cents)
        """
    )
    assert wrong == []
    for column in ("payment_id", "refund_id", "state_expense_id"):
        assert (
            files.rows(
                f"SELECT {column} FROM draw_item WHERE {column} IS NOT NULL GROUP BY 1 HAVING count(*) > 1"
            )
            == []
        )
    per_draw = files.rows(
        "SELECT max(n) FROM (SELECT count(payment_id) AS n FROM draw_item GROUP BY draw_id)"
    )
    assert per_draw[0][0] > 1


def test_draws_never_exceed_what_was_authorized_on_their_day(files: MoneyFiles) -> None:
    granted: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for fain, when, amount in files.rows("SELECT fain, action_on, amount_cents FROM award_modification"):
        granted[str(fain)].append((str(when), int(str(amount))))
    drawn: dict[str, int] = defaultdict(int)
    for fain, when, amount in files.rows("SELECT fain, drawn_on, amount_cents FROM draw ORDER BY drawn_on"):
        drawn[str(fain)] += int(str(amount))
        assert 0 <= drawn[str(fain)] <= sum(c for since, c in granted[str(fain)] if since <= str(when))


def test_the_exports_of_g6_say_what_the_agency_drew(files: MoneyFiles) -> None:
    draws, awards = export(files, "draw_export.csv"), export(files, "award_export.csv")
    own = dict(files.rows("SELECT draw_id, amount_cents FROM draw"))
    assert {row["Payment Request ID"]: cents(row["Amount"]) for row in draws} == own
    by_award: dict[str, int] = defaultdict(int)
    for row in draws:
        by_award[row["PR Award Number"]] += cents(row["Amount"])
        assert (row["Transaction Type"] == "ADJUSTMENT") == (cents(row["Amount"]) < 0)
        settled = day(row["Settlement Date"])
        assert settled > day(row["Request Date"])
        assert settled.weekday() < 5
        assert (row["Status"] == "SETTLED") == (settled <= AS_OF)
    for row in awards:
        assert cents(row["Drawn"]) == by_award[row["PR Award Number"]]
        assert cents(row["Award Amount"]) - cents(row["Drawn"]) == cents(row["Available Balance"])


def test_the_ledger_has_every_payment_refund_and_draw_once(files: MoneyFiles) -> None:
    sums = "SELECT document_number, sum(amount_cents) FROM entry WHERE document_type = '{}' GROUP BY 1"
    for kind, query in (
        ("payment", "SELECT CAST(payment_id AS TEXT), amount_cents FROM payment"),
        ("refund", "SELECT CAST(refund_id AS TEXT), -amount_cents FROM refund"),
        ("draw", "SELECT draw_id, amount_cents FROM draw"),
        (
            "state_expense",
            "SELECT state_expense_id, amount_cents FROM draw_item WHERE state_expense_id NOT NULL",
        ),
    ):
        posted, own = dict(files.ledger(sums.format(kind))), dict(files.rows(query))
        assert own
        if kind == "state_expense":  # the newest may not be drawn yet
            assert own.items() <= posted.items()
        else:
            assert posted == own


def test_the_ledger_obligates_the_last_version_of_every_allocation(files: MoneyFiles) -> None:
    posted = files.ledger(
        """
        SELECT a.fain, e.lea_id, sum(e.amount_cents) FROM entry e JOIN account a USING (account_code)
        WHERE entry_type = 'obligation' GROUP BY 1, 2
        """
    )
    last = files.rows(
        """
        SELECT fain, lea_id, amount_cents FROM allocation a
        WHERE version = (SELECT max(version) FROM allocation_version v WHERE v.fain = a.fain)
        """
    )
    assert sorted(posted) == sorted(last)


def test_a_reversal_turns_the_sign_of_an_earlier_entry_of_the_same_document(files: MoneyFiles) -> None:
    pairs = files.ledger(
        """
        SELECT b.amount_cents + e.amount_cents, b.account_code = e.account_code, b.posted_on > e.posted_on,
            b.document_number = e.document_number
        FROM entry b JOIN entry e ON b.reverses_entry_id = e.entry_id
        """
    )
    assert pairs
    assert set(pairs) == {(0, 1, 1, 1)}
    codes = files.ledger(
        "SELECT account_code, fund || '-' || function || '-' || object || '-' || program FROM account"
    )
    assert all(code == parts for code, parts in codes)


def test_title_i_carryover_stays_within_15_percent_but_for_a_few(files: MoneyFiles) -> None:
    rows = files.rows(
        """
        SELECT allocation_cents, carryover_cents, cap_cents FROM carryover
        WHERE fain LIKE 'S010A%' AND cap_cents IS NOT NULL
        """
    )
    over = [row for row in rows if row[1] > row[2]]
    assert len(over) <= max(2, len(rows) * 0.06)
    assert all(cap == allocation * 15 // 100 and allocation >= 5_000_000 for allocation, _, cap in rows)
    counted = files.rows(
        """
        WITH first AS (SELECT r.fain, r.lea_id, sum(r.amount_cents) AS cents
            FROM reimbursement_request r JOIN award a USING (fain)
            WHERE r.period_to <= a.first_period_to GROUP BY 1, 2)
        SELECT c.fain, c.lea_id FROM carryover c LEFT JOIN first USING (fain, lea_id)
        WHERE c.obligated_cents <> coalesce(cents, 0) OR c.carryover_cents < 0
        """
    )
    assert counted == []


def test_one_award_ran_out_with_money_nobody_asked_for(files: MoneyFiles) -> None:
    rows = files.rows(
        """
        SELECT a.fain, 1.0 * sum(r.amount_cents) / (SELECT sum(amount_cents) FROM allocation x
            WHERE (x.fain, x.version) = (a.fain, (SELECT max(version) FROM allocation_version v
                WHERE v.fain = a.fain)))
        FROM award a JOIN reimbursement_request r USING (fain)
        WHERE a.last_day_to_draw < '2025-09-30' GROUP BY 1
        """
    )
    assert len(rows) == 14
    assert [fain for fain, share in rows if share < 0.999] == ["S424A220088"]


def test_closed_merged_and_charter_leas_take_part(files: MoneyFiles) -> None:
    closed = files.rows("SELECT lea_id, merged_into_lea_id FROM lea WHERE closed_on = '2022-07-01'")
    assert len(closed) == 2
    assert [into is None for _, into in sorted(closed, key=str)].count(False) == 1
    late = files.rows(
        """
        SELECT r.fain FROM reimbursement_request r JOIN lea USING (lea_id)
        WHERE closed_on IS NOT NULL AND (r.fain NOT LIKE '_____210088' OR r.proper_on >= '2023-01-01')
        """
    )
    assert late == []
    charters = files.rows(
        """
        SELECT version_kind, count(*) FROM allocation JOIN allocation_version USING (fain, version)
        JOIN lea USING (lea_id) WHERE is_charter GROUP BY 1
        """
    )
    assert {kind for kind, _ in charters} == {"final", "amended"}
    reasons = {row[0] for row in files.rows("SELECT DISTINCT reason FROM allocation")}
    assert reasons == {"formula", "hold_harmless", "new_charter", "reallocation"}


def test_the_workbook_divides_the_estimate_and_knows_no_charter_lea(files: MoneyFiles) -> None:
    charters = {row[0] for row in files.rows("SELECT nces_lea_id FROM lea WHERE is_charter")}
    for year in (21, 22, 23, 24):
        (sheet,) = load_workbook(
            files.folder / "titlei" / f"fy{year}" / "franklin.xlsx", read_only=True
        ).worksheets
        rows = list(sheet.iter_rows(values_only=True))
        assert rows[6][:3] == ("LEA ID", "District", "Allocation")
        last = next(i for i, row in enumerate(rows) if row[1:2] == ("PART D SUBPART 2",))
        assert rows[last + 1][1] == "UNDISTRIBUTED"
        assert all(isinstance(row[0], str) and len(row[0]) == 7 for row in rows[7:last])
        assert not charters & {row[0] for row in rows[7:last]}
        total = sum(row[2] for row in rows[7 : last + 2])
        (estimate,) = files.rows(
            f"SELECT award_cents FROM allocation_version WHERE fain = 'S010A{year}0088' AND version = 1"
        )[0]
        assert total * 100 == estimate
        assert str(rows[-1][0]).startswith("NOTE")


def test_the_truth_is_what_sql_over_the_databases_gives(files: MoneyFiles) -> None:
    truth = pq.read_table(files.folder / "truth" / "money_truth.parquet").to_pylist()
    ids = dict(files.rows("SELECT lea_id, nces_lea_id FROM lea"))

    def by_lea(query: str) -> dict[tuple[str, str], int]:
        return {(fain, ids[lea]): amount for fain, lea, amount in files.rows(query)}  # type: ignore[misc,index]

    joined = "FROM {} x JOIN reimbursement_request r USING (request_id) GROUP BY 1, 2"
    requested = by_lea("SELECT fain, lea_id, sum(amount_cents) FROM reimbursement_request GROUP BY 1, 2")
    paid = by_lea("SELECT r.fain, r.lea_id, sum(x.amount_cents) " + joined.format("payment"))
    refunded = by_lea("SELECT r.fain, r.lea_id, sum(x.amount_cents) " + joined.format("refund"))
    carried = by_lea("SELECT fain, lea_id, carryover_cents FROM carryover")
    drawn = dict(files.rows("SELECT fain, sum(amount_cents) FROM draw GROUP BY 1"))
    spent = dict(
        files.ledger(
            """
            SELECT a.fain, sum(e.amount_cents) FROM entry e JOIN account a USING (account_code)
            WHERE entry_type = 'expenditure' GROUP BY 1
            """
        )
    )
    awards = {row[0]: row for row in files.rows("SELECT fain, amount_cents, last_day_to_draw FROM award")}
    leas, sums = 0, defaultdict(int)
    for row in truth:
        key = (row["fain"], row["organization_id"])
        if row["organization_type"] == "LEA":
            leas += 1
            assert row["requested_cents"] == requested.get(key, 0)
            assert row["paid_cents"] == paid.get(key, 0)
            assert row["refunded_cents"] == refunded.get(key, 0)
            assert row["carryover_cents"] == carried.get(key)
            sums[row["fain"]] += row["drawn_cents"]
        else:
            _, amount, last = awards[row["fain"]]
            assert row["award_cents"] == amount
            assert row["drawn_cents"] == drawn[row["fain"]]
            assert row["expended_cents"] == spent[row["fain"]]
            is_over = str(last) < AS_OF.isoformat()
            assert row["lapsed_cents"] == (amount - drawn[row["fain"]] if is_over else None)
    assert leas == len(requested)
    own = dict(
        files.rows(
            "SELECT d.fain, sum(i.amount_cents) FROM draw d JOIN draw_item i USING (draw_id) "
            "WHERE i.state_expense_id IS NULL GROUP BY 1"
        )
    )
    assert dict(sums) == own
