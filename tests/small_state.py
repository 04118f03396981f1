"""Littleland, an invented state with two sources, built in a temporary folder and refreshed without Dagster.

Put here: its files, its home, and how a year is refreshed. Not here: what any test expects.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from assets.core import build_core
from assets.core_table import core_tables
from assets.derived import build_derived
from assets.derived_health import check_derived
from assets.derived_measures import derived_measures
from assets.gate import check_core, check_measures
from assets.home import Home, claim_home
from assets.measures import build_measures, measured_tables
from assets.raw import refresh_raw
from checks.result import CheckResult
from warehouse.model.agency import load_agency
from warehouse.model.errors import SpmError

YEARS = (2023, 2024)
STATE, LEA, OAK, ELM = "LL", "9900001", "990000100001", "990000100002"

_LINEAGE = "x.source_id, x.snapshot_sha256, x.source_line, x.data_status"
_SOURCE = """\
id: {id}
title: Invented
publisher: Littleland
licence: invented
family: {family}
cadence: annual
expected_lag_days: 90
owner: student-data
contact: nobody
privacy: public
reader: delimited
tables:
  rows:
    key: {key}
    rows: {{minimum: 1, maximum: 100}}
provides:
  - {{core_table: {core}, grains: [SCHOOL], counts: true}}
"""
SOURCES: dict[str, dict[str, str]] = {
    "little_directory": {
        "source.yml": _SOURCE.format(
            id="little_directory", family="directory", key="[school_id]", core="organizations"
        ),
        "columns.csv": "table,column,type,member,required,all\n"
        "rows,school_id,id([0-9]{12}),,yes,School\nrows,school_name,text,,yes,Name\n",
        "core/organizations.sql": f"""\
SELECT x.school_id AS organization_id, x.school_year, 'SCHOOL' AS organization_type,
    x.school_name AS organization_name, a.state_abbreviation_code, left(x.school_id, 7) AS authorizer_lea_id,
    left(x.school_id, 7) AS reporting_lea_id, true AS is_in_directory, 1 AS precedence, {_LINEAGE}
FROM raw.little_directory__rows AS x, agency.settings AS a
UNION ALL BY NAME
SELECT left(min(x.school_id), 7) AS organization_id, x.school_year, 'LEA' AS organization_type,
    'District' AS organization_name, min(a.state_abbreviation_code) AS state_abbreviation_code,
    true AS is_in_directory, 1 AS precedence, min(x.source_id) AS source_id, 'final' AS data_status
FROM raw.little_directory__rows AS x, agency.settings AS a GROUP BY x.school_year
""",
    },
    "little_absence": {
        "source.yml": _SOURCE.format(
            id="little_absence", family="student_performance", key="[school_id, student_group]",
            core="chronic_absence",
        ),
        "columns.csv": "table,column,type,member,required,all\n"
        "rows,school_id,id([0-9]{12}),,yes,School\n"
        "rows,student_group,code(All=all|Female=female),,yes,Group\n"
        "rows,eligible,count,,yes,Eligible\nrows,absent,count,,yes,Absent\n",
        "core/chronic_absence.sql": f"""\
SELECT x.school_id AS organization_id, x.school_year, x.student_group, 'all' AS grade,
    x.eligible AS eligible_students, x.absent AS chronically_absent_students, true AS is_additive, {_LINEAGE}
FROM raw.little_absence__rows AS x
""",
    },
}  # fmt: skip
DIRECTORY = f"School,Name\n{OAK},Oak\n{ELM},Elm\n"
DATA = {
    "directory.csv": DIRECTORY,
    "absence_2023.csv": f"School,Group,Eligible,Absent\n{OAK},All,100,20\n{ELM},All,200,40\n",
    "absence_2024.csv": f"School,Group,Eligible,Absent\n{OAK},All,100,10\n{ELM},All,200,38\n",
}
AGENCY: dict[str, str] = {
    "agency.yml": """\
agency_id: littleland
name: Littleland Department of Education (invented)
state_name: Littleland
state_ansi_code: "99"
state_abbreviation_code: "LL"
school_years: [2023, 2024]
time_zone: America/Chicago
minimum_n: 10
as_of: 2024-12-31
""",
    "sources.yml": """\
sources:
  little_directory:
    releases:
      - {school_years: [2023, 2024], files: [directory.csv]}
  little_absence:
    releases:
      - {school_years: [2023], files: [absence_2023.csv]}
      - {school_years: [2024], files: [absence_2024.csv]}
""",
    "plan.yml": """\
plan_id: littleland
title: Plan
owning_organization: "LL"
vision: v
mission: m
version: 1
effective_from: 2022-07-01
approved_by: Board
change_note: First.
units:
  - {unit_id: sea, name: Agency, unit_type: agency}
goals:
  - code: G1
    title: Students are in school
    measures:
      - measure: chronic_absence_rate
        role: goal
        scope: {organization: "LL"}
        student_group: all
        grade: all
        baseline: {school_year: 2023}
        targets: [{school_year: 2024, value: 18.0, kind: interim}, {school_year: 2026, value: 14.0}]
""",
    "conditions.yml": "conditions: []\n",
    "waivers.yml": "waivers: []\n",
}


def write_files(folder: Path, files: dict[str, str]) -> Path:
    """Files below a folder, by their path in it."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def littleland(
    tmp_path: Path,
    *,
    sources: dict[str, dict[str, str]] | None = None,
    agency: dict[str, str] | None = None,
    data: dict[str, str] | None = None,
    today: date = date(2025, 1, 15),
) -> Home:
    """The home of Littleland, with files added or written otherwise than usual."""
    merged = {name: dict(files) for name, files in SOURCES.items()}
    for name, files in (sources or {}).items():
        merged[name] = {**merged.get(name, {}), **files}
    for name, files in merged.items():
        write_files(tmp_path / "sources" / name, files)
    write_files(tmp_path / "data", {**DATA, **(data or {})})
    folder = write_files(tmp_path / "agency", {**AGENCY, **(agency or {})})
    home = Home(
        agency=load_agency(folder),
        root=tmp_path / "home",
        data_root=tmp_path / "data",
        warehouse_url=f"sqlite:///{tmp_path / 'home' / 'warehouse' / 'internal.db'}",
        today=today,
        sources_root=tmp_path / "sources",
    )
    claim_home(home)
    return home


_NAMES: dict[str, str] = {
    "source.yml": SOURCES["little_absence"]["source.yml"]
    .replace("id: little_absence", "id: little_names")
    .replace("core_table: chronic_absence", "core_table: organizations")
    .replace("key: [school_id, student_group]", "key: [school_id]"),
    "columns.csv": "table,column,type,member,required,all\n"
    "rows,school_id,id([0-9]{12}),,yes,School\nrows,pupils,count,,yes,Pupils\n",
    "core/organizations.sql": """\
SELECT x.school_id AS organization_id, x.school_year, 'SCHOOL' AS organization_type,
    'Of names' AS organization_name, a.state_abbreviation_code, false AS is_in_directory, 7 AS precedence,
    x.source_id, x.snapshot_sha256, x.source_line, x.data_status
FROM raw.little_names__rows AS x, agency.settings AS a
""",
}
_WITH_NAMES = """\
sources:
  little_directory:
    releases:
      - {school_years: [2023, 2024], files: [directory.csv]}
  little_absence:
    releases:
      - {school_years: [2023], files: [absence_2023.csv]}
      - {school_years: [2024], files: [absence_2024.csv]}
  little_names:
    releases:
      - {school_years: [2023, 2024], files: [names.csv]}
"""
GOOD_NAMES = f"School,Pupils\n{OAK},100\n{ELM},200\n"


def with_names(tmp_path: Path) -> Home:
    """Littleland with a third source, which only adds names of organizations."""
    return littleland(
        tmp_path,
        sources={"little_names": _NAMES},
        agency={"sources.yml": _WITH_NAMES},
        data={"names.csv": GOOD_NAMES},
    )


def with_settings(home: Home, **changed: Any) -> Home:
    """The same home with some settings of the agency changed."""
    agency = home.agency
    return replace(home, agency=replace(agency, settings=agency.settings.model_copy(update=changed)))


def write_data(home: Home, name: str, text: str) -> None:
    """A file of the publisher as it is from now on."""
    assert home.data_root is not None
    (home.data_root / name).write_text(text, encoding="utf-8")


def refresh_year(home: Home, year: int) -> list[CheckResult]:
    """Every source, table and measure of a year; what failed stops what rests on it."""
    results: list[CheckResult] = []
    failed: set[str] = set()
    for source in home.sources:
        try:
            refresh_raw(home, source, year)
        except SpmError:
            failed.add(source)
    tables = core_tables(home)
    for name, table in tables.items():
        if failed.intersection((*table.sources, *table.core_inputs)):
            failed.add(name)
            continue
        build_core(home, table, year)
        found = check_core(home, table, year)
        results += found
        if any(r.stops for r in found):
            failed.add(name)
    for name in measured_tables(home):
        if not failed.intersection((name, "organizations")):
            build_measures(home, name, year)
            results += check_measures(home, name, year)
    if derived_measures(home) and "organizations" not in failed:
        build_derived(home, year)
        results += check_derived(home, year)
    return results


def refresh(home: Home) -> None:
    """Every year."""
    for year in home.agency.settings.school_years:
        refresh_year(home, year)
