"""Ctrl-C and SIGTERM end a refresh, and leave the lake, the warehouse and the alerts as they were."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from assets import gate
from assets.core_table import core_node
from assets.home import Home
from pipelines.alerts import LOG_FILE, alerts_folder
from pipelines.interruption import Interrupted, Interruption
from pipelines.refresh import refresh
from tests.pipelines.tiny_agency import ABSENCE_SQL, FILES, make_home, put, write_source
from warehouse.read import open_reader

# Seconds of work for DuckDB, which turns an interruption into an exception of its own.
SLOW_SQL = (
    ABSENCE_SQL
    + "WHERE (SELECT count(*) FROM range(3_000_000_000) AS r(i) WHERE sin(i) > 0.5 AND cos(i) > 2) = 0\n"
)
CHANGED = FILES["absence_2023.csv"].replace("Oak,100,20", "Oak,100,40")


@pytest.fixture
def own(tmp_path: Path) -> Home:
    """A published home whose source a test may change."""
    write_source(tmp_path / "sources")
    home = make_home(tmp_path, tmp_path / "sources")
    assert not refresh(home).failed
    return home


def facts(home: Home) -> dict[str, bytes]:
    """The states and verdicts that the lake has of core tables and measures."""
    return {
        str(path.relative_to(home.lake.root)): path.read_bytes()
        for layer in ("core", "measures")
        for path in (home.lake.root / layer).rglob("*.json")
        if path.stem in ("state", "checks")
    }


def release_of(home: Home) -> int:
    with open_reader(home.warehouse_url) as reader:
        return int(reader.release()["release_id"])


def is_quiet(home: Home) -> bool:
    return not (alerts_folder(home.root) / LOG_FILE).exists()


def when(is_so: Callable[[], bool], act: Callable[[], None]) -> None:
    """Act in the background once something is so."""

    def wait() -> None:
        end = time.monotonic() + 60
        while not is_so() and time.monotonic() < end:
            time.sleep(0.02)
        time.sleep(0.3)
        act()

    threading.Thread(target=wait, daemon=True).start()


def is_reading_again(home: Home, before: str) -> Callable[[], bool]:
    """Whether the changed file of 2023 has been read, so that its core tables are next."""
    folder = home.lake.root / "raw" / "tiny_absence" / "school_year=2023"
    return lambda: json.loads((folder / "state.json").read_text())["accepted"] != before


def make_slow(home: Home) -> str:
    """A change that takes long to compute; the version accepted before it."""
    assert home.sources_root is not None
    (home.sources_root / "tiny_absence" / "core" / "chronic_absence.sql").write_text(SLOW_SQL)
    put(home, 2023, CHANGED)
    state = json.loads((home.lake.root / "raw/tiny_absence/school_year=2023/state.json").read_text())
    return str(state["accepted"])


def test_an_interruption_in_the_midst_of_sql_stops_everything_and_fails_nothing(own: Home) -> None:
    before, known = make_slow(own), facts(own)
    home = make_home(own.root.parent, own.sources_root)  # type: ignore[arg-type]
    years: list[str] = []
    when(is_reading_again(home, before), lambda: os.kill(os.getpid(), signal.SIGINT))
    with pytest.raises(Interrupted) as stopped:
        refresh(home, progress=years.append)
    assert stopped.value.exit_code == 130 and "nothing was published" in str(stopped.value)
    assert years == ["Loading", "School year 2023"]
    chronic = {name: text for name, text in facts(home).items() if "chronic_absence" in name}
    assert chronic == {name: text for name, text in known.items() if "chronic_absence" in name}
    assert release_of(home) == 1 and is_quiet(home)


def test_a_check_that_swallows_an_interruption_is_not_remembered_as_crashed(
    own: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(own, 2023, CHANGED)
    home, known, real = own, facts(own), gate.run_checks

    def swallowing(contract, **more):  # type: ignore[no-untyped-def]
        results = real(contract, **more)
        if contract.table != "chronic_absence" or contract.layer != "core":
            return results
        try:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(1)
        except BaseException:
            from dataclasses import replace

            return [replace(r, passed=False, kind="crash", severity="error", blocking=True) for r in results]
        raise AssertionError("no interruption came")

    monkeypatch.setattr(gate, "run_checks", swallowing)
    with pytest.raises(Interrupted):
        refresh(home)
    name = "core/chronic_absence/school_year=2023"
    assert {n: t for n, t in facts(home).items() if name in n} == {
        n: t for n, t in known.items() if name in n
    }
    assert release_of(home) == 1 and is_quiet(home)
    monkeypatch.undo()
    report = refresh(home)
    assert not report.failed and report.release is not None and report.release["release_id"] == 2
    state = home.lake.state(core_node("chronic_absence"), 2023)
    assert state is not None and state.is_good


def test_dagsters_run_of_an_interrupted_year_raises_no_alarm(
    own: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipelines.instance import open_instance
    from pipelines.sensors import observations_of_run

    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    put(own, 2023, CHANGED)
    monkeypatch.setattr(gate, "run_checks", stop)
    with pytest.raises(Interrupted):
        refresh(own)
    instance = open_instance(own.root)
    try:
        run = instance.get_runs(limit=1)[0]
        assert run.job_name == "refresh"
        assert observations_of_run(own, instance, run, error="interrupted") == []
    finally:
        instance.dispose()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_the_command_line_ends_with_the_code_of_the_signal_and_one_line(
    own: Home, project: Path, number: signal.Signals, code: int
) -> None:
    before = make_slow(own)
    script = (
        "import sys; from pathlib import Path; import pipelines.commands.run as run\n"
        "from tests.pipelines.tiny_agency import make_home\n"
        "folder = Path(sys.argv[1])\nrun.open_home = lambda: make_home(folder, folder / 'sources')\n"
        "from pipelines.cli import main\nsys.argv = ['spm', 'refresh']\nmain()\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(own.root.parent)],
        cwd=project, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    when(is_reading_again(own, before), lambda: process.send_signal(number))
    printed, told = process.communicate(timeout=120)
    assert process.returncode == code, printed + told
    assert len(told.splitlines()) == 1 and told.startswith(f"spm: stopped by {number.name}"), told
    assert printed == "" and release_of(own) == 1 and is_quiet(own)


@pytest.fixture
def heard() -> Iterator[None]:
    """Ctrl-C arrives, also where a shell started the tests in the background and has it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("heard")
def test_an_interruption_while_python_tidies_up_is_seen_and_not_printed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Stopping:
        def __del__(self) -> None:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(1)

    told: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", told.append)
    interruption = Interruption()
    with pytest.raises(Interrupted), interruption.watch():
        Stopping()
        interruption.stop_if_any()
    assert told == [] and sys.unraisablehook == told.append
