"""What Connecticut's files become in the core tables, counted again from the files themselves."""

from __future__ import annotations

import csv
import re
from decimal import Decimal

import pytest
from connecticut_reading import query, recount, run_mapping

COHORTS = "ct_edsight/four-year-graduation-rates-district/four-year-graduation-rates__"
MAPPINGS = {
    "ct_edsight_chronic_absence": ("chronic_absence", range(2012, 2017)),
    "ct_edsight_graduation": ("graduation_cohorts", range(2012, 2016)),
    "ct_edsight_smarter_balanced": ("assessment_results", (2015, 2016)),
    "ct_edsight_revenue": ("lea_finance", range(2006, 2016)),
    "ct_edsight_per_pupil_expenditures": ("school_expenditures", range(2006, 2016)),
}
KEYS = {
    "chronic_absence": "organization_id, student_group, grade",
    "graduation_cohorts": "organization_id, cohort_length, student_group",
    "assessment_results": "organization_id, subject, grade, student_group",
    "lea_finance": "organization_id",
    "school_expenditures": "organization_id",
}
CASES = [(s, table, year) for s, (table, years) in MAPPINGS.items() for year in years]


@pytest.fixture(scope="module")
def mapped(declared, crosswalk):
    done = {}

    def get(source_id, core_table, school_year):
        key = (source_id, core_table, school_year)
        if key not in done:
            done[key] = run_mapping(declared(source_id, school_year), core_table, crosswalk)
        return done[key]

    return get


@pytest.mark.parametrize(("source_id", "core_table", "school_year"), CASES)
def test_every_figure_has_one_row_and_an_organization_of_its_year(mapped, source_id, core_table, school_year):
    facts = mapped(source_id, core_table, school_year)
    known = mapped(source_id, "organizations", school_year)
    rows, keys, strangers = query(
        f"""
        SELECT count(*), count(DISTINCT ({KEYS[core_table]})),
            count(*) FILTER (WHERE organization_id <> 'CT'
                AND organization_id NOT IN (SELECT organization_id FROM known))
        FROM facts
        """,
        facts=facts,
        known=known,
    )[0]
    assert (rows, strangers) == (keys, 0)
    assert query("SELECT count(*) - count(DISTINCT organization_id) FROM known", known=known) == [(0,)]
    lost = query(
        "SELECT count(*) FROM known AS s LEFT JOIN known AS l ON l.organization_id = s.reporting_lea_id "
        "WHERE s.organization_type = 'SCHOOL' AND l.organization_type IS DISTINCT FROM 'LEA'",
        known=known,
    )
    assert lost == [(0,)]


@pytest.mark.parametrize(("source_id", "core_table", "school_year"), CASES)
def test_a_mapping_loses_only_what_it_says_it_loses(mapped, declared, source_id, core_table, school_year):
    stated = {
        "rates": "district_code IS NOT DISTINCT FROM '0000000'",
        "grades_combined": "student_group = 'not_free_or_reduced_lunch_of_three_levels'",
        "grades": "false",
        "shares": "variant = 'including_construction'",
        "per_pupil": "false",
    }
    tables = declared(source_id, school_year).tables
    if source_id == "ct_edsight_graduation":
        expected = query(
            "SELECT count(*) FROM (SELECT organization_code, student_group FROM g "
            "UNION SELECT organization_code, student_group FROM n)",
            g=tables["graduates"].table,
            n=tables["nongraduates"].table,
        )[0][0]
    else:
        expected = sum(
            query(f"SELECT count(*) FROM t WHERE NOT ({stated[name]})", t=result.table)[0][0]
            for name, result in tables.items()
        )
    assert mapped(source_id, core_table, school_year).num_rows == expected


@pytest.mark.parametrize(("source_id", "core_table", "school_year"), CASES)
def test_nothing_of_connecticut_s_may_be_summed(mapped, source_id, core_table, school_year):
    facts = mapped(source_id, core_table, school_year)
    assert query("SELECT DISTINCT is_additive FROM facts", facts=facts) == [(False,)]


def test_absence_is_published_as_a_percentage_without_counts(mapped, shared_data):
    file = recount(
        shared_data / "ct_edsight/chronic-absenteeism-district"
        "/chronic-absenteeism__2015-16_all-students_ct.csv"
    )
    state = query(
        "SELECT rate_percent, eligible_students, chronically_absent_students FROM facts "
        "WHERE organization_id = 'CT' AND student_group = 'all' AND grade = 'all'",
        facts=mapped("ct_edsight_chronic_absence", "chronic_absence", 2016),
    )
    assert state == [(Decimal(file.rows[0][1]), None, None)]


def graduation(mapped, year, where):
    return query(
        "SELECT cohort_students, graduates, rate_percent, rate_percent_low, rate_percent_high, suppression "
        f"FROM facts WHERE {where}",
        facts=mapped("ct_edsight_graduation", "graduation_cohorts", year),
    )


def test_the_state_s_graduation_of_2013_14_is_the_published_one(mapped, shared_data):
    printed = recount(shared_data / f"{COHORTS}2013-14_all-students_grad_ct.csv").rows[0]
    row = graduation(mapped, 2014, "organization_id = 'CT' AND student_group = 'all'")[0]
    assert row == (int(printed[1]), int(printed[2]), Decimal(printed[3]), None, None, None)
    assert row[:3] == (43_050, 37_466, Decimal("87.0"))


@pytest.mark.parametrize(("school_year", "year"), [(2012, "2011-12"), (2013, "2012-13")])
def test_all_graduates_are_the_female_and_the_male_where_no_file_gives_all(
    mapped, shared_data, school_year, year
):
    by_gender = recount(shared_data / f"{COHORTS}{year}_gender_grad_ct.csv").rows
    cohort = int(recount(shared_data / f"{COHORTS}{year}_all-students_nongrad_ct.csv").rows[0][1])
    assert sum(int(row[2]) for row in by_gender) == cohort
    row = graduation(mapped, school_year, "organization_id = 'CT' AND student_group = 'all'")[0]
    assert row == (cohort, sum(int(row[3]) for row in by_gender), None, None, None, None)


def pairs(shared_data, year):
    """Graduates and what non-graduates leave of the cohort, where both files of a group show both."""
    for graduates in sorted((shared_data / COHORTS).parent.glob(f"*__{year}_*_grad*.csv")):
        other = graduates.with_name(graduates.name.replace("_grad", "_nongrad"))
        if not other.exists():
            continue
        wide = graduates.name.endswith("_ct.csv")
        left = {row[:-3]: row[-3:] for row in recount(graduates).rows}
        for row in recount(other).rows:
            cohort, graduated, _ = left[row[:-5]]
            numbers = (cohort, graduated, row[-5], row[-4], row[-2])
            if all(number.isdigit() for number in numbers):
                yield wide, int(row[-5]) - int(row[-4]) - int(row[-2]) - int(graduated)


def test_non_graduates_leave_a_few_students_out_so_they_only_bound_graduates(shared_data):
    found = [p for year in ("2011-12", "2012-13", "2013-14", "2014-15") for p in pairs(shared_data, year)]
    gaps = [gap for _, gap in found]
    assert (len(gaps), sum(gap != 0 for gap in gaps)) == (1411, 71)
    assert min(gaps) == 0
    assert max(gap for is_state, gap in found if is_state) == 6
    assert max(gap for is_state, gap in found if not is_state) == 5


def test_a_group_without_graduates_file_is_bounded_by_the_students_nobody_accounts_for(mapped, shared_data):
    non = recount(shared_data / f"{COHORTS}2011-12_all-students_nongrad_ct.csv").rows[0]
    girls, boys = (int(r[3]) for r in recount(shared_data / f"{COHORTS}2011-12_gender_grad_ct.csv").rows)
    nobody = int(non[1]) - int(non[2]) - int(non[4]) - girls - boys
    learners = recount(shared_data / f"{COHORTS}2011-12_ell_nongrad_ct.csv").rows[0]
    cohort, at_most = int(learners[2]), int(learners[2]) - int(learners[3]) - int(learners[5])
    row = graduation(mapped, 2012, "organization_id = 'CT' AND student_group = 'english_learner'")[0]
    assert nobody > 0
    assert row[:3] == (cohort, None, None)
    assert float(row[3]) == pytest.approx(100 * (at_most - nobody) / cohort, abs=0.0001)
    assert float(row[4]) == pytest.approx(100 * at_most / cohort, abs=0.0001)
    assert row[5] is None


@pytest.mark.parametrize("school_year", range(2012, 2016))
def test_a_hidden_count_of_graduates_is_not_worked_out_from_the_other_file(mapped, declared, school_year):
    tables = declared("ct_edsight_graduation", school_year).tables
    hidden = query(
        """
        SELECT count(*), count(*) FILTER (WHERE n.cohort_students - n.still_enrolled_students
            - n.other_students IS NOT NULL)
        FROM g LEFT JOIN n USING (organization_code, student_group) WHERE g.graduates IS NULL
        """,
        g=tables["graduates"].table,
        n=tables["nongraduates"].table,
    )[0]
    published = query("SELECT count(*) FROM g WHERE graduates IS NOT NULL", g=tables["graduates"].table)
    facts = mapped("ct_edsight_graduation", "graduation_cohorts", school_year)
    shown = query(
        """
        SELECT count(*) FROM facts JOIN g USING (snapshot_sha256, source_line)
        WHERE facts.graduates IS NOT NULL OR rate_percent_low IS NOT NULL
        """,
        facts=facts,
        g=tables["graduates"].table,
    )
    assert hidden[0] > 0 and shown == published


def test_a_count_stays_where_only_its_rate_is_hidden(mapped, shared_data):
    files = (shared_data / COHORTS).parent.glob("*__2011-12_*_grad.csv")
    printed = [r[-3:-1] for f in files for r in recount(f).rows if r[-1] == "*" and r[-2] != "*"]
    kept = graduation(
        mapped,
        2012,
        "graduates IS NOT NULL AND rate_percent IS NULL AND suppression IS NULL "
        "AND student_group <> 'all' AND organization_id <> 'CT'",
    )
    assert len(printed) > 100
    assert sorted((str(row[0]), str(row[1])) for row in kept) == sorted(printed)


def test_three_districts_without_any_identifier_are_kept_and_listed(mapped):
    unknown = set()
    for school_year in range(2006, 2016):
        organizations = mapped("ct_edsight_revenue", "organizations", school_year)
        unknown |= {
            row
            for row in query(
                "SELECT organization_id, organization_name FROM o WHERE lea_identifier_sea IS NULL",
                o=organizations,
            )
        }
    assert {name for _, name in unknown} == {
        "Charter School for Young Children on Asylum Hill District",
        "Cross Cultural Academy District",
        "Highville Mustard Seed Charter School District",
    }
    assert all(re.fullmatch(r"CT-name-[a-z-]+", identifier) for identifier, _ in unknown)


def test_the_federal_share_is_the_one_without_school_construction(mapped, shared_data):
    file = shared_data / "ct_edsight/revenue-sources-district"
    rows = recount(file / "revenue-sources__2014-15_excluding-school-construction.csv").rows
    printed = {row[0]: Decimal(row[3]) for row in rows}
    read = query(
        "SELECT o.organization_name, f.federal_revenue_percent FROM f JOIN o USING (organization_id)",
        f=mapped("ct_edsight_revenue", "lea_finance", 2015),
        o=mapped("ct_edsight_revenue", "organizations", 2015),
    )
    assert dict(read) == printed


def test_a_school_listed_under_several_districts_is_one_organization_in_each(mapped):
    rows = query(
        "SELECT school_identifier_sea, count(*), count(DISTINCT authorizer_lea_id) FROM o "
        "WHERE organization_type = 'SCHOOL' GROUP BY 1 HAVING count(*) > 1 ORDER BY 1",
        o=mapped("ct_edsight_chronic_absence", "organizations", 2016),
    )
    assert rows == [("3480115", 2, 2), ("3480315", 2, 2), ("3480415", 3, 3)]


def test_every_district_stands_in_the_crosswalk_under_the_name_its_files_give(mapped, crosswalk):
    with crosswalk.open(encoding="utf-8", newline="") as handle:
        lines = list(csv.DictReader(handle))
    names = {line["lea_identifier_sea"]: line["lea_name"] for line in lines}
    assert len(names) == len(lines)
    for source_id, (_, years) in MAPPINGS.items():
        if source_id in ("ct_edsight_revenue", "ct_edsight_per_pupil_expenditures"):
            continue  # names without codes, which may be a district's other name
        for year in years:
            for code, name in query(
                "SELECT lea_identifier_sea, organization_name FROM o WHERE organization_type = 'LEA'",
                o=mapped(source_id, "organizations", year),
            ):
                assert names[code] == name
