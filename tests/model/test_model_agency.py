"""An agency folder is read whole and checked together."""

from __future__ import annotations

from pathlib import Path

import pytest

from warehouse.model.agency import Agency, load_agency
from warehouse.model.errors import SpmError
from warehouse.model.places import AGENCIES
from warehouse.model.plan import placed_measures

FILES = {
    "agency.yml": """\
agency_id: lincoln
name: Lincoln Department of Education (invented)
state_name: Lincoln
state_ansi_code: "07"
state_abbreviation_code: "LN"
school_years: [2023, 2024]
time_zone: America/Denver
minimum_n: 10
""",
    "sources.yml": """\
sources:
  counts:
    releases:
      - {school_years: [2023], files: [counts_2023.csv]}
      - {school_years: [2024], files: [counts_2024.csv]}
""",
    "plan.yml": """\
plan_id: lincoln
title: Plan
owning_organization: "LN"
vision: v
mission: m
version: 1
effective_from: 2023-07-01
approved_by: Board
change_note: First.
units:
  - {unit_id: sea, name: Agency, unit_type: agency}
goals:
  - code: G1
    title: Fewer children are poor
    measures:
      - {measure: child_poverty_rate, role: goal, scope: {organization: "LN"}}
""",
    "conditions.yml": """\
conditions:
  - {measures: [child_poverty_rate], school_years: [2023], kind: pandemic, note: Survey was short.}
""",
    "waivers.yml": """\
waivers:
  - {claim: key_is_unique, table: core.poverty, who: A. Steward, why: Known., until: 2024-12-31}
""",
}


def write(tmp_path: Path, **changed: tuple[str, str]) -> Path:
    folder = tmp_path / "lincoln"
    (folder / "crosswalks").mkdir(parents=True)
    (folder / "crosswalks" / "leas.csv").write_text("state_id,lea\n001,0700001\n", encoding="utf-8")
    for name, text in FILES.items():
        old, new = changed.get(name.removesuffix(".yml"), ("", ""))
        assert old in text
        (folder / name).write_text(text.replace(old, new) if old else text, encoding="utf-8")
    return folder


def refused(tmp_path: Path, **changed: tuple[str, str]) -> SpmError:
    folder = write(tmp_path, **changed)
    with pytest.raises(SpmError) as caught:
        load_agency(folder)
    assert caught.value.file == str(folder / f"{next(iter(changed))}.yml")
    return caught.value


def test_a_folder_outside_the_checkout_is_an_agency(tmp_path: Path) -> None:
    agency = load_agency(write(tmp_path))
    assert agency.settings.state_ansi_code == "07"
    assert list(agency.crosswalks) == ["leas"]
    release = agency.sources["counts"].for_year(2024)
    assert release is not None
    assert release.files == ("counts_2024.csv",)
    assert agency.sources["counts"].for_year(2025) is None
    condition = agency.condition("child_poverty_rate", 2023)
    assert condition is not None
    assert condition.kind == "pandemic"
    assert agency.condition("child_poverty_rate", 2024) is None
    assert agency.condition("graduation_rate_4yr", 2023) is None


@pytest.mark.parametrize("folder", sorted(p.name for p in AGENCIES.iterdir() if p.is_dir()))
def test_every_agency_of_the_checkout_loads_with_a_plan_that_is_judged(folder: str) -> None:
    agency: Agency = load_agency(AGENCIES / folder)
    assert agency.settings.agency_id == folder
    assert any(placed.item.targets for placed in placed_measures(agency.plan))


def test_an_agency_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SpmError, match="No such agency folder") as caught:
        load_agency(tmp_path / "atlantis")
    assert "SPM_AGENCY" in caught.value.remedy


@pytest.mark.parametrize("name", FILES)
def test_a_file_missing_from_the_folder_is_named(tmp_path: Path, name: str) -> None:
    folder = write(tmp_path)
    (folder / name).unlink()
    with pytest.raises(SpmError, match="File not found") as caught:
        load_agency(folder)
    assert caught.value.file == str(folder / name)


@pytest.mark.parametrize("line", ["sources: {}", "conditions: []", "waivers: []"])
def test_the_line_that_a_missing_file_asks_for_is_enough(tmp_path: Path, line: str) -> None:
    folder = write(tmp_path)
    file = folder / f"{line.split(':')[0]}.yml"
    file.unlink()
    with pytest.raises(SpmError) as caught:
        load_agency(folder)
    assert caught.value.remedy == f'Create it with the line "{line}"'
    file.write_text(line + "\n", encoding="utf-8")
    load_agency(folder)


def test_a_year_that_is_not_declared_is_refused(tmp_path: Path) -> None:
    error = refused(tmp_path, sources=("school_years: [2024]", "school_years: [2024, 2025]"))
    assert "not declared in agency.yml" in str(error)
    assert (error.line, error.value) == (5, "2025")


def test_two_releases_of_one_edition_and_year_are_refused(tmp_path: Path) -> None:
    error = refused(tmp_path, sources=("school_years: [2024]", "school_years: [2023]"))
    assert "Two releases are the final edition of one school year" in str(error)
    assert (error.line, error.value) == (5, "2023")


@pytest.mark.parametrize(
    "given",
    ["", ", files: [a.csv], database: 'sqlite:///x.db'", ", files: []"],
    ids=["none", "both", "empty"],
)
def test_a_release_has_files_or_a_database_and_not_both(tmp_path: Path, given: str) -> None:
    error = refused(tmp_path, sources=(", files: [counts_2024.csv]", given))
    assert "A release has files, a database or an api" in str(error)
    assert error.line == 5


@pytest.mark.parametrize("claim", ["privacy_holds", "public_face_respects_minimum_n"])
def test_a_waiver_of_privacy_is_refused(tmp_path: Path, claim: str) -> None:
    error = refused(tmp_path, waivers=("key_is_unique", claim))
    assert "A privacy claim takes no waiver" in str(error)
    assert (error.line, error.value) == (2, claim)


@pytest.mark.parametrize(
    ("old", "new"),
    [(", until: 2024-12-31", ""), (", who: A. Steward", ""), (", why: Known.", ""), ("2024-12-31", "soon")],
)
def test_a_waiver_says_who_why_and_until_when(tmp_path: Path, old: str, new: str) -> None:
    assert refused(tmp_path, waivers=(old, new)).line == 2


def test_a_condition_for_a_measure_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    error = refused(tmp_path, conditions=("child_poverty_rate", "poverty"))
    assert (error.line, error.value) == (2, "poverty")


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ('state_ansi_code: "07"', "state_ansi_code: 07", 4),
        ('state_ansi_code: "07"', 'state_ansi_code: "7"', 4),
        ("school_years: [2023, 2024]", "school_years: [2024, 2023]", 6),
        ("school_years: [2023, 2024]", "school_years: []", 6),
        ("America/Denver", "America/Lincoln", 7),
        ("minimum_n: 10", "minimum_n: 0", 8),
        ("minimum_n: 10", "minimum_n: 10\nminimun_n: 5", 9),
        ("minimum_n: 10", "minimum_n: 10\nthresholds: {confidence_percent: 97}", 9),
        ("minimum_n: 10", "minimum_n: 10\nthresholds: {applications_due: '02-29'}", 9),
        ("minimum_n: 10", "minimum_n: 10\nthresholds: {applications_due: '06-31'}", 9),
    ],
)
def test_a_setting_that_cannot_be_is_refused_at_its_line(
    tmp_path: Path, old: str, new: str, line: int
) -> None:
    assert refused(tmp_path, agency=(old, new)).line == line
