"""Ways in which a file comes wrong, each with what the error must say and which measures rest on the file.

Damages of one round hit different sources or years, so that one refresh meets them all at once.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from simulator.defects import plant

FINANCE = "finance/{year}/district_data_full.csv"
SURVEY = "f33/sdf{short:02d}_1a.txt"  # stands before the joined file
FS178 = "edfacts/{year}/FKSCHSTUPERRLAv000001.csv"
FS151 = "edfacts/{year}/FKSCHGRADCOHRTv000001.csv"
SAIPE = "saipe/ussd{before}.xlsx"
FINDINGS = "fac/880001-{short}/audit-findings-880001.json"
DIRECTORY = "directory/franklin_public_schools.csv"

SPENDING = ("total_expenditure_per_pupil", "federal_revenue_share")
READING = ("ela_proficiency_rate",)
GRADUATION = ("graduation_rate_4yr",)
POVERTY = ("child_poverty_rate",)
AUDIT = ("repeat_finding_rate",)
ABSENCE = ("chronic_absence_rate", "chronic_absence_gap")
MONEY_BACK = ("reimbursed_within_30_days", "median_days_to_reimburse")
ALL = (*SPENDING, *READING, *GRADUATION, *POVERTY, *AUDIT, *ABSENCE, *MONEY_BACK)


Do = Callable[[Path, int], None]


@dataclass(frozen=True)
class Damage:
    """One wrong file of a year: `says` must stand in the one error about `table`."""

    name: str
    round: str
    year: int
    table: str
    do: Do
    says: tuple[str, ...]
    measures: tuple[str, ...]

    @property
    def words(self) -> list[str]:
        """What the error must say, with the names of this year's files."""
        return [of_year(text, self.year) for text in self.says]


def of_year(text: str, year: int) -> str:
    """A file's name as it is in a school year."""
    return text.format(year=year, short=year % 100, before=year % 100 - 1)


def planted(name: str) -> Do:
    """A defect of the simulator."""

    def do(data: Path, year: int) -> None:
        plant(name, data, year)

    return do


def rewritten(file: str, change: Callable[[bytes], bytes]) -> Do:
    """A change of the file's bytes that must change something."""

    def do(data: Path, year: int) -> None:
        path = data / of_year(file, year)
        before = path.read_bytes()
        after = change(before)
        assert after != before
        path.write_bytes(after)

    return do


def half(content: bytes) -> bytes:
    cut = content[: len(content) // 2].rstrip(b"\r\n")
    return cut[:-1]


def later_header_again(content: bytes) -> bytes:
    """Two downloads pasted together: the header stands in the middle once more."""
    header, *lines = content.split(b"\n")
    return b"\n".join([header, *lines[:3], header, *lines[3:]])


def _twice_named(content: bytes) -> bytes:
    return content.replace(b"TOTALEXP", b"MEMBERSCH", 1)


def _finding_twice(data: Path, year: int) -> None:
    path = data / of_year(FINDINGS, year)
    sheets = json.loads(path.read_text(encoding="utf-8"))
    form = next(sheet for sheet in sheets if sheet["name"] == "Form")
    for column in form["ranges"]:
        column["values"].append(column["values"][0])
    path.write_text(json.dumps(sheets), encoding="utf-8")


def _sql(statement: str) -> Do:
    def do(data: Path, _: int) -> None:
        with sqlite3.connect(data / "grants" / "grants_management.db") as connection:
            connection.execute(statement)
            assert connection.total_changes or statement.startswith("ALTER")

    return do


# Rounds after which the files are mended and refreshed once more.
MENDED = ("A", "D", "E", "F")
MEND = "Have the publisher correct it"
DAMAGES = (
    # A: refused when read. What no machine reads as a number, what was cut, what is no longer there.
    Damage(
        "letter_for_a_digit", "A", 2025, "raw.lea_finance", planted("letter_in_count"),
        (FINANCE, "line 2", "MEMBERSCH", "'1,O23'", MEND), SPENDING,
    ),
    Damage(
        "letter_for_a_digit_in_a_submission", "A", 2025, "raw.edfacts_fs151_graduation_cohorts",
        planted("letter_in_submission_count"), (FS151, "line 2", "Amount", "'1O23'", MEND), GRADUATION,
    ),
    Damage(
        "cut_in_half", "A", 2025, "raw.edfacts_fs178_rla_achievement", planted("file_cut_in_half"),
        (FS178, "line ", "may be cut off", "fetch it again"), READING,
    ),
    Damage(
        "gone", "A", 2025, "raw.census_saipe", planted("missing_file"),
        (SAIPE, "no file", "Put the file there", "sources.yml"), POVERTY,
    ),
    Damage(
        "finding_twice", "A", 2025, "raw.fac_single_audit", _finding_twice,
        (FINDINGS, "line 2", "more than once", MEND), AUDIT,
    ),
    Damage(
        "column_added", "A", 2024, "raw.lea_finance", planted("added_column"),
        (FINANCE, "line 1", "'NOTE'", "columns.csv", "then refresh again"), SPENDING,
    ),
    Damage(
        "header_record_promises_more", "A", 2024, "raw.edfacts_fs178_rla_achievement",
        planted("header_record_count_wrong"), (FS178, "line 1", "total records", "Fetch the file again"),
        READING,
    ),
    Damage(
        "web_page_instead_of_a_workbook", "A", 2024, "raw.census_saipe",
        rewritten(SAIPE, lambda _: b"<html><body>Sign in to continue</body></html>"),
        (SAIPE, "Not a readable workbook", "Fetch the file again"), POVERTY,
    ),
    Damage(
        "workbook_section_cut", "A", 2024, "raw.fac_single_audit", rewritten(FINDINGS, half),
        (FINDINGS,), AUDIT,
    ),
    Damage(
        "zero_byte_in_a_cell", "A", 2024, "raw.edfacts_fs151_graduation_cohorts",
        rewritten(FS151, lambda b: b.replace(b",ADJCOHORT,", b",ADJ\0COHORT,", 1)),
        (FS151, "line 2"), GRADUATION,
    ),
    Damage(
        "column_renamed", "A", 2023, "raw.lea_finance", planted("renamed_column"),
        (FINANCE, "line 1", "'TOTAL_EXP'", "Did you mean 'TOTALEXP'?"), SPENDING,
    ),
    Damage(
        "empty_file", "A", 2023, "raw.edfacts_fs178_rla_achievement", rewritten(FS178, lambda _: b""),
        (FS178,), READING,
    ),
    # B, C: one file more often.
    Damage(
        "key_twice", "B", 2025, "raw.lea_finance", planted("duplicated_key"),
        (FINANCE, "line 2", "also in line 11", "more than once", "8800010", MEND), SPENDING,
    ),
    Damage(
        "encoding_changed", "B", 2024, "raw.lea_finance", planted("changed_encoding"),
        (FINANCE, "line 2", "0xe1", "Save it as utf-8"), SPENDING,
    ),
    Damage(
        "saved_as_utf_16", "B", 2023, "raw.lea_finance",
        rewritten(FINANCE, lambda b: b.decode("utf-8").encode("utf-16")), (FINANCE, "line 1"), SPENDING,
    ),
    Damage(
        "column_named_twice", "C", 2025, "raw.lea_finance",
        rewritten(FINANCE, lambda b: b.replace(b"TOTALEXP", b"MEMBERSCH", 1)),
        (FINANCE, "line 1", "MEMBERSCH"), SPENDING,
    ),
    Damage(
        "finance_cut_in_half", "C", 2024, "raw.lea_finance", rewritten(FINANCE, half),
        (FINANCE, "line "), SPENDING,
    ),
    Damage(
        "two_downloads_pasted_together", "C", 2023, "raw.lea_finance", rewritten(FINANCE, later_header_again),
        (FINANCE, "line 5"), SPENDING,
    ),
    # D: well-formed, and refused by what is known besides.
    Damage(
        "lost_zero_in_a_submission", "D", 2025, "core.graduation_cohorts",
        planted("lost_leading_zero_in_submission"),
        ("core.graduation_cohorts", "organization_id_school_year_resolve_in_organizations", "False for",
         "organization_id=FK-1", "What to do:"), GRADUATION,
    ),
    Damage(
        "fs195_disagrees_with_student_records", "D", 2025, "core.chronic_absence",
        planted("fs195_total_disagrees"),
        ("core.chronic_absence", "fs195_agrees_with_student_records", "False for 1 of", "student_group=all",
         "What to do:"), ABSENCE,
    ),
    Damage(
        "audit_does_not_add_up", "D", 2025, "core.audit_awards", planted("audit_total_disagrees"),
        ("core.audit_awards", "awards_add_up_to_the_coversheet", "880001-25", "What to do:"), AUDIT,
    ),
    Damage(
        "lost_zero_of_an_lea", "D", 2024, "raw.lea_finance",
        rewritten(FINANCE, lambda b: b.replace(b"\n8800010,", b"\n880010,", 1)),
        (FINANCE, "line 2", "LEAID", "'880010'"), SPENDING,
    ),
    Damage(
        "student_day_twice", "D", 2023, "raw.sis_attendance", planted("duplicated_student_day"),
        ("sis/attendance_{year}.parquet", "line 1", "more than once", "student_id"), ABSENCE,
    ),
    Damage(
        "attendance_all_absent", "E", 2025, "core.student_attendance", planted("impossible_days"),
        ("core.student_attendance", "no_school_has_many_students_who_never_came", "False for", "What to do:"),
        ABSENCE,
    ),
    Damage(
        "unknown_grade", "E", 2024, "raw.sis_attendance", planted("unknown_grade"),
        ("sis/students_{year}.parquet", "line 1", "column grade", MEND), ABSENCE,
    ),
    # F, G: one file or database for all years; only one year is refreshed.
    Damage(
        "lost_zero_in_the_directory", "F", 2025, "core.organizations", planted("lost_leading_zero"),
        (DIRECTORY, "source_line=2", "state_district_id=FK-160011", "What to do:"), ALL,
    ),
    Damage(
        "amount_that_is_no_number", "G", 2025, "raw.state_grants_management",
        _sql("UPDATE reimbursement_request SET amount_cents = '1,O23' WHERE request_id = "
             "(SELECT min(request_id) FROM reimbursement_request)"),
        ("grants_management.db#requests", "line 1", "amount_cents", "'1,O23'", MEND), MONEY_BACK,
    ),
    Damage(
        "database_column_renamed", "F", 2025, "raw.state_grants_management",
        _sql("ALTER TABLE payment RENAME COLUMN paid_on TO payment_date"),
        ("grants_management.db", "query in source.yml"), MONEY_BACK,
    ),
)  # fmt: skip
