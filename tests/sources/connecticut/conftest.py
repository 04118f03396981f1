"""Fixtures that read what the Connecticut agency folder declares, and invented exports."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from connecticut_reading import Reading, read_release

from warehouse.model.agency import Agency, ReleaseSettings, RowOverride, load_agency

Reader = Callable[..., Reading]


@pytest.fixture(scope="session")
def connecticut(project: Path) -> Agency:
    return load_agency(project / "agencies" / "connecticut")


@pytest.fixture(scope="session")
def crosswalk(connecticut: Agency) -> Path:
    return connecticut.crosswalks["lea_nces"]


@pytest.fixture(scope="session")
def declared(connecticut: Agency, shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Reader:
    """Read what the agency declares for a source and year, each once a session."""
    home = tmp_path_factory.mktemp("connecticut_home")
    done: dict[tuple[str, int], Reading] = {}

    def get(source_id: str, school_year: int) -> Reading:
        key = (source_id, school_year)
        if key not in done:
            release = connecticut.sources[source_id].for_year(school_year)
            assert release is not None
            done[key] = read_release(source_id, school_year, release, shared_data, home)
        return done[key]

    return get


@pytest.fixture
def read_invented(tmp_path: Path) -> Reader:
    """Write an invented export and read it; row bounds are those of a tiny file."""

    def get(
        name: str,
        text: str,
        *,
        source_id: str = "ct_edsight_chronic_absence",
        school_year: int = 2012,
        table: str = "rates",
        beside: tuple[str, str, str] | None = None,
    ) -> Reading:
        written = [(table, name, text), *([beside] if beside else [])]
        for _, file, content in written:
            (tmp_path / file).write_bytes(content.replace("\n", "\r\n").encode("utf-8", "surrogateescape"))
        release = ReleaseSettings(
            school_years=(school_year,),
            files={into: (file,) for into, file, _ in written},
            rows={into: RowOverride(minimum=1) for into, _, _ in written},
        )
        return read_release(source_id, school_year, release, tmp_path, tmp_path / "home")

    return get
