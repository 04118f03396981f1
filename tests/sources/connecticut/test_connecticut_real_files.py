"""The real EdSight files, read by the product and counted again with the csv module alone."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from connecticut_reading import SOURCES, files_of, query, recount

from sources.registry import discover

YEARS = [
    *(("ct_edsight_chronic_absence", year) for year in range(2012, 2017)),
    *(("ct_edsight_graduation", year) for year in range(2012, 2016)),
    *(("ct_edsight_smarter_balanced", year) for year in (2015, 2016)),
    *(("ct_edsight_revenue", year) for year in range(2006, 2016)),
]
FOLDERS = {
    "ct_edsight_chronic_absence": ("chronic-absenteeism-district", "chronic-absenteeism-school"),
    "ct_edsight_graduation": ("four-year-graduation-rates-district",),
    "ct_edsight_smarter_balanced": ("smarter-balanced-district", "smarter-balanced-school"),
    "ct_edsight_revenue": ("revenue-sources-district",),
}


def test_every_year_that_the_agency_declares_is_tested(connecticut):
    declared = [
        (source, year)
        for source in SOURCES
        for release in connecticut.sources[source].releases
        for year in release.school_years
    ]
    assert sorted(declared) == sorted(YEARS)


@pytest.mark.parametrize("source_id", SOURCES)
def test_every_file_of_the_folders_is_declared_and_left_out_only_by_name(connecticut, shared_data, source_id):
    releases = connecticut.sources[source_id].releases
    declared = {file for r in releases for file in files_of(r, shared_data)}
    ignored = discover()[source_id].spec.ignored_files
    folders = [shared_data / "ct_edsight" / folder for folder in FOLDERS[source_id]]
    assert declared == {file for folder in folders for file in folder.iterdir()}
    assert all(reason for reason in ignored.values())
    left_out = declared - {file for r in releases for file in files_of(r, shared_data, ignored)}
    assert len(left_out) == (10 if source_id == "ct_edsight_revenue" else 0)


@pytest.mark.parametrize(("source_id", "school_year"), YEARS)
def test_rows_in_are_rows_out_and_rows_quarantined_for_every_file(
    declared, connecticut, shared_data, source_id, school_year
):
    read: Counter[str] = Counter()
    for result in declared(source_id, school_year).tables.values():
        assert result.rows_in == result.rows_out + result.rows_quarantined
        assert result.rows_quarantined == 0
        read.update(result.table["source_file"].to_pylist())
    ignored = discover()[source_id].spec.ignored_files
    files = files_of(connecticut.sources[source_id].for_year(school_year), shared_data, ignored)
    assert dict(read) == {str(f.relative_to(shared_data)): len(recount(f).rows) for f in files}


@pytest.mark.parametrize(("source_id", "school_year"), YEARS)
def test_every_hidden_cell_of_every_file_is_marked_as_hidden(
    declared, connecticut, shared_data, source_id, school_year
):
    marked: dict[str, Counter[str]] = {}
    for result in declared(source_id, school_year).tables.values():
        columns = [c for c in result.table.column_names if c.endswith("_marker")]
        files = result.table["source_file"].to_pylist()
        for column in columns:
            empty = result.table[column.removesuffix("_marker")].is_null().to_pylist()
            for file, mark, is_null in zip(files, result.table[column].to_pylist(), empty, strict=True):
                assert is_null == (mark is not None)
                marked.setdefault(file, Counter())[str(mark)] += 1
    ignored = discover()[source_id].spec.ignored_files
    for file in files_of(connecticut.sources[source_id].for_year(school_year), shared_data, ignored):
        cells = Counter(cell for row in recount(file).rows for cell in row)
        found = marked.get(str(file.relative_to(shared_data)), Counter())
        assert (found["suppressed"], found["not_applicable"]) == (cells["*"], cells["N/A"]), file.name


@pytest.mark.parametrize(("source_id", "school_year"), [y for y in YEARS if y[0] != "ct_edsight_revenue"])
def test_every_district_code_keeps_its_seven_digits(
    declared, connecticut, shared_data, source_id, school_year
):
    release = connecticut.sources[source_id].for_year(school_year)
    printed = {
        code
        for file in files_of(release, shared_data)
        for code in re.findall(r'(?m)^"[^"]*","=""([^"]*)"""', file.read_text(encoding="ascii"))
    }
    codes = {
        code
        for result in declared(source_id, school_year).tables.values()
        for code in result.table["district_code"].to_pylist()
        if code is not None
    }
    assert codes == printed
    assert "0010011" in codes or source_id == "ct_edsight_graduation"  # Andover has no high school
    assert all(re.fullmatch("[0-9]{7}", code) for code in codes)


@pytest.mark.parametrize("school_year", range(2012, 2017))
def test_state_level_rows_left_out_repeat_the_state_s_own_files(declared, school_year):
    rates = declared("ct_edsight_chronic_absence", school_year).tables["rates"].table
    pairs = query(
        """
        SELECT l.chronically_absent_percent, s.chronically_absent_percent
        FROM rates AS l LEFT JOIN rates AS s ON s.organization_level = 'state'
            AND s.student_group = l.student_group AND s.grade = l.grade
        WHERE l.district_code = '0000000'
        """,
        rates=rates,
    )
    assert len(pairs) in (29, 31)  # two more where schools are published
    assert all(left is not None and left == own for left, own in pairs)


@pytest.mark.parametrize("school_year", [2015, 2016])
def test_assessment_counts_agree_with_each_other_wherever_they_are_shown(declared, school_year):
    for result in declared("ct_edsight_smarter_balanced", school_year).tables.values():
        levels = "level_1_students + level_2_students + level_3_students + level_4_students"
        checked, wrong = query(
            f"""
            SELECT
                (count({levels} - scored_students), count(proficient_students * scored_students)),
                (
                    count(*) FILTER (WHERE {levels} <> scored_students),
                    count(*) FILTER (WHERE level_3_students + level_4_students <> proficient_students),
                    count(*) FILTER (WHERE scored_students > tested_students),
                    count(*) FILTER (WHERE tested_students > enrolled_students),
                    count(*) FILTER (WHERE abs(100 * proficient_students / nullif(scored_students, 0)
                        - CAST(proficient_percent AS DOUBLE)) > 0.05000001),
                    count(*) FILTER (WHERE abs(100 * tested_students / nullif(enrolled_students, 0)
                        - CAST(participation_percent AS DOUBLE)) > 0.05000001)
                )
            FROM results
            """,
            results=result.table,
        )[0]
        assert min(checked) > 3000
        assert set(wrong) == {0}


@pytest.mark.parametrize("district", ["0930011", "0150011", "0890011"])
def test_a_district_s_assessment_is_what_its_file_prints(declared, shared_data, district):
    file = recount(
        shared_data / "ct_edsight/smarter-balanced-district"
        "/smarter-balanced__2014-15_ela-and-math_all-students_all-grades-combined.csv"
    )
    at = {name: i for i, name in enumerate(file.header)}
    printed = {
        row[2].lower(): (int(row[at["Total Number with Scored Tests"]]), int(row[-2]), row[-1])
        for row in file.rows
        if row[1] == district
    }
    combined = declared("ct_edsight_smarter_balanced", 2015).tables["grades_combined"].table
    read = query(
        f"""
        SELECT subject, scored_students, proficient_students, proficient_percent FROM results
        WHERE organization_code = '{district}' AND student_group = 'all'
        """,
        results=combined,
    )
    assert {s: (scored, count, f"{percent:.1f}") for s, scored, count, percent in read} == printed
    assert set(printed) == {"ela", "math"}


@pytest.mark.parametrize("school_year", [2015, 2016])
def test_not_eligible_of_three_levels_is_not_eligible_of_two(declared, school_year):
    shown, different = query(
        """
        SELECT count(a.proficient_students + b.proficient_students),
            count(*) FILTER (WHERE a.proficient_students <> b.proficient_students
                OR a.tested_students <> b.tested_students OR a.enrolled_students <> b.enrolled_students)
        FROM r AS a JOIN r AS b USING (organization_code, subject, grade)
        WHERE a.student_group = 'not_free_or_reduced_lunch'
            AND b.student_group = 'not_free_or_reduced_lunch_of_three_levels'
        """,
        r=declared("ct_edsight_smarter_balanced", school_year).tables["grades_combined"].table,
    )[0]
    assert shown > 200 and different == 0


@pytest.mark.parametrize("school_year", range(2006, 2016))
def test_shares_of_revenue_make_a_hundred_percent_in_both_variants(declared, school_year):
    variants = query(
        """
        SELECT variant, count(*), max(abs(local_percent + state_percent + federal_percent
            + tuition_and_other_percent - 100)) FROM shares GROUP BY variant
        """,
        shares=declared("ct_edsight_revenue", school_year).tables["shares"].table,
    )
    assert {v for v, _, _ in variants} == {"excluding_construction", "including_construction"}
    assert len({count for _, count, _ in variants}) == 1
    assert all(gap <= 0.2001 for _, _, gap in variants)
