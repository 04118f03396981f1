"""Files wrong in the ways these publishers' files go wrong: each gives one clear error and no rows."""

from __future__ import annotations

import csv
import json

import pytest
from federal_reading import run_mapping
from test_federal_saipe import invented_workbook

from warehouse.model.errors import SpmError

SMALL = {"graduation_rate": {"minimum": 1}}


@pytest.fixture
def acgr(project, tmp_path):
    """Write an invented graduation file with the headers of 2013-14, some cells changed."""

    def write(*, year: str = "1314", **cells: str) -> tuple[str]:
        with (project / "sources/edfacts_graduation_rate/columns.csv").open(
            newline="", encoding="utf-8"
        ) as handle:
            headers = [row["2014"] for row in csv.DictReader(handle)]
        base = {
            "STNAM": "FRANKLIN",
            "FIPST": "99",
            "LEAID": "9900010",
            "LEANM": "Ash Hollow",
            "SCHNAM": "Ash High",
            "INSERT_DATE": "30AUG15",
            "DATE_CUR": "29AUG15",
        }
        rows = [{**base, "NCESSCH": f"99000100000{n}"} for n in (1, 2)]
        rows[1] |= cells
        with (tmp_path / "acgr.csv").open("w", newline="", encoding="utf-8") as handle:
            writer = csv.writer(handle, lineterminator="\n")
            writer.writerow([h.replace("1314", year) for h in headers])
            writer.writerows(
                [
                    [row.get(h, "." if "_RATE_" in h or "_COHORT_" in h else "") for h in headers]
                    for row in rows
                ]
            )
        return ("acgr.csv",)

    return write


def refusal(read_files, *arguments, **more) -> SpmError:
    with pytest.raises(SpmError) as refused:
        read_files(*arguments, **more)
    assert refused.value.remedy
    return refused.value


def test_a_sound_invented_file_is_read(read_files, acgr):
    files = acgr(ALL_COHORT_1314="40", ALL_RATE_1314="GE90", MWH_COHORT_1314="900", MWH_RATE_1314="83")
    reading = read_files("edfacts_graduation_rate", files, rows=SMALL)
    rows = run_mapping(reading, "graduation_cohorts", state=("99", "FK", "Franklin")).to_pylist()
    assert len(rows) == 20
    found = {(r["organization_id"][-1], r["student_group"]): r for r in rows}
    ranged, exact, absent = found["2", "all"], found["2", "white"], found["1", "all"]
    assert (ranged["rate_percent"], ranged["rate_percent_low"], ranged["rate_percent_high"]) == (
        None,
        90,
        100,
    )
    assert (exact["rate_percent"], exact["rate_percent_low"], exact["cohort_students"]) == (83, None, 900)
    assert (absent["suppression"], absent["cohort_students"]) == ("not_reported", None)


def test_headers_of_another_year_are_refused_by_name(read_files, acgr):
    error = refusal(read_files, "edfacts_graduation_rate", acgr(year="1213"), rows=SMALL)
    assert "_1213" in str(error)
    assert "columns.csv" in str(error)


def test_a_range_written_with_a_dash_nobody_described_is_refused(read_files, acgr):
    error = refusal(read_files, "edfacts_graduation_rate", acgr(MHI_RATE_1314="21–39"), rows=SMALL)
    assert (error.line, error.value) == (3, "21–39")
    assert "MHI_RATE_1314" in str(error)
    assert "acgr.csv" in str(error.file)


def test_a_cohort_with_a_letter_in_it_is_refused(read_files, acgr):
    error = refusal(read_files, "edfacts_graduation_rate", acgr(ALL_COHORT_1314="1,O23"), rows=SMALL)
    assert (error.line, error.value) == (3, "1,O23")


def test_a_school_that_stands_twice_is_refused(read_files, acgr):
    error = refusal(read_files, "edfacts_graduation_rate", acgr(NCESSCH="990001000001"), rows=SMALL)
    assert "990001000001" in str(error)


def test_a_file_cut_in_half_is_refused(read_files, acgr, tmp_path):
    files = acgr()
    whole = (tmp_path / "acgr.csv").read_bytes()
    (tmp_path / "acgr.csv").write_bytes(whole[: len(whole) - 40])
    error = refusal(read_files, "edfacts_graduation_rate", files, rows=SMALL)
    assert error.line == 3


def test_a_workbook_with_its_header_on_another_row_is_refused(read_files, tmp_path):
    invented_workbook(tmp_path / "moved.xlsx", header_row=5)
    error = refusal(read_files, "census_saipe", ("moved.xlsx",), rows={"districts": {"minimum": 1}})
    assert "moved.xlsx" in str(error)
    assert "row" in str(error) or error.line == 3


def award_sheet(**changes: list[object]) -> list[dict[str, object]]:
    """An invented schedule of two lines."""
    columns: dict[str, list[object]] = {
        "award_reference": ["AWARD-0001", "AWARD-0002"],
        "federal_agency_prefix": ["84", "84"],
        "three_digit_extension": ["425", "010"],
        "additional_award_identification": [None, None],
        "program_name": ["RELIEF FUND (D)", "TITLE I"],
        "amount_expended": [100, -20],
        "cluster_name": ["N/A", "N/A"],
        "federal_program_total": [100, -20],
        "cluster_total": [0, 0],
        "is_guaranteed": ["N", "N"],
        "is_direct": ["Y", "Y"],
        "is_passed": ["N", "Y"],
        "subrecipient_amount": [None, 5],
        "is_major": ["N", "N"],
        "number_of_audit_findings": [0, 0],
        "cfda_key": ["84.425", "84.010"],
    }
    empty = (
        "state_cluster_name other_cluster_name loan_balance_at_audit_period_end passthrough_name "
        "audit_report_type passthrough_identifying_number uniform_state_cluster_name "
        "uniform_other_cluster_name default_program_name"
    )
    columns |= {name: [None, None] for name in empty.split()} | changes
    return section_sheets("FederalAwardsExpended", columns, {"total_amount_expended": 80})


def section_sheets(
    name: str, columns: dict[str, list[object]], facts: dict[str, object]
) -> list[dict[str, object]]:
    cover = {"version": "1.0.3", "section_name": name, "auditee_uei": "ABCDEFGHJK12", **facts}

    def column(name: str, values: list[object], start: int) -> dict[str, object]:
        return {
            "name": name,
            "start_cell": {"column": "A", "row": str(start)},
            "end_cell": {"column": "A", "row": str(start + len(values) - 1)},
            "values": values,
        }

    return [
        {
            "name": "Coversheet",
            "ranges": [column(k, [v], n) for n, (k, v) in enumerate(cover.items(), start=2)],
        },
        {"name": "Form", "ranges": [column(k, v, 2) for k, v in columns.items()]},
    ]


@pytest.fixture
def audit(read_files, tmp_path):
    """Read an invented audit, 900001-24, with the sheets given."""
    names = [
        "award_reference",
        "reference_number",
        "compliance_requirement",
        "modified_opinion",
        "other_matters",
        "material_weakness",
        "significant_deficiency",
        "other_findings",
        "questioned_costs",
        "repeat_prior_reference",
        "prior_references",
        "is_valid",
    ]

    def get(awards: list[dict[str, object]]):
        folder = tmp_path / "900001-24"
        folder.mkdir()
        (folder / "federal-awards-900001.json").write_text(json.dumps(awards), encoding="utf-8")
        findings = section_sheets("FindingsUniformGuidance", {name: [] for name in names}, {})
        (folder / "audit-findings-900001.json").write_text(json.dumps(findings), encoding="utf-8")
        files = {
            "awards": ("900001-24/federal-awards-900001.json",),
            "findings": ("900001-24/audit-findings-900001.json",),
        }
        return read_files("fac_single_audit", files, school_year=2024)

    return get


def test_an_audit_without_findings_is_read_and_a_stated_letter_is_taken(audit, tmp_path):
    (tmp_path / "auditees.csv").write_text("report_id,organization_id\n900001-24,FK\n", encoding="utf-8")
    reading = audit(award_sheet(additional_award_identification=[None, "84.010A GRANT"]))
    assert reading.tables["findings"].table.num_rows == 0
    rows = run_mapping(
        reading, "audit_awards", crosswalks={"auditees": tmp_path / "auditees.csv"}
    ).to_pylist()
    assert [
        (r["assistance_listing"], r["assistance_listing_suffix"], r["amount_expended_usd"]) for r in rows
    ] == [
        ("84.425", "D", 100),
        ("84.010", "A", -20),
    ]


def test_a_bracket_in_another_agencys_title_is_not_a_letter(audit, tmp_path):
    (tmp_path / "auditees.csv").write_text("report_id,organization_id\n900001-24,FK\n", encoding="utf-8")
    reading = audit(award_sheet(federal_agency_prefix=["93", "84"], cfda_key=["93.425", "84.010"]))
    rows = run_mapping(
        reading, "audit_awards", crosswalks={"auditees": tmp_path / "auditees.csv"}
    ).to_pylist()
    assert {r["assistance_listing_suffix"] for r in rows} == {None}


def test_columns_of_different_length_are_refused(audit):
    with pytest.raises(SpmError) as refused:
        audit(award_sheet(amount_expended=[100]))
    assert refused.value.column == "amount_expended"
    assert "federal-awards-900001.json" in str(refused.value)
    assert "2" in refused.value.what and "1" in refused.value.what


def test_another_section_in_the_place_of_the_awards_is_refused(audit):
    sheets = award_sheet()
    sheets[0]["ranges"][1]["values"] = ["AdditionalUeis"]  # type: ignore[index]
    with pytest.raises(SpmError, match="AdditionalUeis"):
        audit(sheets)


def test_a_half_written_workbook_is_refused(read_files, tmp_path):
    folder = tmp_path / "900001-24"
    folder.mkdir()
    (folder / "a.json").write_text(json.dumps(award_sheet())[:-30], encoding="utf-8")
    error = refusal(
        read_files, "fac_single_audit", {"awards": ("900001-24/a.json",), "findings": ("900001-24/a.json",)}
    )
    assert "a.json" in str(error)
    assert "JSON" in str(error)


def test_an_unknown_column_of_the_form_is_refused_by_name(audit):
    with pytest.raises(SpmError, match="award_color"):
        audit(award_sheet(award_color=["red", "blue"]))
