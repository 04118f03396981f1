"""What design.md promises that an engineer has to touch: each thing is added, and nothing else is edited."""

from __future__ import annotations

from typing import Any

from scaffold import Tree
from small_state import AGENCY, ELM, LEA, OAK

POVERTY_SOURCE = {
    "source.yml": """\
id: little_poverty
title: Children in poverty in Littleland
publisher: Littleland
licence: invented
family: federal_program
cadence: annual
expected_lag_days: 90
owner: federal-programs
contact: nobody
privacy: public
reader: delimited
tables:
  districts:
    key: [lea]
    rows: {minimum: 1, maximum: 10}
provides:
  - {core_table: poverty, grains: [LEA], counts: true}
""",
    "columns.csv": "table,column,type,member,required,all\n"
    "districts,lea,id([0-9]{7}),,yes,District\ndistricts,people,count,,yes,People\n"
    "districts,children,count,,yes,Children\ndistricts,poor,count,,yes,Poor\n",
    "core/poverty.sql": """\
SELECT x.lea AS organization_id, x.school_year, x.people AS population_total, x.children AS population_5_17,
    x.poor AS children_5_17_in_poverty, true AS is_additive, x.source_id, x.snapshot_sha256, x.source_line,
    x.data_status
FROM raw.little_poverty__districts AS x
""",
    "golden/golden.yml": "school_year: 2024\nfiles: {districts: [poverty.csv]}\n",
    "golden/poverty.csv": 'District,People,Children,Poor\n0900001,"5,000",800,200\n0900002,40,8,0\n',
    "golden/expected_districts.csv": "source_line,lea,people,children,poor\n"
    "2,0900001,5000,800,200\n3,0900002,40,8,0\n",
}


def values(found: dict[str, Any], measure: str, organization: str = "LL") -> dict[int, float]:
    return {
        row["school_year"]: row["value"]
        for row in found["values"]
        if (row["measure_id"], row["organization_id"], row["student_group"]) == (measure, organization, "all")
        or (row["measure_id"], row["organization_id"], row["student_group"])
        == (measure, organization, "none")
    }


def test_a_source_is_one_folder(tree: Tree) -> None:
    for name, text in POVERTY_SOURCE.items():
        tree.add(f"sources/little_poverty/{name}", text)
    assert {path.split("/")[1] for path in tree.touched} == {"little_poverty"}
    assert "3 passed" in tree.golden_pairs("little_poverty")
    # The agency switches it on and says where its file is; that is its own decision, and no registration.
    tree.change(
        "agencies/littleland/sources.yml",
        "sources:\n",
        "sources:\n  little_poverty:\n    releases:\n      - {school_years: [2024], files: [poverty.csv]}\n",
    )
    tree.data("poverty.csv", f"District,People,Children,Poor\n{LEA},5000,800,200\n")
    found = tree.refresh()
    assert {"raw/little_poverty", "core/poverty", "measures/poverty"} <= set(found["assets"])
    assert [row["children_5_17_in_poverty"] for row in found["tables"]["poverty"]] == [200]
    assert values(found, "child_poverty_rate") == {2024: 25.0}


def test_a_school_year_of_a_known_source_is_one_line(tree: Tree) -> None:
    tree.change("agencies/littleland/agency.yml", "[2023, 2024]", "[2023, 2024, 2025]")
    tree.change(
        "agencies/littleland/sources.yml", "[2023, 2024], files: [dir", "[2023, 2024, 2025], files: [dir"
    )
    tree.touched.clear()  # the agency expects the year; its directory is there, absence not yet
    tree.data("absence_2025.csv", f"School,Group,Eligible,Absent\n{OAK},All,100,5\n{ELM},All,200,10\n")
    last = "      - {school_years: [2024], files: [absence_2024.csv]}\n"
    line = "      - {school_years: [2025], files: [absence_2025.csv]}\n"
    tree.change("agencies/littleland/sources.yml", last, last + line)
    assert tree.touched == ["agencies/littleland/sources.yml"]
    found = tree.refresh()
    assert values(found, "chronic_absence_rate") == {2023: 20.0, 2024: 16.0, 2025: 5.0}


def test_a_core_table_is_a_contract_and_a_query(tree: Tree) -> None:
    tree.add(
        "warehouse/contracts/school_sizes.yml",
        """\
table: school_sizes
layer: core
title: Sizes of schools
grain: one row per organization and school year
key: [organization_id, school_year]
owner: student-data
history: replaced per school year
fields:
  - name: organization_id
  - name: school_year
  - {name: size, type: text, description: Small or large., codes: [small, large]}
  - {name: counted_on, type: date, description: Day of the count.}
references:
  - {columns: [organization_id, school_year], table: organizations, to: [organization_id, school_year]}
""",
    )
    tree.add(
        "assets/core/school_sizes.sql",
        "SELECT organization_id, school_year,\n"
        "    CASE WHEN eligible_students < 150 THEN 'small' ELSE 'large' END AS size,\n"
        "    make_date(school_year, 2, 1) AS counted_on\n"
        "FROM core.chronic_absence WHERE student_group = 'all'\n",
    )
    assert len(tree.touched) == 2
    by_month = "periods: {date: counted_on, every: month, year: last}\n"
    large = COUNTED.format(id="large_schools", table="school_sizes", kind="count", value="count(*)", by="[]")
    tree.add("warehouse/measures/large_schools.yml", large + "where: size = 'large'\n" + by_month)
    found = tree.refresh()
    assert "large_schools" in found["measures"]
    counted = [
        v for v in found["values"] if (v["measure_id"], v["organization_id"]) == ("large_schools", "LL")
    ]
    assert [(v["period"], v["value"], v["numerator"]) for v in counted] == [
        ("2023-02", 1.0, "1.00"), ("annual", 1.0, "1.00"), ("2024-02", 1.0, "1.00"), ("annual", 1.0, "1.00")
    ]  # fmt: skip
    assert "core/school_sizes" in found["assets"]
    rows = [(r["organization_id"], r["school_year"], r["size"]) for r in found["tables"]["school_sizes"]]
    assert rows == [(OAK, 2023, "small"), (ELM, 2023, "large"), (OAK, 2024, "small"), (ELM, 2024, "large")]
    assert "size_is_a_known_code" in found["checks"]


COUNTED = """\
id: {id}
title: {id}
definition: Invented.
limits: Invented.
from: {table}
kind: {kind}
value: {value}
unit: count
decimals: 1
polarity: informational
grains: [LEA, SEA]
by: {by}
roll_up: {{from: SCHOOL, to: [LEA, SEA]}}
counts_people: false
cadence: annual
expected_lag_days: 30
owner: student-data
version: 1
"""


def test_a_measure_is_one_file(tree: Tree) -> None:
    tree.add(
        "warehouse/measures/present_rate.yml",
        """\
id: present_rate
title: Students who come
definition: Of the students, the percentage who are not chronically absent.
limits: None.
from: chronic_absence
kind: ratio
numerator: sum(eligible_students) - sum(chronically_absent_students)
denominator: sum(eligible_students)
interval: wilson
unit: percent
decimals: 1
polarity: higher
grains: [SCHOOL, LEA, SEA]
by: [student_group, grade]
roll_up: {from: SCHOOL, to: [LEA, SEA]}
counts_people: true
cadence: annual
expected_lag_days: 270
owner: student-data
version: 1
""",
    )
    assert len(tree.touched) == 1
    middle = {"kind": "statistic", "value": "median(eligible_students)", "by": "[student_group]"}
    text = COUNTED.format(id="middle_size", table="chronic_absence", **middle)
    tree.add("warehouse/measures/middle_size.yml", text)
    assert len(tree.touched) == 2
    found = tree.refresh()
    assert values(found, "middle_size") == {2023: 150.0, 2024: 150.0}
    assert "present_rate" in found["measures"]
    assert values(found, "present_rate") == {2023: 80.0, 2024: 84.0}
    assert values(found, "present_rate", OAK) == {2023: 80.0, 2024: 90.0}
    assert values(found, "chronic_absence_rate") == {2023: 20.0, 2024: 16.0}
    for new in ("present_rate", "middle_size"):
        assert new in found["published"], "the warehouse has its figures and says what it is"
        assert found["scorecard"].count(new) == 1, "the state's own figure, though no goal asks for it"
        assert new in found["formulas"]["measures/chronic_absence"], "Dagster's page of the table"
        assert f"`{new}`" in found["descriptions"]
        assert f"(measures/{new}.md)" in found["dictionary"]["index.md"]
    page = found["dictionary"]["measures/present_rate.md"]
    assert "percentage who are not chronically absent" in page
    assert "sum(eligible_students) - sum(chronically_absent_students)" in page


CLAIM = """\
  - {claim: nobody_is_absent, sentence: Nobody is absent., severity: warn, remedy: Look., \
failing_rows: 'SELECT organization_id, school_year, student_group, grade FROM {table} \
WHERE chronically_absent_students > 0'}
"""


def test_a_check_is_one_line_in_a_contract_or_one_suite_file(tree: Tree) -> None:
    tree.change("warehouse/contracts/chronic_absence.yml", "claims:\n", "claims:\n" + CLAIM)
    tree.add(
        "checks/suites/littleland.yml",
        """\
suite: littleland
title: Littleland
claims:
  - claim: every_school_has_a_figure
    table: core.chronic_absence
    sentence: Every school of the directory has a figure of all students
    failing_rows: |
      SELECT o.organization_id, o.school_year FROM core.organizations AS o
      LEFT JOIN core.chronic_absence AS c
        ON c.organization_id = o.organization_id AND c.school_year = o.school_year
      WHERE o.organization_type = 'SCHOOL' AND c.organization_id IS NULL
    shown: [organization_id, school_year]
    owner: student-data
    remedy: Ask the publisher where the school is
""",
    )
    assert CLAIM.count("\n") == 1
    assert tree.touched == ["warehouse/contracts/chronic_absence.yml", "checks/suites/littleland.yml"]
    found = tree.refresh(checks="real")
    assert {"nobody_is_absent", "every_school_has_a_figure"} <= set(found["checks"])
    assert found["results"]["nobody_is_absent"] is False
    assert found["results"]["every_school_has_a_figure"] is True


def test_a_state_is_one_folder_and_one_setting(tree: Tree) -> None:
    folder = "outland"
    changed = (("littleland", "outland"), ("Littleland", "Outland"), ('"LL"', '"OU"'), ('"99"', '"98"'))
    for name, text in AGENCY.items():
        for old, new in changed:
            text = text.replace(old, new)
        tree.add(f"agencies/{folder}/{name}", text)
    assert {path.split("/")[1] for path in tree.touched} == {folder}
    found = tree.refresh(agency=folder)
    assert found["agency"] == "outland"
    assert values(found, "chronic_absence_rate", "OU") == {2023: 20.0, 2024: 16.0}
    assert {r["organization_name"] for r in found["tables"]["organizations"]} >= {"Outland", "Oak"}
