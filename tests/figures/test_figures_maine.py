"""Maine's single audit of 2022: the workbooks, transposed by hand, against the lake and the release."""

from __future__ import annotations

import json
from collections import defaultdict

import duckdb
import pytest


@pytest.fixture(scope="module")
def workbook(shared_data):
    """Coversheet total, schedule lines and finding lines."""
    sections = []
    for name in ("federal-awards", "audit-findings"):
        path = shared_data / "fac" / "workbooks" / "147110-22" / f"{name}-147110.json"
        sheets = {sheet["name"]: sheet["ranges"] for sheet in json.loads(path.read_text(encoding="utf-8"))}
        columns = {r["name"]: r["values"] for r in sheets["Form"]}
        cover = {r["name"]: r["values"][0] for r in sheets["Coversheet"]}
        lines = [dict(zip(columns, line, strict=True)) for line in zip(*columns.values(), strict=True)]
        sections.append((cover, lines))
    (cover, schedule), (_, findings) = sections
    return cover["total_amount_expended"], schedule, findings


def test_expenditure_by_listing_is_the_program_total_taken_once(maine, workbook):
    _, schedule, _ = workbook
    once = {line["cfda_key"]: line["federal_program_total"] for line in schedule}
    file = maine.lake_file("core", "audit_awards", 2022)
    spent = duckdb.sql(
        "SELECT assistance_listing, sum(amount_expended_usd), any_value(federal_program_total_usd) "
        f"FROM '{file}' GROUP BY 1"
    ).fetchall()
    assert {listing: total for listing, total, _ in spent} == once
    assert {listing: total for listing, _, total in spent} == once
    assert len(once) < len(schedule), (
        "a program has several lines, or taking its total once would prove nothing"
    )


def test_the_grand_total_is_the_coversheets(maine, workbook):
    total, *_ = workbook
    file = maine.lake_file("core", "audit_awards", 2022)
    found = duckdb.sql(
        "SELECT sum(amount_expended_usd), min(report_total_expended_usd), max(report_total_expended_usd) "
        f"FROM '{file}'"
    ).fetchone()
    assert found == (total, total, total)


def test_findings_are_distinct_reference_numbers_and_education_stands_apart(maine, workbook):
    _, schedule, findings = workbook
    prefix = {line["award_reference"]: line["federal_agency_prefix"] for line in schedule}
    awards = defaultdict(set)
    for line in findings:
        awards[line["reference_number"]].add(line["award_reference"])
    education = {
        number for number, named in awards.items() if any(prefix[reference] == "84" for reference in named)
    }
    file = maine.lake_file("core", "audit_findings", 2022)
    rows = duckdb.sql(f"SELECT reference_number, is_education_program FROM '{file}'").fetchall()
    assert sorted(number for number, _ in rows) == sorted(awards)
    assert {number for number, is_education in rows if is_education} == education
    assert len(awards) < len(findings)
    assert 0 < len(education) < len(awards)


def test_the_share_of_repeat_findings_is_that_of_education_alone(maine, workbook):
    _, schedule, findings = workbook
    prefix = {line["award_reference"]: line["federal_agency_prefix"] for line in schedule}
    education = {f["reference_number"] for f in findings if prefix[f["award_reference"]] == "84"}
    repeated = {
        f["reference_number"]
        for f in findings
        if f["reference_number"] in education and f["repeat_prior_reference"] == "Y"
    }
    found = maine.select(
        "SELECT organization_id, school_year, basis, numerator, denominator, value "
        "FROM current_measure_value "
        "WHERE measure_id = 'repeat_finding_rate'"
    )
    share = 100 * len(repeated) / len(education)
    assert found == [("ME", 2022, "published", len(repeated), len(education), share)]
