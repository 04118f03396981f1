"""A refresh into a real PostgreSQL: what fails is carried forward, an earlier release taken back."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlalchemy as sa

from assets.home import Home
from pipelines.refresh import refresh
from tests.pipelines.tiny_agency import FILES, put
from tests.postgres import postgres_server, postgres_url  # noqa: F401
from warehouse.model.errors import SpmError
from warehouse.read import open_reader
from warehouse.store import Warehouse

MEASURE = "chronic_absence_rate"
CUT = FILES["absence_2024.csv"].replace("Oak,100", "Oak,1O0")
CHANGED = FILES["absence_2024.csv"].replace("Oak,100,10", "Oak,100,40")


@pytest.fixture
def server_home(home: Home, postgres_url: str) -> Home:  # noqa: F811
    """The home with its warehouse on the server."""
    return replace(home, warehouse_url=postgres_url)


def figures(home: Home) -> list[tuple[object, ...]]:
    with open_reader(home.warehouse_url) as reader:
        rows = reader.measure_values(measure_id=MEASURE)
    shown = (
        "organization_id",
        "organization_view",
        "school_year",
        "student_group",
        "numerator",
        "denominator",
        "value",
    )
    return sorted(tuple(str(row[name]) for name in shown) for row in rows)


def state_value(home: Home, year: int) -> dict[str, object]:
    with open_reader(home.warehouse_url) as reader:
        return dict(
            reader.measure_values(
                measure_id=MEASURE, organization_id="TL", school_year=year, student_group="all"
            )[0]
        )


def test_postgresql_and_sqlite_publish_the_same_figures(home: Home, server_home: Home) -> None:
    assert not refresh(home).failed
    assert not refresh(server_home).failed
    assert figures(server_home) == figures(home)
    assert len(figures(home)) >= 8


def test_on_postgresql_a_bad_file_carries_the_last_good_figure_forward_marked(server_home: Home) -> None:
    refresh(server_home)
    put(server_home, 2024, CUT)
    assert refresh(server_home).failed
    carried = state_value(server_home, 2024)
    assert carried["value"] == pytest.approx(10)
    assert carried["carried_forward_since"] is not None
    assert "1O0" in str(carried["carried_reason"])
    assert state_value(server_home, 2023)["carried_forward_since"] is None
    put(server_home, 2024, CHANGED)
    assert not refresh(server_home).failed
    mended = state_value(server_home, 2024)
    assert mended["value"] == pytest.approx(20)
    assert mended["carried_forward_since"] is None


def test_on_postgresql_an_earlier_release_can_be_taken_back(server_home: Home) -> None:
    refresh(server_home)
    put(server_home, 2024, CHANGED)
    assert refresh(server_home).release["release_id"] == 2  # type: ignore[index]
    with Warehouse.open(server_home.warehouse_url, "tinyland") as warehouse:
        warehouse.rollback(1)
    assert state_value(server_home, 2024)["value"] == pytest.approx(10)


def test_on_postgresql_the_public_reader_sees_the_public_face_only(server_home: Home) -> None:
    refresh(server_home)
    engine = sa.create_engine(server_home.warehouse_url)
    try:
        with engine.connect() as connection:
            connection.execute(sa.text("SET ROLE spm_public_reader"))
            shown = connection.execute(
                sa.text("SELECT count(*) FROM spm_public.current_measure_value WHERE measure_id = :measure"),
                {"measure": MEASURE},
            ).scalar_one()
            assert shown == len(figures(server_home))
            with pytest.raises(sa.exc.ProgrammingError, match="permission denied"):
                connection.execute(sa.text("SELECT count(*) FROM spm_internal.current_measure_value"))
    finally:
        engine.dispose()


def test_a_warehouse_of_another_agency_is_refused(server_home: Home) -> None:
    refresh(server_home)
    with pytest.raises(SpmError, match="tinyland"):
        Warehouse.open(server_home.warehouse_url, "otherland")
