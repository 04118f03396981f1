"""Dying, colliding and reading at the wrong moment: the old release or the new one, never anything else."""

from __future__ import annotations

import multiprocessing
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from invented_release import AGENCY, both_faces, figure, figures, publication, simple

from warehouse.engine import parse_url, reader_engine
from warehouse.model.errors import SpmError
from warehouse.publication import Publication, WarehouseBusy
from warehouse.publish import STEPS
from warehouse.read import open_reader
from warehouse.store import Warehouse


class Killed(BaseException):
    """Stands for a process that dies: nothing in the product may catch it."""


def dies_at(wanted: str) -> Callable[[str], None]:
    def step(name: str) -> None:
        if name == wanted:
            raise Killed

    return step


def shown(url: str, face: str = "internal") -> list[float]:
    with open_reader(url, face=face) as reader:  # type: ignore[arg-type]
        return sorted(row["value"] for row in reader.measure_values())


def passing(_connection: sa.Connection, _release: int) -> list[dict[str, object]]:
    return [{"claim": "c", "table": "t", "passed": True}]


# The public face's file exists only beside SQLite.
ENGINE_STEPS = [
    *(("sqlite_url", step) for step in STEPS),
    *(("postgres_url", step) for step in STEPS if not step.startswith("public_face")),
]


@pytest.mark.parametrize(("engine", "step"), ENGINE_STEPS)
def test_a_crash_at_any_step_leaves_a_whole_release_and_the_next_run_heals(
    request: pytest.FixtureRequest, engine: str, step: str
):
    url = request.getfixturevalue(engine)
    with Warehouse.open(url, AGENCY) as warehouse:
        warehouse.publish(simple(1))
        with pytest.raises(Killed):
            warehouse.publish(simple(2), passing, crash_at=dies_at(step))
    moved = STEPS.index(step) > STEPS.index("pointer_moved")
    assert shown(url) == ([2.0] if moved else [1.0])
    assert shown(url, "public") in ([1.0], [2.0])
    if not moved:
        assert shown(url, "public") == [1.0]
    with Warehouse.open(url, AGENCY) as warehouse:
        assert shown(url, "public") == shown(url), "opening brings the public face up to date"
        outcome = warehouse.publish(simple(2), passing)
        assert outcome.unchanged == moved
        assert shown(url) == shown(url, "public") == [2.0]
        assert warehouse.verify() == 2
        warehouse.prune(1)
        assert_nothing_is_left_over(warehouse)


def assert_nothing_is_left_over(warehouse: Warehouse) -> None:
    with warehouse.engine.connect() as connection:
        for name in ("slice", "release_slice"):
            count = sa.select(sa.func.count()).select_from(warehouse.schema.ledger(name))
            assert connection.execute(count).scalar_one() == 2
        for face in ("internal", "public"):
            count = sa.select(sa.func.count()).select_from(warehouse.schema.rows(face, "measure_value"))  # type: ignore[arg-type]
            assert connection.execute(count).scalar_one() == 1
        release = warehouse.schema.ledger("release")
        states = connection.execute(sa.select(release.c.state)).scalars()
        assert set(states) <= {"published", "pruned", "interrupted"}
    if warehouse.public_file is not None:
        assert not list(warehouse.public_file.parent.glob("*.tmp*"))


def publish_and_die(url: str, step: str) -> None:
    import os
    import signal

    def step_hook(name: str) -> None:
        if name == step:
            os.kill(os.getpid(), signal.SIGKILL)

    with Warehouse.open(url, AGENCY) as warehouse:
        warehouse.publish(simple(2), crash_at=step_hook)


@pytest.mark.parametrize("step", ["slice_written", "slices_verified", "pointer_moved"])
def test_a_killed_process_frees_the_lock_and_leaves_the_old_release(url: str, step: str):
    with Warehouse.open(url, AGENCY) as warehouse:
        warehouse.publish(simple(1))
    process = multiprocessing.get_context("spawn").Process(target=publish_and_die, args=(url, step))
    process.start()
    process.join(60)
    assert process.exitcode == -9
    assert shown(url) == [1.0]
    with Warehouse.open(url, AGENCY) as warehouse:
        warehouse.publish(simple(3))
    assert shown(url) == [3.0]


def test_two_publishers_take_turns(url: str):
    with Warehouse.open(url, AGENCY) as first, Warehouse.open(url, AGENCY) as second:
        spans: list[tuple[float, float]] = []
        errors: list[BaseException] = []

        def run(warehouse: Warehouse, absent: int) -> None:
            times: list[float] = []

            def step(name: str) -> None:
                times.append(time.monotonic())
                if name == "release_staged":
                    time.sleep(0.3)

            try:
                warehouse.publish(simple(absent), crash_at=step)
            except BaseException as problem:
                errors.append(problem)
            spans.append((times[0], times[-1]))

        threads = [threading.Thread(target=run, args=(w, n)) for n, w in ((1, first), (2, second))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert errors == []
        (_, first_end), (second_start, _) = sorted(spans)
        assert first_end <= second_start
        assert [info.release_id for info in first.releases()] == [1, 2]
        assert first.verify() == 2


def test_a_publisher_that_waits_too_long_says_so_and_changes_nothing(url: str):
    with Warehouse.open(url, AGENCY) as first, Warehouse.open(url, AGENCY, wait_seconds=0.2) as second:
        refused: list[str] = []

        def step(name: str) -> None:
            if name == "slices_committed":
                with pytest.raises(WarehouseBusy) as busy:
                    second.publish(simple(2))
                refused.append(str(busy.value))
                assert second.heal(wait_seconds=0) is False, "healing leaves a publication under way alone"

        first.publish(simple(1), crash_at=step)
        assert "Another publication into this warehouse is under way" in refused[0]
        assert shown(url) == [1.0]


def test_readers_see_whole_releases_only_while_publishing(url: str):
    """Every release has one and the same value on all rows of all tables; a mixture would show two."""
    years = (2022, 2023, 2024)

    def release(value: int) -> Publication:
        slices = []
        for year in years:
            rows = figures(*(figure(f"060000{i}", value, 100, school_year=year) for i in range(9)))
            slices += both_faces(rows, year=year)
        return publication(slices)

    seen: list[set[tuple[int, float]]] = []
    errors: list[BaseException] = []
    done = threading.Event()

    def read() -> None:
        engine = reader_engine(parse_url(url))
        view = "spm_internal.current_measure_value" if "postgres" in url else "current_measure_value"
        try:
            while not done.is_set():
                with engine.connect() as connection, connection.begin():
                    result = connection.execute(sa.text(f"SELECT release_id, value FROM {view}")).all()
                    assert len(result) == 27
                    seen.append({tuple(row) for row in result})
        except BaseException as problem:
            errors.append(problem)
        finally:
            engine.dispose()

    with Warehouse.open(url, AGENCY) as warehouse:
        warehouse.publish(release(1))
        threads = [threading.Thread(target=read) for _ in range(3)]
        for thread in threads:
            thread.start()
        for value in range(2, 12):
            warehouse.publish(release(value))
            time.sleep(0.02)
        done.set()
        for thread in threads:
            thread.join()
    assert errors == []
    assert all(len(pairs) == 1 for pairs in seen), "a reader saw two releases at once"
    assert all(pairs == {(number, float(number))} for pairs in seen for number, _ in pairs)
    assert len({pair for pairs in seen for pair in pairs}) > 1, "readers saw the releases change"


def test_a_reader_keeps_its_release_while_another_is_published(url: str):
    with Warehouse.open(url, AGENCY) as warehouse:
        warehouse.publish(simple(1))
        with open_reader(url) as reader:
            before = reader.release()["release_id"]
            warehouse.publish(simple(2))
            assert [row["value"] for row in reader.measure_values()] == [1.0]
            assert reader.release()["release_id"] == before
    assert shown(url) == [2.0]


def test_a_full_disk_is_told_plainly_and_changes_nothing(sqlite_url: str):
    with Warehouse.open(sqlite_url, AGENCY) as warehouse:
        warehouse.publish(simple(1))
        with warehouse.engine.connect() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()

        def limit(driver: sqlite3.Connection, *_: object) -> None:
            driver.execute(f"PRAGMA max_page_count = {pages + 2}")

        sa.event.listen(warehouse.engine, "checkout", limit)
        many = figures(*(figure(f"{i:07d}", 1, 100) for i in range(5000)))
        with pytest.raises(SpmError, match="Publishing failed: database or disk is full") as refused:
            warehouse.publish(publication(both_faces(many)))
        assert "earlier release stays" in refused.value.remedy
    assert shown(sqlite_url) == [1.0]


def test_a_connection_cut_while_publishing_is_told_plainly_and_the_next_run_goes_through(postgres_url: str):
    with Warehouse.open(postgres_url, AGENCY) as warehouse:
        warehouse.publish(simple(1))

        def cut(name: str) -> None:
            if name == "slice_written":
                others = sa.text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
                engine = reader_engine(parse_url(postgres_url))
                with engine.connect() as connection:
                    connection.execute(others)
                engine.dispose()

        with pytest.raises(SpmError, match="Publishing failed: terminating connection"):
            warehouse.publish(simple(2), crash_at=cut)
        assert shown(postgres_url) == [1.0]
        assert warehouse.publish(simple(2)).release_id == 2
    assert shown(postgres_url) == [2.0]


def test_the_internal_file_is_private_and_the_public_one_is_not(sqlite_url: str):
    with Warehouse.open(sqlite_url, AGENCY) as warehouse:
        warehouse.publish(simple())
        internal = Path(parse_url(sqlite_url).database or "")
        for path in (internal, internal.with_name(internal.name + "-wal")):
            assert path.stat().st_mode & 0o777 == 0o600
        assert warehouse.public_file is not None
        assert warehouse.public_file.stat().st_mode & 0o777 == 0o644
        with closing(sqlite3.connect(internal)) as connection:
            assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
