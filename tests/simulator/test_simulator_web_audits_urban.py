"""The clearinghouse answers as PostgREST does, the Education Data Portal by links; both as the truth says."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from openpyxl import load_workbook
from web_client import KEY

from simulator.web.serve import Systems

DISTRICTS = "/urban/api/v1/school-districts"


@pytest.fixture
def client(systems: Systems) -> Iterator[httpx.Client]:
    headers = {"X-Api-Key": KEY, "Accept-Profile": "api_v1_1_0"}
    with httpx.Client(base_url=systems.url, headers=headers) as made:
        yield made


@pytest.fixture(scope="module")
def truth(folder: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((folder / "truth" / "web.json").read_text())
    return told


def own_reports(client: httpx.Client, year: int) -> str:
    rows = client.get(f"/fac/general?auditee_state=eq.FK&audit_year=eq.{year}&select=report_id").json()
    return "in.(" + ",".join(row["report_id"] for row in rows) + ")"


@pytest.mark.parametrize("year", [2024, 2025])
def test_the_three_tables_hold_what_the_audits_say(client: httpx.Client, truth: Any, year: int) -> None:
    expected = truth["fac"][str(year)]
    wanted = {"report_id": own_reports(client, year)}
    awards = client.get("/fac/federal_awards", params=wanted).json()
    findings = client.get("/fac/findings", params=wanted).json()
    assert wanted["report_id"].count(",") + 1 == expected["general"]
    assert len(awards) == expected["federal_awards"]
    assert len(findings) == expected["findings"]
    distinct = {(row["report_id"], row["reference_number"]): row for row in findings}
    assert len(distinct) == expected["distinct_findings"]
    assert sum(row["is_repeat_finding"] == "Y" for row in distinct.values()) == expected["repeat_findings"]
    spent: Counter[str] = Counter()
    for row in awards:
        spent[f"{row['federal_agency_prefix']}.{row['federal_award_extension']}"] += row["amount_expended"]
    assert spent == expected["amount_expended_by_listing"]


def test_the_api_and_the_workbook_sections_tell_the_same_money(client: httpx.Client, folder: Path) -> None:
    sheets = json.loads((folder / "fac" / "880001-25" / "federal-awards-880001.json").read_text())
    ranges = {item["name"]: item["values"] for sheet in sheets for item in sheet["ranges"]}
    wanted = {"report_id": "eq.2025-06-GSAFAC-0000880001", "order": "award_reference"}
    rows = client.get("/fac/federal_awards", params=wanted).json()
    assert [row["amount_expended"] for row in rows] == ranges["amount_expended"]


def test_a_migrated_report_says_so_in_every_table_that_lacks_something(client: httpx.Client) -> None:
    (report,) = client.get("/fac/general?data_source=eq.CENSUS").json()
    assert report["auditee_certify_name"] == "GSA_MIGRATION"
    assert "-CENSUS-" in report["report_id"]
    awards = client.get(f"/fac/federal_awards?report_id=eq.{report['report_id']}").json()
    assert {row["other_cluster_name"] for row in awards} == {"GSA_MIGRATION"}
    others = client.get("/fac/general?data_source=eq.GSAFAC").text
    assert "GSA_MIGRATION" not in others


def test_pages_by_limit_and_by_range_give_every_row_once(client: httpx.Client) -> None:
    everything = client.get("/fac/federal_awards").json()
    by_limit, by_range = [], []
    while page := client.get("/fac/federal_awards", params={"limit": 20, "offset": len(by_limit)}).json():
        by_limit += page
    while len(by_range) < len(everything):
        span = f"{len(by_range)}-{len(by_range) + 19}"
        answer = client.get("/fac/federal_awards", headers={"Range-Unit": "items", "Range": span})
        by_range += answer.json()
    assert by_limit == by_range == everything


def test_a_count_is_told_only_when_preferred_and_marks_a_part(client: httpx.Client) -> None:
    plain = client.get("/fac/findings", params={"limit": 5})
    assert (plain.status_code, plain.headers["Content-Range"]) == (200, "0-4/*")
    total = len(client.get("/fac/findings").json())
    exact = client.get("/fac/findings", params={"limit": 5, "offset": 5}, headers={"Prefer": "count=exact"})
    assert (exact.status_code, exact.headers["Content-Range"]) == (206, f"5-9/{total}")
    whole = client.get("/fac/findings", headers={"Prefer": "count=exact"})
    assert (whole.status_code, whole.headers["Content-Range"]) == (200, f"0-{total - 1}/{total}")
    beyond = client.get("/fac/findings", params={"offset": total}, headers={"Prefer": "count=exact"})
    assert (beyond.status_code, beyond.headers["Content-Range"]) == (416, f"*/{total}")
    assert client.get("/fac/findings", params={"offset": total}).json() == []


def test_the_cap_on_rows_cuts_without_a_word(client: httpx.Client, systems: Systems) -> None:
    total = len(client.get("/fac/federal_awards").json())
    systems.limits(fac_rows=10)
    answer = client.get("/fac/federal_awards", params={"limit": 50_000})
    assert (answer.status_code, len(answer.json())) == (200, 10)
    counted = client.get("/fac/federal_awards", headers={"Prefer": "count=exact"})
    assert (counted.status_code, counted.headers["Content-Range"]) == (206, f"0-9/{total}")


@pytest.mark.parametrize(
    ("condition", "years"),
    [
        ("audit_year=in.(2024,2025)", {"2024", "2025"}),
        ("audit_year=gte.2025", {"2025"}),
        ("audit_year=neq.2025", {"2024"}),
        ("audit_year=not.in.(2024)", {"2025"}),
        ("auditee_name=ilike.state*&audit_year=lt.2025", {"2024"}),
        ("number_months=is.null&audit_year=eq.2024", {"2024"}),
    ],
)
def test_conditions_select_as_postgrest_does(client: httpx.Client, condition: str, years: set[str]) -> None:
    assert {row["audit_year"] for row in client.get(f"/fac/general?{condition}").json()} == years


def test_key_profile_column_and_table_are_checked(client: httpx.Client, systems: Systems) -> None:
    assert httpx.get(systems.url + "/fac/general").json()["error"]["code"] == "API_KEY_MISSING"
    wrong = httpx.get(systems.url + "/fac/general", headers={"X-Api-Key": "other"})
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (403, "API_KEY_INVALID")
    profile = client.get("/fac/general", headers={"Accept-Profile": "api_v9"})
    assert (profile.status_code, profile.json()["code"]) == (406, "PGRST106")
    column = client.get("/fac/general?colour=eq.red")
    assert (column.status_code, column.json()["code"]) == (400, "42703")
    condition = client.get("/fac/general?audit_year=2024")
    assert (condition.status_code, condition.json()["code"]) == (400, "PGRST100")
    assert client.get("/fac/unicorns").status_code == 404


def pages(client: httpx.Client, address: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    following: str | None = address
    while following:
        told = client.get(following).json()
        rows += told["results"]
        following = told["next"]
    assert len(rows) == told["count"]
    return rows


def test_links_lead_through_all_pages_and_keep_the_filter(client: httpx.Client, systems: Systems) -> None:
    whole = pages(client, f"{DISTRICTS}/ccd/directory/2024/?fips=88")
    systems.limits(urban_page=3)
    assert pages(client, f"{DISTRICTS}/ccd/directory/2024/?fips=88") == whole
    second = client.get(f"{DISTRICTS}/ccd/directory/2024/?fips=88&page=2").json()
    assert "page=1" in second["previous"] and "fips=88" in second["next"]
    assert client.get(f"{DISTRICTS}/ccd/directory/2024/?fips=88&page=99").status_code == 404
    assert client.get(f"{DISTRICTS}/ccd/directory/2024/?colour=red").status_code == 400
    assert client.get(f"{DISTRICTS}/ccd/unicorns/2024/").status_code == 404


def test_finance_and_poverty_are_those_of_the_files_and_the_truth(
    client: httpx.Client, folder: Path, truth: Any
) -> None:
    told = truth["urban"]["2024"]  # the fall of school year 2025
    finance = pages(client, f"{DISTRICTS}/ccd/finance/2024/?fips=88")
    assert len(finance) == told["finance_rows"]
    assert sum(max(row["rev_fed_total"], 0) for row in finance) == told["rev_fed_total"]
    with (folder / "finance" / "2025" / "district_data_full.csv").open(newline="") as file:
        survey = {row["LEAID"]: row for row in csv.DictReader(file)}
    for row in finance:
        if row["exp_total"] >= 0:
            assert str(row["exp_total"]) == survey[row["leaid"]]["TOTALEXP"]
    poverty = pages(client, f"{DISTRICTS}/saipe/2024/?fips=88")
    assert len(poverty) == told["saipe_rows"]
    sheet = load_workbook(folder / "saipe" / "ussd24.xlsx", read_only=True).worksheets[0]
    poor = sum(row[6] for row in sheet.iter_rows(values_only=True) if row[0] == "FK")
    assert sum(row["est_population_5_17_poverty"] for row in poverty) == poor


def test_codes_stand_for_what_is_not_there_and_ranges_hold_the_rate(client: httpx.Client) -> None:
    schools = pages(client, "/urban/api/v1/schools/ccd/directory/2024/?fips=88")
    assert {row["magnet"] for row in schools} == {-2}
    rates = pages(client, f"{DISTRICTS}/edfacts/grad-rates/2024/?fips=88")
    for row in rates:
        if row["cohort_num"] < 6:
            assert row["grad_rate_low"] == row["grad_rate_high"] == row["grad_rate_midpt"] == -3
        else:
            assert 0 <= row["grad_rate_low"] <= row["grad_rate_midpt"] <= row["grad_rate_high"] <= 100


def test_an_unchanged_page_costs_a_304_and_is_logged_as_conditional(
    client: httpx.Client, systems: Systems
) -> None:
    address = f"{DISTRICTS}/ccd/directory/2024/"
    first = client.get(address, params={"fips": 88})
    again = client.get(address, params={"fips": 88}, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert systems.requests["paths"] == {address: 2}
    assert systems.requests["conditional"] == 1
