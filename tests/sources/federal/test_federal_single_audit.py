"""Single audits: money adds up to the coversheet, and a finding on many awards is one finding."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from pathlib import Path

import pytest
from federal_reading import Reading, assert_all_rows_accounted_for, run_mapping

MAINE = ("23", "ME", "Maine")
AUDITS_WITH_AWARDS = (
    "100010-22",
    "134732-21",
    "147110-22",
    "181744-22",
    "182926-22",
    "191734-21",
    "219107-21",
)
# 171944-22 came without its schedule of awards: its findings are read, of its programs nothing can be said.
AUDIT_WITHOUT_AWARDS = "171944-22"
AGREE_WITH_COVERSHEET = AUDITS_WITH_AWARDS
DISTINCT_FINDINGS = {
    "100010-22": 0,
    "134732-21": 3,
    "147110-22": 80,
    "171944-22": 30,
    "181744-22": 0,
    "182926-22": 3,
    "191734-21": 10,
    "219107-21": 1,
}


def section(shared_data: Path, report: str, name: str) -> tuple[dict[str, object], list[dict[str, object]]]:
    """Coversheet and lines of a section, transposed by hand."""
    path = shared_data / "fac" / "workbooks" / report / f"{name}-{report.split('-')[0]}.json"
    sheets = {sheet["name"]: sheet["ranges"] for sheet in json.loads(path.read_text(encoding="utf-8"))}
    cover = {r["name"]: r["values"][0] for r in sheets["Coversheet"]}
    columns = {r["name"]: r["values"] for r in sheets["Form"]}
    return cover, [dict(zip(columns, line, strict=True)) for line in zip(*columns.values(), strict=True)]


@pytest.fixture(scope="module")
def maine(declared) -> Reading:
    return declared("maine", "fac_single_audit", 2022)


@pytest.fixture(scope="module")
def awards(maine, agencies) -> list[dict[str, object]]:
    return run_mapping(
        maine, "audit_awards", state=MAINE, crosswalks=agencies["maine"].crosswalks
    ).to_pylist()


@pytest.fixture(scope="module")
def findings(maine, agencies) -> list[dict[str, object]]:
    return run_mapping(
        maine, "audit_findings", state=MAINE, crosswalks=agencies["maine"].crosswalks
    ).to_pylist()


def test_maines_rows_are_all_accounted_for(maine, shared_data):
    assert_all_rows_accounted_for(maine)
    assert maine.tables["awards"].rows_in == len(section(shared_data, "147110-22", "federal-awards")[1])
    assert maine.tables["findings"].rows_in == len(section(shared_data, "147110-22", "audit-findings")[1])


def test_expenditure_by_listing_is_the_program_total_taken_once(awards, shared_data):
    _, lines = section(shared_data, "147110-22", "federal-awards")
    once = {str(line["cfda_key"]): line["federal_program_total"] for line in lines}
    spent: dict[str, int] = defaultdict(int)
    for row in awards:
        spent[row["assistance_listing"]] += row["amount_expended_usd"]
    assert dict(spent) == once
    assert {row["assistance_listing"]: row["federal_program_total_usd"] for row in awards} == once
    assert len(once) < len(lines), "a program has several lines, or taking its total once would prove nothing"


def test_grand_total_is_the_coversheets(awards, shared_data):
    cover, _ = section(shared_data, "147110-22", "federal-awards")
    assert sum(row["amount_expended_usd"] for row in awards) == cover["total_amount_expended"]
    assert {row["report_total_expended_usd"] for row in awards} == {cover["total_amount_expended"]}
    assert {row["organization_id"] for row in awards} == {"ME"}


def test_awards_equal_the_flat_table_made_by_others(awards, shared_data):
    with (shared_data / "fac" / "derived" / "federal_awards_flat.csv").open(
        newline="", encoding="ascii"
    ) as handle:
        flat = [row for row in csv.DictReader(handle) if row["dbkey_year"] == "147110-22"]
    got = {
        r["award_reference"]: (
            r["assistance_listing"],
            r["amount_expended_usd"],
            r["federal_program_total_usd"],
            r["federal_program_name"],
            r["additional_award_identification"] or "",
            "NY"[r["is_major"]],
            r["findings_count"],
        )
        for r in awards
    }
    assert got == {
        f["award_reference"]: (
            f["cfda_key"],
            int(f["amount_expended"]),
            int(f["federal_program_total"]),
            f["program_name"],
            f["additional_award_identification"],
            f["is_major"],
            int(f["number_of_audit_findings"]),
        )
        for f in flat
    }
    assert len(got) == len(awards) == len(flat)


def test_an_award_keeps_the_row_of_its_sheet(awards, shared_data):
    _, lines = section(shared_data, "147110-22", "federal-awards")
    assert {r["award_reference"]: r["source_line"] for r in awards} == {
        line["award_reference"]: row for row, line in enumerate(lines, start=2)
    }


def test_no_letter_is_given_to_a_listing_that_states_none(awards):
    """Maine names the parts of 84.425 in words, cut off at the form's width, and never writes the letter."""
    assert sum(row["assistance_listing"] == "84.425" for row in awards) == 6
    assert {row["assistance_listing_suffix"] for row in awards} == {None}


def test_findings_are_distinct_per_report_and_education_stands_apart(findings, shared_data):
    _, lines = section(shared_data, "147110-22", "audit-findings")
    _, schedule = section(shared_data, "147110-22", "federal-awards")
    prefix = {line["award_reference"]: line["federal_agency_prefix"] for line in schedule}
    every = {line["reference_number"] for line in lines}
    education = {line["reference_number"] for line in lines if prefix[line["award_reference"]] == "84"}
    repeat = {line["reference_number"] for line in lines if line["repeat_prior_reference"] == "Y"}
    assert {r["reference_number"] for r in findings} == every
    assert len(findings) == len(every) == DISTINCT_FINDINGS["147110-22"] < len(lines)
    assert {r["reference_number"] for r in findings if r["is_education_program"]} == education
    assert {r["reference_number"] for r in findings if r["is_repeat_finding"]} == repeat
    assert (len(education), len(education & repeat)) == (6, 4)
    by_reference = defaultdict(set)
    for line in lines:
        by_reference[line["reference_number"]].add(line["award_reference"])
    assert {r["reference_number"]: r["award_references"] for r in findings} == {
        number: ",".join(sorted(references)) for number, references in by_reference.items()
    }


@pytest.mark.parametrize("report", AUDITS_WITH_AWARDS)
def test_the_audit_parses_whole_and_agrees_with_its_coversheet(read_files, shared_data, report):
    key, year = report.split("-")
    reading = read_files(
        "fac_single_audit",
        {
            "awards": (f"fac/workbooks/{report}/federal-awards-{key}.json",),
            "findings": (f"fac/workbooks/{report}/audit-findings-{key}.json",),
        },
        school_year=2000 + int(year),
        root=shared_data,
    )
    assert_all_rows_accounted_for(reading)
    cover, lines = section(shared_data, report, "federal-awards")
    table = reading.tables["awards"].table
    assert table.num_rows == len(lines)
    assert set(table["report_id"].to_pylist()) == {report}
    assert (sum(table["amount_expended_usd"].to_pylist()) == cover["total_amount_expended"]) == (
        report in AGREE_WITH_COVERSHEET
    )
    programs = dict(
        zip(table["program_key"].to_pylist(), table["federal_program_total_usd"].to_pylist(), strict=True)
    )
    assert sum(programs.values()) == cover["total_amount_expended"]
    numbers = set(reading.tables["findings"].table["reference_number"].to_pylist())
    assert len(numbers) == DISTINCT_FINDINGS[report]


@pytest.mark.parametrize("report", [r for r, n in DISTINCT_FINDINGS.items() if n])
def test_a_findings_marks_are_the_same_on_all_its_lines(shared_data, report):
    _, lines = section(shared_data, report, "audit-findings")
    marks: dict[object, set[tuple[object, ...]]] = defaultdict(set)
    for line in lines:
        marks[line["reference_number"]].add(tuple(v for k, v in line.items() if k != "award_reference"))
    assert len(marks) == DISTINCT_FINDINGS[report]
    assert {len(different) for different in marks.values()} == {1}


def test_several_audits_are_one_table_and_an_unknown_auditee_is_refused_not_dropped(
    read_files, shared_data, agencies
):
    reading = read_files(
        "fac_single_audit",
        {
            "awards": ("fac/workbooks/*-22/federal-awards-*.json",),
            "findings": ("fac/workbooks/*-22/audit-findings-[0-9]*.json",),
        },
        school_year=2022,
        root=shared_data,
    )
    reports = set(reading.tables["awards"].table["report_id"].to_pylist())
    assert reports == {r for r in AUDITS_WITH_AWARDS if r.endswith("-22")}
    assert AUDIT_WITHOUT_AWARDS in set(reading.tables["findings"].table["report_id"].to_pylist())
    with pytest.raises(AssertionError, match=r"audit_awards\.organization_id is null"):
        run_mapping(reading, "audit_awards", state=MAINE, crosswalks=agencies["maine"].crosswalks)
