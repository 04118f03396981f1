"""Tinyland, an invented agency of two schools and one source, for tests that run whole jobs in seconds."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from assets.home import Home
from warehouse.model.agency import load_agency

YEARS = (2023, 2024)
WEBHOOK_VARIABLE = "TINYLAND_WEBHOOK"

SOURCE = """\
id: tiny_absence
title: Absence in Tinyland
publisher: Tinyland
licence: invented
family: student_performance
cadence: annual
expected_lag_days: 90
owner: student-data
contact: nobody
privacy: public
reader: delimited
tables:
  absence:
    key: [school_id]
    rows: {minimum: 1, maximum: 100}
provides:
  - {core_table: chronic_absence, grains: [SCHOOL], counts: true}
  - {core_table: organizations, grains: [LEA, SCHOOL], counts: false}
"""

COLUMNS = """\
table,column,type,member,required,all
absence,school_id,id([0-9]{12}),,yes,School
absence,school_name,text,,yes,Name
absence,eligible,count,,yes,Eligible
absence,absent,count,,yes,Absent
"""

LINEAGE = "x.source_id, x.snapshot_sha256, x.source_line, x.data_status"

ABSENCE_SQL = f"""\
SELECT x.school_id AS organization_id, x.school_year, 'all' AS student_group, 'all' AS grade,
    x.eligible AS eligible_students, x.absent AS chronically_absent_students, true AS is_additive, {LINEAGE}
FROM raw.tiny_absence__absence AS x
"""

ORGANIZATIONS_SQL = f"""\
SELECT x.school_id AS organization_id, x.school_year, 'SCHOOL' AS organization_type,
    x.school_name AS organization_name, a.state_abbreviation_code, left(x.school_id, 7) AS authorizer_lea_id,
    left(x.school_id, 7) AS reporting_lea_id, true AS is_in_directory, CAST(1 AS SMALLINT) AS precedence,
    {LINEAGE}
FROM raw.tiny_absence__absence AS x, agency.settings AS a
UNION ALL BY NAME
SELECT left(x.school_id, 7) AS organization_id, x.school_year, 'LEA' AS organization_type,
    'District ' || left(x.school_id, 7) AS organization_name, a.state_abbreviation_code,
    true AS is_in_directory, CAST(1 AS SMALLINT) AS precedence, {LINEAGE}
FROM raw.tiny_absence__absence AS x, agency.settings AS a
"""

AGENCY = f"""\
agency_id: tinyland
name: Tinyland Department of Education
state_name: Tinyland
state_ansi_code: "99"
state_abbreviation_code: "TL"
school_years: [2023, 2024]
time_zone: America/Chicago
minimum_n: 10
as_of: 2024-12-31
alerts:
  webhook_url_env: {WEBHOOK_VARIABLE}
"""

SOURCES = """\
sources:
  tiny_absence:
    releases:
      - {school_years: [2023], files: ["absence_2023.csv"]}
      - {school_years: [2024], files: ["absence_2024.csv"]}
"""

PLAN = """\
plan_id: tinyland-plan
title: Tinyland plan
owning_organization: "TL"
vision: Everybody is there.
mission: To count who is not.
version: 1
effective_from: 2022-07-01
approved_by: Nobody
change_note: First version.
units:
  - {unit_id: all, name: Everybody, unit_type: agency}
goals:
  - code: G1
    title: Students are in school
    measures:
      - measure: chronic_absence_rate
        role: goal
        scope: {organization: "TL"}
        student_group: all
        grade: all
        baseline: {school_year: 2023}
        targets: [{school_year: 2024, value: 12.0}]
"""

FILES = {
    "absence_2023.csv": "School,Name,Eligible,Absent\n990001000001,Oak,100,20\n990001000002,Elm,200,30\n",
    "absence_2024.csv": "School,Name,Eligible,Absent\n990001000001,Oak,100,10\n990001000002,Elm,200,20\n",
}


def write_source(root: Path) -> None:
    """The source folder of Tinyland."""
    folder = root / "tiny_absence"
    (folder / "core").mkdir(parents=True)
    (folder / "source.yml").write_text(SOURCE)
    (folder / "columns.csv").write_text(COLUMNS)
    (folder / "core" / "chronic_absence.sql").write_text(ABSENCE_SQL)
    (folder / "core" / "organizations.sql").write_text(ORGANIZATIONS_SQL)


def write_agency(folder: Path) -> None:
    """The agency folder of Tinyland."""
    folder.mkdir(parents=True)
    (folder / "agency.yml").write_text(AGENCY)
    (folder / "sources.yml").write_text(SOURCES)
    (folder / "plan.yml").write_text(PLAN)
    (folder / "conditions.yml").write_text("conditions: []\n")
    (folder / "waivers.yml").write_text("waivers: []\n")


def make_home(folder: Path, sources_root: Path) -> Home:
    """A home with Tinyland's files, nothing refreshed yet."""
    if not (folder / "agency").exists():
        write_agency(folder / "agency")
        (folder / "data").mkdir()
        for name, text in FILES.items():
            (folder / "data" / name).write_text(text)
    return Home(
        agency=load_agency(folder / "agency"),
        root=folder / "home",
        data_root=folder / "data",
        warehouse_url=f"sqlite:///{folder / 'home' / 'warehouse' / 'internal.db'}",
        today=date(2024, 12, 31),
        sources_root=sources_root,
    )


def put(home: Home, year: int, text: str) -> None:
    """Replace the file of a year."""
    assert home.data_root is not None
    (home.data_root / f"absence_{year}.csv").write_text(text)
