"""Connecticut's enrollment in core, against every cell of files of 2011-12, and the schools of 2014-15."""

from __future__ import annotations

import pytest
from connecticut_reading import query, recount, run_mapping

FOLDER = "ct_edsight/enrollment-district/enrollment__2011-12_"
GROUPS = {
    "race": {
        "American Indian or Alaska Native": "american_indian_or_alaska_native",
        "Asian": "asian",
        "Black or African American": "black_or_african_american",
        "Hispanic/Latino of any race": "hispanic_or_latino",
        "Native Hawaiian or Other Pacific Islander": "native_hawaiian_or_other_pacific_islander",
        "Two or More Races": "two_or_more_races",
        "White": "white",
    },
    "gender": {"Female": "female", "Male": "male"},
    "all-students": {"Total": "all"},
}


@pytest.fixture(scope="module")
def enrolled(declared, crosswalk):
    return run_mapping(declared("ct_edsight_enrollment", 2012), "enrollment", crosswalk)


@pytest.mark.parametrize("breakdown", GROUPS)
def test_every_cell_is_a_count_of_its_district_or_hidden(enrolled, crosswalk, shared_data, breakdown):
    file = recount(shared_data / f"{FOLDER}{breakdown}.csv")
    known = dict(
        query(
            "SELECT lea_identifier_sea, lea_identifier_nces FROM "
            f"read_csv('{crosswalk}', all_varchar = true) WHERE status = 'reviewed'"
        )
    )
    wanted = {}
    for row in file.rows:
        cells = dict(zip(file.header[2:], row[2:], strict=True))
        place = "CT" if row[0] == "Total" else known.get(row[1], f"CT-{row[1]}")
        for header, group in GROUPS[breakdown].items():
            cell = cells.get(header, cells.get("Count", ""))
            wanted[place, group] = None if cell == "*" else int(cell.replace(",", ""))
    found = query(
        "SELECT organization_id, student_group, enrolled_students, suppression FROM enrolled "
        "WHERE grade = 'all'",
        enrolled=enrolled,
    )
    groups = set(GROUPS[breakdown].values())
    assert {(o, g): n for o, g, n, _ in found if g in groups} == wanted
    assert {s for *_, n, s in found if n is None} == {"suppressed_at_source"}
    assert len(wanted) > 190


def test_no_cell_stands_twice_and_districts_alone_are_summed(enrolled):
    assert query(
        "SELECT count(*) - count(DISTINCT (organization_id, student_group, grade)), "
        "bool_and(is_additive = (organization_id <> 'CT')) FROM enrolled",
        enrolled=enrolled,
    ) == [(0, True)]


def test_schools_stand_beside_their_districts_and_are_not_summed_again(declared, crosswalk):
    enrolled = run_mapping(declared("ct_edsight_enrollment", 2015), "enrollment", crosswalk)
    ((schools, additive, twice),) = query(
        "SELECT count(*) FILTER (WHERE regexp_full_match(organization_id, 'CT-[0-9]{7}-[0-9]{7}')), "
        "sum(enrolled_students) FILTER (WHERE is_additive AND student_group = 'all' AND grade = 'all'), "
        "count(*) - count(DISTINCT (organization_id, student_group, grade)) FROM enrolled",
        enrolled=enrolled,
    )
    assert (schools, twice) == (1293, 0)
    assert query(
        "SELECT enrolled_students FROM enrolled WHERE organization_id = 'CT' AND student_group = 'all' "
        "AND grade = 'all'",
        enrolled=enrolled,
    ) == [(additive,)]
