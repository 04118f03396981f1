"""What the agency folder says wrongly, years that fail, and homes that are not one's own."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from damage import FINANCE, FS151, SURVEY, of_year
from happenings import alerts_of, state_of
from refreshed import Refreshed, copied, environment, refreshed, select

from assets.home import open_home
from pipelines.refresh import refresh
from simulator.defects import plant
from simulator.generate import generate
from simulator.settings import Settings
from warehouse.model.errors import SpmError
from warehouse.read import open_reader


@pytest.fixture
def place(good: Refreshed, tmp_path: Path) -> Refreshed:
    return copied(good, tmp_path)


def agency_with(project: Path, folder: Path, file: str, old: str, new: str) -> Path:
    """Franklin's agency folder with one text replaced, once."""
    shutil.copytree(project / "agencies" / "franklin", folder)
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    return folder


def spm(project: Path, env: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pipelines.cli", *arguments],
        cwd=project,
        env={"PATH": "/usr/bin:/bin", "COLUMNS": "1000", **env},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


PLANS = {
    "a measure that does not exist": (
        "- measure: graduation_rate_4yr",
        "- measure: graduation_rate_6yr",
        ("plan.yml", "graduation_rate_6yr", "graduation_rate_5yr"),
    ),
    "a target against polarity": (
        "{school_year: 2028, value: 90.0}",
        "{school_year: 2028, value: 9.0}",
        ("plan.yml", "higher is better", "9.0", "89.0"),
    ),
}


@pytest.mark.parametrize("what", PLANS)
def test_a_wrong_plan_is_refused_with_its_line_and_the_release_stays(what, project, place, tmp_path):
    old, new, says = PLANS[what]
    folder = agency_with(project, tmp_path / "agency", "plan.yml", old, new)
    line = next(n for n, text in enumerate((folder / "plan.yml").read_text().splitlines(), 1) if new in text)
    before = state_of(place.root)
    env = environment(folder, place.root, place.data)
    with pytest.raises(SpmError) as refused:
        open_home(env)
    assert [word for word in says if word not in str(refused.value)] == [], str(refused.value)
    assert refused.value.line is not None
    assert abs(refused.value.line - line) <= 1, (refused.value.line, line)
    assert refused.value.remedy
    done = spm(project, env, "refresh")
    assert done.returncode == 1
    assert done.stderr.startswith("spm: ")
    assert "Traceback" not in done.stderr
    assert state_of(place.root) == before


def test_a_path_that_points_nowhere_fails_though_the_year_may_still_be_awaited(project, place, tmp_path):
    """Finance of 2025 is not overdue yet; but it was there, so a path that lost it is no waiting."""
    nowhere = "finance/2O25/district_data_full.csv"
    folder = agency_with(project, tmp_path / "agency", "sources.yml", of_year(FINANCE, 2025), nowhere)
    before = state_of(place.root)
    report = refresh(open_home(environment(folder, place.root, place.data)), years=[2025])
    (finding,) = report.failures
    assert report.failed
    assert [word for word in (nowhere, "no file", "sources.yml") if word not in finding.text] == []
    after = state_of(place.root)
    assert after.figures == before.figures
    assert after.marks["total_expenditure_per_pupil", 2025][0] is not None


def test_the_command_line_ends_with_1_and_still_shows_the_last_good_release(project, place):
    plant("letter_in_submission_count", place.data, 2025)
    env = environment("franklin", place.root, place.data)
    done = spm(project, env, "refresh", "--year", "2025")
    assert done.returncode == 1
    assert "line 2, column Amount, value '1O23'" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert spm(project, env, "status").returncode == 0


def test_a_failed_year_is_not_hidden_by_a_later_good_one(place):
    plant("letter_in_submission_count", place.data, 2024)
    report = refresh(place.home, years=[2024, 2025])
    assert [(y.school_year, y.is_good) for y in report.years] == [(2024, False), (2025, True)]
    assert report.failed
    assert {f.school_year for f in report.failures} == {2024}
    # A refresh of the good year alone neither takes the mark away nor calls the failure recovered.
    later = refresh(place.home, years=[2025])
    assert [y.is_good for y in later.years] == [True]
    assert state_of(place.root).marks["graduation_rate_4yr", 2024][0] is not None
    told = [a for a in alerts_of(place.root) if a["school_year"] == 2024]
    assert [a["kind"] for a in told] == ["failure"]


def test_other_measures_and_years_are_renewed_beside_a_bad_file(place):
    """FS178 of 2025 is cut off; a correction of FS151 of 2025 and one of the survey of 2024 come too."""
    plant("file_cut_in_half", place.data, 2025)
    one_more_graduate(place.data / of_year(FS151, 2025))
    path = place.data / of_year(SURVEY, 2024)
    rows = [line.split("\t") for line in path.read_bytes().decode("utf-8").split("\n")]
    column = rows[0].index("TOTALEXP")
    rows[1][column] = str(int(rows[1][column]) + 1000)
    path.write_bytes("\n".join("\t".join(row) for row in rows).encode("utf-8"))
    before = state_of(place.root)
    report = refresh(place.home, years=[2024, 2025])
    after = state_of(place.root)
    assert {(f.table, f.school_year) for f in report.failures} == {
        ("raw.edfacts_fs178_rla_achievement", 2025)
    }
    changed = {row[:2] for row in before.figures ^ after.figures}
    renewed = {("graduation_rate_4yr", 2025), ("total_expenditure_per_pupil", 2024)}
    # What could not be renewed is not up to date, and the share of measures that are says so.
    assert changed == {*renewed, ("measures_fresh_rate", 2025)}
    marked = {key for key, (since, *_) in after.marks.items() if since is not None}
    measures = place.home.agency.measures
    resting = {(name, 2025) for name, m in measures.items() if m.core_table == "assessment_results"}
    assert marked >= resting
    assert not marked & {*renewed, ("measures_fresh_rate", 2025)}
    assert {year for _, year in marked} == {2025}
    assert {measures[name].is_of_figures for name, _ in marked - resting} <= {True}


def one_more_graduate(path: Path) -> None:
    """Move a student of the first school from those who did not graduate to those who did, in the total."""
    lines = path.read_bytes().decode("utf-8").split("\r\n")
    cells_of = {n: line.split(",") for n, line in enumerate(lines) if n}
    # The four-year cohort; that of five years stands in the same file.
    totals = [n for n, cells in cells_of.items() if cells[-3:-2] == ["Y"] and cells[5] == "ADJCOHORT"]
    school = lines[totals[0]].split(",")[4]
    for code, change in (("COHNO", -1), ("COHYES", 1)):
        (number,) = [n for n in totals if lines[n].split(",")[4] == school and f",{code}," in lines[n]]
        cells = lines[number].split(",")
        cells[-1] = str(int(cells[-1]) + change)
        lines[number] = ",".join(cells)
    path.write_bytes("\r\n".join(lines).encode("utf-8"))


@pytest.fixture(scope="module")
def neighbor(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Refreshed:
    """A second state by the same code: another agency, other students, its own home."""
    folder = tmp_path_factory.mktemp("neighbor")
    agency = agency_with(
        project, folder / "agency", "agency.yml", "agency_id: franklin", "agency_id: jackson"
    )
    data = generate(Settings(students=2_000, seed=99, years=(2025,)), folder / "systems").folder
    home = open_home(environment(agency, folder / "home", data))
    return Refreshed(folder / "home", data, str(agency), refresh(home, years=[2025]))


def test_franklin_then_another_agency_then_franklin_never_mix(good, neighbor, place):
    before = state_of(place.root)
    theirs = state_of(neighbor.root)
    assert not neighbor.report.failed
    again = refresh(place.home, years=[2025])
    assert not again.failed
    assert again.release is not None
    assert again.release["unchanged"]
    assert state_of(place.root) == before
    assert theirs.of("chronic_absence_rate", 2025) != before.of("chronic_absence_rate", 2025)
    assert state_of(neighbor.root) == theirs
    for root, agency in ((place.root, "franklin"), (neighbor.root, "jackson")):
        assert select(root, "SELECT DISTINCT agency_id FROM release") == [(agency,)]


def test_the_home_of_another_agency_is_refused(neighbor, good):
    with pytest.raises(SpmError, match="belongs to 'jackson'") as refused:
        open_home(environment("franklin", neighbor.root, good.data))
    assert "SPM_HOME" in refused.value.remedy


def test_the_warehouse_of_another_agency_is_refused_and_stays_as_it_was(neighbor, place):
    theirs = state_of(neighbor.root)
    url = f"sqlite:///{neighbor.root / 'warehouse' / 'internal.db'}"
    env = {**environment("franklin", place.root, place.data), "SPM_WAREHOUSE_URL": url}
    report = refresh(open_home(env), years=[2025])
    assert report.failed
    assert report.release_error is not None
    assert "jackson" in report.release_error
    assert state_of(neighbor.root) == theirs
    with pytest.raises(SpmError, match="jackson"), open_reader(url, agency_id="franklin"):
        pass


def test_real_agencies_between_two_refreshes_of_franklin_leave_it_as_it_was(place, shared_data, tmp_path):
    """California's home, with its real poverty file, between two refreshes in the same process."""
    before = state_of(place.root)
    california = refreshed("california", tmp_path / "california", shared_data, [2019])
    assert not california.report.failed
    again = refresh(place.home, years=[2025])
    assert not again.failed
    assert state_of(place.root) == before
    prefixes = "SELECT DISTINCT substr(organization_id, 1, 2) FROM current_measure_value"
    assert set(california.select(prefixes)) <= {("06",), ("CA",)}
    assert set(select(place.root, prefixes)) == {("88",), ("FK",)}
