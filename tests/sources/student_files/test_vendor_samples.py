"""Anonymized samples of four testing vendors, read whole or refused for what is wrong with them.

No sample is about a real student. Scores are counted a second way, from the files by csv or by position.
"""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest
from student_files_reading import read_results

from sources.bounds import BoundExceeded
from sources.registry import discover
from warehouse.model.errors import SpmError

SOURCES = ("wida_access_results", "sc_ready_results", "wi_forward_results", "tx_staar_summative")
WIDA_SOUND = [
    ("2021_to_2025_sample_anonymized_file_ACCESS.csv", 2024, "online_2021"),
    ("2021_to_2025_sample_anonymized_file_Alternate_ACCESS.csv", 2024, "alternate_2021"),
    ("sample_anonymized_file_alternate_Alternate_ACCESS.csv", 2026, "alternate_2026"),
]
DOMAINS = ("Listening", "Reading", "Speaking", "Writing", "Comprehension", "Literacy", "Oral", "Overall")
FORWARD = {"ela": "ELA", "mathematics": "MTH", "science": "SCN", "social_studies": "SS"}
READY = {"ela": "ELA", "mathematics": "Math", "science": "Sci", "social_studies": "Soc"}


@pytest.fixture
def samples(shared_data: Path) -> Path:
    return shared_data / "edfi" / "assessment_vendor_files"


def lines_of(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as handle:
        return list(csv.DictReader(handle))


def counts(values) -> Counter:
    return Counter(value for value in values if value not in (None, "", "NA"))


@pytest.mark.parametrize("source_id", SOURCES)
def test_names_birth_dates_and_answers_are_ignored_by_name(source_id: str) -> None:
    source = discover()[source_id]
    assert source.spec.is_restricted
    kept = [line for line in source.columns.of("results") if line.type.kind != "ignored"]
    words = ("lastname", "firstname", "birth", "dob", "initial", "middle", "response", "answer")
    headers = {h for line in kept for h in line.headers.values()}
    assert not [h for h in headers if any(w in h.lower().replace("_", "").replace(" ", "") for w in words)]
    ignored = {h.lower() for x in source.columns.of("results") if x not in kept for h in x.headers.values()}
    assert any("last" in h or "lname" in h for h in ignored) and any(
        "dob" in h or "birth" in h for h in ignored
    )


@pytest.mark.parametrize(("name", "year", "release"), WIDA_SOUND)
def test_a_sound_access_file_is_read_whole(samples, tmp_path, name, year, release) -> None:
    file = samples / "ACCESS" / "data" / name
    result = read_results("wida_access_results", file, tmp_path, school_year=year, release=release)
    printed = lines_of(file)
    assert (result.rows_in, result.rows_quarantined) == (len(printed) * len(DOMAINS), 0)
    rows = result.table.to_pylist()
    for domain in DOMAINS:
        own = [row for row in rows if row["domain"] == domain.lower()]
        scores = counts(int(row["scale_score"]) for row in own if row["scale_score"] is not None)
        assert scores == counts(
            int(line[f"Scale Score - {domain}"])
            for line in printed
            if line[f"Scale Score - {domain}"].strip() != "NA"
        )
        not_tested = sum(row["scale_score_marker"] == "not_tested" for row in own)
        assert not_tested == sum(line[f"Scale Score - {domain}"].strip() == "NA" for line in printed)
    levels = {row["alternate_level"] for row in rows if row["alternate_level"]}
    assert (levels != set()) == (release == "alternate_2021")


def test_an_access_file_whose_lithocodes_a_spreadsheet_damaged_is_refused_without_showing_them(
    samples, tmp_path
) -> None:
    file = samples / "ACCESS" / "data" / "sample_anonymized_file_ACCESS.csv"
    assert "9.90694E+11" in file.read_text(encoding="utf-8-sig")
    with pytest.raises(BoundExceeded) as refused:
        read_results("wida_access_results", file, tmp_path, school_year=2026, release="online_2026")
    said = str(refused.value)
    assert "spreadsheet" in said and "digits are lost" in said and "Lithocode" in said
    assert refused.value.value is None and "E+11" not in said


def test_a_ready_file_gives_each_subject_s_scores(samples, tmp_path) -> None:
    file = samples / "SC_READY" / "data" / "sample_anonymized_file.csv"
    result = read_results("sc_ready_results", file, tmp_path, school_year=2024)
    printed = lines_of(file)
    assert len(printed[0]) == 2135
    rows = result.table.to_pylist()
    assert len(rows) == 4 * len(printed)
    for subject, prefix in READY.items():
        own = [row for row in rows if row["subject"] == subject]
        for column, suffix in (("scale_score", "VSS"), ("raw_score", "RS"), ("performance_level", "Lev")):
            assert counts(str(row[column]) for row in own if row[column] is not None) == counts(
                line[prefix + suffix] for line in printed
            )


def test_a_ready_file_of_another_spring_is_refused(samples, tmp_path) -> None:
    file = samples / "SC_READY" / "data" / "sample_anonymized_file.csv"
    with pytest.raises(SpmError, match="year"):
        read_results("sc_ready_results", file, tmp_path, school_year=2025)


def test_a_forward_file_gives_each_subject_s_scores_and_reasons(samples, tmp_path) -> None:
    file = samples / "WI_Forward" / "data" / "sample_anonymized_file.csv"
    result = read_results("wi_forward_results", file, tmp_path, school_year=2025)
    printed = lines_of(file)
    rows = result.table.to_pylist()
    assert len(rows) == 6 * len(printed)
    for subject, word in FORWARD.items():
        own = [row for row in rows if row["subject"] == subject]
        scores = counts(str(row["scale_score"]) for row in own if row["scale_score"] is not None)
        assert scores == counts(line[f"Scale_Score_{word}"] for line in printed)
        attempted = counts(row["was_attempted"] for row in own)
        assert attempted["yes"] == sum(line[f"{word}_Attempted_Status"] == "Y" for line in printed)


def test_a_record_that_lost_a_character_is_refused(samples, tmp_path) -> None:
    file = samples / "STAAR_Summative" / "data" / "sample_anonymized_file.txt"
    with pytest.raises(SpmError) as refused:
        read_results("tx_staar_summative", file, tmp_path, school_year=2023)
    assert (refused.value.line, refused.value.value) == (1, None)
    assert "3999 characters" in refused.value.what and "4000" in refused.value.what


def test_a_whole_record_gives_each_subject_s_scores_by_their_positions(samples, tmp_path) -> None:
    file = samples / "STAAR_Summative" / "data" / "sample_anonymized_file.txt"
    records = file.read_text(encoding="ascii").splitlines()
    # The sample lost one blank between the opportunity keys and the refusals behind them; here it is again.
    whole = [f"{record[:3300]} {record[3300:]}" for record in records]
    mended = tmp_path / "mended.txt"
    mended.write_text("".join(f"{record}\n" for record in whole), encoding="ascii")
    result = read_results("tx_staar_summative", mended, tmp_path / "home", school_year=2023)
    rows = result.table.to_pylist()
    assert len(rows) == 4 * len(whole) and result.rows_quarantined == 0
    for subject, start in (("reading_language_arts", 408), ("mathematics", 762)):
        own = [row for row in rows if row["subject"] == subject]
        printed = counts(record[start : start + 4].strip() for record in whole)
        assert counts(str(r["scale_score"]) for r in own if r["scale_score"] is not None) == printed
        assert printed.total() > 5
        assert {row["refused_online"] for row in own if row["score_code"] == "scored"} == {False}
    meets = sum(record[422] == "1" for record in whole)
    assert (
        sum(r["meets_grade_level"] is True for r in rows if r["subject"] == "reading_language_arts") == meets
    )


def test_a_csv_whose_last_columns_have_shifted_is_refused(samples, tmp_path) -> None:
    file = samples / "STAAR_Summative" / "data" / "sample_anonymized_file.csv"
    assert lines_of(file)[0]["period"] == "" and lines_of(file)[0]["blank_425"] == "."
    with pytest.raises(SpmError) as refused:
        read_results("tx_staar_summative", file, tmp_path, school_year=2023, release="csv")
    assert refused.value.column == "period"
