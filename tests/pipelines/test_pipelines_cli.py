"""The command line: exit codes, messages, JSON, and what it does not import."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from assets.home import Home, open_home
from assets.place import find_place
from pipelines.refresh import refresh
from tests.pipelines.tiny_agency import make_home

WRONG_REFRESHES = [
    (["refresh", "--year", "1999"], "2023, 2024"),
    (["refresh", "--select", "tiny_absense"], "Did you mean 'tiny_absence'"),
]
HEAVY = ("dagster", "great_expectations", "pandas", "pyarrow", "duckdb")


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory, tiny_sources: Path) -> Home:
    """A home with a release."""
    home = make_home(tmp_path_factory.mktemp("published"), tiny_sources)
    assert not refresh(home).failed
    return home


def environment(home: Home) -> dict[str, str]:
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("SPM_")},
        "SPM_AGENCY": str(home.agency.folder),
        "SPM_HOME": str(home.root),
        "SPM_DATA": str(home.data_root),
        "NO_COLOR": "1",
    }


def spm(home: Home, project: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pipelines.cli", *arguments],
        cwd=project, env={**environment(home), **more}, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("arguments", [["--help"], ["status"], ["releases"], ["refresh", "--help"]])
def test_quick_commands_import_nothing_heavy(published: Home, project: Path, arguments: list[str]) -> None:
    code = (
        "import sys\nfrom pipelines.cli import main\nsys.argv = ['spm', *sys.argv[1:]]\n"
        "try:\n    main()\nexcept SystemExit as ending:\n    assert not ending.code, ending.code\n"
        f"print('HEAVY', [name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=project, env=environment(published), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.stdout.splitlines()[-1] == "HEAVY []", done.stdout + done.stderr


def test_status_shows_goal_figure_target_and_stamp(published: Home, project: Path) -> None:
    done = spm(published, project, "status")
    assert done.returncode == 0
    for part in ("G1  Students are in school", "10.0 %", "12.0 %", "met", "NOT FOR RELEASE", "internal.db"):
        assert part in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["status"],
        ["releases"],
        ["doctor"],
        ["explain", "chronic_absence_rate", "--org", "TL", "--year", "2024"],
    ],
)
def test_json_is_one_document(published: Home, project: Path, arguments: list[str]) -> None:
    done = spm(published, project, *arguments, "--json")
    assert json.loads(done.stdout)


def test_explain_goes_back_to_formula_source_line_snapshot_and_objective(
    published: Home, project: Path
) -> None:
    arguments = (
        "explain",
        "chronic_absence_rate",
        "--org",
        "990001000001",
        "--year",
        "2024",
        "--group",
        "all",
    )
    done = spm(published, project, *arguments)
    assert done.returncode == 0, done.stderr
    for part in (
        "10.0 %", "10 of 100", "sum(chronically_absent_students)", "line 2", "absence_2024.csv",
        "sha256", "hold, 0 fail", "release 1: 10.0 %",
    ):  # fmt: skip
        assert part in done.stdout
    state = spm(published, project, "explain", "chronic_absence_rate", "--org", "TL", "--year", "2024").stdout
    assert "G1 Students are in school" in state and "30 of 300" in state and "line 3" in state


def test_an_absent_figure_says_what_there_is_instead(published: Home, project: Path) -> None:
    arguments = ("explain", "chronic_absence_rate", "--org", "TL", "--year", "2024", "--group", "migrant")
    done = spm(published, project, *arguments)
    assert done.returncode == 1 and done.stdout == ""
    assert "student_group all" in done.stderr and "Traceback" not in done.stderr


def test_a_known_problem_is_one_paragraph_and_exit_code_1(home: Home, project: Path) -> None:
    done = spm(home, project, "status")
    assert done.returncode == 1
    assert done.stderr.startswith("spm: ") and len(done.stderr.strip().splitlines()) == 1


def test_the_home_of_another_agency_is_refused(published: Home, project: Path) -> None:
    done = spm(published, project, "status", SPM_AGENCY="agencies/franklin")
    assert done.returncode == 1 and "tinyland" in done.stderr


def test_wrong_use_is_exit_code_2(published: Home, project: Path) -> None:
    assert spm(published, project, "explain").returncode == 2
    assert spm(published, project, "no-such-command").returncode == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["explain", "nope", "--org", "TL", "--year", "2024"], "Use one of"),
        (["explain", "chronic_absense_rate", "--org", "TL", "--year", "2024"], "mean 'chronic_absence_rate'"),
        (["explain", "chronic_absence_rate", "--org", "oak", "--year", "2024"], "990001000001 (Oak)"),
        (["explain", "chronic_absence_rate", "--org", "ZZ", "--year", "2024"], "9900010 (District 9900010)"),
    ],
)
def test_a_name_that_the_release_does_not_know_is_wrong_use(
    published: Home, project: Path, arguments: list[str], said: str
) -> None:
    done = spm(published, project, *arguments)
    assert done.returncode == 2 and said in done.stderr and done.stdout == ""


@pytest.mark.parametrize(("arguments", "said"), WRONG_REFRESHES)
def test_a_year_or_name_that_is_not_declared_is_wrong_use(
    home: Home,
    arguments: list[str],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from pipelines import cli
    from pipelines.commands import run

    monkeypatch.setattr(run, "open_home", lambda: home)
    monkeypatch.setattr(sys, "argv", ["spm", *arguments])
    with pytest.raises(SystemExit) as ending:
        cli.main()
    assert ending.value.code == 2 and said in capsys.readouterr().err
    assert not (home.root / "lake").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--org", "ZZ"], "9900010 (District 9900010)"),
        (["--org", "elm"], "990001000002 (Elm)"),
        (["--org", "99000100001"], "990001000001 (Oak)"),
        (["--org", "990001000001"], "judges no figure of 990001000001"),
        (["--year", "1999"], "2023, 2024"),
        (["--year", "1999", "--org", "TL"], "2023, 2024"),
    ],
)
def test_a_scorecard_of_nothing_fails_and_says_what_there_is(
    published: Home, project: Path, arguments: list[str], said: str
) -> None:
    done = spm(published, project, "status", *arguments)
    assert done.returncode == 1 and done.stdout == "" and said in done.stderr, done.stderr
    good = spm(published, project, "status", "--org", "TL", "--year", "2024")
    assert good.returncode == 0 and "10.0 %" in good.stdout


def test_a_failure_is_a_json_document_too(published: Home, project: Path) -> None:
    done = spm(published, project, "explain", "nope", "--org", "TL", "--year", "2024", "--json")
    assert done.returncode == 2 and done.stderr.startswith("spm: ")
    error = json.loads(done.stdout)["error"]
    assert error["what"] == "No such measure" and error["value"] == "nope" and "Use one of" in error["remedy"]
    plan = published.agency.folder / "plan.yml"
    text = plan.read_text()
    try:
        plan.write_text(text.replace("measure: chronic_absence_rate", "measure: no_such_rate"))
        done = spm(published, project, "plan", "check", "--json")
    finally:
        plan.write_text(text)
    error = json.loads(done.stdout)["error"]
    assert done.returncode == 1 and error["file"].endswith("plan.yml") and isinstance(error["line"], int)
    assert error["file"] in error["where"] and error["column"] and error["remedy"]


def test_rollback_makes_an_earlier_release_current(home: Home, project: Path) -> None:
    from tests.pipelines.tiny_agency import FILES, put

    refresh(home)
    put(home, 2024, FILES["absence_2024.csv"].replace("Oak,100,10", "Oak,100,40"))
    refresh(home)
    assert spm(home, project, "rollback", "1").returncode == 0
    rows = json.loads(spm(home, project, "releases", "--json").stdout)
    assert [(row["release_id"], row["is_current"]) for row in rows] == [(2, False), (1, True)]
    refused = spm(home, project, "rollback", "99")
    assert refused.returncode == 1 and "99" in refused.stderr


def test_doctor_names_a_missing_file_and_its_remedy(home: Home, project: Path) -> None:
    assert home.data_root is not None
    (home.data_root / "absence_2023.csv").unlink()
    from pipelines.commands.doctor import _sources

    lines = list(_sources(home))
    assert [line.state for line in lines] == ["fail", "ok"]
    assert "absence_2023.csv" in lines[0].found and lines[0].remedy


def test_doctor_names_variables_that_a_release_needs_and_that_are_not_set(home: Home) -> None:
    from pipelines.commands.doctor import _sources

    def asking(**changes: object) -> Home:
        settings = home.agency.sources["tiny_absence"]
        releases = tuple(r.model_copy(update=changes) for r in settings.releases)
        sources = {"tiny_absence": settings.model_copy(update={"releases": releases})}
        return replace(home, agency=replace(home.agency, sources=sources))

    needing = asking(secrets={"password": "TINY_PASSWORD"})
    assert {(x.state, x.what) for x in _sources(needing)} == {("fail", "secret"), ("ok", "sources")}
    assert all("TINY_PASSWORD" in x.found for x in _sources(needing) if x.state == "fail")
    set_here = replace(needing, environment={"TINY_PASSWORD": "hush"})
    assert [x.state for x in _sources(set_here)] == ["ok"]
    away = [x for x in _sources(asking(only_where_set="TINY_SYSTEMS")) if x.state == "warn"]
    assert away and "TINY_SYSTEMS is not set" in away[0].found


@pytest.mark.parametrize("agency", ["franklin", "california", "connecticut", "maine"])
def test_the_quick_way_to_a_place_agrees_with_the_whole_home(
    project: Path, agency: str, tmp_path: Path
) -> None:
    for more in ({}, {"SPM_HOME": str(tmp_path)}, {"SPM_WAREHOUSE_URL": "postgresql://somewhere/spm"}):
        names = {"SPM_AGENCY": f"agencies/{agency}", **more}
        place, home = find_place(names), open_home(names)
        assert (place.root, place.warehouse_url) == (home.root, home.warehouse_url)
        assert (place.agency_id, place.name) == (home.agency.settings.agency_id, home.agency.settings.name)
