"""Exports wrong in the ways EdSight's files can go wrong: each gives one clear error and no rows."""

from __future__ import annotations

import pytest

from sources.readers.edsight_names import vocabulary
from sources.spec import TableSpec
from warehouse.model.errors import SpmError

NAME = "chronic-absenteeism__2011-12_gender.csv"
GOOD = '''"Chronic Absenteeism, 2011-12"
", Gender"

"District","District Code","Gender","% Chronically Absent"
"Ash Hollow School District","=""0990011""","Female",8.1
"Ash Hollow School District","=""0990011""","Male","*"
="Birch Inc., Academy District","=""2990013""","Female",2.6

'''
STATE = """"Chronic Absenteeism, 2011-12"
"State of Connecticut, Gender"

"Organization","Gender","% Chronically Absent"
"State of Connecticut","Female",11.0
"""
COHORTS = '''"Four-Year Graduation Rates, 2011-12"
"All Districts, All Students"

"",,,"Graduates",
"District","District Code","Four-Year Cohort Count","Graduation Count","Graduation Rate"
"Ash Hollow School District","=""0990011""",10,8,80.0
'''
SHARES = """"Percentage of Revenue by Source (Excluding School Construction), 2011-12"
"All Districts"

"","_","_","_","_"
"District","Local","State","Federal","Tuition & Other"
="Birch Inc., Academy District",0.0,81.6,11.3,7.1
="Cedar Academy District",5.6,91.8,12.4,-9.8
"""


def refusal(read_invented, *arguments, **more) -> SpmError:
    with pytest.raises(SpmError) as refused:
        read_invented(*arguments, **more)
    assert refused.value.remedy
    assert "/tmp" not in str(refused.value)
    return refused.value


def test_a_sound_export_is_read_with_codes_names_and_marks_exact(read_invented):
    rows = read_invented(NAME, GOOD).tables["rates"].table.to_pylist()
    assert [r["organization_code"] for r in rows] == ["0990011", "0990011", "2990013"]
    assert rows[2]["organization_name"] == "Birch Inc., Academy District"
    assert [r["student_group"] for r in rows] == ["female", "male", "female"]
    assert [(r["chronically_absent_percent_marker"], r["source_line"]) for r in rows] == [
        (None, 5),
        ("suppressed", 6),
        (None, 7),
    ]
    assert rows[1]["chronically_absent_percent"] is None


def test_three_title_lines_are_as_good_as_two(read_invented):
    text = GOOD.replace('", Gender"\n', '"All Districts"\n"Gender"\n')
    assert read_invented(NAME, text).tables["rates"].rows_out == 3


def test_a_title_of_another_year_refuses_the_file(read_invented):
    error = refusal(read_invented, NAME, GOOD.replace("2011-12", "2012-13"))
    assert (error.file, error.line, error.value) == (NAME, 1, "Chronic Absenteeism, 2012-13")
    assert "2011-12" in error.what


def test_a_file_declared_for_another_year_is_refused(read_invented):
    error = refusal(read_invented, NAME, GOOD, school_year=2013)
    assert (error.file, error.value) == (NAME, "2011-12")
    assert "2013" in error.what and "sources.yml" in error.remedy


def test_a_title_of_another_group_refuses_the_file(read_invented):
    error = refusal(read_invented, NAME, GOOD.replace('", Gender"', '", Race/Ethnicity"'))
    assert (error.line, error.value) == (2, "Race/Ethnicity")


def test_the_state_s_figures_are_not_taken_for_a_district_s(read_invented):
    error = refusal(read_invented, NAME, STATE)
    assert error.value == "State of Connecticut, Gender"
    other = STATE.replace('"State of Connecticut","F', '"Ash Hollow School District","F')
    error = refusal(read_invented, "chronic-absenteeism__2011-12_gender_ct.csv", other)
    assert (error.line, error.value) == (5, "Ash Hollow School District")


def test_a_missing_blank_line_after_the_titles_refuses_the_file(read_invented):
    error = refusal(read_invented, NAME, GOOD.replace('Gender"\n\n"District"', 'Gender"\n"District"'))
    assert "blank line" in error.what and error.line == 3


@pytest.mark.parametrize("name", ["chronic-absenteeism__2011-12_migrant.csv", "absence 2012.csv"])
def test_a_file_with_a_name_that_the_source_does_not_know_is_refused_not_skipped(read_invented, name):
    error = refusal(read_invented, name, GOOD)
    assert error.file == name and "ignored_files" in error.remedy


def test_a_name_whose_years_do_not_follow_each_other_is_refused(read_invented):
    assert refusal(read_invented, "chronic-absenteeism__2011-13_gender.csv", GOOD).value == "2011-13"


def test_an_unknown_group_is_refused_by_name(read_invented):
    error = refusal(read_invented, NAME, GOOD.replace('"Male"', '"Nonbinary"'))
    assert (error.file, error.line, error.value) == (NAME, 6, "Gender: Nonbinary")


def test_a_code_without_its_formula_is_refused(read_invented):
    error = refusal(read_invented, NAME, GOOD.replace('"=""0990011""","Male"', '990011,"Male"'))
    assert (error.line, error.column, error.value) == (6, "District Code", "990011")


def test_a_code_that_lost_its_zeros_inside_the_formula_is_refused(read_invented):
    error = refusal(read_invented, NAME, GOOD.replace('"=""0990011""","Male"', '"=""990011""","Male"'))
    assert (error.line, error.value) == (6, "990011")


def test_a_new_column_is_refused_by_name(read_invented):
    text = "\n".join(
        line + (',"Days"' if "% Chron" in line else ",5" if "Code" not in line and "=" in line else "")
        for line in GOOD.split("\n")
    )
    error = refusal(read_invented, NAME, text)
    assert "'Days'" in error.what and "columns.csv" in error.remedy


def test_a_renamed_column_is_named_with_what_it_was(read_invented):
    error = refusal(read_invented, NAME, GOOD.replace("% Chronically Absent", "% Chronic Absent"))
    assert "'% Chronic Absent'" in error.what and "% Chronically Absent" in error.remedy


def test_the_column_that_the_title_promises_must_be_there(read_invented):
    error = refusal(read_invented, NAME, GOOD.replace('"Gender","%', '"Sex","%'))
    assert "'Gender'" in error.what


def test_a_file_of_districts_must_name_their_codes(read_invented):
    error = refusal(read_invented, NAME, GOOD.replace('"District Code"', '"Code"'))
    assert "District Code" in error.what


def test_a_file_cut_within_a_line_is_refused(read_invented):
    error = refusal(read_invented, NAME, GOOD[: GOOD.index('"*"') + 2])
    assert error.line == 6 and "cut off" in error.what


def test_a_line_with_too_few_cells_is_refused(read_invented):
    error = refusal(read_invented, NAME, GOOD.replace('"Female",8.1', '"Female"'))
    assert error.line == 5 and "3 cells" in error.what


def test_quotes_that_do_not_close_are_refused(read_invented):
    assert refusal(read_invented, NAME, GOOD.replace('"Male","*"', '"Male,"*"')).line == 6
    assert refusal(read_invented, NAME, GOOD.replace('Academy District"', "Academy District")).line == 7


def test_a_second_table_in_one_file_is_refused(read_invented):
    error = refusal(read_invented, NAME, GOOD + GOOD)
    assert error.line == 8 and "second table" in error.what


def test_a_key_that_stands_twice_is_refused(read_invented):
    error = refusal(read_invented, NAME, GOOD.replace('"Male"', '"Female"'))
    assert "more than once" in error.what


def test_a_count_with_a_letter_in_it_is_refused(read_invented):
    name = "four-year-graduation-rates__2011-12_all-students_grad.csv"
    more = {"source_id": "ct_edsight_graduation", "table": "graduates"}
    error = refusal(read_invented, name, COHORTS.replace(",10,8,", ",1O,8,"), **more)
    assert (error.line, error.column, error.value) == (6, "Four-Year Cohort Count", "1O")


def test_graduates_are_not_taken_for_non_graduates(read_invented):
    sound = "four-year-graduation-rates__2011-12_all-students_grad.csv"
    error = refusal(
        read_invented,
        sound.replace("_grad", "_nongrad"),
        COHORTS,
        source_id="ct_edsight_graduation",
        table="nongraduates",
        beside=("graduates", sound, COHORTS),
    )
    assert "'Non-Graduates'" in error.what and error.value == "Graduates"


def test_a_line_of_bands_of_another_width_is_refused(read_invented):
    name = "four-year-graduation-rates__2011-12_all-students_grad.csv"
    more = {"source_id": "ct_edsight_graduation", "table": "graduates"}
    error = refusal(read_invented, name, COHORTS.replace('"Graduates",', '"Graduates",,'), **more)
    assert error.line == 5 and "6 cells" in error.what


def test_a_name_with_a_comma_in_a_bare_formula_stays_one_cell(read_invented):
    name = "revenue-sources__2011-12_excluding-school-construction.csv"
    more = {"source_id": "ct_edsight_revenue", "table": "shares"}
    rows = read_invented(name, SHARES, **more).tables["shares"].table.to_pylist()
    assert [r["district_name"] for r in rows] == ["Birch Inc., Academy District", "Cedar Academy District"]
    assert float(rows[1]["tuition_and_other_percent"]) == -9.8


def test_a_variant_that_the_name_does_not_promise_is_refused(read_invented):
    name = "revenue-sources__2011-12_including-school-construction.csv"
    more = {"source_id": "ct_edsight_revenue", "table": "shares"}
    assert "Including" in refusal(read_invented, name, SHARES, **more).what


def test_a_byte_of_another_encoding_is_refused_with_its_line(read_invented, tmp_path):
    with pytest.raises(SpmError) as refused:
        read_invented(NAME, GOOD.replace("Birch", "Bi\udcffrch"))
    assert refused.value.line == 7


@pytest.mark.parametrize(
    "options", [{}, {"title": "T", "lables": {"a": "b"}}, {"title": "T", "title_labels": "a"}]
)
def test_options_that_make_no_sense_are_refused(options):
    with pytest.raises(SpmError):
        vocabulary(TableSpec(key=("a",), options=options))
