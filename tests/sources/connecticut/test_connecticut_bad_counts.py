"""Exports whose columns are groups, or whose names run on, wrong in ways they can go wrong."""

from __future__ import annotations

import pytest

from warehouse.model.errors import SpmError

GENDER = "enrollment__2011-12_gender.csv"
COUNTS = '''"Student Counts by District and Gender"
"All Districts"
"2011-12"

"",,"Gender",,
"District","District Code","Female","Male","Total"
"Ash Hollow School District","=""0990011""",4,"*",11
"Total","=""""",4,7,11

'''
CROSS = """"Student Counts by Race and Gender"
"State of Connecticut"
"2011-12"

"","Gender",,
"Race","Female","Male","Total"
"Asian",4,7,11
"Total",4,7,11

"""
CROSS_NAME = "enrollment__2011-12_race_ethnicity-by-gender_ct.csv"
STATE = """"Overall Expenditures, 2011-12"
"State of Connecticut"

"District","Type","Total","State % of Total"
"State of Connecticut","Transportation",30,75.0
,="Other",10,25.0

"""
STATE_NAME = "annual-expenditures__2011-12_ct.csv"
ENROLLMENT = {"source_id": "ct_edsight_enrollment", "table": "counts"}
CROSSES = {"source_id": "ct_edsight_enrollment", "table": "crosses"}
SPENT = {"source_id": "ct_edsight_expenditures", "table": "state"}


@pytest.fixture
def refusal(read_invented):
    def get(*arguments, **more) -> SpmError:
        with pytest.raises(SpmError) as refused:
            reading_with_empty_tables(read_invented, *arguments, **more)
        return refused.value

    return get


def reading_with_empty_tables(read_invented, name, text, **more):
    """Read one table of a source of two; the other gets a sound file."""
    others = {"counts": ("crosses", CROSS_NAME, CROSS), "crosses": ("counts", GENDER, COUNTS)}
    districts = ("districts", "annual-expenditures__2011-12.csv", DISTRICTS)
    beside = others.get(more["table"], districts)
    return read_invented(name, text, beside=beside, **more)


DISTRICTS = """"Overall Expenditures, 2011-12"
"All Districts"

"","_","_","_","_","_","_","_","_","_","_"
"District","Instructional Staff and Services","Instructional Supplies and Equipment",\
"Improvement of Instruction and Educational Media Services","Student Support Services",\
"Administration and Support Services","Plant Operation and Maintenance","Transportation",\
"Students Tuitioned Out","Other","Total Expenditures"
="Ash Hollow School District",10,1,1,1,1,1,1,N/A,1,17
="Birch School District",10,1,1,1,1,1,1,1,1,19

"""


def test_columns_that_are_groups_become_rows_and_the_total_line_is_the_state(read_invented):
    table = reading_with_empty_tables(read_invented, GENDER, COUNTS, **ENROLLMENT).tables["counts"].table
    rows = [
        (r["organization_code"], r["student_group"], r["students"], r["students_marker"], r["source_line"])
        for r in table.to_pylist()
    ]
    assert rows == [
        ("0990011", "female", 4, None, 7),
        ("0990011", "male", None, "suppressed", 7),
        ("0990011", "all", 11, None, 7),
        ("CT", "female", 4, None, 8),
        ("CT", "male", 7, None, 8),
        ("CT", "all", 11, None, 8),
    ]


def test_a_name_that_runs_on_and_a_formula_around_a_text_are_read_as_meant(read_invented):
    reading = reading_with_empty_tables(read_invented, STATE_NAME, STATE, **SPENT)
    rows = reading.tables["state"].table.to_pylist()
    assert [(r["organization_name"], r["purpose"]) for r in rows] == [
        ("State of Connecticut", "transportation"),
        ("State of Connecticut", "other"),
    ]


def test_a_total_that_its_parts_do_not_make_is_told_and_one_with_a_gap_is_not_judged(read_invented):
    reading = reading_with_empty_tables(read_invented, STATE_NAME, STATE, **SPENT)
    (warning,) = reading.tables["districts"].warnings
    assert warning.startswith("1 of 2 lines where total_usd is not the sum") and "19.00" in warning


def test_a_first_row_without_a_name_is_refused(refusal):
    error = refusal(
        STATE_NAME, STATE.replace('"State of Connecticut","Tr', ',"Tr').replace(",,", ","), **SPENT
    )
    assert error.line == 5 and "no name" in error.what


def test_the_year_in_a_line_of_its_own_must_be_the_name_s(refusal):
    error = refusal(GENDER, COUNTS.replace('"2011-12"', '"2012-13"'), **ENROLLMENT)
    assert (error.line, error.value) == (3, "2012-13") and "2011-12" in error.what


def test_a_breakdown_that_the_name_does_not_promise_is_refused(refusal):
    error = refusal(GENDER, COUNTS.replace("and Gender", "and Race"), **ENROLLMENT)
    assert (error.line, error.value) == (1, "Student Counts by District and Race")


def test_a_total_line_of_another_name_is_no_district(refusal):
    error = refusal(GENDER, COUNTS.replace('"Total","=""""",', '"All","=""""",'), **ENROLLMENT)
    assert error.line == 8


def test_a_new_group_in_a_column_is_refused_by_name(refusal):
    error = refusal(GENDER, COUNTS.replace('"Male"', '"Nonbinary"'), **ENROLLMENT)
    assert error.value == "Gender: Nonbinary"


def test_a_cross_table_of_a_group_that_is_not_known_is_refused(refusal):
    error = refusal(CROSS_NAME, CROSS.replace('"Race","Female"', '"Homeless","Female"'), **CROSSES)
    assert "Homeless" in str(error)


def test_a_name_with_an_unknown_label_behind_a_known_one_is_refused(refusal):
    error = refusal("enrollment__2011-12_race_ethnicity-by-migrant_ct.csv", CROSS, **CROSSES)
    assert error.value == "ethnicity-by-migrant"
