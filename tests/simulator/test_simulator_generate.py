"""What a run of the simulator promises about its files as a whole."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from small_franklin import SMALL, digests

from simulator import generate as generate_module
from simulator.generate import Written, generate
from simulator.organizations import build_state
from simulator.settings import Settings, SimulatorError

PRODUCT = ("warehouse", "sources", "checks", "assets", "pipelines")


def test_the_same_settings_give_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    generate(SMALL, tmp_path / "again")
    assert digests(tmp_path / "again") == digests(folder)


def test_another_seed_gives_other_students_but_the_same_organizations(folder: Path, tmp_path: Path) -> None:
    other = generate(Settings(students=2_000, seed=12, years=(2025,)), tmp_path / "other").folder
    ours, theirs = digests(folder), digests(other)
    assert ours["sis/attendance_2025.parquet"] != theirs["sis/attendance_2025.parquet"]
    ids = [
        {lea.nces_id for lea in build_state(Settings(students=2_000, seed=seed)).leas}
        for seed in (SMALL.seed, 12)
    ]
    assert ids[0] == ids[1]


def test_a_year_does_not_depend_on_which_other_years_are_written(folder: Path, tmp_path: Path) -> None:
    alone = generate(Settings(students=2_000, seed=SMALL.seed, years=(2024,)), tmp_path / "alone").folder
    ours, theirs = digests(folder), digests(alone)
    for name in (
        "sis/attendance_2024.parquet",
        "edfacts/2024/FKSCHSTUPERRLAv000001.csv",
        "saipe/ussd23.xlsx",
    ):
        assert theirs[name] == ours[name]


def test_every_year_has_every_system(folder: Path) -> None:
    names = set(digests(folder))
    for year in (2024, 2025):
        for name in (
            f"sis/attendance_{year}.parquet",
            f"sis/students_{year}.parquet",
            f"sis/schools_{year}.parquet",
            f"edfacts/{year}/FKSCHCHRONABSEv000001.csv",
            f"edfacts/{year}/FKSCHGRADCOHRTv000001.csv",
            f"edfacts/{year}/FKLEAGRADCOHRTv000001.csv",
            f"edfacts/{year}/FKSCHSTUPERRLAv000001.csv",
            f"finance/{year}/district_data_full.csv",
            f"saipe/ussd{year - 2001}.xlsx",
            f"fac/880001-{year - 2000}/federal-awards-880001.json",
            f"fac/880001-{year - 2000}/audit-findings-880001.json",
        ):
            assert name in names
    assert {"grants/grants_management.db", "truth/truth.parquet", "truth/truth.json"} <= names


@pytest.mark.parametrize("students", [2_000, 5_003, 20_000])
def test_the_number_of_students_is_the_number_asked_for(students: int, tmp_path: Path) -> None:
    written = generate(Settings(students=students, years=(2025,)), tmp_path / "out")
    table = pq.read_table(written.folder / "sis" / "students_2025.parquet", columns=["student_id"])
    assert table.num_rows == students
    assert len(table["student_id"].unique()) == students


def test_the_default_state_has_about_twenty_leas_and_sixty_schools() -> None:
    state = build_state(Settings())
    assert 18 <= len(state.operating) <= 22
    assert 50 <= len(state.schools) <= 75
    charters = [lea for lea in state.leas if lea.is_charter]
    assert len(charters) == 2
    for charter in charters:
        (school,) = [school for school in state.schools if school.reporting == charter.position]
        assert school.authorizer != school.reporting


def test_the_largest_state_has_no_two_organizations_with_one_id() -> None:
    state = build_state(Settings(students=6_000_000))
    for ids in (
        [lea.nces_id for lea in state.leas],
        [lea.state_id for lea in state.leas],
        [lea.name for lea in state.leas],
        [school.nces_id for school in state.schools],
        [school.state_id for school in state.schools],
    ):
        assert len(set(ids)) == len(ids)
    assert {len(lea.nces_id) for lea in state.leas} == {7}
    assert {len(school.nces_id) for school in state.schools} == {12}
    assert {len(item.state_id) for item in (*state.leas, *state.schools)} == {7}


def test_a_run_that_dies_leaves_the_earlier_run_and_nothing_half_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    generate(Settings(students=2_000, years=(2025,)), out)
    before = digests(out)

    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(generate_module, "write_federal_money", fail)
    with pytest.raises(OSError, match="disk full"):
        generate(Settings(students=2_000, seed=8, years=(2025,)), out)
    assert digests(out) == before
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_folder_of_somebody_else_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(SimulatorError, match="not an earlier run"):
        generate(SMALL, tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "mine"


def test_the_manifest_says_how_to_make_it_again(small: Written) -> None:
    manifest = json.loads((small.folder / "simulator.json").read_text())
    again = Settings(
        students=manifest["students"],
        seed=manifest["seed"],
        years=tuple(manifest["school_years"]),
        as_of=date.fromisoformat(manifest["as_of"]),
    )
    assert again == SMALL
    assert manifest["defects"] == []


def test_the_command_line_says_what_it_wrote_and_refuses_what_it_cannot(tmp_path: Path) -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "simulator", "--out", str(tmp_path / "out"), *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)

    good = run("--students", "2000", "--years", "2025", "--defect", "missing_file")
    assert good.returncode == 0, good.stderr
    assert "2,000 students a year" in good.stdout
    assert "planted missing_file in saipe/ussd24.xlsx" in good.stdout
    for arguments in (["--students", "10"], ["--years", "1999"], ["--defect", "gremlins"]):
        bad = run(*arguments)
        assert bad.returncode == 2
        assert bad.stderr.startswith("simulator: ")
        assert "Traceback" not in bad.stderr


def test_generating_imports_nothing_of_the_product() -> None:
    program = (
        "import sys, simulator.__main__\n"
        f"print(sorted(name for name in sys.modules if name.split('.')[0] in {PRODUCT!r}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "[]"
